#include "base/filter.h"

const struct opt filter_options[] = {
	{.kind = OPT_FILE,
		.name = "output",
		.arg = "file",
		.help = "append to a file instead of writing to standard output",
		.at = offsetof(struct filter_options, output)},
	{.kind = OPT_FILE,
		.name = "on-bad",
		.arg = "fail|skip|file",
		.help = "a bad record ends the run, is left out, or goes into a file",
		.preset = "fail",
		.at = offsetof(struct filter_options, on_bad)},
	{.name = NULL},
};
