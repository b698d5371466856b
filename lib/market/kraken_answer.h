/*
 * The answers of Kraken's REST interface to a request for trades: pure functions over bytes.
 *
 * Source: Kraken API documentation, "Get Recent Trades" and "REST errors" (read in 2026), and
 * recordings of 2019 to 2025. Nearly all errors come with the HTTP status 200, so that the answer
 * itself must tell; a warning ("W...") may stand beside a result.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_ANSWER_H
#define TRADEPIPE_MARKET_KRAKEN_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "json/json.h"
#include "market/trade.h"

enum kraken_answer_kind {
	KRAKEN_ANSWER_FOREIGN, /* no object with `error`, an array of strings; a result that is no
				* object; or rows under several names, which no request for trades
				* asks for */
	KRAKEN_ANSWER_REFUSED, /* `error` is the first entry that is no warning; JSON_NONE where
				* there is no error and no result either */
	KRAKEN_ANSWER_TRADES,  /* `rows`, possibly empty, of `pair`; other members of the result are
				* left alone */
	KRAKEN_ANSWER_NOTHING, /* a result without an array: the answer to another request */
};

/* Spans point into the answer. */
struct kraken_answer {
	enum kraken_answer_kind kind;
	struct json_value error; /* a string */
	struct json_value pair;	 /* a string: the one name of an array in `result` */
	struct json_value rows;	 /* an array */
	struct json_value last;	 /* a string, or JSON_NONE */
};

/* Classifies an object that json_scan() has found to be one. */
void kraken_answer_read(struct span object, struct kraken_answer *answer);

/* A row: price, volume, seconds since 1970, b or s, l or m, misc, and since 2023 the trade's id.
 * What may follow in the future is left alone. */
struct kraken_row {
	struct decimal price;
	struct decimal volume;
	int64_t time_ns; /* above zero */
	enum trade_side taker;
	uint64_t id; /* 0: the exchange gave none (an old row, or 0) */
};

/* Reads one row, an array that was scanned. 0, or -1 and *reason, a phrase such as "price is not a
 * string", which is a constant. */
int kraken_row_read(struct span row, struct kraken_row *to, const char **reason);

/* The trade as consumers know it, under the name `product`. */
void kraken_row_convert(const struct kraken_row *from, struct span product, struct trade *to);

#endif
