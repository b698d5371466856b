#include "market/kraken_trade.h"

#include <string.h>

#include "base/num.h"
#include "base/stamp.h"
#include "json/take.h"

enum { NS_DIGITS = 9 };

/* The functions that check a member return NULL, or the reason why it will not do. */

static const char *check_price(const struct json_value *price, struct decimal *amount)
{
	if (price->type == JSON_NONE)
		return "price is missing";
	if (price->type != JSON_NUMBER)
		return "price is not a number";
	return trade_read_amount("price", price->raw, amount);
}

static const char *check_qty(const struct json_value *qty, struct decimal *amount)
{
	if (qty->type == JSON_NONE)
		return "qty is missing";
	if (qty->type != JSON_NUMBER)
		return "qty is not a number";
	return trade_read_amount("qty", qty->raw, amount);
}

static const char *check_symbol(const struct json_value *symbol)
{
	if (symbol->type == JSON_NONE)
		return "symbol is missing";
	if (symbol->type != JSON_STRING)
		return "symbol is not a string";
	return symbol->raw.n == 0 ? "symbol is empty" : NULL;
}

static const char *check_side(const struct json_value *side, enum trade_side *taker)
{
	static const struct span buy = SPAN("buy");
	static const struct span sell = SPAN("sell");

	if (side->type == JSON_NONE)
		return "side is missing";
	if (side->type != JSON_STRING)
		return "side is not a string";
	*taker = json_is(side, buy) ? TRADE_BUY : TRADE_SELL;
	if (*taker == TRADE_SELL && !json_is(side, sell))
		return "side is neither buy nor sell";
	return NULL;
}

static const char *check_id(const struct json_value *value, uint64_t *id)
{
	*id = 0;
	if (value->type == JSON_NONE || value->type == JSON_NULL)
		return NULL;
	if (json_u64(value, id) < 0)
		return "trade_id is not an integer from 0 to 18446744073709551615";
	return NULL;
}

static const char *check_timestamp(const struct json_value *timestamp, int64_t *ns)
{
	char unescaped[6 * (STAMP_TEXT_MAX + sizeof "+00:00")];
	struct span text = timestamp->raw;
	unsigned digits;

	if (timestamp->type == JSON_NONE)
		return "timestamp is missing";
	if (timestamp->type != JSON_STRING)
		return "timestamp is not a string";
	if (timestamp->escaped && text.n <= sizeof unescaped)
		text = span_make(unescaped, json_write(unescaped, timestamp));
	if (stamp_parse(text, ns, &digits) < 0)
		return "timestamp is not an RFC 3339 time between 1970 and 2262";
	if (digits > NS_DIGITS)
		return "timestamp has more than 9 fractional digits";
	return *ns > 0 ? NULL : "timestamp is not after 1970";
}

/* A string that need not be there; null is as good as absent. */
static const char *check_optional(struct json_value *value, const char *reason)
{
	if (value->type == JSON_NULL)
		value->type = JSON_NONE;
	return value->type == JSON_NONE || value->type == JSON_STRING ? NULL : reason;
}

/* The members that need more than a look at their type. */
struct numbers {
	struct json_value price, qty, id;
};

static const char *check_trade(struct kraken_trade *trade, const struct numbers *numbers)
{
	const char *reason;

	if ((reason = check_symbol(&trade->symbol)) ||
		(reason = check_side(&trade->side, &trade->taker)) ||
		(reason = check_price(&numbers->price, &trade->price)) ||
		(reason = check_qty(&numbers->qty, &trade->qty)) ||
		(reason = check_optional(&trade->ord_type, "ord_type is not a string")) ||
		(reason = check_id(&numbers->id, &trade->id)) ||
		(reason = check_timestamp(&trade->timestamp, &trade->time_ns)))
		return reason;
	return check_optional(&trade->misc, "misc is not a string");
}

