/*
 * The rows of one answer to a request for aggregate trades, in the order of their ids.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_PAGE_H
#define TRADEPIPE_MARKET_BINANCE_PAGE_H

#include <stddef.h>

#include "base/span.h"
#include "json/json.h"
#include "market/binance_row.h"
#include "market/binance_trade.h"

enum {
	BINANCE_PAGE_MAX = 1000,		      /* rows that Binance sends at most */
	BINANCE_PAGE_CEILING = 10 * BINANCE_PAGE_MAX, /* rows that are taken at most */
};

/* Spans point into the answer. */
struct binance_page_row {
	const char *bad;	    /* why it is no trade; NULL: it is one */
	struct binance_row text;    /* as it was sent */
	struct span best;	    /* M; p NULL: there is none */
	struct binance_trade trade; /* where it is bad: the id of the row before it */
};

/* Zeroed, it is empty. */
struct binance_page {
	struct binance_page_row *rows;
	size_t n, cap;
};

/* Reads an array that was scanned, in place of what the page held before. Rows that do not ascend are
 * put in order. 0, or -1 where there are more than BINANCE_PAGE_CEILING. */
int binance_page_read(struct binance_page *page, const struct json_value *array);
void binance_page_release(struct binance_page *page);

#endif
