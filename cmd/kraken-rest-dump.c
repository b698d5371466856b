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

#include "base/append.h"
#include "base/diag.h"
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
#include "net/dump.h"

enum {
	IDLE_MS = 30 * 1000,
	TOTAL_MS = 120 * 1000,
};

/* Kraken bans for about that long (API documentation, "REST errors", 2026), and for longer where it
 * goes on being asked. */
#define LOCKOUT_NS (15 * 60 * STAMP_NS_PER_S)

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
	struct session *session;
	const char *name;
	const struct kraken_pair *pair;
	struct kraken_pages pages;
};

/* The program at work. */
struct session {
	const struct options *o;
	struct dump dump;
	struct api api;
	uint32_t interval_us;
	struct kraken_pairs pairs;
	char *const *names;
	struct product *products;
	struct range *ranges; /* of the products */
	size_t n;
	struct kraken_run run;
};

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

static void ask(const struct session *s, struct crawl_ask *ask, const char *path, size_t n,
	const char *lane)
{
	buf_add(&ask->url, s->api.url);
	buf_add(&ask->url, span_make(path, n));
	ask->lane = (struct budget_lane){.name = lane, .interval_us = s->interval_us};
	ask->units = 1;
}

/* The chain of one request that gets the pairs. */

static enum crawl_step next_pairs(void *arg, struct crawl_ask *to)
{
	struct session *s = arg;

	if (s->pairs.n > 0)
		return CRAWL_DONE;
	ask(s, to, KRAKEN_PAIRS_PATH, strlen(KRAKEN_PAIRS_PATH), "AssetPairs");
	return CRAWL_ASK;
}

static enum crawl_verdict take_pairs(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct session *s = arg;
	int64_t wait_ns;
	enum kraken_verdict verdict = kraken_pairs_take(
		&s->pairs, answer->status, answer->body, dump_now(&s->dump), &wait_ns, err);
	struct err reason = *err;

	if (verdict == KRAKEN_FAILED || verdict == KRAKEN_LOCKED)
		err_set(err, reason.code, "cannot get the pairs of Kraken: %s", reason.text);
	if (verdict == KRAKEN_LOCKED)
		dump_be_banned(&s->dump, err, LOCKOUT_NS);
	return verdict_of(verdict);
}

static void end_pairs(void *arg, const struct err *err)
{
	struct session *s = arg;

	dump_lose(&s->dump, err);
}

/* The chains of the products. */

static void look_around(struct session *s)
{
	uint64_t part = 0;

	for (size_t i = 0; i < s->n; i++)
		part += kraken_pages_part(&s->products[i].pages);
	s->dump.part = part;
	progress_step();
}

static enum crawl_step next_page(void *arg, struct crawl_ask *to)
{
	struct product *product = arg;
	const struct session *s = product->session;
	struct buf path;
	int64_t wait_ns = 0;
	enum kraken_pages_step step;

	buf_init(&path, 1024);
	step = kraken_pages_next(&product->pages, dump_now(&s->dump), &path, &wait_ns);
	if (step == KRAKEN_PAGES_ASK)
		ask(s, to, path.data, path.len, product->name);
	buf_release(&path);
	if (step == KRAKEN_PAGES_ASK)
		return CRAWL_ASK;
	to->not_before = stamp_monotonic() + wait_ns;
	return step == KRAKEN_PAGES_WAIT ? CRAWL_WAIT : CRAWL_DONE;
}

static enum crawl_verdict take_page(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct product *product = arg;
	struct session *s = product->session;
	enum kraken_verdict verdict = kraken_pages_take(
		&product->pages, dump_now(&s->dump), answer->status, answer->body, err);

	if (verdict == KRAKEN_LOCKED)
		dump_be_banned(&s->dump, err, LOCKOUT_NS);
	look_around(s);
	return verdict_of(verdict);
}

static void end_product(void *arg, const struct err *err)
{
	struct product *product = arg;
	struct session *s = product->session;
	struct err why = *err;

	kraken_pages_give_up(&product->pages, &why);
	look_around(s);
	dump_lose(&s->dump, &why);
}

