/* Binance's aggregate trades: objects, native records, lines of archives. */
#include "market/binance_trade.h"

#include <stdlib.h>

#include "tap.h"

#define S "\"s\":\"BTCUSDT\""
#define A "\"a\":26129"
#define P "\"p\":\"0.01633102\""
#define Q "\"q\":\"4.70443510\""
#define F "\"f\":27781"
#define L "\"l\":27782"
#define T "\"T\":1498793709153"
#define M "\"m\":true"
#define BEST "\"M\":true"
#define REST A "," P "," Q "," F "," L "," T "," M
#define SPOT_NATIVE "{" S "," REST "," BEST "}"
#define UM_NATIVE "{" S ",\"market\":\"um\"," REST "}"
#define WITH(members) "{" S "," REST "," members "}"
#define NUMBERS(a, f, l, t)                                                                        \
	"{" S ",\"a\":" a ",\"p\":\"1\",\"q\":\"2\",\"f\":" f ",\"l\":" l ",\"T\":" t              \
	",\"m\":false}"
#define AMOUNTS(p, q, f, l)                                                                        \
	"{" A ",\"p\":\"" p "\",\"q\":\"" q "\",\"f\":" f ",\"l\":" l "," T "," M "}"

/* What is read in REST, but for the symbol and the market. */
#define READ "26129 0.01633102 4.70443510 1498793709153000000 sell"

/* Objects, what is read in them, and whether the shortcut takes them. */
static const struct {
	const char *object;
	const char *read; /* symbol, market, id, price, quantity, time, side */
	bool native;
} good[] = {
	{SPOT_NATIVE, "BTCUSDT - " READ, true},
	{UM_NATIVE, "BTCUSDT um " READ, true},
	{"{\"s\":\"BTCUSD_PERP\",\"market\":\"cm\"," REST "}", "BTCUSD_PERP cm " READ, true},
	{WITH("\"M\":false"), "BTCUSDT - " READ, true},
	{NUMBERS("0", "0", "0", "1"), "BTCUSDT - 0 1 2 1000000 buy", true},
	{NUMBERS("9999999999999999999", "10", "9999999999999999999", "1767225600039409"),
		"BTCUSDT - 9999999999999999999 1 2 1767225600039409000 buy", true},
	{NUMBERS("18446744073709551615", "18446744073709551615", "0", "9223372036854"),
		"BTCUSDT - 18446744073709551615 1 2 9223372036854000000 buy", false},
	{NUMBERS("12345678", "1", "1", "100000000000000"),
		"BTCUSDT - 12345678 1 2 100000000000000000 buy", true},
	{NUMBERS("1", "1", "1", "9223372036854775"), "BTCUSDT - 1 1 2 9223372036854775000 buy",
		true},
	/* As the exchange has them: REST, sorted by others, its socket for spot and futures. */
	{"{" REST "," BEST "}", "- - " READ, false},
	{"{" BEST "," T "," A "," F "," L "," M "," P "," Q "}", "- - " READ, false},
	{"{\"e\":\"aggTrade\",\"E\":1498793709200," S "," REST "," BEST "}", "BTCUSDT - " READ,
		false},
	{"{\"e\":\"aggTrade\",\"E\":1," A "," S "," P "," Q ",\"nq\":\"1.0\"," F "," L "," T "," M
	 ",\"X\":\"MARKET\",\"st\":2}",
		"BTCUSDT - " READ, false},
	/* Whatever JSON allows. */
	{" { " S " , " REST "} ", "BTCUSDT - " READ, false},
	{"{" S "," A "," P "," Q "," T "," M "}", "BTCUSDT - " READ, false},
	{"{\"a\":1,\"m\":false,\"p\":\"1\"," S "," REST "}", "BTCUSDT - " READ, false},
	{"{" S ",\"\\u0061\":26129," P "," Q "," T "," M ",\"market\":\"\\u0075m\"}",
		"BTCUSDT um " READ, false},
	{WITH("\"market\":\"spot\""), "BTCUSDT spot " READ, false},
	{"{\"s\":\"\xe5\xb8\x81USDT\"," REST "}", "\xe5\xb8\x81USDT - " READ, false},
	{"{\"s\":\"BTC\\u0055SDT\"," REST "}", "BTC\\u0055SDT - " READ, false},
	{WITH("\"p\":\"1.5e3\""), "BTCUSDT - 26129 1.5e3 4.70443510 1498793709153000000 sell",
		false},
	/* Declared void. */
	{AMOUNTS("0", "0", "-1", "-1"), "- - 26129 void 1498793709153000000 sell", false},
	{AMOUNTS("0.00000000", "0.00000000", "-1", "-1"), "- - 26129 void 1498793709153000000 sell",
		false},
};

