/*
 * The clocks of a machine of the test's own, in place of those of the system: they go on by a
 * microsecond with each look, and by much more where the program stands still before one.
 */
#ifndef TRADEPIPE_TESTS_CLOCKS_H
#define TRADEPIPE_TESTS_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/stamp.h"

static struct {
	bool is_on; /* else those of the system */
	int64_t ns, slept_ns;
	unsigned looks;
	unsigned still_at, still_for; /* the first look, from 1, and how many; 0: none */
} clocks;

long syscall(long number, ...);

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t ns;

	if (!clocks.is_on)
		return (int)syscall(SYS_clock_gettime, clock, now);
	clocks.looks++;
	clocks.ns += 1000;
	if (clocks.looks >= clocks.still_at && clocks.looks - clocks.still_at < clocks.still_for)
		clocks.ns += 40 * STAMP_NS_PER_S;
	ns = clocks.ns + (clock == CLOCK_BOOTTIME ? clocks.slept_ns : 0);
	*now = (struct timespec){ns / STAMP_NS_PER_S, (long)(ns % STAMP_NS_PER_S)};
	return 0;
}

#endif
