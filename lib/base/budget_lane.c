#include "base/budget_lane.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/stamp.h"

enum {
	SLOW_OWN = 1000000,
	SLOW_MOST = 10 * SLOW_OWN,
	AHEAD_S = 60 * 60,	   /* what a clock may be set back without making all forgotten */
	IDLE_S = 10 * 60,	   /* choice: a server has forgotten by then */
	HELD_S = 7 * 24 * 60 * 60, /* Binance bans for three days at most */
};

static uint64_t sum_of(const struct budget_slot *slot)
{
	return hash_add(HASH_START, slot, offsetof(struct budget_slot, sum));
}

uint64_t budget_lane_hash(const char *host, const char *name)
{
	uint64_t hash = hash_add(HASH_START, host, strlen(host) + 1);

	return name ? hash_add(hash, name, strlen(name) + 1) : hash;
}

void budget_lane_clear(struct budget_slot *slot, uint64_t hash)
{
	*slot = (struct budget_slot){.name = hash, .slow = SLOW_OWN};
}

void budget_lane_seal(struct budget_slot *slot)
{
	slot->sum = sum_of(slot);
}

bool budget_lane_is_sound(const struct budget_slot *slot)
{
	return slot->sum == sum_of(slot);
}

static bool is_ahead(const struct budget_slot *slot, int64_t now_ns)
{
	return slot->touched_ns > now_ns + AHEAD_S * STAMP_NS_PER_S;
}

bool budget_lane_is_over(const struct budget_slot *slot, int64_t now_ns)
{
	return slot->kept_ns < now_ns || is_ahead(slot, now_ns);
}

static void touch(struct budget_slot *slot, int64_t matters_ns, int64_t now_ns)
{
	int64_t latest = now_ns;

	if (latest < matters_ns)
		latest = matters_ns;
	if (latest < now_ns + budget_lane_held(slot, now_ns))
		latest = slot->held_ns;
	slot->touched_ns = now_ns;
	if (slot->kept_ns < latest + IDLE_S * STAMP_NS_PER_S)
		slot->kept_ns = latest + IDLE_S * STAMP_NS_PER_S;
}

static void forget_ahead(struct budget_slot *slot, int64_t now_ns)
{
	if (is_ahead(slot, now_ns))
		budget_lane_clear(slot, slot->name);
}

int64_t budget_lane_held(const struct budget_slot *slot, int64_t now_ns)
{
	if (slot->held_ns <= now_ns || is_ahead(slot, now_ns) ||
		slot->held_ns - now_ns > HELD_S * STAMP_NS_PER_S)
		return 0;
	return slot->held_ns - now_ns;
}

void budget_lane_hold(struct budget_slot *slot, int64_t ns, int64_t now_ns)
{
	forget_ahead(slot, now_ns);
	if (ns > HELD_S * STAMP_NS_PER_S)
		ns = HELD_S * STAMP_NS_PER_S;
	if (slot->held_ns < now_ns + ns || budget_lane_held(slot, now_ns) == 0)
		slot->held_ns = now_ns + ns;
	slot->slow += slot->slow / 2;
	if (slot->slow > SLOW_MOST)
		slot->slow = SLOW_MOST;
	touch(slot, now_ns, now_ns);
}

static int64_t take_paced(struct budget_slot *slot, const struct budget_lane *lane, int64_t now_ns)
{
	int64_t interval = (int64_t)lane->interval_us * slot->slow / (SLOW_OWN / 1000);
	int64_t slack = interval / 10;

	if (slot->next_ns > now_ns + interval + slack) /* the clock was set back */
		slot->next_ns = now_ns + interval;
	if (slot->next_ns > now_ns)
		return slot->next_ns - now_ns;
	if (slot->next_ns < now_ns - slack)
		slot->next_ns = now_ns - slack;
	slot->next_ns += interval;
	slot->slow -= slot->slow / 100;
	if (slot->slow < SLOW_OWN)
		slot->slow = SLOW_OWN;
	return 0;
}

static int64_t window_length(const struct budget_lane *lane)
{
	return lane->window_ms * STAMP_NS_PER_MS;
}

/* A request made so close to the end of a window may reach the server in the next one. */
static bool is_late(int64_t window_ns, const struct budget_lane *lane, int64_t now_ns)
{
	return now_ns >= window_ns + window_length(lane) - window_length(lane) / 20;
}

/* Moves on to the window of this moment; what was taken late in the one before counts in both.
 * Where the clock was set back a little, the one that has begun already goes on. */
static void roll(struct budget_slot *slot, const struct budget_lane *lane, int64_t now_ns)
{
	int64_t length = window_length(lane);
	int64_t start = now_ns - now_ns % length;

	if (slot->window_ns >= start && slot->window_ns - start <= length)
		return;
	if (slot->window_ns != start - length)
		slot->used = slot->late = 0;
	slot->before = slot->used;
	slot->used = slot->late;
	slot->late = 0;
	slot->window_ns = start;
}

/* After a window that was used up the next one begins a little later: by the server's clock the old
 * one may still go on. What is taken in the rest of a window is not less for that. */
static int64_t pause_after(uint32_t used, const struct budget_lane *lane)
{
	return used > lane->units - lane->units / 10 ? window_length(lane) / 100 : 0;
}

static int64_t take_metered(
	struct budget_slot *slot, const struct budget_lane *lane, uint32_t units, int64_t now_ns)
{
	int64_t begins;

	roll(slot, lane, now_ns);
	begins = slot->window_ns + pause_after(slot->before, lane);
	if (now_ns < begins)
		return begins - now_ns;
	if (slot->used > 0 && (uint64_t)slot->used + units > lane->units)
		return slot->window_ns + window_length(lane) + pause_after(slot->used, lane) -
			now_ns;
	slot->used += units;
	if (is_late(slot->window_ns, lane, now_ns))
		slot->late += units;
	return 0;
}

/* When what was taken of it does not matter any more. */
static int64_t matters_until(const struct budget_slot *slot, const struct budget_lane *lane)
{
	return lane->interval_us ? slot->next_ns : slot->window_ns + 2 * window_length(lane);
}

int64_t budget_lane_take(
	struct budget_slot *slot, const struct budget_lane *lane, uint32_t units, int64_t now_ns)
{
	int64_t held, wait = 0;

	forget_ahead(slot, now_ns);
	held = budget_lane_held(slot, now_ns);
	if (held == 0 && lane->interval_us)
		wait = take_paced(slot, lane, now_ns);
	else if (held == 0 && lane->window_ms)
		wait = take_metered(slot, lane, units, now_ns);
	touch(slot, matters_until(slot, lane), now_ns);
	return held > wait ? held : wait;
}

void budget_lane_saw(
	struct budget_slot *slot, const struct budget_lane *lane, uint32_t units, int64_t now_ns)
{
	uint32_t tenth = lane->units / 10;
	bool is_early;

	if (lane->interval_us || !lane->window_ms)
		return;
	forget_ahead(slot, now_ns);
	roll(slot, lane, now_ns);
	is_early = now_ns < slot->window_ns + window_length(lane) / 10;
	if (is_early && units > (uint64_t)slot->used + tenth &&
		units <= (uint64_t)slot->before + tenth)
		return;
	if (slot->used < units)
		slot->used = units;
	if (slot->late > slot->used - units) /* what was counted has arrived */
		slot->late = slot->used - units;
	touch(slot, matters_until(slot, lane), now_ns);
}
