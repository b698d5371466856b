/*
 * Lines of an archive that came before others which are due first, kept until these have come: what
 * is a little out of order can be put right in a bounded memory.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_PARK_H
#define TRADEPIPE_MARKET_BINANCE_PARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	BINANCE_PARK_BYTES = 4 * 1024 * 1024, /* of text */
	BINANCE_PARK_LINES = 64 * 1024,
};

struct binance_parked {
	uint64_t id;
	size_t at, n; /* where its text lies */
};

/* Zeroed, it is empty. */
struct binance_park {
	struct binance_parked *lines; /* by id; the first `gone` are not there any more */
	size_t n, gone, cap;
	struct buf text;
};

void binance_park_release(struct binance_park *park);

static inline bool binance_park_is_empty(const struct binance_park *park)
{
	return park->n == park->gone;
}

/* Keeps a line: 1; 0 where that id is there already; -1 where there is no room. */
int binance_park_add(struct binance_park *park, uint64_t id, struct span line);

/* The lowest id; it is not empty. */
uint64_t binance_park_lowest(const struct binance_park *park);

/* Takes out the line with the lowest id, which lives until the next one is added. */
struct span binance_park_take(struct binance_park *park);

#endif
