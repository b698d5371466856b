/* The history of a pair, page by page, against a small Kraken in memory. */
#include "market/kraken_pages.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"

#include "child.h"
#include "kraken_pages_table.h"
#include "prices.h"
#include "tap.h"
#include "written.h"

#define T0 (INT64_C(1700000000) * STAMP_NS_PER_S)
#define AT(n) (T0 + (n)*STAMP_NS_PER_S) /* a second for each trade */

enum { REQUESTS_MAX = 150, COUNT_ALL = 1000 };

static int64_t true_ns(const struct kraken *k, unsigned n)
{
	unsigned step = k->group ? (n - 1) / k->group : n;

	return (n == k->odd ? AT(100000) : AT(step)) + 54321 + (step % 7) * 100;
}

/* As the row shows it: a double, or four digits for old trades. */
static int64_t shown_ns(const struct kraken *k, unsigned n)
{
	int64_t unit = n < k->ids_from ? 100000 : 100;

	return (true_ns(k, n) + unit / 2) / unit * unit;
}

static void add_row(struct buf *b, const struct kraken *k, unsigned n)
{
	int64_t ns = shown_ns(k, n);
	uint64_t id = k->anew && n >= k->anew ? n - k->anew + 1 : n;

	buf_printf(b, "[\"%s%u\",\"1\",%" PRId64 ".%0*" PRId64 ",\"b\",\"l\",\"\"",
		n == k->bad ? "x" : "", n, ns / STAMP_NS_PER_S, n < k->ids_from ? 4 : 7,
		ns % STAMP_NS_PER_S / (n < k->ids_from ? 100000 : 100));
	if (n < k->ids_from || (n >= k->no_id[0] && n <= k->no_id[1]))
		buf_add_text(b, n % 2 ? "]" : ",0]");
	else if (n == k->bad && n % 2)
		buf_add_text(b, ",\"?\"]");
	else
		buf_printf(b, ",%" PRIu64 "]", id);
}

static bool shows(const struct kraken *k, unsigned n, unsigned request)
{
	if (n >= k->lacks[0] && n <= k->lacks[1])
		return false;
	if (request <= k->hides_till && n >= k->hides[0] && n <= k->hides[1])
		return false;
	if (request <= k->head_till || (k->head_from && request >= k->head_from))
		return n <= k->head;
	return true;
}

static void answer(
	struct buf *b, const struct kraken *k, uint64_t since, unsigned count, unsigned request)
{
	unsigned rows = 0, last = 0, n = 1;

	if (k->cap && count > k->cap)
		count = k->cap;
	if (request < 64 && k->few_at >> request & 1 && count > k->few)
		count = k->few;
	buf_clear(b);
	buf_add_text(b, "{\"error\":[],\"result\":{\"XXBTZUSD\":[");
	while (n <= k->trades && (uint64_t)true_ns(k, n) < since + k->exclusive)
		n++;
	for (; n <= k->trades && rows < count; n++) {
		unsigned m = n == k->swaps ? n + 1 : n == k->swaps + 1 && k->swaps ? n - 1 : n;

		if (!shows(k, m, request))
			continue;
		if (rows++)
			buf_add_text(b, ",");
		add_row(b, k, m);
		if (m == k->twice && rows++) {
			buf_add_text(b, ",");
			add_row(b, k, m);
		}
		last = m;
	}
	buf_add_text(b, "]");
	if (k->last_zero)
		buf_add_text(b, ",\"last\":\"0\"");
	else if (!k->no_last)
		buf_printf(b, ",\"last\":\"%" PRIu64 "\"",
			last ? (uint64_t)true_ns(k, last) + (k->last_late ? 5000000000u : 0)
			     : since);
	buf_add_text(b, "}}");
}

static void set_range(struct range *range, const struct scenario *s, int64_t start_ns)
{
	*range = (struct range){.product = "BTC/USD",
		.since_ns = s->since ? AT(s->since) : 0,
		.until_ns = s->until ? AT(s->until) : start_ns,
		.by_ids = s->last_id != 0,
		.first_id = s->first_id,
		.last_id = s->last_id};
	if (!s->cursor)
		return;
	range->has_cursor = true;
	range->cursor_has_id = !s->no_cursor_id;
	range->cursor_id = s->cursor;
	range->cursor_ns = shown_ns(&s->kraken, s->cursor);
	range->cursor_same = s->cursor_same;
}

