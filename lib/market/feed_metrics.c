#include "market/feed_metrics.h"

#include "base/metrics.h"
#include "base/stamp.h"

static uint64_t last_id(const struct feed_product *product)
{
	return product->last_id;
}

static uint64_t last_trade_seconds(const struct feed_product *product)
{
	return product->last_id ? (uint64_t)(product->last_ns / STAMP_NS_PER_S) : 0;
}

static uint64_t held(const struct feed_product *product)
{
	return hold_count(&product->hold);
}

static uint64_t repairing(const struct feed_product *product)
{
	return product->repairing;
}

/* A time instead of an age: it stays right however old the file is when it is read. */
static const struct {
	const char *name, *help;
	uint64_t (*value)(const struct feed_product *product);
} metrics[] = {
	{"tradepipe_product_last_id", "id of the last trade", last_id},
	{"tradepipe_product_last_trade_timestamp_seconds", "time of the last trade",
		last_trade_seconds},
	{"tradepipe_product_held", "trades that wait for missing ones", held},
	{"tradepipe_product_repairing", "whether missing trades are being fetched", repairing},
};

void feed_metrics_add(struct buf *text, const struct feed *feed)
{
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
		metrics_head(text, metrics[i].name, "gauge", metrics[i].help);
		for (const struct feed_product *p = feed->products; p < feed->products + feed->n;
			p++)
			metrics_sample(text, metrics[i].name, "product", span_text(p->name),
				metrics[i].value(p));
	}
}
