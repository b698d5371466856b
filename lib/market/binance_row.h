/*
 * What an object and an archive's line of an aggregate trade have in common: their columns as text.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_ROW_H
#define TRADEPIPE_MARKET_BINANCE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "market/binance_trade.h"

/* The columns that are numbers, unchecked; `first` and `last` have p NULL where they are absent. */
struct binance_row {
	struct span id, price, quantity, first, last, time;
};

/* What the amounts are called, for trade_read_amount(), and the reasons that others are refused
 * for. */
struct binance_words {
	const char *price, *quantity;
	const char *id, *first, *last, *time;
};

#define BINANCE_NOT_WHOLE(name) name " is not an integer from 0 to 18446744073709551615"
#define BINANCE_NOT_A_TIME(name) name " is not a time between 1970 and 2262 in ms or us"

/* Fills in id, amounts, time and `voided`: NULL, or the reason why a column will not do. */
const char *binance_row_check(const struct binance_row *row, const struct binance_words *words,
	struct binance_trade *trade);

/* What tells one trade from another of the same id, whatever it was read from. */
struct binance_mark {
	uint64_t id, first, last; /* first and last: UINT64_MAX where there are none */
	int64_t time_ms;
	bool buyer_is_maker;
};

struct binance_mark binance_mark_of(
	const struct binance_row *row, const struct binance_trade *trade);
bool binance_mark_is(const struct binance_mark *a, const struct binance_mark *b);

/* Splits a line of an archive into its columns, without their quotes. Returns how many there are, of
 * which at most BINANCE_COLUMNS are filled in: id, price, quantity, first, last, time, whether the
 * buyer was the maker, and, for spot, whether it was the best match. */
enum { BINANCE_COLUMNS = 8 };
size_t binance_row_split(struct span line, struct span columns[BINANCE_COLUMNS]);

/* 0 and the time that a number of ms or us says, or -1 where it is out of bounds. */
int binance_row_time(uint64_t number, int64_t *ns);

#endif
