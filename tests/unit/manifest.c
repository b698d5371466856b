/* The manifest: what it looks like, and what differs from another one. */
#include "market/manifest.h"

#include <stdlib.h>

#include "base/stamp.h"
#include "json/json.h"
#include "tap.h"

enum { TEXT_MAX = 8192 };

struct given {
	const char *exchange, *product;
	uint64_t id; /* 0: none */
	const char *price, *quantity;
	const char *time;
};

static void add(struct streams *streams, const struct given *given)
{
	struct trade trade = {
		.exchange = span_text(given->exchange),
		.product = span_text(given->product),
		.id = given->id,
		.has_id = given->id > 0,
		.side = TRADE_BUY,
	};

	if (stamp_parse(span_text(given->time), &trade.time_ns, NULL) < 0 ||
		decimal_read(span_text(given->price), &trade.price) != DECIMAL_OK ||
		decimal_read(span_text(given->quantity), &trade.quantity) != DECIMAL_OK)
		abort();
	streams_add(streams, &trade);
}

static void add_all(struct streams *streams, const struct given *given, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(streams, &given[i]);
}

static const struct given kraken[] = {
	{"kraken", "A\"B", 4, "1.50", "2", "2026-01-01T00:00:00.000001Z"},
	{"kraken", "A\"B", 7, "0.1", "0.3", "2026-01-01T00:00:00.000002003Z"},
};
static const struct given unknown[] = {{"", "P", 0, "1", "1", "2026-01-01T00:00:00Z"}};

/* Whether the two texts are the same with the digests, which other tests look at, blotted out. */
static bool reads_as(char *text, const char *wanted)
{
	static const char mark[] = "\"sha256";
	char *at = text;

	while ((at = strstr(at, mark))) {
		at = strchr(at, ':') + 2;
		memset(at, '#', DIGEST_HEX);
	}
	return strcmp(text, wanted) == 0;
}

#define BLOT "################################################################"
#define DIGESTS "\"sha256\":\"" BLOT "\",\"sha256_time\":\"" BLOT "\""

static void test_write(void)
{
	struct streams streams = {.n = 0};
	struct buf text;

	buf_init(&text, TEXT_MAX);
	TAP_OK(manifest_write(&text, &streams) == 0 &&
			span_is_text(buf_span(&text), "{\"whole\":true,\"streams\":[]}\n"),
		"of no streams");
	add_all(&streams, kraken, 2);
	add_all(&streams, unknown, 1);
	streams_expect(&streams, span_text("never"), 1, 3);
	buf_clear(&text);
	TAP_OK(manifest_write(&text, &streams) == 0, "of three streams");
	buf_add(&text, span_make("", 1));
	if (!TAP_OK(reads_as(text.data,
			    "{\"whole\":false,\"streams\":[{\"exchange\":\"kraken\","
			    "\"product_id\":\"A\\\"B\",\"count\":2,\"first_id\":4,\"last_id\":7,"
			    "\"first_time\":\"2026-01-01T00:00:00.000001000Z\","
			    "\"last_time\":\"2026-01-01T00:00:00.000002003Z\",\"missing\":["
			    "{\"first\":5,\"last\":6,"
			    "\"after\":\"2026-01-01T00:00:00.000001000Z\","
			    "\"before\":\"2026-01-01T00:00:00.000002003Z\"}],\"duplicates\":0,"
			    "\"disordered\":0,\"sum_quantity\":\"2.3\","
			    "\"sum_value\":\"3.03\"," DIGESTS "},"
			    "{\"exchange\":null,\"product_id\":\"P\",\"count\":1,"
			    "\"first_id\":null,\"last_id\":null,"
			    "\"first_time\":\"2026-01-01T00:00:00.000000000Z\","
			    "\"last_time\":\"2026-01-01T00:00:00.000000000Z\",\"missing\":[],"
			    "\"duplicates\":0,\"disordered\":0,\"sum_quantity\":\"1\","
			    "\"sum_value\":\"1\"," DIGESTS ",\"without_id\":1},"
			    "{\"exchange\":null,\"product_id\":\"never\",\"count\":0,"
			    "\"first_id\":null,\"last_id\":null,\"first_time\":null,"
			    "\"last_time\":null,\"missing\":[{\"first\":1,\"last\":3,"
			    "\"after\":null,\"before\":null}],\"duplicates\":0,"
			    "\"disordered\":0,\"sum_quantity\":\"0\",\"sum_value\":\"0\"," DIGESTS
			    "}]}\n"),
		    "as its header says"))
		printf("# %s", text.data);
	buf_release(&text);
	streams_release(&streams);
}

