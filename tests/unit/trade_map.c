/* Trades of any source by a program of jq. */
#include "market/trade_map.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static int put(void *arg, const char *text)
{
	FILE *log = arg;

	fputs(text, log);
	return 0;
}

/* The sink writes down what it is given; a product "STOP" ends the line. */

static int on_trade(void *arg, const struct trade *trade, size_t index)
{
	static const char *const sides[] = {"?", "buy", "sell"};
	char price[DECIMAL_TEXT_MAX], quantity[DECIMAL_TEXT_MAX];

	fprintf(arg, "%zu %.*s %.*s %.*s %lld %s %.*s", index, (int)trade->product.n,
		trade->product.p, (int)decimal_write(price, &trade->price), price,
		(int)decimal_write(quantity, &trade->quantity), quantity, (long long)trade->time_ns,
		sides[trade->side], (int)trade->exchange.n,
		trade->exchange.n ? trade->exchange.p : "");
	if (trade->has_id)
		fprintf(arg, " %llu", (unsigned long long)trade->id);
	put(arg, "\n");
	return span_is_text(trade->product, "STOP") ? -1 : 0;
}

static int on_passed(void *arg)
{
	return put(arg, "passed\n");
}

static int on_bad(void *arg, size_t index, const char *reason)
{
	fprintf(arg, "bad %zu %s\n", index, reason);
	return 0;
}

/* Puts "MAP" in place of the path of a map, which is longer. */
static void hide(char *text, const char *path)
{
	for (char *at; (at = strstr(text, path));) {
		memcpy(at, "MAP", 3);
		memmove(at + 3, at + strlen(path), strlen(at + strlen(path)) + 1);
	}
}

struct outcome {
	int result;
	struct err err;
	char *log;
};

static void write_program(char *path, const char *program)
{
	FILE *file = fdopen(mkstemp(path), "w");

	fputs(program, file);
	fclose(file);
}

/* One line through a program, whose file is gone afterwards. */
static void run(const char *program, const char *line, const char *exchange, struct outcome *to)
{
	char path[] = "/tmp/map.XXXXXX";
	size_t n;
	FILE *log = open_memstream(&to->log, &n);
	const struct source_sink sink = {on_trade, on_passed, on_bad, log};
	struct trade_map *map;

	write_program(path, program);
	to->err = (struct err){.text = ""};
	map = trade_map_open(path, 100, exchange, &to->err);
	to->result = map ? trade_map_read(map, span_text(line), &sink, &to->err) : -2;
	fclose(log);
	hide(to->log, path);
	hide(to->err.text, path);
	if (map)
		trade_map_close(map);
	remove(path);
}

#define USUAL "{\"s\":\"BTC\",\"p\":83320.60,\"q\":\"0.50\",\"t\":1672304486865,\"i\":74}"
#define MAP "{product_id:.s,price:.p,quantity:.q,timestamp:.t,trade_id:.i,side:\"buy\"}"
#define LONG                                                                                       \
	"{\"s\":\"t-11345678901234567891\",\"p\":0.10000000000000000001,\"q\":2,"                  \
	"\"t\":1672304486865,\"i\":12345678901234567890}"
#define BY " by the source map: its digits are not the exchange's\n"
#define TIME " 1672304486865000000 "

