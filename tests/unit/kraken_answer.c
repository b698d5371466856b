/* Answers of Kraken's REST interface. */
#include "market/kraken_answer.h"

#include <stdio.h>
#include <unistd.h>

#include "shown.h"
#include "tap.h"

#define ROW "[\"30243.40000\",\"0.34507674\",1688669597.8277369,\"b\",\"m\",\"\",61044952]"
#define PAIR "\"XXBTZUSD\""
#define LAST "\"last\":\"1688671969993150842\""

static const struct {
	const char *answer;
	enum kraken_answer_kind kind;
	const char *text; /* of a refusal the error, of trades the pair's name; "": none */
	const char *last;
	size_t rows;
} answers[] = {
	{"{\"error\":[],\"result\":{" PAIR ":[" ROW "," ROW "]," LAST "}}", KRAKEN_ANSWER_TRADES,
		"XXBTZUSD", "1688671969993150842", 2},
	{"{\"new\":1,\"result\":{" LAST "," PAIR ":[" ROW "]},\"error\":[]}", KRAKEN_ANSWER_TRADES,
		"XXBTZUSD", "1688671969993150842", 1},
	{" {\"error\" : [ ] , \"result\" : { \"BTC\\/USD\" : [ ] } } ", KRAKEN_ANSWER_TRADES,
		"BTC/USD", "", 0},
	{"{\"error\":[\"WGeneral:Deprecated\"],\"result\":{" PAIR ":[" ROW "]," LAST "}}",
		KRAKEN_ANSWER_TRADES, "XXBTZUSD", "1688671969993150842", 1},
	{"{\"error\":[],\"result\":{" PAIR ":[],\"last\":1688671969}}", KRAKEN_ANSWER_TRADES,
		"XXBTZUSD", "", 0},
	{"{\"error\":[],\"result\":{" PAIR ":[],\"l\\u0061st\":\"1\"}}", KRAKEN_ANSWER_TRADES,
		"XXBTZUSD", "1", 0},
	{"{\"error\":[\"EQuery:Unknown asset pair\"]}", KRAKEN_ANSWER_REFUSED,
		"EQuery:Unknown asset pair", "", 0},
	{"{\"error\":[\"WGeneral:Odd\",\"EGeneral:Too many requests\",\"EService:Busy\"]}",
		KRAKEN_ANSWER_REFUSED, "EGeneral:Too many requests", "", 0},
	{"{\"error\":[\"EService:Unavailable\"],\"result\":{" PAIR ":[" ROW "]}}",
		KRAKEN_ANSWER_REFUSED, "EService:Unavailable", "", 0},
	{"{\"error\":[\"\"],\"result\":{" PAIR ":[]}}", KRAKEN_ANSWER_REFUSED, "", "", 0},
	{"{\"error\":[]}", KRAKEN_ANSWER_REFUSED, "", "", 0},
	{"{\"error\":[],\"result\":null}", KRAKEN_ANSWER_REFUSED, "", "", 0},
	{"{\"error\":[\"WGeneral:Odd\"]}", KRAKEN_ANSWER_REFUSED, "", "", 0},
	{"{\"error\":[],\"result\":{\"XXBTZUSD\":{\"altname\":\"XBTUSD\"}}}", KRAKEN_ANSWER_NOTHING,
		"", "", 0},
	{"{\"error\":[],\"result\":{\"status\":\"online\",\"upcoming_maintenance\":[]}}",
		KRAKEN_ANSWER_TRADES, "upcoming_maintenance", "", 0},
	{"{\"error\":[],\"result\":{\"status\":\"online\",\"timestamp\":\"\"}}",
		KRAKEN_ANSWER_NOTHING, "", "", 0},
	{"{\"error\":[],\"result\":{" PAIR ":[" ROW "]," LAST ",\"count\":1,\"foo\":null}}",
		KRAKEN_ANSWER_TRADES, "XXBTZUSD", "1688671969993150842", 1},
	{"{\"error\":[],\"result\":{\"foo\":{}," PAIR ":[" ROW "]}}", KRAKEN_ANSWER_TRADES,
		"XXBTZUSD", "", 1},
	{"{\"error\":[],\"result\":{\"A\":[],\"n\":1,\"B\":[]}}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":[],\"result\":{}}", KRAKEN_ANSWER_NOTHING, "", "", 0},
	{"{\"error\":[],\"result\":{" LAST "}}", KRAKEN_ANSWER_NOTHING, "", "", 0},
	{"{\"error\":[],\"result\":[]}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":[],\"result\":\"x\"}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":[],\"result\":{\"A\":[" ROW "],\"B\":[" ROW "]}}", KRAKEN_ANSWER_FOREIGN, "",
		"", 0},
	{"{\"result\":{" PAIR ":[" ROW "]," LAST "}}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":\"EQuery:Unknown asset pair\"}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":[1],\"result\":{}}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":[\"EGeneral:x\",{}]}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
	{"{\"error\":null,\"result\":{}}", KRAKEN_ANSWER_FOREIGN, "", "", 0},
};

static size_t count(const struct json_value *array)
{
	struct json_walk walk;
	struct json_value element;
	size_t n = 0;

	if (array->type != JSON_ARRAY)
		return 0;
	walk = json_walk_start(array->raw);
	while (json_walk_next(&walk, &element))
		n++;
	return n;
}

/* Whether a string reads so; "" stands for JSON_NONE as well. */
static bool reads(const struct json_value *value, const char *text)
{
	return value->type == JSON_NONE ? !*text : json_is(value, span_text(text));
}

static void test_answers(void)
{
	struct kraken_answer answer;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		kraken_answer_read(span_text(answers[i].answer), &answer);
		bool right = answer.kind == answers[i].kind;
		if (right && answer.kind == KRAKEN_ANSWER_TRADES)
			right = reads(&answer.pair, answers[i].text) &&
				reads(&answer.last, answers[i].last) &&
				answer.rows.type == JSON_ARRAY &&
				count(&answer.rows) == answers[i].rows;
		else if (right && answer.kind == KRAKEN_ANSWER_REFUSED)
			right = reads(&answer.error, answers[i].text);
		TAP_OK(right, "kind %d, %s: %s", (int)answers[i].kind, answers[i].text,
			answers[i].answer);
	}
}

#define NUMBERS "\"30243.40000\",\"0.34507674\""
#define SHOWN "kraken BTC/USD 30243.40000 0.34507674 "
#define TIME_REASON                                                                                \
	"time is not a number of seconds between 1970 and 2262 with at most 9 fractional digits"
#define ID_REASON "trade_id is not an integer from 0 to 18446744073709551615"

static const struct {
	const char *row, *shown, *reason;
} rows[] = {
	{ROW, SHOWN "1688669597827736900 id=61044952 buy", NULL},
	{"[ " NUMBERS " , 1557895726.2415 , \"s\" , \"l\" , \"\" ]",
		SHOWN "1557895726241500000 sell", NULL},
	{"[" NUMBERS ",1.6886695978277369e9,\"s\",\"l\",\"\",null]",
		SHOWN "1688669597827736900 sell", NULL},
	{"[" NUMBERS ",1676437015,\"\\u0062\",\"x\",\"fok\",0]", SHOWN "1676437015000000000 buy",
		NULL},
	{"[" NUMBERS ",9223372036.854775807,\"b\",\"m\",\"\",18446744073709551615,\"new\",{}]",
		SHOWN "9223372036854775807 id=18446744073709551615 buy", NULL},
	{"[" NUMBERS ",1e-9,\"b\",\"m\",\"\",1]", SHOWN "1 id=1 buy", NULL},
	{"[\"1e-8\",\"1\",1,\"b\",\"m\",\"\",1]", "kraken BTC/USD 1e-8 1 1000000000 id=1 buy",
		NULL},
	{"[]", NULL, "a row of fewer than 6 values"},
	{"[" NUMBERS ",1557895726.2415,\"s\",\"l\"]", NULL, "a row of fewer than 6 values"},
	{"[30243.4,\"1\",1,\"b\",\"m\",\"\"]", NULL, "price is not a string"},
	{"[\"\",\"1\",1,\"b\",\"m\",\"\"]", NULL, "price is not a number"},
	{"[\"\\u0031\",\"1\",1,\"b\",\"m\",\"\"]", NULL, "price is not a number"},
	{"[\"0.00000\",\"1\",1,\"b\",\"m\",\"\"]", NULL, "price is not above zero"},
	{"[\"1\",1,1,\"b\",\"m\",\"\"]", NULL, "volume is not a string"},
	{"[\"1\",\"x\",1,\"b\",\"m\",\"\"]", NULL, "volume is not a number"},
	{"[\"1\",\"-1\",1,\"b\",\"m\",\"\"]", NULL, "volume is not above zero"},
	{"[\"1\",\"1e999\",1,\"b\",\"m\",\"\"]", NULL,
		"volume has more than 64 digits, or 128 without an exponent"},
	{"[\"1\",\"1\",\"1688669597\",\"b\",\"m\",\"\"]", NULL, TIME_REASON},
	{"[\"1\",\"1\",0,\"b\",\"m\",\"\"]", NULL, TIME_REASON},
	{"[\"1\",\"1\",-1,\"b\",\"m\",\"\"]", NULL, TIME_REASON},
	{"[\"1\",\"1\",1688669597.8277369001,\"b\",\"m\",\"\"]", NULL, TIME_REASON},
	{"[\"1\",\"1\",9223372036.854775808,\"b\",\"m\",\"\"]", NULL, TIME_REASON},
	{"[\"1\",\"1\",1e99,\"b\",\"m\",\"\"]", NULL, TIME_REASON},
	{"[\"1\",\"1\",1,\"buy\",\"m\",\"\"]", NULL, "side is neither b nor s"},
	{"[\"1\",\"1\",1,null,\"m\",\"\"]", NULL, "side is neither b nor s"},
	{"[\"1\",\"1\",1,\"b\",1,\"\"]", NULL, "type is not a string"},
	{"[\"1\",\"1\",1,\"b\",\"m\",null]", NULL, "misc is not a string"},
	{"[" NUMBERS ",1,\"b\",\"m\",\"\",\"61044952\"]", NULL, ID_REASON},
	{"[" NUMBERS ",1,\"b\",\"m\",\"\",-1]", NULL, ID_REASON},
	{"[" NUMBERS ",1,\"b\",\"m\",\"\",1.0]", NULL, ID_REASON},
	{"[" NUMBERS ",1,\"b\",\"m\",\"\",18446744073709551616]", NULL, ID_REASON},
};

static void test_rows(void)
{
	static const struct span product = SPAN("BTC/USD");
	char text[SHOWN_MAX];
	struct kraken_row row;
	struct trade trade;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *reason = "";
		if (kraken_row_read(span_text(rows[i].row), &row, &reason) < 0) {
			TAP_OK(rows[i].reason && strcmp(reason, rows[i].reason) == 0, "%s: %s",
				rows[i].row, reason);
			continue;
		}
		kraken_row_convert(&row, product, &trade);
		TAP_OK(rows[i].shown && strcmp(shown(&trade, text), rows[i].shown) == 0, "%s: %s",
			rows[i].row, text);
	}
}

