/*
 * What a small Kraken has over REST and how it errs, what its WebSocket has left out, and what must
 * come of the repair.
 */
#ifndef TRADEPIPE_TESTS_KRAKEN_REPAIR_TABLE_H
#define TRADEPIPE_TESTS_KRAKEN_REPAIR_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum { EVER = 1 << 30 };

/* Trades are numbered from 1; price and id are that. Seconds count from the beginning of the repair. */
struct kraken {
	unsigned trades;
	unsigned group;		    /* so many trades share a moment; 0: none */
	unsigned quiet, quiet_s;    /* none for so many seconds behind this one */
	unsigned lacks[2];	    /* trades that it does not have, from and to */
	unsigned lacks_more[2];	    /* likewise */
	unsigned hides[2], hides_s; /* left out for so many seconds */
	unsigned head, head_s;	    /* none behind this one for so many seconds */
	unsigned bad;		    /* a trade whose row has no price */
	bool nameless;		    /* and no id */
	unsigned no_id;		    /* a trade whose row has none */
	unsigned swaps;		    /* a trade that is shown behind the next one */
	unsigned stale;		    /* from this answer on it repeats the one before */
	bool cached;		    /* the same request within two seconds has the same answer */
	bool flips;		    /* every other answer ends at `head` */
	bool no_last, last_zero, last_since, last_huge;
	const char *instead; /* sent as these answers */
	unsigned instead_at, instead_till;
	long status;
};

struct scenario {
	const char *name;
	struct kraken kraken;
	unsigned known;	  /* the last trade before the hole */
	int since;	  /* 0, or nothing is known but the second since when trades belong to it */
	unsigned live[2]; /* came over the WebSocket, from and to: the repair begins */
	unsigned more[2]; /* come over it, */
	unsigned more_at; /* before this answer */
	unsigned ahead_s; /* the known trade says a time so much too late */
	unsigned behind_s;   /* our clock says one so much too early */
	unsigned held_at;    /* before this answer nothing could be asked, */
	unsigned held_s;     /* for so long */
	unsigned patience_s; /* 0: 30 */
	uint64_t hold_bytes, limit;
	bool no_patience, no_pairs, info;
	const char *written; /* "1-50", "" */
	uint64_t lost;
	bool unsure;
	const char *text;  /* of what was said, NULL: nothing */
	unsigned times;	   /* that it stands there; 0: 1 */
	unsigned requests; /* in all; 0: any */
	unsigned seconds;  /* that it took at least, and one more at most */
};

#define EMPTY "{\"error\":[],\"result\":{\"XXBTZUSD\":[],\"last\":\"0\"}}"
#define ROW(n) "[\"" #n "\",\"1\",17000000" #n ".5,\"b\",\"l\",\"\"," #n "]"

