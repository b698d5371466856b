/*
 * The archives of data.binance.vision that a range takes: one for each day that is over, UTC.
 *
 * Source: binance/binance-public-data, README (read in 2026): they appear on the next day, or later.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_DAYS_H
#define TRADEPIPE_MARKET_BINANCE_DAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "market/binance_trade.h"

enum { BINANCE_DATE_MAX = sizeof "2262-04-11" };

/* Days since 1970; none where `next` is above `last`. */
struct binance_days {
	int64_t next, last;
};

/* The days that are over at now_ns, from the moment since_ns to before until_ns. */
struct binance_days binance_days_of(int64_t since_ns, int64_t until_ns, int64_t now_ns);

/* A day as 2026-09-30. */
void binance_days_date(int64_t day, char to[BINANCE_DATE_MAX]);

/* The name of an archive, and its path on the server, where the symbol is percent-encoded, and below a
 * folder, where it is not; which both begin with a slash. They are appended, and a NUL
 * behind them that is not counted; -1 at the buffer's ceiling. */
int binance_days_name(struct buf *to, const char *symbol, int64_t day);
int binance_days_path(struct buf *to, enum binance_market market, const char *symbol, int64_t day);

#endif
