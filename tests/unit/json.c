/* RFC 8259, and what callers look for in objects and arrays. */
#include "json/json.h"

#include <stdlib.h>

#include "tap.h"

#define T(literal) (literal), sizeof(literal) - 1

static const struct {
	const char *p;
	size_t n;
	enum json_type type;
} good[] = {
	{T("null"), JSON_NULL},
	{T("true"), JSON_TRUE},
	{T("false"), JSON_FALSE},
	{T("0"), JSON_NUMBER},
	{T("-0"), JSON_NUMBER},
	{T("10"), JSON_NUMBER},
	{T("-1.50e+007"), JSON_NUMBER},
	{T("1E-2"), JSON_NUMBER},
	{T("0.0"), JSON_NUMBER},
	{T("123456789012345678901234567890"), JSON_NUMBER},
	{T(" \t\r\n1 \t\r\n"), JSON_NUMBER},
	{T("\"\""), JSON_STRING},
	{T("\"plain text of more than eight bytes\""), JSON_STRING},
	{T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00E9\""), JSON_STRING},
	{T("\"\\ud83d\\ude00 \\uD83D\\uDE00\""), JSON_STRING},
	{T("\"\\u0000\""), JSON_STRING},
	{T("\"\x7f\""), JSON_STRING},
	{T("\"\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf\""),
		JSON_STRING},
	{T("\"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf\""), JSON_STRING},
	{T("[]"), JSON_ARRAY},
	{T("[ ]"), JSON_ARRAY},
	{T("[1,\"a\",[ ],{},null]"), JSON_ARRAY},
	{T("[ 1 , 2 ]"), JSON_ARRAY},
	{T("{}"), JSON_OBJECT},
	{T("{ \"a\" : 1 , \"b\" : [ { } ] }"), JSON_OBJECT},
	{T("{\"\":0}"), JSON_OBJECT},
	{T("{\"a\":1,\"a\":2}"), JSON_OBJECT},
};

/* `at` is where each goes wrong; where that is the length, more text could mend it. */
static const struct {
	const char *p;
	size_t n;
	size_t at;
} bad[] = {
	{T(""), 0},
	{T(" "), 1},
	{T("nul"), 3},
	{T("nulL"), 3},
	{T("True"), 0},
	{T("NaN"), 0},
	{T("Infinity"), 0},
	{T("'a'"), 0},
	{T("1 2"), 2},
	{T("{}{}"), 2},
	{T("1\0"), 1},
	{T("\0"), 0},
	{T("\xef\xbb\xbf{}"), 0},
	{T("-"), 1},
	{T("+1"), 0},
	{T(".5"), 0},
	{T("1."), 2},
	{T("1.e5"), 2},
	{T("01"), 1},
	{T("-01"), 2},
	{T("00"), 1},
	{T("1e"), 2},
	{T("1e+"), 3},
	{T("1e+-1"), 3},
	{T("0x10"), 1},
	{T("--1"), 1},
	{T("1.2.3"), 3},
	{T("\""), 1},
	{T("\"abc"), 4},
	{T("\"abcdefghijk"), 12},
	{T("\"\\\""), 3},
	{T("\"\\x41\""), 2},
	{T("\"\\u12g4\""), 5},
	{T("\"\\u12"), 5},
	{T("\"\\\0\""), 2},
	{T("\"a\nb\""), 2},
	{T("\"a\tb\""), 2},
	{T("\"a\0b\""), 2},
	{T("\"12345678\0b\""), 9},
	{T("\"\x1f\""), 1},
	{T("\"\\ud83d\""), 7},
	{T("\"\\ud83d\\n\""), 8},
	{T("\"\\ud83d\\ud83d\""), 13},
	{T("\"\\ud83d\\u0041\""), 13},
	{T("\"\\ude00\""), 7},
	{T("\"\x80\""), 1},
	{T("\"\xbf\""), 1},
	{T("\"\xc0\xaf\""), 1},
	{T("\"\xc1\xbf\""), 1},
	{T("\"\xc3\""), 1},
	{T("\"\xc3\x28\""), 1},
	{T("\"\xe0\x9f\xbf\""), 1},
	{T("\"\xe2\x82\""), 1},
	{T("\"\xed\xa0\x80\""), 1},
	{T("\"\xed\xbf\xbf\""), 1},
	{T("\"\xf0\x8f\xbf\xbf\""), 1},
	{T("\"\xf4\x90\x80\x80\""), 1},
	{T("\"\xf5\x80\x80\x80\""), 1},
	{T("\"\xf0\x9f\x98\""), 1},
	{T("\"\xff\""), 1},
	{T("["), 1},
	{T("[1"), 2},
	{T("[1,"), 3},
	{T("[1,]"), 3},
	{T("[,1]"), 1},
	{T("[1 2]"), 3},
	{T("[1}"), 2},
	{T("]"), 0},
	{T("{"), 1},
	{T("{\"a\""), 4},
	{T("{\"a\":"), 5},
	{T("{\"a\":1"), 6},
	{T("{\"a\":1,"), 7},
	{T("{\"a\":1,}"), 7},
	{T("{\"a\" 1}"), 5},
	{T("{\"a\":}"), 5},
	{T("{a:1}"), 1},
	{T("{1:1}"), 1},
	{T("{\"a\":1 \"b\":2}"), 7},
	{T("{\"a\":1]"), 6},
	{T("{\"a\\q\":1}"), 4},
	{T("{\"\xff\":1}"), 2},
};

