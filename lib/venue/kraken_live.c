#include "venue/kraken_live.h"

#include <stdlib.h>

#include "base/budget.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/retry.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/api.h"
#include "net/ws.h"

enum {
	REQUEST_MAX = WS_QUEUE_MAX / 2, /* bytes of a subscribe request: forty thousand pairs */

	/* Kraken's edge takes about 150 connections in ten minutes from one address, all programs
	 * together, and bans for ten minutes beyond (API documentation, "Spot WebSocket v2:
	 * introduction"). Half of that is ours in each ten minutes of the clock, so that it is never
	 * more in any ten minutes. */
	CONNECTS_MAX = 75,
	CONNECTS_WINDOW_MS = 10 * 60 * 1000,
	RETRY_BASE_MS = 1000,
	RETRY_CAP_MS = 30 * 1000,

	LOOK_MS = 250,	    /* the longest wait between two looks at the deadlines */
	LOOK_PAIRS_MS = 20, /* the shortest between two at those of the pairs, of which there may
			     * be a thousand */

	/* A subscription that Kraken ends is made anew, but not sooner than so long after it was asked
	 * for; and after ever longer, where it ends each time before a trade comes, and soon. */
	RENEW_SOONEST_MS = 250,
	RENEW_BASE_MS = 2 * RENEW_SOONEST_MS,
	RENEW_CAP_MS = 60 * 1000,
	/* A pair that is refused is asked for again: it may not be ready after a restart. */
	REFUSED_BASE_MS = 5 * 1000,
	REFUSED_CAP_MS = 10 * 60 * 1000,
	/* A pair that stays mute though it was subscribed anew. */
	MUTES_MAX = 2,
};

/* The subscription of a pair; all times are kraken_live_now(). */
struct asked {
	int64_t since_ns; /* it was asked for */
	int64_t pause_ns; /* until then it is not made anew, where that is in vain */
	struct retry retry;
};

struct kraken_live {
	const struct kraken_live_settings *settings;
	struct kraken_tail *tail;
	struct ws *ws;
	struct api api;
	struct retry retry;
	uint64_t reconnects;
	int64_t slept_ns; /* how long the machine has been suspended in all */
	int64_t pause_ns; /* monotonic: the next attempt is not made before */
	bool is_pausing;  /* since no attempt is under way and no connection stands */
	bool has_opened;  /* a connection has stood, ever */
	bool is_over;	  /* the tail is at its end: with `failure` */
	bool has_stood;	  /* this connection has */
	struct err failure;
	struct err cut;	    /* why it is given up, where that has a code */
	int64_t heard_ns;   /* ws_last_heard() when last looked at */
	int64_t idle_since; /* nothing was received since then */
	int64_t open_since;
	int64_t looked_ns;   /* at the pairs */
	struct asked *asked; /* in the order of the feed's products */
	uint64_t refused;    /* pairs, when last looked at; */
	int64_t again_ns;    /* they are asked for again then */
	struct retry refusals;
};

int64_t kraken_live_now(const struct kraken_live *live)
{
	return stamp_monotonic() - out_spent_ns(live->settings->out);
}

static void end(struct kraken_live *live, const struct err *err)
{
	live->is_over = true;
	live->failure = *err;
}

static void send_request(struct kraken_live *live, const struct buf *request)
{
	if (ws_send(live->ws, buf_span(request)) < 0)
		err_set(&live->cut, EXIT_FAILED, "the subscribe request could not be sent");
}

/* The pairs in this state are asked for now. */
static void note_asked(struct kraken_live *live, enum feed_state state, int64_t now)
{
	const struct feed *feed = &live->tail->feed;

	for (size_t i = 0; i < feed->n; i++) {
		struct asked *asked = &live->asked[i];

		if (feed->products[i].state != state)
			continue;
		asked->since_ns = now;
		if (feed->products[i].drops <= 1)
			retry_reset(&asked->retry);
		if (state == FEED_DROPPED)
			asked->pause_ns = now + retry_next_ms(&asked->retry) * STAMP_NS_PER_MS;
	}
}

