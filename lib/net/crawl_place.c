#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "net/crawl_priv.h"
#include "net/retry_after.h"
#include "net/url.h"

enum {
	STATUS_OK = 200,
	CRAWL_URL_MAX = 4096, /* longer than any address that http.h takes */
	/* The wall clock may be set, and monotonic time stands still while a machine sleeps: the
	 * budget is asked again in any case. */
	ASK_AGAIN_S = 60,
	HELD_LONG_S = 120, /* longer than a window of a budget: somebody was refused */
};

static void go_on(struct crawl_place *place, enum crawl_state state, int64_t due_ns)
{
	if (place->waiting_ns)
		crawl_count_wait(place->crawl, &place->waiting_ns, stamp_monotonic());
	place->waiting_ns = 0;
	place->state = state;
	place->due_ns = due_ns;
}

/* The same after a wait that counts as one. */
static void go_on_after(
	struct crawl_place *place, enum crawl_state state, int64_t now_ns, int64_t pause_ns)
{
	go_on(place, state, now_ns + pause_ns);
	place->waiting_ns = now_ns;
}

void crawl_place_init(struct crawl_place *place, struct crawl *crawl)
{
	*place = (struct crawl_place){.crawl = crawl};
	buf_init(&place->ask.url, CRAWL_URL_MAX);
	buf_init(&place->answer.body, CRAWL_BODY_MAX);
	go_on(place, CRAWL_STATE_EMPTY, INT64_MAX);
}

void crawl_place_begin(struct crawl_place *place, const struct crawl_queued *queued)
{
	place->chain = queued->chain;
	place->attempts = queued->attempts;
	place->is_held = queued->is_held;
	place->ask.held_ns = NULL; /* another chain's */
	go_on(place, CRAWL_STATE_NEXT, 0);
}

/* For so long nothing could be asked. */
static void excuse(struct crawl_place *place, int64_t ns, int64_t now_ns)
{
	crawl_attempts_excuse(&place->attempts, ns, now_ns);
	if (place->ask.held_ns)
		*place->ask.held_ns += ns;
}

void crawl_place_excuse(struct crawl_place *place, int64_t ns, int64_t now_ns)
{
	if (place->state != CRAWL_STATE_EMPTY && !place->held_ns)
		excuse(place, ns, now_ns);
}

/* The wait for the budget is over, if there was one. */
static void stop_waiting(struct crawl_place *place, int64_t now_ns)
{
	if (place->held_ns)
		excuse(place, now_ns - place->held_ns, now_ns);
	place->held_ns = 0;
}

static void give_up_call(struct crawl_place *place)
{
	if (place->call)
		http_end(place->crawl->http, place->call, NULL);
	place->call = NULL;
}

void crawl_place_end(struct crawl_place *place, const struct err *err)
{
	give_up_call(place);
	stop_waiting(place, stamp_monotonic());
	go_on(place, CRAWL_STATE_EMPTY, INT64_MAX);
	place->chain.ended(place->chain.arg, err);
}

/* Pieces of other bodies than those of files are what take() wants to see as a whole. */
static int on_piece(void *arg, struct span piece)
{
	struct crawl_place *place = arg;
	int refused;

	if (place->answer.status == STATUS_OK)
		refused = place->ask.piece(place->chain.arg, piece);
	else
		refused = buf_add(&place->answer.body, piece);
	place->is_refused = refused != 0;
	return refused;
}

static void on_header(void *arg, struct span name, struct span value)
{
	static const struct span retry_after = SPAN("retry-after");
	struct crawl_place *place = arg;

	if (name.n == retry_after.n && strncasecmp(name.p, retry_after.p, name.n) == 0)
		place->retry_after_ms = retry_after_read(value, stamp_now());
	if (place->ask.header)
		place->ask.header(place->chain.arg, name, value);
}

static int start(struct crawl_place *place, struct err *err)
{
	struct crawl *crawl = place->crawl;
	struct http_request request = {.url = place->ask.url.data,
		.headers = place->ask.headers,
		.identity = place->ask.identity,
		.total_ms = place->ask.total_ms,
		.answer = &place->answer};

	place->answer.arg = place;
	place->answer.header = on_header;
	place->answer.piece = place->ask.piece ? on_piece : NULL;
	place->retry_after_ms = -1;
	place->is_refused = false;
	place->call = http_start(crawl->http, &request, err);
	if (!place->call)
		return -1;
	crawl->counts->requests++;
	go_on(place, CRAWL_STATE_CALL, INT64_MAX);
	return 0;
}

/* Whether the wait is for a ban that came here, and has been told: once is enough
 * for all chains. */
static bool is_known_ban(struct crawl *crawl, int64_t until_ns)
{
	bool told = crawl->is_ban_told;

	if (until_ns > crawl->banned_until_ns + STAMP_NS_PER_S)
		return false;
	crawl->is_ban_told = true;
	return told;
}

