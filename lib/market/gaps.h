/*
 * Which ids of a stream are missing: what lies between the lowest and the highest id and has not
 * come. Memory grows with the number of gaps, not with that of ids.
 */
#ifndef TRADEPIPE_MARKET_GAPS_H
#define TRADEPIPE_MARKET_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gap {
	uint64_t first, last; /* ids, both missing */
	int64_t after_ns;     /* the time of the trade before it; 0: there is none */
	int64_t before_ns;    /* the time of the trade behind it; 0: there is none */
};

enum { GAPS_CHUNK = 128 };

/* Some gaps that follow each other: few enough that one among them can be put in or taken out at
 * little cost. */
struct gaps_chunk {
	struct gap *items;
	size_t n; /* at least one, at most GAPS_CHUNK */
	size_t cap;
};

struct gaps {
	struct gaps_chunk *chunks; /* of gaps that ascend, none touching another */
	size_t n_chunks;
	size_t cap;
	size_t n;	  /* gaps */
	uint64_t missing; /* ids in all of them, modulo 2^64 */
	bool begun;
	uint64_t first, last; /* the lowest and the highest id that came, once begun */
	int64_t first_ns, last_ns;
};

enum gaps_verdict {
	GAPS_FIRST,    /* the first id of all */
	GAPS_NEXT,     /* it follows the highest */
	GAPS_JUMP,     /* above the highest, and leaves a gap */
	GAPS_LATE,     /* below one that came before: it fills a gap, or begins before the first */
	GAPS_REPEATED, /* it was there already */
};

/* Zeroed, nothing has come. */
void gaps_release(struct gaps *gaps);

enum gaps_verdict gaps_add(struct gaps *gaps, uint64_t id, int64_t time_ns);

/* Demands the ids from `first` to `last`: those below the lowest and above the highest that came
 * become gaps; all of them where none came. May be called more than once, but only when all ids
 * have been added. */
void gaps_expect(struct gaps *gaps, uint64_t first, uint64_t last);

/* How many ids are missing in all; UINT64_MAX where it is that or more (all 2^64 were demanded). */
uint64_t gaps_total(const struct gaps *gaps);

/*
 * Walks the gaps, from the lowest up; none may come or go meanwhile:
 *     struct gaps_walk walk = gaps_walk_start(&gaps);
 *     while ((gap = gaps_walk_next(&walk))) ...
 */
struct gaps_walk {
	const struct gaps *gaps;
	size_t chunk, at;
};

struct gaps_walk gaps_walk_start(const struct gaps *gaps);
const struct gap *gaps_walk_next(struct gaps_walk *walk);

#endif
