/*
 * The messages of Kraken's trade channel in, native records out: each trade once, in the order of
 * its ids, over any number of connections. It knows no socket and no clock; the caller connects,
 * sends the request, hands over what comes, and keeps the deadlines.
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
#include "market/kraken_message.h"
#include "market/kraken_trade.h"

/* Kraken API documentation, "Spot WebSocket v2: trade" (2026): the snapshot's length. */
enum { KRAKEN_SNAPSHOT_TRADES = 50 };

struct kraken_tail_counts {
	uint64_t read;	    /* trades that came in, and messages that could not be read */
	uint64_t written;   /* handed to the output */
	uint64_t repeated;  /* came again */
	uint64_t passed;    /* from before the start, or of pairs that were not asked for */
	uint64_t bad;	    /* could not be taken */
	uint64_t lost;	    /* ids that never came; not part of `read` */
	uint64_t refused;   /* pairs that were refused after the start */
	uint64_t unwritten; /* the output could not take them */
};

/* What the caller is to do after a message. */
enum kraken_tail_next {
	KRAKEN_TAIL_GO_ON,
	KRAKEN_TAIL_RECONNECT, /* this connection is of no use: *err says why */
	KRAKEN_TAIL_DONE,      /* the limit is reached, or the output has failed (see out.h) */
	KRAKEN_TAIL_FAIL,      /* *err says why */
};

struct kraken_tail {
	struct feed feed;
	struct out *out; /* where trades go: the caller sets it before the first message, and */
	uint64_t last;	 /* how many of each pair's first snapshot to begin with, and */
	uint64_t limit;	 /* after how many to end; 0: none */
	bool begun;	 /* every pair has been acknowledged once: nothing is written before */
	struct buf held; /* messages with trades that came before that, each behind its length */
	struct buf text; /* an unescaped name */
	char state[32];	 /* of Kraken's system, as last told */
	struct kraken_tail_counts n;
};

/* A tail of the n pairs, whose names must outlive it. -1 and *err (EXIT_USAGE) where a name is given
 * twice, is empty, or is no UTF-8, with which no request can be made. */
int kraken_tail_init(struct kraken_tail *tail, char *const *pairs, size_t n, struct err *err);
void kraken_tail_release(struct kraken_tail *tail);

/* A new connection stands: appends the one request that subscribes all pairs that are not refused.
 * -1 where there is none left, or the request does not fit. */
int kraken_tail_subscribe(struct kraken_tail *tail, struct buf *request);

/* Whether answers to the request are still due, and a pair whose answer is. */
const char *kraken_tail_unanswered(const struct kraken_tail *tail);

/* Takes one message. */
enum kraken_tail_next kraken_tail_take(
	struct kraken_tail *tail, struct span message, struct err *err);

#endif
