/* Fields of records, and the parts made of them. */
#include "json/fields.h"

#include <stdlib.h>

#include "tap.h"

#define TRADE "{\"product_id\":\"BTC-USD\",\"price\":1.50,\"trade_id\":7,\"exchange\":\"kraken\"}"

static const struct {
	const char *part, *record;
	enum part_result result;
	const char *text;
} parts[] = {
	{"product_id", TRADE, PART_TEXT, "BTC-USD"},
	{"price", TRADE, PART_TEXT, "1.50"},
	{"side", TRADE, PART_ABSENT, ""},
	{"@orders", TRADE, PART_TEXT, "orders"},
	{"@", TRADE, PART_TEXT, ""},
	{"@@a.b", TRADE, PART_TEXT, "@a.b"},
	{"a", "{\"a\":null}", PART_ABSENT, ""},
	{"a", "{\"a\":true}", PART_TEXT, "true"},
	{"a", "{\"a\":false}", PART_TEXT, "false"},
	{"a", "{\"a\":-0.10E+2}", PART_TEXT, "-0.10E+2"},
	{"a", "{\"a\":\"\"}", PART_TEXT, ""},
	{"a", "{\"a\":\"x\\ty\\u00e9\\\"\"}", PART_TEXT, "x\ty\xc3\xa9\""},
	{"a", "{\"a\":[1]}", PART_NO_TEXT, ""},
	{"a", "{\"a\":{\"b\":1}}", PART_NO_TEXT, ""},
	{"a", "{\"a\":1,\"a\":2}", PART_TEXT, "2"},
	{"a", "{\"a\":1,\"a\":null}", PART_ABSENT, ""},
	{"a", "{\"\\u0061\":1}", PART_TEXT, "1"},
	{"a.b", "{\"a\":{\"b\":\"x\"},\"a.b\":2}", PART_TEXT, "x"},
	{"a.b", "{\"a\":1}", PART_ABSENT, ""},
	{"a.b", "{\"a\":[{\"b\":1}]}", PART_ABSENT, ""},
	{"a.b", "{\"b\":1}", PART_ABSENT, ""},
	{"a.b.c", "{\"a\":{\"b\":{\"c\":3,\"b\":4}}}", PART_TEXT, "3"},
	{"a.b.c", "{\"a\":{\"x\":{\"c\":3}}}", PART_ABSENT, ""},
};

static const char *const bad_parts[] = {
	"", ".", "a.", ".a", "a..b", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"};

/* The set of several paths, read record after record; "-" where nothing is there. */
static const char *const paths[] = {
	"trade.id", "product_id", "trade.side", "exchange", "product_id"};
enum { PATHS = sizeof paths / sizeof *paths };

static const struct {
	const char *record;
	const char *values[PATHS];
} records[] = {
	{"{\"product_id\":\"a\",\"trade\":{\"id\":1,\"side\":2},\"exchange\":3}",
		{"1", "a", "2", "3", "a"}},
	{"{\"exchange\":3,\"trade\":{\"side\":2,\"id\":1},\"product_id\":\"a\"}",
		{"1", "a", "2", "3", "a"}},
	{"{\"x\":[],\"exchange\":3,\"y\":{},\"product_id\":\"b\"}", {"-", "b", "-", "3", "b"}},
	{"{\"product_id\":\"c\"}", {"-", "c", "-", "-", "c"}},
	{"{}", {"-", "-", "-", "-", "-"}},
	{"{\"trade\":{\"id\":4},\"exchange\":5,\"product_id\":6,\"trade\":{\"id\":7}}",
		{"7", "6", "-", "5", "6"}},
	{"{\"product_id\":\"a\",\"trade\":{\"id\":1,\"side\":2},\"exchange\":3}",
		{"1", "a", "2", "3", "a"}},
};

static const char *const bad_records[] = {
	"", "1", "[1]", "null", "{\"a\":1", "{\"a\":1}x", "{\"a\":{\"b\":01}}"};

static void test_parts(void)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct fields fields = {0};
		struct json_fault fault;
		struct part part;
		struct span text;
		struct buf scratch;
		buf_init(&scratch, 64);
		buf_add_text(&scratch, "of before");
		TAP_OK(part_parse(&part, parts[i].part, &fields) == 0 &&
				fields_read(&fields, span_text(parts[i].record), &fault) == 0 &&
				part_read(&part, &fields, &scratch, &text) == parts[i].result &&
				(parts[i].result != PART_TEXT || span_is_text(text, parts[i].text)),
			"%s of %s", parts[i].part, parts[i].record);
		buf_release(&scratch);
	}
}

