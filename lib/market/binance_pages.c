#include "market/binance_pages.h"

#include <inttypes.h>

#include "base/diag.h"
#include "base/stamp.h"

#define SETTLE_NS (2 * STAMP_NS_PER_S)
#define DOUBT_NS (100 * STAMP_NS_PER_MS)

enum {
	DOUBTS_MAX = 2, /* answers that must confirm one which lacks what is due */
	STALLS_MAX = 5,
	LATE_MIN =
		3, /* trades in a row behind the range's end, where fewer are asked for than fit */
};

void binance_pages_init(
	struct binance_pages *p, struct binance_chain *chain, uint64_t page_size, int64_t end_ns)
{
	*p = (struct binance_pages){.chain = chain,
		.page_size = page_size,
		.settled_ns = end_ns < INT64_MAX - SETTLE_NS ? end_ns + SETTLE_NS : end_ns,
		.state = chain->begun ? BINANCE_PAGES_OVER : BINANCE_PAGES_FIRST,
		.bound = UINT64_MAX};
}

void binance_pages_release(struct binance_pages *p)
{
	binance_page_release(&p->page);
}

void binance_pages_fill(struct binance_pages *p, uint64_t bound, int64_t bound_ns)
{
	p->state = p->chain->next < bound ? BINANCE_PAGES_ROWS : BINANCE_PAGES_OVER;
	p->bound = bound;
	p->bound_ns = bound_ns;
	p->is_bound_wrong = false;
	p->hole = p->doubts = p->stalls = p->late = 0;
}

