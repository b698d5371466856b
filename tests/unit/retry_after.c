/*
 * The header Retry-After.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/stamp.h"
#include "net/retry_after.h"
#include "tap.h"

/* Wed, 21 Oct 2015 07:28:00 GMT */
#define THEN INT64_C(1445412480)

static const struct {
	const char *value;
	int64_t ms;
} headers[] = {
	{"0", 0},
	{"7", 7000},
	{"259200", 259200000},
	{"18446744073709551615", NUM_DURATION_MAX},
	{"Wed, 21 Oct 2015 07:28:00 GMT", 0},
	{"Wed, 21 Oct 2015 07:27:59 GMT", 0},
	{"Wed, 21 Oct 2015 07:28:30 GMT", 30000},
	{"Thu, 22 Oct 2015 07:28:00 GMT", 86400000},
	{"Fri, 01 Jan 2016 00:00:00 GMT", INT64_C(1451606400000) - THEN * 1000},
	{"Thu, 22 Oct 2015 07:28:00 CET", -1},
	{"Thu, 22 Okt 2015 07:28:00 GMT", -1},
	{"Thu, 32 Oct 2015 07:28:00 GMT", -1},
	{"Thu, 22 Oct 2015 07:28:00", -1},
	{"", -1},
	{"-1", -1},
	{"1.5", -1},
	{"soon", -1},
};

static void test_headers(void)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		int64_t ms = retry_after_read(span_text(headers[i].value), THEN * STAMP_NS_PER_S);
		TAP_OK(ms == headers[i].ms, "Retry-After: %s", headers[i].value);
		if (ms != headers[i].ms)
			printf("# %" PRId64 "\n", ms);
	}
}

int main(void)
{
	test_headers();
	return tap_end();
}
