/*
 * Streams judged: for each (exchange, product), whether its trades are all there, once and in
 * order, and sums and digests by which two runs can be compared. The bytes that are hashed are
 * lines "ID PRICE QUANTITY SIDE", canonical, each with its newline, and for the second digest
 * "ID PRICE QUANTITY SIDE TIMESTAMP"; what a trade does not have is "-".
 */
#ifndef TRADEPIPE_MARKET_STREAM_H
#define TRADEPIPE_MARKET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/span.h"
#include "base/sum.h"
#include "market/gaps.h"
#include "market/trade.h"

/* A step back in time that is none, in microseconds: Kraken's socket cuts a time off to these, its
 * REST interface gives the nanoseconds through a double, up to 1.1 us apart (measured by others in
 * 2026), so that a stream joined of both can seem to step back within one match. The order of all
 * times is judged with what is below a microsecond cut off, which Trade records do not have: a
 * trade and its record are judged alike. */
enum { STREAM_SKEW_US = 2 };

struct stream {
	struct span exchange; /* owned; empty: unknown, for a product that never came */
	struct span product;  /* owned */
	uint64_t count;	      /* trades, repeated ones too; void ones not */
	uint64_t voided;
	uint64_t duplicates; /* ids that were there already */
	uint64_t disordered; /* trades that came after one with a higher id, or with a later time */
	uint64_t without_id; /* trades that no gap can be told of */
	struct gaps gaps;    /* of trades and void ones alike */
	bool has_ids;	     /* any trade had one; then first_* and last_* are of the lowest and the
			      * highest id, else of the first and the last trade */
	uint64_t first_id, last_id;
	int64_t first_ns, last_ns;
	int64_t recent_ns; /* the latest time so far */
	struct sum quantity;
	struct sum value;
	struct digest *sha256;
	struct digest *sha256_time;
	uint64_t hash; /* of both names */
	size_t place;  /* among the streams */
};

struct streams {
	struct stream **items; /* in the order of their first trades */
	size_t n;
	size_t cap;
	struct stream *recent, *previous; /* the two that were found last */
	struct stream **table;		  /* by hash of both names */
	size_t slots;			  /* a power of two, or 0 */
	/* Over all streams, for the account, right at any moment: */
	uint64_t missing; /* UINT64_MAX where it is that or more */
	uint64_t duplicates, disordered, without_id;
	uint64_t missing_high, missing_low; /* the same in 128 bits, from which it comes down */
};

/* Zeroed, there are none. */
void streams_release(struct streams *streams);

/* Judges one trade, which trade_check() has found to be within bounds. Of a void one only the id
 * is looked at: it fills its place, and can be late or repeated. */
void streams_add(struct streams *streams, const struct trade *trade);

/* The stream of these names, or NULL; makes none. */
struct stream *streams_find(
	const struct streams *streams, struct span exchange, struct span product);

/* Demands ids of a product, of whatever exchange it came from; one that never came becomes a stream
 * of no known exchange. Called when all trades have been added. */
void streams_expect(struct streams *streams, struct span product, uint64_t first, uint64_t last);

/* Whether a stream, or all of them, are complete, without duplicates and in order. */
bool stream_is_whole(const struct stream *stream);
bool streams_are_whole(const struct streams *streams);

#endif
