/*
 * What is said to people of a stream that was judged.
 */
#ifndef TRADEPIPE_MARKET_VERDICT_H
#define TRADEPIPE_MARKET_VERDICT_H

#include "base/buf.h"
#include "base/quote.h"
#include "base/span.h"
#include "market/stream.h"
#include "market/trade.h"

enum {
	VERDICT_GAPS_MAX = 20, /* gaps of a stream that are told one by one */
	/* Bytes of the longest title of a stream, and of the longest line on one. */
	VERDICT_TITLE_MAX = 2 * QUOTE_GROWTH * TRADE_NAME_MAX + 4,
	VERDICT_LINE_MAX = VERDICT_TITLE_MAX + 256,
};

/* Appends what a stream is called: "BTC/USD of kraken", "BTC/USD" where the exchange is not known.
 * What JSON escapes is escaped, so that a name that holds a NUL is all there. 0, or -1 at the
 * buffer's ceiling. */
int verdict_title(struct buf *to, struct span product, struct span exchange);

/* Calls `tell` with a line for each fault of the stream, such as "BTC/USD of kraken: id 7 is
 * missing, between 2026-09-30T01:34:50.331350Z and 2026-09-30T01:34:51.000000Z". */
void verdict_tell_faults(
	const struct stream *stream, void (*tell)(void *arg, const char *line), void *arg);

/* Appends one line on the stream as a whole: "BTC/USD of kraken: whole: 6 trades, ids 1 to 6", with
 * a NUL behind it. 0, or -1 at the buffer's ceiling. */
int verdict_write(struct buf *to, const struct stream *stream);

#endif
