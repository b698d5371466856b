/* Numbers found again by their doubles. */
#include "json/literals.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
	const char *text, *number;
	enum literals_match match;
	const char *literal; /* for LITERALS_ONE */
} cases[] = {
	{"{\"a\":83320.60}", "83320.600000000006", LITERALS_ONE, "83320.60"},
	{"{\"a\":83320.60}", "83320.6", LITERALS_ONE, "83320.60"},
	{"{\"a\":83320.60}", "83320.7", LITERALS_NONE, NULL},
	{"{\"a\":[1,{\"b\":[[2.50]]}]}", "2.5", LITERALS_ONE, "2.50"},
	{" 7.0 ", "7", LITERALS_ONE, "7.0"},
	{"{\"a\":12345678901234567890.123}", "12345678901234567168", LITERALS_ONE,
		"12345678901234567890.123"},
	{"{\"id\":9007199254740993}", "9007199254740992", LITERALS_ONE, "9007199254740993"},
	{"[9007199254740993,9007199254740992]", "9007199254740992", LITERALS_MANY, NULL},
	{"[9007199254740993,1,9007199254740992,1]", "1", LITERALS_ONE, "1"},
	{"[0.1,0.10000000000000000001]", "0.1", LITERALS_MANY, NULL},
	{"[0.1,0.10000000000000000001,0.1]", "0.1", LITERALS_MANY, NULL},
	/* One value in several spellings. */
	{"[1.50,1.5,15e-1,\"1.500\"]", "1.5", LITERALS_ONE, "1.50"},
	{"[15e-1,1.50]", "1.5", LITERALS_ONE, "15e-1"},
	{"[-2.0,-2]", "-2", LITERALS_ONE, "-2.0"},
	{"[-2.0,2]", "-2", LITERALS_ONE, "-2.0"},
	{"[-2.0,2]", "2", LITERALS_ONE, "2"},
	{"[-9007199254740993,-9007199254740992]", "-9007199254740992", LITERALS_MANY, NULL},
	{"[0,-0.0,0e9]", "0", LITERALS_ONE, "0"},
	{"[0,1e-400]", "0", LITERALS_MANY, NULL},
	{"[1e400,1e401]", "1e500", LITERALS_MANY, NULL},
	{"[1e200,1e200]", "1e200", LITERALS_ONE, "1e200"},
	{"[1e200,10e199]", "1e200", LITERALS_MANY, NULL}, /* beyond what can be compared */
	/* Strings and names. */
	{"{\"a\":\"0.10\"}", "0.1", LITERALS_ONE, "0.10"},
	{"{\"a\":\"0.10 \"}", "0.1", LITERALS_NONE, NULL},
	{"{\"a\":\"00.10\"}", "0.1", LITERALS_NONE, NULL},
	{"{\"a\":\"2026-09-30\"}", "2026", LITERALS_NONE, NULL},
	{"{\"a\":\"\",\"b\":\"-\",\"c\":\"x1\"}", "1", LITERALS_NONE, NULL},
	{"{\"5.50\":\"x\"}", "5.5", LITERALS_ONE, "5.50"},
	{"{\"a\":\"0.1\",\"b\":0.10}", "0.1", LITERALS_ONE, "0.1"},
	/* None at all. */
	{"[true,false,null,{},[]]", "0", LITERALS_NONE, NULL},
	{"null", "1", LITERALS_NONE, NULL},
	{"[1", "1", LITERALS_NONE, NULL},
};

#define BOTH "[0.1,0.10000000000000000001,0.1]"

static const struct {
	const char *text, *number;
	enum literals_match match;
} comparisons[] = {
	{"[1.50]", "1.5", LITERALS_ONE},
	{"[\"1.50\"]", "15e-1", LITERALS_ONE},
	{"[1.50]", "1.51", LITERALS_NONE},
	{"[0.10000000000000000001]", "0.1", LITERALS_MANY},
	{"[0.10000000000000000001]", "0.10000000000000000001", LITERALS_ONE},
	{BOTH, "0.1", LITERALS_ONE},
	{BOTH, "0.100", LITERALS_ONE},
	{BOTH, "0.10000000000000000001", LITERALS_ONE},
	{BOTH, "0.10000000000000000002", LITERALS_MANY},
	{"[12345678901234567890]", "12345678901234567000", LITERALS_MANY},
	{"[-12345678901234567890]", "12345678901234567000", LITERALS_MANY},
	{"[-12345678901234567890]", "12345678901234567890", LITERALS_ONE},
	{"[-0.00010]", "1e-04", LITERALS_ONE},
	{"[-0.1,0.10000000000000000001]", "0.1", LITERALS_ONE},
	{"[0.0]", "0", LITERALS_ONE},
	{"[1e-400]", "0", LITERALS_MANY},
	{"[]", "1", LITERALS_NONE},
};