static void on_open(void *arg)
{
	struct kraken_live *live = arg;
	struct buf request;

	live->has_opened = live->has_stood = true;
	live->open_since = live->idle_since = kraken_live_now(live);
	live->slept_ns = stamp_suspended(); /* this connection is not that old */
	buf_init(&request, REQUEST_MAX);
	if (kraken_tail_subscribe(live->tail, &request) < 0) {
		err_set(&live->cut, EXIT_USAGE,
			"cannot subscribe to so many pairs: the request has more than %d bytes",
			REQUEST_MAX);
		end(live, &live->cut);
	} else {
		note_asked(live, FEED_ASKED, live->open_since);
		send_request(live, &request);
	}
	buf_release(&request);
	diag_event(DIAG_INFO, "connected", "connected to '%s'", live->settings->url);
}

/* Trades that were not there before, also where they wait for others. */
static uint64_t count_fresh(const struct kraken_tail_counts *n)
{
	return n->written + n->held + n->forgotten;
}

/* Trades that come as they happen show that a connection works, also those that are held. A snapshot
 * does not: one that dies right behind it has new ones, too. */
static void check_success(struct kraken_live *live, uint64_t fresh, struct span text)
{
	struct kraken_message message;

	if (live->retry.failures == 0 || count_fresh(&live->tail->n) == fresh)
		return;
	kraken_message_read(text, &message);
	if (message.kind == KRAKEN_TRADES && !message.snapshot)
		retry_reset(&live->retry);
}

static void on_message(void *arg, struct span message, bool binary)
{
	struct kraken_live *live = arg;
	uint64_t fresh = count_fresh(&live->tail->n);
	struct err err;

	err.code = EXIT_DONE; /* its text is a kilobyte: not to be cleared for every message */
	(void)binary;	      /* what is no JSON text says so itself */
	if (live->is_over || live->cut.code)
		return;
	if (live->tail->settings.stamp)
		live->tail->received_ns = stamp_now();
	switch (kraken_tail_take(live->tail, message, &err)) {
	case KRAKEN_TAIL_GO_ON:
		break;
	case KRAKEN_TAIL_RECONNECT:
		live->cut = err;
		break;
	case KRAKEN_TAIL_DONE:
	case KRAKEN_TAIL_FAIL:
		end(live, &err);
		break;
	}
	check_success(live, fresh, message);
}

static const struct ws_events events = {.open = on_open, .message = on_message};

struct kraken_live *kraken_live_open(
	const struct kraken_live_settings *settings, struct kraken_tail *tail, struct err *err)
{
	struct kraken_live *live = mem_alloc(1, sizeof *live);

	live->settings = settings;
	live->tail = tail;
	live->is_pausing = true;
	live->slept_ns = stamp_suspended();
	retry_init(&live->retry, RETRY_BASE_MS, RETRY_CAP_MS);
	live->asked = mem_alloc(tail->feed.n, sizeof *live->asked);
	for (size_t i = 0; i < tail->feed.n; i++)
		retry_init(&live->asked[i].retry, RENEW_BASE_MS, RENEW_CAP_MS);
	retry_init(&live->refusals, REFUSED_BASE_MS, REFUSED_CAP_MS);
	if (api_read(&live->api, "url", settings->url, err) < 0 ||
		!(live->ws = ws_new(&events, live, settings->ca_file, err))) {
		kraken_live_close(live);
		return NULL;
	}
	api_open_budget(&live->api, settings->budget_file);
	return live;
}

void kraken_live_close(struct kraken_live *live)
{
	if (!live)
		return;
	ws_free(live->ws);
	api_close(&live->api);
	free(live->asked);
	free(live);
}

/* What the attempt costs of the budget that all programs of this user share: 0, or how long to wait
 * before there is any. */
static int64_t take_of_budget(struct kraken_live *live)
{
	static const struct budget_lane lane = {
		.name = "connections", .units = CONNECTS_MAX, .window_ms = CONNECTS_WINDOW_MS};

	return budget_take(live->api.budget, &lane, 1);
}

static void connect_when_due(struct kraken_live *live)
{
	int64_t now = stamp_monotonic(), wait_ns;

	if (now < live->pause_ns)
		return;
	wait_ns = take_of_budget(live);
	if (wait_ns > 0) {
		diag_warning("waiting for %lld s: so many connections were made to '%s' that it "
			     "might refuse more",
			(long long)(wait_ns / STAMP_NS_PER_S + 1), live->settings->url);
		live->pause_ns = now + wait_ns;
		return;
	}
	live->is_pausing = live->has_stood = false;
	live->cut.code = EXIT_DONE;
	if (ws_connect(live->ws, live->settings->url, live->settings->connect_ms, &live->failure) <
		0)
		live->is_over = true;
}

