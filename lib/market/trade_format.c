#include "market/trade_format.h"

#include <string.h>

#include "base/num.h"
#include "base/quote.h"
#include "base/stamp.h"

enum { FIXED_MAX = 1024 }; /* bytes of a record that are no product, no exchange and no amount */

/* The Trade members, which are those that a list of fields may name. */
static const struct span names[] = {
	[TRADE_PRODUCT_ID] = SPAN("product_id"),
	[TRADE_PRICE] = SPAN("price"),
	[TRADE_QUANTITY] = SPAN("quantity"),
	[TRADE_TIMESTAMP] = SPAN("timestamp"),
	[TRADE_TIMESTAMP_MS] = SPAN("timestamp_ms"),
	[TRADE_TRADE_ID] = SPAN("trade_id"),
	[TRADE_SIDE] = SPAN("side"),
	[TRADE_EXCHANGE] = SPAN("exchange"),
};

enum { NAMES = sizeof names / sizeof *names };

void trade_format_schema(
	struct trade_format *format, enum trade_schema schema, enum trade_numbers numbers)
{
	static const unsigned char full[] = {TRADE_PRODUCT_ID, TRADE_PRICE, TRADE_QUANTITY,
		TRADE_TIMESTAMP, TRADE_TIMESTAMP_MS, TRADE_TRADE_ID, TRADE_SIDE, TRADE_EXCHANGE};
	static const unsigned char aggtrade[] = {TRADE_TRADE_ID, TRADE_PRICE, TRADE_QUANTITY,
		TRADE_TIME, TRADE_IS_BUYER_MAKER, TRADE_SYMBOL};
	enum { STRICT = 5 }; /* members from the front of the full ones */

	format->numbers = numbers;
	format->n = schema == TRADE_FULL ? sizeof full
		: schema == TRADE_STRICT ? STRICT
					 : sizeof aggtrade;
	memcpy(format->members, schema == TRADE_AGGTRADE ? aggtrade : full, format->n);
}

static int add_field(struct trade_format *format, struct span name, struct err *err)
{
	size_t member = 0;

	while (member < NAMES && !span_is(names[member], name))
		member++;
	if (member == NAMES)
		return err_set(err, EXIT_USAGE, "'%.*s' is no member of a Trade record",
			span_shown(name), name.p);
	if (memchr(format->members, (int)member, format->n))
		return err_set(err, EXIT_USAGE, "'%.*s' is named twice", span_shown(name), name.p);
	format->members[format->n++] = (unsigned char)member;
	return 0;
}

int trade_format_fields(
	struct trade_format *format, const char *list, enum trade_numbers numbers, struct err *err)
{
	*format = (struct trade_format){.numbers = numbers};
	for (;;) {
		size_t n = strcspn(list, ",");
		if (add_field(format, span_make(list, n), err) < 0)
			return -1;
		if (!list[n])
			return 0;
		list += n + 1;
	}
}

/* Copies a text literal and moves `to` behind it. */
#define PUT(to, literal) (memcpy((to), (literal), sizeof(literal) - 1), (to) + sizeof(literal) - 1)

static char *put_amount(char *to, const struct decimal *amount, enum trade_numbers numbers)
{
	if (numbers == TRADE_LITERAL) {
		memcpy(to, amount->token.p, amount->token.n);
		return to + amount->token.n;
	}
	if (numbers == TRADE_CANONICAL)
		return to + decimal_write(to, amount);
	*to++ = '"';
	to += decimal_write(to, amount);
	return PUT(to, "\"");
}

static char *put_string(char *to, struct span text)
{
	to += quote_write(to, text);
	return PUT(to, "\"");
}

static char *put_time(char *to, const struct trade *trade)
{
	to += trade_write_time(to, trade);
	return PUT(to, "\"");
}

static char *put_ms(char *to, const struct trade *trade)
{
	return to + num_write_u64(to, (uint64_t)(trade->time_ns / STAMP_NS_PER_MS));
}

static char *put_id(char *to, const struct trade *trade)
{
	if (!trade->has_id)
		return to;
	to = PUT(to, ",\"trade_id\":");
	return to + trade_write_id(to, trade);
}

static char *put_side(char *to, enum trade_side side)
{
	if (side == TRADE_BUY)
		return PUT(to, ",\"side\":\"buy\"");
	return side == TRADE_SELL ? PUT(to, ",\"side\":\"sell\"") : to;
}

static char *put_is_buyer_maker(char *to, enum trade_side side)
{
	if (side == TRADE_BUY)
		return PUT(to, ",\"is_buyer_maker\":false");
	return side == TRADE_SELL ? PUT(to, ",\"is_buyer_maker\":true") : to;
}

/* A member with a comma before it. */
static char *put_member(
	char *to, enum trade_member member, const struct trade *trade, enum trade_numbers numbers)
{
	switch (member) {
	case TRADE_PRODUCT_ID:
		return put_string(PUT(to, ",\"product_id\":\""), trade->product);
	case TRADE_PRICE:
		return put_amount(PUT(to, ",\"price\":"), &trade->price, numbers);
	case TRADE_QUANTITY:
		return put_amount(PUT(to, ",\"quantity\":"), &trade->quantity, numbers);
	case TRADE_TIMESTAMP:
		return put_time(PUT(to, ",\"timestamp\":\""), trade);
	case TRADE_TIMESTAMP_MS:
		return put_ms(PUT(to, ",\"timestamp_ms\":"), trade);
	case TRADE_TRADE_ID:
		return put_id(to, trade);
	case TRADE_SIDE:
		return put_side(to, trade->side);
	case TRADE_EXCHANGE:
		return put_string(PUT(to, ",\"exchange\":\""), trade->exchange);
	case TRADE_TIME:
		return put_ms(PUT(to, ",\"timestamp\":"), trade);
	case TRADE_IS_BUYER_MAKER:
		return put_is_buyer_maker(to, trade->side);
	default:
		return put_string(PUT(to, ",\"symbol\":\""), trade->product);
	}
}

static size_t amount_max(const struct decimal *amount, enum trade_numbers numbers)
{
	return numbers == TRADE_LITERAL ? amount->token.n : DECIMAL_TEXT_MAX;
}

int trade_write(struct out *out, const struct trade_format *format, const struct trade *trade,
	struct span *record, const char **reason)
{
	char *start;
	char *to;

	*reason = trade_check(trade);
	if (!*reason && trade->exchange.n == 0 &&
		memchr(format->members, TRADE_EXCHANGE, format->n))
		*reason = "exchange is missing";
	if (*reason)
		return 1;
	start = to = out_room(out,
		FIXED_MAX + 2 * QUOTE_GROWTH * TRADE_NAME_MAX +
			amount_max(&trade->price, format->numbers) +
			amount_max(&trade->quantity, format->numbers));
	if (!start)
		return -1;
	for (size_t i = 0; i < format->n; i++)
		to = put_member(to, format->members[i], trade, format->numbers);
	if (to == start) /* all members that are asked for are absent */
		to++;
	*start = '{';
	to = PUT(to, "}\n");
	*record = span_make(start, (size_t)(to - start));
	return 0;
}
