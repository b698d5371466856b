/*
 * kraken-rest-dump: the trades that Kraken has had.
 *
 * stdin: a cursor, with --resume -. stdout: native Kraken trades, one JSON record a line, those of
 * one pair in the order of their ids.
 * Exit: 0 done, 1 failed, 2 usage, an unknown pair or a certificate, 3 trades are missing or refused.
 */
#include <stdio.h>
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
#include "base/rate.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "market/kraken_pages.h"
#include "market/kraken_pairs.h"
#include "market/range.h"
#include "net/api.h"
#include "net/crawl.h"
#include "net/crawl_options.h"

enum {
	IDLE_MS = 30 * 1000,
	TOTAL_MS = 120 * 1000,
	/* Kraken bans for about that long (API documentation, "REST errors", 2026), and for longer
	 * where it goes on being asked. */
	LOCKOUT_MS = 15 * 60 * 1000,
};

struct options {
	struct range_options range;
	const char *url;
	const char *pace;
	struct crawl_options crawl;
	struct prog_options common;
};

static const struct opt own_options[] = {
	{.kind = OPT_TEXT,
		.name = "url",
		.arg = "address",
		.help = "the server to ask: scheme, host and port",
		.preset = "https://api.kraken.com",
		.env = "KRAKEN_REST_URL",
		.at = offsetof(struct options, url)},
	{.kind = OPT_TEXT,
		.name = "pace",
		.arg = "number",
		.help = "make this many requests a second for each pair",
		.more = "From 0.001 to 1000, such as 0.5.\nKraken allows one.",
		.preset = "1",
		.at = offsetof(struct options, pace)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "kraken-rest-dump",
	.operands = "pair ...",
	.operands_min = 1,
	.summary = "Write the trades that Kraken has had, one JSON record a line.",
	.tables = {{range_rows, offsetof(struct options, range)}, {own_options, 0},
		{crawl_options, offsetof(struct options, crawl)},
		{prog_options, offsetof(struct options, common)}},
};

struct product {
	struct dump *dump;
	const char *name;
	const struct kraken_pair *pair;
	struct kraken_pages pages;
};

/* The program at work. */
struct dump {
	const struct options *o;
	struct api api;
	uint32_t interval_us;
	int64_t began_ns; /* monotonic, at run.start_ns */
	struct http_settings http;
	struct kraken_pairs pairs;
	char *const *names;
	struct product *products;
	struct range *ranges; /* of the products */
	size_t n;
	struct kraken_run run;
	struct crawl_counts counts;
	uint64_t part, whole; /* of all products */
	bool locked;
	int code;
};

static int64_t now_ns(const struct dump *d)
{
	return d->run.start_ns + (stamp_monotonic() - d->began_ns);
}

/* The code of the end, of several faults: what failed outright comes before what must be set right,
 * and that before what is missing. */
static void fail(struct dump *d, const struct err *err)
{
	static const int rank[] = {
		[EXIT_DONE] = 0, [EXIT_PARTIAL] = 1, [EXIT_USAGE] = 2, [EXIT_FAILED] = 3};

	diag_err(err);
	if (rank[err->code] > rank[d->code])
		d->code = err->code;
}

static enum crawl_verdict verdict_of(enum kraken_verdict verdict)
{
	static const enum crawl_verdict verdicts[] = {
		[KRAKEN_TAKEN] = CRAWL_TAKEN,
		[KRAKEN_AGAIN] = CRAWL_AGAIN,
		[KRAKEN_TOO_FAST] = CRAWL_REFUSED,
		[KRAKEN_FAILED] = CRAWL_FAILED,
		[KRAKEN_LOCKED] = CRAWL_BANNED,
	};

	return verdicts[verdict];
}

static void ask(
	const struct dump *d, struct crawl_ask *ask, const char *path, size_t n, const char *lane)
{
	buf_add(&ask->url, d->api.url);
	buf_add(&ask->url, span_make(path, n));
	ask->lane = (struct budget_lane){.name = lane, .interval_us = d->interval_us};
	ask->units = 1;
}

/* All chains will be told that they have ended: it is said once, here. */
static void be_locked(struct dump *d, const struct err *err)
{
	d->locked = true;
	budget_hold(d->api.budget, NULL, LOCKOUT_MS * STAMP_NS_PER_MS);
	fail(d, err);
}

/* The chain of one request that gets the pairs. */

static enum crawl_step next_pairs(void *arg, struct crawl_ask *to)
{
	struct dump *d = arg;

	if (d->pairs.n > 0)
		return CRAWL_DONE;
	ask(d, to, KRAKEN_PAIRS_PATH, strlen(KRAKEN_PAIRS_PATH), "AssetPairs");
	return CRAWL_ASK;
}

static enum crawl_verdict take_pairs(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct dump *d = arg;
	int64_t wait_ns;
	enum kraken_verdict verdict = kraken_pairs_take(
		&d->pairs, answer->status, answer->body, now_ns(d), &wait_ns, err);
	struct err reason = *err;

	if (verdict == KRAKEN_FAILED || verdict == KRAKEN_LOCKED)
		err_set(err, reason.code, "cannot get the pairs of Kraken: %s", reason.text);
	if (verdict == KRAKEN_LOCKED)
		be_locked(d, err);
	return verdict_of(verdict);
}

static void end_pairs(void *arg, const struct err *err)
{
	struct dump *d = arg;

	if (!d->locked)
		fail(d, err);
}

/* The chains of the products. */

static void look_around(struct dump *d)
{
	uint64_t part = 0;

	for (size_t i = 0; i < d->n; i++)
		part += kraken_pages_part(&d->products[i].pages);
	d->part = part;
	progress_step();
}

static enum crawl_step next_page(void *arg, struct crawl_ask *to)
{
	struct product *product = arg;
	const struct dump *d = product->dump;
	struct buf path;
	int64_t wait_ns = 0;
	enum kraken_pages_step step;

	buf_init(&path, 1024);
	step = kraken_pages_next(&product->pages, now_ns(d), &path, &wait_ns);
	if (step == KRAKEN_PAGES_ASK)
		ask(d, to, path.data, path.len, product->name);
	buf_release(&path);
	if (step == KRAKEN_PAGES_ASK)
		return CRAWL_ASK;
	to->not_before = stamp_monotonic() + wait_ns;
	return step == KRAKEN_PAGES_WAIT ? CRAWL_WAIT : CRAWL_DONE;
}

static enum crawl_verdict take_page(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct product *product = arg;
	struct dump *d = product->dump;
	enum kraken_verdict verdict =
		kraken_pages_take(&product->pages, now_ns(d), answer->status, answer->body, err);

	if (verdict == KRAKEN_LOCKED)
		be_locked(d, err);
	look_around(d);
	return verdict_of(verdict);
}

static void end_product(void *arg, const struct err *err)
{
	struct product *product = arg;
	struct dump *d = product->dump;
	struct err why = *err;

	kraken_pages_give_up(&product->pages, &why);
	look_around(d);
	if (!d->locked)
		fail(d, &why);
}

static int flush(void *arg)
{
	struct dump *d = arg;

	return d->run.out ? out_flush(d->run.out) : 0;
}

/* Runs chains to their end; false where something came in between. */
static bool crawl(struct dump *d, const struct crawl_chain *chains, size_t n)
{
	const struct crawl_settings settings = {
		.http = &d->http,
		.budget = d->api.budget,
		.jobs = d->o->crawl.jobs,
		.retry_ms = d->o->crawl.retry_ms,
		.flush = flush,
		.arg = d,
	};
	struct err err = {.code = EXIT_DONE};

	if (crawl_run(&settings, chains, n, &d->counts, &err) < 0 && err.code)
		fail(d, &err);
	return !d->code && !sig_stops();
}

/* Finds each product among Kraken's pairs, which are asked for. */
static bool find_pairs(struct dump *d)
{
	const struct crawl_chain chain = {"AssetPairs", next_pairs, take_pairs, end_pairs, d};
	struct err err;

	if (!crawl(d, &chain, 1))
		return false;
	for (size_t i = 0; i < d->n; i++) {
		struct product *product = &d->products[i];

		product->pair = kraken_pairs_find(&d->pairs, product->name, &err);
		if (!product->pair)
			fail(d, &err);
	}
	return !d->code;
}

static void dump_all(struct dump *d)
{
	struct crawl_chain *chains = mem_alloc(d->n, sizeof *chains);

	for (size_t i = 0; i < d->n; i++) {
		struct product *product = &d->products[i];

		kraken_pages_init(&product->pages, &d->run, product->pair, &d->ranges[i]);
		chains[i] = (struct crawl_chain){
			product->name, next_page, take_page, end_product, product};
	}
	look_around(d);
	crawl(d, chains, d->n);
	for (size_t i = 0; i < d->n; i++)
		kraken_pages_release(&d->products[i].pages);
	free(chains);
}

static void work(struct dump *d)
{
	struct append append;
	struct err err;

	append_look(&append, d->o->crawl.output);
	if (range_read(&d->o->range, "kraken", append.path, d->run.start_ns, d->names, d->n,
		    d->ranges, &err) < 0) {
		if (!sig_stops())
			fail(d, &err);
		return;
	}
	if (!find_pairs(d))
		return;
	d->run.out = append_open(&append, &err);
	if (d->run.out)
		dump_all(d);
	else
		fail(d, &err);
}

static int run_account(struct dump *d)
{
	struct kraken_run *run = &d->run;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &run->read, "trades received", false, false},
		{"written", ACCOUNT_FATE, &run->written, "trades written", false, false},
		{"repeated", ACCOUNT_FATE, &run->repeated, "trades received again", false, false},
		{"passed", ACCOUNT_FATE, &run->passed, "trades outside the range", false, false},
		{"lost", ACCOUNT_LOSS, &run->lost, "trades that Kraken does not have", true, false},
		{"bad", ACCOUNT_LOSS, &run->bad, "trades refused", false, true},
		{"unsure", ACCOUNT_LOSS, &run->unsure, "places where trades may be missing", true,
			true},
		{"unwritten", ACCOUNT_LOSS, &run->unwritten, "trades the output did not take",
			false, true},
		{"requests", ACCOUNT_MEMO, &d->counts.requests, "requests made", true, true},
		{"retries", ACCOUNT_MEMO, &d->counts.retries, "requests made again", true, true},
		{"refusals", ACCOUNT_MEMO, &d->counts.refused, "requests that came too fast", true,
			true},
		{"waits_ms", ACCOUNT_MEMO, &d->counts.waits_ms, "milliseconds waited", true, true},
	};
	const struct progress_view view = {.done = &run->written,
		.unit = "records",
		.part = &d->part,
		.whole = &d->whole,
		.more = crawl_counts_say,
		.arg = &d->counts};
	struct err err;
	struct account *account =
		account_open(rows, sizeof rows / sizeof *rows, d->o->common.metrics_file, &err);
	uint64_t unwritten;

	if (!account)
		return diag_err(&err);
	progress_begin(&d->o->crawl.progress, d->o->common.quiet, &view);
	work(d);
	progress_end();
	if (run->out) {
		d->code = out_close(run->out, d->code, &unwritten);
		run->unwritten += unwritten;
		run->written -= unwritten;
	}
	return account_close(account, d->code, d->o->common.quiet);
}