static const struct {
	const char *row, *record;
} records[] = {
	{ROW,
		"{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":30243.40000,\"qty\":0.34507674,"
		"\"ord_type\":\"market\",\"trade_id\":61044952,"
		"\"timestamp\":\"2023-07-06T18:53:17.8277369Z\"}"},
	{"[\"1\",\"2\",1557895729.4,\"s\",\"l\",\"\"]",
		"{\"symbol\":\"BTC/USD\",\"side\":\"sell\",\"price\":1,\"qty\":2,"
		"\"ord_type\":\"limit\",\"timestamp\":\"2019-05-15T04:48:49.400000Z\"}"},
	{"[\"1\",\"2\",1557895729.12345670,\"s\",\"x\",\"a\\u0022\",0]",
		"{\"symbol\":\"BTC/USD\",\"side\":\"sell\",\"price\":1,\"qty\":2,"
		"\"ord_type\":\"x\",\"timestamp\":\"2019-05-15T04:48:49.12345670Z\","
		"\"misc\":\"a\\\"\"}"},
	{"[\"1\",\"2\",1.5578957291234567e9,\"s\",\"\",\"\",null]",
		"{\"symbol\":\"BTC/USD\",\"side\":\"sell\",\"price\":1,\"qty\":2,"
		"\"timestamp\":\"2019-05-15T04:48:49.1234567Z\"}"},
	{"[\"1\",\"2\",1557895729,\"b\",\"\\u006c\",\"\",7,\"new\"]",
		"{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":1,\"qty\":2,"
		"\"ord_type\":\"limit\",\"trade_id\":7,"
		"\"timestamp\":\"2019-05-15T04:48:49.000000Z\"}"},
};

