#include "market/feed_watch.h"

enum { PAUSE_GROWTH = 32 }; /* of the pause between two looks at a quiet product */

static int64_t times(int64_t ns, int64_t factor)
{
	return ns > INT64_MAX / factor ? INT64_MAX : ns * factor;
}

void feed_watch_begin(struct feed_product *product, int64_t now_ns)
{
	product->watch.heard_ns = now_ns;
	product->watch.pause_ns = 0;
	product->watch.shown_id = 0;
}

static bool is_listening(const struct feed_product *product)
{
	return product->state == FEED_ACKNOWLEDGED && !product->repairing;
}

/* For how long the product should have been looked at; below zero: it is not due yet. */
static int64_t overdue(const struct feed_product *product, int64_t mute_ns, int64_t now_ns)
{
	const struct feed_watch *watch = &product->watch;

	if (watch->pause_ns > 0)
		return now_ns - watch->looked_ns - watch->pause_ns;
	return now_ns - watch->heard_ns - mute_ns;
}

static void look(struct feed_watch *watch, int64_t mute_ns)
{
	int64_t next = times(watch->pause_ns ? watch->pause_ns : mute_ns, 2);
	int64_t longest = times(mute_ns, PAUSE_GROWTH);

	watch->looking = true;
	watch->pause_ns = next < longest ? next : longest;
}

struct feed_product *feed_watch_due(struct feed *feed, int64_t mute_ns, int64_t now_ns)
{
	struct feed_product *due = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < feed->n; i++) {
		struct feed_product *product = &feed->products[i];
		int64_t late;

		if (product->watch.looking)
			return NULL;
		if (!is_listening(product) || product->watch.shown_id)
			continue;
		late = overdue(product, mute_ns, now_ns);
		if (late < 0 || (due && late <= most))
			continue;
		due = product;
		most = late;
	}
	if (due)
		look(&due->watch, mute_ns);
	return due;
}

/* Where nothing has come so far, and it is not known since when it should have, it cannot be told from
 * when on trades are missing. */
static bool is_new(struct feed_product *product, uint64_t id)
{
	struct feed_watch *watch = &product->watch;
	bool known = product->seen_id || product->from_one || product->since_ns || watch->known_id;

	if (!known)
		watch->known_id = id;
	return known && id > product->seen_id && id > watch->known_id;
}

void feed_watch_shown(
	struct feed_product *product, uint64_t newest_id, int64_t now_ns, int64_t grace_ns)
{
	struct feed_watch *watch = &product->watch;
	bool asked = watch->pause_ns > 0; /* nothing has come since */

	watch->looking = false;
	watch->looked_ns = now_ns;
	if (!asked || !is_new(product, newest_id))
		return;
	watch->shown_id = newest_id;
	watch->due_ns = now_ns + grace_ns;
}

struct feed_product *feed_watch_mute(struct feed *feed, int64_t now_ns)
{
	for (size_t i = 0; i < feed->n; i++) {
		struct feed_product *product = &feed->products[i];
		struct feed_watch *watch = &product->watch;

		if (!watch->shown_id || !is_listening(product) || now_ns < watch->due_ns)
			continue;
		if (product->last_id || product->from_one || product->since_ns)
			product->seen_id = watch->shown_id;
		watch->known_id = watch->shown_id;
		watch->mutes++;
		feed_watch_begin(product, now_ns);
		return product;
	}
	return NULL;
}
