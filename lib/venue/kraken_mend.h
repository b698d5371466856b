/*
 * What a live tail of Kraken asks REST for while it runs: the trades that its pairs are missing, and
 * whether those that are mute have any. It owns the chains; kraken_repair and feed_watch know what to
 * ask and what it means.
 */
#ifndef TRADEPIPE_VENUE_KRAKEN_MEND_H
#define TRADEPIPE_VENUE_KRAKEN_MEND_H

#include <stdint.h>

#include "base/err.h"
#include "market/feed.h"
#include "market/kraken_tail.h"
#include "net/crawl.h"
#include "venue/kraken_rest.h"

struct kraken_mend_settings {
	struct kraken_rest *rest;
	struct kraken_tail *tail; /* initialised, with all its pairs */
	struct crawl *crawl;
	int64_t patience_ns; /* see kraken_repair.h */
	int64_t mute_ns;     /* see feed_watch.h */
};

struct kraken_mend;

/* Settings live on. Never NULL. */
struct kraken_mend *kraken_mend_open(const struct kraken_mend_settings *settings);

/* To be called by the tail (kraken_tail_settings.repair, with the mend as its arg). */
void kraken_mend_repair(void *mend, struct feed_product *product);

/* Looks after pairs that are mute, or refused, and ends the tail where nothing is left of any; now_ns is
 * the watch's clock (tail->now_ns). To be called now and then, while nothing waits for an answer to a
 * subscription and Kraken is online. Returns a pair that is mute, which the caller has
 * to subscribe anew, or NULL. */
struct feed_product *kraken_mend_watch(struct kraken_mend *mend, int64_t now_ns);

/* The crawl must be closed before. */
void kraken_mend_close(struct kraken_mend *mend);

#endif