/* Says why nothing happens, where another program than this one may know. */
static void note_held(struct crawl_place *place, int64_t now_ns, int64_t wait_ns)
{
	if (place->is_held || wait_ns < HELD_LONG_S * STAMP_NS_PER_S)
		return;
	place->is_held = true;
	if (is_known_ban(place->crawl, now_ns + wait_ns))
		return;
	diag_warning("%s: waiting for %" PRId64
		     " s: the server has refused requests, and wants none "
		     "before",
		place->chain.name, wait_ns / STAMP_NS_PER_S);
}

/* Leaves the place to others. From since_ns on the chain is kept from asking; waiting_ns as a place
 * has it. */
static void step_aside(
	struct crawl_place *place, int64_t not_before_ns, int64_t since_ns, int64_t waiting_ns)
{
	const struct crawl_queued queued = {.chain = place->chain,
		.attempts = place->attempts,
		.is_held = place->is_held,
		.not_before_ns = not_before_ns,
		.since_ns = since_ns,
		.waiting_ns = waiting_ns,
		.held_ns = place->ask.held_ns};

	go_on(place, CRAWL_STATE_EMPTY, INT64_MAX);
	crawl_queue_add(place->crawl, &queued);
}

/* The budget has nothing for wait_ns. */
static void wait_for_budget(struct crawl_place *place, int64_t now_ns, int64_t wait_ns)
{
	note_held(place, now_ns, wait_ns);
	if (wait_ns > ASK_AGAIN_S * STAMP_NS_PER_S)
		wait_ns = ASK_AGAIN_S * STAMP_NS_PER_S;
	if (place->ask.has_time) {
		step_aside(place, now_ns + wait_ns, now_ns, now_ns);
		return;
	}
	if (!place->held_ns)
		place->held_ns = now_ns;
	go_on_after(place, CRAWL_STATE_BUDGET, now_ns, wait_ns);
}

static int ask_budget(struct crawl_place *place, int64_t now_ns, struct err *err)
{
	const struct crawl_ask *ask = &place->ask;
	int64_t wait_ns = 0;

	if (ask->lane.name)
		wait_ns = budget_take(place->crawl->settings->budget, &ask->lane, ask->units);
	if (wait_ns > 0) {
		wait_for_budget(place, now_ns, wait_ns);
		return 0;
	}
	place->is_held = false;
	stop_waiting(place, now_ns);
	return start(place, err);
}

static int ask_chain(struct crawl_place *place, int64_t now_ns, struct err *err)
{
	struct buf url = place->ask.url;
	enum crawl_step step;

	buf_clear(&url);
	place->ask = (struct crawl_ask){.url = url};
	place->asked_ns = now_ns;
	step = place->chain.next(place->chain.arg, &place->ask);
	place->attempts.has_time = place->ask.has_time;
	if (place->ask.anew)
		crawl_attempts_succeed(&place->attempts);
	switch (step) {
	case CRAWL_ASK:
		if (buf_add(&place->ask.url, span_make("", 1)) == 0)
			return ask_budget(place, now_ns, err);
		return err_set(err, EXIT_USAGE, "cannot get an address of more than %d bytes",
			CRAWL_URL_MAX);
	case CRAWL_BUSY:
		go_on(place, CRAWL_STATE_NEXT, now_ns);
		return 0;
	case CRAWL_WAIT:
		go_on(place, CRAWL_STATE_NEXT, place->ask.not_before);
		return 0;
	case CRAWL_ASIDE:
		step_aside(place, place->ask.not_before, place->ask.not_before, 0);
		return 0;
	case CRAWL_DONE:
		break;
	}
	go_on(place, CRAWL_STATE_EMPTY, INT64_MAX);
	return 0;
}

int crawl_place_step(struct crawl_place *place, int64_t now_ns, struct err *err)
{
	if (place->due_ns > now_ns)
		return 0;
	return place->state == CRAWL_STATE_BUDGET ? ask_budget(place, now_ns, err)
						  : ask_chain(place, now_ns, err);
}

/* Puts in front of a reason whose it is, and of what address where it does not say so. */
static void explain(const struct crawl_place *place, const struct err *why, struct err *err)
{
	const char *url = url_shown(place->ask.url.data), *name = place->chain.name;

	if (strstr(why->text, url))
		err_set(err, why->code, "%s: %s", name, why->text);
	else
		err_set(err, why->code, "%s: cannot get '%s': %s", name, url, why->text);
}

static void give_up(struct crawl_place *place, const struct err *why, int64_t now_ns)
{
	const struct crawl_attempts *attempts = &place->attempts;
	struct err err;
	size_t n;

	explain(place, why, &err);
	n = strlen(err.text);
	snprintf(err.text + n, sizeof err.text - n, "; tried for %" PRId64 " s (%u %s)",
		(now_ns - attempts->since_ns) / STAMP_NS_PER_S, attempts->failures,
		attempts->failures == 1 ? "attempt" : "attempts");
	crawl_place_end(place, &err);
}

