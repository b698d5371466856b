/*
 * The repair of a live stream: trades that a pair's WebSocket has left out, out of Kraken's REST
 * interface, by their ids. It knows no socket and no clock; times are nanoseconds since 1970, from a
 * clock that never goes back.
 *
 * REST may lag behind the WebSocket, answer from a cache, or fail: it is asked again until the trades
 * are there or the patience is over; only then are ids lost. Each answer that brings a missing trade
 * renews the patience. Where complete answers show what lies on both sides of a hole, again and again,
 * it is Kraken's own, and a tenth of the patience will do, but no less than half a minute.
 *
 * Where it is not known which trade was the last one before the hole (the product is adrift), a page
 * tells it that also shows one which is too early to belong to it, or the first of all. Without that it
 * takes as many answers as a hole of Kraken's own that show the same trade as the first; else where the
 * stream begins remains in doubt.
 *
 * Source: Kraken API documentation, "Get Recent Trades" (read in 2026); measurements of October 2026:
 * `since` is inclusive, equal requests are answered from a cache for some two seconds, and REST's
 * times lie up to 1.1 microseconds above those of the WebSocket.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_REPAIR_H
#define TRADEPIPE_MARKET_KRAKEN_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "market/feed.h"
#include "market/kraken_answer.h"
#include "market/kraken_page.h"
#include "market/kraken_pairs.h"
#include "market/kraken_tail.h"

struct kraken_repair {
	struct kraken_tail *tail;
	struct feed_product *product;
	const char *query; /* the pair's name as a URL has it */
	int64_t patience_ns;
	/* All that Kraken has, by which answers about another pair are told: the caller may set it,
	 * and `query`, after kraken_repair_begin(). NULL: not known. */
	const struct kraken_pairs *pairs;

	/* The next request. */
	char since[KRAKEN_LAST_MAX + 1];
	uint64_t since_ns;
	int64_t not_before_ns;

	uint64_t last_id;	  /* the product's, when it was looked at last: since then */
	int64_t waiting_since_ns; /* nothing has come, as an answer showed at this time; 0: none did */
	unsigned tries;		  /* such answers */
	unsigned full;		  /* full pages that were followed to the next one */
	bool seen;		  /* the last page has shown a trade that was there before */
	uint64_t hole_to; /* REST showed later trades but none up to this id; 0: it did not */
	unsigned proofs; /* answers in a row that showed just this hole, and what lies before it, */
	int64_t proven_since_ns; /* the first of them */

	int64_t back_ns; /* where the first trade is not known: by so much the requests go back, */
	unsigned nudges; /* requests that go back: each by a nanosecond more */
	uint64_t supplied;
	uint64_t bad_id;	 /* of the last row that was said to be bad; 0: none */
	bool said_nameless;	 /* it was said that a row without an id is bad, */
	bool warned, said_end;	 /* that the repair takes long, and that it is over */
	struct kraken_page page; /* of the answer in hand */
};

/* The product is under repair. All that is handed in lives on. */
void kraken_repair_begin(struct kraken_repair *repair, struct kraken_tail *tail,
	struct feed_product *product, const char *query, int64_t patience_ns);
void kraken_repair_release(struct kraken_repair *repair);

enum kraken_repair_step {
	KRAKEN_REPAIR_ASK,  /* for *path, which replaces what the buffer held */
	KRAKEN_REPAIR_WAIT, /* for *wait_ns */
	KRAKEN_REPAIR_DONE, /* the product is not under repair any more */
};

enum kraken_repair_step kraken_repair_next(
	struct kraken_repair *repair, int64_t now_ns, struct buf *path, int64_t *wait_ns);

/* Takes the answer to the request handed out last, as kraken_pages_answer() does; KRAKEN_FAILED is
 * Kraken's permanent refusal of this pair. *err is a reason for whatever is not KRAKEN_TAKEN. Where the
 * patience is over, trades are lost here, whatever the answer. */
enum kraken_verdict kraken_repair_take(struct kraken_repair *repair, int64_t now_ns, long status,
	struct span body, struct err *err);

/* For so long, up to now_ns, no request could be made, through no fault of REST's: the patience is longer
 * by that. And where none can be made for a while to come (a lockout): it begins anew. */
void kraken_repair_excuse(struct kraken_repair *repair, int64_t now_ns, int64_t ns);
void kraken_repair_renew(struct kraken_repair *repair);

/* Nothing more will be asked, because of this: all that is missing is lost. */
void kraken_repair_give_up(struct kraken_repair *repair, const char *why);

/* For the watch: what to ask for to see whether a product is mute, in place of what *path held: trades
 * from a second before its last one on, or the latest ones where none has come or its time lies in the
 * future. And the newest id that the answer shows, 0: none; it takes answers as kraken_repair_take()
 * does. */
void kraken_repair_look(
	const struct feed_product *product, const char *query, int64_t now_ns, struct buf *path);
enum kraken_verdict kraken_repair_see(const struct kraken_pairs *pairs,
	const struct feed_product *product, long status, struct span body, int64_t now_ns,
	uint64_t *newest_id, struct err *err);

#endif
