#include "market/range.h"

#include <string.h>

#include "base/num.h"
#include "base/stamp.h"
#include "base/when.h"
#include "market/range_priv.h"

#define NS_PER_DAY (24 * 60 * 60 * STAMP_NS_PER_S)

const struct opt range_rows[] = {
	{.kind = OPT_TEXT,
		.name = "since",
		.arg = "time",
		.help = "begin with the trades of this moment",
		.more = "A date such as 2026-09-30, RFC 3339,\n.Ql now ,\n"
			"or an integer since 1970, of seconds, milliseconds, microseconds or "
			"nanoseconds: its size tells which.\nAll are in UTC.\n"
			"Products that have a cursor go on from there instead; see\n.Fl \\-resume .",
		.at = offsetof(struct range_options, since)},
	{.kind = OPT_TEXT,
		.name = "until",
		.arg = "time",
		.help = "end before the trades of this moment",
		.more = "Written as\n.Ar time\nof\n.Fl \\-since .\n"
			"Without it, and where it lies in the future, that is the moment at which the "
			"program was started.",
		.at = offsetof(struct range_options, until)},
	{.kind = OPT_U64,
		.name = "last-days",
		.arg = "count",
		.help = "begin so many days of 24 hours before now",
		.more = "It stands in for\n.Fl \\-since .",
		.lo = 1,
		.hi = 36500,
		.at = offsetof(struct range_options, last_days)},
	{.kind = OPT_FILE,
		.name = "resume",
		.arg = "file",
		.help = "go on behind the last trades in a file",
		.more = "It holds records, native ones or Trade records, of which the one with the "
			"highest id counts for each product;\n.Ql \\-\nis standard input.\n"
			"A product that it does not name begins where\n.Fl \\-since\nor\n"
			".Fl \\-last-days\nsays, and is refused without them.\n"
			"What\n.Fl \\-output\nalready holds is read in any case, and the later one "
			"counts.",
		.at = offsetof(struct range_options, resume)},
	{.kind = OPT_TEXT,
		.name = "ids",
		.arg = "first-last",
		.help = "fetch the trades with these ids, whatever their time",
		.more = "Or a single id.\nNo other option says where to begin or to end then, nor "
			"does what\n.Fl \\-output\nalready holds.",
		.at = offsetof(struct range_options, ids)},
	{.kind = OPT_U64,
		.name = "limit",
		.arg = "count",
		.help = "end after this many records",
		.lo = 1,
		.hi = UINT64_MAX,
		.at = offsetof(struct range_options, limit)},
	{.kind = OPT_U64,
		.name = "page-size",
		.arg = "count",
		.help = "ask for this many trades at a time",
		.more = "Fewer than the default only make it slower.",
		.preset = "1000",
		.lo = 1,
		.hi = 1000,
		.at = offsetof(struct range_options, page_size)},
	{.name = NULL},
};

static int exclude(const struct range_options *o, struct err *err)
{
	const struct opt_exclusion pairs[] = {
		{o->ids && o->since, "ids", "since"},
		{o->ids && o->until, "ids", "until"},
		{o->ids && o->last_days, "ids", "last-days"},
		{o->ids && o->resume, "ids", "resume"},
		{o->since && o->last_days, "since", "last-days"},
	};

	return opt_exclude(pairs, sizeof pairs / sizeof *pairs, err);
}

/* Two chains would write each of its trades twice. */
static int refuse_twins(char *const *products, size_t n, struct err *err)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(products[i], products[k]) == 0)
				return err_set(
					err, EXIT_USAGE, "'%s' is asked for twice", products[i]);
	return 0;
}

/* Binance's ids are of a type with a sign. */
static uint64_t highest_id(const char *exchange)
{
	return strcmp(exchange, "kraken") == 0 ? UINT64_MAX : INT64_MAX;
}

static int read_ids(const char *text, const char *exchange, struct range *range, struct err *err)
{
	const char *dash = strchr(text, '-');
	struct span first = span_make(text, dash ? (size_t)(dash - text) : strlen(text));
	struct span last = dash ? span_text(dash + 1) : first;

	range->by_ids = true;
	range->until_ns = INT64_MAX;
	if (num_u64(first, &range->first_id) < 0 || num_u64(last, &range->last_id) < 0)
		return err_set(err, EXIT_USAGE, "'%s' is not FIRST-LAST, as --ids needs", text);
	if (range->first_id > range->last_id)
		return err_set(err, EXIT_USAGE,
			"'%s' is not FIRST-LAST, as --ids needs: the first one is above the last",
			text);
	if (range->last_id > highest_id(exchange))
		return err_set(err, EXIT_USAGE,
			"cannot fetch id %llu of --ids '%s': they end at %llu",
			(unsigned long long)range->last_id, text,
			(unsigned long long)highest_id(exchange));
	if (range->first_id == 0 && strcmp(exchange, "kraken") == 0)
		return err_set(
			err, EXIT_USAGE, "cannot fetch id 0 of --ids '%s': they begin at 1", text);
	return 0;
}

static int read_moment(
	const char *option, const char *text, int64_t now_ns, int64_t *ns, struct err *err)
{
	const char *reason;

	if (when_parse(span_text(text), now_ns, ns, &reason) == 0)
		return 0;
	return err_set(err, EXIT_USAGE, "cannot use '%s' for --%s: it %s", text, option, reason);
}

