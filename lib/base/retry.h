/*
 * How long to wait before trying again: exponential, capped, jittered. It does not sleep.
 */
#ifndef TRADEPIPE_BASE_RETRY_H
#define TRADEPIPE_BASE_RETRY_H

#include <stdint.h>

struct retry {
	uint32_t base_ms;  /* the first wait is between half of this and this */
	uint32_t cap_ms;   /* no wait is longer */
	unsigned failures; /* in a row */
	uint64_t seed;
};

/* Seeded from the clock and the process, so that processes started together spread. */
void retry_init(struct retry *r, uint32_t base_ms, uint32_t cap_ms);

/* Counts a failure and returns the milliseconds to wait: a value from the upper half of
 * min(base * 2^(failures - 1), cap). */
uint32_t retry_next_ms(struct retry *r);

/* Proof of life: the next failure is the first again. */
void retry_reset(struct retry *r);

#endif
