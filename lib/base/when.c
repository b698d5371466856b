#include "base/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/num.h"
#include "base/stamp.h"

enum { TEXT_MAX = 64 }; /* bytes: no sensible time is longer */

static const char no_time[] = "is no date, no time and no number of seconds";
static const char after_2262[] = "is after 2262";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether it is built like a date, whatever its numbers are. */
static bool is_date_shaped(struct span text)
{
	static const char shape[] = "dddd-dd-dd";

	if (text.n != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (shape[i] == 'd' ? !is_digit(text.p[i]) : text.p[i] != shape[i])
			return false;
	return true;
}

/* The text with a tail behind it as RFC 3339. */
static int parse_with(struct span text, const char *tail, int64_t *ns)
{
	char whole[TEXT_MAX + sizeof "T00:00:00Z"];
	size_t n = strlen(tail);

	if (text.n > TEXT_MAX)
		return -1;
	memcpy(whole, text.p, text.n);
	memcpy(whole + text.n, tail, n);
	return stamp_parse(span_make(whole, text.n + n), ns, NULL);
}

/* Each unit reaches from 1973 (seconds: 2001) far beyond 2262, so that no moment has two. */
static const char *read_number(struct span text, int64_t *ns)
{
	static const struct {
		uint64_t below;
		int64_t ns;
	} units[] = {
		{UINT64_C(1000000000), 0},
		{UINT64_C(100000000000), STAMP_NS_PER_S},
		{UINT64_C(100000000000000), STAMP_NS_PER_MS},
		{UINT64_C(100000000000000000), 1000},
		{UINT64_MAX, 1},
	};
	size_t i = 0;
	uint64_t n;

	if (num_u64(text, &n) < 0)
		return after_2262;
	while (i < sizeof units / sizeof *units - 1 && n >= units[i].below)
		i++;
	if (i == 0)
		return "is too small for a number of seconds: a date is written as 2026-09-30, and "
		       "the beginning as 1970-01-01";
	if (n > (uint64_t)(INT64_MAX / units[i].ns))
		return after_2262;
	*ns = (int64_t)n * units[i].ns;
	return NULL;
}

static const char *read_moment(struct span text, int64_t *ns)
{
	size_t digits = 0;

	while (digits < text.n && is_digit(text.p[digits]))
		digits++;
	if (text.n > 0 && digits == text.n)
		return read_number(text, ns);
	if (is_date_shaped(text))
		return parse_with(text, "T00:00:00Z", ns) < 0 ? "is no day between 1970 and 2262"
							      : NULL;
	if (stamp_parse(text, ns, NULL) == 0)
		return NULL;
	return parse_with(text, "Z", ns) == 0 ? "names no time zone: UTC is a Z behind it"
					      : no_time;
}

int when_parse(struct span text, int64_t now_ns, int64_t *ns, const char **reason)
{
	int64_t moment = now_ns;

	*reason = span_is_text(text, "now") ? NULL : read_moment(text, &moment);
	if (*reason)
		return -1;
	*ns = moment;
	return 0;
}
