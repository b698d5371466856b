/*
 * The Trade record that consumers know, its invariants, and its one textual form.
 * Members and bounds: tradepipe-records(5).
 */
#ifndef TRADEPIPE_MARKET_TRADE_H
#define TRADEPIPE_MARKET_TRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"
#include "base/span.h"

enum { TRADE_NAME_MAX = 256 }; /* bytes of a product's or an exchange's name: no real one has 40 */

enum trade_side {
	TRADE_SIDE_UNKNOWN,
	TRADE_BUY, /* the taker bought */
	TRADE_SELL,
};

/* A trade as a venue's parser hands it out. Spans point into the parsed text or into the parser's
 * own buffers and live until it is called again. */
struct trade {
	struct span product; /* the exchange's name for it, UTF-8, unescaped */
	struct span price;   /* number tokens with the exchange's own digits, not yet checked */
	struct span quantity;
	int64_t time_ns;
	uint64_t id; /* 0: the exchange gave none */
	enum trade_side side;
	struct span exchange; /* "kraken", ... */
};

/* Checks the bounds and writes the record with its newline to `out`: canonical numbers, six
 * fractional digits of time, cut off. 0; 1 and *reason (a phrase such as "price is not above zero")
 * where the trade is outside the bounds; -1 where `out` has failed. */
int trade_write(struct out *out, const struct trade *trade, const char **reason);

#endif
