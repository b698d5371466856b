/*
 * binance-aggtrades-dump: the aggregate trades that Binance has had.
 *
 * stdin: a cursor, with --resume -. stdout: native aggTrades, one JSON record a line, those of one
 * symbol in the order of their ids.
 * Exit: 0 done, 1 failed, 2 usage, an unknown symbol or a certificate, 3 trades are missing or refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/account.h"
#include "base/append.h"
#include "base/diag.h"
#include "base/guard.h"
#include "base/mem.h"
#include "base/prog.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "market/binance_history.h"
#include "market/binance_options.h"
#include "market/range.h"
#include "net/api.h"
#include "net/crawl.h"
#include "net/crawl_options.h"
#include "net/supply.h"

enum {
	IDLE_MS = 30 * 1000,
	TOTAL_MS = 60 * 1000, /* of a request of the API; a download may take its time */
	PATH_BYTES = 2048,
};

/* Between two looks of a chain at what the other one does. */
#define GLANCE_NS (5 * STAMP_NS_PER_MS)

struct options {
	struct range_options range;
	struct binance_options binance;
	struct crawl_options crawl;
	struct prog_options common;
};

static const struct opt_program program = {
	.name = "binance-aggtrades-dump",
	.operands = "symbol ...",
	.operands_min = 1,
	.summary = "Write the aggregate trades that Binance has had, one JSON record a line.",
	.tables = {{range_rows, offsetof(struct options, range)},
		{binance_options, offsetof(struct options, binance)},
		{crawl_options, offsetof(struct options, crawl)},
		{prog_options, offsetof(struct options, common)}},
};

/* A symbol: one chain fetches its days, another one makes records of them, and asks the API. */
struct product {
	struct dump *dump;
	const char *name;
	struct binance_history history;
	struct supply supply;
	struct binance_days days; /* to be fetched, */
	bool has_days;		  /* which is known */
	bool is_over;
};

/* The program at work. */
struct dump {
	const struct options *o;
	struct api api, archives;
	int64_t start_ns;
	int64_t began_ns; /* monotonic, at start_ns */
	struct http_settings http;
	char *const *names;
	struct product *products;
	struct range *ranges; /* of the products */
	size_t n;
	struct binance_run run;
	struct crawl_counts counts;
	uint64_t part, whole; /* of all products */
	bool is_banned;
	int code;
};

