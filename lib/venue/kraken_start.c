#include "venue/kraken_start.h"

#include "base/diag.h"
#include "base/stamp.h"
#include "market/kraken_pages_answer.h"

/* So close to now the rest is left to the socket and its repair. */
#define CLOSE_NS (10 * STAMP_NS_PER_S)

enum {
	PATH_MAX_BYTES = 1024,
	EMPTY_MIN = 2, /* answers without a trade, too far apart for a cache: there is none */
};

void kraken_start_init(struct kraken_start *s, const struct kraken_start_settings *settings,
	const struct kraken_pair *pair, const struct range *range)
{
	*s = (struct kraken_start){.settings = settings, .pair = pair, .range = *range};
	s->range.until_ns = INT64_MAX;
}

void kraken_start_release(struct kraken_start *s)
{
	kraken_pages_release(&s->pages);
}

static int64_t now_of(const struct kraken_start *s)
{
	return kraken_rest_now(s->settings->rest);
}

/* The next round: what has happened since the one before. What is younger than an answer of
 * Kraken's cache can be is not waited for. */
static void begin_round(struct kraken_start *s)
{
	struct kraken_run *run = s->settings->run;

	kraken_pages_release(&s->pages);
	s->phase = KRAKEN_START_PAGES;
	s->round_ns = now_of(s);
	run->start_ns = s->round_ns - KRAKEN_SETTLE_NS;
	kraken_pages_init(&s->pages, run, s->pair, &s->range);
}

/* Behind what has been read. */
static void begin_next_round(struct kraken_start *s)
{
	const struct kraken_edge *edge = &s->pages.edge;

	if (edge->has_time) {
		s->range.has_cursor = true;
		s->range.cursor_has_id = edge->has_id;
		s->range.cursor_id = edge->id;
		s->range.cursor_ns = edge->ns;
		s->range.cursor_same = edge->same;
	}
	begin_round(s);
}

static void finish(struct kraken_start *s, uint64_t id, int64_t time_ns)
{
	s->phase = KRAKEN_START_DONE;
	s->id = id;
	s->time_ns = time_ns;
}

/* Asks for the newest trade, once no cache has an older one. */
static void ask_newest(struct kraken_start *s, enum kraken_start_phase phase)
{
	s->phase = phase;
	s->not_before_ns = now_of(s) + KRAKEN_SETTLE_NS;
}

/* Also where rounds take long because requests have to wait: one that went on behind a trade, and
 * brought less than a page, has left no more than the repair gets at once. */
static bool is_close(const struct kraken_start *s)
{
	return now_of(s) - s->round_ns < CLOSE_NS ||
		(s->range.has_cursor && s->range.cursor_has_id &&
			s->pages.edge.id - s->range.cursor_id < KRAKEN_PAGE_MAX);
}

static bool is_full(const struct kraken_start *s)
{
	const struct kraken_run *run = s->settings->run;

	return out_has_failed(run->out) || (run->limit && run->written >= run->limit);
}

/* A round is over. */
static enum crawl_step turn(struct kraken_start *s)
{
	const struct kraken_edge *edge = &s->pages.edge;

	if (is_full(s))
		return CRAWL_DONE;
	if (!edge->has_id) {
		ask_newest(s, KRAKEN_START_LAST);
		return CRAWL_BUSY;
	}
	if (is_close(s)) {
		finish(s, edge->id, edge->has_time ? edge->ns : s->range.since_ns);
		return CRAWL_DONE;
	}
	begin_next_round(s);
	return CRAWL_BUSY;
}

static enum crawl_step next_page(struct kraken_start *s, struct crawl_ask *ask, struct buf *path)
{
	int64_t wait_ns = 0;

	switch (kraken_pages_next(&s->pages, now_of(s), path, &wait_ns)) {
	case KRAKEN_PAGES_ASK:
		kraken_rest_ask(s->settings->rest, ask, buf_span(path), s->pair->name);
		return CRAWL_ASK;
	case KRAKEN_PAGES_WAIT:
		ask->not_before = stamp_monotonic() + wait_ns;
		return CRAWL_WAIT;
	case KRAKEN_PAGES_DONE:
		break;
	}
	return turn(s);
}

static enum crawl_step next_newest(
	const struct kraken_start *s, struct crawl_ask *ask, struct buf *path)
{
	int64_t wait_ns = s->not_before_ns - now_of(s);

	if (wait_ns > 0) {
		ask->not_before = stamp_monotonic() + wait_ns;
		return CRAWL_WAIT;
	}
	buf_printf(path, "/0/public/Trades?pair=%s", s->pair->query);
	kraken_rest_ask(s->settings->rest, ask, buf_span(path), s->pair->name);
	return CRAWL_ASK;
}

static enum crawl_step next(void *arg, struct crawl_ask *ask)
{
	struct kraken_start *s = arg;
	enum crawl_step step;
	struct buf path;