static void test_scratch(void)
{
	static const char record[] = "{\"a\":\"abcd\\n\",\"b\":\"abcdefgh\"}";
	struct fields fields = {0};
	struct json_fault fault;
	struct part escaped, plain;
	struct span text;
	struct buf scratch;

	buf_init(&scratch, 4);
	part_parse(&escaped, "a", &fields);
	part_parse(&plain, "b", &fields);
	fields_read(&fields, span_text(record), &fault);
	TAP_OK(part_read(&escaped, &fields, &scratch, &text) == PART_NO_TEXT,
		"a string that does not fit once it is unescaped");
	TAP_OK(part_read(&plain, &fields, &scratch, &text) == PART_TEXT && text.p > record &&
			text.p < record + sizeof record,
		"one that needs no unescaping stays in the record");
	buf_release(&scratch);
}

static bool has_value(const struct fields *fields, int field, const char *wanted)
{
	struct json_value value = fields_value(fields, field);

	return strcmp(wanted, "-") == 0 ? value.type == JSON_NONE : span_is_text(value.raw, wanted);
}

static void test_sets(void)
{
	struct fields fields = {0};
	struct json_fault fault;
	int numbers[PATHS];

	for (size_t i = 0; i < PATHS; i++)
		numbers[i] = fields_add(&fields, paths[i]);
	TAP_OK(fields.n_members == 3, "paths share their first names");
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		bool same = fields_read(&fields, span_text(records[i].record), &fault) == 0;
		for (size_t j = 0; j < PATHS; j++)
			same = same && has_value(&fields, numbers[j], records[i].values[j]);
		TAP_OK(same, "record %zu", i + 1);
	}
}

/* What makes json_object() fast: see fields_read(). */
static void test_order(void)
{
	static const char *const listed[] = {
		"side", "timestamp", "exchange", "trade_id", "product_id"};
	static const char *const wanted[] = {
		"product_id", "trade_id", "exchange", "timestamp", "side"};
	static const char record[] =
		"{\"product_id\":1,\"price\":2,\"trade_id\":3,\"exchange\":4,\"timestamp\":5}";
	struct fields fields = {0};
	struct json_fault fault;
	bool same = true;

	for (size_t i = 0; i < 5; i++)
		fields_add(&fields, listed[i]);
	for (size_t i = 0; i < 5; i++)
		fields_read(&fields, span_text(record), &fault);
	for (size_t i = 0; i < 5; i++)
		same = same && span_is_text(fields.members[i].name, wanted[i]);
	TAP_OK(same, "members are looked for in the order of the records");
	TAP_OK(has_value(&fields, 4, "1") && has_value(&fields, 0, "-"), "and still found");
}

static void test_bounds(void)
{
	static char names[FIELDS_MAX + 1][8];
	struct fields fields = {0};
	bool all = true;

	for (size_t i = 0; i < FIELDS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "n%zu", i);
		all = fields_add(&fields, names[i]) == (int)i && all;
	}
	TAP_OK(all, "as many fields as there may be");
	TAP_OK(fields_add(&fields, "n0") < 0, "one more is too many");
}

int main(void)
{
	struct fields fields = {0};
	struct json_fault fault;
	struct part part;

	test_parts();
	test_scratch();
	test_sets();
	test_order();
	test_bounds();
	for (size_t i = 0; i < sizeof bad_parts / sizeof *bad_parts; i++)
		TAP_OK(part_parse(&part, bad_parts[i], &fields) < 0 && fields.n == 0,
			"'%s' is no part", bad_parts[i]);
	fields_add(&fields, "a");
	for (size_t i = 0; i < sizeof bad_records / sizeof *bad_records; i++)
		TAP_OK(fields_read(&fields, span_text(bad_records[i]), &fault) < 0 && fault.reason,
			"'%s' is no object", bad_records[i]);
	return tap_end();
}
