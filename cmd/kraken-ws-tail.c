/*
 * kraken-ws-tail: trades of Kraken as they happen, with those of the past where they are asked for,
 * and without holes.
 *
 * stdin: a cursor, with --resume -. stdout: native Kraken trades, one JSON record a line, those of one
 * pair in the order of their ids.
 * Exit: 0 done, 1 failed, 2 usage, a pair refused at the start or a certificate, 3 trades were lost or refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/account.h"
#include "base/append.h"
#include "base/diag.h"
#include "base/guard.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "market/feed_metrics.h"
#include "market/kraken_tail.h"
#include "market/range.h"
#include "net/crawl.h"
#include "venue/kraken_live.h"
#include "venue/kraken_mend.h"
#include "venue/kraken_past.h"
#include "venue/kraken_rest.h"
#include "venue/kraken_tail_options.h"

enum {
	JOBS = 16,	  /* requests to REST at once, each for another pair */
	DIALLING_MS = 20, /* while a connection is being made nothing tells when it goes on */
	WATCH_MS = 250,
	READS_MAX = 64, /* in a row, before REST has its turn */
};

struct options {
	struct kraken_tail_options tail;
	struct prog_options common;
};

static const struct opt_program program = {
	.name = "kraken-ws-tail",
	.operands = "pair ...",
	.summary = "Write trades of Kraken as they happen, one JSON record a line.",
	.tables = {{kraken_tail_options, offsetof(struct options, tail)},
		{prog_options, offsetof(struct options, common)}},
};

/* The program at work. */
struct session {
	const struct kraken_tail_options *o;
	const struct prog_options *common;
	char *const *operands;
	char *const *names; /* of the pairs that are meant */
	size_t n;
	struct kraken_names matches;
	struct append append;
	struct out *out;
	struct kraken_tail tail;

	struct kraken_rest rest;
	struct crawl_settings crawling;
	struct crawl *crawl;
	struct crawl_counts counts;

	struct range *ranges;
	struct kraken_past past;

	struct kraken_mend_settings mending;
	struct kraken_mend *mend;
	struct kraken_live_settings living;
	struct kraken_live *live;
	uint64_t reconnects;
	int64_t watched_ns;
	int64_t until_ns; /* monotonic: --for; 0: none */
	bool was_live;
	struct err failure;
};

static int flush(void *arg)
{
	const struct session *s = arg;

	return s->out ? out_flush(s->out) : 0;
}

static bool is_over(const struct session *s)
{
	return s->failure.code || sig_stops() || (s->out && kraken_tail_is_done(&s->tail)) ||
		(s->until_ns && stamp_monotonic() >= s->until_ns);
}

/* What --for leaves; -1: it is not given. */
static int64_t left_ms(const struct session *s)
{
	int64_t left_ns = s->until_ns - stamp_monotonic();

	if (!s->until_ns)
		return -1;
	return left_ns > 0 ? left_ns / STAMP_NS_PER_MS + 1 : 0;
}

/* Runs all chains that there are to their ends; false where something came in between. */
static bool crawl_all(struct session *s)
{
	while (crawl_count(s->crawl) > 0 && !is_over(s)) {
		int turned = crawl_turn(s->crawl, -1, left_ms(s), &s->failure);

		kraken_past_count(&s->past);
		if (turned < 0)
			return false;
		progress_step();
	}
	return !is_over(s);
}

/* A stream that is to run for long does not end because Kraken has shut it out for a while. */
static bool ask_again(struct session *s)
{
	if (!s->rest.failure.code || s->o->list || !kraken_rest_is_locked(&s->rest))
		return false;
	diag_warning("%s", s->rest.failure.text);
	return true;
}

static bool get_pairs(struct session *s)
{
	struct crawl_chain chain = kraken_rest_pairs(&s->rest);

	if (s->rest.has_asked)
		return true;
	do {
		s->rest.has_asked = false;
		s->rest.failure.code = EXIT_DONE;
		crawl_add(s->crawl, &chain);
		if (!crawl_all(s))
			return false;
	} while (ask_again(s));
	s->failure = s->rest.failure;
	return !s->failure.code;
}