static const struct scenario scenarios[] = {
	/* Where REST has all. */
	{"a hole", {.trades = 50}, .known = 20, .live = {31, 40}, .written = "21-40",
		.requests = 1},
	{"a hole of one", {.trades = 50}, .known = 20, .live = {22, 22}, .written = "21-22",
		.requests = 1},
	{"what is said about it", {.trades = 50}, .known = 20, .live = {31, 40}, .written = "21-40",
		.requests = 1, .info = true,
		.text = "'BTC/USD': trades 21 to 30 are missing: asking REST\n"},
	{"and at its end", {.trades = 50}, .known = 20, .live = {31, 40}, .written = "21-40",
		.requests = 1, .info = true,
		.text = "'BTC/USD': the repair is over: 10 trades came over REST\n"},
	{"several pages", {.trades = 3100}, .known = 20, .live = {3050, 3060}, .written = "21-3060",
		.requests = 4},
	{"several at one moment", {.trades = 50, .group = 7}, .known = 20, .live = {31, 40},
		.written = "21-40", .requests = 1},
	{"from the first on", {.trades = 50}, .live = {4, 6}, .written = "1-6", .requests = 1},

	/* Where it lags. */
	{"a lag", {.trades = 50, .head = 25, .head_s = 3}, .known = 20, .live = {31, 40},
		.written = "21-40", .requests = 3, .seconds = 3},
	{"a lag that shows nothing", {.trades = 50, .head = 20, .head_s = 2}, .known = 20,
		.live = {31, 40}, .written = "21-40", .requests = 3, .seconds = 3},
	{"a lag that does not show the last one", {.trades = 50, .head = 10, .head_s = 8},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 5, .seconds = 10,
		.text = "still waiting for trades 21 to 30, which REST does not show yet"},
	{"a long lag is told once", {.trades = 50, .head = 20, .head_s = 25}, .known = 20,
		.live = {31, 40}, .written = "21-40", .seconds = 25,
		.text = "warning: 'BTC/USD': still waiting for trades 21 to 30"},
	{"a lag that is too long", {.trades = 50, .head = 20, .head_s = EVER}, .known = 20,
		.live = {31, 40}, .written = "31-40", .lost = 10, .requests = 9, .seconds = 30,
		.text = "lost trades 21 to 30: Kraken's REST interface did not show them in time"},
	{"patience ends between two pauses", {.trades = 50, .head = 20, .head_s = EVER},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .requests = 7,
		.patience_s = 17, .seconds = 17, .text = "lost trades 21 to 30"},
	{"patience begins anew",
		{.trades = 50, .head = 22, .head_s = EVER, .hides = {22, 22}, .hides_s = 20},
		.known = 20, .live = {31, 40}, .written = "21-22 31-40", .lost = 8, .seconds = 50,
		.text = "lost trades 23 to 30"},
	{"no patience", {.trades = 50, .head = 25, .head_s = EVER}, .known = 20, .live = {31, 40},
		.no_patience = true, .written = "21-25 31-40", .lost = 5, .requests = 1,
		.text = "lost trades 26 to 30"},
	{"a cache", {.trades = 50, .head = 20, .head_s = 1, .cached = true}, .known = 20,
		.live = {31, 40}, .written = "21-40", .requests = 2, .seconds = 1},
	{"a cache behind some",
		{.trades = 50, .group = 40, .head = 25, .head_s = 1, .cached = true}, .known = 20,
		.live = {31, 40}, .written = "21-40", .requests = 2, .seconds = 1},

	/* Where it has holes itself. */
	{"a hole", {.trades = 50, .lacks = {24, 26}}, .known = 20, .live = {31, 40},
		.written = "21-23 27-40", .lost = 3, .seconds = 30,
		.text = "'BTC/USD': lost trades 24 to 26: Kraken's REST interface does not have them\n"},
	{"one that fills", {.trades = 50, .hides = {24, 26}, .hides_s = 10}, .known = 20,
		.live = {31, 40}, .written = "21-40", .seconds = 10,
		.text = "still waiting for trades 24 to 26"},
	{"one at the beginning", {.trades = 50, .lacks = {21, 22}}, .known = 20, .live = {31, 40},
		.written = "23-40", .lost = 2, .seconds = 30, .text = "lost trades 21 to 22"},
	{"one at the end", {.trades = 50, .lacks = {29, 33}}, .known = 20, .live = {31, 40},
		.written = "21-28 31-40", .lost = 2, .seconds = 30,
		.text = "lost trades 29 to 30: Kraken's REST interface does not have them"},
	{"one that is all", {.trades = 50, .lacks = {15, 35}}, .known = 20, .live = {31, 40},
		.written = "31-40", .lost = 10, .seconds = 30, .text = "lost trades 21 to 30"},
	{"two", {.trades = 50, .lacks = {22, 23}, .lacks_more = {27, 27}}, .known = 20,
		.live = {31, 40}, .written = "21-21 24-26 28-40", .lost = 3, .seconds = 60,
		.text = "lost trades 27 to 27"},
	{"one beyond a page", {.trades = 2000, .lacks = {1500, 1501}}, .known = 20,
		.live = {1900, 1910}, .written = "21-1499 1502-1910", .lost = 2, .seconds = 30,
		.text = "lost trades 1500 to 1501"},
	{"one that is shown again and again", {.trades = 50, .lacks = {24, 26}}, .known = 20,
		.live = {31, 40}, .patience_s = 300, .written = "21-23 27-40", .lost = 3,
		.seconds = 30, .text = "lost trades 24 to 26: Kraken's REST interface does not"},
	{"one at the beginning of all", {.trades = 50, .lacks = {1, 3}}, .live = {5, 6},
		.patience_s = 300, .written = "4-6", .lost = 3, .seconds = 30,
		.text = "lost trades 1 to 3: Kraken's REST interface does not have them"},
	{"one for which there is more patience", {.trades = 50, .lacks = {24, 26}}, .known = 20,
		.live = {31, 40}, .patience_s = 1000, .written = "21-23 27-40", .lost = 3,
		.seconds = 100, .text = "lost trades 24 to 26"},
	{"one that shrinks from behind",
		{.trades = 50, .lacks = {24, 26}, .hides = {27, 28}, .hides_s = 20}, .known = 20,
		.live = {31, 40}, .patience_s = 300, .written = "21-23 27-40", .lost = 3,
		.seconds = 50, .text = "lost trades 24 to 26"},
	{"one that is shown now and then",
		{.trades = 50, .lacks = {24, 26}, .head = 23, .flips = true}, .known = 20,
		.live = {31, 40}, .patience_s = 300, .written = "21-23 27-40", .lost = 3,
		.seconds = 300, .text = "lost trades 24 to 26"},
	{"one that is shown, and then errors",
		{.trades = 50,
			.lacks = {24, 26},
			.instead = "<html>",
			.instead_at = 6,
			.instead_till = EVER},
		.known = 20, .live = {31, 40}, .patience_s = 100, .written = "21-23 31-40",
		.lost = 7, .seconds = 202, .text = "lost trades 24 to 26: the answer is none"},
	{"one behind a trade with a later time", {.trades = 200}, .known = 100, .live = {111, 120},
		.ahead_s = 45, .written = "101-120", .requests = 4, .seconds = 6},

	{"the same where REST has none behind it", {.trades = 120}, .known = 100,
		.live = {111, 120}, .ahead_s = 45, .written = "101-120", .requests = 4,
		.seconds = 6},
	{"one behind a trade whose time is yet to come", {.trades = 980}, .known = 960,
		.live = {971, 980}, .ahead_s = 3600, .written = "961-980", .requests = 2,
		.seconds = 1},

	/* Where it is not known which one is the first. */
	{"since a moment", {.trades = 150}, .since = 100, .live = {131, 140}, .written = "101-140",
		.requests = 1},
	{"since before all", {.trades = 150}, .since = -100, .live = {131, 140}, .written = "1-140",
		.requests = 1},
	{"what is said about it", {.trades = 150}, .since = 100, .live = {131, 140}, .info = true,
		.written = "101-140",
		.text = "'BTC/USD': trades before 131 may be missing: asking REST\n"},
	{"more before it than a page holds", {.trades = 5000, .group = 50}, .since = 70,
		.live = {4800, 4810}, .written = "3551-4810"},
	{"hidden once", {.trades = 150, .hides = {95, 125}, .hides_s = 1}, .since = 100,
		.live = {131, 140}, .written = "101-140", .requests = 2, .seconds = 1},
	{"what lies before it is hidden, too", {.trades = 150, .hides = {1, 125}, .hides_s = 4},
		.since = 100, .live = {131, 140}, .written = "101-140", .requests = 4,
		.seconds = 6},
	{"hidden for a while", {.trades = 150, .hides = {1, 125}, .hides_s = 20}, .since = 100,
		.live = {131, 140}, .written = "101-140", .seconds = 20,
		.text = "'BTC/USD': still waiting for REST: trades before 126 may be missing\n"},
	{"hidden for too long", {.trades = 150, .hides = {1, 125}, .hides_s = EVER}, .since = 100,
		.live = {131, 140}, .patience_s = 20, .written = "126-140", .unsure = true,
		.seconds = 20,
		.text = "it begins with trade 126, and some before it may be missing: Kraken's"},
	{"shown as the first again and again", {.trades = 150, .lacks = {1, 125}}, .since = 100,
		.live = {131, 140}, .patience_s = 300, .written = "126-140", .seconds = 30,
		.text = "still waiting for REST: trades before 126"},
	{"shown as the first, but there was one before", {.trades = 150, .lacks = {1, 135}},
		.since = 100, .live = {131, 140}, .patience_s = 300, .written = "131-140",
		.unsure = true, .seconds = 300, .text = "it begins with trade 131, and some"},
	{"shown as the first, and then errors",
		{.trades = 150,
			.lacks = {1, 125},
			.instead = "<html>",
			.instead_at = 2,
			.instead_till = EVER},
		.since = 100, .live = {131, 140}, .written = "131-140", .lost = 5, .unsure = true,
		.seconds = 61, .text = "it begins with trade 126, and some before it may be"},
	{"nothing is shown", {.trades = 150, .head = 0, .head_s = EVER}, .since = 100,
		.live = {131, 140}, .written = "131-140", .unsure = true, .seconds = 30,
		.text = "it begins with trade 131, and some before it may be missing"},
	{"none for long before it", {.trades = 150, .quiet = 100, .quiet_s = 1800}, .since = 1895,
		.live = {131, 140}, .written = "101-140", .requests = 2, .seconds = 1},
	{"none for longer", {.trades = 1150, .quiet = 100, .quiet_s = 5000}, .since = 5095,
		.live = {131, 140}, .written = "101-140", .requests = 3, .seconds = 3},
	{"none for longer, and hidden",
		{.trades = 1150, .quiet = 100, .quiet_s = 5000, .hides = {101, 120}, .hides_s = 5},
		.since = 5095, .live = {131, 140}, .written = "101-140", .requests = 5,
		.seconds = 6},
	{"the first has no id", {.trades = 150, .lacks = {1, 125}, .no_id = 126}, .since = 100,
		.live = {131, 140}, .patience_s = 100, .written = "127-140", .unsure = true,
		.seconds = 100, .text = "missing: REST shows trades before it that have no id"},
	{"one before it has none", {.trades = 150, .no_id = 98}, .since = 100, .live = {131, 140},
		.written = "101-140", .requests = 1},
	{"the first is bad", {.trades = 150, .lacks = {1, 125}, .bad = 126}, .since = 100,
		.live = {131, 140}, .patience_s = 100, .written = "127-140", .lost = 1,
		.seconds = 130, .text = "lost trades 126 to 126"},

	/* Where nothing could be asked. */
	{"a lag, while REST cannot be asked", {.trades = 50, .head = 20, .head_s = 120},
		.known = 20, .live = {31, 40}, .held_at = 3, .held_s = 110, .written = "21-40",
		.seconds = 120, .text = "still waiting for trades 21 to 30"},
	{"a lag that is too long, and a time that does not count",
		{.trades = 50, .head = 20, .head_s = EVER}, .known = 20, .live = {31, 40},
		.held_at = 3, .held_s = 110, .written = "31-40", .lost = 10, .seconds = 140,
		.text = "lost trades 21 to 30"},
	{"a time that does not count, before the first answer",
		{.trades = 50, .head = 20, .head_s = EVER}, .known = 20, .live = {31, 40},
		.held_at = 1, .held_s = 110, .written = "31-40", .lost = 10, .seconds = 140,
		.text = "lost trades 21 to 30"},
	{"a hole, while REST cannot be asked", {.trades = 50, .lacks = {24, 26}}, .known = 20,
		.live = {31, 40}, .patience_s = 300, .held_at = 6, .held_s = 110,
		.written = "21-23 27-40", .lost = 3, .seconds = 140,
		.text = "lost trades 24 to 26"},
	{"a lag, and our clock is behind", {.trades = 12000, .head = 10960, .head_s = 1},
		.known = 10960, .live = {10971, 10980}, .behind_s = 5000, .written = "10961-10980",
		.requests = 2, .seconds = 1},
	{"one behind a trade with a later time, and our clock is behind", {.trades = 12000},
		.known = 10960, .live = {10971, 10980}, .ahead_s = 45, .behind_s = 100,
		.written = "10961-10980", .requests = 2, .seconds = 1},

	/* Pages that are odd. */
	{"more at one moment than a page holds", {.trades = 2000, .group = 1500}, .known = 20,
		.live = {1900, 1910}, .written = "21-1000 1501-1910", .lost = 500, .seconds = 30,
		.text = "lost trades 1001 to 1500"},
	{"more known ones at one moment than a page holds", {.trades = 2000, .group = 1000},
		.known = 1000, .live = {1011, 1020}, .written = "1001-1020", .requests = 3},
	{"no last", {.trades = 3100, .no_last = true}, .known = 20, .live = {3050, 3060},
		.written = "21-3060", .requests = 4},
	{"a last of zero", {.trades = 3100, .last_zero = true}, .known = 20, .live = {3050, 3060},
		.written = "21-3060", .requests = 4},
	{"a last that goes nowhere", {.trades = 3100, .last_since = true}, .known = 20,
		.live = {3050, 3060}, .written = "21-3060", .requests = 4},
	{"a last that is out of this world", {.trades = 3100, .last_huge = true}, .known = 20,
		.live = {3050, 3060}, .written = "21-3060", .requests = 4},
	{"the same page for ever", {.trades = 5000, .group = 5000, .stale = 1}, .known = 4000,
		.live = {4011, 4020}, .written = "4011-4020", .lost = 10, .seconds = 30,
		.text = "lost trades 4001 to 4010"},
	{"an old page for ever",
		{.trades = 50,
			.instead =
				"{\"error\":[],\"result\":{\"XXBTZUSD\":[[\"1\",\"1\",1600000000.5,\"b\",\"l\",\"\",21]]}}",
			.instead_at = 1,
			.instead_till = EVER},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .seconds = 30,
		.text = "lost trades 21 to 30: the answer begins before what was asked for"},
	{"rows out of order", {.trades = 50, .swaps = 25}, .known = 20, .live = {31, 40},
		.written = "21-40", .requests = 1},
	{"rows out of order that cannot be sorted", {.trades = 50, .swaps = 25, .no_id = 45},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 1},
	{"a row without an id", {.trades = 50, .no_id = 25}, .known = 20, .live = {31, 40},
		.written = "21-24 26-40", .lost = 1, .seconds = 30, .text = "lost trades 25 to 25"},
	{"a bad row", {.trades = 50, .bad = 25}, .known = 20, .live = {31, 40},
		.written = "21-24 26-40", .lost = 1, .seconds = 30,
		.text = "'BTC/USD': cannot take '[\"x25\",\"1\",1700000025.0000547,\"b\",\"l\",\"\",25]': price is not a number"},
	{"a bad row without an id", {.trades = 50, .bad = 25, .nameless = true}, .known = 20,
		.live = {31, 40}, .written = "21-24 26-40", .lost = 1, .seconds = 30,
		.text = "cannot take '[\"x25\""},
	{"a bad row that is not missing", {.trades = 50, .bad = 35}, .known = 20, .live = {31, 40},
		.written = "21-40", .requests = 1},

	/* What the WebSocket does meanwhile. */
	{"it goes on", {.trades = 60, .head = 25, .head_s = 1}, .known = 20, .live = {31, 40},
		.more = {41, 50}, .more_at = 2, .written = "21-50", .requests = 2, .seconds = 1},
	{"it fills the hole", {.trades = 50}, .known = 20, .live = {31, 40}, .more = {21, 30},
		.more_at = 1, .written = "21-40", .requests = 1},
	{"it fills the hole before the patience is over",
		{.trades = 50, .head = 20, .head_s = EVER}, .known = 20, .live = {31, 40},
		.more = {21, 30}, .more_at = 3, .written = "21-40", .requests = 3, .seconds = 3},
	{"it fills a part, for which there is patience", {.trades = 50, .head = 20, .head_s = EVER},
		.known = 20, .live = {31, 40}, .more = {21, 25}, .more_at = 9,
		.written = "21-25 31-40", .lost = 5, .seconds = 60, .text = "lost trades 26 to 30"},
	{"the hole shrinks", {.trades = 50, .head = 23, .head_s = EVER}, .known = 20,
		.live = {31, 40}, .more = {26, 30}, .more_at = 2, .written = "21-23 26-40",
		.lost = 2, .seconds = 30, .text = "lost trades 24 to 25"},
	{"the hole grows", {.trades = 50, .head = 25, .head_s = 2}, .known = 20, .live = {31, 40},
		.hold_bytes = 1, .more = {41, 45}, .more_at = 2, .written = "21-45", .requests = 3,
		.seconds = 3},
	{"a limit", {.trades = 50}, .known = 20, .live = {31, 40}, .limit = 5, .written = "21-25",
		.requests = 1},

	/* Answers that are none. */
	{"errors for a while",
		{.trades = 50,
			.instead = "{\"error\":[\"EService:Busy\"]}",
			.instead_at = 1,
			.instead_till = 3},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 4, .seconds = 3},
	{"errors for ever",
		{.trades = 50,
			.instead = "<html>",
			.status = 520,
			.instead_at = 2,
			.instead_till = EVER,
			.head = 25,
			.head_s = EVER},
		.known = 20, .live = {31, 40}, .written = "21-25 31-40", .lost = 5, .seconds = 30,
		.text = "lost trades 26 to 30: status 520\n"},
	{"errors, and a hole that was shown",
		{.trades = 50,
			.instead = "<html>",
			.instead_at = 2,
			.instead_till = EVER,
			.lacks = {25, 26}},
		.known = 20, .live = {31, 40}, .written = "21-24 31-40", .lost = 6, .seconds = 61,
		.text = "lost trades 27 to 30: the answer is none of Kraken's: not JSON"},
	{"too many requests",
		{.trades = 50,
			.instead = "{\"error\":[\"EGeneral:Too many requests\"]}",
			.instead_at = 1,
			.instead_till = 2},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 3, .seconds = 2},
	{"too many requests for ever",
		{.trades = 50,
			.instead = "{\"error\":[\"EAPI:Rate limit exceeded\"]}",
			.instead_at = 1,
			.instead_till = EVER},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .seconds = 30,
		.text = ": Kraken says: EAPI:Rate limit exceeded\n"},
	{"errors, while the hole shrinks",
		{.trades = 50,
			.instead = "{\"error\":[\"EService:Busy\"]}",
			.instead_at = 1,
			.instead_till = EVER},
		.known = 20, .live = {31, 40}, .more = {21, 25}, .more_at = 20,
		.written = "21-25 31-40", .lost = 5, .seconds = 50, .text = "lost trades 26 to 30"},
	{"a wait that Kraken asks for",
		{.trades = 50,
			.instead = "{\"error\":[\"EService:Throttled:1700001011\"]}",
			.instead_at = 1,
			.instead_till = 1},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 2, .seconds = 10},
	{"a lockout",
		{.trades = 50,
			.instead = "{\"error\":[\"EGeneral:Temporary lockout\"]}",
			.instead_at = 2,
			.instead_till = 2,
			.head = 25,
			.head_s = 910},
		.known = 20, .live = {31, 40}, .written = "21-40", .seconds = 910,
		.text = "still waiting for trades 26 to 30"},
	{"an unknown pair",
		{.trades = 50,
			.instead = "{\"error\":[\"EQuery:Unknown asset pair\"]}",
			.instead_at = 1,
			.instead_till = 1},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .requests = 1,
		.text = "lost trades 21 to 30: Kraken says: EQuery:Unknown asset pair\n"},
	{"an unknown pair, with two holes",
		{.trades = 50,
			.instead = "{\"error\":[\"EQuery:Unknown asset pair\"]}",
			.instead_at = 1,
			.instead_till = 1},
		.known = 20, .live = {31, 40}, .more = {25, 26}, .more_at = 1,
		.written = "25-26 31-40", .lost = 8, .requests = 1,
		.text = "lost trades 27 to 30: Kraken says"},
	{"an answer without trades",
		{.trades = 50,
			.instead = "{\"error\":[],\"result\":{\"last\":\"1\"}}",
			.instead_at = 1,
			.instead_till = EVER},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .seconds = 30,
		.text = ": the answer has no list of trades\n"},
	{"an answer about another pair",
		{.trades = 50,
			.instead =
				"{\"error\":[],\"result\":{\"XETHZUSD\":[[\"7\",\"1\",1700000021.5,\"b\",\"l\",\"\",21]]}}",
			.instead_at = 1,
			.instead_till = 2},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 3, .seconds = 2},
	{"an answer about another pair, of a cache",
		{.trades = 50,
			.cached = true,
			.instead = "{\"error\":[],\"result\":{\"XETHZUSD\":[]}}",
			.instead_at = 1,
			.instead_till = 1},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 2, .seconds = 1},
	{"answers about another pair",
		{.trades = 50,
			.instead = "{\"error\":[],\"result\":{\"XETHZUSD\":[]}}",
			.instead_at = 1,
			.instead_till = EVER},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .seconds = 30,
		.text = "lost trades 21 to 30: the answer has trades of 'ETH/USD'\n"},
	{"pairs that are not known", {.trades = 50}, .known = 20, .live = {31, 40},
		.written = "21-40", .requests = 1, .no_pairs = true},
	{"an empty answer", {.trades = 50, .instead = EMPTY, .instead_at = 1, .instead_till = 1},
		.known = 20, .live = {31, 40}, .written = "21-40", .requests = 2, .seconds = 1},
	{"empty answers", {.trades = 50, .instead = EMPTY, .instead_at = 1, .instead_till = EVER},
		.known = 20, .live = {31, 40}, .written = "31-40", .lost = 10, .seconds = 30,
		.text = "did not show them in time"},
};

#endif
