/* Where the stream of a pair begins. */
#include "market/kraken_tail_priv.h"

#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"

/* Times of trades are the matching engine's, those of answers a gateway's, which need not agree to the
 * moment. */
#define SINCE_MARGIN_NS STAMP_NS_PER_S

void kraken_tail_open(struct kraken_tail *t, struct feed_product *product, struct span text)
{
	struct json_member times[] = {{.name = SPAN("time_in")}, {.name = SPAN("time_out")}};
	struct json_fault fault;
	int64_t since_ns = 0;
	unsigned digits;

	if (t->begun || json_object(text, times, 2, &fault) < 0)
		return;
	for (size_t i = 0; i < 2 && since_ns == 0; i++)
		if (times[i].value.type == JSON_STRING &&
			stamp_parse(times[i].value.raw, &since_ns, &digits) < 0)
			since_ns = 0;
	feed_open(product, since_ns > SINCE_MARGIN_NS ? since_ns - SINCE_MARGIN_NS : 0);
}

void kraken_tail_begin_after(struct feed_product *product, uint64_t id, int64_t time_ns)
{
	feed_begin_after(product, id, time_ns);
	product->from_one = id == 0;
}

void kraken_tail_doubt(
	struct kraken_tail *t, struct feed_product *product, uint64_t id, const char *why)
{
	t->n.unsure++;
	diag_warning("'%s': it begins with trade %llu, and some before it may be missing: %s",
		product->name, (unsigned long long)id, why);
	feed_doubt(product, id);
}

/* The trades of a snapshot with the highest ids, the highest first: those that the stream may begin
 * with, and the one before them. */
struct latest {
	struct {
		uint64_t id;
		int64_t time_ns;
	} trades[KRAKEN_SNAPSHOT_TRADES + 1];
	size_t n;
};

static void insert(struct latest *latest, const struct kraken_trade *trade)
{
	const size_t max = sizeof latest->trades / sizeof *latest->trades;
	size_t place = 0;

	while (place < latest->n && latest->trades[place].id > trade->id)
		place++;
	if (trade->id == 0 || place == max ||
		(place < latest->n && latest->trades[place].id == trade->id))
		return;
	if (latest->n < max)
		latest->n++;
	memmove(&latest->trades[place + 1], &latest->trades[place],
		(latest->n - place - 1) * sizeof *latest->trades);
	latest->trades[place].id = trade->id;
	latest->trades[place].time_ns = trade->time_ns;
}

static void find_latest(struct kraken_tail *t, const struct feed_product *product,
	const struct kraken_message *message, struct latest *latest)
{
	struct json_walk walk = json_walk_start(message->data.raw);
	struct json_value element;
	struct kraken_trade trade;
	const char *reason;

	while (json_walk_next(&walk, &element))
		if (kraken_trade_read(element.raw, &trade, &reason) == 0 &&
			kraken_tail_find(t, &trade.symbol) == product)
			insert(latest, &trade);
}

/* How many of them belong to the stream of a pair that is adrift. */
static size_t count_new(const struct feed_product *product, const struct latest *latest)
{
	size_t n = 0;

	while (n < latest->n && latest->trades[n].time_ns > product->since_ns)
		n++;
	return n;
}

/* The stream begins with so many of them, or with all; the snapshot need not reach back that far, and is
 * not always in order, nor are its times in that of its ids. */
static void begin_with(struct feed_product *product, const struct latest *latest, size_t n)
{
	size_t place = n < latest->n ? n : latest->n - 1;
	uint64_t id = latest->trades[place].id;
	int64_t time_ns = latest->trades[place].time_ns;

	for (size_t i = place; i < latest->n; i++)
		if (latest->trades[i].time_ns > time_ns)
			time_ns = latest->trades[i].time_ns;
	if (n < latest->n)
		feed_begin_after(product, id, time_ns);
	else
		kraken_tail_begin_after(product, id - 1, time_ns);
	product->since_ns = 0;
}

void kraken_tail_begin(
	struct kraken_tail *t, struct feed_product *product, const struct kraken_message *message)
{
	struct latest latest = {.n = 0};
	size_t n = 0;

	find_latest(t, product, message, &latest);
	product->begun = true;
	if (latest.n == 0)
		return;
	if (product->adrift)
		n = count_new(product, &latest);
	if (n < latest.n || latest.trades[n - 1].id == 1)
		begin_with(product, &latest, n + t->settings.last);
	else if (!kraken_tail_can_repair(t, product))
		kraken_tail_doubt(t, product, latest.trades[n - 1].id,
			"the snapshot after an interruption does not reach back that far");
	if (product->repairing && !product->adrift)
		kraken_tail_drain(t, product);
}
