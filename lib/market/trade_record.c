#include "market/trade_record.h"

#include "base/num.h"
#include "base/stamp.h"
#include "json/take.h"

enum { NS_DIGITS = 9 };

const char *trade_record_scan(struct span object, struct trade_record *record)
{
	enum { PRODUCT, PRICE, QUANTITY, TIME, TIME_MS, ID, SIDE, EXCHANGE, MEMBERS };
	struct json_member members[MEMBERS] = {
		[PRODUCT] = {.name = SPAN("product_id")},
		[PRICE] = {.name = SPAN("price")},
		[QUANTITY] = {.name = SPAN("quantity")},
		[TIME] = {.name = SPAN("timestamp")},
		[TIME_MS] = {.name = SPAN("timestamp_ms")},
		[ID] = {.name = SPAN("trade_id")},
		[SIDE] = {.name = SPAN("side")},
		[EXCHANGE] = {.name = SPAN("exchange")},
	};
	struct json_fault fault;

	if (json_object(object, members, MEMBERS, &fault) < 0)
		return fault.reason;
	if (object.n > TRADE_RECORD_MAX)
		return "a record of more than 65536 bytes";
	*record = (struct trade_record){
		.product_id = members[PRODUCT].value,
		.price = members[PRICE].value,
		.quantity = members[QUANTITY].value,
		.timestamp = members[TIME].value,
		.timestamp_ms = members[TIME_MS].value,
		.trade_id = members[ID].value,
		.side = members[SIDE].value,
		.exchange = members[EXCHANGE].value,
	};
	return NULL;
}

/* The functions that read a member return NULL, or the reason why it will not do. */

static bool is_absent(const struct json_value *value)
{
	return value->type == JSON_NONE || value->type == JSON_NULL;
}

static const char *read_timestamp(
	const struct json_value *timestamp, struct buf *scratch, struct trade *trade)
{
	struct span text = timestamp->raw;
	unsigned digits;

	if (timestamp->type != JSON_STRING)
		return "timestamp is not a string";
	if (timestamp->escaped)
		text = json_text(timestamp, scratch);
	if (stamp_parse(text, &trade->time_ns, &digits) < 0)
		return "timestamp is not an RFC 3339 time between 1970 and 2262";
	if (digits > NS_DIGITS)
		return "timestamp has more than 9 fractional digits";
	if (!timestamp->escaped && trade_is_time_text(text))
		trade->time_text = text;
	return NULL;
}

static const char *read_time(
	const struct trade_record *record, struct buf *scratch, struct trade *trade)
{
	const struct json_value *stamp = &record->timestamp;
	const char *reason = NULL;
	int64_t ms_ns = 0;
	uint64_t ms;

	if (stamp->type == JSON_NONE && record->timestamp_ms.type == JSON_NONE)
		return "timestamp is missing";
	if (stamp->type != JSON_NONE)
		reason = read_timestamp(stamp, scratch, trade);
	if (reason || record->timestamp_ms.type == JSON_NONE)
		return reason;
	if (json_u64(&record->timestamp_ms, &ms) < 0 || trade_time_ms(ms, &ms_ns) < 0)
		return "timestamp_ms is not an integer of milliseconds between 1970 and 2262";
	if (stamp->type == JSON_NONE)
		trade->time_ns = ms_ns;
	else if (trade->time_ns / STAMP_NS_PER_MS != (int64_t)ms)
		return "timestamp_ms is another moment than timestamp";
	return NULL;
}

/* In JSON's grammar, also where it stands in a string. */
static int read_whole(const struct json_value *value, struct buf *scratch, uint64_t *whole)
{
	struct span text;

	if (value->type != JSON_STRING)
		return json_u64(value, whole);
	text = json_text(value, scratch);
	return text.n > 1 && text.p[0] == '0' ? -1 : num_u64(text, whole);
}

static const char *read_id(const struct json_value *value, struct buf *scratch, struct trade *trade)
{
	if (is_absent(value))
		return NULL;
	trade->has_id = true;
	return read_whole(value, scratch, &trade->id) == 0
		? NULL
		: "trade_id is not an integer from 0 to 18446744073709551615";
}

static const char *read_side(const struct json_value *value, enum trade_side *side)
{
	static const struct span buy = SPAN("buy");
	static const struct span sell = SPAN("sell");

	if (is_absent(value))
		return NULL;
	if (value->type != JSON_STRING)
		return "side is not a string";
	*side = json_is(value, buy) ? TRADE_BUY : TRADE_SELL;
	return *side == TRADE_BUY || json_is(value, sell) ? NULL : "side is neither buy nor sell";
}

