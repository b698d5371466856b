/* An object without some members is JSON, lacks them, and has the others as they were. */
#include "json/omit.h"

#include <string.h>

#include "fuzz.h"
#include "json/json.h"

static bool is_named(const struct omit *omit, const struct json_value *name)
{
	for (size_t i = 0; i < omit->n; i++)
		if (json_is(name, omit->names[i]))
			return true;
	return false;
}

static void check_kept(const struct omit *omit, struct span before, struct span after)
{
	struct json_walk old = json_walk_members(before), new = json_walk_members(after);
	struct json_value name, value, new_name, new_value;
	bool missing = false;

	while (json_walk_member(&old, &name, &value)) {
		if (is_named(omit, &name)) {
			missing = true;
			continue;
		}
		FUZZ_REQUIRE(json_walk_member(&new, &new_name, &new_value));
		FUZZ_REQUIRE(span_is(name.raw, new_name.raw));
		FUZZ_REQUIRE(value.type == new_value.type && span_is(value.raw, new_value.raw));
	}
	FUZZ_REQUIRE(!json_walk_member(&new, &new_name, &new_value));
	FUZZ_REQUIRE(missing || span_is(before, after));
}

static void check(const struct omit *omit, struct span text, const struct json_value *object)
{
	struct json_value result;
	struct json_fault fault;
	struct buf to;

	buf_init(&to, text.n);
	FUZZ_REQUIRE(omit_write(omit, text, &to) == 0 && to.len <= text.n);
	FUZZ_REQUIRE(json_scan(buf_span(&to), &result, &fault) == 0 && result.type == JSON_OBJECT);
	check_kept(omit, object->raw, result.raw);
	FUZZ_REQUIRE(text.n - object->raw.n == to.len - result.raw.n); /* the blanks around it */
	FUZZ_REQUIRE(omit_write(omit, object->raw, &to) == 0);
	check_kept(omit, object->raw, buf_span(&to));
	buf_release(&to);
}

/* Without each of the first names in it. */
static void check_each(struct span text, const struct json_value *object)
{
	enum { TRIED = 8 };
	struct json_walk walk = json_walk_members(object->raw);
	struct json_value name, value;
	struct omit omit = {.n = 1};
	struct buf scratch;

	buf_init(&scratch, text.n);
	for (size_t i = 0; i < TRIED && json_walk_member(&walk, &name, &value); i++) {
		omit.names[0] = json_text(&name, &scratch);
		check(&omit, text, object);
	}
	buf_release(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct json_value object;
	struct json_fault fault;
	struct omit omit;

	if (json_scan(text, &object, &fault) < 0 || object.type != JSON_OBJECT)
		return 0;
	FUZZ_REQUIRE(omit_parse("a,trade_id,T,exchange,side", &omit) == 0);
	check(&omit, text, &object);
	check_each(text, &object);
	return 0;
}
