#include "venue/kraken_mend.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "market/feed_watch.h"
#include "market/kraken_repair.h"

#define PAIRS_POLL_NS (50 * STAMP_NS_PER_MS)
/* Then a request goes without the list, and the list is asked for again. */
#define PAIRS_NS (5 * STAMP_NS_PER_S)
#define PAIRS_AGAIN_NS (60 * STAMP_NS_PER_S)
/* REST and the socket need not be equally fast. */
#define GRACE_NS (5 * STAMP_NS_PER_S)

enum { PATH_MAX_BYTES = 1024 };

/* What is asked for one pair. */
struct mended {
	struct kraken_mend *mend;
	struct feed_product *product;
	char *query;  /* how a URL names it without Kraken's list; NULL: that was not needed yet */
	bool chained; /* there is a chain for its repair */
	struct kraken_repair repair; /* its tail is NULL until the chain has begun it */
	uint64_t asked_id;	     /* the product's last one when it was asked for last */
	int64_t held_ns;  /* for how long it could not be asked, since it was looked at, */
	int64_t slept_ns; /* and how long the machine had been suspended then */
};

struct kraken_mend {
	const struct kraken_mend_settings *settings;
	struct mended *all; /* in the order of the feed's products */
	int64_t asked_ns;   /* for the pairs, by stamp_monotonic(); 0: not yet */
};

struct kraken_mend *kraken_mend_open(const struct kraken_mend_settings *settings)
{
	struct kraken_mend *mend = mem_alloc(1, sizeof *mend);
	struct feed *feed = &settings->tail->feed;

	mend->settings = settings;
	mend->all = mem_alloc(feed->n, sizeof *mend->all);
	for (size_t i = 0; i < feed->n; i++)
		mend->all[i] = (struct mended){.mend = mend, .product = &feed->products[i]};
	return mend;
}

void kraken_mend_close(struct kraken_mend *mend)
{
	if (!mend)
		return;
	for (size_t i = 0; i < mend->settings->tail->feed.n; i++) {
		kraken_repair_release(&mend->all[i].repair);
		free(mend->all[i].query);
	}
	free(mend->all);
	free(mend);
}

static struct mended *find(struct kraken_mend *mend, const struct feed_product *product)
{
	return &mend->all[product - mend->settings->tail->feed.products];
}

/* The name that REST has for the pair. Kraken also takes that of the WebSocket (API documentation,
 * examples of 2025), which has to do while its list of pairs is not there, or where it lacks this one. */
static const char *query_of(struct mended *m)
{
	struct kraken_rest *rest = m->mend->settings->rest;
	const struct kraken_pair *pair = kraken_pairs_find(&rest->pairs, m->product->name, NULL);

	if (pair)
		return pair->query;
	if (!m->query)
		m->query = kraken_query_encode(span_text(m->product->name));
	return m->query;
}

/* Not for a certificate either does a live stream end. */
static enum crawl_step next_pairs(void *arg, struct crawl_ask *ask)
{
	struct crawl_chain chain = kraken_rest_pairs(arg);
	enum crawl_step step = chain.next(chain.arg, ask);

	ask->endures = true;
	return step;
}

/* The list of pairs is asked for when something is asked for first, and again later on where it could
 * not be had. Whether the request need not wait for it. */
static bool has_pairs(struct kraken_mend *mend)
{
	const struct kraken_mend_settings *s = mend->settings;
	struct crawl_chain chain = kraken_rest_pairs(s->rest);
	int64_t now = stamp_monotonic();
	bool is_asking = mend->asked_ns && !s->rest->has_asked;

	if (s->rest->pairs.n > 0)
		return true;
	if (!is_asking && (!mend->asked_ns || now - mend->asked_ns > PAIRS_AGAIN_NS)) {
		s->rest->has_asked = false;
		mend->asked_ns = now;
		chain.next = next_pairs;
		crawl_add(s->crawl, &chain);
	}
	return s->rest->has_asked || now - mend->asked_ns > PAIRS_NS;
}