static void test_records(void)
{
	static const struct span product = SPAN("BTC/USD");
	char name[] = "/tmp/kraken-answer-XXXXXX", line[1024], time[STAMP_TEXT_MAX];
	struct kraken_trade trade;
	struct kraken_row row;
	const char *reason;
	uint64_t unwritten;
	struct err err;
	int fd = mkstemp(name);
	struct out *out = out_open(name, &err);
	FILE *file;

	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		kraken_row_read(span_text(records[i].row), &row, &reason);
		kraken_row_trade(&row, product, time, &trade);
		kraken_trade_write(out, &trade);
	}
	out_close(out, 0, &unwritten);
	file = fdopen(fd, "r");
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		bool right = fgets(line, sizeof line, file) != NULL;
		line[strcspn(line, "\n")] = '\0';
		TAP_OK(right && strcmp(line, records[i].record) == 0, "%s: %s", records[i].row,
			line);
	}
	fclose(file);
	unlink(name);
}

#define ERROR(text) "{\"error\":[\"" text "\"]}"
#define HTML "<html><body>502 Bad Gateway</body></html>"

static const struct {
	long status;
	const char *body;
	enum kraken_verdict verdict;
	enum exit_code code;
	const char *reason;
	int64_t wait_s;
} judged[] = {
	{200, "{\"error\":[],\"result\":{" PAIR ":[],\"last\":\"1\"}}", KRAKEN_TAKEN, 0, NULL, 0},
	{200, "{\"error\":[\"WGeneral:x\"],\"result\":{" PAIR ":[]}}", KRAKEN_TAKEN, 0, NULL, 0},
	{200, "{\"error\":[],\"result\":{}}", KRAKEN_TAKEN, 0, NULL, 0},
	{200, ERROR("EGeneral:Too many requests"), KRAKEN_TOO_FAST, EXIT_FAILED,
		"Kraken says: EGeneral:Too many requests", 0},
	{200, ERROR("EAPI:Rate limit exceeded"), KRAKEN_TOO_FAST, EXIT_FAILED,
		"Kraken says: EAPI:", 0},
	{429, HTML, KRAKEN_TOO_FAST, EXIT_FAILED, "status 429", 0},
	{200, ERROR("EGeneral:Temporary lockout"), KRAKEN_LOCKED, EXIT_FAILED,
		"Kraken says: EGeneral:Temporary lockout", 0},
	{200, ERROR("EService:Throttled:1000060"), KRAKEN_AGAIN, EXIT_FAILED,
		"Kraken says: EService:Throttled:1000060", 60},
	{200, ERROR("EService:Throttled:999000"), KRAKEN_AGAIN, EXIT_FAILED, "Kraken says: ", 0},
	{200, ERROR("EService:Throttled:99999999999999"), KRAKEN_AGAIN, EXIT_FAILED, "Kraken", 0},
	{200, ERROR("EService:Throttled"), KRAKEN_AGAIN, EXIT_FAILED, "Kraken says: ", 0},
	{200, ERROR("EService:Unavailable"), KRAKEN_AGAIN, EXIT_FAILED,
		"Kraken says: EService:", 0},
	{200, ERROR("EService:Market in cancel_only mode"), KRAKEN_AGAIN, EXIT_FAILED, "Kraken", 0},
	{200, ERROR("EGeneral:Internal error:17"), KRAKEN_AGAIN, EXIT_FAILED, "Kraken says: ", 0},
	{200, ERROR("EQuery:Unknown asset pair"), KRAKEN_FAILED, EXIT_USAGE,
		"Kraken says: EQuery:Unknown asset pair", 0},
	{200, ERROR("EGeneral:Invalid arguments:count"), KRAKEN_FAILED, EXIT_FAILED, "Kraken", 0},
	{200, ERROR("EGeneral:Permission denied"), KRAKEN_FAILED, EXIT_FAILED, "Kraken says: ", 0},
	{503, ERROR("EService:Unavailable"), KRAKEN_AGAIN, EXIT_FAILED, "Kraken says: ", 0},
	{400, ERROR("EQuery:Unknown asset pair"), KRAKEN_FAILED, EXIT_USAGE, "Kraken says: ", 0},
	{502, HTML, KRAKEN_AGAIN, EXIT_FAILED, "status 502", 0},
	{403, HTML, KRAKEN_AGAIN, EXIT_FAILED, "status 403", 0},
	{404, HTML, KRAKEN_FAILED, EXIT_FAILED, "status 404", 0},
	{451, "", KRAKEN_FAILED, EXIT_FAILED, "status 451", 0},
	{301, "", KRAKEN_FAILED, EXIT_USAGE, "status 301: it has moved to another address", 0},
	{302, "", KRAKEN_AGAIN, EXIT_FAILED, "status 302", 0},
	{500, "{\"error\":[],\"result\":{" PAIR ":[]}}", KRAKEN_AGAIN, EXIT_FAILED, "status 500",
		0},
	{200, "", KRAKEN_AGAIN, EXIT_FAILED, "the answer is none of Kraken's: not JSON", 0},
	{200, HTML, KRAKEN_AGAIN, EXIT_FAILED, "the answer is none of Kraken's: not JSON", 0},
	{200, "{\"error\":[],\"result\":{" PAIR ":[[\"3", KRAKEN_AGAIN, EXIT_FAILED, "the answer",
		0},
	{200, "[]", KRAKEN_AGAIN, EXIT_FAILED, "the answer is none of Kraken's", 0},
	{200, "{}", KRAKEN_AGAIN, EXIT_FAILED, "the answer is none of Kraken's", 0},
	{200, "{\"error\":[]}", KRAKEN_AGAIN, EXIT_FAILED,
		"the answer has neither a result nor an error", 0},
	{200, "{\"error\":[],\"result\":{\"A\":[],\"B\":[]}}", KRAKEN_AGAIN, EXIT_FAILED,
		"the answer is none of Kraken's", 0},
};

static void test_judge(void)
{
	const int64_t now_ns = 1000000 * STAMP_NS_PER_S;

	for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
		struct kraken_answer answer;
		struct err err = {.code = EXIT_DONE};
		int64_t wait_ns = -1;
		enum kraken_verdict verdict = kraken_answer_judge(judged[i].status,
			span_text(judged[i].body), now_ns, &answer, &wait_ns, &err);

		TAP_OK(verdict == judged[i].verdict && err.code == judged[i].code &&
				wait_ns == judged[i].wait_s * STAMP_NS_PER_S &&
				(!judged[i].reason ||
					strstr(err.text, judged[i].reason) == err.text),
			"%ld %s: %d %s", judged[i].status, judged[i].body, (int)verdict, err.text);
	}
}

int main(void)
{
	test_answers();
	test_rows();
	test_records();
	test_judge();
	return tap_end();
}
