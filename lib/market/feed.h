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

enum feed_state {
	FEED_ASKED,	   /* a subscription was requested, no answer yet */
	FEED_ACKNOWLEDGED, /* trades may come */
	FEED_REFUSED,	   /* by the exchange: it is not asked for again */
};

struct feed_product {
	const char *name; /* as the caller gave it */
	enum feed_state state;
	bool begun;	   /* a trade or a first snapshot has come */
	uint64_t start_id; /* the last trade before the stream's beginning; 0: none known */
	uint64_t last_id;  /* of the trades handed on, or start_id; 0: none yet */
	int64_t last_ns;   /* the latest time of them */
};

struct feed {
	struct feed_product *products; /* in the order of their names */
	size_t n;
	struct feed_product *recent; /* found last: messages come in runs */
};

/* What to do with a trade. */
enum feed_verdict {
	FEED_NEXT,     /* it follows the last one (or is the first) */
	FEED_REPEATED, /* it was handed on before */
	FEED_BEFORE,   /* it lies before the stream's beginning */
	FEED_GAP,      /* it is new, but ids before it are missing */
	FEED_ANEW, /* its id lies behind, its time ahead: the exchange has begun a new sequence */
};

/* A feed of the n names, which must outlive it. -1 where a name is given twice; *twice is it then. */
int feed_init(struct feed *feed, char *const *names, size_t n, const char **twice);
void feed_release(struct feed *feed);

/* The product of that name, or NULL. */
struct feed_product *feed_find(struct feed *feed, struct span name);

/* A new connection: all but the refused ones are asked for again. */
void feed_ask_again(struct feed *feed);

/* The first product in that state, or NULL; and how many there are. */
const struct feed_product *feed_first(const struct feed *feed, enum feed_state state);
size_t feed_count(const struct feed *feed, enum feed_state state);

/* Judges a trade and, for FEED_NEXT and FEED_GAP, moves on to it. For FEED_GAP the missing ids are
 * those from *missing to id - 1. A trade without id (0) is always FEED_NEXT. */
enum feed_verdict feed_judge(
	struct feed_product *product, uint64_t id, int64_t time_ns, uint64_t *missing);

/* The stream begins behind this trade, which is not handed on itself. */
void feed_begin_after(struct feed_product *product, uint64_t id, int64_t time_ns);

#endif
