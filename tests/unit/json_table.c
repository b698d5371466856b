/* What the scanner accepts and refuses (json_table.h), with its ceiling for depth; of members with one
 * name the last counts. */
#include "json_table.h"

#include <stdlib.h>

#include "json/json.h"
#include "tap.h"

enum { ROOM = 256 };

/* Scans a copy of just the bytes, so that a sanitizer sees who reads beyond them. */
static bool accepted(const char *p, size_t n, struct json_value *value)
{
	struct json_fault fault;
	char *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, p, n);
	bool good = json_scan(span_make(copy, n), value, &fault) == 0;
	free(copy);
	return good;
}

/* Whether the verdict on a row is the same with something around it. */
static bool within(const char *before, const struct row *row, const char *after)
{
	char text[ROOM];
	struct json_value value;
	size_t head = strlen(before), tail = strlen(after);

	if (head + row->n + tail > sizeof text)
		abort();
	memcpy(text, before, head);
	memcpy(text + head, row->p, row->n);
	memcpy(text + head + row->n, after, tail);
	return accepted(text, head + row->n + tail, &value) == row->good;
}

/* Literals are what they are wherever they stand; also where nobody asks for them. */
static void test_literals(const char *name, const struct row *rows, size_t n, enum json_type type)
{
	for (size_t i = 0; i < n; i++) {
		struct json_value value = {.type = JSON_NONE};
		bool right = accepted(rows[i].p, rows[i].n, &value) == rows[i].good;

		if (rows[i].good && type != JSON_NONE)
			right = right && value.type == type;
		right = right && within(" ", &rows[i], "\n") && within("[", &rows[i], "]") &&
			within("[0,", &rows[i], " ,\"a plain string\"]") &&
			within("{\"name\":", &rows[i], "}") &&
			within("{\"name\":[{\"deep\":", &rows[i], "}],\"next\":1}");
		TAP_OK(right, "%s, row %zu is %s", name, i, rows[i].good ? "accepted" : "refused");
	}
}

static void test_names(void)
{
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		TAP_OK(within("{", &strings[i], ":1}") &&
				within("{\"first\":0, ", &strings[i], " : [ ]}"),
			"strings, row %zu as a name", i);
}

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_value value;
		TAP_OK(accepted(texts[i].p, texts[i].n, &value) == texts[i].good,
			"texts, row %zu is %s", i, texts[i].good ? "accepted" : "refused");
	}
}

/* Each byte by itself in a string, and between values. */
static void test_bytes(void)
{
	size_t wrong = 0;

	for (unsigned byte = 0; byte < 256; byte++) {
		char in_string[] = "\"longer than one stride ? and on\"";
		char between[] = "[1?]";
		struct json_value value;
		bool blank = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
		bool digit = byte >= '0' && byte <= '9';

		*strchr(in_string, '?') = (char)byte;
		*strchr(between, '?') = (char)byte;
		wrong += accepted(in_string, sizeof in_string - 1, &value) !=
			(byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\');
		wrong += accepted(between, sizeof between - 1, &value) != (blank || digit);
	}
	TAP_OK(wrong == 0, "each byte in a string and between values");
}

static bool nested(struct buf *text, size_t depth, const char *open, const char *close)
{
	struct json_value value;

	buf_clear(text);
	for (size_t i = 0; i < depth; i++)
		buf_add_text(text, i % 2 ? open : "[");
	buf_add_text(text, "1");
	for (size_t i = depth; i-- > 0;)
		buf_add_text(text, i % 2 ? close : "]");
	return accepted(text->data, buf_span(text).n, &value);
}

static void test_depth(void)
{
	struct buf text;

	buf_init(&text, 100000);
	TAP_OK(nested(&text, 64, "[", "]") && nested(&text, 64, "{\"a\":", "}") &&
			nested(&text, 64, "{\"a\":0,\"b\":", ",\"c\":2}"),
		"64 deep is accepted");
	TAP_OK(!nested(&text, 65, "[", "]") && !nested(&text, 65, "{\"a\":", "}"),
		"65 deep is refused");
	TAP_OK(!nested(&text, 10000, "[", "]") && !nested(&text, 10000, "{\"a\":", "}"),
		"10,000 deep is refused");
	buf_release(&text);
}

static void test_last_counts(void)
{
	static const struct {
		const char *text, *a, *b;
	} cases[] = {
		{"{\"a\":1,\"a\":2}", "2", NULL},
		{"{\"a\":1,\"b\":5,\"a\":2}", "2", "5"},
		{"{\"b\":1,\"a\":3,\"b\":2}", "3", "2"},
		{"{\"a\":1,\"\\u0061\":2}", "2", NULL},
		{"{\"\\u0061\":1,\"a\":2}", "2", NULL},
		{"{\"\\u0061\":1,\"\\u0061\":2,\"\\u0062\":3}", "2", "3"},
		{"{\"a\":1,\"a\":null}", "null", NULL},
		{"{\"a\":[1],\"a\":{\"a\":3}}", "{\"a\":3}", NULL},
		{"{\"a\":1,\"x\":{\"a\":2,\"a\":3}}", "1", NULL},
		{"{\"x\":{\"a\":2},\"a\":1,\"y\":[{\"a\":4}]}", "1", NULL},
		{"{\"a\":1,\"A\":2,\"aa\":3,\"\":4}", "1", NULL},
	};
	struct json_fault fault;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_member members[] = {{.name = SPAN("a")}, {.name = SPAN("b")}};
		bool right = json_object(span_text(cases[i].text), members, 2, &fault) == 0 &&
			span_is_text(members[0].value.raw, cases[i].a);
		if (cases[i].b)
			right = right && span_is_text(members[1].value.raw, cases[i].b);
		else
			right = right && members[1].value.type == JSON_NONE;
		TAP_OK(right, "the last one counts: %s", cases[i].text);
	}
}

int main(void)
{
	test_literals("words", words, sizeof words / sizeof *words, JSON_NONE);
	test_literals("numbers", numbers, sizeof numbers / sizeof *numbers, JSON_NUMBER);
	test_literals("strings", strings, sizeof strings / sizeof *strings, JSON_STRING);
	test_names();
	test_texts();
	test_bytes();
	test_depth();
	test_last_counts();
	return tap_end();
}
