/*
 * Trade records read back: what trade-normalize writes, also with --schema strict, --fields or
 * --numbers string, and what a source map gives. Members and bounds: tradepipe-records(5).
 */
#ifndef TRADEPIPE_MARKET_TRADE_RECORD_H
#define TRADEPIPE_MARKET_TRADE_RECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "json/json.h"
#include "market/trade.h"

enum { TRADE_RECORD_MAX = 64 * 1024 }; /* bytes of a record; a usual one has 200 */

/* The members as they stand in a record, not yet looked at. JSON_NONE: not there. */
struct trade_record {
	struct json_value product_id;
	struct json_value price;
	struct json_value quantity;
	struct json_value timestamp;
	struct json_value timestamp_ms;
	struct json_value trade_id;
	struct json_value side;
	struct json_value exchange;
};

/* Scans an object of at most TRADE_RECORD_MAX bytes for the members. NULL, or the reason why it is
 * none, a constant. */
const char *trade_record_scan(struct span object, struct trade_record *record);

/*
 * Makes a trade of the members. NULL, or the reason why it will not do, a constant such as "price
 * is missing".
 *
 * price, quantity: a number, or a string that holds one. timestamp: RFC 3339 with at most nine
 * fractional digits. timestamp_ms: an integer; it may stand alone, and must be the same moment as
 * timestamp where both are there. trade_id: an integer from 0, or a string that holds one; absent or
 * null: none. side: buy, sell, absent or null. exchange: a string, absent or null: unknown, which
 * the caller settles.
 *
 * `names` holds names that had to be unescaped; it must have a ceiling of 2 * TRADE_RECORD_MAX or
 * more, and stay as it is while *trade is used.
 */
const char *trade_record_read(
	const struct trade_record *record, struct buf *names, struct trade *trade);

/* Both for a record laid out byte for byte as trade-normalize writes it without options, and several
 * times as fast. False says nothing about the record, only that the others must look at it. */
bool trade_record_read_plain(struct span line, struct trade *trade);

#endif
