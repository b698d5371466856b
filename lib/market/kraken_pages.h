/*
 * The history of one pair, page by page: what to ask Kraken next, and native records out of its
 * answers, each trade once, in the order of its ids, with no id left out unseen. It knows no socket
 * and no clock; times are handed in, in nanoseconds since 1970, from a clock that never goes back.
 *
 * Source: Kraken API documentation, "Get Recent Trades" (read in 2026); measurements of October 2026:
 * `since` is inclusive, so that pages overlap; neither that nor the page's end is relied upon, but
 * only the ids.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_PAGES_H
#define TRADEPIPE_MARKET_KRAKEN_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"
#include "base/span.h"
#include "base/stamp.h"
#include "market/kraken_answer.h"
#include "market/kraken_edge.h"
#include "market/kraken_page.h"
#include "market/kraken_pairs.h"
#include "market/kraken_probe.h"
#include "market/range.h"

/* Kraken's edge caches answers for two seconds: after so long one shows all that was there. */
#define KRAKEN_SETTLE_NS (3 * STAMP_NS_PER_S)

/* What all pairs of a run share. */
struct kraken_run {
	struct out *out;
	const struct kraken_pairs *pairs; /* all that there are; NULL: not known */
	int64_t start_ns;		  /* the program's start */
	uint64_t page_size;		  /* rows to ask for at a time, 1 to KRAKEN_PAGE_MAX */
	uint64_t limit;			  /* records in all; 0: none */
	int64_t received_ns; /* wall clock, of the answer in hand, as records say it; 0: they do not */
	bool goes_on; /* what follows joins by id: where ids are known nothing is unsure at the end */

	uint64_t read;	    /* rows that came in; the sum of what they became: */
	uint64_t written;   /* handed to the output */
	uint64_t repeated;  /* they had come before */
	uint64_t passed;    /* outside the range */
	uint64_t bad;	    /* no trades */
	uint64_t unwritten; /* the output could not take them */
	uint64_t lost;	    /* ids that Kraken does not have; not part of `read` */
	uint64_t unsure;    /* places where trades without ids may be missing; likewise */
};

struct kraken_pages {
	struct kraken_run *run;
	const struct kraken_pair *pair;
	const struct range *range;
	int64_t begin_ns;   /* of the range, or of its first trade; for the progress */
	int64_t end_ns;	    /* rows from here on show that all before them are there; none by ids */
	int64_t settled_ns; /* what is not there then will not come, before end_ns */
	bool probing;
	bool done;
	struct kraken_probe probe;

	/* The next request. */
	char since[KRAKEN_LAST_MAX + 1];
	uint64_t since_ns;
	uint64_t count;
	int64_t not_before_ns;
	int64_t asked_ns; /* when it was handed out */

	struct kraken_edge edge;
	uint64_t beyond; /* rows in a row from end_ns on */
	uint64_t news;	 /* rows of this page that were new */
	unsigned quiet;	 /* pages in a row, not full, that had none */
	bool latest;	 /* the next request is for Kraken's latest trades: are there others? */

	/* Ids that are missing behind the edge, 0 where none are; how often the pages around them
	 * were asked for again; and how many of these did not show the edge. */
	uint64_t hole_first, hole_last;
	unsigned hole_tries, hole_unseen;

	/* How far the last full page reached, and how many since have come no further. */
	uint64_t page_id;
	int64_t page_ns;
	unsigned stalls;
	uint64_t floor_ns; /* what lies before is not asked for again */

	bool warned, named, disordered; /* it was said */
	struct kraken_page page;
};

/* Everything that is handed in lives on; product, in the range, is the pair's name. */
void kraken_pages_init(struct kraken_pages *pages, struct kraken_run *run,
	const struct kraken_pair *pair, const struct range *range);
void kraken_pages_release(struct kraken_pages *pages);

enum kraken_pages_step {
	KRAKEN_PAGES_ASK,  /* for *path, which replaces what the buffer held */
	KRAKEN_PAGES_WAIT, /* for *wait_ns */
	KRAKEN_PAGES_DONE,
};

enum kraken_pages_step kraken_pages_next(
	struct kraken_pages *pages, int64_t now_ns, struct buf *path, int64_t *wait_ns);

/* Takes the answer to the request handed out last. For KRAKEN_FAILED and KRAKEN_LOCKED *err is a whole
 * message, for the others that are not KRAKEN_TAKEN a reason; where Kraken asks to wait,
 * kraken_pages_next() does. */
enum kraken_verdict kraken_pages_take(
	struct kraken_pages *pages, int64_t now_ns, long status, struct span body, struct err *err);

/* The pair ends because of *err, with answers still due: where ids were found to be missing, and it
 * is not known whether Kraken has them, *err says that instead, with EXIT_PARTIAL. */
void kraken_pages_give_up(struct kraken_pages *pages, struct err *err);

/* How much of the range has been read, in millionths: by time, or by ids where these were asked for. */
enum { KRAKEN_PAGES_WHOLE = 1000000 };
uint64_t kraken_pages_part(const struct kraken_pages *pages);

#endif
