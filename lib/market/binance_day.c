#include "market/binance_day.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "market/binance_usual.h"

#define NS_PER_DAY (24 * 60 * 60 * STAMP_NS_PER_S)

enum {
	BEST = BINANCE_COLUMNS - 1,
	FIRST_LINES = 256, /* among which the archive's first one is looked for */
};

static const char in_no_archive[] = "they are in no archive of the range";

void binance_day_init(struct binance_day *day, struct binance_chain *chain, const char *name,
	int64_t number, bool alone)
{
	*day = (struct binance_day){.chain = chain,
		.name = name,
		.begin_ns = number * NS_PER_DAY,
		.end_ns = (number + 1) * NS_PER_DAY,
		.alone = alone};
	buf_init(&day->torn, BINANCE_TRADE_MAX);
}

void binance_day_release(struct binance_day *day)
{
	buf_release(&day->torn);
	binance_park_release(&day->park);
}

__attribute__((format(printf, 2, 3))) static enum binance_day_step broken(
	struct binance_day *day, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(day->reason, sizeof day->reason, format, args);
	va_end(args);
	return BINANCE_DAY_BROKEN;
}

/* A line that is no trade. */
static enum binance_day_step refuse(struct binance_day *day, const char *reason)
{
	if (!day->alone)
		return broken(day, "line %" PRIu64 ": %s", day->lines, reason);
	day->chain->run->read++;
	day->chain->run->bad++;
	if (!day->said_bad)
		diag_warning("cannot read line %" PRIu64 " of '%s': %s; others like it are only "
			     "counted",
			day->lines, day->name, reason);
	day->said_bad = true;
	return BINANCE_DAY_MORE;
}

/* Writes a line that is due. */
static enum binance_day_step write_line(
	struct binance_day *day, struct span line, const struct binance_trade *trade)
{
	struct span columns[BINANCE_COLUMNS];
	size_t n = binance_row_split(line, columns);
	const struct binance_row row = {
		columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]};
	struct span best = {.p = NULL};

	if (n == BINANCE_COLUMNS) {
		char first = columns[BEST].p[0];
		best = span_text(first == 'T' || first == 't' ? "true" : "false");
	}
	if (binance_chain_take(day->chain, &row, trade, best) < 0 ||
		binance_chain_is_full(day->chain))
		return BINANCE_DAY_FULL;
	return BINANCE_DAY_MORE;
}

/* The range has not begun yet. What is missing between the last trade before it and this one may be of
 * it. */
static enum binance_day_step begin_chain(
	struct binance_day *day, struct span line, const struct binance_trade *trade)
{
	struct binance_chain *chain = day->chain;

	if (trade->time_ns < chain->since_ns) {
		chain->run->read++;
		chain->run->passed++;
		if (trade->id >= day->shown)
			day->shown = trade->id + 1;
		return BINANCE_DAY_MORE;
	}
	if (day->shown > 0 && trade->id > day->shown) {
		binance_chain_begin(chain, day->shown, chain->since_ns);
		binance_chain_lose(chain, trade->id, trade->time_ns, in_no_archive);
		return write_line(day, line, trade);
	}
	/* That no trade of the range comes before the archives' first one, only the API could tell. */
	chain->run->edges_unverified += trade->id > 0 && day->shown == 0;
	binance_chain_begin(chain, trade->id, trade->time_ns);
	return write_line(day, line, trade);
}

/* A line in its place within the archive. */
static enum binance_day_step hand_over(
	struct binance_day *day, struct span line, const struct binance_trade *trade)
{
	struct binance_chain *chain = day->chain;

	day->due = trade->id + 1;
	if (!chain->begun)
		return begin_chain(day, line, trade);
	switch (binance_chain_judge(chain, trade->id)) {
	case BINANCE_NEXT:
		return write_line(day, line, trade);
	case BINANCE_BEHIND:
		binance_chain_drop(chain, trade->id);
		return BINANCE_DAY_MORE;
	case BINANCE_AHEAD:
		break;
	}
	if (!day->alone)
		return broken(day, "id %" PRIu64 " stands where %" PRIu64 " is due", trade->id,
			chain->next);
	binance_chain_lose(chain, trade->id, trade->time_ns, in_no_archive);
	return write_line(day, line, trade);
}

/* Writes what was waiting for the line that has come. */
static enum binance_day_step unpark(struct binance_day *day)
{
	enum binance_day_step step = BINANCE_DAY_MORE;
	struct binance_trade trade;
	const char *ignored;