#define NOT_WHOLE " is not an integer from 0 to 18446744073709551615"
#define NOT_A_TIME "T is not a time between 1970 and 2262 in ms or us"

static const struct {
	const char *object, *reason;
} bad[] = {
	{"", "not JSON: ends too early"},
	{"[]", "not a JSON object"},
	{SPOT_NATIVE "x", "not JSON: something behind the value"},
	{"{}", "a is missing"},
	{WITH("\"s\":1"), "s is not a string"},
	{WITH("\"s\":null"), "s is not a string"},
	{WITH("\"s\":\"\""), "s is empty"},
	{WITH("\"market\":\"UM\""), "market is not spot, um or cm"},
	{WITH("\"market\":\"\""), "market is not spot, um or cm"},
	{WITH("\"market\":null"), "market is not spot, um or cm"},
	{"{" S ",\"market\":\"xm\"," REST "}", "market is not spot, um or cm"},
	{WITH("\"a\":\"26129\""), "a" NOT_WHOLE},
	{WITH("\"a\":-1"), "a" NOT_WHOLE},
	{WITH("\"a\":1.0"), "a" NOT_WHOLE},
	{WITH("\"a\":1e3"), "a" NOT_WHOLE},
	{WITH("\"a\":null"), "a" NOT_WHOLE},
	{WITH("\"a\":18446744073709551616"), "a" NOT_WHOLE},
	{WITH("\"a\":01"), "not JSON: a number with leading zeros"},
	{"{" A "," Q "," T "," M "}", "p is missing"},
	{WITH("\"p\":0.01633102"), "p is not a string"},
	{WITH("\"p\":\"\""), "p is not a number"},
	{WITH("\"p\":\" 1\""), "p is not a number"},
	{WITH("\"p\":\"+1\""), "p is not a number"},
	{WITH("\"p\":\"01\""), "p is not a number"},
	{WITH("\"p\":\"1.\""), "p is not a number"},
	{WITH("\"p\":\"\\u0031\""), "p is not a number"},
	{WITH("\"p\":\"1,5\""), "p is not a number"},
	{WITH("\"p\":\"-1\""), "p is not above zero"},
	{WITH("\"p\":\"1e999\""), "p has more than 64 digits, or 128 without an exponent"},
	{"{" A "," P "," T "," M "}", "q is missing"},
	{WITH("\"q\":4.7"), "q is not a string"},
	{WITH("\"q\":\"NaN\""), "q is not a number"},
	{WITH("\"q\":\"0.00000000\""), "q is not above zero"},
	{WITH("\"f\":\"27781\""), "f" NOT_WHOLE},
	{WITH("\"f\":null"), "f" NOT_WHOLE},
	{WITH("\"f\":-2"), "f" NOT_WHOLE},
	{WITH("\"f\":-1"), "f" NOT_WHOLE},
	{WITH("\"l\":1.5"), "l" NOT_WHOLE},
	{WITH("\"l\":-1"), "l" NOT_WHOLE},
	{WITH("\"f\":-1,\"l\":-1"), "f" NOT_WHOLE},
	{WITH("\"l\":99999999999999999999"), "l" NOT_WHOLE},
	/* Almost void. */
	{AMOUNTS("0", "0", "1", "1"), "p is not above zero"},
	{AMOUNTS("0", "0", "-1", "1"), "p is not above zero"},
	{AMOUNTS("0", "1", "-1", "-1"), "p is not above zero"},
	{AMOUNTS("1", "0", "-1", "-1"), "q is not above zero"},
	{AMOUNTS("-0", "0", "-1", "-1"), "p is not above zero"},
	{AMOUNTS("x", "0", "-1", "-1"), "p is not a number"},
	{AMOUNTS("0", "0", "-1", "-1.0"), "l" NOT_WHOLE},
	{"{" A ",\"p\":\"0\",\"q\":\"0\"," T "," M "}", "p is not above zero"},
	{"{\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1," T "," M "}", "a is missing"},
	{"{" A ",\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1," M "}", "T is missing"},
	{"{" A ",\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1," T "}", "m is missing"},
	{"{" A "," P "," Q "," M "}", "T is missing"},
	{WITH("\"T\":\"1498793709153\""), NOT_A_TIME},
	{WITH("\"T\":1498793709153.5"), NOT_A_TIME},
	{WITH("\"T\":0"), NOT_A_TIME},
	{WITH("\"T\":-1"), NOT_A_TIME},
	{WITH("\"T\":9223372036855"), NOT_A_TIME},
	{WITH("\"T\":99999999999999"), NOT_A_TIME},
	{WITH("\"T\":9223372036854776"), NOT_A_TIME},
	{WITH("\"T\":18446744073709551616"), NOT_A_TIME},
	{NUMBERS("1", "1", "1", "99999999999999"), NOT_A_TIME},
	{NUMBERS("1", "1", "1", "0"), NOT_A_TIME},
	{NUMBERS("01", "1", "1", "1"), "not JSON: a number with leading zeros"},
	{NUMBERS("1", "00", "1", "1"), "not JSON: a number with leading zeros"},
	{NUMBERS("", "1", "1", "1"), "not JSON: no value where one is due"},
	{"{" A "," P "," Q "," T "}", "m is missing"},
	{WITH("\"m\":1"), "m is neither true nor false"},
	{WITH("\"m\":\"true\""), "m is neither true nor false"},
	{WITH("\"m\":null"), "m is neither true nor false"},
};

