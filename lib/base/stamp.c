#include "base/stamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/word.h"

enum {
	S_PER_DAY = 24 * 60 * 60,
	DAYS_TO_1970 = 719468, /* from 0000-03-01 */
	NS_DIGITS = 9,
	YEAR_FIRST = 1969, /* an offset can carry its last day into 1970 */
	YEAR_LAST = 2262,
	SUSPENDED_TRIES = 10,
};

#define SUSPENDED_NARROW_NS (5 * STAMP_NS_PER_MS)

/*
 * Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back. The year is
 * counted from March, so that the leap day is its last; 400 years have 146,097 days.
 */
static int64_t days_from_civil(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month > 2 ? year : year - 1;
	unsigned from_march = month > 2 ? month - 3 : month + 9;
	unsigned day_of_year = (153 * from_march + 2) / 5 + day - 1;
	int64_t days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + day_of_year;

	return days - DAYS_TO_1970;
}

static void civil_from_days(unsigned days, unsigned *year, unsigned *month, unsigned *day)
{
	unsigned since_0 = days + DAYS_TO_1970;
	unsigned era = since_0 / 146097;
	unsigned in_era = since_0 % 146097;
	unsigned year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned from_march = (5 * day_of_year + 2) / 153;

	*day = day_of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = era * 400 + year_of_era + (*month <= 2);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* A number of exactly n digits at the start of *text, which is moved behind it. */
static int take_number(struct span *text, size_t n, unsigned *value)
{
	*value = 0;
	if (text->n < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)text->p[i] - (unsigned)'0';
		if (digit > 9)
			return -1;
		*value = *value * 10 + digit;
	}
	*text = span_make(text->p + n, text->n - n);
	return 0;
}

/* One character of those in `set`; returns it, or 0. */
static char take_one_of(struct span *text, const char *set)
{
	char c;

	if (text->n == 0)
		return 0;
	c = text->p[0];
	while (*set && *set != c)
		set++;
	if (*set)
		*text = span_make(text->p + 1, text->n - 1);
	return *set;
}

static int take_date(struct span *text, int64_t *days)
{
	unsigned year, month, day;

	if (take_number(text, 4, &year) < 0 || !take_one_of(text, "-") ||
		take_number(text, 2, &month) < 0 || !take_one_of(text, "-") ||
		take_number(text, 2, &day) < 0)
		return -1;
	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month))
		return -1;
	*days = days_from_civil(year, month, day);
	return 0;
}

static int take_time(struct span *text, unsigned *seconds)
{
	unsigned hour, minute, second;

	if (take_number(text, 2, &hour) < 0 || !take_one_of(text, ":") ||
		take_number(text, 2, &minute) < 0 || !take_one_of(text, ":") ||
		take_number(text, 2, &second) < 0)
		return -1;
	if (hour > 23 || minute > 59 || second > 59)
		return -1;
	*seconds = (hour * 60 + minute) * 60 + second;
	return 0;
}

/* What follows the seconds up to the offset: nothing, or a point and at least one digit. */
static int take_fraction(struct span *text, unsigned *ns, unsigned *digits)
{
	size_t n = 0;

	*ns = 0;
	*digits = 0;
	if (!take_one_of(text, "."))
		return 0;
	for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9'; n++)
		if (n < NS_DIGITS)
			*ns = *ns * 10 + (unsigned)(text->p[n] - '0');
	if (n == 0 || n > UINT32_MAX)
		return -1;
	for (size_t i = n; i < NS_DIGITS; i++)
		*ns *= 10;
	*digits = (unsigned)n;
	*text = span_make(text->p + n, text->n - n);
	return 0;
}

/* The seconds by which local time is ahead of UTC. */
static int take_offset(struct span *text, int *seconds)
{
	unsigned hour, minute;
	char sign = take_one_of(text, "Zz+-");

	*seconds = 0;
	if (sign == 'Z' || sign == 'z')
		return 0;
	if (!sign || take_number(text, 2, &hour) < 0 || !take_one_of(text, ":") ||
		take_number(text, 2, &minute) < 0 || hour > 23 || minute > 59)
		return -1;
	*seconds = (int)((hour * 60 + minute) * 60);
	if (sign == '-')
		*seconds = -*seconds;
	return 0;
}

/* The pairs of digits in eight characters that must have the layout's other characters between
 * them; false where they have not. */
static bool take_pairs(const char *p, const char layout[WORD_SIZE], uint64_t *pairs)
{
	uint64_t digits = word_load(p) ^ word_load(layout);
	uint64_t others = word_equal(word_load(layout), '0') ^ WORD_OF(0x80);

	*pairs = word_pairs(digits);
	return !word_above_9(digits) && !(digits & (others >> 7) * 0xFF);
}

