#include "market/binance_history.h"

#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"

/* Between two looks at what another chain does. */
#define GLANCE_NS (20 * STAMP_NS_PER_MS)

enum { LIMITS_TRIES = 3 };

int binance_history_init(struct binance_history *h, struct binance_run *run,
	const struct range *range, uint64_t page_size, int64_t start_ns, struct err *err)
{
	int64_t end_ns = range->by_ids ? start_ns : range->until_ns;

	*h = (struct binance_history){.range = range,
		.has_api = run->has_api,
		.has_archives = run->has_archives,
		.start_ns = start_ns};
	if (binance_chain_init(&h->chain, run, range, err) < 0)
		return -1;
	binance_pages_init(&h->pages, &h->chain, page_size, end_ns);
	h->begin_ns = h->chain.reached_ns;
	h->state = h->has_api ? BINANCE_HISTORY_LIMITS : BINANCE_HISTORY_WAITING;
	if (!range->by_ids && h->begin_ns >= range->until_ns)
		h->state = BINANCE_HISTORY_OVER;
	return 0;
}

void binance_history_release(struct binance_history *h)
{
	binance_day_release(&h->day);
	binance_pages_release(&h->pages);
}

bool binance_history_days(const struct binance_history *h, struct binance_days *days)
{
	if (h->state == BINANCE_HISTORY_LIMITS || h->state == BINANCE_HISTORY_FINDING ||
		h->state == BINANCE_HISTORY_OVER)
		return false;
	*days = binance_days_of(h->begin_ns, h->range->until_ns, h->start_ns);
	return true;
}

/* Whether the days without trades in an archive lack nothing: those before the very first trade of a
 * symbol, and those between two trades whose ids follow each other. */
static bool lacks_nothing(const struct binance_history *h)
{
	const struct binance_chain *chain = &h->chain;

	if (h->missing_leads)
		return chain->begun && chain->floor == 0;
	return chain->next > h->missing_due && chain->lost == h->missing_lost;
}

/* Tells of the days without trades in an archive so far. */
static void tell_missing(struct binance_history *h)
{
	const struct binance_chain *chain = &h->chain;
	const char *what = h->missing_trades ? "there are no archives with trades of"
					     : "there are no archives of";
	uint64_t n = h->missing;

	h->missing = 0;
	h->missing_trades = false;
	if (n == 0)
		return;
	if (h->has_api || lacks_nothing(h)) {
		diag_info("%s: %s %" PRIu64 " days from %s on, %s", chain->symbol, what, n,
			h->missing_since,
			h->has_api ? "the API is asked instead" : "and no id is missing");
		return;
	}
	chain->run->days_lost += n;
	diag_warning(
		"%s: %s %" PRIu64 " days from %s on", chain->symbol, what, n, h->missing_since);
}

/* Archives alone do not tell whether there are trades beyond the last one. */
static void finish(struct binance_history *h)
{
	bool has_any = h->chain.begun || h->day.shown > 0;

	h->state = BINANCE_HISTORY_OVER;
	if (has_any && h->chain.reached_ns < h->chain.until_ns)
		h->chain.run->edges_unverified++;
}

/* The range has begun, or has no trade at all. */
static void found(struct binance_history *h)
{
	h->begin_ns = h->chain.reached_ns;
	if (!h->chain.begun) {
		h->state = BINANCE_HISTORY_OVER;
	} else if (h->has_archives) {
		h->state = BINANCE_HISTORY_WAITING;
	} else {
		h->state = BINANCE_HISTORY_ENDING;
		binance_pages_fill(&h->pages, UINT64_MAX, INT64_MAX);
	}
}

/* The day is no use, or no more. What it lacks is what the next one, or the end of the range, does not
 * begin with. */
static void drop_day(struct binance_history *h, const char *reason)
{
	binance_day_release(&h->day);
	h->state = BINANCE_HISTORY_WAITING;
	if (!reason)
		return;
	if (h->has_api) {
		diag_warning("%s: the archive of %s is of no use, the API is asked instead: %s",
			h->chain.symbol, h->date, reason);
		return;
	}
	h->chain.run->days_lost++;
	diag_warning("%s: the archive of %s is lost: %s", h->chain.symbol, h->date, reason);
}

static void follow(struct binance_history *h, enum binance_day_step step)
{
	if (h->chain.begun && (h->missing_leads || h->chain.next > h->missing_due))
		tell_missing(h);
	if (step == BINANCE_DAY_BROKEN)
		drop_day(h, h->day.reason);
	else if (step == BINANCE_DAY_FULL)
		h->state = BINANCE_HISTORY_OVER;
}

static void read_held(struct binance_history *h)
{
	struct span bytes = h->held;

	h->held = span_make(NULL, 0);
	h->state = BINANCE_HISTORY_READING;
	h->chain.run->days++;
	follow(h, binance_day_take(&h->day, bytes));
}

