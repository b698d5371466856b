#include "venue/kraken_start.h"

#include "base/stamp.h"
#include "market/kraken_pages_answer.h"

/* So close to now the rest is left to the socket and its repair. */
#define CLOSE_NS (10 * STAMP_NS_PER_S)

enum { PATH_MAX_BYTES = 1024 };

void kraken_start_init(struct kraken_start *s, struct kraken_rest *rest, struct kraken_run *run,
	const struct kraken_pair *pair, const struct range *range, bool stamp)
{
	*s = (struct kraken_start){
		.rest = rest, .run = run, .pair = pair, .range = *range, .stamp = stamp};
	s->range.until_ns = INT64_MAX;
}

void kraken_start_release(struct kraken_start *s)
{
	kraken_pages_release(&s->pages);
}

/* The next round: what has happened since the one before. What is younger than an answer of Kraken's
 * cache can be is not waited for. */
static void begin_round(struct kraken_start *s)
{
	kraken_pages_release(&s->pages);
	s->phase = KRAKEN_START_PAGES;
	s->round_ns = kraken_rest_now(s->rest);
	s->run->start_ns = s->round_ns - KRAKEN_SETTLE_NS;
	kraken_pages_init(&s->pages, s->run, s->pair, &s->range);
}

static void finish(struct kraken_start *s, uint64_t id, int64_t time_ns)
{
	s->phase = KRAKEN_START_DONE;
	s->id = id;
	s->time_ns = time_ns;
}

/* Also where rounds take long because requests have to wait: one that went on behind a trade, and brought
 * less than a page, has left no more than the repair gets at once. */
static bool is_close(const struct kraken_start *s)
{
	return kraken_rest_now(s->rest) - s->round_ns < CLOSE_NS ||
		(s->range.has_cursor && s->range.cursor_has_id &&
			s->pages.edge.id - s->range.cursor_id < KRAKEN_PAGE_MAX);
}

/* A round is over. */
static enum crawl_step turn(struct kraken_start *s)
{
	const struct kraken_edge *edge = &s->pages.edge;
	bool is_full =
		out_has_failed(s->run->out) || (s->run->limit && s->run->written >= s->run->limit);

	if (!edge->has_id && !is_full) {
		s->phase = KRAKEN_START_LAST;
		return CRAWL_BUSY;
	}
	if (is_full || is_close(s)) {
		finish(s, edge->id, edge->ns);
		return CRAWL_DONE;
	}
	s->range.has_cursor = s->range.cursor_has_id = true;
	s->range.cursor_id = edge->id;
	s->range.cursor_ns = edge->ns;
	begin_round(s);
	return CRAWL_BUSY;
}

static enum crawl_step next_page(struct kraken_start *s, struct crawl_ask *ask, struct buf *path)
{
	int64_t wait_ns = 0;

	switch (kraken_pages_next(&s->pages, kraken_rest_now(s->rest), path, &wait_ns)) {
	case KRAKEN_PAGES_ASK:
		kraken_rest_ask(s->rest, ask, buf_span(path), s->pair->name);
		return CRAWL_ASK;
	case KRAKEN_PAGES_WAIT:
		ask->not_before = stamp_monotonic() + wait_ns;
		return CRAWL_WAIT;
	case KRAKEN_PAGES_DONE:
		break;
	}
	return turn(s);
}

static enum crawl_step next(void *arg, struct crawl_ask *ask)
{
	struct kraken_start *s = arg;
	enum crawl_step step = CRAWL_ASK;
	struct buf path;

	if (s->phase == KRAKEN_START_DONE)
		return CRAWL_DONE;
	if (s->phase == KRAKEN_START_FIRST && s->range.has_cursor)
		begin_round(s);
	buf_init(&path, PATH_MAX_BYTES);
	if (s->phase == KRAKEN_START_PAGES) {
		step = next_page(s, ask, &path);
	} else {
		buf_printf(&path, "/0/public/Trades?pair=%s", s->pair->query);
		kraken_rest_ask(s->rest, ask, buf_span(&path), s->pair->name);
	}
	buf_release(&path);
	return step;
}

/* The newest trade: where nothing has happened since the beginning, the stream goes on from that. */
static void take_newest(struct kraken_start *s, const struct kraken_page *page)
{
	const struct kraken_row *newest = NULL;

	for (size_t i = 0; i < page->n; i++) {
		const struct kraken_page_row *row = &page->rows[i];

		if (!row->bad && row->row.id && (!newest || row->row.id > newest->id))
			newest = &row->row;
	}
	if (s->phase == KRAKEN_START_FIRST && newest && newest->time_ns >= s->range.since_ns)
		begin_round(s);
	else
		finish(s, newest ? newest->id : 0, newest ? newest->time_ns : 0);
}

static enum kraken_verdict take_latest(
	struct kraken_start *s, const struct crawl_answer *answer, struct err *err)
{
	struct kraken_asked asked = {
		.pairs = &s->rest->pairs, .pair = s->pair, .now_ns = kraken_rest_now(s->rest)};
	struct kraken_page page = {.rows = NULL};
	enum kraken_verdict verdict =
		kraken_pages_answer(&asked, answer->status, answer->body, &page, err);

	if (verdict == KRAKEN_FAILED || verdict == KRAKEN_LOCKED) {
		struct err reason = *err;

		err_set(err, reason.code, "cannot get trades of '%s': %s", s->pair->name,
			reason.text);
	}
	if (verdict == KRAKEN_TAKEN)
		take_newest(s, &page);
	kraken_page_release(&page);
	return verdict;
}

static enum crawl_verdict take(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct kraken_start *s = arg;
	enum kraken_verdict verdict;

	s->run->received_ns = s->stamp ? stamp_now() : 0;
	if (s->phase == KRAKEN_START_PAGES)
		verdict = kraken_pages_take(
			&s->pages, kraken_rest_now(s->rest), answer->status, answer->body, err);
	else
		verdict = take_latest(s, answer, err);
	return kraken_rest_verdict(s->rest, verdict);
}

static void end(void *arg, const struct err *err)
{
	struct kraken_start *s = arg;

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
