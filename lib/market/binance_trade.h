/*
 * An aggregate trade in Binance's words: the object that its REST interface gives, the event of its
 * WebSocket, and the native record, which is that object with the symbol in front. Pure functions
 * over bytes.
 *
 * Source: Binance spot API documentation, "REST API: compressed/aggregate trades list" and
 * "WebSocket streams: aggregate trade streams" (read in 2026); futures, "Compressed/Aggregate
 * Trades List" (read in 2026). Members are found by name; unknown members are allowed everywhere.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_TRADE_H
#define TRADEPIPE_MARKET_BINANCE_TRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "json/json.h"
#include "market/trade.h"

enum { BINANCE_TRADE_MAX = 64 * 1024 }; /* bytes of a trade object; a usual one has 150 */

enum binance_market {
	BINANCE_MARKET_UNKNOWN, /* the record does not say */
	BINANCE_SPOT,
	BINANCE_UM, /* futures margined in USD */
	BINANCE_CM, /* futures margined in coins */
};

/* An aggregate trade. Spans point into the text that was read. */
struct binance_trade {
	struct json_value symbol; /* "s": a string, not empty, or JSON_NONE */
	enum binance_market market;
	uint64_t id;		 /* "a", counted from 0 */
	struct decimal price;	 /* "p"; not set where `voided` is */
	struct decimal quantity; /* "q"; likewise */
	int64_t time_ns;	 /* "T", above zero */
	bool buyer_is_maker;	 /* "m": then the taker sold */
	bool voided; /* p and q are zero, f and l are -1: declared void in an audit of 2022 */
};

/* Reads one object of at most BINANCE_TRADE_MAX bytes. "T" is ms below 10^14 and us from there on;
 * "f" and "l" are checked where they are there, and are -1 in void ones only; amounts with escapes
 * are refused. 0, or -1 and *reason, a phrase such as "p is missing", which is a constant. */
int binance_trade_read(struct span object, struct binance_trade *trade, const char **reason);

/* The same for a native record laid out as binance-aggtrades-dump writes it
 * ({"s":"BTCUSDT","a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,
 * "T":1498793709153,"m":true,"M":true}, with "market":"um" or "cm" behind s for futures, which have
 * no M), and several times as fast. False says nothing about the record, only that
 * binance_trade_read() must look at it. */
bool binance_trade_read_native(struct span object, struct binance_trade *trade);

/* Reads a line of an archive (data.binance.vision), of at most BINANCE_TRADE_MAX bytes: aggregate
 * id, price, quantity, first and last trade id, time, whether the buyer was the maker, and for spot
 * whether it was the best match; each of them quoted or not. A header is a line of as many columns,
 * each beginning with a letter, maybe behind a byte order mark. 0; 1 for a header; or -1 and *reason,
 * a constant that names the column as headers of futures' archives do. */
int binance_trade_read_csv(struct span line, struct binance_trade *trade, const char **reason);

/* The trade as consumers know it. `product` and `exchange` stand in where the record shows none;
 * either may be empty. `names` holds an unescaped name where that is needed: it must have a ceiling
 * of BINANCE_TRADE_MAX or more, and stay as it is while *to is used. */
void binance_trade_convert(const struct binance_trade *from, struct span product,
	struct span exchange, struct buf *names, struct trade *to);

#endif