static int read_times(
	const struct range_options *o, int64_t now_ns, struct range *range, struct err *err)
{
	range->until_ns = now_ns;
	if ((o->since && read_moment("since", o->since, now_ns, &range->since_ns, err) < 0) ||
		(o->until && read_moment("until", o->until, now_ns, &range->until_ns, err) < 0))
		return -1;
	if (o->last_days)
		range->since_ns = now_ns / NS_PER_DAY < (int64_t)o->last_days
			? 0
			: now_ns - (int64_t)o->last_days * NS_PER_DAY;
	if (range->since_ns <= range->until_ns) {
		if (range->until_ns > now_ns) /* what is yet to come is no history */
			range->until_ns = now_ns;
		if (range->since_ns <= now_ns)
			return 0;
	}
	if (range->since_ns > now_ns)
		return err_set(
			err, EXIT_USAGE, "cannot begin at '%s': it is in the future", o->since);
	return err_set(err, EXIT_USAGE, "cannot end at '%s': it is before the beginning", o->until);
}

/* Whether this end is further on than the cursor that there is. */
static bool is_further(const struct range_end *end, const struct range *range)
{
	if (!end->found || !range->has_cursor)
		return end->found;
	if (end->has_id && range->cursor_has_id)
		return end->id > range->cursor_id;
	if (end->ns != range->cursor_ns)
		return end->ns > range->cursor_ns;
	return end->has_id || (!range->cursor_has_id && end->same > range->cursor_same);
}

static void take_ends(const struct range_ends *ends, struct range *ranges)
{
	for (size_t i = 0; i < ends->n; i++) {
		const struct range_end *end = &ends->items[i];
		if (!is_further(end, &ranges[i]))
			continue;
		ranges[i].has_cursor = true;
		ranges[i].cursor_has_id = end->has_id;
		ranges[i].cursor_id = end->id;
		ranges[i].cursor_ns = end->ns;
		ranges[i].cursor_same = end->has_id ? 0 : end->same;
	}
}

/* A file's records as cursors: those of --resume, or, from its end, of our own output. */
static int read_file(const char *path, bool is_output, const char *exchange, char *const *products,
	size_t n, struct range *ranges, struct err *err)
{
	struct range_ends ends;
	int result;

	if (!path)
		return 0;
	range_ends_init(&ends, exchange, products, n, is_output);
	result = is_output ? range_file_backward(path, &ends, err)
			   : range_file_forward(path, &ends, err);
	if (result == 0)
		take_ends(&ends, ranges);
	range_ends_release(&ends);
	return result;
}

/* The next dump into a file goes on behind its last records: none may stand behind later ones. */
static int refuse_behind(const char *output, const struct range_ends *ends,
	const struct range *ranges, struct err *err)
{
	for (size_t i = 0; i < ends->n; i++) {
		const struct range_end *end = &ends->items[i];

		if (end->has_id && end->id >= ranges[i].first_id)
			return err_set(err, EXIT_USAGE,
				"cannot add --ids to '%s': its last record of '%s' has id %llu "
				"(write them to another file)",
				output, ranges[i].product, (unsigned long long)end->id);
	}
	return 0;
}

static int check_output(const char *output, const char *exchange, char *const *products, size_t n,
	const struct range *ranges, struct err *err)
{
	struct range_ends ends;
	int result;

	if (!output)
		return 0;
	range_ends_init(&ends, exchange, products, n, true);
	result = range_file_backward(output, &ends, err);
	if (result == 0)
		result = refuse_behind(output, &ends, ranges, err);
	range_ends_release(&ends);
	return result;
}

/* There is none behind it. */
static int refuse_far_cursor(
	const char *exchange, const struct range *ranges, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (ranges[i].has_cursor && ranges[i].cursor_has_id &&
			ranges[i].cursor_id >= highest_id(exchange))
			return err_set(err, EXIT_USAGE,
				"cannot go on behind the last record of '%s': its trade_id is "
				"not below %llu",
				ranges[i].product, (unsigned long long)highest_id(exchange));
	return 0;
}

/* An empty cursor must never look like "from now on". */
static int refuse_without_beginning(
	const char *resume, const struct range *ranges, size_t n, struct err *err)
{
	size_t without = 0;

	while (without < n && ranges[without].has_cursor)
		without++;
	if (without == n)
		return 0;
	if (resume)
		return err_set(err, EXIT_USAGE,
			"cannot resume '%s': '%s' has no record of it (--since says where such "
			"products begin)",
			ranges[without].product,
			strcmp(resume, "-") == 0 ? "standard input" : resume);
	return err_set(err, EXIT_USAGE,
		"cannot tell where '%s' begins: one of --since, --last-days, --ids and --resume "
		"is needed",
		ranges[without].product);
}

int range_read(const struct range_options *o, const char *exchange, const char *output,
	int64_t now_ns, char *const *products, size_t n, struct range *ranges, struct err *err)
{
	struct range range = {.product = NULL};

	if (exclude(o, err) < 0 || refuse_twins(products, n, err) < 0)
		return -1;
	if ((o->ids ? read_ids(o->ids, exchange, &range, err)
		    : read_times(o, now_ns, &range, err)) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		ranges[i] = range;
		ranges[i].product = products[i];
	}
	if (o->ids)
		return check_output(output, exchange, products, n, ranges, err);
	if (read_file(o->resume, false, exchange, products, n, ranges, err) < 0 ||
		read_file(output, true, exchange, products, n, ranges, err) < 0 ||
		refuse_far_cursor(exchange, ranges, n, err) < 0)
		return -1;
	if (o->since || o->last_days)
		return 0;
	return refuse_without_beginning(o->resume, ranges, n, err);
}