	while (step == BINANCE_DAY_MORE && !binance_park_is_empty(&day->park) &&
		binance_park_lowest(&day->park) == day->due) {
		struct span line = binance_park_take(&day->park);
		binance_trade_read_csv(line, &trade, &ignored);
		step = hand_over(day, line, &trade);
	}
	return step;
}

/* What is due will not come before this id. */
static void give_up(struct binance_day *day, uint64_t next)
{
	if (day->given_up_n < BINANCE_DAY_GIVEN_UP_MAX)
		day->given_up[day->given_up_n++] = (struct binance_span){day->due, next - 1};
	day->due = next;
}

/* Goes on with the next line that there is. */
static enum binance_day_step give_up_due(struct binance_day *day)
{
	give_up(day, binance_park_lowest(&day->park));
	return unpark(day);
}

static bool was_given_up(const struct binance_day *day, uint64_t id)
{
	for (size_t i = 0; i < day->given_up_n; i++)
		if (id >= day->given_up[i].first && id <= day->given_up[i].last)
			return true;
	return false;
}

/* A line of an id that others have passed. */
static enum binance_day_step take_late(struct binance_day *day, uint64_t id)
{
	if (!was_given_up(day, id)) {
		binance_chain_drop(day->chain, id);
		return BINANCE_DAY_MORE;
	}
	day->chain->run->read++;
	day->chain->run->bad++;
	if (!day->said_late)
		diag_warning("'%s' is too much out of order: id %" PRIu64
			     " comes when it was given up; others like it are only counted",
			day->name, id);
	day->said_late = true;
	return BINANCE_DAY_MORE;
}

/* The lowest of the first lines is the archive's first one, unless others are still due before. */
static enum binance_day_step begin_alone(struct binance_day *day)
{
	const struct binance_chain *chain = day->chain;
	uint64_t due = chain->begun ? chain->next : day->shown;

	day->begun = true;
	day->due = binance_park_lowest(&day->park);
	if ((chain->begun || day->shown > 0) && due < day->due)
		day->due = due;
	return unpark(day);
}

/* Keeps a line until its turn comes; 0, or -1 where there is no room. */
static int park(struct binance_day *day, struct span line, uint64_t id)
{
	int added = binance_park_add(&day->park, id, line);

	if (added == 0)
		binance_chain_drop(day->chain, id);
	return added < 0 ? -1 : 0;
}

static enum binance_day_step take_begun(
	struct binance_day *day, struct span line, const struct binance_trade *trade)
{
	enum binance_day_step step;

	while (trade->id > day->due) {
		if (park(day, line, trade->id) == 0)
			return BINANCE_DAY_MORE;
		if (trade->id < binance_park_lowest(&day->park))
			give_up(day, trade->id);
		else if ((step = give_up_due(day)) != BINANCE_DAY_MORE)
			return step;
	}
	if (trade->id < day->due)
		return take_late(day, trade->id);
	step = hand_over(day, line, trade);
	return step == BINANCE_DAY_MORE ? unpark(day) : step;
}

/* Where nobody else can be asked. */
static enum binance_day_step take_alone(
	struct binance_day *day, struct span line, const struct binance_trade *trade)
{
	enum binance_day_step step;
	bool parked;

	if (day->begun)
		return take_begun(day, line, trade);
	parked = park(day, line, trade->id) == 0;
	if (parked && day->park.n < FIRST_LINES)
		return BINANCE_DAY_MORE;
	step = begin_alone(day);
	return parked || step != BINANCE_DAY_MORE ? step : take_begun(day, line, trade);
}

static enum binance_day_step take_trade(
	struct binance_day *day, struct span line, const struct binance_trade *trade)
{
	bool inside = trade->time_ns >= day->begin_ns && trade->time_ns < day->end_ns;

	if (!day->begun && !day->alone) {
		day->begun = true;
		day->due = trade->id;
	}
	if (!day->alone && trade->id != day->due)
		return broken(day, "line %" PRIu64 ": id %" PRIu64 " follows id %" PRIu64,
			day->lines, trade->id, day->due - 1);
	if (!day->alone && !inside)
		return broken(day, "line %" PRIu64 ": id %" PRIu64 " is of another day", day->lines,
			trade->id);
	if (!inside && !day->said_time)
		diag_warning("'%s' has a trade of another day: id %" PRIu64, day->name, trade->id);
	day->said_time |= !inside;
	return day->alone ? take_alone(day, line, trade) : hand_over(day, line, trade);
}

/* Some tools end lines as other systems do. */
static struct span without_return(struct span line)
{
	return span_make(line.p, line.n - (line.n > 0 && line.p[line.n - 1] == '\r'));
}