/* At every ceiling below its length the manifest is refused, not cut short. */
static void test_ceiling(void)
{
	struct streams streams = {.n = 0};
	struct buf text, low;
	size_t fitted = 0;

	add_all(&streams, kraken, 2);
	add_all(&streams, unknown, 1);
	buf_init(&text, TEXT_MAX);
	manifest_write(&text, &streams);
	/* buf_printf() needs room for a NUL that is not kept. */
	for (size_t ceiling = 0; ceiling < text.len; ceiling++) {
		buf_init(&low, ceiling);
		fitted += manifest_write(&low, &streams) == 0;
		buf_release(&low);
	}
	TAP_OK(text.len > 900 && fitted == 0, "a ceiling is kept");
	buf_release(&text);
	streams_release(&streams);
}

static void add_line(void *arg, const char *line)
{
	buf_printf(arg, "%s\n", line);
}

/* What differs between the streams and a manifest's text, or why it is none. */
static const char *compare(struct streams *streams, struct span manifest, struct buf *lines)
{
	struct err err = {.code = EXIT_DONE};
	size_t n = 0, told = 0;

	buf_clear(lines);
	if (manifest_compare(manifest, "m.json", streams, add_line, lines, &n, &err) < 0)
		buf_printf(lines, "%d: %s", err.code, err.text);
	for (size_t i = 0; i < lines->len; i++)
		told += lines->data[i] == '\n';
	buf_add(lines, span_make("", 1));
	return err.code || told == n ? lines->data : "the number is wrong";
}

static const struct given base[] = {
	{"kraken", "A", 1, "10", "1", "2026-01-01T00:00:01Z"},
	{"kraken", "A", 5, "10", "1", "2026-01-01T00:00:02Z"},
	{"binance", "B", 1, "10", "1", "2026-01-01T00:00:01Z"},
	{"binance", "B", 3, "10", "1", "2026-01-01T00:00:02Z"},
};
enum { BASE = sizeof base / sizeof *base };

/* Another run, with one trade of the above replaced and perhaps one added. */
static const struct {
	const char *name;
	size_t at;
	struct given instead, more;
	const char *lines;
} runs[] = {
	{"the same", 0, {"kraken", "A", 1, "10.0", "1e0", "2026-01-01T00:00:01Z"}, .lines = ""},
	{"a skewed time on Kraken", 1,
		{"kraken", "A", 5, "10", "1", "2026-01-01T00:00:02.000001100Z"}, .lines = ""},
	{"a wrong time on Kraken", 1,
		{"kraken", "A", 5, "10", "1", "2026-01-01T00:00:02.000002001Z"},
		.lines = "A of kraken: last_time is 2026-01-01T00:00:02.000002001Z, "
			 "not 2026-01-01T00:00:02.000000000Z\n"
			 "A of kraken: the time before id 4 is 2026-01-01T00:00:02.000002001Z, "
			 "not 2026-01-01T00:00:02.000000000Z\n"},
	{"a skewed time elsewhere", 2,
		{"binance", "B", 1, "10", "1", "2026-01-01T00:00:01.000001Z"},
		.lines = "B of binance: first_time is 2026-01-01T00:00:01.000001000Z, "
			 "not 2026-01-01T00:00:01.000000000Z\n"
			 "B of binance: sha256_time is #, not #\n"
			 "B of binance: the time after id 2 is 2026-01-01T00:00:01.000001000Z, "
			 "not 2026-01-01T00:00:01.000000000Z\n"},
	{"another price", 0, {"kraken", "A", 1, "11", "1", "2026-01-01T00:00:01Z"},
		.lines = "A of kraken: sum_value is 21, not 20\n"
			 "A of kraken: sha256 is #, not #\n"},
	{"a gap that is smaller", 0, {"kraken", "A", 1, "10", "1", "2026-01-01T00:00:01Z"},
		{"kraken", "A", 3, "10", "1", "2026-01-01T00:00:02Z"},
		"A of kraken: count is 3, not 2\n"
		"A of kraken: disordered is 1, not 0\n"
		"A of kraken: sum_quantity is 3, not 2\n"
		"A of kraken: sum_value is 30, not 20\n"
		"A of kraken: sha256 is #, not #\n"
		"A of kraken: id 2 is missing, not in 'm.json'\n"
		"A of kraken: ids 2 to 4 are missing, in 'm.json' only\n"
		"A of kraken: id 4 is missing, not in 'm.json'\n"},
	{"a stream more", 0, {"kraken", "A", 1, "10", "1", "2026-01-01T00:00:01Z"},
		{"", "B", 3, "10", "1", "2026-01-01T00:00:02Z"}, "B: it is not in 'm.json'\n"},
	{"a trade without an id", 0, {"kraken", "A", 1, "10", "1", "2026-01-01T00:00:01Z"},
		{"kraken", "A", 0, "10", "1", "2026-01-01T00:00:02Z"},
		"A of kraken: count is 3, not 2\n"
		"A of kraken: without_id is 1, not 0\n"
		"A of kraken: sum_quantity is 3, not 2\n"
		"A of kraken: sum_value is 30, not 20\n"
		"A of kraken: sha256 is #, not #\n"},
};

