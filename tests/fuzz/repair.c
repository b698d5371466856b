/* Whatever comes as answers to the requests of a repair, each a line of the input: each missing id is
 * written once, in order, or lost; the repair ends, and does not go on without asking. The first byte
 * says what is missing. */
#include "market/kraken_repair.h"

#include <string.h>

#include "base/stamp.h"
#include "market/kraken_trade.h"

#include "fuzz.h"
#include "output.h"

static struct kraken_pair some_pairs[] = {
	{"ETH/USD", "ETHUSD", "ETHUSD", "ETH/USD", "XETHZUSD", "online"},
	{"BTC/USD", "XBTUSD", "XBTUSD", "XBT/USD", "XXBTZUSD", "online"}};
static const struct kraken_pairs pairs = {some_pairs, 2, 2};

enum { FROM_ONE = 1, FORGETS = 2, KNOWS_PAIRS = 4, LIMIT = 8, IMPATIENT = 16 };
enum { MISSING = 4, HELD = 3, LIVE_MAX = 512, ASKS_MAX = 1000 };

static void on_repair(void *arg, struct feed_product *product)
{
	(void)arg;
	(void)product;
}

static void say(struct kraken_tail *tail, const char *text)
{
	struct err err;

	kraken_tail_take(tail, span_text(text), &err);
}

/* A tail that knows a trade and holds some, with others missing between them. */
static uint64_t begin(struct kraken_tail *tail, struct out *out, unsigned mode)
{
	static char name[] = "BTC/USD";
	char *const names[] = {name};
	uint64_t known = mode & FROM_ONE ? 0 : 61044951;
	char text[LIVE_MAX];
	struct buf request;
	struct err err;

	FUZZ_REQUIRE(kraken_tail_init(tail, names, 1, &err) == 0);
	tail->settings = (struct kraken_tail_settings){
		.out = out,
		.limit = mode & LIMIT ? 3 : 0,
		.hold_bytes = mode & FORGETS ? 1 : 1 << 20,
		.repair = on_repair,
	};
	kraken_tail_begin_after(&tail->feed.products[0], known, known ? 1688669597827736000 : 0);
	buf_init(&request, LIVE_MAX);
	FUZZ_REQUIRE(kraken_tail_subscribe(tail, &request) == 0);
	buf_release(&request);
	say(tail,
		"{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"symbol\":\"BTC/USD\"},"
		"\"success\":true}");
	for (uint64_t id = known + MISSING + 1; id <= known + MISSING + HELD; id++) {
		snprintf(text, sizeof text,
			"{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\","
			"\"side\":\"buy\",\"price\":1.0,\"qty\":1.0,\"ord_type\":\"limit\","
			"\"trade_id\":%llu,\"timestamp\":\"2023-07-06T18:53:20.000000Z\"}]}",
			(unsigned long long)id);
		say(tail, text);
	}
	FUZZ_REQUIRE(tail->feed.products[0].repairing);
	return known;
}

static void take(struct kraken_repair *repair, int64_t *now_ns, struct span body)
{
	struct err err;

	*now_ns += STAMP_NS_PER_MS;
	switch (kraken_repair_take(repair, *now_ns, 200, body, &err)) {
	case KRAKEN_TAKEN:
		break;
	case KRAKEN_AGAIN:
	case KRAKEN_TOO_FAST:
		*now_ns += STAMP_NS_PER_S;
		break;
	case KRAKEN_FAILED:
	case KRAKEN_LOCKED:
		kraken_repair_give_up(repair, err.text);
	}
}

/* The answers one after the other, the last one until the repair is over. */
static void play(struct kraken_repair *repair, struct span answers)
{
	int64_t now_ns = 1700000000 * STAMP_NS_PER_S, wait_ns = 0;
	enum kraken_repair_step step;
	struct buf path;
	unsigned asks = 0;

	buf_init(&path, 1024);
	while ((step = kraken_repair_next(repair, now_ns, &path, &wait_ns)) != KRAKEN_REPAIR_DONE) {
		const char *end = memchr(answers.p, '\n', answers.n);
		size_t n = end ? (size_t)(end - answers.p) : answers.n;

		if (step == KRAKEN_REPAIR_WAIT) {
			FUZZ_REQUIRE(wait_ns > 0);
			now_ns += wait_ns;
			continue;
		}
		FUZZ_REQUIRE(++asks < ASKS_MAX && path.len > 0 && path.len < 128);
		take(repair, &now_ns, span_make(answers.p, n));
		if (end)
			answers = span_make(end + 1, answers.n - n - 1);
	}
	buf_release(&path);
}

/* Reads the records back, and compares them with the account. */
static void check_output(FILE *file, const struct kraken_tail *tail, uint64_t known)
{
	enum { ROOM = 1024 * 1024 };
	static char line[ROOM];
	const struct feed_product *product = &tail->feed.products[0];
	const struct kraken_tail_counts *n = &tail->n;
	uint64_t last = known, records = 0;

	for (; fgets(line, ROOM, file); records++) {
		struct kraken_trade trade;
		const char *reason;

		FUZZ_REQUIRE(kraken_trade_read(
				     span_make(line, strcspn(line, "\n")), &trade, &reason) == 0);
		FUZZ_REQUIRE(trade.id > last);
		last = trade.id;
	}
	FUZZ_REQUIRE(records == n->written);
	FUZZ_REQUIRE(n->written + n->lost == product->last_id - known);
	FUZZ_REQUIRE(n->read == n->written + n->held + n->forgotten + n->repeated + n->bad);
	FUZZ_REQUIRE(kraken_tail_is_done(tail) || product->last_id == known + MISSING + HELD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct out *out;
	static FILE *file;
	unsigned mode = size ? data[0] : 0;
	struct kraken_repair repair;
	struct kraken_tail tail;
	uint64_t known;

	out = out ? out : output_open(&file);
	known = begin(&tail, out, mode);
	kraken_repair_begin(&repair, &tail, &tail.feed.products[0], "XBTUSD",
		mode & IMPATIENT ? 0 : STAMP_NS_PER_S);
	repair.pairs = mode & KNOWS_PAIRS ? &pairs : NULL;
	play(&repair, size ? span_make((const char *)data + 1, size - 1) : span_text(""));
	output_rewind(out, file);
	check_output(file, &tail, known);
	output_clear(file);
	kraken_repair_release(&repair);
	kraken_tail_release(&tail);
	return 0;
}
