#include "net/retry_after.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/stamp.h"

/* The place of an abbreviated month in the year, 1 to 12, or 0. */
static unsigned month_of(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12; i++)
		if (memcmp(months + (size_t)i * 3, name, 3) == 0)
			return i + 1;
	return 0;
}

/* "Wed, 21 Oct 2015 07:28:00 GMT" as "2015-10-21T07:28:00Z". */
static int read_date(struct span value, int64_t *ns)
{
	static const char layout[] = "Wed, 21 Oct 2015 07:28:00 GMT";
	char text[STAMP_TEXT_MAX];
	unsigned month;

	if (value.n != sizeof layout - 1 || memcmp(value.p + 25, " GMT", 4) != 0)
		return -1;
	month = month_of(value.p + 8);
	if (!month)
		return -1;
	snprintf(text, sizeof text, "%.4s-%02u-%.2sT%.8sZ", value.p + 12, month, value.p + 5,
		value.p + 17);
	return stamp_parse(span_text(text), ns, NULL);
}

int64_t retry_after_read(struct span value, int64_t now_ns)
{
	uint64_t seconds;
	int64_t at_ns;

	if (num_u64(value, &seconds) == 0)
		return seconds < NUM_DURATION_MAX / 1000 ? (int64_t)seconds * 1000
							 : (int64_t)NUM_DURATION_MAX;
	if (read_date(value, &at_ns) < 0)
		return -1;
	return at_ns <= now_ns ? 0 : (at_ns - now_ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
}
