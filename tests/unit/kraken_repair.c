/* The repair of a live stream, against a small Kraken in memory. */
#include "market/kraken_repair.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/stamp.h"

#include "child.h"
#include "kraken_repair_table.h"
#include "prices.h"
#include "tap.h"
#include "written.h"

#define T0 (INT64_C(1700000000) * STAMP_NS_PER_S)
#define AT(n) (T0 + (int64_t)(n)*STAMP_NS_PER_S) /* a second for each trade */
#define LOCKOUT_NS (900 * STAMP_NS_PER_S)

enum { REQUESTS_MAX = 500, PAGE = 1000 };

static int64_t true_ns(const struct kraken *k, unsigned n)
{
	unsigned step = k->group ? (n - 1) / k->group : n;

	if (k->quiet && n > k->quiet)
		step += k->quiet_s;
	return AT(step) + 54321 + (step % 7) * 100;
}

struct play {
	const struct scenario *s;
	struct kraken_tail tail;
	struct feed_product *product;
	struct kraken_repair repair;
	struct buf path, body, message;
	uint64_t asked_since; /* by the last request that no cache has answered, */
	int64_t asked_ns;     /* at this time */
	int64_t start_ns, now_ns;
	unsigned requests, begun;
};

/* The WebSocket. */

static void say(struct play *play)
{
	struct err err;

	kraken_tail_take(&play->tail, buf_span(&play->message), &err);
	buf_clear(&play->message);
}

static void say_trades(struct play *play, const unsigned range[2])
{
	for (unsigned n = range[0]; n && n <= range[1]; n++) {
		char time[STAMP_TEXT_MAX];
		size_t length = stamp_write(time, true_ns(&play->s->kraken, n), 6);

		buf_printf(&play->message,
			"{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":"
			"\"BTC/USD\",\"side\":\"buy\",\"price\":%u.0,\"qty\":1.0,\"ord_type\":"
			"\"limit\",\"trade_id\":%u,\"timestamp\":\"%.*s\"}]}",
			n, n, (int)length, time);
		say(play);
	}
}

/* REST. */

static bool lies(unsigned n, const unsigned range[2])
{
	return n >= range[0] && n <= range[1];
}

static bool shows(const struct play *play, unsigned n)
{
	const struct kraken *k = &play->s->kraken;
	int64_t seconds = (play->now_ns - play->start_ns) / STAMP_NS_PER_S;

	if (k->flips && play->requests % 2 == 0 && n > k->head)
		return false;
	if (lies(n, k->lacks) || lies(n, k->lacks_more))
		return false;
	if (seconds < k->hides_s && lies(n, k->hides))
		return false;
	return seconds >= k->head_s || n <= k->head;
}

static void add_row(struct buf *b, const struct kraken *k, unsigned n)
{
	int64_t ns = (true_ns(k, n) + 50) / 100 * 100;

	buf_printf(b, "%s[\"%s%u\",\"1\",%" PRId64 ".%07" PRId64 ",\"b\",\"l\",\"\"",
		b->data[b->len - 1] == '[' ? "" : ",", n == k->bad ? "x" : "", n,
		ns / STAMP_NS_PER_S, ns % STAMP_NS_PER_S / 100);
	if (n == k->no_id || (n == k->bad && k->nameless))
		buf_add_text(b, "]");
	else
		buf_printf(b, ",%u]", n);
}

static void add_last(struct buf *b, const struct kraken *k, unsigned last, uint64_t since)
{
	if (k->no_last)
		return;
	if (k->last_zero)
		buf_add_text(b, ",\"last\":\"0\"");
	else if (k->last_huge)
		buf_add_text(b, ",\"last\":\"18446744073709551615\"");
	else
		buf_printf(b, ",\"last\":\"%" PRIu64 "\"",
			last && !k->last_since ? (uint64_t)true_ns(k, last) : since);
}

static void answer(struct play *play, uint64_t since)
{
	const struct kraken *k = &play->s->kraken;
	struct buf *b = &play->body;
	unsigned rows = 0, last = 0, n = 1;

	buf_clear(b);
	buf_add_text(b, "{\"error\":[],\"result\":{\"XXBTZUSD\":[");
	while (n <= k->trades && (uint64_t)true_ns(k, n) < since)
		n++;
	for (; n <= k->trades && rows < PAGE; n++) {
		unsigned m = n;

		if (k->swaps)
			m = n == k->swaps ? n + 1 : n == k->swaps + 1 ? n - 1 : n;
		if (!shows(play, m))
			continue;
		add_row(b, k, m);
		last = m;
		rows++;
	}
	buf_add_text(b, "]");
	add_last(b, k, last, since);
	buf_add_text(b, "}}");
}

