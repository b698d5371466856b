#include "base/num.h"

#include <stddef.h>

int num_u64(struct span text, uint64_t *value)
{
	uint64_t sum = 0;

	if (text.n == 0)
		return -1;
	for (size_t i = 0; i < text.n; i++) {
		unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';
		if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
			return -1;
		sum = sum * 10 + digit;
	}
	*value = sum;
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

size_t num_write_u64(char *to, uint64_t value)
{
	char digits[NUM_U64_MAX];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}
