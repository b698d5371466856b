/*
 * One lane of a budget: what is kept of it, and what becomes of it at a given moment of the wall
 * clock, which may jump. Private to budget.c but for tests; all times are nanoseconds since 1970.
 */
#ifndef TRADEPIPE_BASE_BUDGET_LANE_H
#define TRADEPIPE_BASE_BUDGET_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/budget.h"

/* As it lies in the file, in the machine's own byte order. */
struct budget_slot {
	uint64_t name; /* a hash of it: that two lanes share one is unlikely, and only slows them */
	int64_t touched_ns; /* when it was last used */
	int64_t kept_ns;    /* until then it matters */
	int64_t held_ns;    /* nobody takes of it before */
	int64_t next_ns;    /* paced: the next moment of its raster */
	int64_t window_ns;  /* metered: where the window began of which `used` was taken */
	uint32_t used;
	uint32_t before; /* of the window before that one */
	uint32_t slow;	 /* paced: the interval in millionths of its own */
	uint32_t late;	 /* metered: of `used`, what was taken in the last twentieth of the window
			  * and the server has not counted yet */
	uint64_t sum;	 /* over all that stands above */
};

/* The hash of a lane's name at a host; NULL, what holds the host as a whole, has one of its own. */
uint64_t budget_lane_hash(const char *host, const char *name);

/* A slot of this lane from which nothing was taken. */
void budget_lane_clear(struct budget_slot *slot, uint64_t hash);

/* Makes the sum, after the last change; and says whether it is right. */
void budget_lane_seal(struct budget_slot *slot);
bool budget_lane_is_sound(const struct budget_slot *slot);

/* Whether nothing of it matters any more, or it was left behind by a clock that ran ahead. */
bool budget_lane_is_over(const struct budget_slot *slot, int64_t now_ns);

/* The functions of budget.h, on a slot and at a moment. A paced request that comes late by up to a
 * tenth of the interval does not shift the raster, and a later one by that much less: between two
 * there are never less than nine tenths, and a caller who is late by a little loses nothing. */
int64_t budget_lane_take(
	struct budget_slot *slot, const struct budget_lane *lane, uint32_t units, int64_t now_ns);
void budget_lane_saw(
	struct budget_slot *slot, const struct budget_lane *lane, uint32_t units, int64_t now_ns);
void budget_lane_hold(struct budget_slot *slot, int64_t ns, int64_t now_ns);

/* How long it is held; 0: it is not. */
int64_t budget_lane_held(const struct budget_slot *slot, int64_t now_ns);

#endif