/* The API has told which trade the day should begin with. */
static void joined(struct binance_history *h)
{
	const struct binance_mark *mark = &h->pages.mark;
	uint64_t id = h->first.id;

	if (!h->pages.has_mark) {
		drop_day(h, "the API does not have its first id");
	} else if (mark->id == id && !binance_mark_is(mark, &h->first)) {
		drop_day(h, "its first trade is not what the API has of that id");
	} else if (id > h->chain.next) {
		h->state = BINANCE_HISTORY_FILLING;
		binance_pages_fill(&h->pages, id, h->day.end_ns);
	} else {
		read_held(h);
	}
}

/* What lies before the day has been filled in, or it was found that this is not its first id, or that
 * the range ends before. */
static void filled(struct binance_history *h)
{
	if (h->chain.next >= h->first.id)
		read_held(h);
	else if (h->pages.is_bound_wrong)
		drop_day(h, "its first id is that of a later day");
	else
		h->state = BINANCE_HISTORY_OVER;
}

/* One asks, the others wait until it has been told. */
static enum binance_history_step ask_limits(
	struct binance_history *h, struct buf *path, int64_t *wait_ns)
{
	struct binance_run *run = h->chain.run;

	if (run->asks && run->asks != &h->chain) {
		*wait_ns = GLANCE_NS;
		return BINANCE_HISTORY_WAIT;
	}
	run->asks = &h->chain;
	buf_clear(path);
	buf_printf(path, "/api/v3/exchangeInfo?symbol=%s", h->chain.escaped);
	return BINANCE_HISTORY_ASK;
}

static void end_limits(struct binance_history *h)
{
	if (h->chain.run->asks != &h->chain)
		return;
	h->chain.run->asks = NULL;
	h->chain.run->has_asked = true;
}

/* That the limits cannot be had is no failure: there is a preset. */
static enum binance_verdict take_limits(struct binance_history *h, int64_t now_ns, long status,
	struct span body, int64_t *wait_ns, struct err *err)
{
	struct binance_run *run = h->chain.run;
	struct json_value info;
	enum binance_verdict verdict =
		binance_answer_judge(status, body, JSON_OBJECT, now_ns, &info, wait_ns, err);

	if (verdict == BINANCE_BANNED || verdict == BINANCE_TOO_FAST)
		return verdict;
	if (verdict == BINANCE_AGAIN && ++run->tries < LIMITS_TRIES)
		return verdict;
	if (verdict != BINANCE_TAKEN ||
		binance_answer_limits(&info, &run->weight.units, &run->weight.window_ms) < 0)
		diag_info("cannot tell what weight is granted: %" PRIu32 " is assumed",
			run->weight.units);
	end_limits(h);
	return BINANCE_TAKEN;
}

uint32_t binance_history_weight(const struct binance_history *h)
{
	return h->state == BINANCE_HISTORY_LIMITS ? BINANCE_INFO_WEIGHT : BINANCE_PAGE_WEIGHT;
}

enum binance_history_step binance_history_next(
	struct binance_history *h, int64_t now_ns, struct buf *path, int64_t *wait_ns)
{
	if (h->state == BINANCE_HISTORY_OVER || binance_chain_is_full(&h->chain))
		return BINANCE_HISTORY_DONE;
	if (h->state == BINANCE_HISTORY_LIMITS && h->chain.run->has_asked)
		h->state = BINANCE_HISTORY_FINDING;
	if (h->state == BINANCE_HISTORY_LIMITS)
		return ask_limits(h, path, wait_ns);
	while (h->state != BINANCE_HISTORY_WAITING && h->state != BINANCE_HISTORY_READING) {
		enum binance_pages_step step = h->state == BINANCE_HISTORY_OVER
			? BINANCE_PAGES_DONE
			: binance_pages_next(&h->pages, now_ns, path, wait_ns);
		if (step != BINANCE_PAGES_DONE)
			return step == BINANCE_PAGES_ASK ? BINANCE_HISTORY_ASK
							 : BINANCE_HISTORY_WAIT;
		if (h->state == BINANCE_HISTORY_FINDING)
			found(h);
		else if (h->state == BINANCE_HISTORY_JOINING)
			joined(h);
		else if (h->state == BINANCE_HISTORY_FILLING)
			filled(h);
		else
			return BINANCE_HISTORY_DONE;
	}
	return h->state == BINANCE_HISTORY_WAITING ? BINANCE_HISTORY_DAY : BINANCE_HISTORY_BYTES;
}

