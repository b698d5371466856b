/*
 * The answers of Binance's REST interface: pure functions over bytes.
 *
 * Source: Binance spot API documentation, "REST API: general information" and "errors" (read in
 * 2026). An error is an object with `code` and `msg`; answers to requests for trades are arrays.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_ANSWER_H
#define TRADEPIPE_MARKET_BINANCE_ANSWER_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "json/json.h"

/* What is to be done about an answer. */
enum binance_verdict {
	BINANCE_TAKEN,
	BINANCE_AGAIN,	  /* it is temporary */
	BINANCE_TOO_FAST, /* over the budget */
	BINANCE_FAILED,	  /* it is permanent: err->code says how it ends, EXIT_USAGE for an unknown
			   * symbol */
	BINANCE_BANNED,	  /* nothing more may be asked of this host */
};

/*
 * Judges a whole answer by its status and its body. BINANCE_TAKEN: *value is what was asked for, of
 * the type `due`. Else err->text is the reason, as for the end of a message, in Binance's own words
 * where it has any; *wait_ns is how long Binance asks to wait in these (it is now_ns, in nanoseconds
 * since 1970), 0 where it does not say.
 */
enum binance_verdict binance_answer_judge(long status, struct span body, enum json_type due,
	int64_t now_ns, struct json_value *value, int64_t *wait_ns, struct err *err);

/* The request weight that an answer to a request for exchangeInfo allows, and in which time. 0, or -1
 * where it does not say. */
int binance_answer_limits(const struct json_value *info, uint32_t *units, uint32_t *window_ms);

/* What was used of it, out of a header: 1, or 0 where it is another one. */
int binance_answer_used(struct span name, struct span value, uint32_t *units);

#endif