/* The columns of archives' lines. */
#define LINE "26129,0.01633102,4.70443510,27781,27782,1498793709153,"
#define QUOTED "\"26129\",\"0.01633102\",\"4.70443510\",\"27781\",\"27782\",\"1498793709153\","
#define HEADER                                                                                     \
	"agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"

static const struct {
	const char *line;
	const char *read; /* NULL: a header */
} good_lines[] = {
	{LINE "True,True", "- - " READ},
	{LINE "true", "- - " READ},
	{LINE "False,False", "- - 26129 0.01633102 4.70443510 1498793709153000000 buy"},
	{LINE "false", "- - 26129 0.01633102 4.70443510 1498793709153000000 buy"},
	{QUOTED "\"true\"", "- - " READ},
	{QUOTED "\"True\",\"False\"", "- - " READ},
	{QUOTED "True,\"True\"", "- - " READ},
	{"0,0.20000000,50.00000000,0,0,1735689600010866,False,True",
		"- - 0 0.20000000 50.00000000 1735689600010866000 buy"},
	{"0,2,5,0,0,1735689600010866,true", "- - 0 2 5 1735689600010866000 sell"},
	{"18446744073709551615,1e3,5,18446744073709551615,0,1,true",
		"- - 18446744073709551615 1e3 5 1000000 sell"},
	{"12027556,0.00000000,0.00000000,-1,-1,1614556860776,False,True",
		"- - 12027556 void 1614556860776000000 buy"},
	{"\"12027556\",\"0\",\"0\",\"-1\",\"-1\",\"1614556860776\",\"False\"",
		"- - 12027556 void 1614556860776000000 buy"},
	{HEADER, NULL},
	{HEADER ",is_best_match", NULL},
	{"\xEF\xBB\xBF" HEADER, NULL},
	{"\"agg_trade_id\",\"price\",\"quantity\",\"first\",\"last\",\"time\",\"maker\"", NULL},
	{"\xEF\xBB\xBF\"Id\",b,c,d,e,f,g,h", NULL},
	{"id,the price,q1,f_1,l,t,\"m\",b2", NULL},
};

