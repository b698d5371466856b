/* A budget of attempts over time. */
#include "base/pace.h"

#include "base/stamp.h"

#include "tap.h"

#define MS STAMP_NS_PER_MS

/* Attempts in turn: when, and how long each has to wait. */
static const struct {
	int64_t at_ms;
	uint32_t wait_ms;
} steps[] = {
	{1000, 0},
	{1000, 0},
	{1000, 0},
	{1000, 100},
	{1000, 200},
	{1100, 200}, /* those before it have not had their turn yet */
	{1300, 100},
	{1400, 100},
	{1550, 50},
	{9000, 0}, /* a long rest gives the burst back, and no more */
	{9000, 0},
	{9000, 0},
	{9000, 100},
};

int main(void)
{
	struct pace p;

	pace_init(&p, 3, 100);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint32_t wait = pace_take_ms(&p, steps[i].at_ms * MS);
		TAP_OK(wait == steps[i].wait_ms, "attempt %zu at %lld ms waits for %u ms", i + 1,
			(long long)steps[i].at_ms, wait);
	}
	pace_init(&p, 1, 100);
	pace_take_ms(&p, 0);
	TAP_OK(pace_take_ms(&p, 1) == 100, "what is left of a millisecond is waited for");
	pace_init(&p, 50, 12000);
	for (int i = 0; i < 50; i++)
		pace_take_ms(&p, 0);
	TAP_OK(pace_take_ms(&p, 0) == 12000, "the budget of Kraken's connections");
	return tap_end();
}