/* What is no number is none in the grammar of numbers either; an amount that is escaped is not
 * rewritten, but refused. */
static const char *read_amount(const struct json_value *value, const char *name,
	const char *missing, struct decimal *amount)
{
	if (value->type == JSON_NONE)
		return missing;
	return trade_read_amount(name, value->raw, amount);
}

static const char *check_names(const struct trade_record *record)
{
	if (record->product_id.type == JSON_NONE)
		return "product_id is missing";
	if (record->product_id.type != JSON_STRING)
		return "product_id is not a string";
	if (!is_absent(&record->exchange) && record->exchange.type != JSON_STRING)
		return "exchange is not a string";
	return NULL;
}

/* Both names share a buffer, which must not move once the first of them is in it. */
static const char *read_names(
	const struct trade_record *record, struct buf *names, struct trade *trade)
{
	const struct json_value *product = &record->product_id;
	const struct json_value *exchange = &record->exchange;
	struct buf rest;

	buf_clear(names);
	if (!buf_room(names, product->raw.n + exchange->raw.n))
		return "names that are too long";
	trade->product = json_text(product, names);
	if (is_absent(exchange))
		return NULL;
	buf_init(&rest, names->cap - names->len);
	rest.data = names->data + names->len;
	rest.cap = rest.ceiling;
	trade->exchange = json_text(exchange, &rest);
	return NULL;
}

const char *trade_record_read(
	const struct trade_record *record, struct buf *names, struct trade *trade)
{
	const char *reason;

	*trade = (struct trade){.side = TRADE_SIDE_UNKNOWN};
	if ((reason = check_names(record)) ||
		(reason = read_amount(
			 &record->price, "price", "price is missing", &trade->price)) ||
		(reason = read_amount(
			 &record->quantity, "quantity", "quantity is missing", &trade->quantity)) ||
		(reason = read_time(record, names, trade)) ||
		(reason = read_id(&record->trade_id, names, trade)) ||
		(reason = read_side(&record->side, &trade->side)))
		return reason;
	return read_names(record, names, trade);
}

static inline bool take_time(const char **p, const char *end, struct trade *trade)
{
	size_t n = stamp_take(span_make(*p, (size_t)(end - *p)), &trade->time_ns);
	uint64_t ms;

	if (n == 0)
		return false;
	trade->time_text = span_make(*p, n);
	*p += n;
	return TAKE(p, end, "\",\"timestamp_ms\":") && take_u64(p, end, &ms) &&
		ms == (uint64_t)(trade->time_ns / STAMP_NS_PER_MS);
}

static inline bool take_id(const char **p, const char *end, struct trade *trade)
{
	const char *start;

	trade->id = 0;
	trade->id_text = span_make(NULL, 0);
	trade->has_id = TAKE(p, end, ",\"trade_id\":");
	start = *p;
	if (!trade->has_id)
		return true;
	if (!take_u64(p, end, &trade->id))
		return false;
	trade->id_text = span_make(start, (size_t)(*p - start));
	return true;
}

static inline enum trade_side take_side(const char **p, const char *end)
{
	if (TAKE(p, end, ",\"side\":\"buy\""))
		return TRADE_BUY;
	return TAKE(p, end, ",\"side\":\"sell\"") ? TRADE_SELL : TRADE_SIDE_UNKNOWN;
}

bool trade_record_read_plain(struct span line, struct trade *trade)
{
	const char *p = line.p;
	const char *end = line.p + line.n;

	if (line.n > TRADE_RECORD_MAX || !TAKE(&p, end, "{\"product_id\":\"") ||
		!take_text(&p, end, &trade->product) || !TAKE(&p, end, ",\"price\":") ||
		!take_amount(&p, end, &trade->price) || !TAKE(&p, end, ",\"quantity\":") ||
		!take_amount(&p, end, &trade->quantity) || !TAKE(&p, end, ",\"timestamp\":\"") ||
		!take_time(&p, end, trade) || !take_id(&p, end, trade))
		return false;
	trade->voided = false;
	trade->side = take_side(&p, end);
	return TAKE(&p, end, ",\"exchange\":\"") && take_text(&p, end, &trade->exchange) &&
		TAKE(&p, end, "}") && p == end;
}
