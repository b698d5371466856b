/*
 * The products of one subscription: which of them the exchange has acknowledged, and how far each
 * one's stream of ids has come. Pure bookkeeping: no sockets, no clock.
 *
 * A product's ids grow by one from trade to trade, over all connections; that is what tells a
 * repeated trade from a new one, and shows a hole.
 */
#ifndef TRADEPIPE_MARKET_FEED_H
#define TRADEPIPE_MARKET_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "market/hold.h"

enum feed_state {
	FEED_ASKED,	   /* a subscription was requested, no answer yet */
	FEED_ACKNOWLEDGED, /* trades may come */
	FEED_DROPPED, /* the exchange, or the watch, has ended it: it is to be asked for again */
	FEED_REFUSED, /* by the exchange, when it was asked for last */
};

/* Whether a product is mute: acknowledged, though nothing comes of what others see. Times are the
 * caller's, monotonic. */
struct feed_watch {
	int64_t heard_ns;  /* its last trade or acknowledgement */
	int64_t looked_ns; /* the last look */
	int64_t pause_ns;  /* until it is looked at next; it grows while there is nothing to see; 0:
			    * the shortest */
	bool looking;	   /* others are being asked */
	uint64_t known_id; /* they showed this one before anything had come: it is not new */
	uint64_t shown_id; /* they have shown this one; 0: none that was not there */
	int64_t due_ns;	   /* it should have come by then */
	unsigned mutes;	   /* in a row: it did not */
	int64_t refused_ns; /* the exchange has refused it, or others have shown any of it, then */
	bool settled;	    /* others have shown nothing of it for so long that it is at its end */
};

struct feed_product {
	const char *name; /* as the caller gave it */
	enum feed_state state;
	unsigned drops; /* the exchange has ended its subscription so often since its last trade */
	bool nameless;	/* a trade without an id has come */
	bool refused;	/* the exchange has refused it, and not accepted it since, */
	bool given_up;	/* and nobody knows what is missing */

	/* Where the stream begins. What happens after its first acknowledgement belongs to it. */
	bool begun;	   /* a trade or a first snapshot has come */
	bool from_one;	   /* its first trade has the id 1: also before that none may be missing */
	bool adrift;	   /* trades may be missing before the first one that comes, and it is not
			    * known which was the last one before the beginning: it was interrupted
			    * before anything came, or nobody could tell */
	int64_t since_ns;  /* until the first trade is handed on: what is later than this, by the
			    * exchange's clock, belongs to the stream; 0: not known */
	uint64_t start_id; /* the last trade before the stream's beginning; 0: none known */
	uint64_t last_id;  /* of the trades handed on, or start_id; 0: none yet */
	int64_t last_ns;   /* the latest time of them; since_ns where there are none */
	int64_t moved_ns;  /* that of the last one, whatever those before it say */

	/* Given up last: from and to. One of these that comes after all, if it is not one of the first
	 * of very many, is no sign of a new sequence, though nothing may have shown how late it is. */
	uint64_t lost_from, lost_to;

	/* A hole is being repaired: what comes meanwhile is held. */
	bool repairing;
	struct hold hold;
	uint64_t seen_id; /* the highest id that is known of, also where its trade was forgotten,
			   * never below last_id: where it is above, ids are missing */

	struct feed_watch watch;
};

struct feed {
	struct feed_product *products; /* in the order of their names */
	size_t n;
	struct feed_product *recent; /* found last: messages come in runs */
};

/* What to do with a trade. */
enum feed_verdict {
	FEED_NEXT,     /* it follows the last one (or is the first) */
	FEED_REPEATED, /* it was handed on before, or given up */
	FEED_BEFORE,   /* it lies before the stream's beginning */
	FEED_GAP,      /* it is new, but ids before it are missing: the product stays where it is */
	FEED_ANEW, /* its id lies behind, its time ahead: the exchange has begun a new sequence */
};

/* A feed of the n names, which must outlive it. -1 where a name is given twice; *twice is it then. */
int feed_init(struct feed *feed, char *const *names, size_t n, const char **twice);
void feed_release(struct feed *feed);

/* The product of that name, or NULL. */
struct feed_product *feed_find(struct feed *feed, struct span name);

/* A new connection: all are asked for again. */
void feed_ask_again(struct feed *feed);

/* How many products are in that state. */
size_t feed_count(const struct feed *feed, enum feed_state state);

/* Judges a trade and, for FEED_NEXT, moves on to it. For FEED_GAP those from last_id + 1 to id - 1 are
 * missing. A trade without id (0) is always FEED_NEXT. */
enum feed_verdict feed_judge(struct feed_product *product, uint64_t id, int64_t time_ns);

/* Moves on to a trade, whatever is missing before it. */
void feed_move(struct feed_product *product, uint64_t id, int64_t time_ns);

/* Moves on without the trades up to this id: they are lost. */
void feed_lose(struct feed_product *product, uint64_t to);

/* The first acknowledgement of a product that has not begun, at that time of the exchange; 0: it told
 * none. And what was to follow was interrupted; nothing comes of that where it had begun.
 * Or, before any acknowledgement: the stream begins with what is later than this, by our clock, and it
 * is not known which trade was the last one before; an acknowledgement that is earlier corrects it. */
void feed_open(struct feed_product *product, int64_t since_ns);
void feed_interrupt(struct feed_product *product);
void feed_begin_since(struct feed_product *product, int64_t since_ns);

/* The last id that is missing before what is held, or, where that was forgotten, before what comes
 * next: last_id where nothing is. */
uint64_t feed_missing_to(const struct feed_product *product);

/* The stream begins behind this trade, which is not handed on itself: it is known now where. Or with
 * this one, since it is not: those before it are given up. */
void feed_begin_after(struct feed_product *product, uint64_t id, int64_t time_ns);
void feed_doubt(struct feed_product *product, uint64_t id);

#endif