/* Says why, and pauses before the next attempt. */
static void pause_before_next(struct kraken_live *live)
{
	uint32_t ms = retry_next_ms(&live->retry);
	int64_t asked_ms = ws_retry_after_ms(live->ws);

	if (asked_ms > ms)
		ms = (uint32_t)asked_ms;
	diag_event(DIAG_WARNING, live->has_stood ? "disconnected" : "connection_failed",
		"%s '%s': %s; connecting again in %u.%u s",
		live->has_stood ? "lost the connection to" : "cannot connect to",
		live->settings->url, live->cut.code ? live->cut.text : ws_end_reason(live->ws),
		ms / 1000, ms % 1000 / 100);
	ws_disconnect(live->ws);
	live->reconnects++;
	live->is_pausing = true;
	live->pause_ns = stamp_monotonic() + ms * STAMP_NS_PER_MS;
}

/* The clock of the deadlines stands still while the machine is suspended, and the connection does not
 * outlast that for long: it is made anew at once. */
static void check_suspended(struct kraken_live *live)
{
	int64_t slept_ns = stamp_suspended();

	if (slept_ns - live->slept_ns > (int64_t)live->settings->idle_ms * STAMP_NS_PER_MS)
		err_set(&live->cut, EXIT_FAILED, "the machine was suspended for %lld s",
			(long long)((slept_ns - live->slept_ns) / STAMP_NS_PER_S));
	live->slept_ns = slept_ns;
}

static void check_idle(struct kraken_live *live, int64_t now)
{
	int64_t idle_ns = (int64_t)live->settings->idle_ms * STAMP_NS_PER_MS;

	if (ws_last_heard(live->ws) != live->heard_ns) {
		live->heard_ns = ws_last_heard(live->ws);
		live->idle_since = now;
		if (live->retry.failures > 0 && now - live->open_since > idle_ns &&
			!kraken_tail_unanswered(live->tail))
			retry_reset(&live->retry);
	}
	if (now - live->idle_since > idle_ns)
		err_set(&live->cut, EXIT_FAILED, "nothing was received within the idle timeout");
}

/* Subscriptions that were ended, by Kraken or by us, are asked for again on the same connection: all
 * of them, once one is due and none is too young. */
static void subscribe_dropped(struct kraken_live *live, int64_t now)
{
	struct buf request;

	buf_init(&request, REQUEST_MAX);
	note_asked(live, FEED_DROPPED, now);
	if (kraken_tail_subscribe_dropped(live->tail, &request) == 0)
		send_request(live, &request);
	buf_release(&request);
}

static bool is_young(const struct asked *asked, int64_t now)
{
	return now - asked->since_ns < RENEW_SOONEST_MS * STAMP_NS_PER_MS;
}

static bool is_renewal_due(
	const struct asked *asked, const struct feed_product *product, int64_t now)
{
	return product->drops <= 1 || now >= asked->pause_ns;
}

static void check_unanswered(struct kraken_live *live, const struct asked *asked,
	struct feed_product *product, int64_t now)
{
	if (now - asked->since_ns <= (int64_t)live->settings->ack_ms * STAMP_NS_PER_MS)
		return;
	if (product->refused) { /* the others are well */
		product->state = FEED_REFUSED;
		return;
	}
	err_set(&live->cut, EXIT_USAGE, "the subscription to '%s' was not acknowledged",
		product->name);
	if (!live->tail->begun)
		end(live, &live->cut);
}

/* Pairs that are refused are asked for again, all of them together, the first time some seconds after
 * the last one was. */
static void ask_again(struct kraken_live *live, int64_t now)
{
	struct feed *feed = &live->tail->feed;
	uint64_t refused = live->tail->n.refused;
	bool is_first = refused > live->refused;

	live->refused = refused;
	if (is_first)
		retry_reset(&live->refusals);
	else if (refused == 0 || now < live->again_ns)
		return;
	live->again_ns = now + retry_next_ms(&live->refusals) * STAMP_NS_PER_MS;
	for (size_t i = 0; !is_first && i < feed->n; i++)
		if (feed->products[i].state == FEED_REFUSED)
			feed->products[i].state = FEED_DROPPED;
}

