#include "market/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Each trade has memory of its own, which is free again at once; one buffer for all of them would take
 * up to twice of what is in it. */
struct hold_trade {
	uint64_t id;
	int64_t received_ns;
	size_t n;
	char object[];
};

enum {
	FIRST_PLACES = 16,
	UNIT = 16,	     /* memory is handed out in multiples of it, */
	BESIDE = 24,	     /* with so much beside it: the allocator's, and up to two places */
	GIVE_BACK = 1 << 20, /* bytes freed that are worth a look through all memory */
};

size_t hold_count(const struct hold *hold)
{
	return hold->n - hold->first;
}

uint64_t hold_size(const struct hold *hold)
{
	return hold->size;
}

/* What a trade of n bytes takes of the room. */
static uint64_t cost(size_t n)
{
	uint64_t bytes = (uint64_t)n + sizeof(struct hold_trade) + BESIDE;

	return (bytes + UNIT - 1) / UNIT * UNIT;
}

static bool has_room(const struct hold_room *room, size_t n)
{
	return room->used <= room->ceiling && cost(n) <= room->ceiling - room->used;
}

/* Where the id belongs: before the first place with an id that is not lower. */
static size_t find_place(const struct hold *hold, uint64_t id)
{
	size_t low = hold->first, high = hold->n;

	if (high > low && hold->places[high - 1]->id < id)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hold->places[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The places that are left move to the front, and have room for so many. */
static void resize(struct hold *hold, size_t cap)
{
	hold->n -= hold->first;
	if (hold->n)
		memmove(hold->places, hold->places + hold->first, hold->n * sizeof *hold->places);
	hold->first = 0;
	if (cap == hold->cap)
		return;
	hold->cap = cap;
	hold->places = mem_resize(hold->places, cap, sizeof *hold->places);
}

/* Makes a place more, by as few moves, and as little growth, as are worth it. */
static void make_place(struct hold *hold)
{
	if (hold->n < hold->cap)
		return;
	if (hold->first > hold->n / 8)
		resize(hold, hold->cap);
	else
		resize(hold, hold->cap ? hold->cap + hold->cap / 4 : FIRST_PLACES);
}

static struct hold_trade *copy(const struct held *held)
{
	struct hold_trade *trade = mem_alloc(1, sizeof *trade + held->object.n);

	trade->id = held->id;
	trade->received_ns = held->received_ns;
	trade->n = held->object.n;
	if (trade->n)
		memcpy(trade->object, held->object.p, trade->n);
	return trade;
}

static void release(struct hold *hold, struct hold_room *room, struct hold_trade *trade)
{
	uint64_t bytes = cost(trade->n);

	hold->size -= bytes;
	room->used -= bytes;
	room->freed += bytes;
	room->trades--;
	free(trade);
}

enum hold_result hold_add(struct hold *hold, struct hold_room *room, const struct held *held)
{
	size_t index = find_place(hold, held->id);

	if (index < hold->n && hold->places[index]->id == held->id)
		return HOLD_TWICE;
	if (!has_room(room, held->object.n))
		return HOLD_FULL;
	index -= hold->first;
	make_place(hold);
	index += hold->first;
	memmove(&hold->places[index + 1], &hold->places[index],
		(hold->n - index) * sizeof *hold->places);
	hold->places[index] = copy(held);
	hold->n++;
	hold->size += cost(held->object.n);
	room->used += cost(held->object.n);
	room->trades++;
	return HOLD_TAKEN;
}

bool hold_first(const struct hold *hold, struct held *held)
{
	const struct hold_trade *trade;

	if (hold_count(hold) == 0)
		return false;
	trade = hold->places[hold->first];
	*held = (struct held){
		.id = trade->id,
		.received_ns = trade->received_ns,
		.object = span_make(trade->object, trade->n),
	};
	return true;
}

void hold_drop_first(struct hold *hold, struct hold_room *room)
{
	release(hold, room, hold->places[hold->first++]);
	if (hold_count(hold) == 0)
		hold_forget(hold, room);
	else if (hold->first >= FIRST_PLACES && hold->first >= hold_count(hold))
		resize(hold, hold->first); /* as many as there were at the least */
}

size_t hold_forget(struct hold *hold, struct hold_room *room)
{
	size_t n = hold_count(hold);

	while (hold->first < hold->n)
		release(hold, room, hold->places[hold->first++]);
	free(hold->places);
	*hold = (struct hold){.places = NULL};
	if (room->freed >= GIVE_BACK && room->freed >= room->used) {
		mem_give_back();
		room->freed = 0;
	}
	return n;
}