/* What comes back for the request in play->path; its status. */
static long serve(struct play *play)
{
	const struct kraken *k = &play->s->kraken;
	unsigned nth = play->requests;
	uint64_t since;

	buf_add(&play->path, span_make("", 1));
	since = strtoull(strstr(play->path.data, "&since=") + strlen("&since="), NULL, 10);
	if (k->stale && nth > k->stale)
		return 200;
	if (k->cached && since == play->asked_since &&
		play->now_ns - play->asked_ns < 2 * STAMP_NS_PER_S)
		return 200;
	play->asked_since = since;
	play->asked_ns = play->now_ns;
	if (nth >= k->instead_at && nth <= k->instead_till) {
		buf_clear(&play->body);
		buf_add_text(&play->body, k->instead);
		return k->status ? k->status : 200;
	}
	answer(play, since);
	return 200;
}

static void on_repair(void *arg, struct feed_product *product)
{
	struct play *play = arg;

	play->begun++;
	play->product = product;
}

static void hold_up(struct play *play)
{
	int64_t held_ns = (int64_t)play->s->held_s * STAMP_NS_PER_S;

	if (play->requests != play->s->held_at)
		return;
	play->now_ns += held_ns;
	kraken_repair_excuse(&play->repair, play->now_ns, held_ns);
}

/* As the program does it: what is temporary is asked for again after a pause, what is permanent ends
 * it, and a lockout is waited for. */
static void ask(struct play *play)
{
	struct err err;
	long status;

	play->requests++;
	if (play->requests == play->s->more_at)
		say_trades(play, play->s->more);
	hold_up(play);
	status = serve(play);
	play->now_ns += STAMP_NS_PER_S / 100;
	switch (kraken_repair_take(
		&play->repair, play->now_ns, status, buf_span(&play->body), &err)) {
	case KRAKEN_TAKEN:
		break;
	case KRAKEN_AGAIN:
	case KRAKEN_TOO_FAST:
		play->now_ns += STAMP_NS_PER_S;
		break;
	case KRAKEN_FAILED:
		kraken_repair_give_up(&play->repair, err.text);
		break;
	case KRAKEN_LOCKED:
		play->now_ns += LOCKOUT_NS;
		kraken_repair_renew(&play->repair);
		break;
	}
}

static void repair(struct play *play)
{
	while (play->requests < REQUESTS_MAX) {
		int64_t wait_ns = 0;

		switch (kraken_repair_next(&play->repair, play->now_ns, &play->path, &wait_ns)) {
		case KRAKEN_REPAIR_WAIT:
			if (wait_ns <= 0)
				abort();
			play->now_ns += wait_ns;
			break;
		case KRAKEN_REPAIR_DONE:
			return;
		case KRAKEN_REPAIR_ASK:
			ask(play);
		}
	}
}

static void begin(struct play *play, struct out *out)
{
	static const char acknowledged[] =
		"{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"snapshot\":true,"
		"\"symbol\":\"BTC/USD\"},\"success\":true}";
	static char name[] = "BTC/USD";
	char *const names[] = {name};
	const struct scenario *s = play->s;
	struct err err;

	kraken_tail_init(&play->tail, names, 1, &err);
	play->tail.settings = (struct kraken_tail_settings){
		.out = out,
		.limit = s->limit,
		.hold_bytes = s->hold_bytes ? s->hold_bytes : 1 << 20,
		.repair = on_repair,
		.arg = play,
	};
	buf_init(&play->path, 1024);
	buf_init(&play->body, 1 << 20);
	buf_init(&play->message, 1 << 20);
	if (s->since)
		feed_begin_since(&play->tail.feed.products[0], AT(s->since) + 60000);
	else
		kraken_tail_begin_after(&play->tail.feed.products[0], s->known,
			s->known ? true_ns(&s->kraken, s->known) +
					(int64_t)s->ahead_s * STAMP_NS_PER_S
				 : 0);
	kraken_tail_subscribe(&play->tail, &play->message);
	buf_clear(&play->message);
	buf_add_text(&play->message, acknowledged);
	say(play);
	say_trades(play, s->live);
}

static struct kraken_pair some_pairs[] = {
	{"ETH/USD", "ETHUSD", "ETHUSD", "ETH/USD", "XETHZUSD", "online"},
	{"BTC/USD", "XBTUSD", "XBTUSD", "XBT/USD", "XXBTZUSD", "online"}};
static const struct kraken_pairs pairs = {some_pairs, 2, 2};

static bool adds_up(const struct kraken_tail_counts *n)
{
	return n->read ==
		n->written + n->repeated + n->passed + n->forgotten + n->held + n->bad +
		n->unwritten;
}

