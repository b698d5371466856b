/* Waits between attempts: they grow, stay below their cap, and spread. */
#include "base/retry.h"

#include "tap.h"

static const struct {
	uint32_t base_ms, cap_ms;
	uint32_t most[6]; /* of the first waits */
} cases[] = {
	{1000, 30000, {1000, 2000, 4000, 8000, 16000, 30000}},
	{1, 30000, {1, 2, 4, 8, 16, 32}},
	{3, 10, {3, 6, 10, 10, 10, 10}},
	{1000, 1000, {1000, 1000, 1000, 1000, 1000, 1000}},
	{1000, 500, {500, 500, 500, 500, 500, 500}},
	{0, 0, {0, 0, 0, 0, 0, 0}},
	{UINT32_MAX, UINT32_MAX, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}},
};

static bool is_within(uint32_t ms, uint32_t most)
{
	return ms >= most / 2 && ms <= most;
}

static void test_bounds(uint32_t base_ms, uint32_t cap_ms, const uint32_t *most, size_t n)
{
	struct retry r;
	bool good = true;

	retry_init(&r, base_ms, cap_ms);
	for (int again = 0; again < 200; again++) {
		for (size_t i = 0; i < n; i++)
			good = good && is_within(retry_next_ms(&r), most[i]);
		retry_reset(&r);
	}
	TAP_OK(good, "base %u, cap %u", base_ms, cap_ms);
}

int main(void)
{
	struct retry a, b;
	unsigned same = 0, high = 0;
	bool good = true;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		test_bounds(cases[i].base_ms, cases[i].cap_ms, cases[i].most, i == 6 ? 5 : 6);
	retry_init(&a, 1000, 30000);
	for (int i = 0; i < 5000; i++)
		good = (is_within(retry_next_ms(&a), 30000) || i < 5) && good;
	TAP_OK(good, "thousands of failures");

	retry_init(&a, 1 << 20, 1 << 20);
	retry_init(&b, 1 << 20, 1 << 20);
	b.seed = a.seed + 1;
	for (int i = 0; i < 1000; i++) {
		uint32_t ms = retry_next_ms(&a);
		same += ms == retry_next_ms(&b);
		high += ms > 3 << 18;
	}
	TAP_OK(same < 10, "neighbouring seeds wait for different times");
	TAP_OK(high > 400 && high < 600, "waits spread over the upper half");
	return tap_end();
}
