/*
 * A trade as one line of text, to compare with what a table says.
 */
#ifndef TRADEPIPE_TESTS_SHOWN_H
#define TRADEPIPE_TESTS_SHOWN_H

#include <inttypes.h>
#include <stdio.h>

#include "market/trade.h"

enum { SHOWN_MAX = 1024 };

/* "exchange product price quantity ns", then "id=N", "buy" or "sell", "time" where the source spelled
 * the time as records do, and "void" in place of the amounts. Absent names are "-". */
static inline const char *shown(const struct trade *trade, char text[SHOWN_MAX])
{
	static const char *const sides[] = {"", " buy", " sell"};
	struct span exchange = trade->exchange.n ? trade->exchange : span_text("-");
	struct span product = trade->product.n ? trade->product : span_text("-");
	struct span price = trade->voided ? span_text("void") : trade->price.token;
	struct span quantity = trade->voided ? span_text("void") : trade->quantity.token;
	char id[32] = "";

	if (trade->has_id)
		snprintf(id, sizeof id, " id=%" PRIu64, trade->id);
	snprintf(text, SHOWN_MAX, "%.*s %.*s %.*s %.*s %" PRId64 "%s%s%s", (int)exchange.n,
		exchange.p, (int)product.n, product.p, (int)price.n, price.p, (int)quantity.n,
		quantity.p, trade->time_ns, id, sides[trade->side],
		trade->time_text.p ? " time" : "");
	return text;
}

#endif
