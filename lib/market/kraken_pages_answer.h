/*
 * An answer to a request for trades, judged and read: whether it is one, and to this request.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_PAGES_ANSWER_H
#define TRADEPIPE_MARKET_KRAKEN_PAGES_ANSWER_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/stamp.h"
#include "market/kraken_answer.h"
#include "market/kraken_page.h"
#include "market/kraken_pairs.h"

/* By which times of one trade may differ, with much to spare. */
#define KRAKEN_MARGIN_NS STAMP_NS_PER_MS

struct kraken_asked {
	const struct kraken_pairs *pairs; /* all that there are; NULL: not known */
	const struct kraken_pair *pair;	  /* one of them; NULL: not known */
	uint64_t since_ns;		  /* 0: the answer may begin anywhere */
	int64_t now_ns;

	struct kraken_answer answer; /* of what was taken */
	int64_t wait_ns;	     /* as kraken_answer_judge() has it */
};

/* Judges an answer, and reads its rows into *page where it is taken. KRAKEN_AGAIN also for one that is
 * no list of trades, that has those of another pair, or that begins well before what was asked for, as
 * a confused cache gives it; *err is a reason then. */
enum kraken_verdict kraken_pages_answer(struct kraken_asked *asked, long status, struct span body,
	struct kraken_page *page, struct err *err);

#endif
