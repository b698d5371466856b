/* RFC 3339 both ways, and the clocks. */
#include "base/stamp.h"

#include <limits.h>
#include <stdlib.h>

#include "clocks.h"
#include "tap.h"

static const struct {
	const char *text;
	int64_t ns;
	unsigned digits;
} good[] = {
	{"1970-01-01T00:00:00Z", 0, 0},
	{"1970-01-01T00:00:00.000000001Z", 1, 9},
	{"2026-09-30T01:34:50.331350Z", INT64_C(1790732090331350000), 6},
	{"2026-09-30t01:34:50.331350z", INT64_C(1790732090331350000), 6},
	{"2026-09-30T01:34:50.33135Z", INT64_C(1790732090331350000), 5},
	{"2026-09-30T01:34:50Z", INT64_C(1790732090000000000), 0},
	{"2026-09-30T01:34:50.3Z", INT64_C(1790732090300000000), 1},
	{"2026-09-30T01:34:50.3313501239Z", INT64_C(1790732090331350123), 10},
	{"2026-09-30T01:34:50.00000000000000000000000000000001Z", INT64_C(1790732090000000000), 32},
	{"2026-09-30T07:04:50+05:30", INT64_C(1790732090000000000), 0},
	{"2026-09-29T13:34:50.5-12:00", INT64_C(1790732090500000000), 1},
	{"2026-09-30T01:34:50-00:00", INT64_C(1790732090000000000), 0},
	{"2026-10-01T01:33:50+23:59", INT64_C(1790732090000000000), 0},
	{"1969-12-31T23:00:00-02:00", INT64_C(3600000000000), 0},
	{"2000-02-29T12:00:00Z", INT64_C(951825600000000000), 0},
	{"2024-02-29T23:59:59.999999999Z", INT64_C(1709251199999999999), 9},
	{"2100-03-01T00:00:00Z", INT64_C(4107542400000000000), 0},
	{"2262-04-11T23:47:16.854775807Z", INT64_MAX, 9},
};

static const char *const bad[] = {
	"",
	"2026",
	"2026-09-30",
	"2026-09-30T01:34:50",
	"2026-09-30 01:34:50Z",
	"2026-09-30T01:34Z",
	"2026-09-30T01:34:50.Z",
	"2026-09-30T01:34:50,5Z",
	"2026-09-30T01:34:50.5",
	"2026-09-30T01:34:50Z ",
	" 2026-09-30T01:34:50Z",
	"2026-09-30T01:34:50Z0",
	"2026-9-30T01:34:50Z",
	"26-09-30T01:34:50Z",
	"+2026-09-30T01:34:50Z",
	"2026-09-30T1:34:50Z",
	"2026-09-30T24:00:00Z",
	"2026-09-30T01:60:00Z",
	"2026-09-30T01:34:60Z",
	"2016-12-31T23:59:60Z",
	"2026-00-30T01:34:50Z",
	"2026-13-30T01:34:50Z",
	"2026-09-00T01:34:50Z",
	"2026-09-31T01:34:50Z",
	"2026-02-29T01:34:50Z",
	"2100-02-29T01:34:50Z",
	"2026-09-30T01:34:50+0530",
	"2026-09-30T01:34:50+05",
	"2026-09-30T01:34:50+24:00",
	"2026-09-30T01:34:50+05:60",
	"2026-09-30T01:34:50 Z",
	"2026-09-30T01:34:50.5+",
	"2026-09-30T01:34:50UTC",
	"1969-12-31T23:59:59.999999999Z",
	"1970-01-01T00:00:00+00:01",
	"1900-01-01T00:00:00Z",
	"2262-04-11T23:47:16.854775808Z",
	"2262-04-11T23:47:17Z",
	"2263-01-01T00:00:00Z",
	"9999-12-31T23:59:59Z",
	"1790732090",
	"2026-09-30T0a:34:50Z",
	"2026-09-30T01:34:5\xb0Z",
};

static const struct {
	int64_t ns;
	unsigned digits;
	const char *text;
} written[] = {
	{0, 0, "1970-01-01T00:00:00Z"},
	{0, 6, "1970-01-01T00:00:00.000000Z"},
	{INT64_C(1790732090331350999), 6, "2026-09-30T01:34:50.331350Z"},
	{INT64_C(1790732090331350999), 9, "2026-09-30T01:34:50.331350999Z"},
	{INT64_C(1790732090331350999), 1, "2026-09-30T01:34:50.3Z"},
	{INT64_C(1790732090999999999), 0, "2026-09-30T01:34:50Z"},
	{INT64_MAX, 9, "2262-04-11T23:47:16.854775807Z"},
};

/* Every day of the range, by a calendar that counts one day at a time. */
static void test_calendar(void)
{
	static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year = 1970, month = 1, day = 1;
	int64_t ns = 0, parsed;
	char text[STAMP_TEXT_MAX], wanted[STAMP_TEXT_MAX];
	bool right = true;

	for (int64_t days = 0; year < 2262 && right; days++) {
		bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		ns = days * 86400 * STAMP_NS_PER_S;
		size_t n = stamp_write(text, ns, 0);
		snprintf(wanted, sizeof wanted, "%04u-%02u-%02uT00:00:00Z", year, month, day);
		right = span_is_text(span_make(text, n), wanted) &&
			stamp_parse(span_make(text, n), &parsed, NULL) == 0 && parsed == ns;
		if (++day > lengths[month - 1] + (unsigned)(month == 2 && leap)) {
			day = 1;
			month = month % 12 + 1;
			year += month == 1;
		}
	}
	TAP_OK(right && ns == INT64_C(9214560000000000000), "every day until 2262 (%s)", wanted);
}