static const struct {
	const char *text, *digits;
	bool stands;
} quotes[] = {
	{"[\"t-123\"]", "123", true},
	{"[{\"a\":[\"t-123\"]}]", "123", true},
	{"{\"t-123\":0}", "123", true},
	{"[\"t-123\"]", "12", false},
	{"[\"t-123\"]", "23", false},
	{"[\"no 123.\"]", "123", true},
	{"[\"123.\"]", "3", false},
	{"[\"at 1.50 USD\"]", "1.50", true},
	{"[\"at 1.50 USD\"]", "1.5", false},
	{"[\"at 1.50 USD\"]", "50", false},
	{"[\"1.2.3\"]", "1.2", false},
	{"[\"a1\",\"b22\",\"c1\"]", "22", true},
	{"[\"\\u0031 \\\"7\\\\8\"]", "0031", false},
	{"[\"\\u0031 \\\"7\\\\8\"]", "7", true},
	{"[\"\\u0031 \\\"7\\\\8\"]", "8", true},
	{"[123,-4]", "123", false},
	{"[\"...\"]", "1", false},
	{"[]", "1", false},
	{"[", "1", false},
};

static void test_strings(struct literals *literals)
{
	for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
		literals_read(literals, span_text(comparisons[i].text));
		TAP_OK(literals_compare(literals, span_text(comparisons[i].number)) ==
				comparisons[i].match,
			"%s against %s", comparisons[i].number, comparisons[i].text);
	}
	for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
		literals_read(literals, span_text(quotes[i].text));
		TAP_OK(literals_quote(literals, span_text(quotes[i].digits)) == quotes[i].stands &&
				literals_quote(literals, span_text(quotes[i].digits)) ==
					quotes[i].stands,
			"%s in %s", quotes[i].digits, quotes[i].text);
	}
}

static void test_many(struct literals *literals)
{
	enum { N = 1000, ROOM = 16 };
	char *text = malloc(N * ROOM), number[ROOM];
	size_t n = 0, right = 0;
	struct span literal;

	for (unsigned i = 0; i < N; i++)
		n += (size_t)snprintf(text + n, ROOM, "%c%u.250", i ? ',' : '[', (i * 7919) % N);
	text[n++] = ']';
	literals_read(literals, span_make(text, n));
	for (unsigned i = 0; i < N; i++) {
		snprintf(number, sizeof number, "%u.25", i);
		right += literals_find(literals, span_text(number), &literal) == LITERALS_ONE &&
			literal.n == strlen(number) + 1 && literal.p >= text &&
			memcmp(literal.p, number, literal.n - 1) == 0;
	}
	TAP_OK(right == N, "a thousand numbers are told apart");
	free(text);
}

static void test_long(struct literals *literals)
{
	char text[400] = "0.";
	struct span literal, number = span_make(text, 300);

	memset(text + 2, '3', sizeof text - 2);
	literals_read(literals, number);
	TAP_OK(literals_find(literals, span_text("0.33333333333333331"), &literal) ==
				LITERALS_ONE &&
			literal.n == 300,
		"a number of 300 digits");
}

int main(void)
{
	struct literals literals;
	struct span literal;

	literals_init(&literals);
	TAP_OK(literals_find(&literals, span_text("1"), &literal) == LITERALS_NONE &&
			literals_compare(&literals, span_text("1")) == LITERALS_NONE &&
			!literals_quote(&literals, span_text("1")),
		"nothing was read yet");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		literals_read(&literals, span_text(cases[i].text));
		enum literals_match match =
			literals_find(&literals, span_text(cases[i].number), &literal);
		TAP_OK(match == cases[i].match &&
				(!cases[i].literal || span_is_text(literal, cases[i].literal)),
			"%s in %s", cases[i].number, cases[i].text);
	}
	test_strings(&literals);
	test_many(&literals);
	test_long(&literals);
	literals_release(&literals);
	return tap_end();
}
