#include "base/retry.h"

#include <unistd.h>

#include "base/stamp.h"

void retry_init(struct retry *r, uint32_t base_ms, uint32_t cap_ms)
{
	*r = (struct retry){.base_ms = base_ms, .cap_ms = cap_ms};
	r->seed = (uint64_t)stamp_now() ^ (uint64_t)getpid() << 40;
}

/* splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). */
static uint64_t mixed(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t retry_next_ms(struct retry *r)
{
	uint64_t wait = r->base_ms;

	for (unsigned i = 0; i < r->failures && wait < r->cap_ms; i++)
		wait *= 2;
	if (wait > r->cap_ms)
		wait = r->cap_ms;
	r->failures++;
	return (uint32_t)(wait - wait / 2 + mixed(&r->seed) % (wait / 2 + 1));
}

void retry_reset(struct retry *r)
{
	r->failures = 0;
}