static void check_pairs(struct kraken_live *live, int64_t now)
{
	struct feed *feed = &live->tail->feed;
	bool is_due = false, is_too_soon = false;

	for (size_t i = 0; i < feed->n && !live->cut.code; i++) {
		struct asked *asked = &live->asked[i];

		switch (feed->products[i].state) {
		case FEED_ASKED:
			check_unanswered(live, asked, &feed->products[i], now);
			break;
		case FEED_ACKNOWLEDGED:
			if (now - asked->since_ns > RENEW_CAP_MS * STAMP_NS_PER_MS)
				retry_reset(&asked->retry);
			break;
		case FEED_DROPPED:
			is_due |= is_renewal_due(asked, &feed->products[i], now);
			is_too_soon |= is_young(asked, now);
			break;
		case FEED_REFUSED:
			break;
		}
	}
	if (is_due && !is_too_soon && !live->cut.code)
		subscribe_dropped(live, now);
}

/* Returns the milliseconds after which to look again at the latest. */
static int64_t look(struct kraken_live *live)
{
	int64_t now = kraken_live_now(live);

	if (!ws_is_open(live->ws))
		return LOOK_MS;
	check_suspended(live);
	check_idle(live, now);
	if (live->cut.code)
		return LOOK_MS;
	if (now - live->looked_ns < LOOK_PAIRS_MS * STAMP_NS_PER_MS)
		return LOOK_PAIRS_MS;
	live->looked_ns = now;
	ask_again(live, now);
	check_pairs(live, now);
	return LOOK_MS;
}

int64_t kraken_live_step(struct kraken_live *live)
{
	int64_t left_ms, look_ms = LOOK_MS;

	if (!live->is_pausing && !live->cut.code && !live->is_over)
		look_ms = look(live);
	if (!live->is_pausing && ws_end(live->ws) == WS_END_UNTRUSTED) {
		err_set(&live->failure, live->has_opened ? EXIT_FAILED : EXIT_USAGE,
			"cannot connect to '%s': %s", live->settings->url, ws_end_reason(live->ws));
		live->is_over = true;
	}
	if (!live->is_over && !live->is_pausing &&
		(live->cut.code || ws_end(live->ws) != WS_END_NONE))
		pause_before_next(live);
	if (!live->is_over && live->is_pausing)
		connect_when_due(live);
	if (!live->is_pausing)
		return look_ms;
	left_ms = (live->pause_ns - stamp_monotonic()) / STAMP_NS_PER_MS + 1;
	return left_ms > 0 ? left_ms : 0;
}

void kraken_live_serve(struct kraken_live *live, int64_t timeout_ms)
{
	live->tail->now_ns = kraken_live_now(live);
	ws_serve(live->ws, timeout_ms);
}

int kraken_live_fd(const struct kraken_live *live)
{
	return ws_fd(live->ws);
}

bool kraken_live_is_ready(const struct kraken_live *live)
{
	return ws_is_ready(live->ws);
}

bool kraken_live_is_dialling(const struct kraken_live *live)
{
	return !live->is_pausing && !ws_is_open(live->ws);
}

bool kraken_live_is_over(const struct kraken_live *live, struct err *err)
{
	if (live->is_over)
		*err = live->failure;
	return live->is_over;
}

bool kraken_live_is_well(const struct kraken_live *live)
{
	return ws_is_open(live->ws) && !kraken_tail_unanswered(live->tail);
}

void kraken_live_renew(struct kraken_live *live, struct feed_product *product)
{
	struct buf request;

	if (product->watch.mutes >= MUTES_MAX) {
		err_set(&live->cut, EXIT_FAILED, "no trades of '%s' come, though there are some",
			product->name);
		return;
	}
	diag_warning(
		"no trades of '%s' come, though there are some: subscribing anew", product->name);
	buf_init(&request, REQUEST_MAX);
	if (kraken_tail_unsubscribe(live->tail, product, &request) == 0)
		send_request(live, &request);
	buf_release(&request);
}

const uint64_t *kraken_live_reconnects(const struct kraken_live *live)
{
	return &live->reconnects;
}
