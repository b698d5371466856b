/*
 * Drives lib/net/crawl for tests/net/crawl.t: chain I gets BASE/chain/I?n=0 and so on, one page after
 * the other, and writes what becomes of each to standard output. With turns=N, more=N or fd=N it goes
 * by crawl_turn(), else by crawl_run().
 *
 * usage: crawl-tool [NAME=VALUE ...] BASE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/crawl.h"

struct tool {
	const char *base;
	const char *ca, *budget, *lane; /* "one" for all, "own" for each, else none */
	uint64_t chains, pages, jobs, retry, interval, idle, total, limit;
	uint64_t busy;	  /* pieces of work before each page */
	uint64_t until;	  /* 1: chain 0 works until all others are done */
	uint64_t pause;	  /* milliseconds after each page but the last, */
	uint64_t aside;	  /* 1: in which others may have its place */
	uint64_t anew;	  /* the attempt at a page that is as good as the first one; 0: none */
	uint64_t endures; /* 1: a certificate that is not trusted */
	uint64_t time;	  /* 1: it has time */
	uint64_t file;	  /* 1: in pieces; 2: which are refused */
	uint64_t flush;	  /* the number of the flush that fails; 0: none */
	uint64_t flushes, done, quiet;

	uint64_t turns;	  /* after which it ends, though chains are under way */
	uint64_t timeout; /* of each turn; -1 by default */
	uint64_t fd;	  /* 1: of a pipe that can be read all the time */
	uint64_t more;	  /* chains that are added, one each time by: */
	const char *from; /* next, take, ended, piece, flush; or "done", when none is left */
	struct crawl *crawl;
	struct chain *states;
	uint64_t added; /* the first ones included */
};

struct chain {
	struct tool *tool;
	char name[32], lane[32];
	uint64_t number, page, worked, bytes, attempts;
	bool rested;
};

static enum crawl_step next(void *arg, struct crawl_ask *ask);
static enum crawl_verdict take(void *arg, const struct crawl_answer *answer, struct err *err);
static void ended(void *arg, const struct err *err);

static struct crawl_chain make_chain(struct tool *tool)
{
	uint64_t i = tool->added++;
	struct chain *state = &tool->states[i];

	*state = (struct chain){.tool = tool, .number = i};
	snprintf(state->name, sizeof state->name, "chain-%" PRIu64, i);
	if (strcmp(tool->lane, "none") != 0)
		snprintf(state->lane, sizeof state->lane, "lane-%" PRIu64,
			strcmp(tool->lane, "one") == 0 ? 0 : i);
	return (struct crawl_chain){
		.name = state->name, .next = next, .take = take, .ended = ended, .arg = state};
}

/* The struct given to crawl_add() does not outlive the call. */
static void add_from(struct tool *tool, const char *where)
{
	struct crawl_chain *chain;

	if (!tool->more || strcmp(tool->from, where) != 0)
		return;
	tool->more--;
	chain = malloc(sizeof *chain);
	*chain = make_chain(tool);
	printf("added %" PRIu64 " by %s, count %zu\n", tool->added - 1, where,
		crawl_count(tool->crawl));
	crawl_add(tool->crawl, chain);
	memset(chain, 0xff, sizeof *chain);
	free(chain);
}

static bool works(struct chain *c)
{
	if (c->tool->until && c->number == 0)
		return c->tool->done + 1 < c->tool->chains;
	if (c->worked == c->tool->busy)
		return false;
	if (!c->tool->quiet || !c->worked)
		printf("busy %" PRIu64 "\n", c->number);
	c->worked++;
	return true;
}

static void ask_for_page(struct chain *c, struct crawl_ask *ask);

static enum crawl_step next(void *arg, struct crawl_ask *ask)
{
	struct chain *c = arg;

	add_from(c->tool, "next");
	if (c->page == c->tool->pages) {
		printf("done %" PRIu64 "\n", c->number);
		c->tool->done++;
		return CRAWL_DONE;
	}
	if (works(c))
		return CRAWL_BUSY;
	if (c->tool->pause && c->page && !c->rested) {
		c->rested = true;
		ask->not_before = stamp_monotonic() + (int64_t)c->tool->pause * STAMP_NS_PER_MS;
		return c->tool->aside ? CRAWL_ASIDE : CRAWL_WAIT;
	}
	ask_for_page(c, ask);
	return CRAWL_ASK;
}

