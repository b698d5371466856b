/*
 * One symbol's history out of the REST interface, page by page: what to ask for next, and native
 * records out of the answers, behind those of a chain. It knows no socket and no clock; times are
 * handed in, in nanoseconds since 1970, from a clock that never goes back.
 *
 * Source: Binance spot API documentation, "REST API: compressed/aggregate trades list" and "timing
 * security" (read in 2026). `fromId` is inclusive, and never goes together with a time; pages are
 * joined by id alone.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_PAGES_H
#define TRADEPIPE_MARKET_BINANCE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "market/binance_answer.h"
#include "market/binance_chain.h"
#include "market/binance_page.h"

enum {
	BINANCE_PAGE_WEIGHT = 4,  /* of one request, since 2025-03-10 */
	BINANCE_INFO_WEIGHT = 20, /* of one for exchangeInfo */
};

/* Goes with every request. */
#define BINANCE_UNIT_HEADER "X-MBX-TIME-UNIT: MICROSECOND"

struct binance_pages {
	struct binance_chain *chain;
	uint64_t page_size;
	int64_t settled_ns; /* what is not there then will not come, before the range's end */

	enum binance_pages_state {
		BINANCE_PAGES_FIRST, /* which trade is the first one? */
		BINANCE_PAGES_EDGE,  /* is it? The one before it must be too old */
		BINANCE_PAGES_ROWS,
		BINANCE_PAGES_MARK, /* what is the trade of this id? */
		BINANCE_PAGES_OVER,
	} state;
	uint64_t found; /* the first one, so far */
	int64_t found_ns;
	struct binance_mark mark; /* the answer to that */
	bool has_mark;
	uint64_t bound;	     /* the first id that comes from elsewhere; UINT64_MAX: none does */
	int64_t bound_ns;    /* it lies before this time */
	bool is_bound_wrong; /* it does not */

	uint64_t asked; /* rows of the request handed out last */
	int64_t asked_ns;
	int64_t not_before_ns;
	uint64_t hole;	 /* the first id behind those that are missing; 0: none are known to be */
	unsigned doubts; /* answers in a row that lacked what is due */
	unsigned stalls; /* answers in a row that had none but old or bad rows */
	uint64_t late;	 /* trades in a row behind the range's end, on whole pages */
	struct binance_page page;
};

/* Pages of at most page_size rows. `end_ns` is when what is asked for is sure to be over: that of the
 * range, or, by ids, the program's start. Finds the first trade of a chain that has not begun. */
void binance_pages_init(struct binance_pages *pages, struct binance_chain *chain,
	uint64_t page_size, int64_t end_ns);

void binance_pages_release(struct binance_pages *pages);

/* Goes on up to this id, which lies before that time, or, with UINT64_MAX, to the end of the range. */
void binance_pages_fill(struct binance_pages *pages, uint64_t bound, int64_t bound_ns);

/* Asks for the trade of one id: `mark` is that one, or the next that there is, where has_mark says that
 * there is one. */
void binance_pages_mark(struct binance_pages *pages, uint64_t id);

enum binance_pages_step {
	BINANCE_PAGES_ASK,  /* for *path, which replaces what the buffer held */
	BINANCE_PAGES_WAIT, /* for *wait_ns */
	BINANCE_PAGES_DONE, /* what was to be found or filled; a chain that still has not begun has no
			     * trade in its range */
};

enum binance_pages_step binance_pages_next(
	struct binance_pages *pages, int64_t now_ns, struct buf *path, int64_t *wait_ns);

/* Takes the answer to the request handed out last. For all but BINANCE_TAKEN *err says why, and
 * *wait_ns how long Binance asks to wait, or 0; binance_pages_next() does so. */
enum binance_verdict binance_pages_take(struct binance_pages *pages, int64_t now_ns, long status,
	struct span body, int64_t *wait_ns, struct err *err);

/* The symbol ends because of *err, with answers still due: where ids were found to be missing, and it
 * is not known whether Binance has them, *err says that instead, with EXIT_PARTIAL. */
void binance_pages_give_up(struct binance_pages *pages, struct err *err);

#endif
