#include "base/pace.h"

#include "base/stamp.h"

void pace_init(struct pace *p, uint32_t burst, uint32_t interval_ms)
{
	*p = (struct pace){.burst = burst, .interval_ms = interval_ms};
}

uint32_t pace_take_ms(struct pace *p, int64_t now_ns)
{
	int64_t interval_ns = p->interval_ms * STAMP_NS_PER_MS, free_ns;

	if (p->spent_until_ns < now_ns)
		p->spent_until_ns = now_ns;
	p->spent_until_ns += interval_ns;
	free_ns = p->spent_until_ns - p->burst * interval_ns;
	return free_ns <= now_ns
		? 0
		: (uint32_t)((free_ns - now_ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS);
}
