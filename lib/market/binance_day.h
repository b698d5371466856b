/*
 * The archive of one day, its lines taken as they are inflated, into native records behind those of a
 * chain. Every line is checked: its columns, its id against the one before, its time against the day.
 *
 * Source: binance/binance-public-data, README and issues 293, 339, 353 and 354 (read in 2026): lines
 * of spot have 8 columns, those of futures 7 and maybe a header; there are archives with a good
 * checksum whose ids are doubled, disordered or missing.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_DAY_H
#define TRADEPIPE_MARKET_BINANCE_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "market/binance_chain.h"
#include "market/binance_park.h"

enum { BINANCE_DAY_REASON_MAX = 256, BINANCE_DAY_GIVEN_UP_MAX = 16 };

struct binance_day {
	struct binance_chain *chain;
	const char *name;	  /* of the archive, for messages */
	int64_t begin_ns, end_ns; /* of the day */
	bool alone; /* nobody else can be asked: what is wrong is put right, or counted and named */

	uint64_t lines; /* so far */
	size_t columns; /* of each line; 0: not known yet */
	bool begun;	/* the archive has shown an id, and so which is due in it */
	uint64_t due;
	/* The id behind the last trade before a range that has not begun; 0: none was shown. It is handed
	 * on from day to day. */
	uint64_t shown;
	struct buf torn; /* the beginning of a line whose end is yet to come */
	struct binance_park park;
	struct binance_span {
		uint64_t first, last;
	} given_up[BINANCE_DAY_GIVEN_UP_MAX]; /* ids that were given up: what comes of them later is
					       * too late */
	size_t given_up_n;
	bool said_bad, said_time, said_late;
	char reason[BINANCE_DAY_REASON_MAX]; /* for BINANCE_DAY_BROKEN */
};

enum binance_day_step {
	BINANCE_DAY_MORE,
	BINANCE_DAY_BROKEN, /* `reason` says why nothing more is taken from this archive; what was
			     * written is right. Where it is alone, only for a line that is too long: it
			     * may have no end */
	BINANCE_DAY_FULL,   /* nothing more is asked for, or the output has failed */
};

/* A day, in days since 1970. What is handed in lives on. */
void binance_day_init(struct binance_day *day, struct binance_chain *chain, const char *name,
	int64_t number, bool alone);
void binance_day_release(struct binance_day *day);

/* The first trade, out of the archive's first bytes, of which no line is torn: 0, or -1 where they begin
 * with something else, or show none. */
int binance_day_first(struct span bytes, struct binance_mark *mark);

/* Takes the next bytes. Where the chain has begun, and is not alone, its ids must reach up to the
 * archive's first one. */
enum binance_day_step binance_day_take(struct binance_day *day, struct span bytes);

/* The archive is over. */
enum binance_day_step binance_day_end(struct binance_day *day);

#endif
