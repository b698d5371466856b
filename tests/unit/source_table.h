/*
 * Lines of all sources, and what must come of them.
 */
#ifndef TRADEPIPE_TESTS_SOURCE_TABLE_H
#define TRADEPIPE_TESTS_SOURCE_TABLE_H

#include "market/source.h"

/* The shapes, and what they are read as. */
#define TIME "\"timestamp\":\"2026-09-30T01:34:50.331350Z\""
#define KRAKEN(id)                                                                                 \
	"{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":83320.6,\"qty\":0.00034127,"           \
	"\"ord_type\":\"limit\",\"trade_id\":" id "," TIME "}"
#define KRAKEN_SHOWN(id) "kraken BTC/USD 83320.6 0.00034127 1790732090331350000 id=" id " buy time"
#define UPDATE(trades) "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[" trades "]}"
#define SNAPSHOT(trades) "{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[" trades "]}"
#define FRAME(line) "{\"received_at\":1790732090400000000,\"frame\":" line "}"
#define HEARTBEAT "{\"channel\":\"heartbeat\"}"

#define ROW "[\"30243.40000\",\"0.34507674\",1688669597.8277369,\"s\",\"m\",\"\",61044952]"
#define ANSWER(rows) "{\"error\":[],\"result\":{\"XXBTZUSD\":[" rows "],\"last\":\"1\"}}"
#define ROW_SHOWN(name)                                                                            \
	"kraken " name " 30243.40000 0.34507674 1688669597827736900 id=61044952 sell"

#define AGG(before, id)                                                                            \
	"{" before "\"a\":" id ",\"p\":\"0.01633102\",\"q\":\"4.70443515\",\"f\":27781,"           \
	"\"l\":27781,\"T\":1498793709153,\"m\":true,\"M\":true}"
#define AGG_SHOWN(exchange, name, id)                                                              \
	exchange " " name " 0.01633102 4.70443515 1498793709153000000 id=" id " sell"
#define AGG_EVENT AGG("\"e\":\"aggTrade\",\"E\":1498793709200,\"s\":\"BTCUSDT\",", "7")
#define STREAM(event) "{\"stream\":\"btcusdt@aggTrade\",\"data\":" event "}"
#define VOID_ROW                                                                                   \
	"{\"a\":9,\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1,\"T\":1498793709153,\"m\":true,"       \
	"\"M\":true}"
#define PLAIN                                                                                      \
	"{\"id\":28457,\"price\":\"4.00000100\",\"qty\":\"12.0\",\"time\":1499865549590,"          \
	"\"isBuyerMaker\":true,\"isBestMatch\":true}"
#define CSV "26129,0.01633102,4.70443515,27781,27781,1498793709153,True,True"
#define CSV_HEADER                                                                                 \
	"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
#define BINANCE_ERROR "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}"

#define RECORD(more)                                                                               \
	"{\"product_id\":\"BTC/USD\",\"price\":83320.6,\"quantity\":0.00034127," TIME              \
	",\"timestamp_ms\":1790732090331,\"trade_id\":109583109,\"side\":\"buy\"" more "}"
#define RECORD_SHOWN(exchange)                                                                     \
	exchange " BTC/USD 83320.6 0.00034127 1790732090331350000 id=109583109 buy time"

/* Trades with a member that has no place in them. */
#define KRAKEN_AND(more)                                                                           \
	"{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":83320.6,\"qty\":0.00034127,"           \
	"\"ord_type\":\"limit\",\"trade_id\":1," TIME "," more "}"
#define KRAKEN_STAMPED KRAKEN_AND("\"received_at\":1790732090400000000")
#define IS_KRAKEN "0: " KRAKEN_SHOWN("1") "\n"
#define NATIVE AGG("\"s\":\"BTCUSDT\",", "1")
#define IS_BINANCE "0: " AGG_SHOWN("binance", "BTCUSDT", "1") "\n"
#define IS_RECORD "0: " RECORD_SHOWN("-") "\n"
#define AGGTRADE(more)                                                                             \
	"{\"trade_id\":7,\"price\":1,\"quantity\":1,\"timestamp\":1790732090331" more              \
	",\"symbol\":\"X\"}"
