/* FNV-1a by the vectors of its authors. */
#include "base/hash.h"

#include <string.h>

#include "tap.h"

int main(void)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} cases[] = {
		{"", UINT64_C(0xCBF29CE484222325)},
		{"a", UINT64_C(0xAF63DC4C8601EC8C)},
		{"foobar", UINT64_C(0x85944171F73967E8)},
		{"\xff", UINT64_C(0xAF64724C8602EB6E)},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		TAP_OK(hash_add(HASH_START, cases[i].text, strlen(cases[i].text)) == cases[i].hash,
			"vector %zu", i + 1);
	TAP_OK(hash_add(hash_add(HASH_START, "foo", 3), "bar", 3) == cases[2].hash, "in pieces");
	return tap_end();
}