/* Takes a line, without its newline. */
static enum binance_day_step take_line(struct binance_day *day, struct span line)
{
	struct binance_trade trade;
	const char *reason = NULL;
	size_t columns = 1;
	int kind;

	day->lines++;
	if (line.n > BINANCE_TRADE_MAX)
		return broken(day, "line %" PRIu64 ": it is too long", day->lines);
	line = without_return(line);
	if (line.n == 0)
		return BINANCE_DAY_MORE;
	kind = binance_trade_read_csv(line, &trade, &reason);
	if (kind == 1 && day->lines == 1)
		return BINANCE_DAY_MORE;
	if (kind != 0)
		return refuse(day, kind == 1 ? "a header within the text" : reason);
	for (size_t i = 0; i < line.n; i++)
		columns += line.p[i] == ',';
	if (day->columns && columns != day->columns)
		return refuse(day, "it has another number of columns than those before");
	day->columns = columns;
	return take_trade(day, line, &trade);
}

/* Takes lines in bulk, where all stands as it should. */
static int take_usual(struct binance_day *day, struct span *bytes)
{
	const struct binance_chain *chain = day->chain;
	const struct binance_usual usual = {
		.chain = day->chain,
		.columns = day->columns,
		.since_ns = day->begin_ns > chain->since_ns ? day->begin_ns : chain->since_ns,
		.until_ns = day->end_ns < chain->until_ns ? day->end_ns : chain->until_ns,
	};
	const char *begin = bytes->p;
	uint64_t before = chain->next;

	if (!day->begun || !chain->begun || day->due != chain->next ||
		!binance_park_is_empty(&day->park))
		return 0;
	if (binance_usual_take(&usual, bytes) < 0)
		return -1;
	day->due = chain->next;
	day->lines += chain->next - before;
	return bytes->p > begin && binance_chain_is_full(chain) ? -1 : 0;
}

/* Keeps the beginning of a line; how it goes on does not matter where it is too long already. */
static enum binance_day_step tear(struct binance_day *day, struct span begin)
{
	if (buf_add(&day->torn, begin) == 0)
		return BINANCE_DAY_MORE;
	return broken(day, "line %" PRIu64 ": it is too long", day->lines + 1);
}

/* The line that began in the bytes before. */
static enum binance_day_step take_torn(struct binance_day *day, struct span end)
{
	enum binance_day_step step = tear(day, end);

	if (step != BINANCE_DAY_MORE)
		return step;
	step = take_line(day, buf_span(&day->torn));
	buf_clear(&day->torn);
	return step;
}

enum binance_day_step binance_day_take(struct binance_day *day, struct span bytes)
{
	enum binance_day_step step = BINANCE_DAY_MORE;

	while (step == BINANCE_DAY_MORE && bytes.n > 0) {
		const char *newline;
		struct span line;
		if (day->torn.len == 0 && take_usual(day, &bytes) < 0)
			return BINANCE_DAY_FULL;
		newline = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
		line = span_make(bytes.p, newline ? (size_t)(newline - bytes.p) : bytes.n);
		if (!newline)
			return tear(day, line);
		step = day->torn.len ? take_torn(day, line) : take_line(day, line);
		bytes = span_make(newline + 1, bytes.n - line.n - 1);
	}
	return step;
}

enum binance_day_step binance_day_end(struct binance_day *day)
{
	static const struct span nothing = SPAN("");
	enum binance_day_step step = BINANCE_DAY_MORE;

	if (day->torn.len)
		step = take_torn(day, nothing);
	if (step == BINANCE_DAY_MORE && !day->begun && !binance_park_is_empty(&day->park))
		step = begin_alone(day);
	while (step == BINANCE_DAY_MORE && !binance_park_is_empty(&day->park))
		step = give_up_due(day);
	return step;
}

int binance_day_first(struct span bytes, struct binance_mark *mark)
{
	struct span columns[BINANCE_COLUMNS];
	struct binance_trade trade;
	const char *ignored;

	while (bytes.n) {
		const char *newline = memchr(bytes.p, '\n', bytes.n);
		struct span line =
			span_make(bytes.p, newline ? (size_t)(newline - bytes.p) : bytes.n);
		int kind;
		bytes = span_make(bytes.p + line.n + !!newline, bytes.n - line.n - !!newline);
		line = without_return(line);
		kind = line.n ? binance_trade_read_csv(line, &trade, &ignored) : 1;
		if (kind == 0) {
			struct binance_row row;
			binance_row_split(line, columns);
			row = (struct binance_row){.first = columns[3], .last = columns[4]};
			*mark = binance_mark_of(&row, &trade);
		}
		if (kind <= 0)
			return kind;
	}
	return -1;
}
