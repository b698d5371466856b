#include "market/gaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	CHUNKS_FIRST = 4,
	ITEMS_FIRST = 8, /* most streams have few gaps */
	/* Chunks that hold no more between them become one: well below a full one, so that what
	 * was split is not joined again at once. */
	JOINED_MAX = GAPS_CHUNK * 3 / 4,
};

/* Where a gap is, or would be. Behind the last one: the chunk is n_chunks. */
struct place {
	size_t chunk, at;
};

void gaps_release(struct gaps *gaps)
{
	for (size_t i = 0; i < gaps->n_chunks; i++)
		free(gaps->chunks[i].items);
	free(gaps->chunks);
	*gaps = (struct gaps){.chunks = NULL};
}

/* How many ids, modulo 2^64. */
static uint64_t size(const struct gap *gap)
{
	return gap->last - gap->first + 1;
}

/* The first chunk whose last gap ends at this id or behind it. */
static size_t find_chunk(const struct gaps *gaps, uint64_t id)
{
	size_t low = 0, high = gaps->n_chunks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct gaps_chunk *chunk = &gaps->chunks[middle];
		if (chunk->items[chunk->n - 1].last < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first gap that ends at this id or behind it. */
static struct place find(const struct gaps *gaps, uint64_t id)
{
	struct place place = {find_chunk(gaps, id), 0};
	size_t high;

	if (place.chunk == gaps->n_chunks)
		return place;
	high = gaps->chunks[place.chunk].n;
	while (place.at < high) {
		size_t middle = place.at + (high - place.at) / 2;
		if (gaps->chunks[place.chunk].items[middle].last < id)
			place.at = middle + 1;
		else
			high = middle;
	}
	return place;
}

/* NULL behind the last one. */
static struct gap *gap_at(const struct gaps *gaps, struct place place)
{
	return place.chunk < gaps->n_chunks ? &gaps->chunks[place.chunk].items[place.at] : NULL;
}

static void insert_chunk(struct gaps *gaps, size_t at)
{
	if (gaps->n_chunks == gaps->cap) {
		gaps->cap = gaps->cap ? 2 * gaps->cap : CHUNKS_FIRST;
		gaps->chunks = mem_resize(gaps->chunks, gaps->cap, sizeof *gaps->chunks);
	}
	memmove(gaps->chunks + at + 1, gaps->chunks + at,
		(gaps->n_chunks - at) * sizeof *gaps->chunks);
	gaps->chunks[at] = (struct gaps_chunk){.items = NULL};
	gaps->n_chunks++;
}

static void take_out_chunk(struct gaps *gaps, size_t at)
{
	free(gaps->chunks[at].items);
	gaps->n_chunks--;
	memmove(gaps->chunks + at, gaps->chunks + at + 1,
		(gaps->n_chunks - at) * sizeof *gaps->chunks);
}

static void reserve(struct gaps_chunk *chunk, size_t n)
{
	if (n <= chunk->cap)
		return;
	while (chunk->cap < n)
		chunk->cap = chunk->cap ? 2 * chunk->cap : ITEMS_FIRST;
	chunk->items = mem_resize(chunk->items, chunk->cap, sizeof *chunk->items);
}

/* Appends gaps of the other chunk, from this one on. */
static void move(struct gaps_chunk *to, struct gaps_chunk *from, size_t at)
{
	size_t n = from->n - at;

	reserve(to, to->n + n);
	memcpy(to->items + to->n, from->items + at, n * sizeof *to->items);
	to->n += n;
	from->n = at;
}

/* Makes room in a chunk that is full: behind all gaps by a chunk more, so that those that come in
 * order leave full chunks behind, else by a split. */
static struct place make_room(struct gaps *gaps, struct place place)
{
	const size_t half = GAPS_CHUNK / 2;

	insert_chunk(gaps, place.chunk + 1);
	if (place.at == GAPS_CHUNK && place.chunk + 2 == gaps->n_chunks)
		return (struct place){place.chunk + 1, 0};
	move(&gaps->chunks[place.chunk + 1], &gaps->chunks[place.chunk], half);
	return place.at > half ? (struct place){place.chunk + 1, place.at - half} : place;
}

static void insert(struct gaps *gaps, struct place place, struct gap gap)
{
	struct gaps_chunk *chunk;

	if (gaps->n_chunks == 0)
		insert_chunk(gaps, 0);
	else if (place.chunk == gaps->n_chunks)
		place = (struct place){place.chunk - 1, gaps->chunks[place.chunk - 1].n};
	if (gaps->chunks[place.chunk].n == GAPS_CHUNK)
		place = make_room(gaps, place);
	chunk = &gaps->chunks[place.chunk];
	reserve(chunk, chunk->n + 1);
	memmove(chunk->items + place.at + 1, chunk->items + place.at,
		(chunk->n - place.at) * sizeof *chunk->items);
	chunk->items[place.at] = gap;
	chunk->n++;
	gaps->n++;
}

/* Joins a chunk with the one behind it where both are small. */
static void join(struct gaps *gaps, size_t at)
{
	if (at + 1 >= gaps->n_chunks || gaps->chunks[at].n + gaps->chunks[at + 1].n > JOINED_MAX)
		return;
	move(&gaps->chunks[at], &gaps->chunks[at + 1], 0);
	take_out_chunk(gaps, at + 1);
}

static void take_out(struct gaps *gaps, struct place place)
{
	struct gaps_chunk *chunk = &gaps->chunks[place.chunk];

	gaps->n--;
	chunk->n--;
	memmove(chunk->items + place.at, chunk->items + place.at + 1,
		(chunk->n - place.at) * sizeof *chunk->items);
	if (chunk->n == 0) {
		take_out_chunk(gaps, place.chunk);
		return;
	}
	join(gaps, place.chunk);
	if (place.chunk > 0)
		join(gaps, place.chunk - 1);
}

static enum gaps_verdict add_above(struct gaps *gaps, uint64_t id, int64_t time_ns)
{
	struct gap gap = {gaps->last + 1, id - 1, gaps->last_ns, time_ns};
	enum gaps_verdict verdict = GAPS_NEXT;

	if (gap.first != id) {
		insert(gaps, (struct place){gaps->n_chunks, 0}, gap);
		gaps->missing += size(&gap);
		verdict = GAPS_JUMP;
	}
	gaps->last = id;
	gaps->last_ns = time_ns;
	return verdict;
}

static enum gaps_verdict add_below(struct gaps *gaps, uint64_t id, int64_t time_ns)
{
	struct gap gap = {id + 1, gaps->first - 1, time_ns, gaps->first_ns};

	if (gap.last != id) {
		insert(gaps, (struct place){0, 0}, gap);
		gaps->missing += size(&gap);
	}
	gaps->first = id;
	gaps->first_ns = time_ns;
	return GAPS_LATE;
}

/* Both sides of the id remain; the gap is cut in two. */
static void split(struct gaps *gaps, struct place place, uint64_t id, int64_t time_ns)
{
	struct gap *below = gap_at(gaps, place);
	struct gap above = {id + 1, below->last, time_ns, below->before_ns};

	below->last = id - 1;
	below->before_ns = time_ns;
	place.at++;
	insert(gaps, place, above);
}

static enum gaps_verdict add_within(struct gaps *gaps, uint64_t id, int64_t time_ns)
{
	struct place place = find(gaps, id);
	struct gap *gap = gap_at(gaps, place);

	if (!gap || id < gap->first)
		return GAPS_REPEATED;
	gaps->missing--;
	if (gap->first == gap->last) {
		take_out(gaps, place);
	} else if (id == gap->first) {
		gap->first++;
		gap->after_ns = time_ns;
	} else if (id == gap->last) {
		gap->last--;
		gap->before_ns = time_ns;
	} else {
		split(gaps, place, id, time_ns);
	}
	return GAPS_LATE;
}

enum gaps_verdict gaps_add(struct gaps *gaps, uint64_t id, int64_t time_ns)
{
	if (gaps->begun && id > gaps->last)
		return add_above(gaps, id, time_ns);
	if (gaps->begun)
		return id < gaps->first ? add_below(gaps, id, time_ns)
					: add_within(gaps, id, time_ns);
	gaps->begun = true;
	gaps->first = gaps->last = id;
	gaps->first_ns = gaps->last_ns = time_ns;
	return GAPS_FIRST;
}

/* Puts a gap in, one with those that it overlaps or touches. */
static void demand(struct gaps *gaps, struct gap gap)
{
	for (;;) {
		struct place place = find(gaps, gap.first ? gap.first - 1 : 0);
		const struct gap *met = gap_at(gaps, place);
		if (!met || (met->first > gap.last && met->first - gap.last > 1))
			break;
		gaps->missing -= size(met);
		gap.first = met->first < gap.first ? met->first : gap.first;
		gap.last = met->last > gap.last ? met->last : gap.last;
		take_out(gaps, place);
	}
	insert(gaps, find(gaps, gap.first), gap);
	gaps->missing += size(&gap);
}

void gaps_expect(struct gaps *gaps, uint64_t first, uint64_t last)
{
	if (first > last)
		return;
	if (!gaps->begun) {
		demand(gaps, (struct gap){first, last, 0, 0});
		return;
	}
	if (first < gaps->first)
		demand(gaps,
			(struct gap){first, last < gaps->first ? last : gaps->first - 1, 0,
				gaps->first_ns});
	if (last > gaps->last)
		demand(gaps,
			(struct gap){first > gaps->last ? first : gaps->last + 1, last,
				gaps->last_ns, 0});
}

uint64_t gaps_total(const struct gaps *gaps)
{
	return gaps->n > 0 && gaps->missing == 0 ? UINT64_MAX : gaps->missing;
}

struct gaps_walk gaps_walk_start(const struct gaps *gaps)
{
	return (struct gaps_walk){.gaps = gaps};
}

const struct gap *gaps_walk_next(struct gaps_walk *walk)
{
	const struct gaps_chunk *chunk;

	if (walk->chunk == walk->gaps->n_chunks)
		return NULL;
	chunk = &walk->gaps->chunks[walk->chunk];
	if (walk->at + 1 < chunk->n)
		return &chunk->items[walk->at++];
	walk->chunk++;
	walk->at = 0;
	return &chunk->items[chunk->n - 1];
}
