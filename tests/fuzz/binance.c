/* The shortcuts read what the whole ways read; a trade is the same whatever its layout; messages
 * are told apart without a fault. */
#include "market/binance_message.h"
#include "market/binance_trade.h"

#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

enum { TEXT_MAX = 2 * BINANCE_TRADE_MAX };

static bool same_trade(const struct binance_trade *a, const struct binance_trade *b)
{
	return a->symbol.type == b->symbol.type && a->symbol.escaped == b->symbol.escaped &&
		span_is(a->symbol.raw, b->symbol.raw) && a->market == b->market && a->id == b->id &&
		a->time_ns == b->time_ns && a->buyer_is_maker == b->buyer_is_maker &&
		a->voided == b->voided &&
		(a->voided ||
			(span_is(a->price.token, b->price.token) &&
				a->price.plain == b->price.plain &&
				span_is(a->quantity.token, b->quantity.token) &&
				a->quantity.plain == b->quantity.plain));
}

static void check_converted(const struct binance_trade *trade)
{
	static const struct span none = {0};
	struct trade converted;
	struct buf names;

	FUZZ_REQUIRE(trade->time_ns > 0);
	buf_init(&names, BINANCE_TRADE_MAX);
	binance_trade_convert(trade, none, none, &names, &converted);
	FUZZ_REQUIRE((converted.product.n > 0) == (trade->symbol.type != JSON_NONE));
	FUZZ_REQUIRE(converted.exchange.n > 0 && converted.side != TRADE_SIDE_UNKNOWN);
	FUZZ_REQUIRE(converted.has_id && converted.voided == trade->voided);
	buf_release(&names);
}

static void check_object(struct span object)
{
	struct binance_trade trade, again, fast;
	const char *reason = NULL;
	struct buf text;

	if (binance_trade_read(object, &trade, &reason) < 0) {
		FUZZ_REQUIRE(reason && !binance_trade_read_native(object, &fast));
		return;
	}
	check_converted(&trade);
	/* A blank where the layout has none keeps the shortcut out. */
	buf_init(&text, TEXT_MAX);
	FUZZ_REQUIRE(buf_add_text(&text, "\t") == 0 && buf_add(&text, object) == 0);
	FUZZ_REQUIRE(!binance_trade_read_native(buf_span(&text), &fast));
	FUZZ_REQUIRE(binance_trade_read(buf_span(&text), &again, &reason) == 0);
	FUZZ_REQUIRE(same_trade(&trade, &again));
	buf_release(&text);
}

/* A line whose first column is quoted is read the same, and never by the shortcut. */
static void check_line(struct span line)
{
	struct binance_trade trade, again;
	const char *reason = NULL, *other = NULL;
	const char *comma = line.n ? memchr(line.p, ',', line.n) : NULL;
	int result = binance_trade_read_csv(line, &trade, &reason);
	struct span first;
	struct buf text;

	FUZZ_REQUIRE(result == 0 || result == 1 || reason);
	if (result == 0)
		check_converted(&trade);
	if (!comma || line.p[0] == '"')
		return;
	first = span_make(line.p, (size_t)(comma - line.p));
	buf_init(&text, TEXT_MAX);
	FUZZ_REQUIRE(buf_add_text(&text, "\"") == 0 && buf_add(&text, first) == 0);
	FUZZ_REQUIRE(buf_add_text(&text, "\"") == 0 &&
		buf_add(&text, span_make(comma, line.n - first.n)) == 0);
	if (result != 1) {
		FUZZ_REQUIRE(binance_trade_read_csv(buf_span(&text), &again, &other) == result);
		FUZZ_REQUIRE(result < 0 ? strcmp(reason, other) == 0 : same_trade(&trade, &again));
	}
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct binance_message message;
	struct json_value value;
	struct json_fault fault;

	if (size >= BINANCE_TRADE_MAX - 2)
		return 0;
	check_object(text);
	check_line(text);
	if (json_scan(text, &value, &fault) < 0 || value.type != JSON_OBJECT)
		return 0;
	binance_message_read(text, &message);
	FUZZ_REQUIRE((message.kind == BINANCE_AGGTRADE) == (message.trade.n > 0));
	FUZZ_REQUIRE((message.kind == BINANCE_ERROR) == (message.code.type == JSON_NUMBER));
	if (message.kind == BINANCE_AGGTRADE)
		check_object(message.trade);
	return 0;
}
