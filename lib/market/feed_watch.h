/*
 * Finds products that are mute: their subscription stands, but trades that happen do not come. What
 * the exchange shows elsewhere (over REST) tells them from quiet ones. Those that are refused a
 * subscription are looked at as well: they have trades all the same. Pure bookkeeping: it asks
 * nobody, and knows no clock; times are monotonic nanoseconds, on a clock that stands still while the
 * program does not read.
 */
#ifndef TRADEPIPE_MARKET_FEED_WATCH_H
#define TRADEPIPE_MARKET_FEED_WATCH_H

#include "market/feed.h"

/* The product's subscription was acknowledged, or has shown its snapshot: silence is counted anew,
 * though nothing is known yet of the trades that follow. */
void feed_watch_begin(struct feed_product *product, int64_t now_ns);

/* A trade of the product has come as it happened: its subscription is well. Cheap. */
static inline void feed_watch_heard(struct feed_product *product, int64_t now_ns)
{
	product->watch.heard_ns = now_ns;
	product->watch.pause_ns = 0;
	product->watch.shown_id = 0;
	product->watch.mutes = 0;
	product->drops = 0;
}

/* The product is refused, and has not been before: it is at its end when others show nothing of it for
 * half a minute. And whether that much has passed since the refusal, or since they showed any. */
void feed_watch_refuse(struct feed_product *product, int64_t now_ns);
bool feed_watch_may_settle(const struct feed_product *product, int64_t now_ns);

/* An acknowledged product, not under repair, of which nothing was heard for mute_ns, or, after each
 * look that showed nothing new, for twice as long as before since that look, up to 32 times; likewise
 * one that is refused, but that it is looked at every few seconds until it is settled. Four looks at a
 * time, and the one that waits longest first. It is being looked at from then on. NULL: none. */
struct feed_product *feed_watch_due(struct feed *feed, int64_t mute_ns, int64_t now_ns);

/* The look is over: others show newest_id; 0: they show no trade. Where it is
 * above what has come the product has grace_ns to show it too: REST and the socket need not be equally
 * fast. Where nothing at all has come, they are asked for what is later than since_ns; where that is
 * not known either, the first look only tells what is not new. */
void feed_watch_shown(
	struct feed_product *product, uint64_t newest_id, int64_t now_ns, int64_t grace_ns);

/* The look is over: others could not be asked. */
void feed_watch_failed(struct feed_product *product, int64_t now_ns);

/* A product that is mute, or refused and has trades all the same: after the look nothing came in time. What was shown counts as seen (seen_id)
 * where it is known to belong to the stream, `mutes` is how often in a row, the watch begins anew.
 * NULL: none. */
struct feed_product *feed_watch_mute(struct feed *feed, int64_t now_ns);

#endif
