#include "market/feed_watch.h"

#include "base/stamp.h"

/* After a refusal: between two looks, and until there is nothing more to come. REST lags by up to ten
 * seconds. */
#define REFUSED_PAUSE_NS (2 * STAMP_NS_PER_S)
#define SETTLED_NS (30 * STAMP_NS_PER_S)

enum {
	PAUSE_GROWTH = 32, /* of the pause between two looks at a quiet product */
	LOOKS_MAX = 4,	   /* at a time: one may take long, or never be answered */
};

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

void feed_watch_refuse(struct feed_product *product, int64_t now_ns)
{
	feed_watch_begin(product, now_ns);
	product->watch.refused_ns = now_ns;
	product->watch.settled = false;
}

bool feed_watch_may_settle(const struct feed_product *product, int64_t now_ns)
{
	return now_ns - product->watch.refused_ns >= SETTLED_NS;
}

static bool is_watched(const struct feed_product *product)
{
	return (product->state == FEED_ACKNOWLEDGED || product->state == FEED_REFUSED) &&
		!product->repairing;
}

static bool is_unsettled(const struct feed_product *product)
{
	return product->state == FEED_REFUSED && !product->watch.settled;
}

/* For how long the product should have been looked at; below zero: it is not due yet. */
static int64_t overdue(const struct feed_product *product, int64_t mute_ns, int64_t now_ns)
{
	const struct feed_watch *watch = &product->watch;

	if (is_unsettled(product))
		return watch->looked_ns > watch->refused_ns
			? now_ns - watch->looked_ns - REFUSED_PAUSE_NS
			: now_ns - watch->refused_ns;
	if (watch->pause_ns > 0)
		return now_ns - watch->looked_ns - watch->pause_ns;
	return now_ns - watch->heard_ns - mute_ns;
}

static void look(struct feed_product *product, int64_t mute_ns)
{
	struct feed_watch *watch = &product->watch;
	int64_t next = times(watch->pause_ns ? watch->pause_ns : mute_ns, 2);
	int64_t longest = times(mute_ns, PAUSE_GROWTH);

	watch->looking = true;
	if (is_unsettled(product))
		next = mute_ns;
	watch->pause_ns = next < longest ? next : longest;
}

struct feed_product *feed_watch_due(struct feed *feed, int64_t mute_ns, int64_t now_ns)
{
	struct feed_product *due = NULL;
	unsigned looks = 0;
	int64_t most = 0;

	for (size_t i = 0; i < feed->n; i++) {
		struct feed_product *product = &feed->products[i];
		int64_t late;

		looks += product->watch.looking;
		if (looks >= LOOKS_MAX)
			return NULL;
		if (!is_watched(product) || product->watch.looking || product->watch.shown_id)
			continue;
		late = overdue(product, mute_ns, now_ns);
		if (late < 0 || (due && late <= most))
			continue;
		due = product;
		most = late;
	}
	if (due)
		look(due, mute_ns);
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
	if (!asked)
		return;
	if (is_new(product, newest_id)) {
		watch->shown_id = newest_id;
		watch->due_ns = product->state == FEED_REFUSED ? now_ns : now_ns + grace_ns;
	} else if (product->state == FEED_REFUSED) {
		watch->settled = feed_watch_may_settle(product, now_ns);
	}
}

void feed_watch_failed(struct feed_product *product, int64_t now_ns)
{
	product->watch.looking = false;
	product->watch.looked_ns = now_ns;
}

struct feed_product *feed_watch_mute(struct feed *feed, int64_t now_ns)
{
	for (size_t i = 0; i < feed->n; i++) {
		struct feed_product *product = &feed->products[i];
		struct feed_watch *watch = &product->watch;

		if (!watch->shown_id || !is_watched(product) || now_ns < watch->due_ns)
			continue;
		if (product->last_id || product->from_one || product->since_ns)
			product->seen_id = watch->shown_id;
		watch->known_id = watch->shown_id;
		if (product->state == FEED_REFUSED) {
			feed_watch_refuse(product, now_ns);
		} else {
			watch->mutes++;
			feed_watch_begin(product, now_ns);
		}
		return product;
	}
	return NULL;
}
