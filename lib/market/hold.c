#include "market/hold.h"

#include <stdlib.h>

#include "base/mem.h"

struct hold_place {
	uint64_t id;
	int64_t received_ns;
	size_t at, n; /* its bytes */
};

enum { FIRST_PLACES = 16 };

size_t hold_count(const struct hold *hold)
{
	return hold->n - hold->first;
}

uint64_t hold_size(const struct hold *hold)
{
	return hold->bytes.len + (uint64_t)hold->n * sizeof *hold->places;
}

/* The bytes of what is left move together, in the order of the ids. */
static void pack(struct hold *hold, struct hold_room *room)
{
	struct buf bytes;

	room->used -= hold_size(hold);
	buf_init(&bytes, hold->bytes.ceiling);
	for (size_t i = hold->first; i < hold->n; i++) {
		struct hold_place *place = &hold->places[i];
		struct span object = span_make(hold->bytes.data + place->at, place->n);

		place->at = bytes.len;
		buf_add(&bytes, object);
		hold->places[i - hold->first] = *place;
	}
	buf_release(&hold->bytes);
	hold->bytes = bytes;
	hold->n -= hold->first;
	hold->first = 0;
	room->used += hold_size(hold);
}

static bool has_room(const struct hold_room *room, size_t n)
{
	uint64_t need = (uint64_t)n + sizeof(struct hold_place);

	return room->used <= room->ceiling && need <= room->ceiling - room->used;
}

/* Where the id belongs: before the first place with an id that is not lower. */
static size_t find_place(const struct hold *hold, uint64_t id)
{
	size_t low = hold->first, high = hold->n;

	if (high > low && hold->places[high - 1].id < id)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hold->places[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct hold *hold, size_t index, const struct held *trade)
{
	if (hold->n == hold->cap) {
		hold->cap = hold->cap ? 2 * hold->cap : FIRST_PLACES;
		hold->places = mem_resize(hold->places, hold->cap, sizeof *hold->places);
	}
	memmove(&hold->places[index + 1], &hold->places[index],
		(hold->n - index) * sizeof *hold->places);
	hold->places[index] = (struct hold_place){
		.id = trade->id,
		.received_ns = trade->received_ns,
		.at = hold->bytes.len,
		.n = trade->object.n,
	};
	hold->n++;
	hold->bytes.ceiling = SIZE_MAX; /* the room's is the one that counts */
	buf_add(&hold->bytes, trade->object);
}

enum hold_result hold_add(struct hold *hold, struct hold_room *room, const struct held *trade)
{
	size_t index = find_place(hold, trade->id);

	if (index < hold->n && hold->places[index].id == trade->id)
		return HOLD_TWICE;
	if (!has_room(room, trade->object.n) && hold->first > 0) {
		index -= hold->first;
		pack(hold, room);
	}
	if (!has_room(room, trade->object.n))
		return HOLD_FULL;
	room->used -= hold_size(hold);
	insert(hold, index, trade);
	room->used += hold_size(hold);
	room->trades++;
	return HOLD_TAKEN;
}

bool hold_first(const struct hold *hold, struct held *trade)
{
	const struct hold_place *place;

	if (hold_count(hold) == 0)
		return false;
	place = &hold->places[hold->first];
	*trade = (struct held){
		.id = place->id,
		.received_ns = place->received_ns,
		.object = span_make(hold->bytes.data + place->at, place->n),
	};
	return true;
}

void hold_drop_first(struct hold *hold, struct hold_room *room)
{
	room->trades--;
	hold->first++;
	if (hold_count(hold) == 0)
		hold_forget(hold, room);
	else if (hold->first >= FIRST_PLACES && hold->first >= hold_count(hold))
		pack(hold, room);
}

size_t hold_forget(struct hold *hold, struct hold_room *room)
{
	size_t n = hold_count(hold);

	room->used -= hold_size(hold);
	room->trades -= n;
	free(hold->places);
	buf_release(&hold->bytes);
	*hold = (struct hold){.places = NULL};
	return n;
}
