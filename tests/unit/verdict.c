/* What is said of a stream that was judged. */
#include "market/verdict.h"

#include "tap.h"

static const struct {
	const char *name;
	struct stream stream;
	struct gap gaps[2];
	size_t n;
	const char *told;
} cases[] = {
	{"nothing", .told = "P of kraken: whole: 5 trades\n"},
	{"ids", {.has_ids = true, .first_id = 3, .last_id = 7},
		.told = "P of kraken: whole: 5 trades, ids 3 to 7\n"},
	{"an id", {.has_ids = true, .last_id = 9}, {{7, 7, 1000000000, 2500000999}}, 1,
		"P of kraken: id 7 is missing, between 1970-01-01T00:00:01.000000Z and "
		"1970-01-01T00:00:02.500000Z\n"
		"P of kraken: not whole: 5 trades, ids 0 to 9\n"},
	{"ids at the ends", {.count = 0}, {{0, 1, 0, 1000000000}, {8, 9, 1000000000, 0}}, 2,
		"P of kraken: ids 0 to 1 are missing (2), before 1970-01-01T00:00:01.000000Z\n"
		"P of kraken: ids 8 to 9 are missing (2), after 1970-01-01T00:00:01.000000Z\n"
		"P of kraken: not whole: 5 trades\n"},
	{"all ids there are", {.count = 0}, {{0, UINT64_MAX, 0, 0}}, 1,
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
		struct gap gaps[2] = {cases[i].gaps[0], cases[i].gaps[1]};
		struct buf text;

		stream.product = span_text("P");
		stream.exchange = span_text("kraken");
		stream.count = 5;
		stream.gaps = (struct gaps){.items = gaps, .n = cases[i].n};
		buf_init(&text, 4096);
		verdict_tell_faults(&stream, add_line, &text);
		TAP_OK(verdict_write(&text, &stream) == 0 && text.data[text.len - 1] == '\0',
			"%s: it ends with a NUL", cases[i].name);
		text.data[text.len - 1] = '\n';
		if (!TAP_OK(span_is_text(buf_span(&text), cases[i].told), "%s", cases[i].name))
			printf("# %.*s\n", (int)text.len, text.data);
		buf_release(&text);
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
	struct gap gaps[VERDICT_GAPS_MAX + 2];
	struct stream stream = {.product = SPAN("P")};
	size_t n = 0;

	for (size_t i = 0; i < VERDICT_GAPS_MAX + 2; i++)
		gaps[i] = (struct gap){3 * i, 3 * i + 1, 0, 0};
	stream.gaps = (struct gaps){.items = gaps, .n = VERDICT_GAPS_MAX};
	verdict_tell_faults(&stream, count_line, &n);
	TAP_OK(n == VERDICT_GAPS_MAX, "so many gaps are all told");
	stream.gaps.n = VERDICT_GAPS_MAX + 2;
	n = 0;
	verdict_tell_faults(&stream, count_line, &n);
	TAP_OK(n == VERDICT_GAPS_MAX + 1, "the others are not");
}

/* As long as trade_check() lets them be. */
static void test_long_names(void)
{
	char name[TRADE_NAME_MAX];
	struct stream stream = {.gaps = {.n = 1}};
	struct gap gap = {1, UINT64_MAX, INT64_MAX, INT64_MAX};
	struct buf text;

	for (size_t i = 0; i < sizeof name; i++)
		name[i] = 'x';
	stream.product = stream.exchange = span_make(name, sizeof name);
	stream.gaps.items = &gap;
	buf_init(&text, 4096);
	verdict_tell_faults(&stream, add_line, &text);
	TAP_OK(text.len > 2 * sizeof name + 100 && memcmp(text.data + text.len - 3, "5Z\n", 3) == 0,
		"long names leave room for the rest");
	buf_release(&text);
}

int main(void)
{
	test_cases();
	test_many_gaps();
	test_long_names();
	return tap_end();
}
