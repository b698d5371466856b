/* Exact sums: cases by hand, and random ones against sums digit by digit. */
#include "base/sum.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define NINES_8 "99999999"
#define NINES_64 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8
#define ZEROS_63                                                                                   \
	"000000000"                                                                                \
	"000000000"                                                                                \
	"000000000"                                                                                \
	"000000000"                                                                                \
	"000000000"                                                                                \
	"000000000"                                                                                \
	"000000000"

/* What is added `times` times: an amount, or a product where b is there. */
static const struct {
	const char *a, *b;
	unsigned times;
	const char *text;
} cases[] = {
	{"1", NULL, 0, "0"},
	{"1", NULL, 1, "1"},
	{"83320.6", NULL, 1, "83320.6"},
	{"0.00034127", NULL, 1, "0.00034127"},
	{"83320.6", "0.00034127", 1, "28.434821162"},
	{"83320.60", "0.00034127000", 1, "28.434821162"},
	{"0.5", "2", 1, "1"},
	{"0.5", NULL, 2, "1"},
	{"8.33206e4", "34127e-8", 2, "56.869642324"},
	{"0.999999999", NULL, 1000000, "999999.999"},
	{"0.999999999", NULL, 1000001, "1000000.998999999"},
	{"999999999.999999999", "999999999.999999999", 1, "999999999999999998.000000000000000001"},
	{"999999999.999999999", "999999999.999999999", 1000000,
		"999999999999999998000000.000000000001"},
	{"999999999", NULL, 1, "999999999"},
	{"1000000000", NULL, 1, "1000000000"},
	{"1000000000", "0.000000001", 1, "1"},
	{"0.0000000001", NULL, 10, "0.000000001"},
	{"12345678", NULL, 1, "12345678"},
	{"1234567.8", NULL, 1, "1234567.8"},
	{"1.2345678", NULL, 1, "1.2345678"},
	{"0.12345678", NULL, 1, "0.12345678"},
	{"0.123456789", NULL, 1, "0.123456789"},
	{"0.1234567891", NULL, 1, "0.1234567891"},
	{"1234567890.1234567891", NULL, 1, "1234567890.1234567891"},
	{NINES_64, NULL, 1, NINES_64},
	{"0." NINES_64, NULL, 1, "0." NINES_64},
	{NINES_64, NINES_64, 1,
		NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 "99999998" ZEROS_63 "1"},
	{"0." NINES_64, "0." NINES_64, 1,
		"0." NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 "99999998" ZEROS_63
		"1"},
	{NINES_64 "e64", NULL, 1, NINES_64 ZEROS_63 "0"},
	{NINES_64 "e64", NINES_64 "e64", 1,
		NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 NINES_8 "99999998" ZEROS_63
									"1" ZEROS_63 ZEROS_63 "00"},
	{"1e-126", NULL, 1,
		"0." ZEROS_63 "00000000000000000000000000000000000000000000000000000000"
		"0000001"},
	{"1e-126", "1e-126", 1,
		"0." ZEROS_63 ZEROS_63 ZEROS_63 "000000000"
		"000000000"
		"000000000"
		"000000000"
		"000000000"
		"000000000"
		"000000001"},
	{"1e127", "1e-126", 1, "10"},
	{"1e-126", "1e127", 3, "30"},
};

/* The shape of a trade's amount, in memory that ends where it does. */
static struct decimal amount(const char *text)
{
	size_t n = strlen(text);
	char *token = malloc(n);
	struct decimal decimal;

	memcpy(token, text, n);
	if (decimal_read(span_make(token, n), &decimal) != DECIMAL_OK)
		abort();
	return decimal;
}

static void read_text(struct sum_term *term, const char *text)
{
	struct decimal decimal = amount(text);

	sum_read(term, &decimal);
	free((char *)(uintptr_t)decimal.token.p);
}

static bool is_text(struct sum *sum, const char *text)
{
	char *to = malloc(SUM_TEXT_MAX); /* as small as the contract allows */
	size_t n = sum_write(to, sum);
	bool same = span_is_text(span_make(to, n), text);

	if (!same)
		printf("# %.*s\n", (int)n, to);
	free(to);
	return same;
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sum sum = {.adds = 0};
		struct sum_term a, b;
		read_text(&a, cases[i].a);
		if (cases[i].b)
			read_text(&b, cases[i].b);
		for (unsigned k = 0; k < cases[i].times; k++) {
			if (cases[i].b)
				sum_add_product(&sum, &a, &b);
			else
				sum_add(&sum, &a);
		}
		TAP_OK(is_text(&sum, cases[i].text), "%u times %s * %s", cases[i].times, cases[i].a,
			cases[i].b ? cases[i].b : "1");
	}
}

