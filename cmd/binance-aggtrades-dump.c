/*
 * binance-aggtrades-dump: the aggregate trades that Binance has had.
 *
 * stdin: a cursor, with --resume -. stdout: native aggTrades, one JSON record a line, those of one
 * symbol in the order of their ids.
 * Exit: 0 done, 1 failed, 2 usage, an unknown symbol or a certificate, 3 trades are
 * missing or refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/append.h"
#include "base/diag.h"
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
#include "net/dump.h"
#include "net/supply.h"

enum {
	IDLE_MS = 30 * 1000,
	TOTAL_MS = 60 * 1000, /* of a request of the API; a download may take its time */
	PATH_BYTES = 2048,
	KEY_BYTES = 512, /* of a header with a key */
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
	struct session *session;
	const char *name;
	struct binance_history history;
	struct supply supply;
	struct binance_days days; /* to be fetched, */
	bool has_days;		  /* which is known */
	bool is_over;
};

/* The program at work. */
struct session {
	const struct options *o;
	struct dump dump;
	struct api api, archives;
	char *const *names;
	struct product *products;
	struct range *ranges; /* of the products */
	size_t n;
	struct binance_run run;
	char *key_header;	/* NULL: no key */
	const char *headers[3]; /* of requests to the API */
};

static enum crawl_step wait_for(struct crawl_ask *to, int64_t ns)
{
	to->not_before = stamp_monotonic() + ns;
	return CRAWL_WAIT;
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
	dump_lose(&p->session->dump, err);
}

/* Names the next day's archive; there may be none left. */
static void begin_day(struct product *p)
{
	const struct binance_chain *chain = &p->history.chain;
	const struct session *s = p->session;
	struct buf url, path;

	if (p->days.next > p->days.last) {
		supply_finish(&p->supply);
		return;
	}
	buf_init(&url, PATH_BYTES);
	buf_init(&path, PATH_BYTES);
	buf_add(&url, s->archives.url);
	binance_days_path(&url, s->run.market, chain->escaped, p->days.next);
	binance_days_path(&path, s->run.market, chain->symbol, p->days.next);
	supply_fetch(
		&p->supply, p->days.next++, buf_span(&url), path.data, s->o->binance.archive_dir);
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
	if (p->session->dump.is_banned || supply_has_failed(&p->supply) || !p->session->run.has_api)
		end_product(p, err);
	else
		diag_warning("%s; the API is asked for all that is left", err->text);
}

/* The chains that write a symbol's records. */

static void look_around(struct session *s)
{
	uint64_t part = 0;

	for (size_t i = 0; i < s->n; i++)
		part += binance_history_part(&s->products[i].history);
	s->dump.part = part;
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
	look_around(p->session);
	return CRAWL_BUSY;
}

static void take_header(void *arg, struct span name, struct span value)
{
	const struct session *s = ((const struct product *)arg)->session;
	uint32_t used;

	if (binance_answer_used(name, value, &used))
		budget_saw(s->api.budget, &s->run.weight, used);
}

static void ask_api(const struct product *p, struct crawl_ask *to, const struct buf *path)
{
	buf_add(&to->url, p->session->api.url);
	buf_add(&to->url, buf_span(path));
	to->headers = p->session->headers;
	to->header = take_header;
	to->total_ms = TOTAL_MS;
	to->lane = p->session->run.weight;
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
		step = binance_history_next(
			&p->history, dump_now(&p->session->dump), &path, &wait_ns);
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
	struct session *s = p->session;
	int64_t wait_ns;
	enum binance_verdict verdict = binance_history_take(
		&p->history, dump_now(&s->dump), answer->status, answer->body, &wait_ns, err);

	if (verdict == BINANCE_FAILED || verdict == BINANCE_BANNED) {
		struct err why = *err;
		err_set(err, why.code, "cannot get trades of '%s': %s", p->name, why.text);
	}
	if (verdict == BINANCE_BANNED)
		dump_be_banned(&s->dump, err, wait_ns);
	look_around(s);
	return verdict_of(verdict);
}

static void end_work(void *arg, const struct err *err)
{
	struct product *p = arg;
	struct err why = *err;

	binance_history_give_up(&p->history, &why);
	look_around(p->session);
	end_product(p, &why);
}

