/* What is said of a stream that was judged. */
#include "market/verdict.h"

#include "tap.h"

enum { IDS_MAX = 8 };

static const struct {
	const char *name;
	struct stream stream;
	size_t n;
	struct {
		uint64_t id;
		int64_t ns;
	} came[IDS_MAX];
	bool expects;
	uint64_t first, last;
	const char *told;
} cases[] = {
	{"nothing", .told = "P of kraken: whole: 5 trades\n"},
	{"ids", {.has_ids = true, .first_id = 3, .last_id = 7},
		.told = "P of kraken: whole: 5 trades, ids 3 to 7\n"},
	{"an id", {.has_ids = true, .last_id = 9}, 2, {{6, 1000000000}, {8, 2500000999}},
		.told = "P of kraken: id 7 is missing, between 1970-01-01T00:00:01.000000Z and "
			"1970-01-01T00:00:02.500000Z\n"
			"P of kraken: not whole: 5 trades, ids 0 to 9\n"},
	{"ids at the ends", {.count = 0}, 2, {{2, 1000000000}, {3, 1000000000}}, true, 0, 5,
		"P of kraken: ids 0 to 1 are missing (2), before 1970-01-01T00:00:01.000000Z\n"
		"P of kraken: ids 4 to 5 are missing (2), after 1970-01-01T00:00:01.000000Z\n"
		"P of kraken: not whole: 5 trades\n"},
	{"all ids there are", {.count = 0}, 0, {{0}}, true, 0, UINT64_MAX,
		"P of kraken: ids 0 to 18446744073709551615 are missing (18446744073709551615)\n"
		"P of kraken: not whole: 5 trades\n"},
	{"counts", {.duplicates = 1, .disordered = 2, .without_id = 3}, .n = 0,
		.told = "P of kraken: trades that came again: 1\n"
			"P of kraken: trades out of order: 2\n"
			"P of kraken: trades without an id: 3\n"
			"P of kraken: not whole: 5 trades\n"},
};

static void add_line(void *arg, const char *line)
{
	buf_printf(arg, "%s\n", line);
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stream stream = cases[i].stream;
		struct buf text;

		stream.product = span_text("P");
		stream.exchange = span_text("kraken");
		stream.count = 5;
		for (size_t k = 0; k < cases[i].n; k++)
			gaps_add(&stream.gaps, cases[i].came[k].id, cases[i].came[k].ns);
		if (cases[i].expects)
			gaps_expect(&stream.gaps, cases[i].first, cases[i].last);
		buf_init(&text, 4096);
		verdict_tell_faults(&stream, add_line, &text);
		TAP_OK(verdict_write(&text, &stream) == 0 && text.data[text.len - 1] == '\0',
			"%s: it ends with a NUL", cases[i].name);
		text.data[text.len - 1] = '\n';
		if (!TAP_OK(span_is_text(buf_span(&text), cases[i].told), "%s", cases[i].name))
			printf("# %.*s\n", (int)text.len, text.data);
		buf_release(&text);
		gaps_release(&stream.gaps);
	}
}

static void count_line(void *arg, const char *line)
{
	size_t *n = arg;

	++*n;
	if (*n == VERDICT_GAPS_MAX + 1)
		TAP_OK(strcmp(line, "P: ... and 2 more gaps (--manifest lists all)") == 0,
			"of many gaps the number is told: %s", line);
}

static void test_many_gaps(void)
{
	struct stream stream = {.product = SPAN("P")};
	size_t n = 0;

	for (size_t i = 0; i <= VERDICT_GAPS_MAX; i++)
		gaps_add(&stream.gaps, 3 * i, 0);
	verdict_tell_faults(&stream, count_line, &n);
	TAP_OK(n == VERDICT_GAPS_MAX, "so many gaps are all told");
	gaps_add(&stream.gaps, 1000, 0);
	gaps_add(&stream.gaps, 2000, 0);
	n = 0;
	verdict_tell_faults(&stream, count_line, &n);
	TAP_OK(n == VERDICT_GAPS_MAX + 1, "the others are not");
	gaps_release(&stream.gaps);
}

static void test_titles(void)
{
	static const struct {
		struct span product, exchange;
		const char *title;
	} titles[] = {
		{SPAN("BTC/USD"), SPAN("kraken"), "BTC/USD of kraken"},
		{SPAN("BTC/USD"), {NULL, 0}, "BTC/USD"},
		{SPAN("A\0B"), SPAN("\0"), "A\\u0000B of \\u0000"},
		{SPAN("\033[31m"), SPAN("a\"\\\n"), "\\u001b[31m of a\\\"\\\\\\n"},
		{SPAN("\303\251\177"), {NULL, 0}, "\303\251\177"},
	};

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
		struct buf text;
		buf_init(&text, strlen(titles[i].title));
		TAP_OK(verdict_title(&text, titles[i].product, titles[i].exchange) == 0 &&
				span_is_text(buf_span(&text), titles[i].title),
			"the title %s", titles[i].title);
		buf_release(&text);
		buf_init(&text, strlen(titles[i].title) - 1);
		TAP_OK(verdict_title(&text, titles[i].product, titles[i].exchange) < 0,
			"and no room for it");
		buf_release(&text);
	}
}

/* As long as trade_check() lets them be, and of characters that take most to show. */
static void test_long_names(void)
{
	static const char name[TRADE_NAME_MAX];
	const size_t shown = 2 * QUOTE_GROWTH * sizeof name;
	struct stream stream = {.count = UINT64_MAX, .has_ids = true, .last_id = UINT64_MAX};
	struct buf text;

	stream.first_id = UINT64_MAX;
	stream.product = stream.exchange = span_make(name, sizeof name);
	gaps_add(&stream.gaps, 10000000000000000000U, INT64_MAX);
	gaps_add(&stream.gaps, UINT64_MAX, INT64_MAX);
	buf_init(&text, VERDICT_LINE_MAX);
	verdict_tell_faults(&stream, add_line, &text);
	TAP_OK(text.len > shown + 100 && memcmp(text.data + text.len - 3, "5Z\n", 3) == 0,
		"long names leave room for the rest");
	buf_clear(&text);
	TAP_OK(verdict_write(&text, &stream) == 0 && text.len > shown + 70, "of the last line too");
	buf_release(&text);
	gaps_release(&stream.gaps);
}

int main(void)
{
	test_cases();
	test_many_gaps();
	test_titles();
	test_long_names();
	return tap_end();
}
