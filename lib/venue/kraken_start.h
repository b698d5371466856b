/*
 * Where the live stream of a pair begins that has a past: its history over REST until close to now,
 * written on the way, and the trade behind which the stream goes on.
 */
#ifndef TRADEPIPE_VENUE_KRAKEN_START_H
#define TRADEPIPE_VENUE_KRAKEN_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "market/kraken_pages.h"
#include "market/range.h"
#include "net/crawl.h"
#include "venue/kraken_rest.h"

enum kraken_start_phase {
	KRAKEN_START_FIRST, /* asks for the newest trade: is there anything to read? */
	KRAKEN_START_PAGES, /* reads */
	KRAKEN_START_LAST,  /* what was read had no ids: asks for the newest trade again */
	KRAKEN_START_DONE,
};

/* What all pairs share. It lives on. */
struct kraken_start_settings {
	struct kraken_rest *rest;
	struct crawl *crawl;
	struct kraken_run *run; /* its start_ns and received_ns are looked after here */
	bool stamp;		/* records say when they came */
};

/* One pair's. */
struct kraken_start {
	const struct kraken_start_settings *settings;
	const struct kraken_pair *pair;
	struct range range; /* what is asked for: round by round it comes closer to now */

	enum kraken_start_phase phase;
	struct kraken_pages pages;
	int64_t round_ns;      /* when this round began */
	int64_t not_before_ns; /* the newest trade is asked for */
	unsigned empty;	       /* answers in a row that had none */

	struct err failure; /* has a code: why there is no beginning */
	uint64_t id;	    /* the stream goes on behind this one; 0: none was shown */
	int64_t time_ns; /* of that; where none was shown all that is not earlier belongs to it */
};

/* All that is handed in lives on; of *range, which begins at a moment or behind a cursor, the end
 * does not matter. */
void kraken_start_init(struct kraken_start *start, const struct kraken_start_settings *settings,
	const struct kraken_pair *pair, const struct range *range);
void kraken_start_release(struct kraken_start *start);

/* The chain that finds the beginning; after a lockout it is added to the crawl again. Once it has
 * ended the phase is DONE, or `failure` is set, or the output takes no more: it has failed, or the
 * limit is reached. */
struct crawl_chain kraken_start_chain(struct kraken_start *start);

/* How far it is, in parts of KRAKEN_PAGES_WHOLE. */
uint64_t kraken_start_part(const struct kraken_start *start);

#endif
