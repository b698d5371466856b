/* What of a record tells its stream, id and time, and what becomes of it. */
#include "base/mem.h"

#include "flows.h"

#define TIME(second) "\"2026-09-30T01:34:" second ".331350Z\""

/* Records of one flow; those that are new are moved on to. */
struct step {
	const char *name, *record;
	enum flow_verdict verdict;
	const char *reason; /* NULL: none */
};

static void play(struct flow *flow, const struct step *step)
{
	const char *reason = "not set";
	enum flow_verdict verdict = flow_judge(flow, span_text(step->record), &reason);
	bool good = step->reason ? reason && strcmp(reason, step->reason) == 0 : !reason;

	if (verdict == FLOW_NEW)
		flow_advance(flow);
	if (!TAP_OK(verdict == step->verdict && good, "%s", step->name))
		printf("# verdict %d, %s\n", (int)verdict, reason ? reason : "no reason");
}

static void play_all(
	const struct flow_options *options, const struct step *steps, size_t n, const char *wanted)
{
	struct flow *flow = begun(options);

	for (size_t i = 0; i < n; i++)
		play(flow, &steps[i]);
	TAP_OK(shows(flow, wanted), "and that is the cursor");
	flow_close(flow);
}

#define PLAY(options, steps, text) play_all(options, steps, sizeof steps / sizeof *steps, text)

static const struct step verdicts[] = {
	{"a stream begins", TRADE("A", "100", TIME("10")), FLOW_NEW, NULL},
	{"the next one", TRADE("A", "101", TIME("11")), FLOW_NEW, NULL},
	{"the last one again", TRADE("A", "101", TIME("11")), FLOW_SKIPPED, NULL},
	{"the first one again", TRADE("A", "100", TIME("10")), FLOW_SKIPPED, NULL},
	{"another stream", TRADE("B", "7", TIME("10")), FLOW_NEW, NULL},
	{"below the first", TRADE("A", "99", TIME("09")), FLOW_REFUSED,
		"id 99 of 'kraken,A' is below 100, where it begins"},
	{"an id is missing", TRADE("A", "103", TIME("12")), FLOW_REFUSED,
		"ids 102 to 102 of 'kraken,A' are missing before id 103 "
		"(--allow-gaps takes filtered streams)"},
	{"it comes after all", TRADE("A", "102", TIME("12")), FLOW_NEW, NULL},
	{"an old id with a later time", TRADE("A", "101", TIME("13")), FLOW_REFUSED,
		"id 101 of 'kraken,A' is not above the last one, 102, but later than its time, "
		"2026-09-30T01:34:12.331350Z: its sequence seems to have begun anew"},
	{"an old id without a time", TRADE("A", "101", "null"), FLOW_SKIPPED, NULL},
	{"not JSON", "{\"trade_id\":103", FLOW_REFUSED, "not JSON: ends too early, byte 16"},
	{"no object", "[]", FLOW_REFUSED, "not a JSON object, byte 1"},
	{"an empty line", "", FLOW_REFUSED, "not JSON: ends too early, byte 1"},
};

static const struct step gaps[] = {
	{"a filtered stream begins", TRADE("A", "100", TIME("10")), FLOW_NEW, NULL},
	{"a gap that is allowed", TRADE("A", "200", TIME("11")), FLOW_NEW, NULL},
	{"and another", TRADE("A", "18446744073709551615", TIME("12")), FLOW_NEW, NULL},
	{"what is in the gap", TRADE("A", "150", TIME("12")), FLOW_SKIPPED, NULL},
	{"below the first is refused all the same", TRADE("A", "99", TIME("09")), FLOW_REFUSED,
		"id 99 of 'kraken,A' is below 100, where it begins"},
};

/* Ids and times in the forms that they may have. */
#define NO_ID(name, id)                                                                            \
	{                                                                                          \
		(name), TRADE("A", id, TIME("50")), FLOW_REFUSED,                                  \
			"'trade_id', its id, is not a whole number from 0 to 18446744073709551615" \
	}
#define NO_TIME(name, time)                                                                                      \
	{                                                                                                        \
		(name), TRADE("A", "7", time), FLOW_REFUSED,                                                     \
			"'timestamp', its time, is neither RFC 3339 nor milliseconds or microseconds since 1970" \
	}
