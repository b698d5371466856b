/* The metrics of each product. */
#include "market/feed_metrics.h"

#include "base/diag.h"
#include "base/stamp.h"

#include "tap.h"

#define ID "tradepipe_product_last_id"
#define TIME "tradepipe_product_last_trade_timestamp_seconds"
#define HELD "tradepipe_product_held"
#define REPAIRING "tradepipe_product_repairing"
#define HEAD(name, help) "# HELP " name " " help "\n# TYPE " name " gauge\n"
#define SAMPLE(name, product, value) name "{program=\"name\",product=\"" product "\"} " value "\n"

/* What is printed, of the products in the order of their names. */
static const struct {
	const char *head, *samples[3];
} wanted[] = {
	{HEAD(ID, "id of the last trade"),
		{SAMPLE(ID, "A/B", "0"), SAMPLE(ID, "C\\\"D", "103"),
			SAMPLE(ID, "E", "18446744073709551615")}},
	{HEAD(TIME, "time of the last trade"),
		{SAMPLE(TIME, "A/B", "0"), SAMPLE(TIME, "C\\\"D", "1790732090"),
			SAMPLE(TIME, "E", "7")}},
	{HEAD(HELD, "trades that wait for missing ones"),
		{SAMPLE(HELD, "A/B", "0"), SAMPLE(HELD, "C\\\"D", "2"), SAMPLE(HELD, "E", "0")}},
	{HEAD(REPAIRING, "whether missing trades are being fetched"),
		{SAMPLE(REPAIRING, "A/B", "0"), SAMPLE(REPAIRING, "C\\\"D", "1"),
			SAMPLE(REPAIRING, "E", "0")}},
};

static bool is_wanted(const struct feed *feed)
{
	struct buf text, expected;
	bool same;

	buf_init(&text, 8192);
	buf_init(&expected, 8192);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		buf_add_text(&expected, wanted[i].head);
		for (size_t j = 0; j < feed->n; j++)
			buf_add_text(&expected, wanted[i].samples[j]);
	}
	feed_metrics_add(&text, feed);
	same = span_is(buf_span(&text), buf_span(&expected));
	if (!same)
		printf("%.*s", (int)text.len, text.data);
	buf_release(&expected);
	buf_release(&text);
	return same;
}

static void hold(struct feed_product *product, struct hold_room *room, uint64_t id)
{
	const struct held trade = {.id = id, .object = SPAN("{}")};
	hold_add(&product->hold, room, &trade);
}

static void test_products(void)
{
	char c[] = "C\"D", e[] = "E", a[] = "A/B", *names[] = {c, e, a};
	struct hold_room room = {.ceiling = 1024};
	struct feed_product *product;
	struct feed feed;
	const char *twice;

	feed_init(&feed, names, 3, &twice);
	product = feed_find(&feed, span_text(c));
	feed_judge(product, 103, 1790732090 * STAMP_NS_PER_S + STAMP_NS_PER_S - 1);
	feed_judge(product, 105, 1790732091 * STAMP_NS_PER_S);
	product->repairing = true;
	hold(product, &room, 105);
	hold(product, &room, 106);
	feed_open(feed_find(&feed, span_text(a)), 5 * STAMP_NS_PER_S); /* no trade has come */
	feed_begin_after(feed_find(&feed, span_text(e)), UINT64_MAX, 7 * STAMP_NS_PER_S);
	TAP_OK(is_wanted(&feed), "each product has its samples");
	feed_release(&feed);
}

static void test_none(void)
{
	struct feed feed = {.products = NULL};

	TAP_OK(is_wanted(&feed), "no product, no sample");
}

int main(void)
{
	diag_init("name");
	test_products();
	test_none();
	return tap_end();
}
