/*
 * One symbol's history, out of the archives of the days that are over, and out of the API: what the
 * archives lack or have wrong, and what they do not have yet. It says what it needs next, and knows no
 * socket, no file and no clock; times are handed in, in nanoseconds since 1970, from a clock that
 * never goes back.
 *
 * Archives are joined by id, and what the API has of the first id of each must be the same trade. Up to
 * that one the API is asked; where the ids of an archive do not follow each other nothing more is taken
 * from it, and the API is asked up to the next one. So what a record comes from depends on nothing but
 * the archives, and a run that goes on behind any record writes what would have followed it.
 *
 * Without the API a day is lost where there is no archive of it, or one of no use, or one that has no
 * trade, or none of its day; but not where ids follow each other across days without an archive that has
 * trades: then nothing was traded.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_HISTORY_H
#define TRADEPIPE_MARKET_BINANCE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "market/binance_chain.h"
#include "market/binance_day.h"
#include "market/binance_days.h"
#include "market/binance_pages.h"

struct binance_history {
	struct binance_chain chain;
	struct binance_pages pages;
	const struct range *range;
	bool has_api;
	bool has_archives;
	int64_t start_ns; /* the program's start */

	enum binance_history_state {
		BINANCE_HISTORY_LIMITS,	 /* the API says what it grants */
		BINANCE_HISTORY_FINDING, /* the API says where the range begins */
		BINANCE_HISTORY_WAITING, /* for a day */
		BINANCE_HISTORY_JOINING, /* the API says whether the day that is open begins right */
		BINANCE_HISTORY_FILLING, /* the API gives what comes before the day that is open */
		BINANCE_HISTORY_READING, /* that day */
		BINANCE_HISTORY_ENDING,	 /* the API gives what comes behind the last day */
		BINANCE_HISTORY_OVER,
	} state;
	struct binance_day day;
	char date[BINANCE_DATE_MAX]; /* of it */
	bool begun;		     /* its first trade is known: */
	struct binance_mark first;
	bool leads;	  /* no record stands before it */
	bool is_strange;  /* nobody else can be asked, and its first trade is of another day */
	struct span held; /* its first bytes, while the API is asked */
	/* Days in a row without trades in an archive, not yet told of; the first one: */
	uint64_t missing;
	char missing_since[BINANCE_DATE_MAX];
	bool missing_trades; /* of some there is one, without trades */
	bool missing_leads; /* no trade was shown before them; else, what was due then, and lost: */
	uint64_t missing_due, missing_lost;
	int64_t begin_ns; /* of the range, or of its first trade; for the progress */
};

/* What is handed in lives on. -1 and *err (EXIT_USAGE), as binance_chain_init(). One of the two sources
 * there must be; futures, and what has no API, are taken from archives alone. */
int binance_history_init(struct binance_history *history, struct binance_run *run,
	const struct range *range, uint64_t page_size, int64_t start_ns, struct err *err);
void binance_history_release(struct binance_history *history);

enum binance_history_step {
	BINANCE_HISTORY_ASK,  /* the API, for *path, which replaces what the buffer held */
	BINANCE_HISTORY_WAIT, /* for *wait_ns */
	BINANCE_HISTORY_DAY, /* the next day is needed: binance_history_open(), _lack() or _last() */
	BINANCE_HISTORY_BYTES, /* of the day that is open: _read() or _end() or _damaged() */
	BINANCE_HISTORY_DONE,
};

enum binance_history_step binance_history_next(
	struct binance_history *history, int64_t now_ns, struct buf *path, int64_t *wait_ns);

/* The weight of that request. */
uint32_t binance_history_weight(const struct binance_history *history);

/* Takes the answer to the request handed out last, as binance_pages_take(). */
enum binance_verdict binance_history_take(struct binance_history *history, int64_t now_ns,
	long status, struct span body, int64_t *wait_ns, struct err *err);

/* Whether it is known yet which days are needed, and which. */
bool binance_history_days(const struct binance_history *history, struct binance_days *days);

/* There is an archive of this day: its bytes are needed. */
void binance_history_open(struct binance_history *history, int64_t day);

/* Its next bytes, which live until more are asked for; its end; or what is wrong with it. */
void binance_history_read(struct binance_history *history, struct span bytes);
void binance_history_end(struct binance_history *history);
void binance_history_damaged(struct binance_history *history, const char *reason);

/* There is none of this day: `missing` where that is so on the server, else it is of no use. */
void binance_history_lack(
	struct binance_history *history, int64_t day, bool missing, const char *reason);

/* There are no more days. */
void binance_history_last(struct binance_history *history);

/* It ends because of *err, which may be changed, as by binance_pages_give_up(). */
void binance_history_give_up(struct binance_history *history, struct err *err);

/* How much of the range has been read, in millionths. */
enum { BINANCE_HISTORY_WHOLE = 1000000 };
uint64_t binance_history_part(const struct binance_history *history);

#endif
