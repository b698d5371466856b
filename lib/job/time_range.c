#include "job/time_range.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "base/when.h"

static const char no_dates[] = "not two dates such as 2024-01-01:2024-02-01";

/* Takes a number of `least` to `most` digits, and writes it with `most`. */
static bool take_digits(const char **text, size_t least, size_t most, char *to)
{
	size_t n = strspn(*text, "0123456789");

	if (n < least || n > most)
		return false;
	memset(to, '0', most - n);
	memcpy(to + most - n, *text, n);
	*text += n;
	return true;
}

static bool take_byte(const char **text, char byte)
{
	if (**text != byte)
		return false;
	++*text;
	return true;
}

static bool take_date(const char **text, char date[TIME_RANGE_DATE_MAX])
{
	memcpy(date, "0000-00-00", TIME_RANGE_DATE_MAX);
	return take_digits(text, 4, 4, date) && take_byte(text, '-') &&
		take_digits(text, 1, 2, date + 5) && take_byte(text, '-') &&
		take_digits(text, 1, 2, date + 8);
}

const char *time_range_parse(const char *text, struct time_range *range)
{
	struct time_range taken;
	const char *reason;
	int64_t since, until;

	if (!take_date(&text, taken.since) || !take_byte(&text, ':') ||
		!take_date(&text, taken.until) || *text)
		return no_dates;
	if (when_parse(span_text(taken.since), 0, &since, &reason) < 0)
		return "its start is no day between 1970 and 2262";
	if (when_parse(span_text(taken.until), 0, &until, &reason) < 0)
		return "its end is no day between 1970 and 2262";
	if (until < since)
		return "it ends before it starts";
	taken.empty = until == since;
	*range = taken;
	return NULL;
}
