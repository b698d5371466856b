/*
 * The options of a live tail of Kraken.
 */
#ifndef TRADEPIPE_VENUE_KRAKEN_TAIL_OPTIONS_H
#define TRADEPIPE_VENUE_KRAKEN_TAIL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/progress.h"

struct kraken_tail_options {
	uint64_t last;
	const char *since, *resume; /* see range.h */
	uint64_t limit;
	uint64_t for_ms; /* 0: not given */
	bool all, list;
	bool frames, stamp;
	const char *output;
	const char *url, *rest_url;
	const char *ca_file;
	uint64_t connect_ms, ack_ms, idle_ms, mute_ms, repair_ms;
	uint64_t hold_bytes;
	const char *pace;
	const char *budget_file;
	struct progress_options progress;
};

extern const struct opt kraken_tail_options[];

/* Whether they go together, with so many operands. 0, or -1 and *err (EXIT_USAGE). */
int kraken_tail_options_check(
	const struct kraken_tail_options *o, size_t operands, struct err *err);

#endif
