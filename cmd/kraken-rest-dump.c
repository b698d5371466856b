/*
 * kraken-rest-dump: the trades that Kraken has had.
 *
 * stdin: a cursor, with --resume -. stdout: native Kraken trades, one JSON record a line, those of
 * one pair in the order of their ids.
 * Exit: 0 done, 1 failed, 2 usage, an unknown pair or a certificate, 3 trades are
 * missing or refused.
 */
#include <stdlib.h>

#include "base/append.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "market/kraken_pages.h"
#include "market/range.h"
#include "net/crawl.h"
#include "net/crawl_options.h"
#include "net/dump.h"
#include "venue/kraken_rest.h"

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
	struct kraken_rest rest;
	char *const *names;
	struct product *products;
	struct range *ranges; /* of the products */
	size_t n;
	struct kraken_run run;
};

/* A lockout ends all: it is said once. */
static enum crawl_verdict judge(
	struct session *s, enum kraken_verdict verdict, const struct err *err)
{
	if (verdict == KRAKEN_LOCKED)
		dump_be_banned(&s->dump, err, KRAKEN_LOCKOUT_NS);
	return kraken_rest_verdict(&s->rest, verdict);
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
	step = kraken_pages_next(&product->pages, kraken_rest_now(&s->rest), &path, &wait_ns);
	if (step == KRAKEN_PAGES_ASK)
		kraken_rest_ask(&s->rest, to, buf_span(&path), product->name);
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
		&product->pages, kraken_rest_now(&s->rest), answer->status, answer->body, err);

	look_around(s);
	return judge(s, verdict, err);
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
	const struct crawl_chain chain = kraken_rest_pairs(&s->rest);
	struct err err;

	if (!dump_chains(&s->dump, &chain, 1, 1))
		return false;
	if (s->rest.failure.code) {
		dump_fail(&s->dump, &s->rest.failure);
		return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct product *product = &s->products[i];

		product->pair = kraken_pairs_find(&s->rest.pairs, product->name, &err);
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

static int run(const struct options *o, char *const *names)
{
	const struct kraken_rest_settings asking = {"url", o->url, o->pace, o->crawl.budget_file,
		o->crawl.ca_file, o->crawl.connect_ms};
	struct session s = {.o = o, .names = names};
	struct err err;
	int code;

	dump_init(&s.dump, &o->crawl, &o->common);
	s.dump.written = &s.run.written;
	s.dump.unwritten = &s.run.unwritten;
	s.run = (struct kraken_run){.pairs = &s.rest.pairs,
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
	if (dump_guard(&s.dump, o->range.resume, &err) < 0 ||
		kraken_rest_open(&s.rest, &asking, &err) < 0) {
		code = diag_err(&err);
	} else {
		s.dump.budget = s.rest.api.budget;
		s.dump.http = s.rest.http;
		code = run_account(&s);
	}
	kraken_rest_close(&s.rest);
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
