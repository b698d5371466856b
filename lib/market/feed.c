#include "market/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stamp.h"

/* Kraken gives the time of one trade up to 1.1 microseconds apart over its two interfaces; a trade
 * that is this much later is another one, whatever its id. */
#define CLEARLY_LATER_NS STAMP_NS_PER_MS
/* Times are not always in the order of ids: of the trades before a beginning the last one by its id
 * need not be the latest. */
#define LATER_AT_FIRST_NS (60 * STAMP_NS_PER_S)

/* Of what was given up so many come late, once later ones have shown how late it is. */
enum { LATE_MAX = 1000 };

static int by_name(const void *a, const void *b)
{
	const struct feed_product *left = a, *right = b;
	return strcmp(left->name, right->name);
}

int feed_init(struct feed *feed, char *const *names, size_t n, const char **twice)
{
	*feed = (struct feed){.products = mem_alloc(n, sizeof *feed->products), .n = n};
	for (size_t i = 0; i < n; i++)
		feed->products[i].name = names[i];
	qsort(feed->products, n, sizeof *feed->products, by_name);
	for (size_t i = 1; i < n; i++) {
		*twice = feed->products[i].name;
		if (strcmp(feed->products[i - 1].name, *twice) == 0) {
			feed_release(feed);
			return -1;
		}
	}
	return 0;
}

void feed_release(struct feed *feed)
{
	struct hold_room room = {.ceiling = 0}; /* theirs is of no use any more */

	for (size_t i = 0; i < feed->n; i++)
		hold_forget(&feed->products[i].hold, &room);
	free(feed->products);
	*feed = (struct feed){.products = NULL};
}

/* The order of strcmp(), for a name that may hold anything. */
static int compare(struct span name, const char *there)
{
	size_t length = strlen(there), common = name.n < length ? name.n : length;
	int order = common ? memcmp(name.p, there, common) : 0;

	return order ? order : (name.n > length) - (name.n < length);
}

struct feed_product *feed_find(struct feed *feed, struct span name)
{
	size_t low = 0, high = feed->n;

	if (feed->recent && span_is_text(name, feed->recent->name))
		return feed->recent;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(name, feed->products[middle].name);

		if (order == 0)
			return feed->recent = &feed->products[middle];
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void feed_ask_again(struct feed *feed)
{
	for (size_t i = 0; i < feed->n; i++)
		feed->products[i].state = FEED_ASKED;
}

size_t feed_count(const struct feed *feed, enum feed_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < feed->n; i++)
		count += feed->products[i].state == state;
	return count;
}

static void move(struct feed_product *product, uint64_t id)
{
	product->adrift = false;
	product->last_id = id;
	if (id > product->seen_id)
		product->seen_id = id;
}

void feed_move(struct feed_product *product, uint64_t id, int64_t time_ns)
{
	if (product->since_ns || time_ns > product->last_ns)
		product->last_ns = time_ns;
	product->since_ns = 0;
	product->moved_ns = time_ns;
	move(product, id);
}

void feed_lose(struct feed_product *product, uint64_t to)
{
	uint64_t from = product->last_id + 1;

	if (from != product->lost_to + 1)
		product->lost_from = from;
	product->lost_to = to;
	move(product, to);
}

void feed_open(struct feed_product *product, int64_t since_ns)
{
	if (product->begun)
		return;
	if (product->adrift && (since_ns == 0 || since_ns > product->since_ns))
		return;
	product->since_ns = product->last_ns = since_ns;
}

void feed_begin_since(struct feed_product *product, int64_t since_ns)
{
	product->adrift = true;
	product->since_ns = product->last_ns = since_ns > 0 ? since_ns : 1;
}

void feed_interrupt(struct feed_product *product)
{
	product->adrift = product->adrift || !product->begun;
}

static bool is_given_up(const struct feed_product *product, uint64_t id)
{
	return id >= product->lost_from && id <= product->lost_to &&
		(product->last_id == product->lost_to || product->lost_to - id < LATE_MAX);
}

static bool is_anew(const struct feed_product *product, int64_t time_ns)
{
	bool is_first = product->last_id == product->start_id;

	return time_ns - (is_first ? LATER_AT_FIRST_NS : CLEARLY_LATER_NS) > product->last_ns;
}

enum feed_verdict feed_judge(struct feed_product *product, uint64_t id, int64_t time_ns)
{
	bool may_begin = !product->last_id && !product->from_one && !product->adrift;
	bool follows = may_begin || id == product->last_id + 1;

	product->begun = true;
	if (id == 0)
		return FEED_NEXT;
	if (follows) {
		feed_move(product, id, time_ns);
		return FEED_NEXT;
	}
	if (id <= product->last_id && is_given_up(product, id))
		return FEED_REPEATED;
	if (id <= product->last_id && is_anew(product, time_ns))
		return FEED_ANEW;
	if (id <= product->last_id)
		return id <= product->start_id ? FEED_BEFORE : FEED_REPEATED;
	if (id > product->seen_id)
		product->seen_id = id;
	return FEED_GAP;
}

uint64_t feed_missing_to(const struct feed_product *product)
{
	struct held first;

	return hold_first(&product->hold, &first) ? first.id - 1 : product->seen_id;
}

void feed_begin_after(struct feed_product *product, uint64_t id, int64_t time_ns)
{
	product->begun = true;
	product->start_id = id;
	product->last_ns = product->moved_ns = time_ns;
	move(product, id);
}

void feed_doubt(struct feed_product *product, uint64_t id)
{
	feed_begin_after(product, id - 1, product->last_ns);
	product->from_one = id == 1;
	product->lost_from = 1;
	product->lost_to = id - 1;
}
