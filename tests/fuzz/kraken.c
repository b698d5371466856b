/* A trade that is read, written and read again is the same; the shortcut reads what the whole way
 * reads; messages are told apart without a fault. */
#include "market/kraken_message.h"
#include "market/kraken_trade.h"
#include "market/trade_format.h"

#include <string.h>

#include "fuzz.h"

enum { TEXT_MAX = 2 * KRAKEN_TRADE_MAX, UPDATE_MAX = 4 };

static bool same_string(const struct json_value *a, const struct json_value *b)
{
	struct buf text;
	bool same;

	if (a->type != JSON_STRING || b->type != JSON_STRING)
		return a->type == b->type;
	buf_init(&text, TEXT_MAX);
	same = json_is(b, json_text(a, &text));
	buf_release(&text);
	return same;
}

static bool same_trade(const struct kraken_trade *a, const struct kraken_trade *b)
{
	bool no_misc = a->misc.raw.n == 0 && b->misc.type == JSON_NONE;

	return same_string(&a->symbol, &b->symbol) && same_string(&a->side, &b->side) &&
		span_is(a->price.token, b->price.token) && span_is(a->qty.token, b->qty.token) &&
		same_string(&a->ord_type, &b->ord_type) &&
		same_string(&a->timestamp, &b->timestamp) &&
		(no_misc || same_string(&a->misc, &b->misc)) && a->taker == b->taker &&
		a->time_ns == b->time_ns && a->id == b->id;
}

/* The record as written, in the memory of `out`; it lives until the next one is. */
static struct span written(struct out *out, const struct kraken_trade *trade)
{
	char *start = out_room(out, TEXT_MAX);

	FUZZ_REQUIRE(start && kraken_trade_write(out, trade) == 0);
	return span_make(start, (size_t)(out_room(out, 0) - start));
}

static void check_trade(struct out *out, struct span object)
{
	struct kraken_trade trade, again, fast;
	struct trade_format format;
	struct trade converted;
	const char *reason = NULL;
	struct buf text;
	struct span record;

	if (kraken_trade_read(object, &trade, &reason) < 0) {
		FUZZ_REQUIRE(reason && !kraken_trade_read_native(object, &fast));
		return;
	}
	record = written(out, &trade);
	FUZZ_REQUIRE(record.n > 1 && record.p[record.n - 1] == '\n');
	record.n--;
	FUZZ_REQUIRE(kraken_trade_read(record, &again, &reason) == 0);
	FUZZ_REQUIRE(same_trade(&trade, &again));
	buf_init(&text, TEXT_MAX);
	kraken_trade_convert(&trade, &text, &converted);
	trade_format_schema(&format, TRADE_FULL, TRADE_LITERAL);
	FUZZ_REQUIRE(trade_write(out, &format, &converted, &record, &reason) >= 0);
	/* A blank where the layout has none keeps the shortcut out. */
	buf_clear(&text);
	FUZZ_REQUIRE(buf_add_text(&text, "\t") == 0 && buf_add(&text, object) == 0);
	FUZZ_REQUIRE(kraken_trade_read(buf_span(&text), &again, &reason) == 0);
	FUZZ_REQUIRE(same_trade(&trade, &again) && same_trade(&again, &trade));
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct out *out; /* kept over all calls: libFuzzer has no end to close it at */
	struct span text = span_make((const char *)data, size);
	struct kraken_trade trades[UPDATE_MAX];
	struct kraken_message message;
	struct json_value element;
	struct json_walk walk;
	size_t n;

	if (!out)
		out = out_open("/dev/null", NULL);
	if (size >= KRAKEN_TRADE_MAX)
		return 0;
	check_trade(out, text);
	kraken_message_read(text, &message);
	n = kraken_trade_read_update(text, trades, UPDATE_MAX);
	FUZZ_REQUIRE(n == 0 || (message.kind == KRAKEN_TRADES && !message.snapshot));
	FUZZ_REQUIRE((message.kind == KRAKEN_MALFORMED) == (message.reason != NULL));
	if (message.kind != KRAKEN_TRADES)
		return 0;
	walk = json_walk_start(message.data.raw);
	for (size_t i = 0; json_walk_next(&walk, &element); i++) {
		check_trade(out, element.raw);
		FUZZ_REQUIRE(i >= n || span_is(element.raw, trades[i].object));
	}
	return 0;
}
