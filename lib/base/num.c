#include "base/num.h"

#include <stddef.h>
#include <string.h>

#include "base/word.h"

/* Up to two words of digits, which cannot overflow; returns how many there are. */
static size_t take_words(struct span text, uint64_t *value)
{
	static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
	size_t n = 0;

	*value = 0;
	while (n <= WORD_SIZE && text.n - n >= WORD_SIZE) {
		uint64_t digits = word_digits(word_load(text.p + n));
		uint64_t others = word_above_9(digits);
		size_t k = others ? word_first(others) : WORD_SIZE;
		if (k == WORD_SIZE) {
			*value = *value * 100000000 + word_number(digits);
			n += WORD_SIZE;
			continue;
		}
		if (k > 0)
			*value = *value * powers[k] + word_number(digits << ((WORD_SIZE - k) * 8));
		return n + k;
	}
	return n;
}

size_t num_take_u64(struct span text, uint64_t *value)
{
	size_t n = take_words(text, value);

	for (; n < text.n; n++) {
		unsigned digit = (unsigned char)text.p[n] - (unsigned)'0';
		if (digit > 9)
			break;
		if (*value > (UINT64_MAX - digit) / 10)
			return 0;
		*value = *value * 10 + digit;
	}
	return n;
}

int num_u64(struct span text, uint64_t *value)
{
	uint64_t taken;

	if (text.n == 0 || num_take_u64(text, &taken) != text.n)
		return -1;
	*value = taken;
	return 0;
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* A number followed by one of the suffixes; the last row's suffix is empty. */
static int scaled(struct span text, const struct unit *units, uint64_t most, uint64_t *value)
{
	size_t digits = 0;
	uint64_t count;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (num_u64(span_make(text.p, digits), &count) < 0)
		return -1;
	struct span suffix = span_make(text.p + digits, text.n - digits);
	while (!span_is_text(suffix, units->suffix)) {
		if (!*units->suffix)
			return -1;
		units++;
	}
	if (count > most / units->factor)
		return -1;
	*value = count * units->factor;
	return 0;
}

int num_duration(struct span text, uint64_t *ms)
{
	static const struct unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000},
		{"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000}, {"", 1000}};
	return scaled(text, units, NUM_DURATION_MAX, ms);
}

int num_size(struct span text, uint64_t *bytes)
{
	static const struct unit units[] = {{"k", UINT64_C(1) << 10}, {"M", UINT64_C(1) << 20},
		{"G", UINT64_C(1) << 30}, {"", 1}};
	return scaled(text, units, UINT64_MAX, bytes);
}

#define TEN(t) t "0" t "1" t "2" t "3" t "4" t "5" t "6" t "7" t "8" t "9"

void num_write_pair(char *to, unsigned value)
{
	static const char pairs[] = TEN("0") TEN("1") TEN("2") TEN("3") TEN("4") TEN("5") TEN("6")
		TEN("7") TEN("8") TEN("9");

	memcpy(to, pairs + (size_t)value * 2, 2);
}

/* A value below 10^8 as eight digits, which do not wait for each other. */
static void write_eight(char *to, uint32_t value)
{
	uint32_t high = value / 10000, low = value % 10000;

	num_write_pair(to, high / 100);
	num_write_pair(to + 2, high % 100);
	num_write_pair(to + 4, low / 100);
	num_write_pair(to + 6, low % 100);
}

size_t num_write_u64(char *to, uint64_t value)
{
	const uint64_t eight_digits = 100000000;
	char digits[WORD_SIZE];
	size_t n, zeros = 0;

	if (value >= eight_digits) {
		n = num_write_u64(to, value / eight_digits);
		write_eight(to + n, (uint32_t)(value % eight_digits));
		return n + WORD_SIZE;
	}
	if (value < 10) {
		*to = (char)('0' + value);
		return 1;
	}
	write_eight(digits, (uint32_t)value);
	while (digits[zeros] == '0')
		zeros++;
	for (size_t i = zeros; i < WORD_SIZE; i++)
		to[i - zeros] = digits[i];
	return WORD_SIZE - zeros;
}
