#include "base/rate.h"

#include <string.h>

#include "base/num.h"

int rate_parse(struct span text, uint32_t *interval_us)
{
	enum { DIGITS = 3, THOUSAND = 1000 };
	const char *point = text.n ? memchr(text.p, '.', text.n) : NULL;
	struct span whole = span_make(text.p, point ? (size_t)(point - text.p) : text.n);
	struct span part = point ? span_make(point + 1, text.n - whole.n - 1) : span_text("");
	uint64_t times, thousandths = 0;

	if (num_u64(whole, &times) < 0 || times > THOUSAND || part.n > DIGITS ||
		(point && num_u64(part, &thousandths) < 0))
		return -1;
	for (size_t i = part.n; i < DIGITS; i++)
		thousandths *= 10;
	times = times * THOUSAND + thousandths;
	if (times == 0 || times > THOUSAND * THOUSAND)
		return -1;
	*interval_us = (uint32_t)(UINT64_C(1000000000) / times);
	return 0;
}