static enum crawl_step wait_for_pairs(struct crawl_ask *ask)
{
	ask->not_before = stamp_monotonic() + PAIRS_POLL_NS;
	return CRAWL_WAIT;
}

/* A lockout ends all chains that there are: it is said once. */
static enum crawl_verdict judge(
	struct kraken_mend *mend, enum kraken_verdict verdict, const struct err *err)
{
	if (verdict == KRAKEN_LOCKED)
		diag_warning("%s", err->text);
	return kraken_rest_verdict(mend->settings->rest, verdict);
}

/* The chain of a repair. */

static void begin_repair(struct mended *m)
{
	const struct kraken_mend_settings *s = m->mend->settings;

	kraken_repair_begin(&m->repair, s->tail, m->product, query_of(m), s->patience_ns);
	m->held_ns = 0;
	m->slept_ns = stamp_suspended();
}

/* The patience is for a REST that can be asked. */
static void excuse_repair(struct mended *m)
{
	int64_t slept_ns = stamp_suspended();

	kraken_repair_excuse(&m->repair, kraken_rest_now(m->mend->settings->rest),
		m->held_ns + slept_ns - m->slept_ns);
	m->held_ns = 0;
	m->slept_ns = slept_ns;
}

static enum crawl_step end_chain(struct mended *m)
{
	m->chained = false;
	kraken_repair_release(&m->repair);
	m->repair = (struct kraken_repair){.tail = NULL};
	return CRAWL_DONE;
}

/* A pair that is further than it was, by whatever way, has another hole: what failed before is no
 * reason to give that up. No other pair waits for this one, nor are trades lost because REST wants to be
 * left alone. */
static void ask_for(struct mended *m, struct crawl_ask *ask, struct span path)
{
	kraken_rest_ask(m->mend->settings->rest, ask, path, m->product->name);
	ask->anew = m->asked_id != m->product->last_id;
	ask->endures = ask->has_time = true;
	m->asked_id = m->product->last_id;
}

static enum crawl_step next_repair(void *arg, struct crawl_ask *ask)
{
	struct mended *m = arg;
	const struct kraken_mend_settings *s = m->mend->settings;
	enum kraken_repair_step step;
	int64_t wait_ns = 0;
	struct buf path;

	if (!m->repair.tail && !m->product->repairing)
		return end_chain(m);
	if (!m->repair.tail && !has_pairs(m->mend))
		return wait_for_pairs(ask);
	if (!m->repair.tail)
		begin_repair(m);
	m->repair.query = query_of(m);
	m->repair.pairs = s->rest->pairs.n > 0 ? &s->rest->pairs : NULL;
	excuse_repair(m);
	ask->held_ns = &m->held_ns;
	buf_init(&path, PATH_MAX_BYTES);
	step = kraken_repair_next(&m->repair, kraken_rest_now(s->rest), &path, &wait_ns);
	if (step == KRAKEN_REPAIR_ASK)
		ask_for(m, ask, buf_span(&path));
	buf_release(&path);
	if (step == KRAKEN_REPAIR_ASK)
		return CRAWL_ASK;
	ask->not_before = stamp_monotonic() + wait_ns;
	return step == KRAKEN_REPAIR_WAIT ? CRAWL_ASIDE : end_chain(m);
}

static enum crawl_verdict take_repair(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct mended *m = arg;
	const struct kraken_mend_settings *s = m->mend->settings;
	enum kraken_verdict verdict;

	if (!m->repair.tail) /* it was for a hole that something else has filled */
		return CRAWL_TAKEN;
	excuse_repair(m);
	s->tail->received_ns = stamp_now();
	verdict = kraken_repair_take(
		&m->repair, kraken_rest_now(s->rest), answer->status, answer->body, err);
	/* Trades are not given up for one answer: edges say such things now and then. */
	return judge(m->mend, verdict == KRAKEN_FAILED ? KRAKEN_AGAIN : verdict, err);
}