#define AGGTRADE_REASON "a record of --schema aggtrade, which is not read back"
#define NO_TRADE "a message of an aggTrade stream without a trade"
#define MARK "\xEF\xBB\xBF"
#define NO_ANSWER "no answer of Kraken to a request for the trades of a pair"

#define NO_SYMBOL "there is no symbol in it: --product names it"
#define UNKNOWN "neither a trade nor a message that is known"
#define V1 "a message of Kraken WebSocket v1, which gives trades no ids: only v2 is read"
#define PLAIN_REASON "a plain trade of Binance, whose ids are other ones: only aggTrades are read"
#define EARLY "not JSON: the line ends too early (a record is one line: use jq -c .)"

struct line {
	enum source_kind pinned;
	const char *product, *exchange;
	const char *line, *calls;
};

static const struct line lines[] = {
	/* Kraken */
	{0, NULL, NULL, KRAKEN("1"), "0: " KRAKEN_SHOWN("1") "\n"},
	{0, "X", "y", KRAKEN("1"), "0: " KRAKEN_SHOWN("1") "\n"},
	{0, NULL, NULL, "{\"symbol\":\"X\"}", "bad 0: side is missing\n"},
	{0, NULL, NULL, UPDATE(KRAKEN("1") "," KRAKEN("2")),
		"1: " KRAKEN_SHOWN("1") "\n2: " KRAKEN_SHOWN("2") "\n"},
	{0, NULL, NULL, SNAPSHOT(KRAKEN("1") ",{}," KRAKEN("2") ",\"{}\""),
		"1: " KRAKEN_SHOWN("1") "\nbad 2: symbol is missing\n3: " KRAKEN_SHOWN(
			"2") "\nbad 4: not a JSON object\n"},
	{0, NULL, NULL, SNAPSHOT(""), "passed\n"},
	{0, NULL, NULL, HEARTBEAT, "passed\n"},
	{0, NULL, NULL, "{\"channel\":\"instrument\",\"type\":\"snapshot\",\"data\":{}}",
		"passed\n"},
	{0, NULL, NULL, "{\"method\":\"pong\",\"req_id\":1}", "passed\n"},
	{0, NULL, NULL,
		"{\"method\":\"subscribe\",\"result\":{\"symbol\":\"BTC/USD\"},\"success\":true}",
		"passed\n"},
	{0, NULL, NULL, "{\"channel\":7}", "bad 0: channel is not a string\n"},
	{0, NULL, NULL, "{\"channel\":\"trade\"}", "bad 0: data is missing\n"},
	{0, NULL, NULL,
		"{\"error\":\"Currency pair not supported \\u0058\",\"method\":\"subscribe\","
		"\"success\":false}",
		"bad 0: an error message of Kraken: Currency pair not supported X\n"},
	{0, NULL, NULL, "{\"Error\":\"Exceeded msg rate\"}",
		"bad 0: an error message of Kraken: Exceeded msg rate\n"},
	{0, NULL, NULL, "{\"method\":\"subscribe\",\"success\":false}",
		"bad 0: an error message of Kraken without a text\n"},
	{0, NULL, NULL, "{\"event\":\"systemStatus\",\"status\":\"online\"}", "bad 0: " V1 "\n"},
	{0, NULL, NULL, "[1668,[[\"5541.2\",\"0.1\",\"1534614057.3\",\"s\",\"l\",\"\"]],\"trade\"]",
		"bad 0: " V1 "\n"},
	{0, NULL, NULL, ANSWER(ROW "," ROW),
		"1: " ROW_SHOWN("XXBTZUSD") "\n2: " ROW_SHOWN("XXBTZUSD") "\n"},
	{0, "BTC/USD", "y", ANSWER(ROW), "1: " ROW_SHOWN("BTC/USD") "\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":{\"\\u0058\\/Y\":[" ROW "]}}",
		"1: " ROW_SHOWN("X/Y") "\n"},
	{0, NULL, NULL, ANSWER("[1]," ROW ",7"),
		"bad 1: a row of fewer than 6 values\n2: " ROW_SHOWN(
			"XXBTZUSD") "\nbad 3: a row that is no array\n"},
	{0, NULL, NULL,
		ANSWER("\""
		       "[]"
		       "\""),
		"bad 1: a row that is no array\n"},
	{0, NULL, NULL, ANSWER(""), "passed\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":{\"status\":\"online\"}}", "passed\n"},
	{0, NULL, NULL, "{\"error\":[\"EQuery:Unknown asset pair\"]}",
		"bad 0: an error answer of Kraken: EQuery:Unknown asset pair\n"},
	{0, NULL, NULL, "{\"error\":[]}", "bad 0: an answer of Kraken without result\n"},
	{0, NULL, NULL, "{\"error\":[1],\"result\":{}}", "bad 0: " NO_ANSWER "\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":{\"X\":[" ROW "],\"last\":\"1\",\"count\":1}}",
		"1: " ROW_SHOWN("X") "\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":{\"foo\":null,\"X\":[" ROW "]}}",
		"1: " ROW_SHOWN("X") "\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":{\"X\":[" ROW "],\"Y\":[" ROW "]}}",
		"bad 0: " NO_ANSWER "\n"},
	{0, NULL, NULL, "{\"error\":[\"EService:Busy\"],\"method\":\"x\"}",
		"bad 0: an error answer of Kraken: EService:Busy\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":\"x\"}", "bad 0: " NO_ANSWER "\n"},
	{0, NULL, NULL, "{\"error\":[],\"result\":[],\"id\":1}", "bad 0: " NO_ANSWER "\n"},
	{0, NULL, NULL, "{\"error\":[\"WGeneral:Odd\"],\"result\":{}}", "passed\n"},
	{0, NULL, NULL, KRAKEN_AND("\"product_id\":\"x\""), IS_KRAKEN},
	{0, NULL, NULL, KRAKEN_STAMPED, IS_KRAKEN},
	{0, NULL, NULL, KRAKEN_AND("\"received_at\":null"), IS_KRAKEN},
	{0, NULL, NULL, KRAKEN_AND("\"received_at\":1,\"received_at\":2"), IS_KRAKEN},
	{0, NULL, NULL, KRAKEN_AND("\"a\":1,\"p\":\"1\""), IS_KRAKEN},
	{0, NULL, NULL,
		"{\"symbol\":\"X\",\"side\":\"buy\",\"price\":1,\"trade_id\":1,\"method\":\"x\"}",
		"bad 0: qty is missing\n"},
	{0, NULL, NULL, "{\"channel\":\"status\",\"data\":[]}", "passed\n"},
	{0, NULL, NULL, "{\"error\":\"\",\"id\":2,\"result\":{\"X\":[" ROW "]}}",
		"bad 0: an error message of Kraken: \n"},
	{0, NULL, NULL, "{\"error\":0,\"method\":\"x\",\"result\":{\"X\":[" ROW "]}}",
		"bad 0: an error message of Kraken without a text\n"},
	/* Binance */
	{0, NULL, NULL, AGG("\"s\":\"BTCUSDT\",", "26129"),
		"0: " AGG_SHOWN("binance", "BTCUSDT", "26129") "\n"},
	{0, "X", "binance-um", AGG("\"s\":\"BTCUSDT\",", "0"),
		"0: " AGG_SHOWN("binance-um", "BTCUSDT", "0") "\n"},
	{0, NULL, "y", AGG("\"s\":\"BTCUSDT\",\"market\":\"um\",", "1"),
		"0: " AGG_SHOWN("binance-um", "BTCUSDT", "1") "\n"},
	{0, NULL, NULL, "{\"s\":\"BTCUSDT\",\"a\":1}", "bad 0: p is missing\n"},
	{0, NULL, NULL, "{\"s\":\"BTCUSDT\"}", "bad 0: a is missing\n"},
	{0, NULL, NULL, AGG_EVENT, "0: " AGG_SHOWN("binance", "BTCUSDT", "7") "\n"},
	{0, NULL, NULL, STREAM(AGG_EVENT), "0: " AGG_SHOWN("binance", "BTCUSDT", "7") "\n"},
	{0, NULL, NULL, "{\"e\":\"serverShutdown\",\"E\":1}", "passed\n"},
	{0, NULL, NULL, STREAM("{\"e\":\"depthUpdate\",\"s\":\"X\",\"a\":[],\"b\":[]}"),
		"passed\n"},
	{0, NULL, NULL, "{\"result\":null,\"id\":1}", "passed\n"},
	{0, NULL, NULL, "{\"s\":\"X\",\"a\":1,\"p\":\"1\",\"q\":\"1\",\"result\":1,\"id\":2}",
		"bad 0: T is missing\n"},
	{0, NULL, NULL, "{\"stream\":\"x@y\",\"data\":" AGG("\"s\":\"BTCUSDT\",", "1") "}",
		IS_BINANCE},
	{0, NULL, NULL, "{\"e\":\"x\",\"stream\":\"x@aggTrade\",\"data\":" AGG_EVENT "}",
		"0: " AGG_SHOWN("binance", "BTCUSDT", "7") "\n"},
	{0, NULL, NULL, STREAM("[" AGG_EVENT "]"), "bad 0: " NO_TRADE "\n"},
	{0, NULL, NULL, STREAM("null"), "bad 0: " NO_TRADE "\n"},
	{0, NULL, NULL, STREAM("{\"e\":7}"), "bad 0: " NO_TRADE "\n"},
	{0, NULL, NULL,
		"{\"id\":1,\"price\":\"1\",\"qty\":\"1\",\"time\":1,\"result\":1,\"stream\":\"x\"}",
		"bad 0: " PLAIN_REASON "\n"},
	{0, NULL, NULL, BINANCE_ERROR,
		"bad 0: an error answer of Binance: -1121 Invalid symbol.\n"},
	{0, NULL, NULL, PLAIN, "bad 0: " PLAIN_REASON "\n"},
	{0, NULL, NULL,
		"{\"e\":\"trade\",\"E\":1,\"s\":\"BNBBTC\",\"t\":12345,\"p\":\"0.001\","
		"\"q\":\"100\",\"b\":1,\"a\":2,\"T\":1672515782136,\"m\":true,\"M\":true}",
		"bad 0: " PLAIN_REASON "\n"},
	{0, "X", NULL, AGG("", "5"), "0: " AGG_SHOWN("binance", "X", "5") "\n"},
	{0, NULL, NULL, AGG("", "5"), "bad 0: " NO_SYMBOL "\n"},
	{0, "X", "binance-cm", "[" AGG("", "5") "," VOID_ROW "," AGG("", "6") ",{},8]",
		"1: " AGG_SHOWN("binance-cm", "X",
			"5") "\n2: binance-cm X void void 1498793709153000000 id=9 sell\n3: " AGG_SHOWN("binance-cm",
			"X", "6") "\nbad 4: a is missing\nbad 5: not a JSON object\n"},
	{0, NULL, NULL, "[" AGG("", "5") "," AGG("", "6") "]", "bad 0: " NO_SYMBOL "\n"},
	{0, NULL, NULL, "[{}," AGG("", "5") ",1]", "bad 0: " NO_SYMBOL "\n"},
	{0, NULL, NULL, "[" AGG("", "5") "," AGG_EVENT "]",
		"bad 1: " NO_SYMBOL "\n2: " AGG_SHOWN("binance", "BTCUSDT", "7") "\n"},
	{0, "X", NULL, "[" PLAIN "," PLAIN "]", "bad 0: " PLAIN_REASON "\n"},
	{0, "X", NULL, "[" PLAIN "," BINANCE_ERROR ",{\"e\":\"serverShutdown\"}," AGG("", "5") "]",
		"bad 1: " PLAIN_REASON
		"\nbad 2: not a trade of Binance\nbad 3: not a trade of Binance\n4: " AGG_SHOWN(
			"binance", "X", "5") "\n"},
	{0, NULL, NULL, " [ ] ", "passed\n"},
	{0, NULL, NULL, "[[1499040000000,\"0.01634790\"]]",
		"bad 0: an array that is no answer of Binance\n"},
	{0, NULL, NULL, "[\"x\"]", "bad 0: an array that is no answer of Binance\n"},
	{0, "X", NULL, CSV, "0: " AGG_SHOWN("binance", "X", "26129") "\n"},
	{0, "X", NULL, CSV "\r", "0: " AGG_SHOWN("binance", "X", "26129") "\n"},
	{0, NULL, NULL, CSV, "bad 0: " NO_SYMBOL "\n"},
	{0, NULL, NULL, CSV_HEADER, "passed\n"},
	{0, NULL, NULL, MARK CSV_HEADER, "passed\n"},
	{0, "X", NULL, MARK CSV, "0: " AGG_SHOWN("binance", "X", "26129") "\n"},
	{0, "X", NULL, "x" CSV,
		"bad 0: agg_trade_id is not an integer from 0 to 18446744073709551615\n"},
	{0, "X", NULL, "1672531436,90.540000,1.10448420",
		"bad 0: an archive line of 3 columns, not 7 or 8\n"},
	{0, "X", NULL, "  \"30243.40000\",", "bad 0: not JSON: something behind the value\n"},
	/* Trade records */
	{0, "X", "y", RECORD(",\"exchange\":\"kraken\""), "0: " RECORD_SHOWN("kraken") "\n"},
	{0, NULL, "y", RECORD(""), "0: " RECORD_SHOWN("y") "\n"},
	{0, NULL, NULL, RECORD(",\"symbol\":\"X\""), IS_RECORD},
	{0, NULL, NULL, RECORD(",\"id\":1,\"qty\":1,\"received_at\":1,\"frame\":{}"), IS_RECORD},
	{0, NULL, NULL, AGGTRADE(",\"is_buyer_maker\":true"), "bad 0: " AGGTRADE_REASON "\n"},
	{0, NULL, NULL, AGGTRADE(""), "bad 0: " AGGTRADE_REASON "\n"},
	{0, NULL, NULL, MARK RECORD(""), IS_RECORD},
	{0, NULL, NULL, MARK MARK RECORD(""), "bad 0: not JSON: no value where one is due\n"},
	{0, NULL, NULL,
		"{\"price\":1,\"quantity\":1," TIME ",\"trade_id\":1,\"side\":\"buy\",\"e\":\"x\"}",
		"bad 0: product_id is missing\n"},
	{0, NULL, NULL, "{\"product_id\":\"BTC/USD\"}", "bad 0: price is missing\n"},
	/* frames */
	{0, NULL, NULL, FRAME(UPDATE(KRAKEN("1"))), "1: " KRAKEN_SHOWN("1") "\n"},
	{0, NULL, NULL, FRAME(SNAPSHOT(KRAKEN("1"))), "1: " KRAKEN_SHOWN("1") "\n"},
	{0, NULL, NULL, FRAME(UPDATE(KRAKEN("1") "," KRAKEN("2"))),
		"1: " KRAKEN_SHOWN("1") "\n2: " KRAKEN_SHOWN("2") "\n"},
	{0, NULL, NULL, FRAME(KRAKEN("1")), IS_KRAKEN},
	{0, NULL, NULL, FRAME(KRAKEN_AND("\"received_at\":1")), IS_KRAKEN},
	{0, "X", NULL, FRAME(CSV), "bad 0: not JSON: a member without a name in quotes\n"},
	{0, NULL, NULL, FRAME(UPDATE(KRAKEN("1"))) "}",
		"bad 0: not JSON: something behind the value\n"},
	{0, NULL, NULL, "{\"received_at\":1,\"frame\":" KRAKEN("1") ",\"frame\":" HEARTBEAT "}",
		"passed\n"},
	{0, NULL, NULL, "{\"received_at\":1,\"frame\":" KRAKEN("1"), "bad 0: " EARLY "\n"},
	{0, NULL, NULL, "{\"frame\":" UPDATE(KRAKEN("1")) ",\"received_at\":\"now\"}",
		"1: " KRAKEN_SHOWN("1") "\n"},
	{0, NULL, NULL, FRAME(HEARTBEAT), "passed\n"},
	{0, NULL, NULL, FRAME("[1668,[],\"trade\"]"), "bad 0: " V1 "\n"},
	{0, NULL, NULL, FRAME(FRAME(HEARTBEAT)), "bad 0: a frame within a frame\n"},
	{0, NULL, NULL, FRAME("\"{}\""), "bad 0: frame is neither an object nor an array\n"},
	{0, NULL, NULL, FRAME("{}"), "bad 0: " UNKNOWN "\n"},
	/* none of them */
	{0, NULL, NULL, "{}", "bad 0: " UNKNOWN "\n"},
	{0, NULL, NULL, "{\"error\":null,\"e\":1,\"event\":2}", "bad 0: " UNKNOWN "\n"},
	{0, NULL, NULL, "{\"frame\":" HEARTBEAT "}", "bad 0: " UNKNOWN "\n"},
	{0, NULL, NULL, "17", "bad 0: " UNKNOWN "\n"},
	{0, NULL, NULL, "\"a,b\"", "bad 0: " UNKNOWN "\n"},
	{0, NULL, NULL, "true", "bad 0: " UNKNOWN "\n"},
	{0, NULL, NULL, "", "bad 0: " EARLY "\n"},
	{0, NULL, NULL, " \t", "bad 0: " EARLY "\n"},
	{0, NULL, NULL, "{", "bad 0: " EARLY "\n"},
	{0, NULL, NULL, "[ ", "bad 0: " EARLY "\n"},
	{0, NULL, NULL, "{\"symbol\":\"BTC/USD\" ", "bad 0: " EARLY "\n"},
	{0, NULL, NULL, "nonsense", "bad 0: not JSON: neither a value nor a word it knows\n"},
	{0, NULL, NULL, KRAKEN("1") ",", "bad 0: not JSON: something behind the value\n"},
	{0, NULL, NULL, KRAKEN("1") KRAKEN("1"), "bad 0: not JSON: something behind the value\n"},
};

/* What is pinned, and what becomes of one line of each shape. */
static const struct {
	const char *line;
	enum source_kind kinds[4]; /* that take it, SOURCE_AUTO at the end */
} shapes[] = {
	{KRAKEN("1"), {SOURCE_KRAKEN}},
	{" " KRAKEN("1"), {SOURCE_KRAKEN}},
	{UPDATE(KRAKEN("1")), {SOURCE_KRAKEN_WS}},
	{SNAPSHOT(KRAKEN("1")), {SOURCE_KRAKEN_WS}},
	{FRAME(UPDATE(KRAKEN("1"))), {SOURCE_KRAKEN_WS}},
	{FRAME(HEARTBEAT), {SOURCE_KRAKEN_WS}},
	{HEARTBEAT, {SOURCE_KRAKEN_WS}},
	{ANSWER(ROW), {SOURCE_KRAKEN_REST}},
	{ANSWER(""), {SOURCE_KRAKEN_REST}},
	{AGG("\"s\":\"BTCUSDT\",", "1"), {SOURCE_BINANCE}},
	{" " AGG("\"s\":\"BTCUSDT\",", "1"), {SOURCE_BINANCE}},
	{AGG_EVENT, {SOURCE_BINANCE_WS}},
	{STREAM(AGG_EVENT), {SOURCE_BINANCE_WS}},
	{"{\"result\":null,\"id\":1}", {SOURCE_BINANCE_WS}},
	{AGG("", "1"), {SOURCE_BINANCE, SOURCE_BINANCE_REST}},
	{"[" AGG("", "1") "]", {SOURCE_BINANCE_REST}},
	{"[]", {SOURCE_BINANCE_REST}},
	{CSV, {SOURCE_BINANCE_CSV}},
	{CSV_HEADER, {SOURCE_BINANCE_CSV}},
	{RECORD(""), {SOURCE_TRADE}},
	{AGGTRADE(""), {SOURCE_TRADE}},
	{KRAKEN_AND("\"e\":\"x\""), {SOURCE_KRAKEN}},
	{KRAKEN_AND("\"received_at\":1"), {SOURCE_KRAKEN}},
	{FRAME(KRAKEN("1")), {SOURCE_KRAKEN}},
	{AGG("\"s\":\"BTCUSDT\",\"result\":1,\"id\":2,", "1"), {SOURCE_BINANCE}},
	{" " RECORD(""), {SOURCE_TRADE}},
	{"17", {SOURCE_AUTO}},
};

/* Lines that a pinned source refuses in words of its own. */
static const struct line pinned_lines[] = {
	{SOURCE_KRAKEN, "X", NULL, "{}", "bad 0: symbol is missing\n"},
	{SOURCE_KRAKEN_WS, "X", NULL, "{}", "bad 0: channel is missing\n"},
	{SOURCE_KRAKEN_WS, "X", NULL, "[1,[],\"trade\"]", "bad 0: " V1 "\n"},
	{SOURCE_KRAKEN_REST, "X", NULL, "{}",
		"bad 0: no answer of Kraken to a request for the trades of a pair\n"},
	{SOURCE_KRAKEN_REST, "X", NULL, "[1,[],\"trade\"]", "bad 0: not a kraken-rest line\n"},
	{SOURCE_BINANCE, "X", NULL, "{}", "bad 0: a is missing\n"},
	{SOURCE_BINANCE, NULL, NULL, AGG("", "1"), "bad 0: " NO_SYMBOL "\n"},
	{SOURCE_BINANCE_WS, "X", NULL, "{}", "bad 0: a is missing\n"},
	{SOURCE_BINANCE_WS, "X", NULL, BINANCE_ERROR,
		"bad 0: an error answer of Binance: -1121 Invalid symbol.\n"},
	{SOURCE_BINANCE_REST, "X", NULL, "{}", "bad 0: a is missing\n"},
	{SOURCE_BINANCE_REST, "X", NULL, BINANCE_ERROR,
		"bad 0: an error answer of Binance: -1121 Invalid symbol.\n"},
	{SOURCE_BINANCE_REST, "X", NULL, PLAIN, "bad 0: " PLAIN_REASON "\n"},
	{SOURCE_BINANCE_REST, "X", NULL, "[[1]]", "bad 0: an array that is no answer of Binance\n"},
	{SOURCE_BINANCE_CSV, "X", NULL, "{}", "bad 0: not a binance-csv line\n"},
	{SOURCE_BINANCE_CSV, "X", NULL, "{", "bad 0: not a binance-csv line\n"},
	{SOURCE_BINANCE_CSV, "X", NULL, "1;2", "bad 0: an archive line of 1 column, not 7 or 8\n"},
	{SOURCE_TRADE, "X", NULL, "{}", "bad 0: product_id is missing\n"},
	{SOURCE_TRADE, "X", NULL, "{", "bad 0: " EARLY "\n"},
};

#endif
