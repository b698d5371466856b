/*
 * Trades out of the lines of any source that is known, told apart line by line: Kraken's and
 * Binance's native records, their WebSocket messages, stored answers of their REST interfaces,
 * Binance's archives, Trade records.
 */
#ifndef TRADEPIPE_MARKET_SOURCE_H
#define TRADEPIPE_MARKET_SOURCE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "market/trade.h"

enum source_kind {
	SOURCE_AUTO, /* told by the line itself */
	SOURCE_KRAKEN,
	SOURCE_KRAKEN_WS,
	SOURCE_KRAKEN_REST,
	SOURCE_BINANCE,
	SOURCE_BINANCE_WS,
	SOURCE_BINANCE_REST,
	SOURCE_BINANCE_CSV,
	SOURCE_TRADE,
};

/* Their names as users write them ("auto", "kraken", "kraken-ws", ...), by kind, NULL at the end. */
extern const char *const source_names[];

/* What becomes of a line. The functions return 0 to go on, or -1 to leave the rest of the line. */
struct source_sink {
	/* A trade, which may be a void one (trade->voided); index is its place in the line from 1,
	 * or 0 where the line holds nothing else. Within the bounds but for its names, id and time,
	 * which trade_check() looks at. */
	int (*trade)(void *arg, const struct trade *trade, size_t index);

	/* The line is a message that holds no trade: a heartbeat, a header, an empty answer. Called
	 * once then, and nothing else is. */
	int (*passed)(void *arg);

	/* The line, or the trade at that index, will not do. The reason lives until the return. */
	int (*bad)(void *arg, size_t index, const char *reason);

	void *arg;
};

struct source {
	enum source_kind pinned; /* other lines than these are refused */
	struct span product;  /* the name for what carries none, and for stored answers of Kraken's;
			      * empty: not given */
	struct span exchange; /* for what shows no exchange, or no market of Binance; empty: not
			       * given */
	struct source_sink sink;
	struct buf names;  /* unescaped ones */
	struct buf reason; /* of a refusal, where it is no constant */
};

/* `product` and `exchange` may be NULL, and live as long as the source. */
void source_init(struct source *source, enum source_kind pinned, const char *product,
	const char *exchange, const struct source_sink *sink);
void source_release(struct source *source);

/* Reads one line and hands what is in it to the sink. 0, or -1 where the sink returned it. */
int source_read(struct source *source, struct span line);

#endif
