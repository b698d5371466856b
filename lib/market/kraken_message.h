/*
 * The messages of Kraken's WebSocket v2: what comes is told apart, what is asked for is written.
 * Pure functions over bytes, no sockets.
 *
 * Source: Kraken API documentation, "Spot WebSocket v2: trade, status, heartbeat, ping" (read in
 * 2026) and live recordings of September 2026. Members are found by name, since their order differs
 * between documentation, recordings and servers; unknown members are allowed everywhere.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_MESSAGE_H
#define TRADEPIPE_MARKET_KRAKEN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "json/json.h"

enum kraken_kind {
	KRAKEN_MALFORMED, /* no JSON object, a message of WebSocket v1, or a known message without
			   * what it must have */
	KRAKEN_TRADES,	  /* channel trade: `data` holds its trades, possibly none */
	KRAKEN_HEARTBEAT,
	KRAKEN_STATUS,	     /* `text` is the system's state: "online", "maintenance", ... */
	KRAKEN_SUBSCRIBED,   /* an acknowledgement: `symbol`, JSON_NONE where it names none */
	KRAKEN_UNSUBSCRIBED, /* likewise */
	KRAKEN_REFUSED,	     /* a request refused: `text`; `symbol` where one is named */
	KRAKEN_ERROR,	     /* an error that answers no request: `text` */
	KRAKEN_PONG,
	KRAKEN_OTHER, /* any other object, also a status that names no state; `text` is its channel
		       * or method, if it has one */
};

/* One message of the WebSocket. Spans point into it. */
struct kraken_message {
	enum kraken_kind kind;
	bool snapshot; /* KRAKEN_TRADES: the last trades before the subscription; what has no `type`
			* is an update */
	bool ending;   /* KRAKEN_REFUSED: the request was to unsubscribe */
	struct json_value data;	  /* KRAKEN_TRADES: the array */
	struct json_value symbol; /* a string, or JSON_NONE */
	struct json_value text;	  /* a string, or JSON_NONE */
	const char *reason;	  /* KRAKEN_MALFORMED: what is wrong with it */
};

/* Classifies a message. Dispatches on `channel` and `method`, never on the presence of `data`,
 * which status messages have as well. */
void kraken_message_read(struct span frame, struct kraken_message *message);

/* Appends one subscribe request for all n symbols: one, because separate ones are refused in
 * bursts. 0, or -1 at the buffer's ceiling (nothing is appended then). */
int kraken_subscribe_write(struct buf *to, const char *const *symbols, size_t n, uint64_t req_id);

/* The same for the request that ends subscriptions. */
int kraken_unsubscribe_write(struct buf *to, const char *const *symbols, size_t n, uint64_t req_id);

/* Where WebSocket v2 knows a pair by another name than the one given (XBT/USD is BTC/USD there),
 * puts that name in place of what `to` holds and returns true. Source: Kraken support, "Currency
 * and pair names". */
bool kraken_v2_name(struct span symbol, struct buf *to);

#endif