static int on_piece(void *arg, struct span piece)
{
	struct chain *c = arg;

	add_from(c->tool, "piece");
	c->bytes += piece.n;
	return c->tool->file == 2 ? -1 : 0;
}

static void on_header(void *arg, struct span name, struct span value)
{
	const struct chain *c = arg;

	if (span_is_text(name, "X-Used"))
		printf("used %" PRIu64 " %.*s\n", c->number, (int)value.n, value.p);
}

static void ask_for_page(struct chain *c, struct crawl_ask *ask)
{
	static const char *const headers[] = {"X-Test: crawl", NULL};

	buf_add_text(&ask->url, c->tool->base);
	buf_add_text(&ask->url, "/chain/");
	buf_add_u64(&ask->url, c->number);
	buf_add_text(&ask->url, "?n=");
	buf_add_u64(&ask->url, c->page);
	ask->headers = headers;
	ask->header = on_header;
	ask->total_ms = c->tool->limit;
	ask->units = 1;
	ask->anew = ++c->attempts == c->tool->anew;
	ask->endures = c->tool->endures;
	ask->has_time = c->tool->time;
	if (c->lane[0])
		ask->lane = (struct budget_lane){
			.name = c->lane, .interval_us = (uint32_t)c->tool->interval};
	c->bytes = 0;
	if (c->tool->file) {
		ask->piece = on_piece;
		ask->identity = true;
	}
}

static enum crawl_verdict take(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct chain *c = arg;
	uint64_t n = answer->body.n + c->bytes;

	add_from(c->tool, "take");
	if (!(c->tool->file && answer->status == 200) && crawl_temporary(answer, err))
		return CRAWL_AGAIN;
	if (answer->status == 429) {
		err_set(err, EXIT_FAILED, "too many requests");
		return CRAWL_REFUSED;
	}
	err_set(err, EXIT_FAILED, "chain %" PRIu64 " got status %ld", c->number, answer->status);
	if (answer->status == 418)
		return CRAWL_BANNED;
	if (answer->status != 200 || c->tool->file == 2)
		return CRAWL_FAILED;
	printf("taken %" PRIu64 " %" PRIu64 " %" PRIu64 " %.*s\n", c->number, c->page, n,
		span_shown(answer->body), answer->body.n ? answer->body.p : "");
	c->page++;
	c->worked = c->attempts = 0;
	c->rested = false;
	return CRAWL_TAKEN;
}

static void ended(void *arg, const struct err *err)
{
	const struct chain *c = arg;

	c->tool->done++;
	printf("ended %" PRIu64 " %d %s\n", c->number, err->code, err->text);
	add_from(c->tool, "ended");
}

static int flush(void *arg)
{
	struct tool *tool = arg;

	add_from(tool, "flush");
	fflush(stdout);
	return ++tool->flushes == tool->flush ? -1 : 0;
}

static int run_all(struct tool *tool, const struct crawl_settings *settings,
	struct crawl_counts *counts, struct err *err)
{
	struct crawl_chain *chains = calloc(tool->chains, sizeof *chains);
	int result;

	for (size_t i = 0; i < tool->chains; i++)
		chains[i] = make_chain(tool);
	result = crawl_run(settings, chains, tool->chains, counts, err);
	free(chains);
	return result;
}

/* Turns until there is nothing left to do, or to add. */
static int turn_all(struct tool *tool, struct err *err)
{
	int ends[2] = {-1, -1}, result = 0;
	uint64_t turns = 0;

	if (tool->fd && (pipe(ends) < 0 || write(ends[1], "", 1) != 1))
		return -1;
	while (result == 0 && !sig_stops() && crawl_count(tool->crawl) && turns++ < tool->turns) {
		result = crawl_turn(tool->crawl, ends[0], (int64_t)tool->timeout, err);
		if (!crawl_count(tool->crawl))
			add_from(tool, "done");
	}
	printf("left %zu\n", crawl_count(tool->crawl));
	return result;
}