static const struct step forms[] = {
	{"id 0, time in milliseconds", TRADE("A", "0", "1790732090331"), FLOW_NEW, NULL},
	{"an id as a string", TRADE("A", "\"1\"", "1790732090332"), FLOW_NEW, NULL},
	{"an id as a string with escapes", TRADE("A", "\"\\u0032\"", "1790732090333"), FLOW_NEW,
		NULL},
	{"a time with escapes", TRADE("A", "3", "\"2026-09-30T01\\u003a34:50.334Z\""), FLOW_NEW,
		NULL},
	{"a time with an offset", TRADE("A", "4", "\"2026-09-30T03:34:50.335000001+02:00\""),
		FLOW_NEW, NULL},
	{"a time that is null", TRADE("A", "5", "null"), FLOW_NEW, NULL},
	{"no time", "{\"product_id\":\"A\",\"trade_id\":6,\"exchange\":\"kraken\"}", FLOW_NEW,
		NULL},
	{"a time in microseconds, later than the last", TRADE("A", "5", "1790732099000000"),
		FLOW_REFUSED,
		"id 5 of 'kraken,A' is not above the last one, 6, but later than its time, "
		"2026-09-30T01:34:50.335000Z: its sequence seems to have begun anew"},
	{"no id", "{\"product_id\":\"A\",\"exchange\":\"kraken\"}", FLOW_REFUSED,
		"it has no id: 'trade_id' is missing"},
	{"an id that is null", TRADE("A", "null", TIME("50")), FLOW_REFUSED,
		"it has no id: 'trade_id' is missing"},
	NO_ID("an id with a fraction", "7.0"),
	NO_ID("with an exponent", "7e0"),
	NO_ID("below 0", "-7"),
	NO_ID("of 2^64", "18446744073709551616"),
	NO_ID("an empty string", "\"\""),
	NO_ID("a string that is no number", "\"7x\""),
	NO_ID("true", "true"),
	NO_ID("an array", "[7]"),
	NO_TIME("a time that is none", "\"today\""),
	NO_TIME("an empty time", "\"\""),
	NO_TIME("milliseconds as a string", "\"1790732090331\""),
	NO_TIME("seconds with a fraction", "1790732090.331"),
	NO_TIME("before 1970", "-1"),
	{"the last millisecond", TRADE("B", "7", "9223372036854"), FLOW_NEW, NULL},
	NO_TIME("one after that", "9223372036855"),
	NO_TIME("a time that is an object", "{}"),
	NO_TIME("true as a time", "true"),
};

/* By dotted paths, and a literal between them. */
#define NESTED(exchange, symbol, id)                                                               \
	"{\"trade\":{\"symbol\":" symbol ",\"n\":{\"id\":" id "}},\"from\":" exchange "}"
static const struct step nested[] = {
	{"fields in objects", NESTED("\"x\"", "\"A\"", "1"), FLOW_NEW, NULL},
	{"another stream by the last one", NESTED("\"x\"", "\"B\"", "5"), FLOW_NEW, NULL},
	{"by the first one", NESTED("\"y\"", "\"A\"", "9"), FLOW_NEW, NULL},
	{"the first goes on", NESTED("\"x\"", "\"A\"", "2"), FLOW_NEW, NULL},
	{"a value with escapes is the same", NESTED("\"\\u0078\"", "\"\\u0041\"", "3"), FLOW_NEW,
		NULL},
	{"two with escapes are kept apart", NESTED("\"\\u0078x\"", "\"\\u0041\\\"\\u00e9\"", "4"),
		FLOW_NEW, NULL},
	{"when they come again", NESTED("\"\\u0078x\"", "\"A\\u0022\\u00e9\"", "5"), FLOW_NEW,
		NULL},
	{"a number tells a stream by its digits", NESTED("1.50", "true", "1"), FLOW_NEW, NULL},
	{"an empty text is one", NESTED("\"\"", "\"\"", "1"), FLOW_NEW, NULL},
	{"a field is missing", "{\"trade\":{\"symbol\":\"A\",\"n\":{\"id\":4}}}", FLOW_REFUSED,
		"'from', by which its stream is told, is missing"},
	{"or null", NESTED("null", "\"A\"", "4"), FLOW_REFUSED,
		"'from', by which its stream is told, is missing"},
	{"the object around one is missing", "{\"from\":\"x\"}", FLOW_REFUSED,
		"'trade.symbol', by which its stream is told, is missing"},
	{"it is an array", NESTED("\"x\"", "[\"A\"]", "4"), FLOW_REFUSED,
		"'trade.symbol', by which its stream is told, is an array or an object"},
	{"an object", NESTED("{}", "\"A\"", "4"), FLOW_REFUSED,
		"'from', by which its stream is told, is an array or an object"},
	{"the id's object is missing", "{\"from\":\"x\",\"trade\":{\"symbol\":\"A\"}}",
		FLOW_REFUSED, "it has no id: 'trade.n.id' is missing"},
};

static const struct step literals[] = {
	{"a literal and a field", "{\"symbol\":\"BTCUSDT\",\"a\":26129}", FLOW_NEW, NULL},
	{"its next one", "{\"symbol\":\"BTCUSDT\",\"a\":26130,\"T\":1}", FLOW_NEW, NULL},
	{"is the same whatever else the record says",
		"{\"binance\":1,\"@binance\":2,\"symbol\":\"BTCUSDT\",\"a\":26131,\"T\":2}",
		FLOW_NEW, NULL},
};

