/* The clock of Kraken's REST. */
#include "venue/kraken_rest.h"

#include "clocks.h"
#include "tap.h"

int main(void)
{
	struct kraken_rest rest = {.start_ns = 1000 * STAMP_NS_PER_S};
	int64_t before = kraken_rest_now(&rest), least = INT64_MAX;

	clocks.is_on = true;
	clocks.ns = before;
	before = kraken_rest_now(&rest);
	for (unsigned at = 1; at < 6; at++) {
		clocks.looks = 0;
		clocks.still_at = at;
		clocks.still_for = 1;
		for (int i = 0; i < 6; i++) {
			int64_t now = kraken_rest_now(&rest);
			least = now - before < least ? now - before : least;
			before = now;
		}
	}
	TAP_OK(least > 0, "it never goes back, wherever the program stands still: %lld ns",
		(long long)least);
	clocks.slept_ns += 3600 * STAMP_NS_PER_S;
	clocks.still_for = 0;
	TAP_OK(kraken_rest_now(&rest) - before >= 3600 * STAMP_NS_PER_S,
		"and goes on while the machine is suspended");
	return tap_end();
}