static int64_t now_ns(const struct dump *d)
{
	return d->start_ns + (stamp_monotonic() - d->began_ns);
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

static enum crawl_step wait_for(struct crawl_ask *to, int64_t ns)
{
	to->not_before = stamp_monotonic() + ns;
	return CRAWL_WAIT;
}

/* All chains will be told that they have ended: it is said once, here. */
static void be_banned(struct dump *d, const struct err *err, int64_t wait_ns)
{
	d->is_banned = true;
	if (wait_ns > 0)
		budget_hold(d->api.budget, NULL, wait_ns);
	fail(d, err);
}

static enum crawl_verdict verdict_of(enum binance_verdict verdict)
{
	static const enum crawl_verdict verdicts[] = {
		[BINANCE_TAKEN] = CRAWL_TAKEN,
		[BINANCE_AGAIN] = CRAWL_AGAIN,
		[BINANCE_TOO_FAST] = CRAWL_REFUSED,
		[BINANCE_FAILED] = CRAWL_FAILED,
		[BINANCE_BANNED] = CRAWL_BANNED,
	};

	return verdicts[verdict];
}

/* The chains that fetch the days of a symbol. */

static void end_product(struct product *p, const struct err *err)
{
	p->is_over = true;
	if (!p->dump->is_banned)
		fail(p->dump, err);
}

/* Names the next day's archive; there may be none left. */
static void begin_day(struct product *p)
{
	const struct binance_chain *chain = &p->history.chain;
	const struct dump *d = p->dump;
	struct buf url, path;

	if (p->days.next > p->days.last) {
		supply_finish(&p->supply);
		return;
	}
	buf_init(&url, PATH_BYTES);
	buf_init(&path, PATH_BYTES);
	buf_add(&url, d->archives.url);
	binance_days_path(&url, d->run.market, chain->escaped, p->days.next);
	binance_days_path(&path, d->run.market, chain->symbol, p->days.next);
	supply_fetch(
		&p->supply, p->days.next++, buf_span(&url), path.data, d->o->binance.archive_dir);
	buf_release(&url);
	buf_release(&path);
}

/* What nobody will read is not fetched to its end. */
static int take_piece(void *arg, struct span piece)
{
	struct product *p = arg;

	return p->is_over ? -1 : supply_fetch_piece(&p->supply, piece);
}

static enum crawl_step next_download(void *arg, struct crawl_ask *to)
{
	struct product *p = arg;
	enum crawl_step step;
	struct err err;

	p->has_days = p->has_days || binance_history_days(&p->history, &p->days);
	if (p->has_days && supply_wants(&p->supply))
		begin_day(p);
	if (p->is_over || p->supply.is_over)
		return CRAWL_DONE;
	step = supply_fetch_next(&p->supply, to, &err);
	if (supply_is_file(&p->supply))
		to->piece = take_piece;
	if (step == CRAWL_DONE)
		end_product(p, &err);
	return step;
}

static enum crawl_verdict take_download(
	void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct product *p = arg;

	return p->is_over ? CRAWL_TAKEN : supply_fetch_take(&p->supply, answer, err);
}

/* Where the archives cannot be had the API may. */
static void end_download(void *arg, const struct err *err)
{
	struct product *p = arg;

	supply_finish(&p->supply);
	if (p->dump->is_banned || supply_has_failed(&p->supply) || !p->dump->run.has_api)
		end_product(p, err);
	else
		diag_warning("%s; the API is asked for all that is left", err->text);
}

/* The chains that write a symbol's records. */

static void look_around(struct dump *d)
{
	uint64_t part = 0;

	for (size_t i = 0; i < d->n; i++)
		part += binance_history_part(&d->products[i].history);
	d->part = part;
	progress_step();
}

/* Opens the next day, where it is there. */
static enum crawl_step open_day(struct product *p, struct crawl_ask *to)
{
	int64_t day = 0;
	struct err err = {.text = ""};
	enum supply_state state = supply_next(&p->supply, &day, &err);

	if (state == SUPPLY_NOT_YET)
		return wait_for(to, GLANCE_NS);
	if (state == SUPPLY_NO_MORE)
		binance_history_last(&p->history);
	else if (state == SUPPLY_OPEN)
		binance_history_open(&p->history, day);
	else
		binance_history_lack(&p->history, day, state == SUPPLY_MISSING, err.text);
	return CRAWL_BUSY;
}

static enum crawl_step read_day(struct product *p)
{
	struct span bytes;
	struct err err;
	int more = supply_read(&p->supply, &bytes, &err);

	if (more > 0)
		binance_history_read(&p->history, bytes);
	else if (more == 0)
		binance_history_end(&p->history);
	else
		binance_history_damaged(&p->history, err.text);
	look_around(p->dump);
	return CRAWL_BUSY;
}

static void take_header(void *arg, struct span name, struct span value)
{
	const struct dump *d = ((const struct product *)arg)->dump;
	uint32_t used;

	if (binance_answer_used(name, value, &used))
		budget_saw(d->api.budget, &d->run.weight, used);
}

static void ask_api(const struct product *p, struct crawl_ask *to, const struct buf *path)
{
	static const char *const headers[] = {BINANCE_UNIT_HEADER, NULL};

	buf_add(&to->url, p->dump->api.url);
	buf_add(&to->url, buf_span(path));
	to->headers = headers;
	to->header = take_header;
	to->total_ms = TOTAL_MS;
	to->lane = p->dump->run.weight;
	to->units = binance_history_weight(&p->history);
}

static enum crawl_step next_work(void *arg, struct crawl_ask *to)
{
	struct product *p = arg;
	enum binance_history_step step = BINANCE_HISTORY_DONE;
	struct buf path;
	int64_t wait_ns;

	buf_init(&path, PATH_BYTES);
	if (!p->is_over)
		step = binance_history_next(&p->history, now_ns(p->dump), &path, &wait_ns);
	if (step == BINANCE_HISTORY_ASK)
		ask_api(p, to, &path);
	buf_release(&path);
	switch (step) {
	case BINANCE_HISTORY_ASK:
		return CRAWL_ASK;
	case BINANCE_HISTORY_WAIT:
		return wait_for(to, wait_ns);
	case BINANCE_HISTORY_DAY:
		return open_day(p, to);
	case BINANCE_HISTORY_BYTES:
		return read_day(p);
	case BINANCE_HISTORY_DONE:
		break;
	}
	p->is_over = true;
	return CRAWL_DONE;
}

static enum crawl_verdict take_work(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct product *p = arg;
	struct dump *d = p->dump;
	int64_t wait_ns;
	enum binance_verdict verdict = binance_history_take(
		&p->history, now_ns(d), answer->status, answer->body, &wait_ns, err);

	if (verdict == BINANCE_FAILED || verdict == BINANCE_BANNED) {
		struct err why = *err;
		err_set(err, why.code, "cannot get trades of '%s': %s", p->name, why.text);
	}
	if (verdict == BINANCE_BANNED)
		be_banned(d, err, wait_ns);
	look_around(d);
	return verdict_of(verdict);
}

static void end_work(void *arg, const struct err *err)
{
	struct product *p = arg;
	struct err why = *err;

	binance_history_give_up(&p->history, &why);
	look_around(p->dump);
	end_product(p, &why);
}

static int flush(void *arg)
{
	struct dump *d = arg;

	return out_flush(d->run.out);
}

static void dump_all(struct dump *d)
{
	const struct crawl_settings settings = {
		.http = &d->http,
		.budget = d->api.budget,
		.jobs = d->run.has_archives ? 2 * d->o->crawl.jobs : d->o->crawl.jobs,
		.retry_ms = d->o->crawl.retry_ms,
		.flush = flush,
		.arg = d,
	};
	struct crawl_chain *chains = mem_alloc(2 * d->n, sizeof *chains);
	struct err err = {.code = EXIT_DONE};
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct product *p = &d->products[i];
		if (d->run.has_archives)
			chains[n++] = (struct crawl_chain){
				p->name, next_download, take_download, end_download, p};
		chains[n++] = (struct crawl_chain){p->name, next_work, take_work, end_work, p};
	}
	look_around(d);
	if (crawl_run(&settings, chains, n, &d->counts, &err) < 0 && err.code)
		fail(d, &err);
	free(chains);
}

