/*
 * kraken-ws-tail: trades of Kraken as they happen.
 *
 * stdin: not used. stdout: native Kraken trades, one JSON record a line.
 * Exit: 0 done, 1 failed, 2 usage, a refused symbol or certificate, 3 trades were lost or refused.
 */
#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/guard.h"
#include "base/out.h"
#include "base/pace.h"
#include "base/prog.h"
#include "base/retry.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "market/kraken_tail.h"
#include "net/ws.h"

enum {
	REQUEST_MAX = WS_QUEUE_MAX / 2, /* bytes of a subscribe request: forty thousand pairs */

	/* Kraken's edge takes about 150 connections in ten minutes from one address, all programs
	 * together, and bans for ten minutes beyond (API documentation, "Spot WebSocket v2:
	 * introduction"): two thirds of that are ours. */
	CONNECT_BURST = 50,
	CONNECT_INTERVAL_MS = 12 * 1000,
	RETRY_BASE_MS = 1000,
	RETRY_CAP_MS = 30 * 1000,

	SERVE_MS = 250, /* the longest wait between two looks at the deadlines */
};

struct options {
	uint64_t last;
	uint64_t limit;
	const char *output;
	const char *url;
	const char *ca_file;
	uint64_t connect_ms;
	uint64_t ack_ms;
	uint64_t idle_ms;
	struct prog_options common;
};