void binance_pages_mark(struct binance_pages *p, uint64_t id)
{
	p->state = BINANCE_PAGES_MARK;
	p->has_mark = false;
	p->mark.id = id;
	p->hole = p->doubts = 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many rows are still wanted, of those that fit on a page. */
static uint64_t rows_wanted(const struct binance_pages *p)
{
	const struct binance_chain *chain = p->chain;
	const struct binance_run *run = chain->run;
	uint64_t n = least(p->page_size, least(p->bound, chain->end_id) - chain->next);

	return run->limit ? least(n, run->limit - run->written) : n;
}

static void compose(struct binance_pages *p, struct buf *path)
{
	const struct binance_chain *chain = p->chain;
	const char *name = "fromId";
	uint64_t value = 0;

	p->asked = 1;
	if (p->state == BINANCE_PAGES_ROWS) {
		value = chain->next;
		p->asked = rows_wanted(p);
	} else if (p->state == BINANCE_PAGES_EDGE) {
		value = p->found - 1;
	} else if (p->state == BINANCE_PAGES_MARK) {
		value = p->mark.id;
	} else if (chain->since_ns > 0) {
		name = "startTime";
		value = (uint64_t)(chain->since_ns / STAMP_NS_PER_MS);
	}
	buf_clear(path);
	buf_printf(path, "/api/v3/aggTrades?symbol=%s&%s=%" PRIu64 "&limit=%" PRIu64,
		chain->escaped, name, value, p->asked);
}

enum binance_pages_step binance_pages_next(
	struct binance_pages *p, int64_t now_ns, struct buf *path, int64_t *wait_ns)
{
	if (p->state == BINANCE_PAGES_OVER || binance_chain_is_full(p->chain))
		return BINANCE_PAGES_DONE;
	if (now_ns < p->not_before_ns) {
		*wait_ns = p->not_before_ns - now_ns;
		return BINANCE_PAGES_WAIT;
	}
	p->asked_ns = now_ns;
	compose(p, path);
	return BINANCE_PAGES_ASK;
}

/* One more answer of a kind, of which `n` came before: true where enough have. */
static bool is_enough(struct binance_pages *p, unsigned *n, unsigned most, int64_t now_ns)
{
	if (*n >= most)
		return true;
	p->not_before_ns = now_ns + (DOUBT_NS << (*n)++);
	return false;
}

/* One more answer lacks what is due. */
static bool doubt(struct binance_pages *p, int64_t now_ns)
{
	return is_enough(p, &p->doubts, DOUBTS_MAX, now_ns);
}

/* A row's time is in microseconds, or the row says nothing that could be relied upon. */
static bool is_ms(const struct binance_page_row *row)
{
	enum { US_DIGITS_MIN = 15 };

	return row->text.time.n < US_DIGITS_MIN;
}

/* What a page has shown. */
struct sight {
	uint64_t rows, behind, fresh;
	uint64_t bad;  /* at its end */
	uint64_t late; /* behind the end of the range */
	bool ends;     /* the rest of the page does not count */
};

/* Ids are missing before `id`, which has that time: goes on there where that was confirmed. */
static bool pass_hole(struct binance_pages *p, uint64_t id, int64_t time_ns, int64_t now_ns)
{
	p->hole = id;
	if (!doubt(p, now_ns))
		return false;
	binance_chain_lose(p->chain, id, time_ns, "Binance does not have them");
	p->hole = p->doubts = 0;
	return true;
}

static enum binance_verdict take_trade(struct binance_pages *p, const struct binance_page_row *row,
	struct sight *sight, int64_t now_ns, struct err *err)
{
	struct binance_chain *chain = p->chain;
	uint64_t id = row->trade.id;
	enum binance_fate fate = binance_chain_judge(chain, id);

	if (is_ms(row)) {
		err_set(err, EXIT_FAILED,
			"the answer is in milliseconds, though microseconds were asked for");
		return BINANCE_FAILED;
	}
	if (fate == BINANCE_BEHIND) {
		sight->behind++;
		binance_chain_drop(chain, id);
		return BINANCE_TAKEN;
	}
	sight->bad = 0;
	sight->late += row->trade.time_ns >= chain->until_ns;
	if (id < p->bound && row->trade.time_ns >= p->bound_ns && p->bound != UINT64_MAX) {
		p->is_bound_wrong = sight->ends = true;
		return BINANCE_TAKEN;
	}
	if (fate == BINANCE_AHEAD) {
		uint64_t end = least(id, p->bound);
		sight->ends = !pass_hole(p, end, row->trade.time_ns, now_ns) || end == p->bound;
	}
	if (sight->ends || id >= p->bound) {
		sight->ends = true;
		return BINANCE_TAKEN;
	}
	sight->fresh++;
	p->hole = p->doubts = p->stalls = 0;
	sight->ends = binance_chain_take(chain, &row->text, &row->trade, row->best) < 0;
	return BINANCE_TAKEN;
}

/* A row that is no trade: that is confirmed before it counts. */
static void take_bad(
	struct binance_pages *p, const char *reason, struct sight *sight, int64_t now_ns)
{
	sight->ends = !doubt(p, now_ns);
	if (sight->ends)
		return;
	sight->bad++;
	p->chain->run->read++;
	p->chain->run->bad++;
	diag_warning("%s: cannot read a row behind id %" PRIu64 " as a trade: %s", p->chain->symbol,
		p->chain->next - 1, reason);
}

/* What no other row stands behind has no id: each of them has cost one. */
static void pass_bad(struct binance_pages *p, uint64_t n)
{
	struct binance_chain *chain = p->chain;
	uint64_t end = least(p->bound, chain->end_id);
	uint64_t id = chain->next + least(n, end - chain->next);

	binance_chain_lose(chain, id, chain->reached_ns, "Binance's rows of them are no trades");
	p->hole = p->doubts = 0;
}

/* Whether nothing but trades behind the range's end came, and so many that the range is over. */
static bool is_late(struct binance_pages *p, const struct sight *sight)
{
	p->late = sight->late == sight->fresh ? p->late + sight->late : 0;
	return sight->late > 0 && sight->late == sight->fresh &&
		(p->late >= LATE_MIN || sight->rows < p->asked);
}

/* The page is over, without an end of its own. */
static enum binance_verdict turn(
	struct binance_pages *p, const struct sight *sight, int64_t now_ns, struct err *err)
{
	struct binance_chain *chain = p->chain;
	bool is_settled = p->asked_ns >= p->settled_ns;

	if (sight->bad) {
		pass_bad(p, sight->bad);
		if (sight->fresh || !is_enough(p, &p->stalls, STALLS_MAX, now_ns))
			return BINANCE_TAKEN;
		err_set(err, EXIT_FAILED, "Binance sends nothing but rows that are no trades");
		return BINANCE_FAILED;
	} else if (is_late(p, sight)) {
		p->state = BINANCE_PAGES_OVER;
	} else if (sight->fresh) {
		if (sight->rows < p->asked && !is_settled && p->bound == UINT64_MAX)
			p->not_before_ns = p->settled_ns;
	} else if (sight->behind) {
		if (!is_enough(p, &p->stalls, STALLS_MAX, now_ns))
			return BINANCE_TAKEN;
		err_set(err, EXIT_FAILED, "Binance sends the same page again and again");
		return BINANCE_FAILED;
	} else if (p->bound == UINT64_MAX && !is_settled) {
		p->not_before_ns = p->settled_ns;
	} else if (p->bound == UINT64_MAX && chain->end_id == UINT64_MAX) {
		if (doubt(p, now_ns))
			p->state = BINANCE_PAGES_OVER;
	} else {
		pass_hole(p, least(p->bound, chain->end_id), chain->reached_ns, now_ns);
	}
	return BINANCE_TAKEN;
}

/* Whether nothing more is asked for. */
static bool is_filled(const struct binance_pages *p)
{
	return p->is_bound_wrong || p->chain->next >= p->bound || binance_chain_is_full(p->chain);
}

static enum binance_verdict take_rows(struct binance_pages *p, int64_t now_ns, struct err *err)
{
	enum binance_verdict verdict = BINANCE_TAKEN;
	struct sight sight = {.rows = 0};

	for (size_t i = 0; i < p->page.n && verdict == BINANCE_TAKEN && !sight.ends &&
		!binance_chain_is_full(p->chain);
		i++) {
		const struct binance_page_row *row = &p->page.rows[i];
		sight.rows++;
		if (row->bad)
			take_bad(p, row->bad, &sight, now_ns);
		else
			verdict = take_trade(p, row, &sight, now_ns, err);
	}
	if (verdict == BINANCE_TAKEN && !sight.ends && !is_filled(p))
		verdict = turn(p, &sight, now_ns, err);
	if (is_filled(p))
		p->state = BINANCE_PAGES_OVER;
	return verdict;
}

/* The first trade of the range, or none yet. */
static void take_first(struct binance_pages *p, const struct binance_page_row *row, int64_t now_ns)
{
	bool is_settled = p->asked_ns >= p->settled_ns;

	if (row) {
		p->found = row->trade.id;
		p->found_ns = row->trade.time_ns;
		p->state = BINANCE_PAGES_EDGE;
		if (p->found == 0 || p->chain->since_ns == 0) {
			binance_chain_begin(p->chain, p->found, p->found_ns);
			p->state = BINANCE_PAGES_OVER;
		}
	} else if (!is_settled) {
		p->not_before_ns = p->settled_ns;
	} else if (doubt(p, now_ns)) {
		p->state = BINANCE_PAGES_OVER;
	}
}

/* The trade before the first one; where it is none of those that should not be there, the first one
 * is looked for again. */
static void take_edge(struct binance_pages *p, const struct binance_page_row *row, int64_t now_ns)
{
	const struct binance_trade *trade = row ? &row->trade : NULL;
	bool is_edge = trade && trade->id + 1 == p->found && trade->time_ns < p->chain->since_ns;

	if (!is_edge && !doubt(p, now_ns)) {
		p->state = BINANCE_PAGES_FIRST;
		return;
	}
	if (!is_edge && trade && trade->id < p->found) {
		p->found = trade->id;
		p->found_ns = trade->time_ns;
	}
	if (!is_edge) {
		p->chain->run->edges_unverified++;
		diag_warning("%s: trades may be missing before id %" PRIu64
			     ", the first one of the range: Binance does not have the one before",
			p->chain->symbol, p->found);
	}
	binance_chain_begin(p->chain, p->found, p->found_ns);
	p->doubts = 0;
	p->state = BINANCE_PAGES_OVER;
}

static void take_mark(struct binance_pages *p, const struct binance_page_row *row, int64_t now_ns)
{
	p->has_mark = row && row->trade.id >= p->mark.id;
	if ((!row || row->trade.id != p->mark.id) && !doubt(p, now_ns))
		return;
	if (p->has_mark)
		p->mark = binance_mark_of(&row->text, &row->trade);
	p->state = BINANCE_PAGES_OVER;
}

/* The answer to a question for one trade. */
static enum binance_verdict take_one(struct binance_pages *p, int64_t now_ns, struct err *err)
{
	const struct binance_page_row *row = p->page.n ? &p->page.rows[0] : NULL;

	if (row && row->bad && p->state == BINANCE_PAGES_FIRST) {
		err_set(err, EXIT_FAILED, "the answer has a row that is no trade: %s", row->bad);
		return BINANCE_AGAIN;
	}
	if (row && row->bad)
		row = NULL;
	if (p->state == BINANCE_PAGES_FIRST)
		take_first(p, row, now_ns);
	else if (p->state == BINANCE_PAGES_EDGE)
		take_edge(p, row, now_ns);
	else
		take_mark(p, row, now_ns);
	return BINANCE_TAKEN;
}

enum binance_verdict binance_pages_take(struct binance_pages *p, int64_t now_ns, long status,
	struct span body, int64_t *wait_ns, struct err *err)
{
	struct json_value rows;
	enum binance_verdict verdict =
		binance_answer_judge(status, body, JSON_ARRAY, now_ns, &rows, wait_ns, err);

	if (*wait_ns > 0)
		p->not_before_ns = now_ns + *wait_ns;
	if (verdict != BINANCE_TAKEN)
		return verdict;
	if (binance_page_read(&p->page, &rows) < 0) {
		err_set(err, EXIT_FAILED, "the answer has more than %d trades",
			BINANCE_PAGE_CEILING);
		return BINANCE_AGAIN;
	}
	return p->state == BINANCE_PAGES_ROWS ? take_rows(p, now_ns, err)
					      : take_one(p, now_ns, err);
}

void binance_pages_give_up(struct binance_pages *p, struct err *err)
{
	struct err reason = *err;

	p->state = BINANCE_PAGES_OVER;
	if (p->hole)
		err_set(err, EXIT_PARTIAL,
			"%s: ends before id %" PRIu64 ": ids up to %" PRIu64
			" are missing, and it is not known whether Binance has them: %s",
			p->chain->symbol, p->chain->next, p->hole - 1, reason.text);
}
