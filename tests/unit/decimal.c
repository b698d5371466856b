/* Amounts as text, and what is none. */
#include "base/decimal.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

#define TEN "1234567890"
#define ZEROS_10 "0000000000"
#define DIGITS_64 TEN TEN TEN TEN TEN TEN "1234"
#define ZEROS_60 ZEROS_10 ZEROS_10 ZEROS_10 ZEROS_10 ZEROS_10 ZEROS_10

static const struct {
	const char *token;
	enum decimal_fault fault;
	const char *text;
} cases[] = {
	{"83320.6", DECIMAL_OK, "83320.6"},
	{"0.00034127", DECIMAL_OK, "0.00034127"},
	{"0.00040000", DECIMAL_OK, "0.0004"},
	{"2668.00", DECIMAL_OK, "2668"},
	{"2668.10", DECIMAL_OK, "2668.1"},
	{"1", DECIMAL_OK, "1"},
	{"1.0", DECIMAL_OK, "1"},
	{"10", DECIMAL_OK, "10"},
	{"100", DECIMAL_OK, "100"},
	{"10.0", DECIMAL_OK, "10"},
	{"0.1", DECIMAL_OK, "0.1"},
	{"0.10", DECIMAL_OK, "0.1"},
	{"1e-8", DECIMAL_OK, "0.00000001"},
	{"1E-8", DECIMAL_OK, "0.00000001"},
	{"1E+2", DECIMAL_OK, "100"},
	{"1e2", DECIMAL_OK, "100"},
	{"1e0", DECIMAL_OK, "1"},
	{"1.0e0", DECIMAL_OK, "1"},
	{"1e00000000000000000000000002", DECIMAL_OK, "100"},
	{"100e-2", DECIMAL_OK, "1"},
	{"100e-3", DECIMAL_OK, "0.1"},
	{"123.456e1", DECIMAL_OK, "1234.56"},
	{"123.456e3", DECIMAL_OK, "123456"},
	{"123.456e4", DECIMAL_OK, "1234560"},
	{"123.456e-2", DECIMAL_OK, "1.23456"},
	{"123.456e-3", DECIMAL_OK, "0.123456"},
	{"0.00100e2", DECIMAL_OK, "0.1"},
	{"0.00100e3", DECIMAL_OK, "1"},
	{"0.00100e5", DECIMAL_OK, "100"},
	{DIGITS_64, DECIMAL_OK, DIGITS_64},
	{"0." DIGITS_64, DECIMAL_OK, "0." DIGITS_64},
	{DIGITS_64 "0.000", DECIMAL_OK, DIGITS_64 "0"},
	{DIGITS_64 "5", DECIMAL_TOO_LONG, NULL},
	{"1." DIGITS_64, DECIMAL_TOO_LONG, NULL},
	{"0." DIGITS_64 "5", DECIMAL_TOO_LONG, NULL},
	{DIGITS_64 "e64", DECIMAL_OK, DIGITS_64 ZEROS_60 "0000"},
	{DIGITS_64 "e65", DECIMAL_TOO_LONG, NULL},
	{"1e127", DECIMAL_OK, "1" ZEROS_60 ZEROS_60 "0000000"},
	{"1e128", DECIMAL_TOO_LONG, NULL},
	{"1e-126", DECIMAL_OK, "0." ZEROS_60 ZEROS_60 "000001"},
	{"1e-127", DECIMAL_TOO_LONG, NULL},
	{"1." ZEROS_60 ZEROS_60 ZEROS_60, DECIMAL_OK, "1"},
	{"1" ZEROS_60 ZEROS_60 ZEROS_60 "e-180", DECIMAL_OK, "1"},
	{"0." ZEROS_60 ZEROS_60 ZEROS_60 "1e181", DECIMAL_OK, "1"},
	{"1e400000000000", DECIMAL_TOO_LONG, NULL},
	{"1e-400000000000", DECIMAL_TOO_LONG, NULL},
	{"1e9223372036854775807", DECIMAL_TOO_LONG, NULL},
	{"1e-9223372036854775808", DECIMAL_TOO_LONG, NULL},
	{"1e18446744073709551617", DECIMAL_TOO_LONG, NULL},
	{"1e99999999999999999999999999999999999999", DECIMAL_TOO_LONG, NULL},
	{"0.1e-99999999999999999999999999999999999999", DECIMAL_TOO_LONG, NULL},
	{"0", DECIMAL_NOT_POSITIVE, NULL},
	{"0.0", DECIMAL_NOT_POSITIVE, NULL},
	{"0e5", DECIMAL_NOT_POSITIVE, NULL},
	{"0e400000000000", DECIMAL_NOT_POSITIVE, NULL},
	{"-0", DECIMAL_NOT_POSITIVE, NULL},
	{"-0.0e3", DECIMAL_NOT_POSITIVE, NULL},
	{"-1", DECIMAL_NOT_POSITIVE, NULL},
	{"-1e-9", DECIMAL_NOT_POSITIVE, NULL},
	{"", DECIMAL_NOT_A_NUMBER, NULL},
	{"-", DECIMAL_NOT_A_NUMBER, NULL},
	{".", DECIMAL_NOT_A_NUMBER, NULL},
	{"+1", DECIMAL_NOT_A_NUMBER, NULL},
	{".5", DECIMAL_NOT_A_NUMBER, NULL},
	{".5.5", DECIMAL_NOT_A_NUMBER, NULL},
	{"1.", DECIMAL_NOT_A_NUMBER, NULL},
	{"00.1", DECIMAL_NOT_A_NUMBER, NULL},
	{"01", DECIMAL_NOT_A_NUMBER, NULL},
	{"00", DECIMAL_NOT_A_NUMBER, NULL},
	{"1.2.3", DECIMAL_NOT_A_NUMBER, NULL},
	{"1e", DECIMAL_NOT_A_NUMBER, NULL},
	{"1e+", DECIMAL_NOT_A_NUMBER, NULL},
	{"1e1.5", DECIMAL_NOT_A_NUMBER, NULL},
	{"1.e5", DECIMAL_NOT_A_NUMBER, NULL},
	{"1 ", DECIMAL_NOT_A_NUMBER, NULL},
	{" 1", DECIMAL_NOT_A_NUMBER, NULL},
	{"1,5", DECIMAL_NOT_A_NUMBER, NULL},
	{"0x1", DECIMAL_NOT_A_NUMBER, NULL},
	{"NaN", DECIMAL_NOT_A_NUMBER, NULL},
	{"1\xff", DECIMAL_NOT_A_NUMBER, NULL},
};