static int begin_products(struct dump *d, struct err *err)
{
	static const char *const exchanges[] = {"binance", "binance-um", "binance-cm"};

	if (range_read(&d->o->range, exchanges[d->o->binance.market], d->o->crawl.output,
		    d->start_ns, d->names, d->n, d->ranges, err) < 0)
		return -1;
	for (size_t i = 0; i < d->n; i++)
		if (binance_history_init(&d->products[i].history, &d->run, &d->ranges[i],
			    d->o->range.page_size, d->start_ns, err) < 0)
			return -1;
	return 0;
}

static void work(struct dump *d)
{
	struct append append;
	struct err err;

	append_look(&append, d->o->crawl.output);
	if (begin_products(d, &err) == 0 && (d->run.out = append_open(&append, &err)))
		dump_all(d);
	else if (!sig_stops())
		fail(d, &err);
}

static int run_account(struct dump *d)
{
	const struct account_row crawled[] = {
		{"requests", ACCOUNT_MEMO, &d->counts.requests, "requests made", true, true},
		{"retries", ACCOUNT_MEMO, &d->counts.retries, "requests made again", true, true},
		{"refusals", ACCOUNT_MEMO, &d->counts.refused, "requests that came too fast", true,
			true},
		{"waits_ms", ACCOUNT_MEMO, &d->counts.waits_ms, "milliseconds waited", true, true},
	};
	enum { CRAWLED = sizeof crawled / sizeof *crawled };
	const struct progress_view view = {.done = &d->run.written,
		.unit = "records",
		.part = &d->part,
		.whole = &d->whole,
		.more = crawl_counts_say,
		.arg = &d->counts};
	struct account_row rows[BINANCE_RUN_ROWS + CRAWLED];
	size_t n = binance_run_rows(&d->run, rows);
	struct account *account;
	uint64_t unwritten;
	struct err err;

	memcpy(rows + n, crawled, sizeof crawled);
	account = account_open(rows, n + CRAWLED, d->o->common.metrics_file, &err);
	if (!account)
		return diag_err(&err);
	progress_begin(&d->o->crawl.progress, d->o->common.quiet, &view);
	work(d);
	progress_end();
	if (d->run.out) {
		d->code = out_close(d->run.out, d->code, &unwritten);
		d->run.unwritten += unwritten;
		d->run.written -= unwritten;
	}
	return account_close(account, d->code, d->o->common.quiet);
}

static int read_urls(struct dump *d, struct err *err)
{
	const struct binance_options *o = &d->o->binance;

	if (api_read(&d->api, "url", o->url, err) < 0 ||
		api_read(&d->archives, "archive-url", o->archive_url, err) < 0)
		return -1;
	api_open_budget(&d->api, d->o->crawl.budget_file);
	return 0;
}

static int check_options(const struct options *o, struct err *err)
{
	struct guard guard = {.n = 0};

	if (binance_options_check(&o->binance, o->range.ids != NULL, err) < 0)
		return -1;
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
		.start_ns = stamp_now(),
		.began_ns = stamp_monotonic(),
		.http = {o->crawl.ca_file, o->crawl.connect_ms, IDLE_MS, 0},
	};
	struct err err;
	int code;

	binance_run_init(&d.run, &o->binance, o->range.ids != NULL, o->range.limit);
	while (names[d.n])
		d.n++;
	d.whole = d.n * BINANCE_HISTORY_WHOLE;
	d.ranges = mem_alloc(d.n, sizeof *d.ranges);
	d.products = mem_alloc(d.n, sizeof *d.products);
	for (size_t i = 0; i < d.n; i++) {
		d.products[i] = (struct product){.dump = &d, .name = names[i]};
		supply_init(&d.products[i].supply);
	}
	code = check_options(o, &err) < 0 || read_urls(&d, &err) < 0 ? (int)diag_err(&err)
								     : run_account(&d);
	for (size_t i = 0; i < d.n; i++) {
		supply_release(&d.products[i].supply);
		binance_history_release(&d.products[i].history);
	}
	api_close(&d.api);
	free(d.products);
	free(d.ranges);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.crawl.output = NULL};
	char **names = prog_begin(&program, &o, &o.common, argc, argv);

	return prog_end(run(&o, names));
}
