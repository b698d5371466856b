/* What tells that a pair of a live tail is well, and what becomes of one that is refused. */
#include "market/kraken_tail.h"

#include "base/stamp.h"
#include "market/feed_watch.h"

#include "kraken_tail_desk.h"
#include "tap.h"

static void ignore(void *arg, struct feed_product *product)
{
	(void)arg;
	(void)product;
}

/* Trades that come again do not show that a subscription is well. */
static void test_heard(void)
{
	char *pairs[] = {btc, NULL};
	const struct feed_watch *watch;
	struct desk d;

	open_desk(&d, pairs, 1);
	watch = &product_of(&d.tail, 'B')->watch;
	step_desk(&d, "a B");
	d.tail.now_ns = 7;
	step_desk(&d, "U B1");
	TAP_OK(watch->heard_ns == 7, "a trade is heard");
	d.tail.now_ns = 8;
	step_desk(&d, "U B1");
	TAP_OK(watch->heard_ns == 7, "once");
	step_desk(&d, "U B3");
	TAP_OK(watch->heard_ns == 8, "also where others are missing");
	close_desk(&d);
}

/* No pair is there any more, and REST has shown all. */
static void test_deserted(void)
{
	char *pairs[] = {eth, btc, NULL};
	struct kraken_tail *tail;
	struct feed_product *bitcoin;
	struct desk d;

	open_desk(&d, pairs, 2);
	tail = &d.tail;
	tail->settings.repair = ignore;
	tail->settings.hold_bytes = 1 << 20;
	bitcoin = product_of(tail, 'B');
	step_desk(&d, "a B");
	step_desk(&d, "a E");
	step_desk(&d, "U B5");
	step_desk(&d, "r B");
	kraken_tail_check_deserted(tail);
	TAP_OK(!kraken_tail_is_done(tail) && bitcoin->adrift == false, "one is refused");
	step_desk(&d, "r E");
	bitcoin->watch.settled = product_of(tail, 'E')->watch.settled = true;
	bitcoin->seen_id = 7;
	kraken_tail_miss(tail, bitcoin);
	kraken_tail_check_deserted(tail);
	TAP_OK(!kraken_tail_is_done(tail) && bitcoin->repairing && tail->n.gaps == 1,
		"REST has more of it");
	bitcoin->repairing = false;
	bitcoin->watch.settled = false;
	kraken_tail_check_deserted(tail);
	TAP_OK(!kraken_tail_is_done(tail), "REST may have more");
	kraken_tail_give_up(tail, bitcoin, "it says so");
	TAP_OK(tail->n.unsure == 0, "nor is it given up at once");
	tail->now_ns += INT64_C(60) * STAMP_NS_PER_S;
	kraken_tail_give_up(tail, bitcoin, "it says so");
	kraken_tail_give_up(tail, bitcoin, "it says so");
	kraken_tail_check_deserted(tail);
	TAP_OK(kraken_tail_is_done(tail) && tail->n.unsure == 1 && tail->n.refused == 2,
		"nobody knows: that is counted, and the end");
	feed_watch_refuse(bitcoin, tail->now_ns);
	tail->now_ns += INT64_C(60) * STAMP_NS_PER_S;
	kraken_tail_give_up(tail, bitcoin, "it says so");
	TAP_OK(bitcoin->watch.settled && tail->n.unsure == 1,
		"once, though it is looked at anew when another pair is refused");
	step_desk(&d, "a B");
	TAP_OK(tail->n.unsure == 0 && tail->n.refused == 1, "it is accepted again: its ids tell");
	close_desk(&d);
}

/* A snapshot is looked through once for each pair, though none of its trades may tell where the stream
 * begins: as long as it is, it is done at once. */
static void test_long_snapshot(void)
{
	enum { TRADES = 100000 };
	static const char trade[] =
		"{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":1.0,\"qty\":1.0,\"ord_type\":"
		"\"limit\",\"trade_id\":%d,\"timestamp\":\"2030-01-01T00:00:00.000000Z\"}";
	char *pairs[] = {btc, NULL};
	struct buf text;
	struct desk d;
	struct err err;

	open_desk(&d, pairs, 1);
	d.tail.settings.repair = ignore;
	d.tail.settings.hold_bytes = 1 << 30;
	feed_begin_since(product_of(&d.tail, 'B'), 1);
	step_desk(&d, "a B");
	buf_init(&text, 64 << 20);
	buf_add_text(&text, "{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[");
	for (int i = 0; i < TRADES; i++) {
		buf_add_text(&text, i ? "," : "");
		buf_printf(&text, trade, 1000 + i);
	}
	buf_add_text(&text, "]}");
	kraken_tail_take(&d.tail, buf_span(&text), &err);
	TAP_OK(d.tail.n.read == TRADES && d.tail.n.held == TRADES, "a long snapshot");
	buf_release(&text);
	close_desk(&d);
}

int main(void)
{
	test_heard();
	test_deserted();
	test_long_snapshot();
	return tap_end();
}