/* Writing a sum settles it; it goes on from there. */
static void test_goes_on(void)
{
	struct sum sum = {.adds = 0};
	struct sum_term term;

	read_text(&term, "999999999.9");
	sum_add(&sum, &term);
	TAP_OK(is_text(&sum, "999999999.9") && is_text(&sum, "999999999.9"), "written twice");
	sum_add(&sum, &term);
	TAP_OK(is_text(&sum, "1999999999.8"), "then added to");
}

/* As many additions as it takes for carries to be settled would take seconds. */
static void test_carries(void)
{
	const uint64_t full = UINT64_MAX - 1000000000;
	struct sum sum = {.adds = (UINT64_C(1) << 30) - 1};
	struct sum_term term, one;

	read_text(&term, "999999999");
	read_text(&one, "1");
	sum.limbs[SUM_FRACTION] = full;
	for (int i = 0; i < 3; i++)
		sum_add(&sum, &term);
	TAP_OK(is_text(&sum, "18446744075709551612"), "a limb never runs over with amounts");
	sum.limbs[SUM_FRACTION] = full;
	sum.limbs[SUM_FRACTION + 1] = sum.limbs[SUM_FRACTION + 2] = 0;
	sum.adds = (UINT64_C(1) << 30) - 1;
	for (int i = 0; i < 3; i++)
		sum_add_product(&sum, &term, &one);
	TAP_OK(is_text(&sum, "18446744075709551612"), "nor with products");
}

enum { PLACES = SUM_DIGITS * SUM_LIMBS, POINT = SUM_DIGITS * SUM_FRACTION };

/* Digits, the least one first; those from POINT on stand before the point. */
struct model {
	unsigned char digits[PLACES];
};

static void model_add(struct model *sum, const struct model *term, int shift)
{
	unsigned carry = 0;

	for (int i = 0; i < PLACES; i++) {
		int from = i - shift;
		unsigned digit = sum->digits[i] + carry;
		digit += from >= 0 && from < PLACES ? term->digits[from] : 0;
		sum->digits[i] = (unsigned char)(digit % 10);
		carry = digit / 10;
	}
}

static void model_add_product(struct model *sum, const struct model *a, const struct model *b)
{
	for (int i = 0; i < PLACES; i++)
		for (unsigned k = 0; k < b->digits[i]; k++)
			model_add(sum, a, i - POINT);
}

static void model_write(char *to, const struct model *sum)
{
	int top = PLACES - 1, end = 0;

	while (top > POINT && sum->digits[top] == 0)
		top--;
	while (end < POINT && sum->digits[end] == 0)
		end++;
	for (int i = top; i >= end; i--) {
		if (i == POINT - 1)
			*to++ = '.';
		*to++ = (char)('0' + sum->digits[i]);
	}
	*to = '\0';
}

static unsigned random_below(unsigned n)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % n;
}

/* `n` digits, the last one `places` behind the point (before it where that is below zero); as a
 * text with an exponent now and then. */
static void random_amount(char *text, struct model *model)
{
	int n = 1 + (int)random_below(random_below(4) ? 12 : DECIMAL_DIGITS_MAX);
	int places = (int)random_below(random_below(4) ? (unsigned)n : 63);
	bool plain = places < n && random_below(3);
	char *to = text;

	if (places >= n && random_below(2))
		places = -places;
	*model = (struct model){.digits = {0}};
	for (int i = n - 1; i >= 0; i--) {
		unsigned digit = i == n - 1 || i == 0 ? 1 + random_below(9) : random_below(10);
		model->digits[POINT - places + i] = (unsigned char)digit;
		*to++ = (char)('0' + digit);
		if (plain && i == places && i > 0)
			*to++ = '.';
	}
	if (plain)
		*to = '\0';
	else
		snprintf(to, 8, "e%d", -places);
}

static void test_random(void)
{
	struct sum sum = {.adds = 0};
	struct model all = {.digits = {0}}, left, right, one = {.digits = {[POINT] = 1}};
	char a[DECIMAL_TEXT_MAX], b[DECIMAL_TEXT_MAX], expected[PLACES + 2];
	struct sum_term first, second;
	bool good = true;

	for (int i = 0; i < 300 && good; i++) {
		random_amount(a, &left);
		random_amount(b, &right);
		read_text(&first, a);
		read_text(&second, b);
		sum_add(&sum, &first);
		sum_add_product(&sum, &first, &second);
		model_add_product(&all, &left, &one);
		model_add_product(&all, &left, &right);
		model_write(expected, &all);
		good = is_text(&sum, expected);
		if (!good)
			printf("# after %s and %s: not %s\n", a, b, expected);
	}
	TAP_OK(good, "as a sum digit by digit");
}

int main(void)
{
	test_cases();
	test_goes_on();
	test_carries();
	test_random();
	return tap_end();
}
