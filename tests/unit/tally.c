/* Accounts as other programs are told them, read back. */
#include "job/tally.h"

#include "tap.h"

enum { FINAL = 1, FENCED = 2 };

static const struct {
	const char *name, *line, *shown; /* shown NULL: it is no account */
	unsigned flags;
} cases[] = {
	{"an account", "{\"program\":\"p\",\"final\":false,\"account\":{\"read\":9,\"written\":7}}",
		"read=9 written=7", 0},
	{"a final one", "{\"program\":\"p\",\"final\":true,\"account\":{\"read\":9}}", "read=9",
		FINAL},
	{"one that was fenced", "{\"final\":true,\"fenced\":true,\"account\":{}}", "",
		FINAL | FENCED},
	{"one that was not", "{\"final\":true,\"fenced\":false,\"account\":{}}", "", FINAL},
	{"in any order", " { \"account\" : { \"a\" : 1 } , \"final\" : true } ", "a=1", FINAL},
	{"the largest count", "{\"account\":{\"a\":18446744073709551615}}",
		"a=18446744073709551615", 0},
	{"what is no whole number",
		"{\"account\":{\"a\":18446744073709551616,\"b\":-1,\"c\":1.0,\"d\":\"1\",\"e\":null,"
		"\"f\":[1],\"g\":{\"h\":1},\"i\":2}}",
		"i=2", 0},
	{"a count twice", "{\"account\":{\"a\":1,\"b\":2,\"a\":3}}", "a=3 b=2", 0},
	{"a name with an escape", "{\"account\":{\"\\u0061b\":1}}", "ab=1", 0},
	{"a name with a NUL", "{\"account\":{\"a\\u0000b\":1}}", "", 0},
	{"the longest name", "{\"account\":{\"abcdefghijklmnopqrstuvwxyz01234\":1}}",
		"abcdefghijklmnopqrstuvwxyz01234=1", 0},
	{"one that is longer", "{\"account\":{\"abcdefghijklmnopqrstuvwxyz012345\":1}}", "", 0},
	{"no account", "{\"final\":true}", NULL, 0},
	{"an account that is no object", "{\"account\":[1]}", NULL, 0},
	{"no object", "[{\"account\":{}}]", NULL, 0},
	{"half of one", "{\"account\":{\"a\":1}", NULL, 0},
	{"no JSON", "a=1", NULL, 0},
	{"nothing", "", NULL, 0},
};

static bool shows(const struct tally *tally, const char *wanted)
{
	struct buf text;
	bool same;

	buf_init(&text, 64 * 1024);
	tally_show(tally, &text);
	same = span_is_text(buf_span(&text), wanted);
	buf_release(&text);
	return same;
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tally tally = {.n = 1, .counts = {{"before", 1}}};
		int result = tally_take(&tally, span_text(cases[i].line));

		if (!cases[i].shown)
			TAP_OK(result == -1 && shows(&tally, "before=1"), "%s", cases[i].name);
		else
			TAP_OK(result == 0 && shows(&tally, cases[i].shown) &&
					tally.final == !!(cases[i].flags & FINAL) &&
					tally.fenced == !!(cases[i].flags & FENCED),
				"%s", cases[i].name);
	}
}

static void test_bounds(void)
{
	struct tally tally = {.n = 0};
	struct buf line;

	buf_init(&line, 64 * 1024);
	buf_add_text(&line, "{\"account\":{");
	for (unsigned i = 0; i <= TALLY_COUNTS_MAX; i++)
		buf_printf(&line, "%s\"n%u\":%u", i ? "," : "", i, i);
	buf_add_text(&line, ",\"n0\":7}}");
	TAP_OK(tally_take(&tally, buf_span(&line)) == 0 && tally.n == TALLY_COUNTS_MAX,
		"as many counts as fit");
	TAP_OK(tally_get(&tally, "n47") == 47 && tally_get(&tally, "n48") == 0 &&
			tally_get(&tally, "n0") == 7,
		"of which the last values count");
	TAP_OK(tally_get(&tally, "no") == 0, "a count that is not there is 0");
	buf_release(&line);
}

int main(void)
{
	test_cases();
	test_bounds();
	return tap_end();
}