int kraken_trade_read(struct span object, struct kraken_trade *trade, const char **reason)
{
	enum { SYMBOL, SIDE, PRICE, QTY, ORD_TYPE, TRADE_ID, TIMESTAMP, MISC, MEMBERS };
	struct json_member members[MEMBERS] = {
		[SYMBOL] = {.name = SPAN("symbol")},
		[SIDE] = {.name = SPAN("side")},
		[PRICE] = {.name = SPAN("price")},
		[QTY] = {.name = SPAN("qty")},
		[ORD_TYPE] = {.name = SPAN("ord_type")},
		[TRADE_ID] = {.name = SPAN("trade_id")},
		[TIMESTAMP] = {.name = SPAN("timestamp")},
		[MISC] = {.name = SPAN("misc")},
	};
	struct numbers numbers;
	struct json_fault fault;

	if (kraken_trade_read_native(object, trade))
		return 0;
	if (json_object(object, members, MEMBERS, &fault) < 0) {
		*reason = fault.reason;
		return -1;
	}
	if (object.n > KRAKEN_TRADE_MAX) {
		*reason = "a trade of more than 65536 bytes";
		return -1;
	}
	*trade = (struct kraken_trade){
		.object = object,
		.symbol = members[SYMBOL].value,
		.side = members[SIDE].value,
		.ord_type = members[ORD_TYPE].value,
		.timestamp = members[TIMESTAMP].value,
		.misc = members[MISC].value,
	};
	numbers =
		(struct numbers){members[PRICE].value, members[QTY].value, members[TRADE_ID].value};
	*reason = check_trade(trade, &numbers);
	return *reason ? -1 : 0;
}

/* A string without escapes, and its closing quote. */
static inline bool take_string(const char **p, const char *end, struct json_value *value)
{
	*value = (struct json_value){.type = JSON_STRING};
	return take_text(p, end, &value->raw);
}

static inline bool take_side(const char **p, const char *end, struct kraken_trade *trade)
{
	static const struct json_value buy = {.type = JSON_STRING, .raw = SPAN("buy")};
	static const struct json_value sell = {.type = JSON_STRING, .raw = SPAN("sell")};

	if (TAKE(p, end, "buy\"")) {
		trade->side = buy;
		trade->taker = TRADE_BUY;
		return true;
	}
	trade->side = sell;
	trade->taker = TRADE_SELL;
	return TAKE(p, end, "sell\"");
}

static inline bool take_order_type(const char **p, const char *end, struct json_value *type)
{
	static const struct json_value limit = {.type = JSON_STRING, .raw = SPAN("limit")};
	static const struct json_value market = {.type = JSON_STRING, .raw = SPAN("market")};

	if (TAKE(p, end, "limit\"")) {
		*type = limit;
		return true;
	}
	if (!TAKE(p, end, "market\""))
		return take_string(p, end, type);
	*type = market;
	return true;
}

static inline bool take_time(const char **p, const char *end, struct kraken_trade *trade)
{
	size_t n = stamp_take(span_make(*p, (size_t)(end - *p)), &trade->time_ns);

	trade->time_text = span_make(n ? *p : NULL, n);
	if (n == 0)
		return take_string(p, end, &trade->timestamp) &&
			!check_timestamp(&trade->timestamp, &trade->time_ns);
	trade->timestamp = (struct json_value){.type = JSON_STRING, .raw = trade->time_text};
	*p += n;
	return TAKE(p, end, "\"") && trade->time_ns > 0;
}

/* The end of an object, with or without the time of receipt; *stamped says which. */
static inline bool take_end(const char **p, const char *end, bool *stamped)
{
	uint64_t ignored;

	*stamped = !TAKE(p, end, "}");
	return !*stamped ||
		(TAKE(p, end, ",\"received_at\":") && take_u64(p, end, &ignored) &&
			TAKE(p, end, "}"));
}

/* Moves *p behind an object in the native layout; false where something else stands there. */
static bool take_native(const char **at, const char *end, struct kraken_trade *trade)
{
	const char *p = *at;
	const char *id;
	bool stamped;

	if (!TAKE(&p, end, "{\"symbol\":\"") || !take_string(&p, end, &trade->symbol) ||
		!TAKE(&p, end, ",\"side\":\"") || !take_side(&p, end, trade) ||
		!TAKE(&p, end, ",\"price\":") || !take_amount(&p, end, &trade->price) ||
		!TAKE(&p, end, ",\"qty\":") || !take_amount(&p, end, &trade->qty) ||
		!TAKE(&p, end, ",\"ord_type\":\"") || !take_order_type(&p, end, &trade->ord_type) ||
		!TAKE(&p, end, ",\"trade_id\":"))
		return false;
	id = p;
	if (!take_u64(&p, end, &trade->id))
		return false;
	trade->id_text = span_make(id, (size_t)(p - id));
	if (!TAKE(&p, end, ",\"timestamp\":\"") || !take_time(&p, end, trade) ||
		!take_end(&p, end, &stamped) || (size_t)(p - *at) > KRAKEN_TRADE_MAX)
		return false;
	trade->misc = (struct json_value){.type = JSON_NONE};
	trade->object = span_make(*at, (size_t)(p - *at));
	trade->native = !stamped;
	*at = p;
	return trade->symbol.raw.n > 0 && trade->id > 0;
}