static const struct {
	const char *line, *reason;
} bad_lines[] = {
	{"", "an archive line of 1 column, not 7 or 8"},
	{"Not Found", "an archive line of 1 column, not 7 or 8"},
	{"1,2", "an archive line of 2 columns, not 7 or 8"},
	{"26129,0.01633102,4.70443510,27781,27782,1498793709153",
		"an archive line of 6 columns, not 7 or 8"},
	{LINE, "is_buyer_maker is neither true nor false"},
	{LINE "True,", "is_best_match is neither true nor false"},
	{LINE "True,True,", "an archive line of 9 columns, not 7 or 8"},
	{LINE "True,True,a,b", "an archive line of 10 columns, not 7 or 8"},
	{LINE LINE LINE, "an archive line of more than 10 columns, not 7 or 8"},
	{"<?xml version=\"1.0\"?>,b,c,d,e,f,g", "agg_trade_id" NOT_WHOLE},
	{" " LINE "True", "agg_trade_id" NOT_WHOLE},
	{"\xEF\xBB\xBF" LINE "True", "agg_trade_id" NOT_WHOLE},
	/* a damaged line is no header */
	{"x0,0.2,50,0,0,1735689600010866,False,True", "agg_trade_id" NOT_WHOLE},
	{"x0,2,50,0,0,1735689600010866,False,True", "agg_trade_id" NOT_WHOLE},
	{"\xEF\xBB\xBFx0,2,50,0,0,1735689600010866,False,True", "agg_trade_id" NOT_WHOLE},
	{"id,price,quantity,first,last,1,maker", "agg_trade_id" NOT_WHOLE},
	{"id,price,quantity,first,last,time,", "agg_trade_id" NOT_WHOLE},
	{"id,price,\"1\",first,last,time,maker", "agg_trade_id" NOT_WHOLE},
	{"id,price, b,first,last,time,maker", "agg_trade_id" NOT_WHOLE},
	{",1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"01,1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"-1,1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"\"1,1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"\",1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"\"\"1\"\",1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"18446744073709551616,1,1,1,1,1,true", "agg_trade_id" NOT_WHOLE},
	{"1,,1,1,1,1,true", "price is not a number"},
	{"1, 1,1,1,1,1,true", "price is not a number"},
	{"1,1 ,1,1,1,1,true", "price is not a number"},
	{"1,0,1,1,1,1,true", "price is not above zero"},
	{"1,1,1.,1,1,1,true", "quantity is not a number"},
	{"1,1,0.0,1,1,1,true", "quantity is not above zero"},
	{"1,0,0,-1,1,1,true", "price is not above zero"},
	{"1,1,1,-1,-1,1,true", "first_trade_id" NOT_WHOLE},
	{"1,1,1,x,1,1,true", "first_trade_id" NOT_WHOLE},
	{"1,1,1,1,,1,true", "last_trade_id" NOT_WHOLE},
	{"1,1,1,1,00,1,true", "last_trade_id" NOT_WHOLE},
	{"1,1,1,1,1,0,true", "transact_time is not a time between 1970 and 2262 in ms or us"},
	{"1,1,1,1,1,1.5,true", "transact_time is not a time between 1970 and 2262 in ms or us"},
	{"1,1,1,1,1,01,true", "transact_time is not a time between 1970 and 2262 in ms or us"},
	{LINE "TRUE", "is_buyer_maker is neither true nor false"},
	{LINE "true ", "is_buyer_maker is neither true nor false"},
	{LINE "1", "is_buyer_maker is neither true nor false"},
	{LINE "Truefalse", "is_buyer_maker is neither true nor false"},
	{LINE "True,yes", "is_best_match is neither true nor false"},
	{LINE "True,\"True", "is_best_match is neither true nor false"},
};

/* What was read, in the form of the tables. */
static bool reads(const struct binance_trade *trade, const char *wanted)
{
	static const char *const markets[] = {"-", "spot", "um", "cm"};
	struct span symbol = trade->symbol.type == JSON_NONE ? span_text("-") : trade->symbol.raw;
	struct span price = trade->voided ? span_text("void") : trade->price.token;
	struct span quantity = trade->voided ? span_text("") : trade->quantity.token;
	char text[512];

	snprintf(text, sizeof text, "%.*s %s %llu %.*s%s%.*s %lld %s", span_shown(symbol), symbol.p,
		markets[trade->market], (unsigned long long)trade->id, span_shown(price), price.p,
		trade->voided ? "" : " ", span_shown(quantity), quantity.p,
		(long long)trade->time_ns, trade->buyer_is_maker ? "sell" : "buy");
	if (strcmp(text, wanted) != 0)
		printf("# read   %s\n# wanted %s\n", text, wanted);
	return strcmp(text, wanted) == 0;
}

static void test_objects(void)
{
	struct binance_trade trade;
	const char *reason;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		TAP_OK(binance_trade_read(span_text(good[i].object), &trade, &reason) == 0 &&
				reads(&trade, good[i].read),
			"read: %s", good[i].object);
		TAP_OK(binance_trade_read_native(span_text(good[i].object), &trade) ==
				good[i].native,
			"by the shortcut: %s", good[i].native ? "yes" : "no");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		reason = "";
		TAP_OK(binance_trade_read(span_text(bad[i].object), &trade, &reason) < 0 &&
				strcmp(reason, bad[i].reason) == 0,
			"%s: %s (%s)", bad[i].object, bad[i].reason, reason);
	}
}

