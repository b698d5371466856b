/*
 * How far each product of a feed has come, as metrics with the label `product`.
 */
#ifndef TRADEPIPE_MARKET_FEED_METRICS_H
#define TRADEPIPE_MARKET_FEED_METRICS_H

#include "base/buf.h"
#include "market/feed.h"

/* Appends the metrics tradepipe_product_* (see metrics.h), in the order of the products' names:
 *
 *	last_id                       of the trades handed on; 0: none yet
 *	last_trade_timestamp_seconds  the latest time of them, cut off to whole seconds since 1970; 0: none
 *	held                          trades that wait for missing ones
 *	repairing                     1 while a hole is being repaired, else 0
 */
void feed_metrics_add(struct buf *text, const struct feed *feed);

#endif
