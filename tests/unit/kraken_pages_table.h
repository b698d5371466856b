/*
 * What a small Kraken has and how it errs, and what must come of it.
 */
#ifndef TRADEPIPE_TESTS_KRAKEN_PAGES_TABLE_H
#define TRADEPIPE_TESTS_KRAKEN_PAGES_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "market/kraken_answer.h"

enum { NEVER = 1 << 30 };

/* What the small Kraken has, and how it errs. Trades are numbered from 1; price and id are that. */
struct kraken {
	unsigned trades;
	unsigned group;		       /* so many trades share a moment; 0: none */
	unsigned ids_from;	       /* those before it have no id, and are shown to 0.1 ms */
	unsigned lacks[2];	       /* trades that do not exist, from and to */
	unsigned hides[2], hides_till; /* left out of answers up to this one */
	unsigned head_till, head;      /* answers up to this one know no trade behind this one */
	unsigned head_from;	       /* and answers from this one on */
	unsigned bad;	   /* a trade whose row has no price; with no id where it is odd */
	unsigned odd;	   /* a trade with a time far behind its own */
	unsigned swaps;	   /* a trade that is shown behind the next one */
	unsigned twice;	   /* a trade whose row is there twice */
	unsigned no_id[2]; /* trades without ids, from and to */
	unsigned anew;	   /* from this trade on ids begin at 1 again */
	uint64_t few_at;   /* answers, a bit for each, that have but `few` rows */
	unsigned few;
	unsigned stale; /* from this answer on it repeats the one before */
	unsigned cap;	/* rows at most, whatever was asked for */
	bool exclusive, no_last, last_late, last_zero, no_prefix;
	const char *instead; /* sent as this answer */
	unsigned instead_at, instead_till;
	long status;
};

struct scenario {
	const char *name;
	struct kraken kraken;
	const char *written; /* "1-50", "" */
	uint64_t read, repeated, passed, bad, lost, unsure;
	/* of the range; times in seconds, which are trades. until 0: the start, which is late */
	int64_t since, until;
	uint64_t first_id, last_id, limit, page_size;
	unsigned cursor, cursor_same; /* behind this trade */
	bool no_cursor_id, live;      /* the start is at the last trade */
	bool goes_on;		      /* what follows joins by id */
	int64_t received_ns;	      /* is in all records */
	enum kraken_verdict verdict;  /* which ends it */
	const char *text;	      /* of its error, or of what was said: a part */
	unsigned requests;	      /* at most, 0: any */
};

