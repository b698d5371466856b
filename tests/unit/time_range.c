/* TIME_RANGE as users write it. */
#include "job/time_range.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char *text, *since, *until;
	bool empty;
} good[] = {
	{"2024-01-01:2024-02-01", "2024-01-01", "2024-02-01", false},
	{"2024-02-29:2024-03-01", "2024-02-29", "2024-03-01", false},
	{"2023-12-31:2024-01-01", "2023-12-31", "2024-01-01", false},
	{"2024-01-01:2024-01-01", "2024-01-01", "2024-01-01", true},
	{"2024-1-1:2024-2-01", "2024-01-01", "2024-02-01", false},
	{"2024-1-1:2024-01-01", "2024-01-01", "2024-01-01", true},
	{"1970-01-01:2262-04-11", "1970-01-01", "2262-04-11", false},
};

#define NO_DATES "not two dates such as 2024-01-01:2024-02-01"
#define NO_START "its start is no day between 1970 and 2262"
#define NO_END "its end is no day between 1970 and 2262"

static const struct {
	const char *text, *reason;
} bad[] = {
	{"", NO_DATES},
	{":", NO_DATES},
	{"2024-01-01", NO_DATES},
	{"2024-01-01:", NO_DATES},
	{":2024-02-01", NO_DATES},
	{"2024-01-01:2024-02-01:", NO_DATES},
	{"2024-01-01:2024-02-01:2024-03-01", NO_DATES},
	{"2024-01-01 2024-02-01", NO_DATES},
	{"2024-01-01:2024-02-01 ", NO_DATES},
	{" 2024-01-01:2024-02-01", NO_DATES},
	{"2024-01-01: 2024-02-01", NO_DATES},
	{"2024/01/01:2024/02/01", NO_DATES},
	{"24-01-01:24-02-01", NO_DATES},
	{"02024-01-01:2024-02-01", NO_DATES},
	{"2024-001-01:2024-02-01", NO_DATES},
	{"2024-01-001:2024-02-01", NO_DATES},
	{"2024-01-:2024-02-01", NO_DATES},
	{"2024--01:2024-02-01", NO_DATES},
	{"2024-01-01T00:00:00Z:2024-02-01", NO_DATES},
	{"20240101:20240201", NO_DATES},
	{"yesterday:now", NO_DATES},
	{"2024-13-01:2024-02-01", NO_START},
	{"2023-02-29:2024-02-01", NO_START},
	{"2024-00-01:2024-02-01", NO_START},
	{"2024-01-00:2024-02-01", NO_START},
	{"1969-12-31:2024-02-01", NO_START},
	{"2024-01-01:2024-04-31", NO_END},
	{"2024-01-01:2100-02-29", NO_END},
	{"2024-01-01:2262-04-12", NO_END},
	{"2024-01-01:9999-01-01", NO_END},
	{"2024-02-01:2024-01-01", "it ends before it starts"},
	{"2024-01-02:2024-01-01", "it ends before it starts"},
};

int main(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct time_range range = {.empty = !good[i].empty};
		const char *reason = time_range_parse(good[i].text, &range);
		if (!TAP_OK(!reason && strcmp(range.since, good[i].since) == 0 &&
				    strcmp(range.until, good[i].until) == 0 &&
				    range.empty == good[i].empty,
			    "good: %s", good[i].text))
			printf("# %s to %s: %s\n", range.since, range.until, reason ? reason : "");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct time_range range = {.since = "untouched"};
		const char *reason = time_range_parse(bad[i].text, &range);
		if (!TAP_OK(reason && strcmp(reason, bad[i].reason) == 0 &&
				    strcmp(range.since, "untouched") == 0,
			    "bad: '%s'", bad[i].text))
			printf("# %s\n", reason ? reason : "good");
	}
	return tap_end();
}