static void dump_all(struct session *s)
{
	size_t jobs = s->o->crawl.jobs;
	struct crawl_chain *chains = mem_alloc(2 * s->n, sizeof *chains);
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct product *p = &s->products[i];
		if (s->run.has_archives)
			chains[n++] = (struct crawl_chain){
				p->name, next_download, take_download, end_download, p};
		chains[n++] = (struct crawl_chain){p->name, next_work, take_work, end_work, p};
	}
	look_around(s);
	dump_chains(&s->dump, chains, n, s->run.has_archives ? 2 * jobs : jobs);
	free(chains);
}

static int begin_products(struct session *s, struct err *err)
{
	static const char *const exchanges[] = {"binance", "binance-um", "binance-cm"};

	if (range_read(&s->o->range, exchanges[s->o->binance.market], s->o->crawl.output,
		    s->dump.start_ns, s->names, s->n, s->ranges, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (binance_history_init(&s->products[i].history, &s->run, &s->ranges[i],
			    s->o->range.page_size, s->dump.start_ns, err) < 0)
			return -1;
	return 0;
}

static void work(void *arg)
{
	struct session *s = arg;
	struct append append;
	struct err err;

	append_look(&append, s->o->crawl.output);
	if (begin_products(s, &err) == 0 && (s->run.out = s->dump.out = append_open(&append, &err)))
		dump_all(s);
	else if (!sig_stops())
		dump_fail(&s->dump, &err);
}

static int run_account(struct session *s)
{
	struct account_row rows[BINANCE_RUN_ROWS];
	size_t n = binance_run_rows(&s->run, rows);

	return dump_account(&s->dump, rows, n, work, s);
}

static int read_urls(struct session *s, struct err *err)
{
	const struct binance_options *o = &s->o->binance;

	if (api_read(&s->api, "url", o->url, err) < 0 ||
		api_read(&s->archives, "archive-url", o->archive_url, err) < 0)
		return -1;
	api_open_budget(&s->api, s->o->crawl.budget_file);
	s->dump.budget = s->api.budget;
	return 0;
}

/* -1 and *err where it is no text for a header; it is never shown. */
static int make_headers(struct session *s, struct err *err)
{
	const char *key = getenv("BINANCE_API_KEY");
	struct buf text;

	s->headers[0] = BINANCE_UNIT_HEADER;
	if (!key || !*key)
		return 0;
	for (const char *at = key; *at; at++)
		if (*at <= ' ' || *at > '~')
			return err_set(err, EXIT_USAGE,
				"cannot use BINANCE_API_KEY: it has blanks or what is no ASCII");
	buf_init(&text, KEY_BYTES);
	if (buf_printf(&text, "X-MBX-APIKEY: %s", key) < 0)
		return err_set(err, EXIT_USAGE,
			"cannot use BINANCE_API_KEY: it is over %d bytes long", KEY_BYTES);
	s->key_header = text.data;
	s->headers[1] = s->key_header;
	return 0;
}

static int check_options(const struct session *s, struct err *err)
{
	const struct range_options *range = &s->o->range;

	if (binance_options_check(&s->o->binance, range->ids != NULL, err) < 0)
		return -1;
	return dump_guard(&s->dump, range->resume, err);
}

static int run(const struct options *o, char *const *names)
{
	struct session s = {.o = o, .names = names};
	struct err err;
	int code;

	dump_init(&s.dump, &o->crawl, &o->common);
	s.dump.http.idle_ms = IDLE_MS;
	s.dump.written = &s.run.written;
	s.dump.unwritten = &s.run.unwritten;
	binance_run_init(&s.run, &o->binance, o->range.ids != NULL, o->range.limit);
	while (names[s.n])
		s.n++;
	s.dump.whole = s.n * BINANCE_HISTORY_WHOLE;
	s.ranges = mem_alloc(s.n, sizeof *s.ranges);
	s.products = mem_alloc(s.n, sizeof *s.products);
	for (size_t i = 0; i < s.n; i++) {
		s.products[i] = (struct product){.session = &s, .name = names[i]};
		supply_init(&s.products[i].supply);
	}
	if (check_options(&s, &err) < 0 || make_headers(&s, &err) < 0 || read_urls(&s, &err) < 0)
		code = diag_err(&err);
	else
		code = run_account(&s);
	for (size_t i = 0; i < s.n; i++) {
		supply_release(&s.products[i].supply);
		binance_history_release(&s.products[i].history);
	}
	api_close(&s.api);
	free(s.key_header);
	free(s.products);
	free(s.ranges);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {.crawl.output = NULL};
	char **names = prog_begin(&program, &o, &o.common, argc, argv);

	return prog_end(run(&o, names));
}
