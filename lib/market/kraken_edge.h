/*
 * Up to where the rows of a pair have met their fate: what joins pages that overlap. Rows with ids
 * are joined by these, which grow by one from trade to trade. Old rows have none: they are joined by
 * time, skipping as many rows of the edge's very time as have been there before.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_EDGE_H
#define TRADEPIPE_MARKET_KRAKEN_EDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/kraken_page.h"

struct kraken_edge {
	bool has_id;
	uint64_t id; /* the highest so far */
	bool has_time;
	int64_t ns;	 /* the latest so far, and */
	bool in_us;	 /* whether it was cut off to microseconds */
	uint64_t same;	 /* rows without id that have this very time */
	int64_t last_ns; /* of the last row: the exchange may have odd times */
	uint64_t unread; /* rows since `id` that showed none */
	uint64_t bad;	 /* a hash of the last of these that was bad */

	/* Of the page in hand: */
	bool fresh;	/* it has shown a new row: what follows is new as well, but for its id */
	bool seen;	/* it has shown the edge itself */
	uint64_t again; /* rows of the edge's very time */
};

enum kraken_edge_verdict {
	KRAKEN_EDGE_NEXT,
	KRAKEN_EDGE_REPEATED,
	KRAKEN_EDGE_JUMP, /* it is new, but ids before it have not been there */
	KRAKEN_EDGE_ANEW, /* its id lies behind, its time ahead: Kraken counts anew */
};

/* Behind a trade that was written before, which may have no id (0): `same` trades without id have its
 * very time then, itself among them. */
void kraken_edge_begin(struct kraken_edge *edge, uint64_t id, int64_t ns, uint64_t same);

/* A page is at hand. */
void kraken_edge_turn(struct kraken_edge *edge);

/* Judges the next row of it. */
enum kraken_edge_verdict kraken_edge_judge(
	struct kraken_edge *edge, const struct kraken_page_row *row);

/* Whether a row, of whatever page, lies behind the edge: by its id, or, without one, by its time. */
bool kraken_edge_is_behind(const struct kraken_edge *edge, const struct kraken_row *row);

/* Moves on to a row that was judged as new just now. */
void kraken_edge_move(struct kraken_edge *edge, const struct kraken_page_row *row);

#endif
