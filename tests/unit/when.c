/* Moments as options take them. */
#include "base/when.h"

#include <string.h>

#include "tap.h"

enum { NOW = 4711 };

#define S INT64_C(1000000000)
#define DAY (24 * 60 * 60 * S)

static const struct {
	const char *text;
	int64_t ns;
} good[] = {
	{"now", NOW},
	{"1970-01-01", 0},
	{"2026-09-30", INT64_C(1790726400) * S},
	{"2024-02-29", INT64_C(1709164800) * S},
	{"2000-02-29", INT64_C(951782400) * S},
	{"2262-04-11", INT64_C(106751) * DAY},
	{"2026-09-30T01:34:50Z", INT64_C(1790732090) * S},
	{"2026-09-30T01:34:50.331350Z", INT64_C(1790732090331350000)},
	{"2026-09-30t07:04:50.000000001+05:30", INT64_C(1790732090000000001)},
	{"1000000000", S *S},
	{"1790732090", INT64_C(1790732090) * S},
	{"9223372036", INT64_C(9223372036) * S},
	{"100000000000", INT64_C(100000000000) * 1000000},
	{"1790732090331", INT64_C(1790732090331000000)},
	{"9223372036854", INT64_C(9223372036854000000)},
	{"100000000000000", INT64_C(100000000000000) * 1000},
	{"1790732090331350", INT64_C(1790732090331350000)},
	{"9223372036854775", INT64_C(9223372036854775000)},
	{"100000000000000000", INT64_C(100000000000000000)},
	{"1790732090331350123", INT64_C(1790732090331350123)},
	{"9223372036854775807", INT64_MAX},
	{"0001790732090", INT64_C(1790732090) * S},
};

#define NO_TIME "is no date, no time and no number of seconds"
#define SMALL                                                                                      \
	"is too small for a number of seconds: a date is written as 2026-09-30, and the "          \
	"beginning as 1970-01-01"
#define NO_DAY "is no day between 1970 and 2262"
#define LATE "is after 2262"
#define NO_ZONE "names no time zone: UTC is a Z behind it"

static const struct {
	const char *text, *reason;
} bad[] = {
	{"", NO_TIME},
	{"Now", NO_TIME},
	{"now ", NO_TIME},
	{"yesterday", NO_TIME},
	{"-1790732090", NO_TIME},
	{"+1790732090", NO_TIME},
	{" 1790732090", NO_TIME},
	{"1790732090.5", NO_TIME},
	{"1.79e9", NO_TIME},
	{"0x6abc", NO_TIME},
	{"7d", NO_TIME},
	{"2026", SMALL},
	{"0", SMALL},
	{"20260930", SMALL},
	{"999999999", SMALL},
	{"9223372037", LATE},
	{"99999999999", LATE},
	{"9223372036855", LATE},
	{"9223372036854776", LATE},
	{"9223372036854775808", LATE},
	{"18446744073709551615", LATE},
	{"18446744073709551616", LATE},
	{"99999999999999999999999999999999999999999999999999999999999999999999999999", LATE},
	{"2026-02-29", NO_DAY},
	{"2100-02-29", NO_DAY},
	{"2026-04-31", NO_DAY},
	{"2026-13-01", NO_DAY},
	{"2026-00-10", NO_DAY},
	{"2026-01-00", NO_DAY},
	{"1969-12-31", NO_DAY},
	{"2262-04-12", NO_DAY},
	{"9999-01-01", NO_DAY},
	{"2026-9-30", NO_TIME},
	{"2026/09/30", NO_TIME},
	{"30.09.2026", NO_TIME},
	{"2026-09-30Z", NO_TIME},
	{"2026-09-30T01:34:50", NO_ZONE},
	{"2026-09-30T01:34:50.5", NO_ZONE},
	{"2026-09-30T01:34", NO_TIME},
	{"2026-09-30 01:34:50Z", NO_TIME},
	{"2026-09-31T01:34:50Z", NO_TIME},
	{"2016-12-31T23:59:60Z", NO_TIME},
	{"2026-09-30T01:34:50.00000000000000000000000000000000000000000000000000000000000000",
		NO_TIME},
};

int main(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *reason = "";
		int64_t ns = -1;
		int result = when_parse(span_text(good[i].text), NOW, &ns, &reason);
		if (!TAP_OK(result == 0 && ns == good[i].ns && !reason, "good: %s", good[i].text))
			printf("# got %d %lld %s\n", result, (long long)ns, reason ? reason : "");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *reason = NULL;
		int64_t ns = -1;
		int result = when_parse(span_text(bad[i].text), NOW, &ns, &reason);
		if (!TAP_OK(result == -1 && ns == -1 && reason &&
				    strcmp(reason, bad[i].reason) == 0,
			    "bad: %s", bad[i].text))
			printf("# got %d %lld %s\n", result, (long long)ns, reason ? reason : "");
	}
	return tap_end();
}
