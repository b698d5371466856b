#include "market/kraken_pages.h"

#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/stamp.h"
#include "market/kraken_pages_answer.h"
#include "market/kraken_pages_priv.h"

#define RECENT_NS (300 * STAMP_NS_PER_S)

enum {
	BEYOND_MIN = 100, /* rows behind the range that no odd times explain */
	STRAYS_MAX = 3,	  /* so many may, where there are no others behind them */
	STALLS_MAX = 4,
	UNSEEN_MAX = 4,
};

static void set_since(struct kraken_pages *p, int64_t ns)
{
	if (ns < KRAKEN_BEGAN_NS)
		ns = 0;
	p->since_ns = (uint64_t)ns;
	p->since[num_write_u64(p->since, p->since_ns)] = '\0';
}

void kraken_pages_go_back(struct kraken_pages *p, int64_t ns)
{
	set_since(p, ns);
	p->count = p->run->page_size;
	p->page_id = 0;
	p->page_ns = 0;
	p->stalls = 0;
}

static void finish(struct kraken_pages *p)
{
	p->done = true;
	p->hole_first = 0;
}

void kraken_pages_init(struct kraken_pages *p, struct kraken_run *run,
	const struct kraken_pair *pair, const struct range *range)
{
	int64_t last_ns = range->until_ns < run->start_ns ? range->until_ns : run->start_ns;

	*p = (struct kraken_pages){
		.run = run,
		.pair = pair,
		.range = range,
		.begin_ns = range->has_cursor ? range->cursor_ns : range->since_ns,
		.end_ns = range->by_ids ? INT64_MAX : last_ns,
		.settled_ns = (range->by_ids ? run->start_ns : last_ns) + KRAKEN_SETTLE_NS,
		.probing = range->by_ids,
	};
	if (range->by_ids) {
		kraken_probe_begin(&p->probe, range->first_id, run->start_ns);
		p->edge.has_id = true;
		p->edge.id = range->first_id ? range->first_id - 1 : 0;
	} else if (range->has_cursor) {
		kraken_edge_begin(&p->edge, range->cursor_has_id ? range->cursor_id : 0,
			range->cursor_ns, range->cursor_same);
	}
	kraken_pages_go_back(p, range->by_ids ? 0 : p->begin_ns - KRAKEN_MARGIN_NS);
	if (!range->by_ids && p->begin_ns >= range->until_ns)
		finish(p);
}

void kraken_pages_release(struct kraken_pages *p)
{
	kraken_page_release(&p->page);
}

enum kraken_pages_step kraken_pages_next(
	struct kraken_pages *p, int64_t now_ns, struct buf *path, int64_t *wait_ns)
{
	if (p->done || kraken_pages_at_limit(p))
		return KRAKEN_PAGES_DONE;
	if (now_ns < p->not_before_ns) {
		*wait_ns = p->not_before_ns - now_ns;
		return KRAKEN_PAGES_WAIT;
	}
	if (p->probing)
		set_since(p, p->probe.asked_ns);
	p->asked_ns = now_ns;
	buf_clear(path);
	buf_printf(path, "/0/public/Trades?pair=%s&count=%llu", p->pair->query,
		(unsigned long long)p->count);
	if (!p->latest && (!p->probing || p->probe.asked_ns != KRAKEN_PROBE_LATEST))
		buf_printf(path, "&since=%s", p->since);
	return KRAKEN_PAGES_ASK;
}

/* Asks for the pages around a hole again, from further back each time. A page that begins behind it
 * does not tell whether it is there. */
static void retry_hole(struct kraken_pages *p, int64_t now_ns)
{
	static const int64_t back_ns[KRAKEN_HOLE_TRIES] = {
		2 * KRAKEN_MARGIN_NS,
		STAMP_NS_PER_S,
		60 * STAMP_NS_PER_S,
	};
	int64_t from_ns = p->edge.has_time ? p->edge.last_ns : p->probe.asked_ns;
	bool is_telling = p->edge.seen || p->edge.fresh || !p->edge.has_time;

	diag_info("'%s': trades %llu to %llu are missing: asking again", p->pair->name,
		(unsigned long long)p->hole_first, (unsigned long long)p->hole_last);
	kraken_pages_go_back(p, from_ns - back_ns[p->hole_tries]);
	if (is_telling || ++p->hole_unseen > UNSEEN_MAX)
		p->hole_tries++;
	p->count = KRAKEN_PAGE_MAX;
	if (now_ns - from_ns < RECENT_NS)
		p->not_before_ns = now_ns + KRAKEN_SETTLE_NS;
}

