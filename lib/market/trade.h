/*
 * A trade as consumers know it, whatever exchange it comes from, and the bounds it must keep, which
 * tradepipe-records(5) states.
 */
#ifndef TRADEPIPE_MARKET_TRADE_H
#define TRADEPIPE_MARKET_TRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/span.h"

enum {
	TRADE_NAME_MAX = 256, /* bytes of a product's or an exchange's name: no real one has 40 */
	TRADE_TIME_TEXT = sizeof "2026-09-30T01:34:50.331350Z" - 1,
};

enum trade_side {
	TRADE_SIDE_UNKNOWN,
	TRADE_BUY, /* the taker bought */
	TRADE_SELL,
};

/* A trade as a source's parser hands it out. Spans point into the parsed text or into the parser's
 * own buffers and live until it is called again. */
struct trade {
	struct span product;	 /* the exchange's name for it, UTF-8, unescaped */
	struct span exchange;	 /* "kraken", ...; empty: unknown */
	struct decimal price;	 /* not set where `voided` is */
	struct decimal quantity; /* likewise */
	int64_t time_ns;
	struct span time_text; /* time_ns as records have it, of TRADE_TIME_TEXT bytes, where the
				* source spells it so; else p is NULL */
	uint64_t id;	       /* 0 where has_id is not set */
	struct span
		id_text; /* id in decimal digits, where the source spells it so; else p is NULL */
	bool has_id;	 /* whether the exchange gave one */
	bool voided; /* the exchange declared it void: it keeps its id and is no trade otherwise */
	enum trade_side side;
};

/* The time, where it is within bounds, or -1. Both overflow-safe. */
int trade_time_ms(uint64_t ms, int64_t *ns);
int trade_time_us(uint64_t us, int64_t *ns);

/* Whether a time that was found to be one is spelled as time_text must be. */
bool trade_is_time_text(struct span time);

/* Checks an amount's token: NULL, or the reason why it will not do, a constant that begins with
 * `name`, which is "price", "quantity", "qty", "volume", "p" or "q". */
const char *trade_read_amount(const char *name, struct span token, struct decimal *amount);

/* Checks the names, the id and the time of a trade: NULL, or the reason why it is outside the
 * bounds, a constant. An id of 0 is one only where the exchange counts from 0, as Binance does. An
 * unknown exchange is allowed here. A time is at least a microsecond after 1970. */
const char *trade_check(const struct trade *trade);

/* Writes the id of a trade that has one, and the time of any, as records have them: in decimal, to
 * room for NUM_U64_MAX bytes, and to room for TRADE_TIME_TEXT. Returns the number of bytes. */
size_t trade_write_id(char *to, const struct trade *trade);
size_t trade_write_time(char *to, const struct trade *trade);

#endif
