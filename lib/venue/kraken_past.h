/*
 * The past of a live tail of Kraken: what has happened of its pairs since a moment, or behind a
 * cursor, is written before the tail begins, each pair by a chain of its own (see kraken_start.h).
 */
#ifndef TRADEPIPE_VENUE_KRAKEN_PAST_H
#define TRADEPIPE_VENUE_KRAKEN_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/out.h"
#include "market/kraken_pages.h"
#include "market/kraken_tail.h"
#include "market/range.h"
#include "net/crawl.h"
#include "venue/kraken_rest.h"
#include "venue/kraken_start.h"

struct kraken_past {
	struct kraken_tail *tail;
	struct kraken_run run;
	struct kraken_start_settings settings;
	struct kraken_start *starts;
	size_t n;
	uint64_t part, whole; /* for the progress */
};

/* The past of a tail, whose settings are made, for at most n pairs. All that is handed in lives on,
 * and the past stays where it is. Zeroed, it has none, and can be released. */
void kraken_past_init(struct kraken_past *past, struct kraken_rest *rest, struct crawl *crawl,
	struct kraken_tail *tail, size_t n);
void kraken_past_release(struct kraken_past *past);

/* Adds a pair's chain to the crawl. The pairs of Kraken have been got. -1 and *err (EXIT_USAGE)
 * where it is none of them. */
int kraken_past_add(struct kraken_past *past, const struct range *range, struct err *err);

/* While chains are under way: brings the tail's counts and the progress up to date. For a zeroed
 * past there is nothing to do. */
void kraken_past_count(struct kraken_past *past);

/* All chains are at their end, and the tail is not done: it goes on from where they came to. -1 and
 * *err where one did not, because of that. */
int kraken_past_hand_over(struct kraken_past *past, struct err *err);

#endif