/* The pairs that are meant: patterns need to know which there are. */
static bool find_names(struct session *s)
{
	static char any[] = "*";
	static char *const every[] = {any, NULL};
	char *const *operands = *s->operands ? s->operands : every;
	bool has_pattern = s->o->list;
	size_t n = 0;

	for (; operands[n]; n++)
		has_pattern |= kraken_is_pattern(operands[n]);
	s->names = operands;
	s->n = n;
	if (!has_pattern)
		return true;
	if (!get_pairs(s) ||
		kraken_pairs_match(&s->rest.pairs, operands, n, &s->matches, &s->failure) < 0)
		return false;
	s->names = s->matches.items;
	s->n = s->matches.n;
	return true;
}

/* The past. */

static bool read_ranges(struct session *s)
{
	const struct kraken_tail_options *o = s->o;
	struct range_options options = {.since = o->since, .resume = o->resume};

	/* What has no past begins now, with the socket. */
	if (!o->since && !o->resume)
		options.since = "now";
	s->ranges = mem_alloc(s->n, sizeof *s->ranges);
	return range_read(&options, "kraken", o->output, s->rest.start_ns, s->names, s->n,
		       s->ranges, &s->failure) == 0;
}

static bool has_past(const struct session *s, size_t i)
{
	return !s->o->frames && (s->ranges[i].has_cursor || s->o->since);
}

static bool any_past(const struct session *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (has_past(s, i))
			return true;
	return false;
}

/* Whether REST knows the pairs, where one begins in the past: nothing is to be written before it is known
 * that all of them are there. */
static bool find_past(struct session *s)
{
	if (!any_past(s))
		return true;
	if (!get_pairs(s))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!kraken_pairs_find(&s->rest.pairs, s->names[i], &s->failure))
			return false;
	return true;
}

/* Writes what has happened up to now of the pairs that begin in the past. */
static bool write_past(struct session *s)
{
	if (!any_past(s))
		return true;
	kraken_past_init(&s->past, &s->rest, s->crawl, &s->tail, s->n);
	for (size_t i = 0; i < s->n; i++)
		if (has_past(s, i) && kraken_past_add(&s->past, &s->ranges[i], &s->failure) < 0)
			return false;
	return crawl_all(s) && kraken_past_hand_over(&s->past, &s->failure) == 0;
}

/* Now. */

static bool open_live(struct session *s)
{
	const struct kraken_tail_options *o = s->o;

	s->mending = (struct kraken_mend_settings){.rest = &s->rest,
		.tail = &s->tail,
		.crawl = s->crawl,
		.patience_ns = (int64_t)o->repair_ms * STAMP_NS_PER_MS,
		.mute_ns = (int64_t)o->mute_ms * STAMP_NS_PER_MS};
	s->living = (struct kraken_live_settings){.url = o->url,
		.ca_file = o->ca_file,
		.budget_file = o->budget_file,
		.connect_ms = o->connect_ms,
		.ack_ms = o->ack_ms,
		.idle_ms = o->idle_ms};
	s->mend = kraken_mend_open(&s->mending);
	s->live = kraken_live_open(&s->living, &s->tail, &s->failure);
	return s->live != NULL;
}

/* Who has asked for the past waits for this. */
static void say_live(const struct session *s)
{
	static const char text[] = "live: all pairs are subscribed";

	if (s->past.n > 0 && !s->common->quiet)
		diag_shown("live", text);
	else
		diag_event(DIAG_INFO, "live", text);
}

static void watch(struct session *s)
{
	int64_t now_ns = stamp_monotonic();
	struct feed_product *mute;

	if (now_ns - s->watched_ns < WATCH_MS * STAMP_NS_PER_MS)
		return;
	s->watched_ns = now_ns;
	s->reconnects = *kraken_live_reconnects(s->live);
	if (s->o->frames || !kraken_live_is_well(s->live))
		return;
	if (!s->was_live)
		say_live(s);
	s->was_live = true;
	mute = kraken_mend_watch(s->mend, kraken_live_now(s->live));
	if (mute)
		kraken_live_renew(s->live, mute);
}