/* Digests in what was told, shortened. */
static void shorten(char *lines)
{
	for (char *at = lines; *at; at++) {
		size_t n = strspn(at, "0123456789abcdef");
		if (n != DIGEST_HEX)
			continue;
		*at = '#';
		memmove(at + 1, at + n, strlen(at + n) + 1);
	}
}

static void test_runs(struct span manifest, struct buf *lines)
{
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct streams streams = {.n = 0};
		char told[TEXT_MAX];

		for (size_t j = 0; j < BASE; j++)
			add(&streams, j == runs[i].at ? &runs[i].instead : &base[j]);
		if (runs[i].more.price)
			add(&streams, &runs[i].more);
		snprintf(told, sizeof told, "%s", compare(&streams, manifest, lines));
		shorten(told);
		if (!TAP_OK(strcmp(told, runs[i].lines) == 0, "%s", runs[i].name))
			printf("# %s\n", told);
		streams_release(&streams);
	}
}

static void test_order(struct span manifest, struct buf *lines)
{
	struct streams streams = {.n = 0};
	const char *told;

	add_all(&streams, base + 2, 2);
	told = compare(&streams, manifest, lines);
	TAP_OK(strcmp(told, "A of kraken: it is in 'm.json' only\n") == 0, "a stream less");
	add_all(&streams, base, 2);
	TAP_OK(strcmp(compare(&streams, manifest, lines), "") == 0, "streams in another order");
	streams_release(&streams);
}

#define DOCUMENT(streams) "{\"whole\":true,\"streams\":[" streams "]}"
#define STREAM(names, count, first, time, gap)                                                     \
	"{" names ",\"count\":" count ",\"first_id\":" first                                       \
	",\"last_id\":null,\"first_time\":" time ",\"last_time\":null,\"missing\":[" gap           \
	"],\"duplicates\":0,\"disordered\":0,\"sum_quantity\":\"0\",\"sum_value\":\"0\","          \
	"\"sha256\":\"\",\"sha256_time\":\"\",\"unknown\":{}}"
#define NAMES "\"exchange\":null,\"product_id\":\"\\u0050\""
#define ENTRY(count, first, time, gap) DOCUMENT(STREAM(NAMES, count, first, time, gap))
#define OF(exchange, product)                                                                      \
	STREAM("\"exchange\":" exchange ",\"product_id\":" product, "1", "null", "null", "")
#define GAP(first, last) "{\"first\":" first ",\"last\":" last ",\"after\":null,\"before\":null}"
#define NONE "2: cannot compare with 'm.json': it is no manifest: "
#define TOP_ID "18446744073709551615"

/* Looked at without any streams of our own. */
static const struct {
	const char *text, *lines;
} texts[] = {
	{DOCUMENT(""), ""},
	{ENTRY("1", "null", "null", ""), "P: it is in 'm.json' only\n"},
	{"", NONE "not JSON: "},
	{"[]", NONE},
	{"{\"streams\":[]}", NONE "whole is missing"},
	{"{\"whole\":null,\"streams\":[]}", NONE "whole is not a boolean"},
	{"{\"whole\":\"true\",\"streams\":[]}", NONE "whole is not a boolean"},
	{"{\"whole\":false,\"streams\":[]}", ""},
	{"{\"whole\":true}", NONE "streams is missing"},
	{"{\"whole\":true,\"streams\":{}}", NONE "streams is not an array"},
	{DOCUMENT("1"), NONE},
	{DOCUMENT("{}"), NONE "exchange is missing"},
	{ENTRY("\"1\"", "null", "null", ""), NONE "count is not a number"},
	{ENTRY("null", "null", "null", ""), NONE "count is not a number"},
	{ENTRY("1", "[]", "null", ""), NONE "first_id is not a number"},
	{ENTRY("1", "null", "7", ""), NONE "first_time is not a string"},
	{ENTRY("1", "null", "\"now\"", ""), NONE "first_time is not a time"},
	{ENTRY("1", "null", "null", "{\"first\":1}"), NONE "last is missing"},
	{ENTRY("1", "null", "null", GAP("1", "1.5")),
		NONE "missing holds an id that is not an integer"},
	{ENTRY("1", "null", "null", GAP("0", "1") "," GAP("3", TOP_ID)),
		"P: it is in 'm.json' only\n"},
	{ENTRY("1", "null", "null", GAP("2", "1")), NONE "missing is not in order"},
	{ENTRY("1", "null", "null", GAP("3", "4") "," GAP("1", "1")),
		NONE "missing is not in order"},
	{ENTRY("1", "null", "null", GAP("3", "4") "," GAP("4", "5")),
		NONE "missing is not in order"},
	{ENTRY("1", "null", "null", GAP("0", "0") "," GAP("0", "0")),
		NONE "missing is not in order"},
	{ENTRY("1", "null", "null", GAP("0", TOP_ID) "," GAP("0", "0")),
		NONE "missing is not in order"},
	{DOCUMENT(OF("\"k\"", "\"A\"") "," OF("null", "\"A\"") "," OF("\"k\"", "\"\"")),
		"A of k: it is in 'm.json' only\nA: it is in 'm.json' only\n"
		" of k: it is in 'm.json' only\n"},
	{DOCUMENT(OF("\"bc\"", "\"a\"") "," OF("\"c\"", "\"ab\"")),
		"a of bc: it is in 'm.json' only\nab of c: it is in 'm.json' only\n"},
	{DOCUMENT(OF("\"k\"", "\"A\"") "," OF("\"k\"", "\"B\"") "," OF("\"k\"", "\"\\u0041\"")),
		NONE "a stream is there twice"},
	{DOCUMENT(OF("null", "\"A\"") "," OF("\"\"", "\"A\"")), NONE "a stream is there twice"},
	{DOCUMENT(OF("null", "\"A\\u0000B\"")), "A\\u0000B: it is in 'm.json' only\n"},
};