size_t stamp_take(struct span text, int64_t *ns)
{
	enum { LENGTH = sizeof "2026-09-30T01:34:50.331350Z" - 1 };
	uint64_t date, hour, clock, fraction;
	unsigned year, month, day, minutes, seconds, micros;

	if (text.n < LENGTH || !take_pairs(text.p, "0000-00-", &date) ||
		!take_pairs(text.p + 8, "00T00:00", &hour) ||
		!take_pairs(text.p + 12, "0:00:00.", &clock) ||
		!take_pairs(text.p + 19, ".000000Z", &fraction))
		return 0;
	year = word_byte(date, 0) * 100 + word_byte(date, 2);
	month = word_byte(date, 5);
	day = word_byte(hour, 0);
	minutes = word_byte(hour, 3) * 60 + word_byte(clock, 2);
	seconds = minutes * 60 + word_byte(clock, 5);
	micros = word_byte(fraction, 1) * 10000 + word_byte(fraction, 3) * 100 +
		word_byte(fraction, 5);
	if (year < 1970 || year >= YEAR_LAST || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month) || word_byte(hour, 3) > 23 ||
		word_byte(clock, 2) > 59 || word_byte(clock, 5) > 59)
		return 0;
	*ns = (days_from_civil(year, month, day) * S_PER_DAY + seconds) * STAMP_NS_PER_S +
		(int64_t)micros * 1000;
	return LENGTH;
}

int stamp_parse(struct span text, int64_t *ns, unsigned *digits)
{
	int64_t days, since_1970;
	unsigned seconds, fraction, shown;
	int offset;

	if (text.n > 0 && stamp_take(text, ns) == text.n) {
		if (digits)
			*digits = 6;
		return 0;
	}
	if (take_date(&text, &days) < 0 || !take_one_of(&text, "Tt") ||
		take_time(&text, &seconds) < 0 || take_fraction(&text, &fraction, &shown) < 0 ||
		take_offset(&text, &offset) < 0 || text.n > 0)
		return -1;
	since_1970 = days * S_PER_DAY + seconds - offset;
	if (since_1970 < 0 || since_1970 > (INT64_MAX - fraction) / STAMP_NS_PER_S)
		return -1;
	*ns = since_1970 * STAMP_NS_PER_S + fraction;
	if (digits)
		*digits = shown;
	return 0;
}

int stamp_from_seconds(const struct decimal *seconds, int64_t *ns)
{
	char text[DECIMAL_TEXT_MAX];
	size_t n = decimal_write(text, seconds);
	const char *point = memchr(text, '.', n);
	size_t whole = point ? (size_t)(point - text) : n;
	struct span fraction = span_make(text + whole, n - whole);
	unsigned sub_second, digits;
	uint64_t since_1970;

	if (take_fraction(&fraction, &sub_second, &digits) < 0 || digits > NS_DIGITS ||
		num_u64(span_make(text, whole), &since_1970) < 0 ||
		since_1970 > (uint64_t)((INT64_MAX - sub_second) / STAMP_NS_PER_S))
		return -1;
	*ns = (int64_t)since_1970 * STAMP_NS_PER_S + sub_second;
	return 0;
}

/* All nine digits; the caller says where they end. */
static void put_fraction(char *to, unsigned ns)
{
	num_write_pair(to, ns / 10000000);
	num_write_pair(to + 2, ns / 100000 % 100);
	num_write_pair(to + 4, ns / 1000 % 100);
	num_write_pair(to + 6, ns / 10 % 100);
	to[8] = (char)('0' + ns % 10);
}

size_t stamp_write(char *to, int64_t ns, unsigned digits)
{
	static const char layout[] = "0000-00-00T00:00:00.";
	int64_t since_1970 = ns / STAMP_NS_PER_S;
	unsigned seconds = (unsigned)(since_1970 % S_PER_DAY);
	size_t n = sizeof layout - 1;
	unsigned year, month, day;

	civil_from_days((unsigned)(since_1970 / S_PER_DAY), &year, &month, &day);
	memcpy(to, layout, n);
	num_write_pair(to, year / 100);
	num_write_pair(to + 2, year % 100);
	num_write_pair(to + 5, month);
	num_write_pair(to + 8, day);
	num_write_pair(to + 11, seconds / 3600);
	num_write_pair(to + 14, seconds / 60 % 60);
	num_write_pair(to + 17, seconds % 60);
	if (digits > 0) {
		put_fraction(to + n, (unsigned)(ns % STAMP_NS_PER_S));
		n += digits;
	} else {
		n--; /* the point */
	}
	to[n] = 'Z';
	return n + 1;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * STAMP_NS_PER_S + now.tv_nsec;
}

int64_t stamp_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t stamp_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t stamp_boottime(void)
{
#ifdef CLOCK_BOOTTIME
	return read_clock(CLOCK_BOOTTIME);
#else
	return stamp_monotonic();
#endif
}

/* Two clocks cannot be read at once: what lies between shows how far they are to be believed. */
int64_t stamp_suspended(void)
{
	int64_t narrowest = INT64_MAX, suspended = 0;

	for (int i = 0; i < SUSPENDED_TRIES && narrowest > SUSPENDED_NARROW_NS; i++) {
		int64_t before = stamp_monotonic(), all = stamp_boottime();
		int64_t between = stamp_monotonic() - before;
		if (between >= narrowest)
			continue;
		narrowest = between;
		suspended = all - before;
	}
	return suspended;
}
