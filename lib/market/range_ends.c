#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "market/range_priv.h"
#include "market/trade_record.h"

static bool is_of_binance(const char *exchange)
{
	return strncmp(exchange, "binance", strlen("binance")) == 0;
}

static void set(struct range_end *end, const struct trade *trade)
{
	end->found = true;
	end->has_id = trade->has_id;
	end->id = trade->id;
	end->ns = trade->time_ns;
	end->same = 1;
}

static void settle(struct range_ends *ends, struct range_end *end)
{
	end->settled = true;
	ends->unsettled--;
}

/* From the last line on, the first record of a product is its last; without an id, those before it
 * are counted as long as they have its time. */
static void note_backward(struct range_ends *ends, struct range_end *end, const struct trade *trade)
{
	if (end->settled)
		return;
	if (!end->found)
		set(end, trade);
	else if (trade->time_ns == end->ns)
		end->same++;
	else
		settle(ends, end);
	if (!end->settled && end->has_id)
		settle(ends, end);
}

static void note_forward(struct range_end *end, const struct trade *trade)
{
	if (end->found && end->has_id != trade->has_id) {
		if (trade->has_id)
			set(end, trade);
	} else if (end->found && !end->has_id && trade->time_ns == end->ns) {
		end->same++;
	} else if (!end->found || !end->has_id || trade->id >= end->id) {
		set(end, trade);
	}
}

/* Records of one product often come one after the other. */
static struct range_end *find(struct range_ends *ends, struct span product)
{
	if (span_is_text(product, ends->products[ends->recent]))
		return &ends->items[ends->recent];
	for (size_t i = 0; i < ends->n; i++)
		if (span_is_text(product, ends->products[i])) {
			ends->recent = i;
			return &ends->items[i];
		}
	return NULL;
}

static void refuse(struct range_ends *ends, const char *reason)
{
	snprintf(ends->reason, sizeof ends->reason, "%s", reason);
}

static int on_trade(void *arg, const struct trade *from, size_t index)
{
	struct range_ends *ends = arg;
	struct trade trade = *from;
	struct range_end *end;
	const char *reason;

	(void)index;
	if (trade.exchange.n == 0)
		trade.exchange = span_text(ends->exchange);
	reason = trade_check(&trade);
	if (reason) {
		refuse(ends, reason);
		return -1;
	}
	if (!span_is_text(trade.exchange, ends->exchange) || !(end = find(ends, trade.product)))
		return 0;
	if (ends->backward)
		note_backward(ends, end, &trade);
	else
		note_forward(end, &trade);
	return 0;
}

static int on_passed(void *arg)
{
	(void)arg;
	return 0;
}

static int on_bad(void *arg, size_t index, const char *reason)
{
	(void)index;
	refuse(arg, reason);
	return -1;
}

/* The least that a cursor needs: what kafka-last writes, which has neither price nor quantity. */
static bool take_least(struct range_ends *ends, struct span line)
{
	static const struct json_value any_amount = {.type = JSON_NUMBER, .raw = SPAN("1")};
	struct trade_record record;
	struct trade trade;
	const char *reason;

	if (trade_record_scan(line, &record) || record.product_id.type == JSON_NONE)
		return false;
	if (record.price.type == JSON_NONE)
		record.price = any_amount;
	if (record.quantity.type == JSON_NONE)
		record.quantity = any_amount;
	*ends->reason = '\0';
	reason = trade_record_read(&record, &ends->source.names, &trade);
	if (reason)
		refuse(ends, reason);
	else
		on_trade(ends, &trade, 0);
	return true;
}

void range_ends_init(struct range_ends *ends, const char *exchange, char *const *products, size_t n,
	bool backward)
{
	const struct source_sink sink = {
		.trade = on_trade, .passed = on_passed, .bad = on_bad, .arg = ends};

	*ends = (struct range_ends){.exchange = exchange,
		.products = products,
		.n = n,
		.items = mem_alloc(n, sizeof(struct range_end)),
		.unsettled = n,
		.backward = backward};
	/* To a record of Binance's that shows no market an exchange that is not Binance's must not
	 * lend its name. */
	source_init(
		&ends->source, SOURCE_AUTO, NULL, is_of_binance(exchange) ? exchange : NULL, &sink);
}

void range_ends_release(struct range_ends *ends)
{
	source_release(&ends->source);
	free(ends->items);
}

const char *range_ends_take(struct range_ends *ends, struct span line)
{
	*ends->reason = '\0';
	if (source_read(&ends->source, line) < 0)
		take_least(ends, line);
	return *ends->reason ? ends->reason : NULL;
}
