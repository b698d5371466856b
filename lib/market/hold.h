/*
 * Trades that came before their turn and wait for those that are missing: each product has its own, in
 * the order of ids, and all share a bounded room.
 */
#ifndef TRADEPIPE_MARKET_HOLD_H
#define TRADEPIPE_MARKET_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Shared by all holds; zeroed but for the ceiling at first. */
struct hold_room {
	uint64_t ceiling; /* bytes of memory, of trades and all that is kept beside each */
	uint64_t used;
	uint64_t trades; /* in all holds */
	uint64_t freed;	 /* bytes, since memory was last given back to the machine */
};

struct held {
	uint64_t id;
	int64_t received_ns; /* for the record's stamp */
	struct span object;  /* the trade as the exchange sent it */
};

struct hold_trade;

/* Zeroed at first. */
struct hold {
	struct hold_trade **places; /* in the order of their ids; those before `first` are gone */
	size_t first, n, cap;
	uint64_t size; /* of the room */
};

enum hold_result {
	HOLD_TAKEN,
	HOLD_TWICE, /* it is there already */
	HOLD_FULL,  /* the room has no place for it: the hold is as it was */
};

/* Copies a trade, not one of this hold, to its place. Usual is the end; another one costs a move of
 * those behind it. What hold_first() handed out is gone, whatever the result. */
enum hold_result hold_add(struct hold *hold, struct hold_room *room, const struct held *trade);

/* The trade with the lowest id, whose span lives until the hold is changed; false where there is none. */
bool hold_first(const struct hold *hold, struct held *trade);

/* Drops that one: its room is free again. */
void hold_drop_first(struct hold *hold, struct hold_room *room);

size_t hold_count(const struct hold *hold);

/* Bytes of the room that it uses. */
uint64_t hold_size(const struct hold *hold);

/* Drops all, and frees; returns how many there were. */
size_t hold_forget(struct hold *hold, struct hold_room *room);

#endif
