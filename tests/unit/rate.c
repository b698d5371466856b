/* Rates as options take them. */
#include "base/rate.h"

#include <inttypes.h>

#include "tap.h"

static const struct {
	const char *text;
	uint32_t interval_us; /* 0: refused */
} rates[] = {
	{"1", 1000000},
	{"0.5", 2000000},
	{"0.50", 2000000},
	{"3", 333333},
	{"12.25", 81632},
	{"1000", 1000},
	{"1000.000", 1000},
	{"0.001", 1000000000},
	{"0", 0},
	{"0.000", 0},
	{"0.0001", 0},
	{"1000.001", 0},
	{"1001", 0},
	{"18446744073709551616", 0},
	{"", 0},
	{".", 0},
	{".5", 0},
	{"5.", 0},
	{"1,5", 0},
	{"-1", 0},
	{"+1", 0},
	{"1e3", 0},
	{"1.5.5", 0},
	{" 1", 0},
};

int main(void)
{
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		uint32_t interval_us = 0;
		int result = rate_parse(span_text(rates[i].text), &interval_us);

		TAP_OK(rates[i].interval_us ? !result && interval_us == rates[i].interval_us
					    : result < 0,
			"'%s': %" PRIu32, rates[i].text, interval_us);
	}
	return tap_end();
}
