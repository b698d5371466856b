/*
 * A budget of attempts: `burst` at once, one more every `interval_ms`. It does not sleep.
 */
#ifndef TRADEPIPE_BASE_PACE_H
#define TRADEPIPE_BASE_PACE_H

#include <stdint.h>

struct pace {
	uint32_t burst;
	uint32_t interval_ms;
	int64_t spent_until_ns; /* monotonic: when the whole budget is free again */
};

void pace_init(struct pace *p, uint32_t burst, uint32_t interval_ms);

/* Takes one attempt at the monotonic time now_ns and returns the milliseconds to wait before it. */
uint32_t pace_take_ms(struct pace *p, int64_t now_ns);

#endif
