#include "market/trade.h"

#include "base/decimal.h"
#include "base/num.h"
#include "base/quote.h"
#include "base/stamp.h"

enum {
	TIME_DIGITS = 6,  /* of a fraction of a second */
	NAMES_MAX = 1024, /* bytes of a record that are no product, no exchange and no amount */
	RECORD_MAX = NAMES_MAX + 2 * QUOTE_GROWTH * TRADE_NAME_MAX + 2 * DECIMAL_TEXT_MAX,
};

/* What can be wrong with an amount, by fault. */
static const char *const price_reasons[] = {
	[DECIMAL_NOT_A_NUMBER] = "price is not a number",
	[DECIMAL_NOT_POSITIVE] = "price is not above zero",
	[DECIMAL_TOO_LONG] = "price has more than 64 digits, or 128 without an exponent",
};

static const char *const quantity_reasons[] = {
	[DECIMAL_NOT_A_NUMBER] = "quantity is not a number",
	[DECIMAL_NOT_POSITIVE] = "quantity is not above zero",
	[DECIMAL_TOO_LONG] = "quantity has more than 64 digits, or 128 without an exponent",
};

/* Copies a text literal and moves `to` behind it. */
#define PUT(to, literal) (memcpy((to), (literal), sizeof(literal) - 1), (to) + sizeof(literal) - 1)

static const char *check_names(const struct trade *trade)
{
	if (trade->product.n == 0)
		return "product_id is empty";
	if (trade->product.n > TRADE_NAME_MAX)
		return "product_id is longer than 256 bytes";
	if (trade->exchange.n > TRADE_NAME_MAX)
		return "exchange is longer than 256 bytes";
	return trade->time_ns > 0 ? NULL : "timestamp is not after 1970";
}

/* Both amounts with their names; *fault is the reason where one will not do. */
static char *put_amounts(char *to, const struct trade *trade, const char **reason)
{
	enum decimal_fault fault;
	size_t n = 0;

	to = PUT(to, "\",\"price\":");
	fault = decimal_canonical(trade->price, to, &n);
	*reason = price_reasons[fault];
	if (fault != DECIMAL_OK)
		return to;
	to = PUT(to + n, ",\"quantity\":");
	fault = decimal_canonical(trade->quantity, to, &n);
	*reason = quantity_reasons[fault];
	return to + n;
}

static char *put_time(char *to, int64_t ns)
{
	to = PUT(to, ",\"timestamp\":\"");
	to += stamp_write(to, ns, TIME_DIGITS);
	to = PUT(to, "\",\"timestamp_ms\":");
	return to + num_write_u64(to, (uint64_t)(ns / STAMP_NS_PER_MS));
}

static char *put_identity(char *to, const struct trade *trade)
{
	if (trade->id != 0) {
		to = PUT(to, ",\"trade_id\":");
		to += num_write_u64(to, trade->id);
	}
	if (trade->side == TRADE_BUY)
		to = PUT(to, ",\"side\":\"buy\"");
	else if (trade->side == TRADE_SELL)
		to = PUT(to, ",\"side\":\"sell\"");
	to = PUT(to, ",\"exchange\":\"");
	return to + quote_write(to, trade->exchange);
}

int trade_write(struct out *out, const struct trade *trade, const char **reason)
{
	char *start;
	char *to;

	*reason = check_names(trade);
	if (*reason)
		return 1;
	start = out_room(out, RECORD_MAX);
	if (!start)
		return -1;
	to = PUT(start, "{\"product_id\":\"");
	to += quote_write(to, trade->product);
	to = put_amounts(to, trade, reason);
	if (*reason)
		return 1;
	to = put_time(to, trade->time_ns);
	to = put_identity(to, trade);
	to = PUT(to, "\"}\n");
	out_wrote(out, (size_t)(to - start));
	return 0;
}
