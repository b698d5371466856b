/* Messages made of records: key, headers, time and value, or why there is none. */
#include "json/message.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define TRADE "{\"product_id\":\"BTC-USD\",\"price\":1.50,\"trade_id\":7,\"time\":1731462981831}"
#define KEY(value) "{\"product_id\":" value "}"
#define TIME(value) "{\"product_id\":\"a\",\"time\":" value "}"
#define NOT_TIME "'time', the time, is neither RFC 3339 nor milliseconds since 1970"
#define TOO_LARGE "'time', the time, is too large for milliseconds since 1970"
#define SHOWN(key, rest) "{\"topic\":\"t\",\"key\":\"" key "\"" rest "}"

struct wish {
	const char *key, *headers[3], *timestamp, *omit;
};

static const struct wish plain = {.key = "product_id"};
static const struct wish none = {.key = "none"};
static const struct wish fixed = {.key = "@a\"b"};
static const struct wish timed = {.key = "product_id", .timestamp = "time"};
static const struct wish headed = {
	.key = "product_id", .headers = {"trade_id", "x=a.b", "source=@kraken"}};
static const struct wish lean = {
	.key = "product_id", .headers = {"trade_id"}, .timestamp = "time", .omit = "trade_id,time"};

static const struct {
	const struct wish *wish;
	const char *record;
	const char *reason; /* NULL: it is a message */
	const char *shown;
} cases[] = {
	{&plain, KEY("\"a\""), NULL, SHOWN("a", ",\"value\":\"{\\\"product_id\\\":\\\"a\\\"}\"")},
	{&plain, KEY("12.50"), NULL, SHOWN("12.50", ",\"value\":\"{\\\"product_id\\\":12.50}\"")},
	{&plain, KEY("\"\\u0000\\\"\""), NULL,
		SHOWN("\\u0000\\\"",
			",\"value\":\"{\\\"product_id\\\":\\\"\\\\u0000\\\\\\\"\\\"}\"")},
	{&plain, KEY("\"\""), NULL, SHOWN("", ",\"value\":\"{\\\"product_id\\\":\\\"\\\"}\"")},
	{&plain, "{}", "'product_id', the key, is missing", NULL},
	{&plain, KEY("null"), "'product_id', the key, is neither a string nor a number", NULL},
	{&plain, KEY("true"), "'product_id', the key, is neither a string nor a number", NULL},
	{&plain, KEY("[]"), "'product_id', the key, is neither a string nor a number", NULL},
	{&plain, "[1]", "not a JSON object, byte 1", NULL},
	{&plain, "{\"product_id\":\"a\"", "not JSON: ends too early, byte 18", NULL},
	{&none, "{ }", NULL, "{\"topic\":\"t\",\"value\":\"{ }\"}"},
	{&fixed, "{}", NULL, SHOWN("a\\\"b", ",\"value\":\"{}\"")},
	{&timed, TIME("1"), NULL,
		SHOWN("a",
			",\"timestamp_ms\":1,\"value\":\"{\\\"product_id\\\":\\\"a\\\","
			"\\\"time\\\":1}\"")},
	{&timed, TIME("99999999999999"), NULL,
		SHOWN("a",
			",\"timestamp_ms\":99999999999999,\"value\":"
			"\"{\\\"product_id\\\":\\\"a\\\",\\\"time\\\":99999999999999}\"")},
	{&timed, TIME("\"1970-01-01T00:00:01.0019Z\""), NULL,
		SHOWN("a",
			",\"timestamp_ms\":1001,\"value\":\"{\\\"product_id\\\":\\\"a\\\","
			"\\\"time\\\":\\\"1970-01-01T00:00:01.0019Z\\\"}\"")},
	{&timed, TIME("100000000000000"), TOO_LARGE, NULL},
	{&timed, TIME("1731462981831624000"), TOO_LARGE, NULL},
	{&timed, TIME("0"), NOT_TIME, NULL},
	{&timed, TIME("-1"), NOT_TIME, NULL},
	{&timed, TIME("1.5"), NOT_TIME, NULL},
	{&timed, TIME("1e3"), NOT_TIME, NULL},
	{&timed, TIME("\"1970-01-01T00:00:00.0001Z\""), NOT_TIME, NULL},
	{&timed, TIME("\"yesterday\""), NOT_TIME, NULL},
	{&timed, TIME("\"1731462981831\""), NOT_TIME, NULL},
	{&timed, TIME("null"), NOT_TIME, NULL},
	{&timed, TIME("[1]"), NOT_TIME, NULL},
	{&timed, KEY("1"), "'time', the time, is missing", NULL},
	{&headed, "{\"product_id\":1,\"trade_id\":7,\"a\":{\"b\":\"\\n\"}}", NULL,
		SHOWN("1",
			",\"headers\":{\"trade_id\":\"7\",\"x\":\"\\n\",\"source\":\"kraken\"},"
			"\"value\":\"{\\\"product_id\\\":1,\\\"trade_id\\\":7,"
			"\\\"a\\\":{\\\"b\\\":\\\"\\\\n\\\"}}\"")},
	{&headed, "{\"product_id\":1,\"trade_id\":null,\"a\":7}", NULL,
		SHOWN("1",
			",\"headers\":{\"source\":\"kraken\"},\"value\":"
			"\"{\\\"product_id\\\":1,\\\"trade_id\\\":null,\\\"a\\\":7}\"")},
	{&headed, "{\"product_id\":1,\"a\":{\"b\":false}}", NULL,
		SHOWN("1",
			",\"headers\":{\"x\":\"false\",\"source\":\"kraken\"},\"value\":"
			"\"{\\\"product_id\\\":1,\\\"a\\\":{\\\"b\\\":false}}\"")},
	{&headed, "{\"product_id\":1,\"trade_id\":[7]}",
		"'trade_id', the header, is an array or an object", NULL},
	{&headed, "{\"product_id\":1,\"a\":{\"b\":{}}}",
		"'a.b', the header, is an array or an object", NULL},
	{&lean, TRADE, NULL,
		SHOWN("BTC-USD",
			",\"headers\":{\"trade_id\":\"7\"},\"timestamp_ms\":1731462981831,"
			"\"value\":\"{\\\"product_id\\\":\\\"BTC-USD\\\",\\\"price\\\":1.50}\"")},
};

