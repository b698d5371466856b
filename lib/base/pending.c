#include "base/pending.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	CHUNK_BYTES = 64 * 1024,
	FIRST_CAP = 256,
};

/* Lines lie in chunks, so that they stay where they are while others are added. */
struct chunk {
	struct chunk *next;
	size_t cap;
	size_t used;
	size_t lines; /* that are still held */
	char bytes[];
};

struct pending {
	struct pending_line *ring;
	size_t cap; /* a power of two */
	size_t first;
	size_t n;
	size_t bytes;
	struct chunk *oldest, *newest; /* each has lines */
	struct chunk *spare;
};

struct pending *pending_open(void)
{
	struct pending *p = mem_alloc(1, sizeof *p);

	p->ring = mem_alloc(FIRST_CAP, sizeof *p->ring);
	p->cap = FIRST_CAP;
	return p;
}

void pending_close(struct pending *p)
{
	while (p->oldest) {
		struct chunk *next = p->oldest->next;
		free(p->oldest);
		p->oldest = next;
	}
	free(p->spare);
	free(p->ring);
	free(p);
}

size_t pending_bytes(const struct pending *p)
{
	return p->bytes;
}

/* The i-th line from the oldest one. */
static struct pending_line *at(const struct pending *p, size_t i)
{
	return &p->ring[(p->first + i) & (p->cap - 1)];
}

static void grow(struct pending *p)
{
	struct pending_line *ring = mem_alloc(2 * p->cap, sizeof *ring);
	size_t behind = p->cap - p->first; /* lines up to the end of the old ring */

	memcpy(ring, p->ring + p->first, behind * sizeof *ring);
	memcpy(ring + behind, p->ring, p->first * sizeof *ring);
	free(p->ring);
	p->ring = ring;
	p->first = 0;
	p->cap *= 2;
}

static struct chunk *new_chunk(struct pending *p, size_t n)
{
	struct chunk *c = p->spare;

	if (c && n <= CHUNK_BYTES) {
		p->spare = NULL;
	} else {
		size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
		c = mem_resize(NULL, sizeof *c + cap, 1);
		c->cap = cap;
	}
	c->next = NULL;
	c->used = c->lines = 0;
	return c;
}

/* Where a line of n bytes goes. */
static char *room(struct pending *p, size_t n)
{
	struct chunk *c = p->newest;
	char *to;

	if (!c || n > c->cap - c->used) {
		c = new_chunk(p, n);
		if (p->newest)
			p->newest->next = c;
		else
			p->oldest = c;
		p->newest = c;
	}
	to = c->bytes + c->used;
	c->used += n;
	c->lines++;
	return to;
}

static size_t weight(struct span line)
{
	return line.n + sizeof(struct pending_line);
}

void pending_add(struct pending *p, uint64_t tag, struct span line)
{
	char *copy = room(p, line.n);

	if (line.n)
		memcpy(copy, line.p, line.n);
	if (p->n == p->cap)
		grow(p);
	*at(p, p->n++) = (struct pending_line){.tag = tag, .line = span_make(copy, line.n)};
	p->bytes += weight(line);
}

struct pending_line *pending_find(struct pending *p, uint64_t tag)
{
	size_t low = 0, high = p->n;
	struct pending_line *found;
	size_t middle;

	if (p->n == 0)
		return NULL;
	/* Tags grow: the one that is looked for lies no further than its distance in numbers, and
	 * just there where none is left out. (Those below the first one are as far as can be.) */
	if (tag - at(p, 0)->tag < high)
		high = (size_t)(tag - at(p, 0)->tag) + 1;
	for (middle = high - 1; low < high; middle = low + (high - low) / 2) {
		found = at(p, middle);
		if (found->tag == tag)
			return found->settled ? NULL : found;
		if (found->tag < tag)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct pending_line *pending_first(const struct pending *p)
{
	return p->n && at(p, 0)->settled ? at(p, 0) : NULL;
}

static void drop_chunk(struct pending *p)
{
	struct chunk *c = p->oldest;

	p->oldest = c->next;
	if (!p->oldest)
		p->newest = NULL;
	if (p->spare || c->cap != CHUNK_BYTES)
		free(c);
	else
		p->spare = c;
}

void pending_drop(struct pending *p)
{
	if (p->n == 0)
		return;
	p->bytes -= weight(at(p, 0)->line);
	p->first = (p->first + 1) & (p->cap - 1);
	p->n--;
	if (--p->oldest->lines == 0)
		drop_chunk(p);
}
