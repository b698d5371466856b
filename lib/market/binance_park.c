#include "market/binance_park.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void binance_park_release(struct binance_park *park)
{
	free(park->lines);
	buf_release(&park->text);
	*park = (struct binance_park){.n = 0};
}

/* The place of the first id that is not below this one. */
static size_t place_of(const struct binance_park *park, uint64_t id)
{
	size_t low = park->gone, high = park->n;

	if (low == high || park->lines[high - 1].id < id) /* as nearly always */
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (park->lines[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Moves what is left to the front. */
static void pack(struct binance_park *park)
{
	struct buf text;

	buf_init(&text, BINANCE_PARK_BYTES);
	park->n -= park->gone;
	memmove(park->lines, park->lines + park->gone, park->n * sizeof *park->lines);
	park->gone = 0;
	for (size_t i = 0; i < park->n; i++) {
		struct binance_parked *line = &park->lines[i];
		size_t at = text.len;
		buf_add(&text, span_make(park->text.data + line->at, line->n));
		line->at = at;
	}
	buf_release(&park->text);
	park->text = text;
}

/* Makes room for one more line of n bytes, where there is any. */
static void make_room(struct binance_park *park, size_t n)
{
	if (!park->lines)
		buf_init(&park->text, BINANCE_PARK_BYTES);
	if (park->n == park->cap && park->cap < BINANCE_PARK_LINES) {
		park->cap = park->cap ? 2 * park->cap : 256;
		park->lines = mem_resize(park->lines, park->cap, sizeof *park->lines);
	}
	if (binance_park_is_empty(park)) {
		park->n = park->gone = 0;
		buf_clear(&park->text);
	}
	if (park->gone > park->n / 2 &&
		(park->n == park->cap || park->text.len + n > park->text.ceiling))
		pack(park);
}

int binance_park_add(struct binance_park *park, uint64_t id, struct span line)
{
	struct binance_parked parked = {.id = id, .n = line.n};
	size_t place;

	make_room(park, line.n);
	place = place_of(park, id);
	if (place < park->n && park->lines[place].id == id)
		return 0;
	parked.at = park->text.len;
	if (park->n == park->cap || buf_add(&park->text, line) < 0)
		return -1;
	memmove(park->lines + place + 1, park->lines + place,
		(park->n - place) * sizeof *park->lines);
	park->lines[place] = parked;
	park->n++;
	return 1;
}

uint64_t binance_park_lowest(const struct binance_park *park)
{
	return park->lines[park->gone].id;
}

struct span binance_park_take(struct binance_park *park)
{
	const struct binance_parked *parked = &park->lines[park->gone++];

	return span_make(park->text.data + parked->at, parked->n);
}
