#include "market/trade.h"

#include <string.h>

#include "base/num.h"
#include "base/stamp.h"

#define NS_PER_US INT64_C(1000)

static int scale(uint64_t value, int64_t factor, int64_t *ns)
{
	if (value > (uint64_t)(INT64_MAX / factor))
		return -1;
	*ns = (int64_t)value * factor;
	return 0;
}

int trade_time_ms(uint64_t ms, int64_t *ns)
{
	return scale(ms, STAMP_NS_PER_MS, ns);
}

int trade_time_us(uint64_t us, int64_t *ns)
{
	return scale(us, NS_PER_US, ns);
}

bool trade_is_time_text(struct span time)
{
	enum { TEE = sizeof "2026-09-30" - 1, POINT = sizeof "2026-09-30T01:34:50" - 1 };

	return time.n == TRADE_TIME_TEXT && time.p[TEE] == 'T' && time.p[POINT] == '.' &&
		time.p[TRADE_TIME_TEXT - 1] == 'Z';
}

/* What can be wrong with an amount, by fault, for each name that it goes by. */
#define AMOUNT_REASONS(name)                                                                       \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			[DECIMAL_NOT_A_NUMBER] = name " is not a number",                          \
			[DECIMAL_NOT_POSITIVE] = name " is not above zero",                        \
			[DECIMAL_TOO_LONG] =                                                       \
				name " has more than 64 digits, or 128 without an exponent",       \
		}                                                                                  \
	}

static const char *amount_reason(const char *name, enum decimal_fault fault)
{
	static const struct {
		const char *name;
		const char *reasons[DECIMAL_TOO_LONG + 1];
	} amounts[] = {
		AMOUNT_REASONS("price"),
		AMOUNT_REASONS("quantity"),
		AMOUNT_REASONS("qty"),
		AMOUNT_REASONS("volume"),
		AMOUNT_REASONS("p"),
		AMOUNT_REASONS("q"),
	};
	size_t i = 0;

	while (strcmp(amounts[i].name, name) != 0)
		i++;
	return amounts[i].reasons[fault];
}

const char *trade_read_amount(const char *name, struct span token, struct decimal *amount)
{
	enum decimal_fault fault = decimal_read(token, amount);

	return fault == DECIMAL_OK ? NULL : amount_reason(name, fault);
}

/* Binance's markets count their aggregates from 0, and an exchange that is not known may. */
static bool counts_from_zero(struct span exchange)
{
	return exchange.n == 0 || span_is_text(exchange, "binance") ||
		span_is_text(exchange, "binance-um") || span_is_text(exchange, "binance-cm");
}

const char *trade_check(const struct trade *trade)
{
	if (trade->product.n == 0)
		return "product_id is empty";
	if (trade->product.n > TRADE_NAME_MAX)
		return "product_id is longer than 256 bytes";
	if (trade->exchange.n > TRADE_NAME_MAX)
		return "exchange is longer than 256 bytes";
	if (trade->has_id && trade->id == 0 && !counts_from_zero(trade->exchange))
		return "trade_id is 0";
	/* Below a microsecond it would be written as 1970 itself. */
	return trade->time_ns >= NS_PER_US ? NULL : "timestamp is not after 1970";
}

size_t trade_write_id(char *to, const struct trade *trade)
{
	if (!trade->id_text.p)
		return num_write_u64(to, trade->id);
	memcpy(to, trade->id_text.p, trade->id_text.n);
	return trade->id_text.n;
}

size_t trade_write_time(char *to, const struct trade *trade)
{
	enum { DIGITS = 6 }; /* of a fraction of a second */

	if (!trade->time_text.p)
		return stamp_write(to, trade->time_ns, DIGITS);
	memcpy(to, trade->time_text.p, TRADE_TIME_TEXT);
	return TRADE_TIME_TEXT;
}