enum binance_verdict binance_history_take(struct binance_history *h, int64_t now_ns, long status,
	struct span body, int64_t *wait_ns, struct err *err)
{
	if (h->state == BINANCE_HISTORY_LIMITS)
		return take_limits(h, now_ns, status, body, wait_ns, err);
	return binance_pages_take(&h->pages, now_ns, status, body, wait_ns, err);
}

void binance_history_open(struct binance_history *h, int64_t day)
{
	uint64_t shown = h->day.shown;

	if (h->chain.begun && h->has_api)
		tell_missing(h);
	binance_days_date(day, h->date);
	binance_day_init(&h->day, &h->chain, h->date, day, !h->has_api);
	h->day.shown = shown;
	h->begun = h->is_strange = false;
	h->leads = !h->chain.begun;
	h->state = BINANCE_HISTORY_READING;
}

/* Takes the first bytes of a day of which nobody else can be asked. */
static void begin_alone(struct binance_history *h, struct span bytes)
{
	int64_t ns;

	h->chain.run->days++;
	if (binance_day_first(bytes, &h->first) == 0) {
		ns = h->first.time_ms * STAMP_NS_PER_MS;
		h->is_strange = ns < h->day.begin_ns || ns >= h->day.end_ns;
	}
}

/* Whether an archive that began with a trade of another day had none of its own. */
static bool is_of_another_day(const struct binance_history *h)
{
	const struct binance_chain *chain = &h->chain;

	if (!h->is_strange || !chain->begun)
		return h->is_strange;
	return chain->reached_ns < h->day.begin_ns ||
		(h->leads && chain->reached_ns >= h->day.end_ns);
}

void binance_history_read(struct binance_history *h, struct span bytes)
{
	bool begins = !h->begun;

	h->begun = true;
	if (begins && !h->has_api)
		begin_alone(h, bytes);
	if (!begins || !h->has_api) {
		follow(h, binance_day_take(&h->day, bytes));
	} else if (binance_day_first(bytes, &h->first) < 0) {
		drop_day(h, "its first line is no trade");
	} else {
		h->held = bytes;
		h->state = BINANCE_HISTORY_JOINING;
		binance_pages_mark(&h->pages, h->first.id);
	}
}

/* A day more has no trades in an archive: what comes next tells whether that is a loss. */
static void miss(struct binance_history *h, bool has_archive)
{
	const struct binance_chain *chain = &h->chain;

	h->missing_trades |= has_archive;
	if (h->missing++ > 0)
		return;
	memcpy(h->missing_since, h->date, sizeof h->date);
	h->missing_leads = !chain->begun && h->day.shown == 0;
	h->missing_due = chain->begun ? chain->next : h->day.shown;
	h->missing_lost = chain->lost;
}

void binance_history_end(struct binance_history *h)
{
	follow(h, binance_day_end(&h->day));
	if (h->state != BINANCE_HISTORY_READING)
		return;
	if (!h->has_api && h->day.lines && !h->day.begun)
		miss(h, true);
	if (is_of_another_day(h))
		drop_day(h, "it has no trade of its day");
	else
		drop_day(h, h->day.lines ? NULL : "it is empty");
}

void binance_history_damaged(struct binance_history *h, const char *reason)
{
	drop_day(h, reason);
}

void binance_history_lack(struct binance_history *h, int64_t day, bool missing, const char *reason)
{
	binance_days_date(day, h->date);
	if (missing)
		miss(h, false);
	else
		drop_day(h, reason);
}

void binance_history_last(struct binance_history *h)
{
	tell_missing(h);
	if (!h->has_api) {
		finish(h);
		return;
	}
	h->state = BINANCE_HISTORY_ENDING;
	binance_pages_fill(&h->pages, UINT64_MAX, INT64_MAX);
}

void binance_history_give_up(struct binance_history *h, struct err *err)
{
	end_limits(h);
	h->state = BINANCE_HISTORY_OVER;
	binance_pages_give_up(&h->pages, err);
}

/* As a share of a whole that may be far more than a million. */
static uint64_t share(uint64_t part, uint64_t whole)
{
	if (part >= whole)
		return BINANCE_HISTORY_WHOLE;
	return whole < BINANCE_HISTORY_WHOLE ? part * BINANCE_HISTORY_WHOLE / whole
					     : part / (whole / BINANCE_HISTORY_WHOLE);
}

uint64_t binance_history_part(const struct binance_history *h)
{
	const struct range *range = h->range;
	int64_t part_ns = h->chain.reached_ns - h->begin_ns;

	if (h->state == BINANCE_HISTORY_OVER)
		return BINANCE_HISTORY_WHOLE;
	if (range->by_ids)
		return share(h->chain.next - range->first_id, range->last_id - range->first_id);
	if (part_ns <= 0)
		return 0;
	return share((uint64_t)part_ns, (uint64_t)(range->until_ns - h->begin_ns));
}