/* The short way, with something behind the amount, says the same as the whole way, or nothing. */
static void test_take(void)
{
	static const char *const plain[] = {"83320.6", "0.00034127", "100", "10.0",
		"12345678901234567890.12345678901234567890", "0.10000000000000000000"};
	char text[256], short_way[DECIMAL_TEXT_MAX], long_way[DECIMAL_TEXT_MAX];
	struct decimal taken, read;
	bool right = true;

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		snprintf(text, sizeof text, "%s,0.001", plain[i]);
		TAP_OK(decimal_take(span_text(text), &taken) == strlen(plain[i]) &&
				taken.plain > 0 && span_is_text(taken.token, plain[i]),
			"%s is taken", plain[i]);
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t more = 0; more < 12; more++) {
			size_t n = strlen(cases[i].token);
			if (n == 0 || n + more + 1 >= sizeof text)
				continue;
			snprintf(text, sizeof text, "%s\"%.*s", cases[i].token, (int)more,
				"98765432109876");
			if (decimal_take(span_text(text), &taken) != n)
				continue;
			right = right && decimal_read(span_text(cases[i].token), &read) == 0 &&
				taken.token.n == n &&
				span_is(span_make(short_way, decimal_write(short_way, &taken)),
					span_make(long_way, decimal_write(long_way, &read)));
		}
	}
	TAP_OK(right, "the short way says what the whole way says");
	TAP_OK(decimal_take(span_text(""), &taken) == 0 &&
			decimal_take(span_text("x"), &taken) == 0,
		"nothing is taken of what is no number");
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *to = malloc(DECIMAL_TEXT_MAX); /* as small as the contract allows */
		struct decimal amount;
		enum decimal_fault fault = decimal_read(span_text(cases[i].token), &amount);
		bool right = fault == cases[i].fault &&
			(fault ||
				span_is_text(
					span_make(to, decimal_write(to, &amount)), cases[i].text));
		TAP_OK(right, "'%s': fault %d", cases[i].token, (int)cases[i].fault);
		free(to);
	}
	test_take();
	return tap_end();
}