enum kraken_verdict kraken_pages_end(struct kraken_pages *p)
{
	if (p->range->by_ids && !kraken_pages_at_limit(p) && p->edge.id < p->range->last_id)
		kraken_pages_report_lost(p, p->edge.id + 1, p->range->last_id);
	finish(p);
	return KRAKEN_TAKEN;
}

/* Goes on where the page ended: at Kraken's own `last`; among rows without ids at the edge's time,
 * since all rows of that must come again to be counted. */
static void follow(struct kraken_pages *p)
{
	const struct kraken_page *page = &p->page;
	const struct kraken_page_row *last = page->n ? &page->rows[page->n - 1] : NULL;

	p->count = p->run->page_size;
	if (!last)
		return;
	if ((last->row.id || last->bad) && page->last[0] && page->last_ns >= p->since_ns) {
		memcpy(p->since, page->last, sizeof p->since);
		p->since_ns = page->last_ns;
	} else if (p->edge.has_time) {
		set_since(p, (last->row.id ? p->edge.last_ns : p->edge.ns) - KRAKEN_MARGIN_NS);
	}
	if (p->since_ns < p->floor_ns)
		set_since(p, (int64_t)p->floor_ns);
}

/* A full page that has come no further than the one before it: there are more trades at one moment
 * than fit on it, or Kraken does not look at what it is asked for. */
static enum kraken_verdict pass_stall(struct kraken_pages *p, struct err *err)
{
	const struct kraken_page_row *last = &p->page.rows[p->page.n - 1];
	uint64_t ns = p->page.last[0] ? p->page.last_ns : (uint64_t)last->row.time_ns;

	if (++p->stalls > STALLS_MAX) {
		err_set(err, EXIT_FAILED,
			"cannot get trades of '%s': Kraken sends the same page again and again",
			p->pair->name);
		return KRAKEN_FAILED;
	}
	if (p->count < KRAKEN_PAGE_MAX) {
		p->count = KRAKEN_PAGE_MAX;
		return KRAKEN_TAKEN;
	}
	ns = ns < p->since_ns ? p->since_ns : ns;
	set_since(p, ns < INT64_MAX ? (int64_t)ns + 1 : INT64_MAX);
	p->floor_ns = p->since_ns;
	if (last->row.id) { /* ids will tell what was left out */
		diag_info("'%s': a whole page of old trades: going on at %s", p->pair->name,
			p->since);
		return KRAKEN_TAKEN;
	}
	p->edge.same = 0;
	p->run->unsure++;
	diag_warning(
		"'%s': cannot tell whether all trades before %s are there: they have no ids, and are more at one time than a page holds",
		p->pair->name, p->since);
	return KRAKEN_TAKEN;
}

static enum kraken_verdict turn_full(struct kraken_pages *p, struct err *err)
{
	const struct kraken_row *last = &p->page.rows[p->page.n - 1].row;
	bool is_further = last->id > p->page_id || last->time_ns > p->page_ns;

	if (!p->news && !is_further)
		return pass_stall(p, err);
	p->page_id = last->id;
	p->page_ns = last->time_ns;
	p->stalls = 0;
	follow(p);
	return KRAKEN_TAKEN;
}

/* A page without a new row, while it is not known what is missing before others. */
static enum kraken_verdict turn_hole(struct kraken_pages *p, int64_t now_ns, struct err *err)
{
	if (p->hole_tries < KRAKEN_HOLE_TRIES) {
		retry_hole(p, now_ns);
		return KRAKEN_TAKEN;
	}
	err_set(err, EXIT_PARTIAL, "what follows them has vanished");
	kraken_pages_give_up(p, err);
	return KRAKEN_FAILED;
}

static enum kraken_verdict turn_page(struct kraken_pages *p, int64_t now_ns, struct err *err)
{
	bool is_full = p->page.n >= p->count;
	bool is_settled = p->asked_ns >= p->settled_ns;

	if (p->news)
		p->quiet = 0;
	if (p->beyond >= BEYOND_MIN)
		return kraken_pages_end(p);
	if (is_full)
		return turn_full(p, err);
	if (is_settled && !p->hole_first && p->beyond > STRAYS_MAX)
		return kraken_pages_end(p);
	if (!p->news && p->hole_first)
		return turn_hole(p, now_ns, err);
	if (!p->news && is_settled)
		return kraken_pages_take_quiet(p);
	if (!is_settled)
		p->not_before_ns = p->settled_ns;
	follow(p);
	return KRAKEN_TAKEN;
}

