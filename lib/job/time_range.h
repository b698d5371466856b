/*
 * TIME_RANGE of the loader, two dates: 2024-01-01:2024-02-01, the first inclusive, the second
 * exclusive, in UTC.
 *
 * Source: StreamForge `loader-api-trades` (read in 2026), where strptime() takes "%Y-%m-%d".
 */
#ifndef TRADEPIPE_JOB_TIME_RANGE_H
#define TRADEPIPE_JOB_TIME_RANGE_H

#include <stdbool.h>

enum { TIME_RANGE_DATE_MAX = sizeof "2024-01-01" };

struct time_range {
	char since[TIME_RANGE_DATE_MAX], until[TIME_RANGE_DATE_MAX]; /* as options take them */
	bool empty; /* they are the same: there is nothing to load */
};

/* NULL and *range, or why not: a constant phrase. Months and days may go without their leading
 * zero, as strptime() has it. */
const char *time_range_parse(const char *text, struct time_range *range);

#endif