/* A copy of just the bytes, so that a sanitizer sees who reads beyond them. */
static char *copy_of(const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, p, n);
	return copy;
}

static void test_grammar(void)
{
	struct json_value value;
	struct json_fault fault;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char *copy = copy_of(good[i].p, good[i].n);
		TAP_OK(json_scan(span_make(copy, good[i].n), &value, &fault) == 0 &&
				value.type == good[i].type,
			"JSON, case %zu", i);
		free(copy);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *copy = copy_of(bad[i].p, bad[i].n);
		int result = json_scan(span_make(copy, bad[i].n), &value, &fault);
		TAP_OK(result < 0 && fault.at == bad[i].at, "not JSON at %zu, case %zu: %s",
			bad[i].at, i, result < 0 ? fault.reason : "accepted");
		free(copy);
	}
}

/* Every place at which a valid text is cut short is one where more text could follow. */
static void test_cut(void)
{
	static const char text[] =
		"{\"a\":[1.5e3,\"\\u00e9\\ud83d\\ude00x\",true,null,{\"b\":{}}],\"c\":false}";
	struct json_value value;
	struct json_fault fault;
	size_t n = 0;

	while (n < sizeof text - 1) {
		char *copy = copy_of(text, n);
		bool refused = json_scan(span_make(copy, n), &value, &fault) < 0 && fault.at == n;
		free(copy);
		if (!refused)
			break;
		n++;
	}
	TAP_OK(n == sizeof text - 1, "a text cut short is refused at its end (cut at %zu)", n);
}

static void test_depth(void)
{
	enum { DEEPEST = JSON_DEPTH_MAX, ROOM = 2 * (DEEPEST + 1) };
	char text[ROOM];
	struct json_value value;
	struct json_fault fault;

	memset(text, '[', DEEPEST + 1);
	memset(text + DEEPEST + 1, ']', DEEPEST + 1);
	TAP_OK(json_scan(span_make(text + 1, 2 * DEEPEST), &value, &fault) == 0, "64 arrays deep");
	TAP_OK(json_scan(span_make(text, ROOM), &value, &fault) < 0 && fault.at == DEEPEST + 1,
		"65 arrays deep is refused");
	struct buf wide;
	buf_init(&wide, 4096);
	buf_add_text(&wide, "[");
	for (size_t i = 0; i < 2 * JSON_DEPTH_MAX; i++)
		buf_add_text(&wide, i % 2 ? "[]," : "{},");
	buf_add_text(&wide, "0]");
	TAP_OK(json_scan(buf_span(&wide), &value, &fault) == 0, "neighbours do not add up");
	buf_release(&wide);
}

static void test_object(void)
{
	static const struct {
		const char *text;
		const char *a, *b; /* literals, NULL: not there */
	} cases[] = {
		{"{\"a\":1,\"b\":2}", "1", "2"},
		{"{\"b\":2,\"a\":1}", "1", "2"},
		{"{\"x\":[{\"a\":9}],\"a\":1.50,\"y\":0,\"b\":\"q\"}", "1.50", "q"},
		{"{\"a\":1,\"a\":2,\"b\":3,\"a\":4}", "4", "3"},
		{"{\"\\u0061\":7}", "7", NULL},
		{"{\"\\u0061a\":7,\"ab\":8,\"\":9}", NULL, NULL},
		{" { \"b\" : [ 1 , 2 ] } ", NULL, "[ 1 , 2 ]"},
		{"{}", NULL, NULL},
	};
	struct json_fault fault;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_member members[] = {{.name = SPAN("a")}, {.name = SPAN("b")}};
		const char *wanted[] = {cases[i].a, cases[i].b};
		bool right = json_object(span_text(cases[i].text), members, 2, &fault) == 0;
		for (size_t m = 0; m < 2; m++)
			right = right &&
				(wanted[m] ? span_is_text(members[m].value.raw, wanted[m])
					   : members[m].value.type == JSON_NONE);
		TAP_OK(right, "members of %s", cases[i].text);
	}
	TAP_OK(json_object(span_text("[1]"), NULL, 0, &fault) < 0 &&
			strcmp(fault.reason, "not a JSON object") == 0,
		"an array is no object");
	TAP_OK(json_object(span_text("[1"), NULL, 0, &fault) < 0 && fault.at == 2,
		"a broken array is no JSON");
	TAP_OK(json_object(span_text("{} x"), NULL, 0, &fault) < 0 && fault.at == 3,
		"nothing may follow an object");
}