/* The same numbers in another form. */
static void test_spellings(struct buf *lines)
{
	static const struct {
		const char *instead, *lines;
	} spellings[] = {
		{"0", ""},
		{"0.0", ""},
		{"-0", ""},
		{"0e5", ""},
		{"-0.00E-9", ""},
		{"-1", "never: duplicates is 0, not -1\n"},
		{"-0.5e1", "never: duplicates is 0, not -0.5e1\n"},
		{"1e0", "never: duplicates is 0, not 1e0\n"},
	};
	static const char before[] = "\"duplicates\":";
	struct streams streams = {.n = 0};
	struct buf text, other;

	buf_init(&text, TEXT_MAX);
	buf_init(&other, TEXT_MAX);
	streams_expect(&streams, span_text("never"), 1, 3);
	manifest_write(&text, &streams);
	buf_add(&text, span_make("", 1));
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		const char *at = strstr(text.data, before) + sizeof before - 1;
		const char *told;
		buf_clear(&other);
		buf_add(&other, span_make(text.data, (size_t)(at - text.data)));
		buf_printf(&other, "%s%s", spellings[i].instead, at + 1);
		told = compare(&streams, buf_span(&other), lines);
		if (!TAP_OK(strcmp(told, spellings[i].lines) == 0, "%s duplicates",
			    spellings[i].instead))
			printf("# %s\n", told);
	}
	buf_release(&other);
	buf_release(&text);
	streams_release(&streams);
}

/* What is no manifest is so before anything is said of it. */
static void test_twice(struct span manifest, struct buf *lines)
{
	struct streams streams = {.n = 0};
	struct json_member list = {.name = SPAN("streams")};
	struct json_fault fault;
	struct buf twice;

	buf_init(&twice, 2 * TEXT_MAX);
	if (json_object(manifest, &list, 1, &fault) < 0)
		abort();
	buf_add_text(&twice, "{\"whole\":false,\"streams\":");
	buf_add(&twice, span_make(list.value.raw.p, list.value.raw.n - 1));
	buf_add_text(&twice, ",");
	buf_add(&twice, span_make(list.value.raw.p + 1, list.value.raw.n - 1));
	buf_add_text(&twice, "}");
	add_all(&streams, base, 1);
	TAP_OK(strcmp(compare(&streams, buf_span(&twice), lines), NONE "a stream is there twice") ==
			0,
		"a manifest in itself twice");
	buf_release(&twice);
	streams_release(&streams);
}

static void test_texts(struct buf *lines)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct streams streams = {.n = 0};
		const char *told = compare(&streams, span_text(texts[i].text), lines);
		size_t n = strlen(texts[i].lines);
		bool same = n ? strncmp(told, texts[i].lines, n) == 0 : !*told;

		if (!TAP_OK(same, "%.70s", texts[i].text))
			printf("# %s\n", told);
	}
}

int main(void)
{
	struct streams streams = {.n = 0};
	struct buf manifest, lines;

	buf_init(&manifest, TEXT_MAX);
	buf_init(&lines, TEXT_MAX);
	test_write();
	test_ceiling();
	add_all(&streams, base, BASE);
	manifest_write(&manifest, &streams);
	streams_release(&streams);
	test_runs(buf_span(&manifest), &lines);
	test_order(buf_span(&manifest), &lines);
	test_twice(buf_span(&manifest), &lines);
	test_texts(&lines);
	test_spellings(&lines);
	buf_release(&lines);
	buf_release(&manifest);
	return tap_end();
}
