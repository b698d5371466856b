/* A canonical amount is a short number and its own canonical form; both grammars of numbers agree. */
#include "base/decimal.h"

#include "fuzz.h"
#include "json/json.h"

static bool is_json_number(struct span text)
{
	struct json_value value;
	struct json_fault fault;

	return json_scan(text, &value, &fault) == 0 && value.type == JSON_NUMBER &&
		value.raw.n == text.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span token = span_make((const char *)data, size);
	char *first = malloc(DECIMAL_TEXT_MAX);
	char *second = malloc(DECIMAL_TEXT_MAX);
	struct decimal amount;
	enum decimal_fault fault;

	FUZZ_REQUIRE(first && second);
	fault = decimal_read(token, &amount);
	FUZZ_REQUIRE((fault != DECIMAL_NOT_A_NUMBER) == is_json_number(token));
	if (fault == DECIMAL_OK) {
		size_t n = decimal_write(first, &amount);
		struct span text = span_make(first, n);
		FUZZ_REQUIRE(n > 0 && n <= DECIMAL_TEXT_MAX && is_json_number(text));
		FUZZ_REQUIRE(!memchr(first, 'e', n) && !memchr(first, 'E', n));
		FUZZ_REQUIRE(decimal_read(text, &amount) == DECIMAL_OK);
		FUZZ_REQUIRE(span_is(text, span_make(second, decimal_write(second, &amount))));
		FUZZ_REQUIRE(!memchr(first, '.', n) || first[n - 1] != '0');
	}
	free(second);
	free(first);
	return 0;
}