struct play {
	struct kraken_run run;
	struct kraken_pages pages;
	struct buf path, body;
	int64_t now_ns;
	unsigned requests;
	uint64_t part; /* of the range */
	bool shrank;   /* it has, once */
	enum kraken_verdict verdict;
	struct err err;
};

/* Where the latest trades begin. */
static uint64_t latest(const struct kraken *k, unsigned count)
{
	return k->trades ? (uint64_t)true_ns(k, k->trades > count ? k->trades - count + 1 : 1) : 0;
}

static void ask(struct play *play, const struct kraken *k)
{
	const char *since;
	unsigned count;
	long status = 200;

	buf_add(&play->path, span_make("", 1));
	since = strstr(play->path.data, "&since=");
	count = (unsigned)strtoul(strstr(play->path.data, "&count=") + 7, NULL, 10);
	play->requests++;
	if (!k->stale || play->requests <= k->stale)
		answer(&play->body, k, since ? strtoull(since + 7, NULL, 10) : latest(k, count),
			count, play->requests);
	if (k->instead && play->requests >= k->instead_at && play->requests <= k->instead_till) {
		buf_clear(&play->body);
		buf_add_text(&play->body, k->instead);
		status = k->status ? k->status : 200;
	}
	play->now_ns += STAMP_NS_PER_S;
	play->verdict = kraken_pages_take(
		&play->pages, play->now_ns, status, buf_span(&play->body), &play->err);
	play->shrank = play->shrank || kraken_pages_part(&play->pages) < play->part;
	play->part = kraken_pages_part(&play->pages);
}

/* As the program does it: what is temporary is asked for again, here three times at most. */
static void play_to_end(struct play *play, const struct kraken *k)
{
	unsigned failures = 0;
	int64_t wait_ns;

	while (play->requests < REQUESTS_MAX) {
		switch (kraken_pages_next(&play->pages, play->now_ns, &play->path, &wait_ns)) {
		case KRAKEN_PAGES_WAIT:
			play->now_ns += wait_ns;
			continue;
		case KRAKEN_PAGES_DONE:
			return;
		case KRAKEN_PAGES_ASK:
			ask(play, k);
		}
		failures = play->verdict == KRAKEN_TAKEN ? 0 : failures + 1;
		if (play->verdict == KRAKEN_FAILED || play->verdict == KRAKEN_LOCKED)
			return;
		if (failures < 3)
			continue;
		kraken_pages_give_up(&play->pages, &play->err);
		diag_err(&play->err);
		return;
	}
}

static struct kraken_pair some_pairs[] = {
	{"ETH/USD", "ETHUSD", "ETHUSD", "ETH/USD", "XETHZUSD", "online"},
	{"BTC/USD", "XBTUSD", "XBTUSD", "XBT/USD", "XXBTZUSD", "online"}};
static const struct kraken_pairs pairs = {some_pairs, 2, 2};

/* Whether each record says when it came, or none does. */
static bool is_stamped(FILE *file, int64_t received_ns)
{
	char line[1024], wanted[64];

	snprintf(wanted, sizeof wanted, ",\"received_at\":%" PRId64 "}\n", received_ns);
	rewind(file);
	while (fgets(line, sizeof line, file)) {
		const char *at = strstr(line, ",\"received_at\":");

		if (received_ns ? !at || strcmp(at, wanted) != 0 : at != NULL)
			return false;
	}
	rewind(file);
	return true;
}