/* The layout that exchanges use has a shortcut, which one more digit keeps out: both must agree
 * whatever byte changes. */
static void test_shortcut(void)
{
	static const char *const usual[] = {
		"2026-09-30T01:34:50.331350Z", "1972-02-29T23:59:59.999999Z"};
	unsigned wrong = 0;

	for (size_t t = 0; t < sizeof usual / sizeof *usual; t++) {
		for (size_t at = 0; usual[t][at]; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				char text[32], longer[32];
				int64_t ns = 0, longer_ns = 0;
				size_t n = strlen(usual[t]);
				memcpy(text, usual[t], n);
				text[at] = (char)byte;
				memcpy(longer, text, n - 1);
				longer[n - 1] = '0';
				longer[n] = text[n - 1];
				int result = stamp_parse(span_make(text, n), &ns, NULL);
				int other = stamp_parse(span_make(longer, n + 1), &longer_ns, NULL);
				bool moved = at == n - 1 && byte >= '0' && byte <= '9';
				wrong += !moved && (result != other || ns != longer_ns);
			}
		}
	}
	TAP_OK(wrong == 0, "both ways read the same, whatever byte changes (%u wrong)", wrong);
}

static void test_take(void)
{
	static const char text[] = "2026-09-30T01:34:50.331350Z\",";
	int64_t ns = 0;

	TAP_OK(stamp_take(span_text(text), &ns) == strlen(text) - 2 &&
			ns == INT64_C(1790732090331350000),
		"a time at the start of a text");
	TAP_OK(stamp_take(span_make(text, 26), &ns) == 0, "none that is cut short");
	TAP_OK(stamp_take(span_text("2026-09-30t01:34:50.331350Z"), &ns) == 0 &&
			stamp_take(span_text("2026-09-30T01:34:50.3313500Z"), &ns) == 0,
		"none of another layout");
}

static void test_seconds(void)
{
	static const struct {
		const char *text;
		int64_t ns; /* -1: refused */
	} cases[] = {
		{"1688669597.8277369", INT64_C(1688669597827736900)},
		{"1557895729.4", INT64_C(1557895729400000000)},
		{"1557895729", INT64_C(1557895729000000000)},
		{"1.6886695978277369e9", INT64_C(1688669597827736900)},
		{"1688669597.123456789", INT64_C(1688669597123456789)},
		{"1688669597.1234567890", INT64_C(1688669597123456789)},
		{"1688669597.1234567891", -1},
		{"0.000000001", 1},
		{"1e-10", -1},
		{"9223372036.854775807", INT64_MAX},
		{"9223372036.854775808", -1},
		{"9223372037", -1},
		{"1e127", -1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct decimal seconds;
		int64_t ns = -1;
		int result = decimal_read(span_text(cases[i].text), &seconds) == DECIMAL_OK
			? stamp_from_seconds(&seconds, &ns)
			: -2;
		TAP_OK(result == (cases[i].ns < 0 ? -1 : 0) && ns == cases[i].ns, "%s seconds",
			cases[i].text);
	}
}

/* Wherever the program stands still, none of it is taken for a suspension. */
static void test_suspended(void)
{
	int64_t most = 0, least = INT64_MAX;

	clocks.is_on = true;
	clocks.slept_ns = 3600 * STAMP_NS_PER_S;
	for (unsigned i = 0; i < 18; i++) {
		clocks.looks = 0;
		clocks.still_at = 1 + i % 6;
		clocks.still_for = 1 + i / 6;
		int64_t ns = stamp_suspended() - clocks.slept_ns;
		most = ns > most ? ns : most;
		least = ns < least ? ns : least;
	}
	TAP_OK(least > -STAMP_NS_PER_S && most < STAMP_NS_PER_S,
		"standing still is no suspension: %lld to %lld ns off", (long long)least,
		(long long)most);
	clocks.looks = 0;
	clocks.still_at = 1;
	clocks.still_for = UINT_MAX;
	stamp_suspended();
	TAP_OK(clocks.looks > 3, "where it always stands still, that has an end");
	clocks.is_on = false;
}

static void test_boottime(void)
{
	int64_t before;

	clocks.is_on = true;
	clocks.still_for = 0;
	clocks.looks = 0;
	before = stamp_boottime();
	TAP_OK(clocks.looks == 1 && stamp_boottime() > before, "one look at one clock");
	clocks.slept_ns += STAMP_NS_PER_S;
	TAP_OK(stamp_boottime() - before >= STAMP_NS_PER_S,
		"which goes on while the machine is suspended");
	clocks.is_on = false;
}

int main(void)
{
	int64_t before, ns;
	unsigned digits;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		TAP_OK(stamp_parse(span_text(good[i].text), &ns, &digits) == 0 &&
				ns == good[i].ns && digits == good[i].digits,
			"'%s' is read", good[i].text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		TAP_OK(stamp_parse(span_text(bad[i]), &ns, &digits) < 0, "'%s' is refused", bad[i]);
	for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
		char *to = malloc(STAMP_TEXT_MAX);
		size_t n = stamp_write(to, written[i].ns, written[i].digits);
		TAP_OK(span_is_text(span_make(to, n), written[i].text), "'%s' is written",
			written[i].text);
		free(to);
	}
	test_calendar();
	test_shortcut();
	test_take();
	test_seconds();
	test_suspended();
	test_boottime();
	TAP_OK(stamp_now() > INT64_C(1700000000) * STAMP_NS_PER_S, "the clock counts from 1970");
	before = stamp_monotonic();
	TAP_OK(stamp_monotonic() >= before, "the other clock does not go back");
	return tap_end();
}