static const struct opt own_options[] = {
	{.kind = OPT_U64,
		.letter = 'n',
		.name = "last",
		.arg = "count",
		.help = "begin with the last trades of each pair, at most 50",
		.preset = "0",
		.hi = KRAKEN_SNAPSHOT_TRADES,
		.at = offsetof(struct options, last)},
	{.kind = OPT_U64,
		.name = "limit",
		.arg = "count",
		.help = "end after this many trades",
		.lo = 1,
		.hi = UINT64_MAX,
		.at = offsetof(struct options, limit)},
	{.kind = OPT_FILE,
		.name = "output",
		.arg = "file",
		.help = "append to a file instead of writing to standard output",
		.at = offsetof(struct options, output)},
	{.kind = OPT_TEXT,
		.name = "url",
		.arg = "address",
		.help = "the WebSocket to connect to",
		.preset = "wss://ws.kraken.com/v2",
		.env = "KRAKEN_WS_URL",
		.at = offsetof(struct options, url)},
	{.kind = OPT_FILE,
		.name = "cacert",
		.arg = "file",
		.help = "trust the certificates in this PEM file instead of the system's",
		.env = "TRADEPIPE_CACERT",
		.at = offsetof(struct options, ca_file)},
	{.kind = OPT_DURATION,
		.name = "connect-timeout",
		.arg = "duration",
		.help = "give up an attempt to connect after this long",
		.preset = "10s",
		.lo = 1,
		.at = offsetof(struct options, connect_ms)},
	{.kind = OPT_DURATION,
		.name = "ack-timeout",
		.arg = "duration",
		.help = "wait this long for every pair's subscription to be acknowledged",
		.preset = "10s",
		.lo = 1,
		.at = offsetof(struct options, ack_ms)},
	{.kind = OPT_DURATION,
		.name = "idle-timeout",
		.arg = "duration",
		.help = "connect again when nothing at all was received for this long",
		.preset = "5s",
		.lo = 1,
		.at = offsetof(struct options, idle_ms)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "kraken-ws-tail",
	.operands = "pair ...",
	.operands_min = 1,
	.summary = "Write trades of Kraken as they happen, one JSON record a line.",
	.tables = {{own_options, 0}, {prog_options, offsetof(struct options, common)}},
};

/* The program at work. Its deadlines run on reading_ns(). */
struct session {
	const struct options *o;
	struct kraken_tail tail;
	struct ws *ws;
	struct out *out;
	struct retry retry;
	struct pace pace;
	uint64_t reconnects;
	bool opened; /* a connection has stood, ever */
	bool over;   /* the program ends: with `failure`, where that has a code */
	struct err failure;
	bool stood;	    /* this connection has */
	struct err cut;	    /* why it is given up, where that has a code */
	int64_t heard_ns;   /* ws_last_heard() when last looked at */
	int64_t idle_since; /* nothing was received since then */
	int64_t asked_since;
};

/* A clock that stands still while a slow reader of our output keeps us from reading. */
static int64_t reading_ns(const struct session *s)
{
	return stamp_monotonic() - out_spent_ns(s->out);
}

static void end(struct session *s, const struct err *err)
{
	s->over = true;
	s->failure = *err;
}

static void on_open(void *arg)
{
	struct session *s = arg;
	struct buf request;

	s->opened = s->stood = true;
	s->asked_since = s->idle_since = reading_ns(s);
	buf_init(&request, REQUEST_MAX);
	if (kraken_tail_subscribe(&s->tail, &request) < 0) {
		err_set(&s->cut, EXIT_USAGE,
			"cannot subscribe to so many pairs: the request has more than %d bytes",
			REQUEST_MAX);
		end(s, &s->cut);
	} else if (ws_send(s->ws, buf_span(&request)) < 0) {
		err_set(&s->cut, EXIT_FAILED, "the subscribe request could not be sent");
	}
	buf_release(&request);
	diag_info("connected to '%s'", s->o->url);
}

static void on_message(void *arg, struct span message, bool binary)
{
	struct session *s = arg;
	uint64_t written = s->tail.n.written;
	struct err err;

	err.code = EXIT_DONE; /* its text is a kilobyte: not to be cleared for every message */
	(void)binary;	      /* what is no JSON text says so itself */
	if (s->over || s->cut.code)
		return;
	switch (kraken_tail_take(&s->tail, message, &err)) {
	case KRAKEN_TAIL_GO_ON:
		break;
	case KRAKEN_TAIL_RECONNECT:
		s->cut = err;
		break;
	case KRAKEN_TAIL_DONE:
	case KRAKEN_TAIL_FAIL:
		end(s, &err);
		break;
	}
	if (s->tail.n.written != written)
		retry_reset(&s->retry);
}

static void check_deadlines(struct session *s)
{
	const char *unanswered = kraken_tail_unanswered(&s->tail);
	int64_t now = reading_ns(s), ms = STAMP_NS_PER_MS;

	if (!ws_is_open(s->ws) || s->cut.code || s->over)
		return;
	if (ws_last_heard(s->ws) != s->heard_ns) {
		s->heard_ns = ws_last_heard(s->ws);
		s->idle_since = now;
		if (now - s->asked_since > (int64_t)s->o->idle_ms * ms) /* so it lives */
			retry_reset(&s->retry);
	}
	if (unanswered && now - s->asked_since > (int64_t)s->o->ack_ms * ms) {
		err_set(&s->cut, EXIT_USAGE, "the subscription to '%s' was not acknowledged",
			unanswered);
		if (!s->tail.begun)
			end(s, &s->cut);
	} else if (now - s->idle_since > (int64_t)s->o->idle_ms * ms) {
		err_set(&s->cut, EXIT_FAILED, "nothing was received within the idle timeout");
	}
}

/* One connection, from the attempt to its end. */
static void serve_connection(struct session *s)
{
	s->stood = false;
	s->cut.code = EXIT_DONE;
	if (ws_connect(s->ws, s->o->url, s->o->connect_ms, &s->failure) < 0) {
		s->over = true;
		return;
	}
	while (!s->over && !s->cut.code && !sig_stops() && ws_end(s->ws) == WS_END_NONE) {
		ws_serve(s->ws, SERVE_MS);
		check_deadlines(s);
		if (out_flush(s->out) < 0)
			s->over = true;
	}
	if (ws_end(s->ws) == WS_END_UNTRUSTED) {
		err_set(&s->failure, s->opened ? EXIT_FAILED : EXIT_USAGE,
			"cannot connect to '%s': %s", s->o->url, ws_end_reason(s->ws));
		s->over = true;
	}
}

/* Says why, and waits before the next attempt. */
static void pause_before_next(struct session *s)
{
	uint32_t ms = retry_next_ms(&s->retry);
	uint32_t budget_ms = pace_take_ms(&s->pace, stamp_monotonic());
	int64_t until;

	if (ms < budget_ms)
		ms = budget_ms;
	diag_warning("%s '%s': %s; connecting again in %u.%u s",
		s->stood ? "lost the connection to" : "cannot connect to", s->o->url,
		s->cut.code ? s->cut.text : ws_end_reason(s->ws), ms / 1000, ms % 1000 / 100);
	ws_disconnect(s->ws);
	s->reconnects++;
	until = stamp_monotonic() + ms * STAMP_NS_PER_MS;
	while (!sig_stops() && stamp_monotonic() < until)
		wait_readable(-1, -1, (until - stamp_monotonic()) / STAMP_NS_PER_MS + 1);
}

static void work(struct session *s)
{
	while (!s->over && !sig_stops()) {
		serve_connection(s);
		if (!s->over && !sig_stops())
			pause_before_next(s);
	}
	ws_disconnect(s->ws);
}

static int run_account(struct session *s)
{
	struct kraken_tail_counts *n = &s->tail.n;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &n->read, "trades received", false, false},
		{"written", ACCOUNT_FATE, &n->written, "trades written", false, false},
		{"repeated", ACCOUNT_FATE, &n->repeated, "trades received again", false, false},
		{"passed", ACCOUNT_FATE, &n->passed, "trades from before the start", false, false},
		{"lost", ACCOUNT_LOSS, &n->lost, "trades that never came", true, false},
		{"bad", ACCOUNT_LOSS, &n->bad, "trades and messages refused", false, true},
		{"refused", ACCOUNT_LOSS, &n->refused, "pairs refused after the start", true, true},
		{"unwritten", ACCOUNT_LOSS, &n->unwritten, "trades the output did not take", false,
			true},
		{"reconnects", ACCOUNT_MEMO, &s->reconnects, "connections lost", true, true},
	};
	const char *metrics = s->o->common.metrics_file;
	struct account *account =
		account_open(rows, sizeof rows / sizeof *rows, metrics, &s->failure);
	uint64_t unwritten;
	int code;

	if (!account) {
		out_close(s->out, EXIT_DONE, &unwritten);
		return diag_err(&s->failure);
	}
	work(s);
	code = s->failure.code ? (int)diag_err(&s->failure) : EXIT_DONE;
	code = out_close(s->out, code, &unwritten);
	n->unwritten += unwritten;
	n->written -= unwritten;
	return account_close(account, code, s->o->common.quiet);
}