static void pause_attempts(struct crawl_place *place, int64_t now_ns, int64_t pause_ns)
{
	int64_t until_ns = now_ns + pause_ns;

	if (place->ask.has_time)
		step_aside(place, until_ns, until_ns - place->attempts.beyond_ms * STAMP_NS_PER_MS,
			now_ns);
	else
		go_on_after(place, CRAWL_STATE_NEXT, now_ns, pause_ns);
}

/* pause_ms as crawl_attempts.h has it. */
static void try_again(struct crawl_place *place, const struct err *why, int64_t pause_ms)
{
	int64_t now_ns = stamp_monotonic();
	struct err err;

	if (pause_ms < 0) {
		give_up(place, why, now_ns);
		return;
	}
	explain(place, why, &err);
	diag_event(crawl_attempts_is_news(&place->attempts, now_ns) ? DIAG_WARNING : DIAG_INFO,
		"request_failed", "%s; trying again (failures: %u)", err.text,
		place->attempts.failures);
	pause_attempts(place, now_ns, pause_ms * STAMP_NS_PER_MS);
}

static void fail(struct crawl_place *place, const struct err *why)
{
	place->crawl->counts->retries++;
	try_again(place, why,
		crawl_attempts_fail(&place->attempts, place->retry_after_ms, stamp_monotonic()));
}

static void be_refused(struct crawl_place *place, const struct err *why)
{
	int64_t hold_ms, pause_ms;

	place->crawl->counts->refused++;
	pause_ms = crawl_attempts_refuse(
		&place->attempts, place->retry_after_ms, stamp_monotonic(), &hold_ms);
	if (place->ask.lane.name)
		budget_hold(place->crawl->settings->budget, &place->ask.lane,
			hold_ms * STAMP_NS_PER_MS);
	try_again(place, why, pause_ms);
}

static void be_banned(struct crawl_place *place, const struct err *why)
{
	int64_t hold_ms = place->retry_after_ms > 0 ? place->retry_after_ms : CRAWL_HOLD_MOST_MS;
	struct crawl *crawl = place->crawl;

	budget_hold(crawl->settings->budget, NULL, hold_ms * STAMP_NS_PER_MS);
	crawl->is_banned = true;
	crawl->ban = *why;
	crawl->banned_until_ns = stamp_monotonic() + hold_ms * STAMP_NS_PER_MS;
	crawl->is_ban_told = false;
}

static void succeed(struct crawl_place *place)
{
	if (place->attempts.failures)
		diag_event(DIAG_INFO, "request_recovered", "%s: going on (failures before: %u)",
			place->chain.name, place->attempts.failures);
	crawl_attempts_succeed(&place->attempts);
	go_on(place, CRAWL_STATE_NEXT, 0);
}

static void judge(struct crawl_place *place)
{
	const struct crawl_chain *chain = &place->chain;
	struct crawl_answer answer = {.url = place->ask.url.data,
		.status = place->answer.status,
		.body = buf_span(&place->answer.body),
		.retry_after_ms = place->retry_after_ms};
	struct err why;

	err_set(&why, EXIT_FAILED, "the answer was of no use");
	switch (chain->take(chain->arg, &answer, &why)) {
	case CRAWL_TAKEN:
		succeed(place);
		break;
	case CRAWL_AGAIN:
		fail(place, &why);
		break;
	case CRAWL_REFUSED:
		be_refused(place, &why);
		break;
	case CRAWL_FAILED:
		crawl_place_end(place, &why);
		break;
	case CRAWL_BANNED:
		be_banned(place, &why);
		break;
	}
}

/* What no chain can help is EXIT_USAGE: a certificate that is not trusted, or those to trust
 * cannot be read. */
static int end_badly(struct crawl_place *place, const struct err *why, struct err *err)
{
	struct err whole;

	if (why->code == EXIT_USAGE && place->ask.endures) {
		fail(place, why);
		return 0;
	}
	if (why->code == EXIT_USAGE) {
		*err = *why;
		return -1;
	}
	explain(place, why, &whole);
	crawl_place_end(place, &whole);
	return 0;
}

int crawl_place_answer(struct crawl_place *place, struct err *err)
{
	struct err why = {.code = EXIT_FAILED};
	enum http_result result = http_end(place->crawl->http, place->call, &why);

	place->call = NULL;
	if (result == HTTP_ANSWERED || place->is_refused) {
		judge(place);
		return 0;
	}
	if (result != HTTP_TRANSIENT && result != HTTP_TRUNCATED)
		return end_badly(place, &why, err);
	fail(place, &why);
	return 0;
}

void crawl_place_release(struct crawl_place *place)
{
	give_up_call(place);
	buf_release(&place->ask.url);
	buf_release(&place->answer.body);
}
