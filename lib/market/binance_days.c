#include "market/binance_days.h"

#include <string.h>

#include "base/stamp.h"

#define NS_PER_DAY (24 * 60 * 60 * STAMP_NS_PER_S)

struct binance_days binance_days_of(int64_t since_ns, int64_t until_ns, int64_t now_ns)
{
	int64_t today = now_ns / NS_PER_DAY;
	struct binance_days days = {.next = since_ns / NS_PER_DAY,
		.last = until_ns <= since_ns ? -1 : (until_ns - 1) / NS_PER_DAY};

	if (days.last >= today)
		days.last = today - 1;
	return days;
}

void binance_days_date(int64_t day, char to[BINANCE_DATE_MAX])
{
	char stamp[STAMP_TEXT_MAX];

	stamp_write(stamp, day * NS_PER_DAY, 0);
	memcpy(to, stamp, BINANCE_DATE_MAX - 1);
	to[BINANCE_DATE_MAX - 1] = '\0';
}

int binance_days_name(struct buf *to, const char *symbol, int64_t day)
{
	char date[BINANCE_DATE_MAX];

	binance_days_date(day, date);
	return buf_printf(to, "%s-aggTrades-%s.zip", symbol, date);
}

int binance_days_path(struct buf *to, enum binance_market market, const char *symbol, int64_t day)
{
	static const char *const branches[] = {
		[BINANCE_MARKET_UNKNOWN] = "spot",
		[BINANCE_SPOT] = "spot",
		[BINANCE_UM] = "futures/um",
		[BINANCE_CM] = "futures/cm",
	};

	if (buf_printf(to, "/data/%s/daily/aggTrades/%s/", branches[market], symbol) < 0)
		return -1;
	return binance_days_name(to, symbol, day);
}