static const struct {
	const char *program, *line, *log;
} cases[] = {
	{MAP, USUAL, "0 BTC 83320.6 0.5" TIME "buy  74\n"},
	{MAP "|.exchange=\"x\"", USUAL, "0 BTC 83320.6 0.5" TIME "buy x 74\n"},
	/* No trade. */
	{"empty", USUAL, "passed\n"},
	{"null", USUAL, "passed\n"},
	{"null,null", USUAL, "passed\n"},
	/* Places. */
	{MAP "," MAP, USUAL,
		"1 BTC 83320.6 0.5" TIME "buy  74\n2 BTC 83320.6 0.5" TIME "buy  74\n"},
	{"null," MAP ",null", USUAL, "0 BTC 83320.6 0.5" TIME "buy  74\n"},
	{MAP ",1," MAP, USUAL,
		"1 BTC 83320.6 0.5" TIME "buy  74\nbad 2 MAP gave something that is no object\n"
		"3 BTC 83320.6 0.5" TIME "buy  74\n"},
	/* What is no trade. */
	{"[.]", USUAL, "bad 0 MAP gave something that is no object\n"},
	{"\"{}\"", USUAL, "bad 0 MAP gave something that is no object\n"},
	{MAP "|del(.price)", USUAL, "bad 0 price is missing\n"},
	{"error(\"no\")", USUAL, "bad 0 MAP: no\n"},
	{MAP ",error(\"no\")", USUAL, "1 BTC 83320.6 0.5" TIME "buy  74\nbad 2 MAP: no\n"},
	{MAP, "{\"s\":",
		"bad 0 not JSON: the line ends too early (a record is one line: use jq -c "
		".)\n"},
	{MAP, "{\"s\":01}", "bad 0 not JSON: a number with leading zeros\n"},
	/* Digits. */
	{MAP,
		"{\"s\":\"B\",\"p\":12345678901234567890.12345678901234567890,\"q\":1e-8,"
		"\"t\":1672304486865,\"i\":18446744073709551615}",
		"0 B 12345678901234567890.1234567890123456789 0.00000001" TIME
		"buy  18446744073709551615\n"},
	{MAP "|.price|=tonumber|.trade_id|=tonumber",
		"{\"s\":\"B\",\"p\":\"83320.12345678901234567\",\"q\":1,\"t\":1672304486865,"
		"\"i\":\"9007199254740993\"}",
		"0 B 83320.12345678901234567 1" TIME "buy  9007199254740993\n"},
	{MAP "|.price+=1", USUAL,
		"bad 0 price was computed by the source map: its digits are not the exchange's\n"},
	{MAP "|.quantity=0.1", USUAL,
		"bad 0 quantity was computed by the source map: its digits are not the "
		"exchange's\n"},
	{MAP "|.trade_id+=1", USUAL,
		"bad 0 trade_id was computed by the source map: its digits are not the "
		"exchange's\n"},
	{MAP, "{\"s\":\"B\",\"p\":0.1,\"q\":0.1000000000000000000001,\"t\":1672304486865,\"i\":1}",
		"bad 0 price could be any of several numbers of the line\n"},
	{MAP,
		"{\"s\":\"B\",\"p\":1,\"q\":0.10,\"x\":0.1000000000000000000001,"
		"\"t\":1672304486865,\"i\":1}",
		"bad 0 quantity could be any of several numbers of the line\n"},
	{MAP,
		"{\"s\":\"B\",\"p\":1,\"q\":1.0,\"t\":1672304486865,\"i\":9007199254740993,"
		"\"j\":9007199254740992}",
		"bad 0 trade_id could be any of several numbers of the line\n"},
	/* Digits as strings. */
	{MAP "|.price|=tostring|.quantity|=tostring|.trade_id|=tostring", USUAL,
		"0 BTC 83320.6 0.5" TIME "buy  74\n"},
	{MAP "|.price|=tostring", LONG, "bad 0 price was computed" BY},
	{MAP "|.price|=\"\\(.)\"", LONG, "bad 0 price was computed" BY},
	{MAP "|.price|=@text", LONG, "bad 0 price was computed" BY},
	{MAP "|.price|=(.*3|tostring)", USUAL, "bad 0 price was computed" BY},
	{MAP "|.trade_id|=tostring", LONG, "bad 0 trade_id was computed" BY},
	{MAP "|.quantity=\"1\"", USUAL, "bad 0 quantity was computed" BY},
	{MAP "|.quantity=\"74\"", USUAL, "0 BTC 83320.6 74" TIME "buy  74\n"},
	{MAP "|.trade_id=(.product_id|ltrimstr(\"t-\"))", LONG,
		"0 t-11345678901234567891 0.10000000000000000001 2" TIME
		"buy  11345678901234567891\n"},
	{MAP "|.trade_id=\"12345678901234567891\"", LONG, "bad 0 trade_id was computed" BY},
	{MAP "|.trade_id=(.product_id|ltrimstr(\"t-1\"))", LONG, "bad 0 trade_id was computed" BY},
	{MAP "|.price=\"0.1\"", LONG, "bad 0 price was computed" BY},
	{MAP "|.price=\"1e-1\"", LONG, "bad 0 price was computed" BY},
	{MAP "|.price=\"-0.1\"", LONG, "bad 0 price is not above zero\n"},
	{MAP "|.price=\"x\"", LONG, "bad 0 price is not a number\n"},
	{MAP,
		"{\"s\":\"B\",\"p\":\"0.1\",\"q\":0.5,\"x\":0.10000000000000000001,"
		"\"t\":1672304486865,\"i\":1}",
		"0 B 0.1 0.5" TIME "buy  1\n"},
	{MAP "|.quantity|=(tostring|ltrimstr(\"-\"))",
		"{\"s\":\"B\",\"p\":1,\"q\":-0.00010,\"t\":1672304486865,\"i\":1}",
		"0 B 1 0.0001" TIME "buy  1\n"},
	{"error(null)", USUAL, "bad 0 MAP: null (null)\n"},
	/* Times. */
	{MAP "|.timestamp=.trade_id|.trade_id=null",
		"{\"s\":\"B\",\"p\":1,\"q\":1,\"i\":1790732090331350123}",
		"0 B 1 1 1790732090331350123 buy \n"},
	{MAP "|.timestamp=1790732090", USUAL, "0 BTC 83320.6 0.5 1790732090000000000 buy  74\n"},
	{MAP "|.timestamp=1790732090331350", USUAL,
		"0 BTC 83320.6 0.5 1790732090331350000 buy  74\n"},
	{MAP "|.timestamp=99999999999", USUAL, "bad 0 timestamp lies beyond 2262\n"},
	{MAP "|.timestamp=100000000000", USUAL, "0 BTC 83320.6 0.5 100000000000000000 buy  74\n"},
	{MAP "|.timestamp=99999999999999", USUAL, "bad 0 timestamp lies beyond 2262\n"},
	{MAP "|.timestamp=100000000000000", USUAL,
		"0 BTC 83320.6 0.5 100000000000000000 buy  74\n"},
	{MAP "|.timestamp=999999999", USUAL, "bad 0 timestamp is a number below 1000000000\n"},
	{MAP "|.timestamp=1790732090331350123", USUAL,
		"bad 0 its time was computed by the source map: its digits are not the "
		"exchange's\n"},
	{MAP "|.timestamp=.timestamp/1000", USUAL,
		"bad 0 its time was computed by the source map: its digits are not the "
		"exchange's\n"},
	{MAP, "{\"s\":\"B\",\"p\":1,\"q\":1,\"t\":1534614057.321597123}",
		"0 B 1 1 1534614057321597123 buy \n"},
	{MAP, "{\"s\":\"B\",\"p\":1,\"q\":1,\"t\":1534614057.3215971234}",
		"bad 0 timestamp is neither an integer nor seconds from 1000000000 to 2262 with at "
		"most 9 fractional digits\n"},
	{MAP, "{\"s\":\"B\",\"p\":1,\"q\":1,\"t\":9007199254740993.5,\"u\":9007199254740993.6}",
		"bad 0 its time could be any of several numbers of the line\n"},
	{MAP "|.timestamp=\"2026-09-30T01:34:50.331350Z\"", USUAL,
		"0 BTC 83320.6 0.5 1790732090331350000 buy  74\n"},
	{MAP "|.timestamp_ms=.timestamp|del(.timestamp)", USUAL,
		"0 BTC 83320.6 0.5" TIME "buy  74\n"},
	{MAP "|.timestamp_ms=(.timestamp/1000|floor*1000)|del(.timestamp)", USUAL,
		"0 BTC 83320.6 0.5 1672304486000000000 buy  74\n"},
};

