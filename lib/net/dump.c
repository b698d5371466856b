#include "net/dump.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/guard.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/stamp.h"

void dump_init(
	struct dump *dump, const struct crawl_options *options, const struct prog_options *common)
{
	*dump = (struct dump){
		.options = options,
		.common = common,
		.http = {.ca_file = options->ca_file, .connect_ms = options->connect_ms},
		.start_ns = stamp_now(),
		.began_ns = stamp_monotonic(),
	};
}

int64_t dump_now(const struct dump *dump)
{
	return dump->start_ns + (stamp_monotonic() - dump->began_ns);
}

void dump_fail(struct dump *dump, const struct err *err)
{
	static const int rank[] = {
		[EXIT_DONE] = 0, [EXIT_PARTIAL] = 1, [EXIT_USAGE] = 2, [EXIT_FAILED] = 3};

	diag_err(err);
	if (rank[err->code] > rank[dump->code])
		dump->code = err->code;
}

void dump_be_banned(struct dump *dump, const struct err *err, int64_t hold_ns)
{
	dump->is_banned = true;
	if (hold_ns > 0)
		budget_hold(dump->budget, NULL, hold_ns);
	dump_fail(dump, err);
}

void dump_lose(struct dump *dump, const struct err *err)
{
	if (!dump->is_banned)
		dump_fail(dump, err);
}

int dump_guard(const struct dump *dump, const char *resume, struct err *err)
{
	const struct crawl_options *o = dump->options;
	struct guard guard = {.n = 0};

	if (guard_writes(&guard, o->output ? o->output : "-", "records go", err) < 0 ||
		guard_writes(&guard, dump->common->metrics_file, "metrics go", err) < 0 ||
		guard_writes(&guard, o->budget_file, "requests are noted", err) < 0 ||
		guard_reads(&guard, o->ca_file, err) < 0)
		return -1;
	return guard_reads(&guard, resume, err);
}

static int flush(void *arg)
{
	struct dump *dump = arg;

	return dump->out ? out_flush(dump->out) : 0;
}

bool dump_chains(struct dump *dump, const struct crawl_chain *chains, size_t n, size_t jobs)
{
	const struct crawl_settings settings = {
		.http = &dump->http,
		.budget = dump->budget,
		.jobs = jobs,
		.retry_ms = dump->options->retry_ms,
		.flush = flush,
		.arg = dump,
	};
	struct err err = {.code = EXIT_DONE};

	if (crawl_run(&settings, chains, n, &dump->counts, &err) < 0 && err.code)
		dump_fail(dump, &err);
	return !dump->code && !sig_stops();
}

static void close_output(struct dump *dump)
{
	uint64_t unwritten;

	if (!dump->out)
		return;
	dump->code = out_close(dump->out, dump->code, &unwritten);
	*dump->unwritten += unwritten;
	*dump->written -= unwritten;
}

/* The rows of a program, and behind them those of its requests; to be freed. */
static struct account_row *rows_of(
	const struct dump *dump, const struct account_row *own, size_t n, size_t *all)
{
	const struct crawl_counts *counts = &dump->counts;
	const struct account_row crawled[] = {
		{"requests", ACCOUNT_MEMO, &counts->requests, "requests made", true, true},
		{"retries", ACCOUNT_MEMO, &counts->retries, "requests made again", true, true},
		{"refusals", ACCOUNT_MEMO, &counts->refused, "requests that came too fast", true,
			true},
		{"waits_ms", ACCOUNT_MEMO, &counts->waits_ms, "milliseconds waited", true, true},
	};
	size_t more = sizeof crawled / sizeof *crawled;
	struct account_row *rows = mem_alloc(n + more, sizeof *rows);

	memcpy(rows, own, n * sizeof *own);
	memcpy(rows + n, crawled, sizeof crawled);
	*all = n + more;
	return rows;
}

int dump_account(struct dump *dump, const struct account_row *own, size_t n,
	void (*work)(void *arg), void *arg)
{
	const struct progress_view view = {.done = dump->written,
		.unit = "records",
		.part = &dump->part,
		.whole = &dump->whole,
		.more = crawl_counts_say,
		.arg = &dump->counts};
	struct account_row *rows = rows_of(dump, own, n, &n);
	bool quiet = dump->common->quiet;
	struct account *account;
	struct err err;
	int code;

	account = account_open(rows, n, dump->common->metrics_file, &err);
	if (!account) {
		free(rows);
		return diag_err(&err);
	}
	progress_begin(&dump->options->progress, quiet, &view);
	work(arg);
	progress_end();
	close_output(dump);
	code = account_close(account, dump->code, quiet);
	free(rows);
	return code;
}