static void test_lines(void)
{
	struct binance_trade trade;
	const char *reason;

	for (size_t i = 0; i < sizeof good_lines / sizeof *good_lines; i++) {
		const char *read = good_lines[i].read;
		int result = binance_trade_read_csv(span_text(good_lines[i].line), &trade, &reason);
		TAP_OK(read ? result == 0 && reads(&trade, read) : result == 1, "%s: %s",
			read ? "line" : "header", good_lines[i].line);
	}
	for (size_t i = 0; i < sizeof bad_lines / sizeof *bad_lines; i++) {
		reason = "";
		TAP_OK(binance_trade_read_csv(span_text(bad_lines[i].line), &trade, &reason) < 0 &&
				strcmp(reason, bad_lines[i].reason) == 0,
			"line %s: %s (%s)", bad_lines[i].line, bad_lines[i].reason, reason);
	}
}

/* The beginning, then filler until all has that length, then the end. */
static struct span stretched(
	struct buf *text, const char *head, const char *filler, const char *tail, size_t n)
{
	buf_clear(text);
	buf_add_text(text, head);
	while (text->len < n - strlen(tail))
		buf_add_text(text, filler);
	buf_add_text(text, tail);
	return buf_span(text);
}

static void test_bounds(void)
{
	enum { ROOM = BINANCE_TRADE_MAX + 1024, MAX = BINANCE_TRADE_MAX };
	static const char head[] = "{" S "," REST, symbol[] = "{\"s\":\"", tail[] = "\"," REST "}";
	struct binance_trade trade;
	const char *reason = "";
	struct buf text;

	buf_init(&text, ROOM);
	TAP_OK(binance_trade_read(stretched(&text, head, " ", "}", MAX), &trade, &reason) == 0,
		"a trade of 64 KiB");
	TAP_OK(binance_trade_read(stretched(&text, head, " ", "}", MAX + 1), &trade, &reason) < 0 &&
			strcmp(reason, "a trade of more than 65536 bytes") == 0,
		"and no longer");
	TAP_OK(binance_trade_read_native(stretched(&text, symbol, "x", tail, MAX), &trade),
		"the shortcut takes one of 64 KiB");
	TAP_OK(!binance_trade_read_native(stretched(&text, symbol, "x", tail, MAX + 1), &trade),
		"and no longer one");
	TAP_OK(binance_trade_read_csv(
		       stretched(&text, "1,1.", "0", ",1,1,1,1,true", MAX), &trade, &reason) == 0,
		"a line of 64 KiB");
	TAP_OK(binance_trade_read_csv(stretched(&text, "1,1.", "0", ",1,1,1,1,true", MAX + 1),
		       &trade, &reason) < 0 &&
			strcmp(reason, "an archive line of more than 65536 bytes") == 0,
		"and no longer");
	buf_release(&text);
}