static void test_cases(void)
{
	struct outcome outcome;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		run(cases[i].program, cases[i].line, NULL, &outcome);
		if (!TAP_OK(outcome.result == 0 && strcmp(outcome.log, cases[i].log) == 0,
			    "%s of %s", cases[i].program, cases[i].line))
			printf("# %s# %s\n", outcome.log, outcome.err.text);
		free(outcome.log);
	}
}

static void test_ends(void)
{
	struct outcome outcome;

	run(MAP, USUAL, "okx", &outcome);
	TAP_OK(strcmp(outcome.log, "0 BTC 83320.6 0.5" TIME "buy okx 74\n") == 0,
		"the option's exchange");
	free(outcome.log);
	run(MAP "|.exchange=\"x\"", USUAL, "okx", &outcome);
	TAP_OK(strstr(outcome.log, "buy x 74") != NULL, "... gives way to the program's");
	free(outcome.log);
	run("def f: f; f", USUAL, NULL, &outcome);
	TAP_OK(outcome.result == -1 && outcome.err.code == EXIT_FAILED &&
			strcmp(outcome.err.text, "MAP: still running after 100 ms") == 0,
		"a program that does not end: %s", outcome.err.text);
	free(outcome.log);
	if (!getenv("SANITIZE")) {
		run(MAP "," MAP ",(1e300|todate)", USUAL, NULL, &outcome);
		TAP_OK(strstr(outcome.log, "1 BTC 83320.6") == outcome.log &&
				(strstr(outcome.log, "bad 3") ||
					(outcome.result == -1 && outcome.err.code == EXIT_FAILED &&
						strcmp(outcome.err.text,
							"MAP: libjq crashed on it (SIGABRT)") ==
							0)),
			"a program that crashes libjq 1.6: %s", outcome.err.text);
		free(outcome.log);
	}
	run(MAP "|.product_id=\"STOP\"," MAP, USUAL, NULL, &outcome);
	TAP_OK(outcome.result == -1 && !*outcome.err.text &&
			strcmp(outcome.log, "1 STOP 83320.6 0.5" TIME "buy  74\n") == 0,
		"the sink ends a line");
	free(outcome.log);
	run(".\n| foo", USUAL, NULL, &outcome);
	TAP_OK(outcome.result == -2 && outcome.err.code == EXIT_USAGE &&
			strcmp(outcome.err.text,
				"cannot compile 'MAP': line 2: foo/0 is not defined") == 0,
		"a program that does not compile: %s", outcome.err.text);
	free(outcome.log);
	TAP_OK(!trade_map_open("/nowhere/a.jq", 100, NULL, &outcome.err) &&
			outcome.err.code == EXIT_USAGE &&
			strncmp(outcome.err.text, "cannot read '/nowhere/a.jq': ", 29) == 0,
		"a file that is not there: %s", outcome.err.text);
}

