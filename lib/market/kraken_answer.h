/*
 * The answers of Kraken's REST interface, above all those to a request for trades: pure functions
 * over bytes.
 *
 * Source: Kraken API documentation, "Get Recent Trades" and "REST errors" (read in 2026), and
 * recordings of 2019 to 2025. Nearly all errors come with the HTTP status 200, so that the answer
 * itself must tell; a warning ("W...") may stand beside a result.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_ANSWER_H
#define TRADEPIPE_MARKET_KRAKEN_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/stamp.h"
#include "json/json.h"
#include "market/kraken_trade.h"
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
	struct json_value error;   /* a string */
	struct json_value warning; /* a string: the first of `error` that is one, or JSON_NONE */
	struct json_value result;  /* whatever the member of that name is */
	struct json_value pair;	   /* a string: the one name of an array in `result` */
	struct json_value rows;	   /* an array */
	struct json_value last;	   /* a string, or JSON_NONE */
};

/* Classifies an object that json_scan() has found to be one. */
void kraken_answer_read(struct span object, struct kraken_answer *answer);

/* What is to be done about an answer. */
enum kraken_verdict {
	KRAKEN_TAKEN,
	KRAKEN_AGAIN,	 /* it is temporary */
	KRAKEN_TOO_FAST, /* over the budget */
	KRAKEN_FAILED, /* it is permanent: err->code says how it ends, EXIT_USAGE for an unknown pair */
	KRAKEN_LOCKED, /* nothing more may be asked of this host */
};

/*
 * Judges a whole answer by its status and its body. KRAKEN_TAKEN: *answer has a result, of whatever
 * kind. Else err->text is the reason, as for the end of a message, in Kraken's own words where it has
 * any; *wait_ns is how long Kraken asks to wait (it is now_ns, in nanoseconds since 1970), 0 where it
 * does not say.
 */
enum kraken_verdict kraken_answer_judge(long status, struct span body, int64_t now_ns,
	struct kraken_answer *answer, int64_t *wait_ns, struct err *err);

/* A row: price, volume, seconds since 1970, b or s, l or m, misc, and since 2023 the trade's id.
 * What may follow in the future is left alone. */
struct kraken_row {
	struct decimal price;
	struct decimal volume;
	int64_t time_ns;      /* above zero */
	unsigned time_digits; /* of its fraction, as sent, but from 6 to 9 */
	enum trade_side taker;
	struct json_value type; /* a string */
	struct json_value misc; /* a string */
	uint64_t id;		/* 0: the exchange gave none (an old row, or 0) */
};

/* Reads one row, an array that was scanned. 0, or -1 and *reason, a phrase such as "price is not a
 * string", which is a constant. */
int kraken_row_read(struct span row, struct kraken_row *to, const char **reason);

/* The id of a row that kraken_row_read() has refused, for what it is worth; 0 where it shows none. */
uint64_t kraken_row_id(struct span row);

/* The trade as consumers know it, under the name `product`. */
void kraken_row_convert(const struct kraken_row *from, struct span product, struct trade *to);

/* The trade as kraken_trade_write() takes it: the native record under the name `product`, which needs
 * no escapes. An order type other than l and m stays as it was sent. `time` is where its timestamp is
 * put. */
void kraken_row_trade(const struct kraken_row *from, struct span product, char time[STAMP_TEXT_MAX],
	struct kraken_trade *to);

#endif