/* Prints the counts, then what was written. */
static int run_scenario(const void *arg)
{
	const struct scenario *s = arg;
	int64_t start_ns = s->live ? AT(s->kraken.trades) : AT(10000000);
	struct play play = {.now_ns = start_ns + STAMP_NS_PER_S};
	char shown[1024];
	struct written written;
	struct range range;

	diag_init("kraken");
	written_open(&written);
	play.run = (struct kraken_run){.out = written.out,
		.pairs = &pairs,
		.start_ns = start_ns,
		.page_size = s->page_size ? s->page_size : COUNT_ALL,
		.limit = s->limit,
		.goes_on = s->goes_on,
		.received_ns = s->received_ns};
	set_range(&range, s, start_ns);
	buf_init(&play.path, 1024);
	buf_init(&play.body, 1 << 20);
	kraken_pages_init(&play.pages, &play.run, &some_pairs[1], &range);
	play_to_end(&play, &s->kraken);
	if (play.verdict == KRAKEN_FAILED || play.verdict == KRAKEN_LOCKED)
		diag_err(&play.err);
	out_flush(written.out);
	if (!is_stamped(written.file, s->received_ns))
		return 3;
	prices_shown(written.file, shown, sizeof shown);
	printf("verdict=%d read=%" PRIu64 " repeated=%" PRIu64 " passed=%" PRIu64 " bad=%" PRIu64
	       " lost=%" PRIu64 " unsure=%" PRIu64 " [%s] requests=%u\n",
		(int)play.verdict, play.run.read, play.run.repeated, play.run.passed, play.run.bad,
		play.run.lost, play.run.unsure, shown, play.requests);
	fflush(stdout);
	if (play.shrank || play.part > KRAKEN_PAGES_WHOLE)
		return 2;
	if (play.run.read != play.run.written + play.run.repeated + play.run.passed + play.run.bad)
		return 1;
	written_close(&written);
	kraken_pages_release(&play.pages);
	buf_release(&play.path);
	buf_release(&play.body);
	return 0;
}

static void test_scenario(const struct scenario *s)
{
	char wanted[1024], *requests;
	struct child child;
	unsigned n;

	child_run(&child, run_scenario, s);
	requests = strstr(child.out, " requests=");
	if (requests)
		*requests = '\0';
	n = requests ? (unsigned)strtoul(requests + strlen(" requests="), NULL, 10) : 0;
	snprintf(wanted, sizeof wanted,
		"verdict=%d read=%" PRIu64 " repeated=%" PRIu64 " passed=%" PRIu64 " bad=%" PRIu64
		" lost=%" PRIu64 " unsure=%" PRIu64 " [%s]",
		(int)s->verdict, s->read, s->repeated, s->passed, s->bad, s->lost, s->unsure,
		s->written);
	if (!TAP_OK(child.status == 0 && strcmp(child.out, wanted) == 0 && n < REQUESTS_MAX &&
			    (s->text ? strstr(child.err, s->text) != NULL : !child.err[0]) &&
			    (!s->requests || n <= s->requests),
		    "%s", s->name))
		printf("# status %d, %u requests\n# got:    %s\n# wanted: %s\n# %s\n", child.status,
			n, child.out, wanted, child.err);
}

/* Half of a range of times, and of ids. */
static int run_parts(const void *arg)
{
	static const struct scenario halves[] = {
		{.kraken = {.trades = 100}, .since = 1, .until = 101, .page_size = 50},
		{.kraken = {.trades = 100}, .first_id = 1, .last_id = 100, .page_size = 50},
	};

	(void)arg;
	for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
		int64_t start_ns = AT(10000000), wait_ns;
		struct play play = {.now_ns = start_ns + 2 * STAMP_NS_PER_S};
		struct written written;
		struct range range;

		written_open(&written);
		play.run = (struct kraken_run){
			.out = written.out, .pairs = &pairs, .start_ns = start_ns, .page_size = 50};
		set_range(&range, &halves[i], start_ns);
		buf_init(&play.path, 1024);
		buf_init(&play.body, 1 << 20);
		kraken_pages_init(&play.pages, &play.run, &some_pairs[1], &range);
		while (play.run.written == 0 &&
			kraken_pages_next(&play.pages, play.now_ns, &play.path, &wait_ns) ==
				KRAKEN_PAGES_ASK)
			ask(&play, &halves[i].kraken);
		printf("%" PRIu64 " ", play.part / (KRAKEN_PAGES_WHOLE / 100));
		play_to_end(&play, &halves[i].kraken);
		printf("%" PRIu64 " ", kraken_pages_part(&play.pages));
		written_close(&written);
		kraken_pages_release(&play.pages);
		buf_release(&play.path);
		buf_release(&play.body);
	}
	fflush(stdout);
	return 0;
}

int main(void)
{
	struct child child;

	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		test_scenario(&scenarios[i]);
	child_run(&child, run_parts, NULL);
	TAP_OK(strcmp(child.out, "49 1000000 50 1000000 ") == 0, "half of it is half: %s",
		child.out);
	return tap_end();
}
