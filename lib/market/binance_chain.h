/*
 * One symbol's aggregate trades in the order of their ids, wherever they come from: which of them are
 * asked for, which one is due, and what has become of those that came. An id follows the one before:
 * that is how archives and pages of the API are joined.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_CHAIN_H
#define TRADEPIPE_MARKET_BINANCE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/account.h"
#include "base/budget.h"
#include "base/err.h"
#include "base/out.h"
#include "base/span.h"
#include "market/binance_options.h"
#include "market/binance_row.h"
#include "market/binance_trade.h"
#include "market/range.h"

/* What all symbols of a run share. */
struct binance_run {
	struct out *out;
	enum binance_market market;
	bool has_api, has_archives; /* where records may come from */
	uint64_t limit;		    /* records in all; 0: none */

	/* The request weight that the API grants: what is preset, until it was asked. */
	struct budget_lane weight;
	bool has_asked;
	const struct binance_chain *asks; /* the chain that asks now, or NULL */
	unsigned tries;

	uint64_t read;	    /* rows that came in; the sum of what they became: */
	uint64_t written;   /* handed to the output, of which */
	uint64_t voided;    /* the exchange has declared void */
	uint64_t repeated;  /* they had come before */
	uint64_t passed;    /* outside the range */
	uint64_t bad;	    /* no trades */
	uint64_t unwritten; /* the output could not take them */
	uint64_t lost;	    /* ids that never came; not part of `read` */
	uint64_t days;	    /* that came out of archives */
	uint64_t days_lost; /* whose archives are missing or of no use, and nothing stands in */
	uint64_t
		edges_unverified; /* of the range, where only the API could tell that none is missing */
};

/* As the options say; `ids`: whether --ids is among them, which archives cannot find. */
void binance_run_init(
	struct binance_run *run, const struct binance_options *options, bool ids, uint64_t limit);

/* The rows of its account, to rows[] from the first one on; returns how many. */
enum { BINANCE_RUN_ROWS = 11 };
size_t binance_run_rows(const struct binance_run *run, struct account_row rows[BINANCE_RUN_ROWS]);

enum {
	BINANCE_SYMBOL_MAX = 64,		      /* bytes */
	BINANCE_HEAD_MAX = BINANCE_SYMBOL_MAX + 32,   /* bytes of a record up to its id */
	BINANCE_ESCAPED_MAX = 3 * BINANCE_SYMBOL_MAX, /* bytes of a symbol in an address */
};

struct binance_chain {
	struct binance_run *run;
	const char *symbol;
	char escaped[BINANCE_ESCAPED_MAX + 1]; /* the symbol, as addresses have it */
	char head[BINANCE_HEAD_MAX];	       /* what records begin with: {"s":"BTCUSDT","a": */
	size_t head_n;
	int64_t since_ns, until_ns; /* times that are asked for */
	uint64_t end_id;	    /* the first id that is not */
	bool begun;		    /* it is known which id is due: */
	uint64_t next;
	uint64_t floor;	    /* what lies below was never asked for */
	int64_t reached_ns; /* the time of the trade before `next`, or where the range begins */
	uint64_t lost;	    /* ids */
	bool said_late;
};

/* What becomes of a trade. */
enum binance_fate {
	BINANCE_NEXT,	/* it was due */
	BINANCE_BEHIND, /* it came before, or lies before the range */
	BINANCE_AHEAD,	/* others are due before it */
};

/* The chain of a range; `run` and the product's name live on. -1 and *err (EXIT_USAGE) where the name
 * is none, or its cursor has no id. */
int binance_chain_init(struct binance_chain *chain, struct binance_run *run,
	const struct range *range, struct err *err);

/* Nothing is known of what lies before this trade, nor asked for. */
void binance_chain_begin(struct binance_chain *chain, uint64_t id, int64_t time_ns);

/* For a chain that has begun. */
static inline enum binance_fate binance_chain_judge(const struct binance_chain *chain, uint64_t id)
{
	if (id == chain->next)
		return BINANCE_NEXT;
	return id < chain->next ? BINANCE_BEHIND : BINANCE_AHEAD;
}

/* Whether a trade at that time is asked for. */
static inline bool binance_chain_wants(const struct binance_chain *chain, int64_t time_ns)
{
	return time_ns >= chain->since_ns && time_ns < chain->until_ns;
}

/* Whether no more records may be written, nor are asked for. */
static inline bool binance_chain_is_full(const struct binance_chain *chain)
{
	const struct binance_run *run = chain->run;

	return (run->limit > 0 && run->written >= run->limit) ||
		(chain->begun && chain->next >= chain->end_id);
}

/* Counts a trade that is BINANCE_BEHIND. */
void binance_chain_drop(struct binance_chain *chain, uint64_t id);

/* Moves on to the trade that was due, and writes it where its time is asked for. `best` is a literal,
 * or has p NULL. -1 where the output has failed. */
int binance_chain_take(struct binance_chain *chain, const struct binance_row *row,
	const struct binance_trade *trade, struct span best);

/* The ids that are due before this one, which has that time, will not come: they are counted as lost
 * and named, unless they lie behind the range. `why` goes on "ids 5 to 7 are lost: ". */
void binance_chain_lose(struct binance_chain *chain, uint64_t id, int64_t time_ns, const char *why);

#endif
