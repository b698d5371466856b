/* What the scanner accepts means the same when it is taken apart and scanned again. */
#include "json/json.h"

#include <string.h>

#include "base/quote.h"
#include "fuzz.h"

static void check_again(struct span text, const struct json_value *value)
{
	struct json_value again;
	struct json_fault fault;

	FUZZ_REQUIRE(json_scan(text, &again, &fault) == 0);
	FUZZ_REQUIRE(again.type == value->type && again.escaped == value->escaped);
	FUZZ_REQUIRE(span_is(again.raw, value->raw));
}

/* A string written again has the same text, and is as short as it can be. */
static void check_string(const struct json_value *string)
{
	struct json_value again;
	struct json_fault fault;
	struct buf text, quoted;

	buf_init(&text, string->raw.n + 1);
	buf_init(&quoted, string->raw.n + 2);
	struct span means = json_text(string, &text);
	FUZZ_REQUIRE(means.p && json_is(string, means) && quote_is_utf8(means));
	FUZZ_REQUIRE(quote_json(&quoted, means) == 0);
	FUZZ_REQUIRE(json_scan(buf_span(&quoted), &again, &fault) == 0);
	FUZZ_REQUIRE(json_is(&again, means) && again.raw.n <= string->raw.n);
	char *minimal = malloc(string->raw.n + 1);
	FUZZ_REQUIRE(minimal);
	FUZZ_REQUIRE(span_is(span_make(minimal, json_write(minimal, string)), again.raw));
	free(minimal);
	buf_release(&quoted);
	buf_release(&text);
}

static void check_array(const struct json_value *array)
{
	struct json_walk walk = json_walk_start(array->raw);
	struct json_value element;

	while (json_walk_next(&walk, &element)) {
		FUZZ_REQUIRE(element.type != JSON_NONE);
		if (element.type == JSON_STRING)
			check_string(&element);
		else
			check_again(element.raw, &element);
	}
}

static void check_object(struct span text)
{
	struct json_member members[] = {{.name = SPAN("a")}, {.name = SPAN("symbol")}};
	struct json_member reversed[] = {members[1], members[0]};
	struct json_fault fault;

	FUZZ_REQUIRE(json_object(text, members, 2, &fault) == 0);
	FUZZ_REQUIRE(json_object(text, reversed, 2, &fault) == 0);
	for (size_t i = 0; i < 2; i++) {
		FUZZ_REQUIRE(members[i].value.type == reversed[1 - i].value.type);
		FUZZ_REQUIRE(span_is(members[i].value.raw, reversed[1 - i].value.raw));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct json_value value;
	struct json_fault fault;

	if (json_scan(text, &value, &fault) < 0) {
		FUZZ_REQUIRE(fault.reason && fault.at <= size);
		FUZZ_REQUIRE(json_object(text, NULL, 0, &fault) < 0);
		return 0;
	}
	FUZZ_REQUIRE(quote_is_utf8(text) && !memchr(text.p, '\0', text.n));
	check_again(text, &value);
	if (value.type == JSON_STRING)
		check_string(&value);
	else
		check_again(value.raw, &value);
	if (value.type == JSON_ARRAY)
		check_array(&value);
	if (value.type == JSON_OBJECT)
		check_object(text);
	return 0;
}