static void test_walk(void)
{
	static const char *const wanted[] = {"1", "a", "[2,3]", "{\"x\":4}", "null"};
	struct json_value array, element;
	struct json_fault fault;
	struct json_walk walk;
	size_t n = 0;
	bool right = true;

	json_scan(span_text(" [1 , \"a\",[2,3] ,{\"x\":4},null ] "), &array, &fault);
	walk = json_walk_start(array.raw);
	for (; json_walk_next(&walk, &element); n++)
		right = right && n < 5 && span_is_text(element.raw, wanted[n]);
	TAP_OK(right && n == 5, "five elements of an array");
	json_scan(span_text("[ ]"), &array, &fault);
	walk = json_walk_start(array.raw);
	TAP_OK(!json_walk_next(&walk, &element), "no element of an empty array");
}

/* Every byte at every place of a text longer than the scanner's stride. */
static void test_plain(void)
{
	char text[] = "abcdefghijklmnopqrstu";
	size_t n = sizeof text - 1;
	size_t wrong = 0;

	for (size_t at = 0; at < n; at++) {
		char kept = text[at];
		for (unsigned byte = 0; byte < 256; byte++) {
			bool special = byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
			text[at] = (char)byte;
			wrong += json_plain_length(span_make(text, n)) != (special ? at : n);
		}
		text[at] = kept;
	}
	TAP_OK(wrong == 0, "plain text ends where a byte needs a closer look");
}

static void test_strings(void)
{
	static const struct {
		const char *text, *means, *written;
	} cases[] = {
		{"\"BTC/USD\"", "BTC/USD", "BTC/USD"},
		{"\"BTC\\/USD\"", "BTC/USD", "BTC/USD"},
		{"\"\\u0042TC\"", "BTC", "BTC"},
		{"\"a\\\"b\\\\c\"", "a\"b\\c", "a\\\"b\\\\c"},
		{"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", "\\b\\f\\n\\r\\t"},
		{"\"\\u000a\\u001F\"", "\n\x1f", "\\n\\u001f"},
		{"\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
			"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\"\\uFFFF\\uDBFF\\uDFFF\\u07ff\\u0800\"",
			"\xef\xbf\xbf\xf4\x8f\xbf\xbf\xdf\xbf\xe0\xa0\x80",
			"\xef\xbf\xbf\xf4\x8f\xbf\xbf\xdf\xbf\xe0\xa0\x80"},
		{"\"\xc3\xa9\\u0041\x7f\"",
			"\xc3\xa9"
			"A\x7f",
			"\xc3\xa9"
			"A\x7f"},
	};
	struct json_value value;
	struct json_fault fault;
	struct buf buf;

	buf_init(&buf, 64);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char written[64];
		json_scan(span_text(cases[i].text), &value, &fault);
		struct span text = json_text(&value, &buf);
		TAP_OK(span_is_text(text, cases[i].means), "%s unescaped", cases[i].text);
		TAP_OK(json_is(&value, text) && !json_is(&value, span_text("BTC/US")) &&
				!json_is(&value, span_text("BTC/USDT")),
			"%s compared", cases[i].text);
		text = span_make(written, json_write(written, &value));
		TAP_OK(span_is_text(text, cases[i].written), "%s escaped no more than needed",
			cases[i].text);
	}
	buf_release(&buf);
	buf_init(&buf, 4);
	json_scan(span_text("\"\\n1234\""), &value, &fault);
	TAP_OK(json_text(&value, &buf).p == NULL, "a buffer too small gives no text");
	json_scan(span_text("17"), &value, &fault);
	TAP_OK(!json_is(&value, span_text("17")), "a number is no string");
	TAP_OK(!json_is(&(struct json_value){.type = JSON_NONE}, span_text("")),
		"nor is a member that is not there");
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		bool right;
		uint64_t number;
	} cases[] = {
		{"0", true, 0},
		{"109583109", true, 109583109},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"-1", false, 0},
		{"-0", false, 0},
		{"1.0", false, 0},
		{"1e3", false, 0},
		{"\"1\"", false, 0},
		{"null", false, 0},
	};
	struct json_value value;
	struct json_fault fault;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t number = 0;
		json_scan(span_text(cases[i].text), &value, &fault);
		TAP_OK((json_u64(&value, &number) == 0) == cases[i].right &&
				(!cases[i].right || number == cases[i].number),
			"%s as an integer", cases[i].text);
	}
}

int main(void)
{
	test_grammar();
	test_cut();
	test_depth();
	test_object();
	test_walk();
	test_plain();
	test_strings();
	test_numbers();
	return tap_end();
}
