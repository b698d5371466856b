/* What the files of kraken_pages share. */
#ifndef TRADEPIPE_MARKET_KRAKEN_PAGES_PRIV_H
#define TRADEPIPE_MARKET_KRAKEN_PAGES_PRIV_H

#include "market/kraken_pages.h"
#include "market/kraken_pages_answer.h"

/* Before Kraken's first trade: 2011. */
#define KRAKEN_BEGAN_NS (INT64_C(1293840000) * STAMP_NS_PER_S)

enum { KRAKEN_HOLE_TRIES = 3 };

/* What becomes of the page after a row. */
enum kraken_fate {
	KRAKEN_GO_ON,
	KRAKEN_STOP, /* no other row is wanted */
	KRAKEN_ENDS, /* *err says why */
	KRAKEN_HOLE, /* the row must not be taken before it is known what is missing before it */
};

/* Takes the next row of the page in hand. */
enum kraken_fate kraken_pages_take_row(
	struct kraken_pages *pages, const struct kraken_page_row *row, struct err *err);

/* Asks again from a moment that lies before the last request. */
void kraken_pages_go_back(struct kraken_pages *pages, int64_t ns);

/* The end of what Kraken has, or of what is wanted. */
enum kraken_verdict kraken_pages_end(struct kraken_pages *pages);

/* Takes a page without a new row, at what may be the end of what Kraken has; and the latest trades,
 * which are asked for then: only where they show nothing new either is it the end. */
enum kraken_verdict kraken_pages_take_quiet(struct kraken_pages *pages);
enum kraken_verdict kraken_pages_take_latest(
	struct kraken_pages *pages, int64_t now_ns, struct err *err);

/* Whether no other record can be written. */
bool kraken_pages_at_limit(const struct kraken_pages *pages);

/* Ids that are missing for good. */
void kraken_pages_report_lost(struct kraken_pages *pages, uint64_t first, uint64_t last);

#endif
