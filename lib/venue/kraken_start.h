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

/* One pair's. */
struct kraken_start {
	struct kraken_rest *rest;
	struct kraken_run *run; /* of all pairs; its start_ns is looked after here */
	const struct kraken_pair *pair;
	struct range range; /* what is asked for: round by round it comes closer to now */
	bool stamp;	    /* records say when they came */

	enum kraken_start_phase phase;
	struct kraken_pages pages;
	int64_t round_ns; /* when this round began */

	struct err failure; /* has a code: why there is no beginning */
	uint64_t id;	    /* the stream goes on behind this one; 0: there has been none */
	int64_t time_ns;    /* of that */
};

/* All that is handed in lives on; of *range, which begins at a moment or behind a cursor, the end does
 * not matter. */
void kraken_start_init(struct kraken_start *start, struct kraken_rest *rest, struct kraken_run *run,
	const struct kraken_pair *pair, const struct range *range, bool stamp);
void kraken_start_release(struct kraken_start *start);

/* The chain that finds the beginning. Once it has ended either the phase is DONE or `failure` is set. */
struct crawl_chain kraken_start_chain(struct kraken_start *start);

/* How far it is, in parts of KRAKEN_PAGES_WHOLE. */
uint64_t kraken_start_part(const struct kraken_start *start);

#endif