/* Waits for whatever comes first, and deals with it. */
static int serve(struct session *s, int64_t wait_ms)
{
	bool is_dialling = kraken_live_is_dialling(s->live);
	int64_t rest_ms = is_dialling || kraken_live_is_ready(s->live) ? 0 : wait_ms;
	int reads = 0;

	if (crawl_count(s->crawl) == 0) {
		kraken_live_serve(s->live, wait_ms);
		return 0;
	}
	if (crawl_turn(s->crawl, kraken_live_fd(s->live), rest_ms, &s->failure) < 0)
		return -1;
	if (kraken_tail_is_done(&s->tail))
		return 0;
	do
		kraken_live_serve(s->live, is_dialling ? DIALLING_MS : 0);
	while (kraken_live_is_ready(s->live) && ++reads < READS_MAX);
	return 0;
}

static void stay_live(struct session *s)
{
	while (!is_over(s) && !kraken_live_is_over(s->live, &s->failure)) {
		int64_t wait_ms = kraken_live_step(s->live);

		watch(s);
		if (out_flush(s->out) < 0)
			return;
		if (s->until_ns && left_ms(s) < wait_ms)
			wait_ms = left_ms(s);
		if (wait_ms > WATCH_MS)
			wait_ms = WATCH_MS;
		if (serve(s, wait_ms < 0 ? 0 : wait_ms) < 0)
			return;
	}
}

/* The output is opened last: what is a fault of usage leaves it as it was. */
static bool begin(struct session *s)
{
	const struct kraken_tail_options *o = s->o;

	append_look(&s->append, o->output);
	if (!find_names(s) || kraken_tail_init(&s->tail, s->names, s->n, &s->failure) < 0 ||
		!open_live(s) || (!o->frames && (!read_ranges(s) || !find_past(s))) || is_over(s))
		return false;
	s->out = s->living.out = append_open(&s->append, &s->failure);
	s->tail.settings = (struct kraken_tail_settings){.out = s->out,
		.last = o->last,
		.limit = o->limit,
		.stamp = o->stamp,
		.frames = o->frames,
		.hold_bytes = o->hold_bytes,
		.repair = o->frames ? NULL : kraken_mend_repair,
		.arg = s->mend};
	return s->out != NULL;
}

static void work(struct session *s)
{
	const struct progress_view view = {.done = &s->tail.n.written,
		.unit = "records",
		.part = &s->past.part,
		.whole = &s->past.whole,
		.more = crawl_counts_say,
		.arg = &s->counts};
	bool goes_on;

	if (!begin(s))
		return;
	progress_begin(&s->o->progress, s->common->quiet, &view);
	goes_on = write_past(s);
	progress_end();
	if (goes_on)
		stay_live(s);
}

static int finish(struct session *s)
{
	struct kraken_tail_counts *n = &s->tail.n;
	int code = EXIT_DONE;
	uint64_t unwritten;

	if (s->live)
		s->reconnects = *kraken_live_reconnects(s->live);
	if (s->failure.code && !sig_stops())
		code = diag_err(&s->failure);
	if (!s->out)
		return code;
	code = out_close(s->out, code, &unwritten);
	if (s->o->frames) /* those are messages, and the account is of trades */
		return code;
	n->unwritten += unwritten;
	n->written -= unwritten;
	return code;
}

static void add_metrics(void *arg, struct buf *text)
{
	const struct session *s = arg;

	feed_metrics_add(text, &s->tail.feed);
}

