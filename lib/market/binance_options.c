#include "market/binance_options.h"

#include "market/binance_pages.h"

static const char *const sources[] = {"auto", "archive", "api", NULL};
static const char *const markets[] = {"spot", "um", "cm", NULL};

const struct opt binance_options[] = {
	{.kind = OPT_CHOICE,
		.name = "source",
		.arg = "which",
		.help = "where trades come from: auto, archive or api",
		.more = "See\n.Sx SOURCES .",
		.preset = "auto",
		.choices = sources,
		.at = offsetof(struct binance_options, source)},
	{.kind = OPT_CHOICE,
		.name = "market",
		.arg = "which",
		.help = "the market: spot, or futures margined in USD (um) or coins (cm)",
		.more = "Futures come from archives alone.",
		.preset = "spot",
		.choices = markets,
		.at = offsetof(struct binance_options, market)},
	{.kind = OPT_FILE,
		.name = "archive-dir",
		.arg = "folder",
		.help = "keep the archives in this folder, and use those that are there",
		.more = "They lie in it as on the server, each with its checksum beside it, which is "
			"compared with the server's in every run: an archive that was replaced "
			"is fetched again.",
		.at = offsetof(struct binance_options, archive_dir)},
	{.kind = OPT_TEXT,
		.name = "url",
		.arg = "address",
		.help = "the server of the API: scheme, host and port",
		.preset = "https://data-api.binance.vision",
		.env = "BINANCE_API_URL",
		.at = offsetof(struct binance_options, url)},
	{.kind = OPT_TEXT,
		.name = "archive-url",
		.arg = "address",
		.help = "the server of the archives: scheme, host and port",
		.preset = "https://data.binance.vision",
		.env = "BINANCE_ARCHIVE_URL",
		.at = offsetof(struct binance_options, archive_url)},
	{.kind = OPT_U64,
		.name = "weight-per-minute",
		.arg = "count",
		.help = "use at most this much of the request weight that the API grants",
		.more = "A request for trades weighs 4.\nWithout it the API is asked what it grants, "
			"6000 in 2026.",
		.lo = BINANCE_PAGE_WEIGHT,
		.hi = 1000000,
		.at = offsetof(struct binance_options, weight)},
	{.name = NULL},
};

int binance_options_check(const struct binance_options *options, bool ids, struct err *err)
{
	bool is_spot = options->market == 0;

	if (!is_spot && options->source == BINANCE_FROM_API)
		return err_set(err, EXIT_USAGE,
			"--source api is for --market spot: futures come from archives alone");
	if (ids && (!is_spot || options->source == BINANCE_FROM_ARCHIVES))
		return err_set(err, EXIT_USAGE,
			"cannot find --ids in archives: say which days with --since and --until");
	return 0;
}