	if (s->phase == KRAKEN_START_DONE || is_full(s))
		return CRAWL_DONE;
	if (s->phase == KRAKEN_START_FIRST && s->range.has_cursor)
		begin_round(s);
	buf_init(&path, PATH_MAX_BYTES);
	if (s->phase == KRAKEN_START_PAGES)
		step = next_page(s, ask, &path);
	else
		step = next_newest(s, ask, &path);
	buf_release(&path);
	return step;
}

/* Whether the latest trades have one of the range that was not read. */
static bool shows_unread(struct kraken_start *s, const struct kraken_page *page)
{
	struct kraken_edge *edge = &s->pages.edge;

	kraken_edge_turn(edge);
	for (size_t i = 0; i < page->n; i++) {
		const struct kraken_page_row *row = &page->rows[i];

		if (row->bad)
			continue;
		if (edge->has_time ? kraken_edge_judge(edge, row) == KRAKEN_EDGE_NEXT
				   : row->row.time_ns >= s->range.since_ns)
			return true;
	}
	return false;
}

/* It seems that there has never been a trade, of which one answer is no sign. Where several are
 * wrong, too, the beginning is found once there is one. */
static enum kraken_verdict take_none(struct kraken_start *s, struct err *err)
{
	if (s->pages.edge.has_time) {
		err_set(err, EXIT_FAILED, "the answer has no trades");
		return KRAKEN_AGAIN;
	}
	if (++s->empty < EMPTY_MIN)
		ask_newest(s, s->phase);
	else
		finish(s, 0, s->range.since_ns);
	return KRAKEN_TAKEN;
}

/* The latest trades: the stream goes on behind the newest one where all of them have been read, or
 * lie before the beginning. */
static enum kraken_verdict take_newest(
	struct kraken_start *s, const struct kraken_page *page, struct err *err)
{
	const struct kraken_row *newest = NULL;

	if (page->n == 0)
		return take_none(s, err);
	s->empty = 0;
	if (shows_unread(s, page)) {
		begin_next_round(s);
		return KRAKEN_TAKEN;
	}
	for (size_t i = 0; i < page->n; i++) {
		const struct kraken_page_row *row = &page->rows[i];

		if (!row->bad && row->row.id && (!newest || row->row.id > newest->id))
			newest = &row->row;
	}
	if (!newest) {
		err_set(err, EXIT_FAILED, "none of the trades has an id that can be read");
		return KRAKEN_AGAIN;
	}
	finish(s, newest->id, newest->time_ns);
	return KRAKEN_TAKEN;
}

static enum kraken_verdict take_latest(
	struct kraken_start *s, const struct crawl_answer *answer, struct err *err)
{
	struct kraken_asked asked = {
		.pairs = &s->settings->rest->pairs, .pair = s->pair, .now_ns = now_of(s)};
	struct kraken_page page = {.rows = NULL};
	enum kraken_verdict verdict =
		kraken_pages_answer(&asked, answer->status, answer->body, &page, err);

	if (verdict == KRAKEN_FAILED || verdict == KRAKEN_LOCKED) {
		struct err reason = *err;

		err_set(err, reason.code, "cannot get trades of '%s': %s", s->pair->name,
			reason.text);
	}
	s->not_before_ns = asked.now_ns + asked.wait_ns;
	if (verdict == KRAKEN_TAKEN)
		verdict = take_newest(s, &page, err);
	kraken_page_release(&page);
	return verdict;
}

/* A lockout ends all chains that there are: it is said once. */
static enum crawl_verdict take(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct kraken_start *s = arg;
	enum kraken_verdict verdict;

	s->settings->run->received_ns = s->settings->stamp ? stamp_now() : 0;
	if (s->phase == KRAKEN_START_PAGES)
		verdict =
			kraken_pages_take(&s->pages, now_of(s), answer->status, answer->body, err);
	else
		verdict = take_latest(s, answer, err);
	if (verdict == KRAKEN_LOCKED)
		diag_warning("%s", err->text);
	return kraken_rest_verdict(s->settings->rest, verdict);
}

/* After a lockout it goes on where it was. */
static void end(void *arg, const struct err *err)
{
	struct kraken_start *s = arg;
	struct crawl_chain chain = kraken_start_chain(s);

	if (kraken_rest_is_locked(s->settings->rest)) {
		crawl_add(s->settings->crawl, &chain);
		return;
	}
	s->failure = *err;
	if (s->phase == KRAKEN_START_PAGES)
		kraken_pages_give_up(&s->pages, &s->failure);
}

struct crawl_chain kraken_start_chain(struct kraken_start *s)
{
	return (struct crawl_chain){s->pair->name, next, take, end, s};
}

uint64_t kraken_start_part(const struct kraken_start *s)
{
	if (s->phase == KRAKEN_START_PAGES)
		return kraken_pages_part(&s->pages);
	return s->phase == KRAKEN_START_FIRST ? 0 : KRAKEN_PAGES_WHOLE;
}