static void test_verdicts(void)
{
	static const struct flow_options presets = {PRESETS},
					 passing = {PRESETS, .allow_gaps = true},
					 deep = {.stream = "from,@l i,trade.symbol",
						 .id = "trade.n.id",
						 .time = "at"},
					 literal = {.stream = "@binance,symbol",
						 .id = "a",
						 .time = "T"};

	PLAY(&presets, verdicts,
		HEAD("1") "1/1 exchange,product_id\nkraken,A 100 102 1790732052331350000\n"
			  "kraken,B 7 7 1790732050331350000\n");
	PLAY(&passing, gaps,
		HEAD("1") "1/1 exchange,product_id\n"
			  "kraken,A 100 18446744073709551615 1790732052331350000\n");
	PLAY(&presets, forms,
		HEAD("1") "1/1 exchange,product_id\nkraken,A 0 6 1790732090335000001\n"
			  "kraken,B 7 7 9223372036854000000\n");
	PLAY(&deep, nested,
		HEAD("1") "1/1 from,@l%20i,trade.symbol\nx,l%20i,A 1 3 0\nx,l%20i,B 5 5 0\n"
			  "y,l%20i,A 9 9 0\nxx,l%20i,A\"%C3%A9 4 5 0\n1.50,l%20i,true 1 1 0\n"
			  ",l%20i, 1 1 0\n");
	PLAY(&literal, literals,
		HEAD("1") "1/1 @binance,symbol\nbinance,BTCUSDT 26129 26131 2000000\n");
}

/* Trade records as they come, and with a blank behind them: read in two ways, with one result. */
#define PLAIN(product, id, exchange)                                                               \
	"{\"product_id\":\"" product "\",\"price\":8.10,\"quantity\":0.1,\"timestamp\":"           \
	"\"2026-09-30T01:34:50.331350Z\",\"timestamp_ms\":1790732090331" id                        \
	",\"side\":\"buy\",\"exchange\":\"" exchange "\"}"
static const char *const plain[] = {
	PLAIN("A", ",\"trade_id\":5", "x"),
	PLAIN("A", ",\"trade_id\":6", "x"),
	PLAIN("B", ",\"trade_id\":9223372036854775807", "x"),
	PLAIN("A", ",\"trade_id\":8", "y"),
	PLAIN("A", ",\"trade_id\":9", "y"),
	PLAIN("A", ",\"trade_id\":8", "y"),
	PLAIN("A", "", "y"),
	PLAIN("A", ",\"trade_id\":10", ""),
};

static const struct flow_options ways[] = {
	{PRESETS},
	{.stream = "product_id,@x,exchange", .id = "trade_id", .time = "timestamp"},
	{.stream = "@x", .id = "trade_id", .time = "timestamp"},
	{.stream = "product_id,side", .id = "trade_id", .time = "timestamp"},
	{.stream = "exchange", .id = "timestamp_ms", .time = "timestamp"},
	{.stream = "product_id", .id = "trade_id", .time = "timestamp_ms"},
};

static void test_shortcut(void)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct flow *fast = begun(&ways[i]), *slow = begun(&ways[i]);
		char text[300], seen[2][2000] = {"", ""}, *wanted;
		for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
			const char *reason;
			snprintf(text, sizeof text, "%s ", plain[k]);
			for (size_t blank = 0; blank < 2; blank++) {
				struct flow *flow = blank ? slow : fast;
				size_t n = strlen(seen[blank]);
				enum flow_verdict verdict = flow_judge(
					flow, span_make(text, strlen(plain[k]) + blank), &reason);
				if (verdict == FLOW_NEW)
					flow_advance(flow);
				snprintf(seen[blank] + n, sizeof *seen - n, "%d %s\n", (int)verdict,
					reason ? reason : "");
			}
		}
		wanted = mem_text(shown(slow));
		TAP_OK(strcmp(seen[0], seen[1]) == 0 && shows(fast, wanted),
			"Trade records by %s, %s and %s", ways[i].stream, ways[i].id, ways[i].time);
		free(wanted);
		flow_close(fast);
		flow_close(slow);
	}
}

/* A member as long as asked for, of one text again and again. */
static void test_long(const char *name, const char *unit, size_t n, const char *wanted)
{
	static const struct flow_options options = {.stream = "p", .id = "id", .time = "at"};
	struct flow *flow = begun(&options);
	struct buf record;
	const char *reason;

	buf_init(&record, 1 << 20);
	buf_add_text(&record, "{\"p\":\"");
	for (size_t i = 0; i < n; i++)
		buf_add_text(&record, unit);
	buf_add_text(&record, "\",\"id\":1}");
	TAP_OK(flow_judge(flow, buf_span(&record), &reason) == (wanted ? FLOW_REFUSED : FLOW_NEW) &&
			(wanted ? strncmp(reason, wanted, strlen(wanted)) == 0 : !reason),
		"%s", name);
	buf_release(&record);
	flow_close(flow);
}

static void test_room(void)
{
	static const char room[] = "the cursor has no room for the stream of ";

	test_long(
		"the longest value with escapes that a cursor has room for", "\\u0041", 3900, NULL);
	test_long("one that it has no room for", "\\u0041", 4090, room);
	test_long("one beyond what is unescaped", "\\u0041", 4097,
		"'p', by which its stream is told, is too long");
	test_long("a long one without escapes", "A", 5000, room);
}

int main(void)
{
	test_verdicts();
	test_shortcut();
	test_room();
	return tap_end();
}
