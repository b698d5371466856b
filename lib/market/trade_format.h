/*
 * How a trade is written: which members, in which order, and how numbers are spelled.
 */
#ifndef TRADEPIPE_MARKET_TRADE_FORMAT_H
#define TRADEPIPE_MARKET_TRADE_FORMAT_H

#include <stddef.h>

#include "base/err.h"
#include "base/out.h"
#include "market/trade.h"

/* The members of a Trade record, and those that only the aggtrade schema has. */
enum trade_member {
	TRADE_PRODUCT_ID,
	TRADE_PRICE,
	TRADE_QUANTITY,
	TRADE_TIMESTAMP,
	TRADE_TIMESTAMP_MS,
	TRADE_TRADE_ID,
	TRADE_SIDE,
	TRADE_EXCHANGE,
	TRADE_TIME, /* "timestamp" as an integer of ms */
	TRADE_IS_BUYER_MAKER,
	TRADE_SYMBOL,
	TRADE_MEMBERS,
};

enum trade_schema {
	TRADE_FULL,	/* all members of a Trade record */
	TRADE_STRICT,	/* the first five */
	TRADE_AGGTRADE, /* trade_id, price, quantity, timestamp (ms), is_buyer_maker, symbol */
};

enum trade_numbers {
	TRADE_CANONICAL, /* as decimal_write() gives them */
	TRADE_QUOTED,	 /* the same as strings */
	TRADE_LITERAL,	 /* the digits as the source sent them */
};

struct trade_format {
	unsigned char members[TRADE_MEMBERS]; /* enum trade_member, in the order of writing */
	size_t n;
	enum trade_numbers numbers;
};

void trade_format_schema(
	struct trade_format *format, enum trade_schema schema, enum trade_numbers numbers);

/* The same from a list of names of Trade members, "price,quantity". 0, or -1 and *err (EXIT_USAGE)
 * where it is empty, names what does not exist, or names a member twice. */
int trade_format_fields(
	struct trade_format *format, const char *list, enum trade_numbers numbers, struct err *err);

/* Checks the trade, which is not a void one, and writes it with its newline into room that it asks
 * `out` for. out_wrote() of the record's bytes is left to the caller, who may think better of it.
 * An id or a side that the trade does not have is left out. 0; 1 and *reason (a constant phrase
 * such as "exchange is missing") where the trade is outside the bounds or lacks a member that the
 * format names; -1 where `out` has failed. */
int trade_write(struct out *out, const struct trade_format *format, const struct trade *trade,
	struct span *record, const char **reason);

#endif
