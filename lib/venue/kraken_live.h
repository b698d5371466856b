/*
 * The WebSocket of a live tail of Kraken: connected, subscribed, watched over, and made anew whenever
 * it ends or is of no more use, within what Kraken allows one address. What the messages say is
 * kraken_tail's.
 *
 * The pauses between connections grow, from a second to 30, until trades come as they happen (a
 * snapshot's do not count, those that are held do), or all subscriptions have stood for the idle
 * timeout. A pair's subscription that Kraken ends is made anew, at the soonest a quarter of a second
 * after it was; where it ends again and again before a trade comes, after pauses that grow to a minute,
 * or along with that of another pair.
 */
#ifndef TRADEPIPE_VENUE_KRAKEN_LIVE_H
#define TRADEPIPE_VENUE_KRAKEN_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/out.h"
#include "market/kraken_tail.h"

struct kraken_live_settings {
	const char *url;
	const char *ca_file;	 /* see ws.h */
	const char *budget_file; /* see budget.h; NULL: one of the host's own */
	uint64_t connect_ms;	 /* an attempt ends after that */
	uint64_t ack_ms;	 /* each pair's subscription is to be answered by then */
	uint64_t idle_ms;	 /* without a byte a connection is taken for dead */
	struct out *out;	 /* time spent in its writes is not counted by these */
};

struct kraken_live;

/* Settings live on, as does the tail, initialised. NULL and *err: EXIT_USAGE where the address or the
 * certificates will not do. */
struct kraken_live *kraken_live_open(
	const struct kraken_live_settings *settings, struct kraken_tail *tail, struct err *err);
void kraken_live_close(struct kraken_live *live);

/* A clock that stands still while a slow reader of the output keeps the program from reading. */
int64_t kraken_live_now(const struct kraken_live *live);

/* Does what is due: connects, looks at the deadlines, ends what is of no use. Returns the milliseconds
 * after which to call again at the latest. */
int64_t kraken_live_step(struct kraken_live *live);

/* Waits for up to timeout_ms for messages, and hands them to the tail; comes back after each read, and
 * at a signal. */
void kraken_live_serve(struct kraken_live *live, int64_t timeout_ms);

/* For callers who wait for something else as well: see ws.h. Where there is nothing to wait on though
 * an attempt is being made, it must be served without long waits. */
int kraken_live_fd(const struct kraken_live *live);
bool kraken_live_is_ready(const struct kraken_live *live);
bool kraken_live_is_dialling(const struct kraken_live *live);

/* Whether the tail has come to its end: with *err, whose code is EXIT_DONE where that is no failure. */
bool kraken_live_is_over(const struct kraken_live *live, struct err *err);

/* Whether all pairs stand acknowledged, on a connection that stands. What Kraken says of its system
 * does not count: trades that happen all the same are to come. */
bool kraken_live_is_well(const struct kraken_live *live);

/* Has a mute pair subscribed anew; where that has been done in vain before, all is connected anew. */
void kraken_live_renew(struct kraken_live *live, struct feed_product *product);

/* Connections that were lost, or could not be made. */
const uint64_t *kraken_live_reconnects(const struct kraken_live *live);

#endif
