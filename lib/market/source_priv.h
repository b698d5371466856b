/*
 * What the files of source.h share; only they include this.
 */
#ifndef TRADEPIPE_MARKET_SOURCE_PRIV_H
#define TRADEPIPE_MARKET_SOURCE_PRIV_H

#include "json/json.h"
#include "market/binance_trade.h"
#include "market/kraken_trade.h"
#include "market/source.h"

/* What lines are told apart into. */
enum source_shape {
	SOURCE_SHAPE_UNKNOWN, /* an object without a member that tells */
	SOURCE_SHAPE_FRAME,   /* what kraken-ws-tail --frames --stamp wraps around a message */
	SOURCE_SHAPE_RECORD,
	SOURCE_SHAPE_AGGTRADE, /* what --schema aggtrade writes */
	SOURCE_SHAPE_KRAKEN_NATIVE,
	SOURCE_SHAPE_KRAKEN_MESSAGE,
	SOURCE_SHAPE_KRAKEN_ANSWER,
	SOURCE_SHAPE_BINANCE_NATIVE,
	SOURCE_SHAPE_BINANCE_EVENT,
	SOURCE_SHAPE_BINANCE_ERROR,
	SOURCE_SHAPE_BINANCE_ROW, /* an element of an answer */
	SOURCE_SHAPE_BINANCE_ANSWER,
	SOURCE_SHAPE_CSV,
};

/* Scans an object and tells its shape, and for SOURCE_SHAPE_FRAME the message in it. 0, or -1 and
 * *fault. */
int source_shape_read(struct span object, enum source_shape *shape, struct json_value *frame,
	struct json_fault *fault);

/* All functions below return what the sink did: 0, or -1 to leave the rest of the line. */

int source_pass(struct source *source);
int source_refuse(struct source *source, size_t index, const char *reason);

/* Refuses a line that says itself what is wrong: the reason is `what`, and behind it the code (a
 * number) and the text (a string), either of which may be JSON_NONE; they are left out where they
 * are too long. */
int source_refuse_quoting(struct source *source, const char *what, const struct json_value *code,
	const struct json_value *text);

/* What is refused for want of a product's name. */
extern const char source_no_symbol[];

int source_give(struct source *source, const struct trade *trade, size_t index);
int source_give_kraken(struct source *source, const struct kraken_trade *from, size_t index);
int source_give_binance(struct source *source, const struct binance_trade *from, size_t index);

/* The readers of a line of one shape, which was scanned where it is JSON. */
int source_read_kraken_native(struct source *source, struct span line);
int source_read_kraken_message(struct source *source, struct span line);
int source_read_kraken_answer(struct source *source, struct span line);
int source_read_binance_native(struct source *source, struct span line);
int source_read_binance_message(struct source *source, struct span line);
int source_read_binance_answer(struct source *source, struct span line);
int source_read_csv(struct source *source, struct span line);

#endif