static const struct {
	struct wish wish;
	const char *reason;
} bad_wishes[] = {
	{{.key = ""}, "'' is not a field that a key can be"},
	{{.key = "a..b"}, "'a..b' is not a field that a key can be"},
	{{.key = "@\xff"}, "the key is not UTF-8"},
	{{.key = "a", .headers = {""}}, "'' is not NAME[=FIELD|@LITERAL], as --header needs"},
	{{.key = "a", .headers = {"=b"}}, "'=b' is not NAME[=FIELD|@LITERAL], as --header needs"},
	{{.key = "a", .headers = {"@b"}}, "'@b' is not NAME[=FIELD|@LITERAL], as --header needs"},
	{{.key = "a", .headers = {"b="}}, "'b=' is not NAME[=FIELD|@LITERAL], as --header needs"},
	{{.key = "a", .timestamp = "."}, "'.' is not a field that a time can be"},
	{{.key = "a", .omit = "a,,b"}, "'a,,b' is not FIELD,..., as --omit needs"},
	{{.key = "a", .omit = ""}, "'' is not FIELD,..., as --omit needs"},
};

static struct message_plan *open_plan(const struct wish *w, struct err *err)
{
	struct message_wish wish = {.key = w->key, .timestamp = w->timestamp, .omit = w->omit};

	for (size_t i = 0; i < 3 && w->headers[i]; i++)
		wish.headers.items[wish.headers.n++] = w->headers[i];
	return message_plan_open(&wish, err);
}

/* Twice with one plan: what is kept from one record does not show in the next. */
static void test_messages(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err;
		struct message_plan *plan = open_plan(cases[i].wish, &err);
		struct span record = span_text(cases[i].record);
		struct message message;
		struct buf shown;
		const char *reason;
		buf_init(&shown, 4096);
		message_read(plan, record, &message);
		reason = message_read(plan, record, &message);
		if (!reason)
			message_show(&message, "t", -1, &shown);
		TAP_OK(reason ? cases[i].reason && strcmp(reason, cases[i].reason) == 0
			      : cases[i].shown &&
					span_is(buf_span(&shown), span_text(cases[i].shown)),
			"%s", cases[i].record);
		buf_release(&shown);
		message_plan_close(plan);
	}
}

static void test_bad_wishes(void)
{
	for (size_t i = 0; i < sizeof bad_wishes / sizeof *bad_wishes; i++) {
		struct err err = {.text = ""};
		struct message_plan *plan = open_plan(&bad_wishes[i].wish, &err);
		TAP_OK(!plan && err.code == EXIT_USAGE &&
				strcmp(err.text, bad_wishes[i].reason) == 0,
			"%s: %s", bad_wishes[i].reason, err.text);
		message_plan_close(plan);
	}
}

static void test_limits(void)
{
	struct message_wish wish = {.key = "none"};
	struct message message = {.value = SPAN("{}")};
	struct message_plan *plan;
	struct err err = {.text = ""};
	struct buf shown;

	for (; wish.headers.n < MESSAGE_HEADERS_MAX; wish.headers.n++)
		wish.headers.items[wish.headers.n] = "h";
	plan = message_plan_open(&wish, &err);
	TAP_OK(plan, "as many headers as there may be");
	message_plan_close(plan);
	wish.headers.items[wish.headers.n++] = "h";
	TAP_OK(!message_plan_open(&wish, &err) && strcmp(err.text, "more than 32 headers") == 0,
		"one too many");
	buf_init(&shown, 40);
	TAP_OK(message_show(&message, "t", 3, &shown) == 0 &&
			span_is(buf_span(&shown),
				span_text("{\"topic\":\"t\",\"partition\":3,\"value\":\"{}\"}")),
		"a partition");
	TAP_OK(message_show(&message, "t", 3, &shown) < 0, "a buffer that is too small");
	buf_release(&shown);
}

int main(void)
{
	test_messages();
	test_bad_wishes();
	test_limits();
	return tap_end();
}
