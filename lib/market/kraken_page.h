/*
 * The rows of one answer to a request for trades, in the order of their ids.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_PAGE_H
#define TRADEPIPE_MARKET_KRAKEN_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "market/kraken_answer.h"

enum {
	KRAKEN_PAGE_MAX = 1000, /* rows that Kraken sends at most; see kraken_answer.h */
	KRAKEN_PAGE_CEILING = 10 * KRAKEN_PAGE_MAX, /* rows that are taken at most */
	KRAKEN_LAST_MAX = 20,			    /* bytes of a `last`: what 64 bits can hold */
};

/* Spans point into the answer. */
struct kraken_page_row {
	struct span text;
	const char *bad;       /* why it is no trade; NULL: it is one */
	struct kraken_row row; /* where it is bad: its id, or 0 */
};

struct kraken_page {
	struct kraken_page_row *rows;
	size_t n, cap;
	char last[KRAKEN_LAST_MAX +
		1];	  /* as it was sent; empty where it is no number of nanoseconds */
	uint64_t last_ns; /* the same */
};

/* Reads an answer of the kind KRAKEN_ANSWER_TRADES in place of what the zeroed page held before.
 * Rows that all have ids, none with two times, are put in their order. 0, or -1 where there are more
 * than KRAKEN_PAGE_CEILING. */
int kraken_page_read(struct kraken_page *page, const struct kraken_answer *answer);
void kraken_page_release(struct kraken_page *page);

#endif