bool kraken_trade_read_native(struct span object, struct kraken_trade *trade)
{
	const char *p = object.p;

	return take_native(&p, object.p + object.n, trade) && p == object.p + object.n;
}

size_t kraken_trade_read_update(struct span message, struct kraken_trade *trades, size_t max)
{
	const char *p = message.p;
	const char *end = message.p + message.n;
	size_t n = 0;

	if (!TAKE(&p, end, "{\"channel\":\"trade\",\"type\":\"update\",\"data\":["))
		return 0;
	do {
		if (n == max || !take_native(&p, end, &trades[n++]))
			return 0;
	} while (TAKE(&p, end, ","));
	return TAKE(&p, end, "]}") && p == end ? n : 0;
}

static char *put(char *to, const char *text)
{
	size_t n = strlen(text);

	memcpy(to, text, n);
	return to + n;
}

static char *put_bytes(char *to, struct span bytes)
{
	memcpy(to, bytes.p, bytes.n);
	return to + bytes.n;
}

static char *put_string(char *to, const char *before, const struct json_value *string)
{
	to = put(to, before);
	to += json_write(to, string);
	return put(to, "\"");
}

/* Bytes that suffice for the record and a member behind it. */
static size_t record_room(const struct kraken_trade *trade)
{
	enum { NAMES_MAX = 256 }; /* bytes of a record that are no literal of the trade */

	if (trade->native)
		return trade->object.n + NAMES_MAX;
	return NAMES_MAX + trade->symbol.raw.n + trade->side.raw.n + trade->price.token.n +
		trade->qty.token.n + trade->ord_type.raw.n + trade->timestamp.raw.n +
		trade->misc.raw.n;
}

/* The record up to its closing brace, which is left out. */
static char *put_record(char *to, const struct kraken_trade *trade)
{
	if (trade->native)
		return put_bytes(to, span_make(trade->object.p, trade->object.n - 1));
	to = put_string(to, "{\"symbol\":\"", &trade->symbol);
	to = put_string(to, ",\"side\":\"", &trade->side);
	to = put_bytes(put(to, ",\"price\":"), trade->price.token);
	to = put_bytes(put(to, ",\"qty\":"), trade->qty.token);
	if (trade->ord_type.type != JSON_NONE)
		to = put_string(to, ",\"ord_type\":\"", &trade->ord_type);
	if (trade->id != 0) {
		to = put(to, ",\"trade_id\":");
		to += num_write_u64(to, trade->id);
	}
	to = put_string(to, ",\"timestamp\":\"", &trade->timestamp);
	if (trade->misc.type != JSON_NONE && trade->misc.raw.n > 0)
		to = put_string(to, ",\"misc\":\"", &trade->misc);
	return to;
}

int kraken_trade_write(struct out *out, const struct kraken_trade *trade)
{
	char *start, *to;

	if (trade->native)
		return out_record(out, trade->object);
	start = out_room(out, record_room(trade));
	if (!start)
		return -1;
	to = put(put_record(start, trade), "}\n");
	out_wrote(out, (size_t)(to - start));
	return 0;
}

int kraken_trade_write_received(
	struct out *out, const struct kraken_trade *trade, int64_t received_ns)
{
	char *start = out_room(out, record_room(trade)), *to;

	if (!start)
		return -1;
	to = put(put_record(start, trade), ",\"received_at\":");
	to += num_write_u64(to, (uint64_t)received_ns);
	to = put(to, "}\n");
	out_wrote(out, (size_t)(to - start));
	return 0;
}

void kraken_trade_convert(const struct kraken_trade *from, struct buf *scratch, struct trade *to)
{
	*to = (struct trade){
		.product = json_text(&from->symbol, scratch),
		.exchange = SPAN("kraken"),
		.price = from->price,
		.quantity = from->qty,
		.time_ns = from->time_ns,
		.id = from->id,
		.id_text = from->id_text,
		.has_id = from->id != 0,
		.side = from->taker,
		.time_text = from->time_text,
	};
	if (!from->time_text.p && !from->timestamp.escaped &&
		trade_is_time_text(from->timestamp.raw))
		to->time_text = from->timestamp.raw;
}