static bool same_amount(const struct decimal *a, const struct decimal *b)
{
	return span_is(a->token, b->token) && a->plain == b->plain;
}

static bool same_trade(const struct binance_trade *a, const struct binance_trade *b)
{
	return a->symbol.type == b->symbol.type && a->symbol.escaped == b->symbol.escaped &&
		span_is(a->symbol.raw, b->symbol.raw) && a->market == b->market && a->id == b->id &&
		same_amount(&a->price, &b->price) && same_amount(&a->quantity, &b->quantity) &&
		a->time_ns == b->time_ns && a->buyer_is_maker == b->buyer_is_maker &&
		a->voided == b->voided;
}

/* The shortcut against the whole way, which a blank behind the brace forces. */
static bool ways_agree(const char *object, size_t n, bool *taken)
{
	struct binance_trade fast, slow;
	const char *reason;
	char *exact = malloc(n); /* so that a sanitizer sees who reads beyond */
	char *spaced = malloc(n + 1);
	bool agree;

	if (!exact || !spaced)
		abort();
	memcpy(exact, object, n);
	spaced[0] = '{';
	spaced[1] = ' ';
	memcpy(spaced + 2, object + 1, n - 1);
	*taken = binance_trade_read_native(span_make(exact, n), &fast);
	agree = !*taken ||
		(binance_trade_read(span_make(spaced, n + 1), &slow, &reason) == 0 &&
			same_trade(&fast, &slow));
	free(exact);
	free(spaced);
	return agree;
}

/* The line against one whose first column is quoted, which the shortcut does not know. */
static bool quotes_agree(const char *line, size_t n, bool *taken)
{
	struct binance_trade plain, quoted;
	const char *comma = memchr(line, ',', n);
	const char *reason, *other;
	size_t first = comma ? (size_t)(comma - line) : n;
	char *exact = malloc(n), *with = malloc(n + 2);
	int result;
	bool agree;

	if (!exact || !with)
		abort();
	memcpy(exact, line, n);
	with[0] = with[first + 1] = '"';
	memcpy(with + 1, line, first);
	memcpy(with + first + 2, line + first, n - first);
	result = binance_trade_read_csv(span_make(exact, n), &plain, &reason);
	*taken = result == 0;
	agree = binance_trade_read_csv(span_make(with, n + 2), &quoted, &other) == result;
	if (result == 0)
		agree = agree && same_trade(&plain, &quoted);
	else if (result < 0)
		agree = agree && strcmp(reason, other) == 0;
	free(exact);
	free(with);
	return agree;
}

/* Any byte but those that would quote a column twice. */
static const char alphabet[] = "0123456789.-+eE\\{}[],: \0\x1f\x7f\x80\xc3ZTtz/ab";

