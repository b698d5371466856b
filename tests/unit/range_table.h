/*
 * Options, and what is in the files that they name; and what must come of them.
 */
#ifndef TRADEPIPE_TESTS_RANGE_TABLE_H
#define TRADEPIPE_TESTS_RANGE_TABLE_H

#include "market/range.h"

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S) /* 2026-01-01 */
#define DAY (24 * 3600 * S)
#define NOW (T0 + 100 * DAY)

#define AT(time) "\"timestamp\":\"2026-01-01T00:00:" time ".000000Z\""
#define NATIVE(product, time)                                                                      \
	"{\"symbol\":\"" product "\",\"side\":\"buy\",\"price\":83320.60,"                         \
	"\"qty\":0.00034127,\"ord_type\":\"limit\"," AT(time)
#define KRAKEN(product, id, time)                                                                  \
	"{\"symbol\":\"" product "\",\"side\":\"buy\",\"price\":83320.60,\"qty\":0.00034127,"      \
	"\"ord_type\":\"limit\",\"trade_id\":" id "," AT(time) "}\n"
#define OLD(product, time) NATIVE(product, time) "}\n"
#define TRADE(product, id, time, exchange)                                                         \
	"{\"product_id\":\"" product                                                               \
	"\",\"price\":1,\"quantity\":2," AT(time) ",\"timestamp_ms\":"                             \
						  "17672256" time "000,\"trade_id\":" id           \
						  ",\"side\":\"buy\",\"exchange\":\"" exchange     \
						  "\"}\n"
#define LEAST(product, id, time)                                                                   \
	"{\"product_id\":\"" product "\"," AT(time) ",\"trade_id\":" id "}\n"
#define LEAST_OF(product, id, time, exchange)                                                      \
	"{\"product_id\":\"" product "\"," AT(time) ",\"trade_id\":" id                            \
						    ",\"exchange\":\"" exchange "\"}\n"
#define BINANCE(symbol, market, id, time)                                                          \
	"{\"s\":\"" symbol "\"," market "\"a\":" id ",\"p\":\"1.5\",\"q\":\"2\",\"f\":1,\"l\":1,"  \
	"\"T\":17672256" time "000,\"m\":true,\"M\":true}\n"
#define VOID(symbol, id, time)                                                                     \
	"{\"s\":\"" symbol "\",\"a\":" id ",\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1,"            \
	"\"T\":17672256" time "000,\"m\":true,\"M\":true}\n"
#define UM "\"market\":\"um\","

