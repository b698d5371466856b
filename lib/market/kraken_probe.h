/*
 * Where an id lies in a pair's history: Kraken can only be asked for what happened since a moment, so
 * that the moment is found by asking, halving what is left each time or better.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_PROBE_H
#define TRADEPIPE_MARKET_KRAKEN_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "market/kraken_page.h"

/* For the latest trades, which come where no moment is given. */
enum { KRAKEN_PROBE_LATEST = -1 };

struct kraken_probe {
	uint64_t id;
	int64_t asked_ns;	 /* the moment to ask from; 0: the beginning; KRAKEN_PROBE_LATEST */
	int64_t low_ns, high_ns; /* it lies between them */
	uint64_t low_id, high_id; /* ids at these moments; 0: unknown */
	unsigned n;		  /* answers so far */
};

void kraken_probe_begin(struct kraken_probe *probe, uint64_t id, int64_t now_ns);

/* Takes the page of at most `count` rows that came since asked_ns. True: reading on from asked_ns
 * comes across the id, or to where it should be, before long. */
bool kraken_probe_take(struct kraken_probe *probe, const struct kraken_page *page, uint64_t count);

#endif