/* Prints what was written. */
static int run_scenario(const void *arg)
{
	const struct scenario *s = arg;
	struct play play = {.s = s};
	struct written written;
	char shown[1024];

	diag_init("kraken");
	if (s->info)
		diag_configure(DIAG_INFO, false);
	written_open(&written);
	play.start_ns = play.now_ns =
		AT(1000 + (s->kraken.trades > 1000 ? 10000 : 0) - (int64_t)s->behind_s);
	begin(&play, written.out);
	if (play.begun != 1)
		return 1;
	kraken_repair_begin(&play.repair, &play.tail, play.product, "XBTUSD",
		(int64_t)(s->no_patience	? 0
				: s->patience_s ? s->patience_s
						: 30) *
			STAMP_NS_PER_S);
	play.repair.pairs = s->no_pairs ? NULL : &pairs;
	repair(&play);
	out_flush(written.out);
	prices_shown(written.file, shown, sizeof shown);
	printf("lost=%" PRIu64 " unsure=%" PRIu64 " [%s] requests=%u seconds=%" PRId64 "\n",
		play.tail.n.lost, play.tail.n.unsure, shown, play.requests,
		(play.now_ns - play.start_ns) / STAMP_NS_PER_S);
	fflush(stdout);
	kraken_repair_release(&play.repair);
	kraken_tail_release(&play.tail);
	written_close(&written);
	buf_release(&play.path);
	buf_release(&play.body);
	buf_release(&play.message);
	return adds_up(&play.tail.n) ? 0 : 2;
}

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

static unsigned number_behind(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : EVER;
}

static void test_scenario(const struct scenario *s)
{
	char wanted[1024];
	struct child child;
	unsigned requests, seconds;
	bool is_said;

	child_run(&child, run_scenario, s);
	requests = number_behind(child.out, " requests=");
	seconds = number_behind(child.out, " seconds=");
	snprintf(wanted, sizeof wanted, "lost=%" PRIu64 " unsure=%d [%s] ", s->lost, s->unsure,
		s->written);
	is_said = s->text ? count(child.err, s->text) == (s->times ? s->times : 1) : !child.err[0];
	if (!TAP_OK(child.status == 0 && strncmp(child.out, wanted, strlen(wanted)) == 0 &&
			    is_said && requests < REQUESTS_MAX &&
			    (!s->requests || requests == s->requests) && seconds >= s->seconds &&
			    seconds <= s->seconds + 1,
		    "%s", s->name))
		printf("# status %d\n# got:    %s# wanted: %s\n# %s\n", child.status, child.out,
			wanted, child.err);
}

/* What the watch asks for, and what it sees. */
static void test_look(void)
{
	struct feed_product product = {.last_ns = 1700000020000054321};
	int64_t now_ns = product.last_ns;
	struct buf path;

	buf_init(&path, 1024);
	kraken_repair_look(&product, "XBTUSD", now_ns, &path);
	TAP_OK(span_is_text(buf_span(&path),
		       "/0/public/Trades?pair=XBTUSD&count=1000&since=1700000019000054321"),
		"from before the last trade on: %.*s", (int)path.len, path.data);
	kraken_repair_look(&product, "XBTUSD", now_ns - 1, &path);
	TAP_OK(span_is_text(buf_span(&path), "/0/public/Trades?pair=XBTUSD&count=1000"),
		"not from a moment that is yet to come");
	product.last_ns = 0;
	kraken_repair_look(&product, "XBTUSD", now_ns, &path);
	TAP_OK(span_is_text(buf_span(&path), "/0/public/Trades?pair=XBTUSD&count=1000"),
		"the latest: %.*s", (int)path.len, path.data);
	buf_release(&path);
}

static void test_see(void)
{
	static const struct {
		const char *body;
		long status;
		enum kraken_verdict verdict;
		uint64_t newest_id;
	} cases[] = {
		{"{\"error\":[],\"result\":{\"X\":[" ROW(21) "," ROW(23) "," ROW(22) "]}}", 200,
			KRAKEN_TAKEN, 23},
		{"{\"error\":[],\"result\":{\"X\":[" ROW(
			 21) ",[\"1\",1,1.5,\"b\",\"l\",\"\",99]]}}",
			200, KRAKEN_TAKEN, 21},
		{"{\"error\":[],\"result\":{\"X\":[]}}", 200, KRAKEN_TAKEN, 0},
		{"{\"error\":[],\"result\":{}}", 200, KRAKEN_AGAIN, 0},
		{"{\"error\":[\"EService:Busy\"]}", 200, KRAKEN_AGAIN, 0},
		{"{\"error\":[\"EQuery:Unknown asset pair\"]}", 200, KRAKEN_FAILED, 0},
		{"{\"error\":[\"EGeneral:Temporary lockout\"]}", 200, KRAKEN_LOCKED, 0},
		{"<html>", 503, KRAKEN_AGAIN, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {.text = "taken"};
		uint64_t newest_id = 1;
		enum kraken_verdict verdict = kraken_repair_see(NULL, NULL, cases[i].status,
			span_text(cases[i].body), T0, &newest_id, &err);

		TAP_OK(verdict == cases[i].verdict && newest_id == cases[i].newest_id,
			"%s: %" PRIu64 ", %s", cases[i].body, newest_id, err.text);
	}
}

int main(void)
{
	test_look();
	test_see();
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		test_scenario(&scenarios[i]);
	return tap_end();
}
