/* Moments survive being written and read. */
#include "base/stamp.h"

#include <string.h>

#include "fuzz.h"

static void check_moment(int64_t ns)
{
	char text[STAMP_TEXT_MAX];
	int64_t again;
	unsigned digits;

	for (unsigned wanted = 0; wanted <= 9; wanted++) {
		int64_t unit = 1;
		for (unsigned i = wanted; i < 9; i++)
			unit *= 10;
		size_t n = stamp_write(text, ns, wanted);
		FUZZ_REQUIRE(n <= STAMP_TEXT_MAX);
		FUZZ_REQUIRE(stamp_parse(span_make(text, n), &again, &digits) == 0);
		FUZZ_REQUIRE(again == ns - ns % unit && digits == wanted);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t ns;
	unsigned digits;

	if (size == sizeof ns) {
		memcpy(&ns, data, sizeof ns);
		check_moment(ns & INT64_MAX);
	}
	if (stamp_parse(span_make((const char *)data, size), &ns, &digits) == 0) {
		FUZZ_REQUIRE(ns >= 0 && digits < size);
		check_moment(ns);
	}
	return 0;
}