static int run_account(struct session *s)
{
	struct kraken_tail_counts *n = &s->tail.n;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &n->read, "trades received", false, false},
		{"written", ACCOUNT_FATE, &n->written, "trades written", false, false},
		{"repeated", ACCOUNT_FATE, &n->repeated, "trades received again", false, false},
		{"passed", ACCOUNT_FATE, &n->passed, "trades from before the start", false, false},
		{"forgotten", ACCOUNT_FATE, &n->forgotten, "trades not held, to be fetched", false,
			true},
		{"held", ACCOUNT_WAITING, &n->held, "trades that wait for missing ones", false,
			true},
		{"lost", ACCOUNT_LOSS, &n->lost, "trades that never came", true, false},
		{"bad", ACCOUNT_LOSS, &n->bad, "trades and messages refused", false, true},
		{"unsure", ACCOUNT_WANT, &n->unsure, "places where trades may be missing", true,
			true},
		{"refused", ACCOUNT_WANT, &n->refused, "pairs refused after the start", true, true},
		{"unwritten", ACCOUNT_LOSS, &n->unwritten, "trades the output did not take", false,
			true},
		{"gaps", ACCOUNT_MEMO, &n->gaps, "places where trades were missing", true, true},
		{"repaired", ACCOUNT_MEMO, &n->repaired, "missing trades got over REST", true,
			true},
		{"reconnects", ACCOUNT_MEMO, &s->reconnects, "connections lost", true, true},
		{"requests", ACCOUNT_MEMO, &s->counts.requests, "requests made", true, true},
		{"retries", ACCOUNT_MEMO, &s->counts.retries, "requests made again", true, true},
		{"refusals", ACCOUNT_MEMO, &s->counts.refused, "requests that came too fast", true,
			true},
		{"frames", ACCOUNT_COUNTER, &n->frames, "messages received", true, true},
		{"bytes", ACCOUNT_COUNTER, &n->bytes, "bytes of messages received", true, true},
		{"repairing", ACCOUNT_GAUGE, &n->repairing, "pairs under repair", true, true},
	};
	struct account *account = account_open(
		rows, sizeof rows / sizeof *rows, s->common->metrics_file, &s->failure);

	if (!account)
		return diag_err(&s->failure);
	account_set_more(account, add_metrics, s);
	work(s);
	return account_close(account, finish(s), s->common->quiet);
}

static int run_list(struct session *s)
{
	uint64_t unwritten;

	if (!find_names(s))
		return sig_stops() ? EXIT_DONE : (int)diag_err(&s->failure);
	s->out = out_open(NULL, &s->failure);
	if (!s->out)
		return diag_err(&s->failure);
	for (size_t i = 0; i < s->n; i++)
		out_record(s->out, span_text(s->names[i]));
	return out_close(s->out, EXIT_DONE, &unwritten);
}

static void release(struct session *s)
{
	crawl_close(s->crawl);
	kraken_live_close(s->live);
	kraken_mend_close(s->mend);
	kraken_past_release(&s->past);
	free(s->ranges);
	kraken_tail_release(&s->tail);
	kraken_names_release(&s->matches);
	kraken_rest_close(&s->rest);
}

static int guard_files(const struct options *o, struct err *err)
{
	const struct kraken_tail_options *t = &o->tail;
	struct guard guard = {.n = 0};

	if (guard_writes(&guard, t->output ? t->output : "-", "records go", err) < 0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_writes(&guard, t->budget_file, "requests are noted", err) < 0 ||
		guard_reads(&guard, t->ca_file, err) < 0)
		return -1;
	return guard_reads(&guard, t->resume, err);
}

static int run(const struct options *o, char *const *operands)
{
	const struct kraken_tail_options *t = &o->tail;
	const struct kraken_rest_settings asking = {
		"rest-url", t->rest_url, t->pace, t->budget_file, t->ca_file, t->connect_ms};
	struct session s = {.o = t, .common = &o->common, .operands = operands};
	size_t n = 0;
	int code;

	while (operands[n])
		n++;
	if (t->for_ms) {
		s.until_ns = stamp_monotonic() + (int64_t)t->for_ms * STAMP_NS_PER_MS;
		sig_end_at(s.until_ns);
	}
	s.crawling = (struct crawl_settings){.http = &s.rest.http,
		.jobs = JOBS,
		.retry_ms = t->repair_ms,
		.flush = flush,
		.arg = &s};
	if (kraken_tail_options_check(t, n, &s.failure) < 0)
		opt_usage_error("%s", s.failure.text);
	if (guard_files(o, &s.failure) == 0 &&
		kraken_rest_open(&s.rest, &asking, &s.failure) == 0) {
		s.crawling.budget = s.rest.api.budget;
		s.crawl = crawl_open(&s.crawling, &s.counts, &s.failure);
	}
	code = !s.crawl ? (int)diag_err(&s.failure) : t->list ? run_list(&s) : run_account(&s);
	release(&s);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.tail = {.last = 0}};
	char **operands = prog_begin(&program, &o, &o.common, argc, argv);

	return prog_end(run(&o, operands));
}