static void add_repair(struct mended *m);

/* A lockout ends all chains: the repair waits until it is over, with its patience anew. */
static void end_repair(void *arg, const struct err *err)
{
	struct mended *m = arg;

	m->chained = false;
	if (!m->product->repairing)
		return;
	if (kraken_rest_is_locked(m->mend->settings->rest)) {
		if (m->repair.tail)
			kraken_repair_renew(&m->repair);
		add_repair(m);
		return;
	}
	if (!m->repair.tail)
		begin_repair(m);
	kraken_repair_give_up(&m->repair, err->text);
}

static void add_repair(struct mended *m)
{
	struct crawl_chain chain = {m->product->name, next_repair, take_repair, end_repair, m};

	has_pairs(m->mend); /* its chain goes first: those behind it wait for it */
	if (!m->chained)
		crawl_add(m->mend->settings->crawl, &chain);
	m->chained = true;
}

void kraken_mend_repair(void *arg, struct feed_product *product)
{
	struct mended *m = find(arg, product);

	kraken_repair_release(&m->repair);
	m->repair = (struct kraken_repair){.tail = NULL};
	add_repair(m);
}

/* The chain of one look at a pair that may be mute. */

static enum crawl_step next_look(void *arg, struct crawl_ask *ask)
{
	struct mended *m = arg;
	const struct kraken_mend_settings *s = m->mend->settings;
	struct buf path;

	if (!m->product->watch.looking)
		return CRAWL_DONE;
	if (!has_pairs(m->mend))
		return wait_for_pairs(ask);
	buf_init(&path, PATH_MAX_BYTES);
	kraken_repair_look(m->product, query_of(m), kraken_rest_now(s->rest), &path);
	kraken_rest_ask(s->rest, ask, buf_span(&path), m->product->name);
	ask->endures = true;
	buf_release(&path);
	return CRAWL_ASK;
}

static void end_look(void *arg, const struct err *err)
{
	struct mended *m = arg;

	diag_info("cannot tell whether '%s' is mute: %s", m->product->name, err->text);
	feed_watch_failed(m->product, m->mend->settings->tail->now_ns);
}

static enum crawl_verdict take_look(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct mended *m = arg;
	const struct kraken_mend_settings *s = m->mend->settings;
	uint64_t newest_id = 0;
	const struct kraken_pairs *pairs = s->rest->pairs.n > 0 ? &s->rest->pairs : NULL;
	enum kraken_verdict verdict = kraken_repair_see(pairs, m->product, answer->status,
		answer->body, kraken_rest_now(s->rest), &newest_id, err);

	if (verdict == KRAKEN_TAKEN)
		feed_watch_shown(m->product, newest_id, s->tail->now_ns, GRACE_NS);
	if (verdict == KRAKEN_FAILED && m->product->state == FEED_REFUSED)
		kraken_tail_give_up(s->tail, m->product, err->text);
	if (verdict != KRAKEN_AGAIN)
		return judge(m->mend, verdict, err);
	end_look(m, err); /* others wait for their turn */
	return CRAWL_TAKEN;
}

struct feed_product *kraken_mend_watch(struct kraken_mend *mend, int64_t now_ns)
{
	const struct kraken_mend_settings *s = mend->settings;
	struct feed_product *product = feed_watch_due(&s->tail->feed, s->mute_ns, now_ns);

	if (product) {
		struct crawl_chain chain = {
			product->name, next_look, take_look, end_look, find(mend, product)};

		has_pairs(mend);
		crawl_add(s->crawl, &chain);
	}
	while ((product = feed_watch_mute(&s->tail->feed, now_ns)) &&
		product->state == FEED_REFUSED)
		kraken_tail_miss(s->tail, product);
	kraken_tail_check_deserted(s->tail);
	return product;
}