/* Each line has its own numbers. */
static void test_lines(void)
{
	static const char *const lines[] = {USUAL, "[]",
		"{\"s\":\"B\",\"p\":83320.6000,\"q\":2.0,\"t\":1672304486865}", USUAL,
		"{\"s\":\"B\",\"p\":\"1\",\"q\":\"2\",\"t\":1672304486865,\"i\":75}"};
	char path[] = "/tmp/map.XXXXXX", *text;
	size_t n;
	FILE *log = open_memstream(&text, &n);
	const struct source_sink sink = {on_trade, on_passed, on_bad, log};
	struct trade_map *map;

	write_program(path, "select(type==\"object\")|" MAP "|del(.trade_id)");
	map = trade_map_open(path, 1000, "x", NULL);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		trade_map_read(map, span_text(lines[i]), &sink, NULL);
	fclose(log);
	TAP_OK(strcmp(text,
		       "0 BTC 83320.6 0.5" TIME "buy x\npassed\n0 B 83320.6 2" TIME "buy x\n"
		       "0 BTC 83320.6 0.5" TIME "buy x\n0 B 1 2" TIME "buy x\n") == 0,
		"one line after the other");
	free(text);
	trade_map_close(map);
	remove(path);
}

int main(void)
{
	test_cases();
	test_ends();
	test_lines();
	return tap_end();
}
