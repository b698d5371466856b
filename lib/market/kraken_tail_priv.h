/* What the files of kraken_tail share. */
#ifndef TRADEPIPE_MARKET_KRAKEN_TAIL_PRIV_H
#define TRADEPIPE_MARKET_KRAKEN_TAIL_PRIV_H

#include <stdbool.h>

#include "base/span.h"
#include "json/json.h"
#include "market/kraken_message.h"
#include "market/kraken_tail.h"

/* The pair of that name, or NULL. */
struct feed_product *kraken_tail_find(struct kraken_tail *tail, const struct json_value *symbol);

/* Counts what cannot be taken, and says so. */
void kraken_tail_refuse(struct kraken_tail *tail, struct span record, const char *reason);

/* Takes the trades of a message; the whole of it in Kraken's own layout, as almost all are, which
 * then need not be scanned as JSON first: false where it is something else. */
void kraken_tail_take_trades(struct kraken_tail *tail, const struct kraken_message *message);
bool kraken_tail_take_update(struct kraken_tail *tail, struct span text);

/* An acknowledgement, whose text it is: that of a pair that has not begun tells since when what
 * happens belongs to its stream. */
void kraken_tail_open(struct kraken_tail *tail, struct feed_product *product, struct span text);

/* The pair's first snapshot, or a later one where that has not come: its stream begins with its last
 * trades, or, after an interruption, with those that have happened since the first acknowledgement.
 * Where the snapshot does not reach back that far, the pair stays adrift. */
void kraken_tail_begin(struct kraken_tail *tail, struct feed_product *product,
	const struct kraken_message *snapshot);

/* The stream of a pair that is adrift begins with this id, since nothing tells where it should: that
 * is counted and said. */
void kraken_tail_doubt(
	struct kraken_tail *tail, struct feed_product *product, uint64_t id, const char *why);

/* A pair under repair has moved on: what is held behind it follows. Once the tail is done the rest is
 * left to the next run. */
void kraken_tail_drain(struct kraken_tail *tail, struct feed_product *product);

/* Whether what is missing of the pair can be asked for. */
bool kraken_tail_can_repair(const struct kraken_tail *tail, const struct feed_product *product);

/* Writes a message, which is JSON, as it came, in one line. */
void kraken_tail_write_frame(struct kraken_tail *tail, struct span text);

#endif