/* Finds each product among Kraken's pairs, which are asked for. */
static bool find_pairs(struct session *s)
{
	const struct crawl_chain chain = {"AssetPairs", next_pairs, take_pairs, end_pairs, s};
	struct err err;

	if (!dump_chains(&s->dump, &chain, 1, 1))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		struct product *product = &s->products[i];

		product->pair = kraken_pairs_find(&s->pairs, product->name, &err);
		if (!product->pair)
			dump_fail(&s->dump, &err);
	}
	return !s->dump.code;
}

static void dump_all(struct session *s)
{
	struct crawl_chain *chains = mem_alloc(s->n, sizeof *chains);

	for (size_t i = 0; i < s->n; i++) {
		struct product *product = &s->products[i];

		kraken_pages_init(&product->pages, &s->run, product->pair, &s->ranges[i]);
		chains[i] = (struct crawl_chain){
			product->name, next_page, take_page, end_product, product};
	}
	look_around(s);
	dump_chains(&s->dump, chains, s->n, s->o->crawl.jobs);
	for (size_t i = 0; i < s->n; i++)
		kraken_pages_release(&s->products[i].pages);
	free(chains);
}

static void work(void *arg)
{
	struct session *s = arg;
	struct append append;
	struct err err;

	append_look(&append, s->o->crawl.output);
	if (range_read(&s->o->range, "kraken", append.path, s->run.start_ns, s->names, s->n,
		    s->ranges, &err) < 0) {
		if (!sig_stops())
			dump_fail(&s->dump, &err);
		return;
	}
	if (!find_pairs(s))
		return;
	s->run.out = s->dump.out = append_open(&append, &err);
	if (s->run.out)
		dump_all(s);
	else
		dump_fail(&s->dump, &err);
}

static int run_account(struct session *s)
{
	struct kraken_run *run = &s->run;
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
	};

	return dump_account(&s->dump, rows, sizeof rows / sizeof *rows, work, s);
}

static int read_options(struct session *s, struct err *err)
{
	if (api_read(&s->api, "url", s->o->url, err) < 0)
		return -1;
	if (rate_parse(span_text(s->o->pace), &s->interval_us) < 0)
		return err_set(err, EXIT_USAGE,
			"'%s' is not a number from 0.001 to 1000, as --pace needs", s->o->pace);
	api_open_budget(&s->api, s->o->crawl.budget_file);
	s->dump.budget = s->api.budget;
	return 0;
}

static int run(const struct options *o, char *const *names)
{
	struct session s = {.o = o, .names = names};
	struct err err;
	int code;

	dump_init(&s.dump, &o->crawl, &o->common);
	s.dump.http.idle_ms = IDLE_MS;
	s.dump.http.total_ms = TOTAL_MS;
	s.dump.written = &s.run.written;
	s.dump.unwritten = &s.run.unwritten;
	s.run = (struct kraken_run){.pairs = &s.pairs,
		.start_ns = s.dump.start_ns,
		.page_size = o->range.page_size,
		.limit = o->range.limit};
	while (names[s.n])
		s.n++;
	s.dump.whole = s.n * KRAKEN_PAGES_WHOLE;
	s.ranges = mem_alloc(s.n, sizeof *s.ranges);
	s.products = mem_alloc(s.n, sizeof *s.products);
	for (size_t i = 0; i < s.n; i++)
		s.products[i] = (struct product){.session = &s, .name = names[i]};
	if (dump_guard(&s.dump, o->range.resume, &err) < 0 || read_options(&s, &err) < 0)
		code = diag_err(&err);
	else
		code = run_account(&s);
	api_close(&s.api);
	kraken_pairs_release(&s.pairs);
	free(s.products);
	free(s.ranges);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.url = NULL};
	char **names = prog_begin(&program, &o, &o.common, argc, argv);

	return prog_end(run(&o, names));
}