static const struct scenario scenarios[] = {
	/* Pages. */
	{"everything", {.trades = 50}, "1-50", .read = 51, .repeated = 1, .requests = 3},
	{"page by page", {.trades = 50}, "1-50", .page_size = 10, .read = 56, .repeated = 6},
	{"a last page that is full", {.trades = 19}, "1-19", .page_size = 10, .read = 21,
		.repeated = 2},
	{"more than a thousand", {.trades = 2500}, "1-2500", .read = 2503, .repeated = 3,
		.requests = 5},
	{"one row at a time", {.trades = 5}, "1-5", .read = 10, .repeated = 5, .page_size = 1},
	{"no trade at all", {.trades = 0}, "", .requests = 3},
	{"a time at which there is none", {.trades = 50}, "", .since = 100, .requests = 3},
	{"fewer rows than were asked for", {.trades = 50, .cap = 7}, "1-50", .read = 59,
		.repeated = 9},
	{"rows without ids", {.trades = 50, .ids_from = NEVER}, "1-50", .read = 56, .repeated = 6,
		.page_size = 10},
	{"several at one moment", {.trades = 50, .group = 4}, "1-50", .read = 62, .repeated = 12,
		.page_size = 10},
	{"several at one moment without ids", {.trades = 50, .group = 4, .ids_from = NEVER}, "1-50",
		.read = 62, .repeated = 12, .page_size = 10},
	{"more at one moment than a page holds", {.trades = 50, .group = 20}, "1-50", .read = 100,
		.repeated = 50, .page_size = 10},
	{"the same without ids", {.trades = 50, .group = 20, .ids_from = NEVER}, "1-50",
		.read = 100, .repeated = 50, .page_size = 10},
	{"ids that begin in the middle", {.trades = 50, .ids_from = 26}, "1-50", .read = 56,
		.repeated = 6, .page_size = 10},
	{"some without ids", {.trades = 50, .no_id = {23, 31}}, "1-50", .read = 56, .repeated = 6,
		.page_size = 10},
	{"some without ids before a hole", {.trades = 50, .no_id = {23, 24}, .lacks = {25, 26}},
		"1-24 27-50", .read = 77, .repeated = 29, .page_size = 10, .lost = 2,
		.text = "lost trades 23 to 26"},
	{"ids that begin within a moment", {.trades = 50, .ids_from = 26, .group = 4}, "1-50",
		.read = 62, .repeated = 12, .page_size = 10},
	{"a thousand and more at one moment", {.trades = 2000, .group = 1500}, "1-1000 1501-2000",
		.read = 10000, .repeated = 8500, .lost = 500,
		.text = "lost trades 1001 to 1500: Kraken does not have them"},
	{"the same without ids", {.trades = 2000, .group = 1500, .ids_from = NEVER},
		"1-1000 1501-2000", .read = 3000, .repeated = 1500, .unsure = 1,
		.text = "cannot tell whether all trades before "},
	{"a since that is exclusive", {.trades = 50, .exclusive = true}, "1-50", .read = 51,
		.repeated = 1, .page_size = 10},
	{"the same at one moment", {.trades = 50, .exclusive = true, .group = 4}, "1-50",
		.read = 54, .repeated = 4, .page_size = 10},
	{"no last", {.trades = 50, .no_last = true}, "1-50", .read = 56, .repeated = 6,
		.page_size = 10},
	{"a last of zero", {.trades = 50, .last_zero = true}, "1-50", .read = 130, .repeated = 80,
		.page_size = 10},
	{"a last that lies ahead", {.trades = 50, .last_late = true}, "1-50", .read = 52,
		.repeated = 2, .page_size = 10},
	{"rows out of order", {.trades = 50, .swaps = 25}, "1-50", .read = 53, .repeated = 3,
		.page_size = 20},
	{"rows out of order, and one of them twice", {.trades = 50, .swaps = 25, .twice = 28},
		"1-50", .read = 54, .repeated = 4, .page_size = 20},
	{"rows out of order across pages", {.trades = 50, .swaps = 20}, "1-50", .read = 52,
		.repeated = 2, .page_size = 20},
	{"the same page for ever", {.trades = 50, .stale = 1}, "1-10", .read = 10, .page_size = 10,
		.verdict = KRAKEN_AGAIN, .text = "the answer begins before what was asked for"},
	{"the same page for ever, of one moment", {.trades = 2000, .group = 2000, .stale = 1},
		"1-1000", .read = 6000, .repeated = 5000, .verdict = KRAKEN_FAILED,
		.text = "cannot get trades of 'BTC/USD': Kraken sends the same page again and again",
		.requests = 8},
	{"an empty page in the middle", {.trades = 50, .few_at = 1 << 3}, "1-50", .read = 56,
		.repeated = 6, .page_size = 10},
	{"another one later", {.trades = 50, .few_at = 1 << 3 | 1 << 6}, "1-50", .read = 56,
		.repeated = 6, .page_size = 10},
	{"two empty pages", {.trades = 50, .few_at = 3 << 3}, "1-50", .read = 56, .repeated = 6,
		.page_size = 10},
	{"empty pages in the middle, for a while", {.trades = 50, .few_at = 7 << 3}, "1-50",
		.read = 56, .repeated = 6, .page_size = 10},
	{"pages with the last row alone", {.trades = 50, .few_at = 3 << 3, .few = 1}, "1-50",
		.read = 57, .repeated = 7, .page_size = 10},
	{"empty pages before the first trade", {.trades = 50, .few_at = 3 << 1}, "1-50", .read = 51,
		.repeated = 1, .since = 1},
	{"nothing more, though there is", {.trades = 50, .few_at = ~UINT64_C(7), .few = 1}, "1-19",
		.read = 26, .repeated = 7, .page_size = 10, .verdict = KRAKEN_FAILED,
		.text = "cannot get trades of 'BTC/USD': Kraken shows none from "},
	{"an empty page at the beginning", {.trades = 50, .few_at = 1 << 1}, "1-50", .read = 56,
		.repeated = 6, .page_size = 10},

	/* Bounds. */
	{"from a moment to another", {.trades = 50}, "11-30", .since = 11, .until = 31, .read = 40,
		.passed = 20, .requests = 1},
	{"page by page", {.trades = 500}, "11-30", .read = 150, .repeated = 2, .passed = 128,
		.since = 11, .until = 31, .page_size = 50, .requests = 4},
	{"a later trade does not end it", {.trades = 50, .odd = 20}, "11-19 21-30", .read = 56,
		.repeated = 16, .passed = 21, .since = 11, .until = 31, .page_size = 5},
	{"a later trade at the end", {.trades = 30, .odd = 30}, "11-29", .read = 21, .repeated = 1,
		.passed = 1, .since = 11, .until = 31},
	{"a later trade at the end of a short page",
		{.trades = 50, .odd = 20, .few_at = 1 << 1, .few = 10}, "11-19 21-30", .read = 41,
		.repeated = 1, .passed = 21, .since = 11, .until = 31},
	{"nothing between them", {.trades = 50}, "", .since = 31, .until = 31, .requests = 0},
	{"until the future", {.trades = 50}, "1-50", .read = 51, .repeated = 1, .until = 20000000},
	{"with the time of receipt", {.trades = 50}, "1-50", .read = 51, .repeated = 1,
		.received_ns = 1700000000123456789},
	{"a limit", {.trades = 50}, "1-20", .limit = 20, .page_size = 15, .read = 21, .repeated = 1,
		.requests = 2},
	{"a limit that is a page", {.trades = 50}, "1-20", .limit = 20, .page_size = 20, .read = 20,
		.requests = 1},
	{"up to now", {.trades = 50}, "1-49", .read = 51, .repeated = 1, .passed = 1, .live = true},
	{"what comes a moment later", {.trades = 50, .head_till = 1, .head = 40}, "1-49",
		.read = 52, .repeated = 2, .passed = 1, .live = true},
	{"a quiet pair up to now", {.trades = 50, .lacks = {31, 50}}, "1-30", .read = 31,
		.repeated = 1, .live = true},

	/* Holes. */
	{"a hole that fills", {.trades = 50, .hides = {21, 23}, .hides_till = 1}, "1-50",
		.read = 52, .repeated = 2},
	{"one that fills late", {.trades = 50, .hides = {21, 23}, .hides_till = 3}, "1-50",
		.read = 73, .repeated = 23},
	{"one that does not", {.trades = 50, .lacks = {21, 23}}, "1-20 24-50", .read = 70,
		.repeated = 23, .lost = 3,
		.text = "warning: 'BTC/USD': lost trades 21 to 23: Kraken does not have them\n",
		.requests = 6},
	{"one at the edge of a page", {.trades = 50, .lacks = {21, 23}}, "1-20 24-50", .read = 71,
		.repeated = 24, .page_size = 20, .lost = 3, .text = "lost trades 21 to 23"},
	{"one before all that is known", {.trades = 50, .lacks = {1, 3}}, "4-50", .read = 48,
		.repeated = 1},
	{"one before the range", {.trades = 50, .lacks = {6, 10}}, "11-50", .read = 41,
		.repeated = 1, .since = 11},
	{"one behind it", {.trades = 50, .lacks = {33, 35}}, "11-30", .read = 37, .passed = 17,
		.since = 11, .until = 31},
	{"one across its end", {.trades = 50, .lacks = {30, 32}}, "11-29", .read = 68,
		.repeated = 31, .passed = 18, .since = 11, .until = 31, .lost = 3,
		.text = "lost trades 30 to 32"},
	{"recent ones, which may come late", {.trades = 50, .hides = {41, 43}, .hides_till = 2},
		"1-49", .read = 53, .repeated = 3, .passed = 1, .live = true},
	{"one whose far side vanishes",
		{.trades = 50, .hides = {21, 23}, .hides_till = 1, .head = 20, .head_from = 2},
		"1-20", .read = 42, .repeated = 22, .verdict = KRAKEN_FAILED,
		.text = "'BTC/USD': ends before trades 21 to 23: they are missing, and it is not known whether Kraken has them: what follows them has vanished"},
	{"one that errors leave open",
		{.trades = 50,
			.lacks = {21, 23},
			.instead = "<html>",
			.instead_at = 2,
			.instead_till = NEVER},
		"1-20", .read = 20, .verdict = KRAKEN_AGAIN,
		.text = "'BTC/USD': ends before trades 21 to 23: they are missing"},
	{"errors without a hole",
		{.trades = 50, .instead = "<html>", .instead_at = 2, .instead_till = NEVER}, "1-10",
		.read = 10, .page_size = 10, .verdict = KRAKEN_AGAIN,
		.text = "kraken: the answer is none of Kraken's: not JSON"},

	/* Rows that are no trades. */
	{"a bad row with its id", {.trades = 50, .bad = 20}, "1-19 21-50", .read = 56,
		.repeated = 6, .page_size = 10, .bad = 1,
		.text = "warning: 'BTC/USD': cannot take '[\"x20\",\"1\",1700000020.0000549,\"b\",\"l\",\"\",20]': price is not a number"},
	{"a bad row without one", {.trades = 50, .bad = 21}, "1-20 22-50", .read = 56,
		.repeated = 6, .page_size = 10, .bad = 1, .text = "cannot take '[\"x21\""},
	{"at the end of a page", {.trades = 50, .bad = 19}, "1-18 20-50", .read = 56, .repeated = 6,
		.page_size = 10, .bad = 1, .text = "cannot take '[\"x19\""},
	{"among rows without ids", {.trades = 50, .bad = 20, .ids_from = NEVER}, "1-19 21-50",
		.read = 56, .repeated = 6, .page_size = 10, .bad = 1,
		.text = "cannot take '[\"x20\""},
	{"before a hole", {.trades = 50, .bad = 21, .lacks = {22, 23}}, "1-20 24-50", .read = 74,
		.repeated = 26, .bad = 1, .lost = 2, .text = "lost trades 21 to 23"},
	{"ids that begin anew", {.trades = 50, .anew = 21}, "1-20", .read = 22, .repeated = 1,
		.bad = 1, .verdict = KRAKEN_FAILED,
		.text = "its id is not above 20, which was there before, but its time is later"},
	{"rows without ids whose times go back", {.trades = 50, .odd = 20, .ids_from = NEVER},
		"1-50", .read = 81, .repeated = 31, .unsure = 1,
		.text = "those without ids are not in the order of their times"},

	/* By ids. */
	{"the first ids", {.trades = 50}, "1-5", .read = 5, .first_id = 1, .last_id = 5,
		.requests = 2},
	{"ids in the middle of much", {.trades = 100000}, "50000-50010", .read = 11,
		.first_id = 50000, .last_id = 50010, .page_size = 100, .requests = 6},
	{"a single one", {.trades = 100000}, "77777-77777", .read = 1, .first_id = 77777,
		.last_id = 77777, .requests = 6},
	{"ids that are not there yet", {.trades = 50}, "41-50", .read = 51, .repeated = 1,
		.passed = 40, .first_id = 41, .last_id = 60, .lost = 10,
		.text = "lost trades 51 to 60"},
	{"ids far behind the last", {.trades = 50}, "", .read = 2, .passed = 2, .first_id = 1041,
		.last_id = 1060, .lost = 20, .text = "lost trades 1041 to 1060"},
	{"ids before the first", {.trades = 50, .lacks = {1, 2}}, "3-5", .read = 3, .first_id = 1,
		.last_id = 5, .lost = 2, .text = "lost trades 1 to 2"},
	{"ids that Kraken lacks", {.trades = 50, .lacks = {20, 30}}, "", .read = 77, .passed = 77,
		.first_id = 22, .last_id = 25, .lost = 4, .text = "lost trades 22 to 25"},
	{"ids around a hole", {.trades = 50, .lacks = {22, 25}}, "20-21 26-30", .read = 50,
		.repeated = 5, .passed = 38, .first_id = 20, .last_id = 30, .lost = 4,
		.text = "lost trades 22 to 25"},
	{"ids up to a hole", {.trades = 50, .lacks = {29, 35}}, "20-28", .read = 60, .repeated = 12,
		.passed = 39, .first_id = 20, .last_id = 30, .lost = 2,
		.text = "lost trades 29 to 30"},
	{"ids behind rows that have none", {.trades = 50000, .ids_from = 20000}, "30000-30010",
		.read = 11, .first_id = 30000, .last_id = 30010, .requests = 12},
	{"ids of rows that have none", {.trades = 50, .ids_from = NEVER}, "", .read = 2,
		.passed = 2, .first_id = 3, .last_id = 4, .lost = 2, .text = "lost trades 3 to 4"},
	{"ids and a limit", {.trades = 50}, "20-24", .read = 24, .passed = 19, .first_id = 20,
		.last_id = 30, .limit = 5},

	/* Behind a cursor. */
	{"behind a trade", {.trades = 50}, "21-50", .cursor = 20, .read = 32, .repeated = 2},
	{"behind one of several at its moment", {.trades = 50, .group = 4}, "19-50", .read = 36,
		.repeated = 4, .cursor = 18, .cursor_same = 2},
	{"without an id", {.trades = 50, .ids_from = NEVER, .group = 4}, "19-50", .read = 36,
		.repeated = 4, .cursor = 18, .cursor_same = 2, .no_cursor_id = true},
	{"without an id, at the end of its moment", {.trades = 50, .ids_from = NEVER, .group = 4},
		"21-50", .read = 36, .repeated = 6, .cursor = 20, .cursor_same = 4,
		.no_cursor_id = true},
	{"without the id that it had", {.trades = 50, .group = 4}, "19-50", .read = 36,
		.repeated = 4, .cursor = 18, .cursor_same = 2, .no_cursor_id = true},
	{"behind the last trade", {.trades = 50}, "", .read = 2, .repeated = 2, .cursor = 50,
		.requests = 3},
	{"behind one that Kraken does not have", {.trades = 50, .lacks = {41, 50}}, "",
		.cursor = 50, .unsure = 1,
		.text = "cannot tell whether all trades are there: Kraken does not show the last one"},
	{"... not yet, where what follows joins by id", {.trades = 50, .lacks = {41, 50}}, "",
		.cursor = 50, .goes_on = true},
	{"... but not by time", {.trades = 50, .ids_from = NEVER, .lacks = {41, 50}}, "",
		.cursor = 50, .no_cursor_id = true, .goes_on = true, .unsure = 1,
		.text = "cannot tell whether all trades are there: Kraken does not show the last one"},
	{"a hole behind it", {.trades = 50, .lacks = {21, 23}}, "24-50", .read = 51, .repeated = 24,
		.cursor = 20, .lost = 3, .text = "lost trades 21 to 23"},
	{"one that fills", {.trades = 50, .hides = {21, 23}, .hides_till = 2}, "21-50", .read = 34,
		.repeated = 4, .cursor = 20},
	{"pages that begin behind a hole",
		{.trades = 50,
			.instead =
				"{\"error\":[],\"result\":{\"XXBTZUSD\":[[\"24\",\"1\",1700000024.0000546,\"b\",\"l\",\"\",24]]}}",
			.instead_at = 1,
			.instead_till = 5},
		"21-50", .read = 32, .repeated = 2, .cursor = 20},
	{"behind the end of the range", {.trades = 50}, "", .cursor = 20, .until = 15,
		.requests = 0},
	{"up to the end of the range", {.trades = 50}, "21-30", .read = 31, .repeated = 1,
		.passed = 20, .cursor = 20, .until = 31},

	/* Answers that are none. */
	{"an error in between",
		{.trades = 50,
			.instead = "{\"error\":[\"EService:Busy\"]}",
			.instead_at = 2,
			.instead_till = 3},
		"1-50", .read = 56, .repeated = 6, .page_size = 10},
	{"a wait that Kraken asks for",
		{.trades = 50,
			.instead = "{\"error\":[\"EService:Throttled:1710000100\"]}",
			.instead_at = 2,
			.instead_till = 3},
		"1-50", .read = 56, .repeated = 6, .page_size = 10},
	{"an unknown pair",
		{.instead = "{\"error\":[\"EQuery:Unknown asset pair\"]}",
			.instead_at = 1,
			.instead_till = 1},
		"", .verdict = KRAKEN_FAILED,
		.text = "cannot get trades of 'BTC/USD': Kraken says: EQuery:Unknown asset pair\n"},
	{"a lockout",
		{.instead = "{\"error\":[\"EGeneral:Temporary lockout\"]}",
			.instead_at = 1,
			.instead_till = 1},
		"", .verdict = KRAKEN_LOCKED, .text = "Kraken says: EGeneral:Temporary lockout\n"},
	{"a status that is permanent",
		{.instead = "<html>", .status = 451, .instead_at = 1, .instead_till = 1}, "",
		.verdict = KRAKEN_FAILED, .text = "cannot get trades of 'BTC/USD': status 451\n"},
	{"an answer without trades",
		{.instead = "{\"error\":[],\"result\":{\"last\":\"1\"}}",
			.instead_at = 1,
			.instead_till = NEVER},
		"", .verdict = KRAKEN_AGAIN, .text = "the answer has no list of trades"},
	{"a warning beside a result",
		{.instead = "{\"error\":[\"WGeneral:Odd\"],\"result\":{\"XBTUSD\":[]}}",
			.instead_at = 1,
			.instead_till = 2},
		"", .text = "warning: 'BTC/USD': Kraken says: WGeneral:Odd\n"},
	{"an answer about another pair",
		{.trades = 50,
			.instead = "{\"error\":[],\"result\":{\"XETHZUSD\":[]}}",
			.instead_at = 2,
			.instead_till = 3},
		"1-50", .read = 56, .repeated = 6, .page_size = 10, .requests = 10},
	{"answers about another pair",
		{.instead = "{\"error\":[],\"result\":{\"ETH/USD\":[]}}",
			.instead_at = 1,
			.instead_till = NEVER},
		"", .verdict = KRAKEN_AGAIN, .text = "kraken: the answer has trades of 'ETH/USD'"},
	{"another name",
		{.instead = "{\"error\":[],\"result\":{\"FOO\":[]}}",
			.instead_at = 1,
			.instead_till = 2},
		"",
		.text = "warning: 'BTC/USD': Kraken answers with trades of 'FOO', which are taken for them\n"},
};

#endif
