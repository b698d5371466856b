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

/* Has the pair repaired where ids of it are known to be missing. */
void kraken_tail_miss(struct kraken_tail *tail, struct feed_product *product);

/* Writes a message, which is JSON, as it came, in one line. */
void kraken_tail_write_frame(struct kraken_tail *tail, struct span text);

#endif
