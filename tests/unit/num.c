/* Whole numbers, durations and sizes, up to the edge of what they can hold. */
#include "base/num.h"

#include <stdio.h>

#include "tap.h"

struct good {
	const char *text;
	uint64_t value;
};

static const struct good numbers[] = {
	{"0", 0},
	{"7", 7},
	{"007", 7},
	{"18446744073709551615", UINT64_MAX},
	{"00018446744073709551615", UINT64_MAX},
	{"9223372036854775808", UINT64_C(1) << 63},
	{NULL, 0},
};

static const struct good durations[] = {
	{"0", 0},
	{"0ms", 0},
	{"500ms", 500},
	{"10s", 10 * 1000},
	{"10", 10 * 1000},
	{"2m", 2 * 60 * 1000},
	{"1h", 60 * 60 * 1000},
	{"7d", 7 * 24 * 60 * 60 * 1000},
	{"4611686018427ms", UINT64_C(4611686018427)},
	{"53375d", UINT64_C(53375) * 24 * 60 * 60 * 1000},
	{NULL, 0},
};

static const struct good sizes[] = {
	{"0", 0},
	{"512", 512},
	{"64k", 64 * 1024},
	{"10M", 10 * 1024 * 1024},
	{"1G", 1024 * 1024 * 1024},
	{"17179869183G", UINT64_C(17179869183) << 30},
	{"18446744073709551615", UINT64_MAX},
	{NULL, 0},
};

static const char *const bad_numbers[] = {"", " ", "-1", "+1", " 1", "1 ", "1a", "a", "0x10", "1.0",
	"1e3", "18446744073709551616", "18446744073709551620", "28446744073709551615",
	"99999999999999999999", "184467440737095516150", "/", ":", NULL};

static const char *const bad_durations[] = {"", "ms", "s", "1ns", "1us", "1S", "1 s", "1.5s", "-1s",
	"1ms ", "1mss", "1w", "1y", "1M", "4611686018428ms", "53376d", "18446744073709552",
	"18446744073709551616ms", "213503982335d", NULL};

static const char *const bad_sizes[] = {"", "k", "1K", "1m", "1g", "1T", "1kB", "1 k", "-1k",
	"17179869184G", "18014398509481984k", "18446744073709551616", NULL};

static void test_read(const char *name, int (*read)(struct span text, uint64_t *value),
	const struct good *good, const char *const *bad)
{
	uint64_t value;

	for (; good->text; good++)
		TAP_OK(read(span_text(good->text), &value) == 0 && value == good->value, "%s '%s'",
			name, good->text);
	for (value = 42; *bad; bad++)
		TAP_OK(read(span_text(*bad), &value) < 0 && value == 42, "%s, not '%s'", name,
			*bad);
}

static void test_write(uint64_t value, const char *text)
{
	char to[NUM_U64_MAX];
	TAP_OK(span_is_text(span_make(to, num_write_u64(to, value)), text), "%s written", text);
}

/* Numbers of each length, at the start of a text of each length. */
static void test_take(void)
{
	static const char text[] = "12345678901234567890123";
	char behind[64];
	uint64_t value;
	bool right = true;

	for (size_t n = 0; n <= 20; n++) {
		for (size_t more = 0; more < 20; more++) {
			uint64_t wanted = 0;
			for (size_t i = 0; i < n; i++)
				wanted = wanted * 10 + (uint64_t)(text[i] - '0');
			snprintf(behind, sizeof behind, "%.*s%.*s", (int)n, text, (int)more,
				",:/;\xb0\x01 0123456789012");
			right = right && num_take_u64(span_text(behind), &value) == n &&
				(n == 0 || value == wanted);
		}
	}
	TAP_OK(right, "digits that a text begins with");
	TAP_OK(num_take_u64(span_text("18446744073709551615,"), &value) == 20 &&
			value == UINT64_MAX,
		"the largest number");
	TAP_OK(num_take_u64(span_text("18446744073709551616,"), &value) == 0, "one beyond it");
	TAP_OK(num_take_u64(span_text(text), &value) == 0, "far beyond it");
}

static void test_write_all(void)
{
	uint64_t value = 1;
	bool right = true;

	for (unsigned length = 1; length <= 20; length++, value *= 10) {
		for (unsigned i = 0; i < 4; i++) {
			static const int64_t near[] = {-1, 0, 1, 7};
			uint64_t number = value + (uint64_t)near[i];
			char wanted[32], to[NUM_U64_MAX];
			snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)number);
			right = right &&
				span_is_text(span_make(to, num_write_u64(to, number)), wanted);
		}
	}
	TAP_OK(right, "numbers of each length written");
}

int main(void)
{
	char pair[2];
	uint64_t value;

	test_read("number", num_u64, numbers, bad_numbers);
	test_read("duration", num_duration, durations, bad_durations);
	test_read("size", num_size, sizes, bad_sizes);
	TAP_OK(num_u64(span_make("1\0002", 3), &value) < 0, "a NUL is no end");
	TAP_OK(num_u64(span_make("12", 1), &value) == 0 && value == 1, "a span ends where it ends");
	test_take();
	test_write_all();
	num_write_pair(pair, 7);
	TAP_OK(memcmp(pair, "07", 2) == 0, "a pair");
	num_write_pair(pair, 99);
	TAP_OK(memcmp(pair, "99", 2) == 0, "the last pair");
	test_write(0, "0");
	test_write(10, "10");
	test_write(UINT64_MAX, "18446744073709551615");
	return tap_end();
}