/* `whole` are the bytes of it that are enough: what is cut shorter is not taken. */
static void test_changed(const char *text, bool (*agree)(const char *, size_t, bool *),
	size_t whole, const char *what)
{
	char changed[512];
	size_t n = strlen(text), wrong = 0, changed_taken = 0;
	bool taken;

	memcpy(changed, text, n);
	TAP_OK(agree(text, n, &taken) && taken, "the usual %s is taken", what);
	for (size_t cut = 1; cut < whole; cut++)
		wrong += !agree(text, cut, &taken) || taken;
	TAP_OK(wrong == 0, "and none that is cut short");
	for (size_t i = 1; i < n; i++) {
		for (size_t c = 0; c < sizeof alphabet - 1; c++) {
			changed[i] = alphabet[c];
			wrong += !agree(changed, n, &taken);
			changed_taken += taken;
		}
		changed[i] = text[i];
	}
	TAP_OK(wrong == 0 && changed_taken > 100, "both ways read the same, whatever byte changes");
}

static void test_convert(void)
{
	static const struct {
		const char *object, *product, *exchange; /* the arguments */
		const char *wanted;
	} rows[] = {
		{SPOT_NATIVE, "", "", "BTCUSDT binance sell"},
		{SPOT_NATIVE, "X", "binance-um", "BTCUSDT binance-um sell"},
		{UM_NATIVE, "", "", "BTCUSDT binance-um sell"},
		{UM_NATIVE, "", "binance", "BTCUSDT binance-um sell"},
		{WITH("\"market\":\"cm\""), "", "", "BTCUSDT binance-cm sell"},
		{WITH("\"market\":\"spot\",\"m\":false"), "", "binance-us", "BTCUSDT binance buy"},
		{"{" REST "}", "ETHUSDT", "", "ETHUSDT binance sell"},
		{"{" REST "}", "", "", " binance sell"},
		{"{\"s\":\"BTC\\u0055SD\\/T\"," REST "}", "", "", "BTCUSD/T binance sell"},
	};
	struct binance_trade trade = {0};
	const char *reason = "";
	struct trade out;
	struct buf names;
	char text[128];

	buf_init(&names, BINANCE_TRADE_MAX);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		binance_trade_read(span_text(rows[i].object), &trade, &reason);
		binance_trade_convert(&trade, span_text(rows[i].product),
			span_text(rows[i].exchange), &names, &out);
		snprintf(text, sizeof text, "%.*s %.*s %s", span_shown(out.product), out.product.p,
			span_shown(out.exchange), out.exchange.p,
			out.side == TRADE_SELL ? "sell" : "buy");
		TAP_OK(strcmp(text, rows[i].wanted) == 0 && out.has_id && out.id == 26129 &&
				same_amount(&out.price, &trade.price) &&
				same_amount(&out.quantity, &trade.quantity) &&
				out.time_ns == trade.time_ns && !out.time_text.p && !out.voided,
			"converted: %s (%s)", rows[i].wanted, text);
	}
	binance_trade_read_csv(
		span_text("0,0.00000000,0,-1,-1,1614556860776,False,True"), &trade, &reason);
	binance_trade_convert(&trade, span_text("ZILBTC"), span_text(""), &names, &out);
	TAP_OK(out.voided && out.has_id && out.id == 0 && !trade_check(&out),
		"a void one keeps its id, which may be 0");
	buf_release(&names);
}

int main(void)
{
	test_objects();
	test_lines();
	test_bounds();
	test_changed(SPOT_NATIVE, ways_agree, strlen(SPOT_NATIVE), "record of spot");
	test_changed(UM_NATIVE, ways_agree, strlen(UM_NATIVE), "record of futures");
	test_changed(LINE "True,True", quotes_agree, strlen(LINE "True"), "line of spot");
	test_changed(LINE "false", quotes_agree, strlen(LINE "false"), "line of futures");
	test_convert();
	return tap_end();
}
