/*
 * A trade in Kraken's words, as its WebSocket v2 sends it and as native records have it: pure
 * functions over bytes.
 *
 * Source: Kraken API documentation, "Spot WebSocket v2: trade" (read in 2026) and live
 * recordings of September 2026. Members are found by name, since their order differs between
 * documentation, recordings and servers; unknown members are allowed everywhere.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_TRADE_H
#define TRADEPIPE_MARKET_KRAKEN_TRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/out.h"
#include "base/span.h"
#include "json/json.h"
#include "market/trade.h"

/* Bytes of a trade object: three hundred times a usual one. */
enum { KRAKEN_TRADE_MAX = 64 * 1024 };

/* A trade as Kraken sends it: the members of one element of a `trade` message, which is also the
 * native record that kraken-ws-tail and kraken-rest-dump write. Spans point into the message. */
struct kraken_trade {
	struct json_value symbol;    /* string, "BTC/USD", not empty */
	struct json_value side;	     /* string, "buy" or "sell": the taker's */
	struct decimal price;	     /* of a number */
	struct decimal qty;	     /* likewise */
	struct json_value ord_type;  /* string, or JSON_NONE */
	struct json_value timestamp; /* string, RFC 3339, at most nine fractional digits */
	struct json_value misc;	     /* string, or JSON_NONE */
	struct span object;	     /* all of it, braces included */
	bool native;	       /* `object` is byte for byte what kraken_trade_write() writes */
	enum trade_side taker; /* what `side` says */
	int64_t time_ns;       /* what `timestamp` says, above zero */
	uint64_t id;	       /* 0: the exchange gave none (absent, null or 0) */
	struct span id_text;   /* its digits, where they are known to be plain; else p is NULL */
	struct span
		time_text; /* `timestamp`, where it is known to be as records have it; likewise */
};

/* Reads one trade object of at most KRAKEN_TRADE_MAX bytes. 0, or -1 and *reason, a phrase such as
 * "price is missing", which is a constant. */
int kraken_trade_read(struct span object, struct kraken_trade *trade, const char **reason);

/* The same for an object laid out byte for byte as kraken_trade_write() does it, with or without the
 * time of receipt, and several times as fast. False says nothing about the object, only that
 * kraken_trade_read() must look at it. */
bool kraken_trade_read_native(struct span object, struct kraken_trade *trade);

/* Reads a whole `trade` update laid out byte for byte as Kraken sends it, into at most `max` trades,
 * and returns how many it holds. 0 says nothing about the message, only that kraken_message_read()
 * must look at it. */
enum { KRAKEN_UPDATE_MAX = 32 }; /* trades that suffice for nearly all; more take the longer way */
size_t kraken_trade_read_update(struct span message, struct kraken_trade *trades, size_t max);

/* Writes the native record with its newline: members in Kraken's order, number tokens untouched,
 * strings escaped as little as JSON allows, what the exchange did not give and an empty misc left
 * out. 0, or -1 where `out` has failed. */
int kraken_trade_write(struct out *out, const struct kraken_trade *trade);

/* The same with `"received_at":N` as its last member, wall clock nanoseconds since 1970. What the
 * record had of that name is left out. */
int kraken_trade_write_received(
	struct out *out, const struct kraken_trade *trade, int64_t received_ns);

/* The same trade as consumers know it. `scratch` holds an unescaped name where that is needed: it
 * must have a ceiling of KRAKEN_TRADE_MAX or more, and stay as it is while *to is used. */
void kraken_trade_convert(const struct kraken_trade *from, struct buf *scratch, struct trade *to);

#endif
