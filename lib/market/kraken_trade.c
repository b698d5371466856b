#include "market/kraken_trade.h"

#include <string.h>

#include "base/decimal.h"
#include "base/num.h"
#include "base/stamp.h"

enum { NS_DIGITS = 9 };

/* What can be wrong with an amount, by fault; in place of DECIMAL_OK: that it is not there. */
static const char *const price_reasons[] = {
	[DECIMAL_OK] = "price is missing",
	[DECIMAL_NOT_A_NUMBER] = "price is not a number",
	[DECIMAL_NOT_POSITIVE] = "price is not above zero",
	[DECIMAL_TOO_LONG] = "price has more than 64 digits, or 128 without an exponent",
};

static const char *const qty_reasons[] = {
	[DECIMAL_OK] = "qty is missing",
	[DECIMAL_NOT_A_NUMBER] = "qty is not a number",
	[DECIMAL_NOT_POSITIVE] = "qty is not above zero",
	[DECIMAL_TOO_LONG] = "qty has more than 64 digits, or 128 without an exponent",
};

/* The functions that check a member return NULL, or the reason why it will not do. */

static const char *check_amount(const struct json_value *value, const char *const reasons[])
{
	char canonical[DECIMAL_TEXT_MAX];
	enum decimal_fault fault;
	size_t n;

	if (value->type == JSON_NONE)
		return reasons[DECIMAL_OK];
	if (value->type != JSON_NUMBER)
		return reasons[DECIMAL_NOT_A_NUMBER];
	fault = decimal_canonical(value->raw, canonical, &n);
	return fault == DECIMAL_OK ? NULL : reasons[fault];
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

static const char *check_trade(struct kraken_trade *trade, const struct json_value *id)
{
	const char *reason;

	if ((reason = check_symbol(&trade->symbol)) ||
		(reason = check_side(&trade->side, &trade->taker)) ||
		(reason = check_amount(&trade->price, price_reasons)) ||
		(reason = check_amount(&trade->qty, qty_reasons)) ||
		(reason = check_optional(&trade->ord_type, "ord_type is not a string")) ||
		(reason = check_id(id, &trade->id)) ||
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
		.price = members[PRICE].value,
		.qty = members[QTY].value,
		.ord_type = members[ORD_TYPE].value,
		.timestamp = members[TIMESTAMP].value,
		.misc = members[MISC].value,
	};
	*reason = check_trade(trade, &members[TRADE_ID].value);
	return *reason ? -1 : 0;
}

/* Moves *p behind a literal; false where something else stands there. */
__attribute__((always_inline)) static inline bool take(
	const char **p, const char *end, const char *literal, size_t n)
{
	if ((size_t)(end - *p) < n || memcmp(*p, literal, n) != 0)
		return false;
	*p += n;
	return true;
}

#define TAKE(p, end, literal) take((p), (end), (literal), sizeof(literal) - 1)

/* A string without escapes, and its closing quote. */
static inline bool take_text(const char **p, const char *end, struct json_value *value)
{
	size_t n = json_plain_length(span_make(*p, (size_t)(end - *p)));

	*value = (struct json_value){.type = JSON_STRING, .raw = span_make(*p, n)};
	*p += n;
	return TAKE(p, end, "\"");
}

/* Digits, and points where `points` says so; whether that is a number is still to be checked. */
static inline bool take_digits(
	const char **p, const char *end, bool points, struct json_value *value)
{
	const char *start = *p;

	while (*p < end && ((unsigned char)(**p - '0') <= 9 || (points && **p == '.')))
		++*p;
	*value = (struct json_value){
		.type = JSON_NUMBER, .raw = span_make(start, (size_t)(*p - start))};
	return *p > start;
}

/* Moves *p behind an object in the native layout; false where something else stands there. */
static bool take_native(const char **at, const char *end, struct kraken_trade *trade)
{
	const char *p = *at;
	struct json_value id;

	if (!TAKE(&p, end, "{\"symbol\":\"") || !take_text(&p, end, &trade->symbol) ||
		!TAKE(&p, end, ",\"side\":\"") || !take_text(&p, end, &trade->side) ||
		!TAKE(&p, end, ",\"price\":") || !take_digits(&p, end, true, &trade->price) ||
		!TAKE(&p, end, ",\"qty\":") || !take_digits(&p, end, true, &trade->qty) ||
		!TAKE(&p, end, ",\"ord_type\":\"") || !take_text(&p, end, &trade->ord_type) ||
		!TAKE(&p, end, ",\"trade_id\":") || !take_digits(&p, end, false, &id) ||
		!TAKE(&p, end, ",\"timestamp\":\"") || !take_text(&p, end, &trade->timestamp) ||
		!TAKE(&p, end, "}") || (size_t)(p - *at) > KRAKEN_TRADE_MAX)
		return false;
	trade->misc = (struct json_value){.type = JSON_NONE};
	trade->object = span_make(*at, (size_t)(p - *at));
	trade->native = true;
	*at = p;
	/* json_u64() counts on a scanner that has refused leading zeros. */
	return id.raw.p[0] != '0' && !check_trade(trade, &id);
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

int kraken_trade_write(struct out *out, const struct kraken_trade *trade)
{
	enum { NAMES_MAX = 256 }; /* bytes of a record that are no literal of the trade */
	size_t literals = trade->symbol.raw.n + trade->side.raw.n + trade->price.raw.n +
		trade->qty.raw.n + trade->ord_type.raw.n + trade->timestamp.raw.n +
		trade->misc.raw.n;
	char *start;
	char *to;

	if (trade->native)
		return out_record(out, trade->object);
	start = to = out_room(out, literals + NAMES_MAX);
	if (!start)
		return -1;
	to = put_string(to, "{\"symbol\":\"", &trade->symbol);
	to = put_string(to, ",\"side\":\"", &trade->side);
	to = put_bytes(put(to, ",\"price\":"), trade->price.raw);
	to = put_bytes(put(to, ",\"qty\":"), trade->qty.raw);
	if (trade->ord_type.type != JSON_NONE)
		to = put_string(to, ",\"ord_type\":\"", &trade->ord_type);
	if (trade->id != 0) {
		to = put(to, ",\"trade_id\":");
		to += num_write_u64(to, trade->id);
	}
	to = put_string(to, ",\"timestamp\":\"", &trade->timestamp);
	if (trade->misc.type != JSON_NONE && trade->misc.raw.n > 0)
		to = put_string(to, ",\"misc\":\"", &trade->misc);
	to = put(to, "}\n");
	out_wrote(out, (size_t)(to - start));
	return 0;
}

void kraken_trade_convert(const struct kraken_trade *from, struct buf *scratch, struct trade *to)
{
	*to = (struct trade){
		.product = json_text(&from->symbol, scratch),
		.price = from->price.raw,
		.quantity = from->qty.raw,
		.time_ns = from->time_ns,
		.id = from->id,
		.side = from->taker,
		.exchange = SPAN("kraken"),
	};
}
