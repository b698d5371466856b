/*
 * The way that nearly all lines of an archive take: columns are checked while they are copied, and
 * nothing is kept of them but the time. What is not quite usual is left to binance_trade_read_csv().
 */
#ifndef TRADEPIPE_MARKET_BINANCE_USUAL_H
#define TRADEPIPE_MARKET_BINANCE_USUAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "market/binance_chain.h"

struct binance_usual {
	struct binance_chain *chain;
	size_t columns;		    /* of each line: 7 or 8 */
	int64_t since_ns, until_ns; /* times that are usual */
};

/* Writes the lines that bytes begin with, as long as each one is usual, whole and due, and moves on
 * behind them. -1 where the output has failed. */
int binance_usual_take(const struct binance_usual *usual, struct span *bytes);

#endif