static int guard_files(const struct options *o, struct err *err)
{
	struct guard guard = {.n = 0};

	if (guard_writes(&guard, o->output ? o->output : "-", "records go", err) < 0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0)
		return -1;
	return guard_reads(&guard, o->ca_file, err);
}

static const struct ws_events events = {.open = on_open, .message = on_message};

static int run(const struct options *o, char *const *pairs)
{
	struct session s = {.o = o};
	size_t n = 0;
	int code;

	while (pairs[n])
		n++;
	retry_init(&s.retry, RETRY_BASE_MS, RETRY_CAP_MS);
	pace_init(&s.pace, CONNECT_BURST, CONNECT_INTERVAL_MS);
	pace_take_ms(&s.pace, stamp_monotonic());
	/* The output comes last: what is a fault of usage leaves it as it was. */
	if (kraken_tail_init(&s.tail, pairs, n, &s.failure) < 0 ||
		!(s.ws = ws_new(&events, &s, o->ca_file, &s.failure)) ||
		guard_files(o, &s.failure) < 0 || !(s.out = out_open(o->output, &s.failure))) {
		code = diag_err(&s.failure);
	} else {
		s.tail.out = s.out;
		s.tail.last = o->last;
		s.tail.limit = o->limit;
		code = run_account(&s);
	}
	ws_free(s.ws);
	kraken_tail_release(&s.tail);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.last = 0};
	char **pairs = prog_begin(&program, &o, &o.common, argc, argv);

	return prog_end(run(&o, pairs));
}