static int read_options(struct dump *d, struct err *err)
{
	if (api_read(&d->api, "url", d->o->url, err) < 0)
		return -1;
	if (rate_parse(span_text(d->o->pace), &d->interval_us) < 0)
		return err_set(err, EXIT_USAGE,
			"'%s' is not a number from 0.001 to 1000, as --pace needs", d->o->pace);
	api_open_budget(&d->api, d->o->crawl.budget_file);
	return 0;
}

static int guard_files(const struct options *o, struct err *err)
{
	struct guard guard = {.n = 0};

	if (guard_writes(&guard, o->crawl.output ? o->crawl.output : "-", "records go", err) < 0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_writes(&guard, o->crawl.budget_file, "requests are noted", err) < 0 ||
		guard_reads(&guard, o->crawl.ca_file, err) < 0)
		return -1;
	return guard_reads(&guard, o->range.resume, err);
}

static int run(const struct options *o, char *const *names)
{
	struct dump d = {
		.o = o,
		.names = names,
		.began_ns = stamp_monotonic(),
		.http = {o->crawl.ca_file, o->crawl.connect_ms, IDLE_MS, TOTAL_MS},
		.run = {.start_ns = stamp_now(),
			.page_size = o->range.page_size,
			.limit = o->range.limit},
	};
	struct err err;
	int code;

	d.run.pairs = &d.pairs;
	while (names[d.n])
		d.n++;
	d.whole = d.n * KRAKEN_PAGES_WHOLE;
	d.ranges = mem_alloc(d.n, sizeof *d.ranges);
	d.products = mem_alloc(d.n, sizeof *d.products);
	for (size_t i = 0; i < d.n; i++)
		d.products[i] = (struct product){.dump = &d, .name = names[i]};
	if (guard_files(o, &err) < 0 || read_options(&d, &err) < 0)
		code = diag_err(&err);
	else
		code = run_account(&d);
	api_close(&d.api);
	kraken_pairs_release(&d.pairs);
	free(d.products);
	free(d.ranges);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.url = NULL};
	char **names = prog_begin(&program, &o, &o.common, argc, argv);

	return prog_end(run(&o, names));
}
