#include "market/gaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CAP_FIRST = 16 };

void gaps_release(struct gaps *gaps)
{
	free(gaps->items);
	*gaps = (struct gaps){.items = NULL};
}

/* How many ids, modulo 2^64. */
static uint64_t size(const struct gap *gap)
{
	return gap->last - gap->first + 1;
}

/* The first gap that ends at this id or behind it; gaps->n where there is none. */
static size_t find(const struct gaps *gaps, uint64_t id)
{
	size_t low = 0, high = gaps->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (gaps->items[middle].last < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct gaps *gaps, size_t at, struct gap gap)
{
	if (gaps->n == gaps->cap) {
		gaps->cap = gaps->cap ? 2 * gaps->cap : CAP_FIRST;
		gaps->items = mem_resize(gaps->items, gaps->cap, sizeof *gaps->items);
	}
	memmove(gaps->items + at + 1, gaps->items + at, (gaps->n - at) * sizeof *gaps->items);
	gaps->items[at] = gap;
	gaps->n++;
}

static void take_out(struct gaps *gaps, size_t at, size_t n)
{
	gaps->n -= n;
	memmove(gaps->items + at, gaps->items + at + n, (gaps->n - at) * sizeof *gaps->items);
}

static enum gaps_verdict add_above(struct gaps *gaps, uint64_t id, int64_t time_ns)
{
	struct gap gap = {gaps->last + 1, id - 1, gaps->last_ns, time_ns};
	enum gaps_verdict verdict = GAPS_NEXT;

	if (gap.first != id) {
		insert(gaps, gaps->n, gap);
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
		insert(gaps, 0, gap);
		gaps->missing += size(&gap);
	}
	gaps->first = id;
	gaps->first_ns = time_ns;
	return GAPS_LATE;
}

/* Both sides of the id remain; the gap is cut in two. */
static void split(struct gaps *gaps, size_t at, uint64_t id, int64_t time_ns)
{
	struct gap *below = gaps->items + at;
	struct gap above = {id + 1, below->last, time_ns, below->before_ns};

	below->last = id - 1;
	below->before_ns = time_ns;
	insert(gaps, at + 1, above);
}

static enum gaps_verdict add_within(struct gaps *gaps, uint64_t id, int64_t time_ns)
{
	size_t at = find(gaps, id);
	struct gap *gap;

	if (at == gaps->n || id < gaps->items[at].first)
		return GAPS_REPEATED;
	gap = gaps->items + at;
	gaps->missing--;
	if (gap->first == gap->last) {
		take_out(gaps, at, 1);
	} else if (id == gap->first) {
		gap->first++;
		gap->after_ns = time_ns;
	} else if (id == gap->last) {
		gap->last--;
		gap->before_ns = time_ns;
	} else {
		split(gaps, at, id, time_ns);
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
	size_t at = find(gaps, gap.first), end;

	if (at > 0 && gaps->items[at - 1].last == gap.first - 1)
		at--;
	for (end = at; end < gaps->n; end++) {
		const struct gap *met = gaps->items + end;
		if (met->first > gap.last && met->first - gap.last > 1)
			break;
		gaps->missing -= size(met);
		gap.first = met->first < gap.first ? met->first : gap.first;
		gap.last = met->last > gap.last ? met->last : gap.last;
	}
	if (end > at)
		take_out(gaps, at, end - at);
	insert(gaps, at, gap);
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