static enum kraken_verdict take_rows(struct kraken_pages *p, int64_t now_ns, struct err *err)
{
	enum kraken_fate fate = kraken_pages_at_limit(p) ? KRAKEN_STOP : KRAKEN_GO_ON;

	kraken_edge_turn(&p->edge);
	p->news = 0;
	for (size_t i = 0; i < p->page.n && fate == KRAKEN_GO_ON; i++)
		fate = kraken_pages_take_row(p, &p->page.rows[i], err);
	switch (fate) {
	case KRAKEN_HOLE:
		retry_hole(p, now_ns);
		return KRAKEN_TAKEN;
	case KRAKEN_ENDS:
		return KRAKEN_FAILED;
	case KRAKEN_STOP:
		return kraken_pages_end(p);
	default:
		return turn_page(p, now_ns, err);
	}
}

/* Once each: what Kraken warns of, and a name for the pair that is none of its own. */
static void remark(struct kraken_pages *p, const struct kraken_answer *answer)
{
	const struct kraken_pair *pair = p->pair;
	struct span warning = answer->warning.raw, name = answer->pair.raw;

	if (answer->warning.type != JSON_NONE && !p->warned) {
		p->warned = true;
		diag_warning("'%s': Kraken says: %.*s", pair->name, span_shown(warning), warning.p);
	}
	if (p->named || kraken_pair_is_named(pair, &answer->pair))
		return;
	p->named = true;
	diag_warning("'%s': Kraken answers with trades of '%.*s', which are taken for them",
		pair->name, span_shown(name), name.p);
}

static enum kraken_verdict read_answer(struct kraken_pages *p, int64_t now_ns, long status,
	struct span body, int64_t *wait_ns, struct err *err)
{
	struct kraken_asked asked = {
		.pairs = p->run->pairs,
		.pair = p->pair,
		.since_ns = p->latest ? 0 : p->since_ns,
		.now_ns = now_ns,
	};
	enum kraken_verdict verdict = kraken_pages_answer(&asked, status, body, &p->page, err);

	*wait_ns = asked.wait_ns;
	if (verdict == KRAKEN_TAKEN)
		remark(p, &asked.answer);
	return verdict;
}

enum kraken_verdict kraken_pages_take(
	struct kraken_pages *p, int64_t now_ns, long status, struct span body, struct err *err)
{
	int64_t wait_ns;
	enum kraken_verdict verdict = read_answer(p, now_ns, status, body, &wait_ns, err);

	if (verdict != KRAKEN_TAKEN) {
		struct err reason = *err;

		p->not_before_ns = now_ns + wait_ns;
		if (verdict == KRAKEN_FAILED || verdict == KRAKEN_LOCKED)
			err_set(err, reason.code, "cannot get trades of '%s': %s", p->pair->name,
				reason.text);
		return verdict;
	}
	if (p->latest)
		return kraken_pages_take_latest(p, now_ns, err);
	if (!p->probing)
		return take_rows(p, now_ns, err);
	if (!kraken_probe_take(&p->probe, &p->page, p->count))
		return KRAKEN_TAKEN;
	p->probing = false;
	kraken_pages_go_back(p, p->probe.asked_ns - KRAKEN_MARGIN_NS);
	return KRAKEN_TAKEN;
}

void kraken_pages_give_up(struct kraken_pages *p, struct err *err)
{
	struct err reason = *err;

	if (p->hole_first)
		err_set(err, EXIT_PARTIAL,
			"'%s': ends before trades %llu to %llu: they are missing, and it is not known whether Kraken has them: %s",
			p->pair->name, (unsigned long long)p->hole_first,
			(unsigned long long)p->hole_last, reason.text);
	finish(p);
}

uint64_t kraken_pages_part(const struct kraken_pages *p)
{
	const struct range *range = p->range;
	uint64_t whole = (uint64_t)(p->end_ns - p->begin_ns), part = 0;

	if (p->done)
		return KRAKEN_PAGES_WHOLE;
	if (range->by_ids) {
		whole = range->last_id - range->first_id + 1;
		part = p->edge.id + 1 - range->first_id;
	} else if (p->edge.last_ns > p->begin_ns) {
		part = (uint64_t)(p->edge.last_ns - p->begin_ns);
	}
	for (; whole >> 40; whole >>= 1) /* so that the product fits */
		part >>= 1;
	return part < whole ? part * KRAKEN_PAGES_WHOLE / whole : KRAKEN_PAGES_WHOLE;
}
