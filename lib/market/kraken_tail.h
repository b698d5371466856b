/*
 * The messages of Kraken's trade channel in, native records out: each trade once, in the order of
 * its ids, over any number of connections. Where ids are missing, the pair's trades are held until
 * REST has supplied them, or they are given up. It knows no socket; the caller connects, sends the
 * requests, hands over what comes, runs the repairs (see kraken_repair.h), and keeps the deadlines.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_TAIL_H
#define TRADEPIPE_MARKET_KRAKEN_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"
#include "base/span.h"
#include "market/feed.h"
#include "market/hold.h"
#include "market/kraken_message.h"
#include "market/kraken_trade.h"

/* Kraken API documentation, "Spot WebSocket v2: trade" (2026): the snapshot's length. */
enum { KRAKEN_SNAPSHOT_TRADES = 50 };

struct kraken_tail_counts {
	uint64_t read;	    /* trades that came in, over either way, and messages that could not be
			     * read; the sum of what they became: */
	uint64_t written;   /* handed to the output */
	uint64_t repeated;  /* came again, or too late: they had been given up */
	uint64_t passed;    /* from before the start, or of pairs that were not asked for */
	uint64_t forgotten; /* held beyond the bound: they come again over REST */
	uint64_t held;	    /* waiting now; at the end: left to the next run */
	uint64_t bad;	    /* could not be taken */
	uint64_t unwritten; /* the output could not take them */

	uint64_t frames;    /* messages of any kind */
	uint64_t bytes;	    /* of them */
	uint64_t gaps;	    /* places where ids were missing */
	uint64_t repaired;  /* of those written: they came over REST into a hole */
	uint64_t repairing; /* pairs under repair now */
	uint64_t lost;	    /* ids that never came, or too late */
	uint64_t unsure;  /* pairs of whose trades some may be missing, it is not known how many, or
			     * doubled: they were warned of by name */
	uint64_t refused; /* pairs that were refused after the start, and not accepted since */
};

/* What the caller is to do after a message. */
enum kraken_tail_next {
	KRAKEN_TAIL_GO_ON,
	KRAKEN_TAIL_RECONNECT, /* this connection is of no use: *err says why */
	KRAKEN_TAIL_DONE,      /* see kraken_tail_is_done() */
	KRAKEN_TAIL_FAIL,      /* *err says why */
};

struct kraken_tail_settings {
	struct out *out; /* where records go */
	uint64_t last;	 /* how many of each pair's first snapshot to begin with */
	uint64_t limit;	 /* after how many records to end; 0: none */
	bool stamp;	 /* records say when they were received */
	bool frames; /* messages are written as they come, instead of records, but for what is no
			  * JSON; the account is of the trades in them; holes are lost */
	uint64_t hold_bytes; /* for all pairs together */
	/* A pair has a hole: kraken_repair is to mend it. Called within the functions below, once
	 * until it is mended. NULL: holes are lost at once. */
	void (*repair)(void *arg, struct feed_product *product);
	void *arg;
};

struct kraken_tail {
	struct kraken_tail_settings settings; /* set before the first message */
	struct feed feed;
	struct hold_room room;
	bool begun;	     /* every pair has been acknowledged once: nothing is written before */
	bool deserted;	     /* every pair is refused, and has ended */
	struct buf early;    /* messages with trades, or, as frames, all that came before that, each
			      * behind its length and time of receipt */
	struct buf text;     /* an unescaped name */
	char state[32];	     /* of Kraken's system, as last told; "": unknown */
	int64_t now_ns;	     /* for the watch; the caller sets it before messages */
	int64_t received_ns; /* wall clock, for stamps: likewise, and before trades are supplied */
	struct kraken_tail_counts n;
};

/* A tail of the n pairs, whose names must outlive it. -1 and *err (EXIT_USAGE) where a name is given
 * twice, is empty, or is no UTF-8, with which no request can be made. */
int kraken_tail_init(struct kraken_tail *tail, char *const *pairs, size_t n, struct err *err);
void kraken_tail_release(struct kraken_tail *tail);

/* Before the first connection: what came before is known, and was written where it had to be; the
 * stream of the pair goes on behind this trade. Id 0: there has been none at all. Where it is not known
 * what came before, feed_begin_since() will do: the pair is adrift. */
void kraken_tail_begin_after(struct feed_product *product, uint64_t id, int64_t time_ns);

/* A new connection stands: appends the one request that subscribes all pairs. -1 where it does not
 * fit. Pairs of which trades are known to be missing are repaired from now on. */
int kraken_tail_subscribe(struct kraken_tail *tail, struct buf *request);

/* Pairs whose subscription has to be made anew on this connection (FEED_DROPPED): the request for all
 * of them, as above; -1 also where there are none. What Kraken has ended at once again and again has a
 * product->drops that grows, until a trade comes: the caller may take its time then. */
int kraken_tail_subscribe_dropped(struct kraken_tail *tail, struct buf *request);

/* The pair is mute (see feed_watch.h): appends the request that ends its subscription; it is dropped
 * then, and what was shown of it is missing. -1 where the request does not fit. */
int kraken_tail_unsubscribe(
	struct kraken_tail *tail, struct feed_product *product, struct buf *request);

/* Whether answers to the request are still due, and a pair whose answer is; but for one that was refused
 * before, whose answer nothing waits for. */
const char *kraken_tail_unanswered(const struct kraken_tail *tail);

/* Takes one message. */
enum kraken_tail_next kraken_tail_take(
	struct kraken_tail *tail, struct span message, struct err *err);

/*
 * A pair that Kraken has accepted before is refused: it may be delisted, or not be ready after a
 * restart. Others go on; what has happened of it is asked of REST (see feed_watch.h), and it is asked for
 * again on every connection.
 *
 * miss: has the pair repaired where ids of it are known to be missing: REST shows more of it, up to
 * product->seen_id. give_up: REST does not know it either; where
 * that goes on for half a minute nobody knows what is missing: it counts as unsure for as long as it is
 * refused, and a warning says so. check_deserted: to be called
 * now and then; the tail is done once nothing is left of any pair.
 */
void kraken_tail_miss(struct kraken_tail *tail, struct feed_product *product);
void kraken_tail_give_up(struct kraken_tail *tail, struct feed_product *product, const char *why);
void kraken_tail_check_deserted(struct kraken_tail *tail);

/* Whether the limit is reached, the output has failed, or every pair is refused and has ended. */
bool kraken_tail_is_done(const struct kraken_tail *tail);

/*
 * A pair under repair.
 *
 * supply: the next missing trade, of id product->last_id + 1, by another way; it is written. lose: the
 * ids up to `to` will not come: a warning names them and `why`, they count as lost. Both write what
 * was held behind. The repair is over once product->repairing is false; else there is another hole.
 * Once the tail is done neither does anything but end the repair; what is held is left.
 *
 * Where a pair is adrift (see feed.h), last_id is 0, and what is missing has no known beginning: REST is
 * to be asked for what happened since product->last_ns. find: it shows this one as the first; the pair
 * goes on as any other then, from the first one that is later than product->since_ns. lose: the same of
 * what follows, but what belongs to it cannot be known; it counts as unsure, and a warning says so.
 */
void kraken_tail_find_first(struct kraken_tail *tail, struct feed_product *product, uint64_t id);
void kraken_tail_supply(
	struct kraken_tail *tail, struct feed_product *product, const struct kraken_trade *trade);
void kraken_tail_lose(
	struct kraken_tail *tail, struct feed_product *product, uint64_t to, const char *why);

#endif