static int run_in_turns(struct tool *tool, const struct crawl_settings *settings,
	struct crawl_counts *counts, struct err *err)
{
	int result;

	if (tool->turns == 0)
		tool->turns = UINT64_MAX;
	tool->crawl = crawl_open(settings, counts, err);
	if (!tool->crawl)
		return -1;
	for (size_t i = 0; i < tool->chains; i++) {
		struct crawl_chain chain = make_chain(tool);
		crawl_add(tool->crawl, &chain);
	}
	result = turn_all(tool, err);
	crawl_close(tool->crawl);
	return result;
}

static int run(struct tool *tool)
{
	struct http_settings http = {.ca_file = tool->ca,
		.connect_ms = 3000,
		.idle_ms = tool->idle,
		.total_ms = tool->total};
	struct crawl_settings settings = {.http = &http,
		.jobs = tool->jobs,
		.retry_ms = tool->retry,
		.flush = flush,
		.arg = tool};
	struct crawl_counts counts = {.requests = 0};
	struct err err = {.code = EXIT_DONE};
	int result;

	settings.budget = budget_open(tool->budget, span_text("test"), &err);
	err.text[0] = '\0';
	result = tool->turns || tool->more || tool->fd
		? run_in_turns(tool, &settings, &counts, &err)
		: run_all(tool, &settings, &counts, &err);
	printf("run %d %d %s\n", result, err.code, result < 0 ? err.text : "");
	printf("counts requests=%" PRIu64 " retries=%" PRIu64 " refused=%" PRIu64 " waits=%s "
	       "flushes=%s\n",
		counts.requests, counts.retries, counts.refused, counts.waits_ms ? "some" : "none",
		tool->flushes ? "some" : "none");
	budget_close(settings.budget);
	return result;
}

static int number(const char *word, const char *name, uint64_t *value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0 || word[n] != '=')
		return -1;
	return num_u64(span_text(word + n + 1), value);
}

static void read_word(struct tool *tool, const char *word)
{
	const struct {
		const char *name;
		uint64_t *value;
	} words[] = {{"chains", &tool->chains}, {"pages", &tool->pages}, {"jobs", &tool->jobs},
		{"retry", &tool->retry}, {"interval", &tool->interval}, {"idle", &tool->idle},
		{"total", &tool->total}, {"limit", &tool->limit}, {"busy", &tool->busy},
		{"until", &tool->until}, {"pause", &tool->pause}, {"file", &tool->file},
		{"flush", &tool->flush}, {"quiet", &tool->quiet}, {"turns", &tool->turns},
		{"timeout", &tool->timeout}, {"fd", &tool->fd}, {"more", &tool->more},
		{"aside", &tool->aside}, {"anew", &tool->anew}, {"endures", &tool->endures},
		{"time", &tool->time}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (number(word, words[i].name, words[i].value) == 0)
			return;
	if (strncmp(word, "ca=", 3) == 0)
		tool->ca = word + 3;
	else if (strncmp(word, "budget=", 7) == 0)
		tool->budget = word + 7;
	else if (strncmp(word, "lane=", 5) == 0)
		tool->lane = word + 5;
	else if (strncmp(word, "from=", 5) == 0)
		tool->from = word + 5;
	else
		diag_die(EXIT_USAGE, "cannot read '%s': no such word", word);
}

int main(int argc, char **argv)
{
	struct tool tool = {.base = argv[argc - 1],
		.chains = 1,
		.pages = 1,
		.jobs = 8,
		.retry = 10000,
		.idle = 5000,
		.lane = "none",
		.from = "",
		.timeout = UINT64_MAX};
	static char shown[1 << 20];

	diag_init("crawl-tool");
	sig_init(10000);
	setvbuf(stdout, shown, _IOFBF, sizeof shown);
	for (int i = 1; i < argc - 1; i++)
		read_word(&tool, argv[i]);
	tool.states = calloc(tool.chains + tool.more, sizeof *tool.states);
	run(&tool);
	free(tool.states);
	return fflush(stdout) == 0 ? 0 : 1;
}