static const struct row {
	const char *name;
	struct range_options options;
	const char *exchange;	     /* NULL: kraken */
	const char *products;	     /* one letter each; NULL: "A" */
	const char *resume, *output; /* what is in these files; NULL: there is none */
	const char *wanted;	     /* of each product, or the fault */
	const char *said;	     /* on standard error */
} rows[] = {
	{"since", {.since = "2026-01-02"}, .wanted = "A 86400..8640000\n"},
	{"since and until", {.since = "1767225601", .until = "2026-01-01T00:00:02.5Z"},
		.products = "AB", .wanted = "A 1..2.5\nB 1..2.5\n"},
	{"now", {.since = "now"}, .wanted = "A 8640000..8640000\n"},
	{"an end to come", {.since = "now", .until = "2027-01-01"},
		.wanted = "A 8640000..8640000\n"},
	{"all there is", {.since = "1970-01-01"}, .wanted = "A -1767225600..8640000\n"},
	{"last days", {.last_days = 7}, .wanted = "A 8035200..8640000\n"},
	{"last days up to a day", {.last_days = 7, .until = "2026-04-06"},
		.wanted = "A 8035200..8208000\n"},
	{"more days than there were", {.last_days = 36500}, .wanted = "A -1767225600..8640000\n"},

	{"ids", {.ids = "109583100-109583200"}, .products = "AB",
		.wanted = "A ids 109583100-109583200\nB ids 109583100-109583200\n"},
	{"one id", {.ids = "5"}, .wanted = "A ids 5-5\n"},
	{"the highest ids", {.ids = "1-18446744073709551615"},
		.wanted = "A ids 1-18446744073709551615\n"},
	{"id 0 of Binance", {.ids = "0-0"}, .exchange = "binance", .wanted = "A ids 0-0\n"},
	{"ids behind those of the output", {.ids = "8-9"}, .products = "AB",
		.output = KRAKEN("A", "7", "01"), .wanted = "A ids 8-9\nB ids 8-9\n"},
	{"ids that it has gone past", {.ids = "7-9"}, .products = "BA",
		.output = KRAKEN("A", "7", "01") KRAKEN("C", "9", "02"),
		.wanted = "cannot add --ids to 'output': its last record of 'A' has id 7 (write "
			  "them to another file)\n"},
	{"records without ids in it", {.ids = "7"}, .output = OLD("A", "01"),
		.wanted = "A ids 7-7\n"},
	{"id 0 of Kraken", {.ids = "0-5"},
		.wanted = "cannot fetch id 0 of --ids '0-5': they begin at 1\n"},
#define NO_IDS(text)                                                                               \
	{                                                                                          \
		"no ids: " text, {.ids = text},                                                    \
			.wanted = "'" text "' is not FIRST-LAST, as --ids needs\n"                 \
	}
	NO_IDS(""),
	NO_IDS("-"),
	NO_IDS("5-"),
	NO_IDS("-5"),
	NO_IDS("5-6-7"),
	NO_IDS("a-b"),
	NO_IDS("5 - 6"),
	NO_IDS("1-18446744073709551616"),
	NO_IDS("+1"),
	NO_IDS("1.5"),
	{"ids that go down", {.ids = "6-5"},
		.wanted = "'6-5' is not FIRST-LAST, as --ids needs: the first one is above the "
			  "last\n"},

#define EXCLUDE(one, other) "options --" one " and --" other " exclude each other\n"
	{"ids and since", {.ids = "5", .since = "now"}, .wanted = EXCLUDE("ids", "since")},
	{"ids and until", {.ids = "5", .until = "now"}, .wanted = EXCLUDE("ids", "until")},
	{"ids and last-days", {.ids = "5", .last_days = 1}, .wanted = EXCLUDE("ids", "last-days")},
	{"ids and resume", {.ids = "5", .resume = "resume"}, .wanted = EXCLUDE("ids", "resume")},
	{"since and last-days", {.since = "now", .last_days = 1},
		.wanted = EXCLUDE("since", "last-days")},
	{"a bad since", {.since = "2026-02-30"},
		.wanted = "cannot use '2026-02-30' for --since: it is no day between 1970 and "
			  "2262\n"},
	{"a bad until", {.since = "now", .until = "x"},
		.wanted = "cannot use 'x' for --until: it is no date, no time and no number of "
			  "seconds\n"},
	{"the end before the beginning", {.since = "2026-01-02", .until = "2026-01-01"},
		.wanted = "cannot end at '2026-01-01': it is before the beginning\n"},
	{"or before the last days", {.last_days = 1, .until = "2026-01-01"},
		.wanted = "cannot end at '2026-01-01': it is before the beginning\n"},
	{"a beginning to come", {.since = "2027-01-01"},
		.wanted = "cannot begin at '2027-01-01': it is in the future\n"},
	{"also before an end to come", {.since = "2026-12-31", .until = "2027-01-01"},
		.wanted = "cannot begin at '2026-12-31': it is in the future\n"},
	{"nothing that says where to begin", {.until = "now"},
		.wanted = "cannot tell where 'A' begins: one of --since, --last-days, --ids and "
			  "--resume is needed\n"},
	{"a product twice", {.since = "now"}, .products = "ABA",
		.wanted = "'A' is asked for twice\n"},

	{"a native record", {.resume = "resume"}, .resume = KRAKEN("A", "7", "01"),
		.wanted = "A behind 7 at 1\n"},
	{"a Trade record", {.resume = "resume"}, .resume = TRADE("A", "7", "01", "kraken"),
		.wanted = "A behind 7 at 1\n"},
	{"the least", {.resume = "resume"}, .resume = LEAST("A", "7", "01"),
		.wanted = "A behind 7 at 1\n"},
	{"one with an exchange", {.resume = "resume"}, .resume = LEAST_OF("A", "7", "01", "kraken"),
		.wanted = "A behind 7 at 1\n"},
	{"without an id", {.resume = "resume"},
		.resume = "{\"product_id\":\"A\"," AT("01") ",\"trade_id\":null}\n",
		.wanted = "A behind 1 of 1\n"},
	{"milliseconds alone", {.resume = "resume"},
		.resume =
			"{\"product_id\":\"A\",\"timestamp_ms\":1767225601000,\"trade_id\":\"7\"}\n",
		.wanted = "A behind 7 at 1\n"},
	{"names that are escaped", {.resume = "resume"},
		.resume = LEAST("\\u0041", "7", "01") KRAKEN("\\u0042", "8", "02"),
		.products = "AB", .wanted = "A behind 7 at 1\nB behind 8 at 2\n"},
	{"the highest id, wherever it is", {.resume = "resume"},
		.resume = KRAKEN("A", "7", "01") LEAST("A", "10", "03")
			TRADE("A", "9", "05", "kraken"),
		.wanted = "A behind 10 at 3\n"},
	{"an id rather than none", {.resume = "resume"},
		.resume = KRAKEN("A", "7", "01") OLD("A", "02"), .wanted = "A behind 7 at 1\n"},
	{"without ids the last ones", {.resume = "resume"},
		.resume = OLD("A", "05") OLD("A", "02") OLD("B", "02") OLD("A", "02"),
		.wanted = "A behind 2 of 2\n"},
	{"several products", {.resume = "resume"}, .products = "ABC",
		.resume = KRAKEN("C", "1", "01") KRAKEN("A", "7", "02") KRAKEN("B", "5", "03")
			KRAKEN("D", "9", "04") KRAKEN("A", "8", "05"),
		.wanted = "A behind 8 at 5\nB behind 5 at 3\nC behind 1 at 1\n"},
	{"the end counts with a cursor", {.resume = "resume", .until = "2026-01-05"},
		.resume = KRAKEN("A", "7", "01"), .wanted = "A behind 7 at 1\n"},
	{"CRLF and blank lines", {.resume = "resume"},
		.resume = "\r\n\n{\"product_id\":\"A\"," AT("01") ",\"trade_id\":7}\r\n\r\n",
		.wanted = "A behind 7 at 1\n"},
	{"records of others are passed over", {.resume = "resume"},
		.resume = LEAST_OF("A", "7", "01", "kraken") LEAST_OF("A", "9", "03", "binance")
			BINANCE("A", "", "8", "02"),
		.wanted = "A behind 7 at 1\n"},
	{"a market's own", {.resume = "resume"}, .exchange = "binance-um",
		.resume = BINANCE("A", UM, "7", "01") LEAST_OF("A", "9", "03", "binance"),
		.wanted = "A behind 7 at 1\n"},
	{"another market's", {.resume = "resume"}, .exchange = "binance",
		.resume = BINANCE("A", "", "7", "01") BINANCE("A", UM, "9", "03"),
		.wanted = "A behind 7 at 1\n"},
	{"a void record", {.resume = "resume"}, .exchange = "binance",
		.resume = BINANCE("A", "", "7", "01") VOID("A", "8", "02"),
		.wanted = "A behind 8 at 2\n"},
	{"id 0 is one of Binance's", {.resume = "resume"}, .exchange = "binance",
		.resume = LEAST("A", "0", "01"), .wanted = "A behind 0 at 1\n"},

	{"a product that is not named", {.resume = "resume"}, .products = "AB",
		.resume = LEAST("A", "7", "01"),
		.wanted = "cannot resume 'B': 'resume' has no record of it (--since says where "
			  "such products begin)\n"},
	{"begins where since says", {.resume = "resume", .since = "2026-01-02"}, .products = "AB",
		.resume = LEAST("A", "7", "01"), .wanted = "A behind 7 at 1\nB 86400..8640000\n"},
	{"or last-days", {.resume = "resume", .last_days = 7}, .products = "BA",
		.resume = LEAST("A", "7", "01"), .wanted = "B 8035200..8640000\nA behind 7 at 1\n"},
	{"an empty cursor", {.resume = "resume"}, .resume = "",
		.wanted = "cannot resume 'A': 'resume' has no record of it (--since says where "
			  "such products begin)\n"},
	{"a cursor that is not there", {.resume = "resume", .since = "now"},
		.wanted = "cannot read 'resume': No such file or directory\n"},
	{"a folder", {.resume = ".", .since = "now"},
		.wanted = "cannot read '.': Is a directory\n"},
	{"a torn last line", {.resume = "resume"},
		.resume =
			LEAST("A", "7", "01") "{\"product_id\":\"A\"," AT("01") ",\"trade_id\":8}",
		.wanted = "A behind 7 at 1\n",
		.said = "t: warning: passed over the torn last line of 'resume': 73 bytes\n"},
	{"and nothing else", {.resume = "resume"}, .resume = "{\"prod",
		.wanted = "cannot resume 'A': 'resume' has no record of it (--since says where "
			  "such products begin)\n",
		.said = "t: warning: passed over the torn last line of 'resume': 6 bytes\n"},
#define BAD(line, why) "cannot resume from 'resume': line " line ": " why "\n"
	{"what is no JSON", {.resume = "resume"}, .resume = LEAST("A", "7", "01") "\nnothing\n",
		.wanted = BAD("3", "not JSON: neither a value nor a word it knows")},
	{"what is no record", {.resume = "resume"}, .resume = "{\"x\":1}\n",
		.wanted = BAD("1", "neither a trade nor a message that is known")},
	{"no time", {.resume = "resume"}, .resume = "{\"product_id\":\"A\",\"trade_id\":1}\n",
		.wanted = BAD("1", "timestamp is missing")},
	{"no product", {.resume = "resume"}, .resume = "{" AT("01") ",\"trade_id\":1}\n",
		.wanted = BAD("1", "neither a trade nor a message that is known")},
	{"an id that is none", {.resume = "resume"}, .resume = LEAST("A", "1.5", "01"),
		.wanted = BAD("1", "trade_id is not an integer from 0 to 18446744073709551615")},
	{"an id of 0", {.resume = "resume"}, .resume = LEAST("A", "0", "01"),
		.wanted = BAD("1", "trade_id is 0")},
	{"a part of a native record", {.resume = "resume"},
		.resume = NATIVE("A", "01") ",\"qty\":0}\n",
		.wanted = BAD("1", "qty is not above zero")},

	{"our own output", {.since = NULL}, .output = KRAKEN("A", "7", "01") KRAKEN("A", "8", "02"),
		.wanted = "A behind 8 at 2\n"},
	{"rather than since", {.last_days = 7}, .products = "AB",
		.output = KRAKEN("A", "7", "01") KRAKEN("A", "8", "02"),
		.wanted = "A behind 8 at 2\nB 8035200..8640000\n"},
	{"products by turns", {.since = NULL}, .products = "ABC",
		.output = KRAKEN("C", "3", "01") KRAKEN("A", "7", "02") KRAKEN("B", "5", "03")
			KRAKEN("A", "8", "04") KRAKEN("B", "6", "05") KRAKEN("B", "7", "06"),
		.wanted = "A behind 8 at 4\nB behind 7 at 6\nC behind 3 at 1\n"},
	{"without ids", {.since = NULL}, .products = "AB",
		.output = OLD("A", "01") OLD("B", "02") OLD("A", "02") OLD("A", "02") OLD("B", "02")
			OLD("A", "02"),
		.wanted = "A behind 3 of 2\nB behind 2 of 2\n"},
	{"an output that is torn", {.since = NULL},
		.output = KRAKEN("A", "7", "01") NATIVE("A", "02") "}",
		.wanted = "A behind 7 at 1\n"},
	{"nothing but a torn line", {.since = "2026-01-02"}, .output = NATIVE("A", "02") "}",
		.wanted = "A 86400..8640000\n"},
	{"an empty one", {.since = "2026-01-02"}, .output = "", .wanted = "A 86400..8640000\n"},
	{"CRLF and blank lines at its end", {.since = NULL},
		.output = "\n{\"product_id\":\"A\"," AT("01") ",\"trade_id\":7}\r\n\r\n\n",
		.wanted = "A behind 7 at 1\n"},
	{"one that lacks the product", {.since = NULL}, .products = "AB",
		.output = KRAKEN("A", "7", "01"),
		.wanted = "cannot tell where 'B' begins: one of --since, --last-days, --ids and "
			  "--resume is needed\n"},
	{"a void record at its end", {.since = NULL}, .exchange = "binance",
		.output = BINANCE("A", "", "7", "01") VOID("A", "8", "02"),
		.wanted = "A behind 8 at 2\n"},
	{"a line of another kind", {.since = "now"}, .output = KRAKEN("B", "7", "01") "{}\n",
		.wanted = "cannot resume from 'output': the line at byte 136: neither a trade nor "
			  "a message that is known\n"},
	{"at its beginning", {.since = "now"}, .output = "{}\n" KRAKEN("B", "7", "01"),
		.wanted = "cannot resume from 'output': the line at byte 0: neither a trade nor a "
			  "message that is known\n"},
	{"behind which nothing is looked at", {.since = "now"},
		.output = "{}\n" KRAKEN("A", "7", "01"), .wanted = "A behind 7 at 1\n"},

	{"the output is further on", {.resume = "resume"}, .resume = LEAST("A", "7", "01"),
		.output = KRAKEN("A", "9", "03"), .wanted = "A behind 9 at 3\n"},
	{"the cursor is", {.resume = "resume"}, .resume = LEAST("A", "10", "04"),
		.output = KRAKEN("A", "9", "03"), .wanted = "A behind 10 at 4\n"},
	{"each has one product", {.resume = "resume"}, .products = "AB",
		.resume = LEAST("A", "7", "01"), .output = KRAKEN("B", "9", "03"),
		.wanted = "A behind 7 at 1\nB behind 9 at 3\n"},
	{"without ids the time tells", {.resume = "resume"}, .products = "AB",
		.resume = OLD("A", "01") OLD("A", "01") OLD("B", "05"),
		.output = OLD("A", "01") OLD("B", "04"),
		.wanted = "A behind 2 of 1\nB behind 1 of 5\n"},
};

#endif
