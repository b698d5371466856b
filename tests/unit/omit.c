/* Objects without some of their members. */
#include "json/omit.h"

#include <stdlib.h>

#include "json/json.h"
#include "tap.h"

static const struct {
	const char *list, *object, *result;
} cases[] = {
	{"a", "{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":2,\"c\":3}"},
	{"b", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3}"},
	{"c", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"b\":2}"},
	{"a,b", "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3}"},
	{"c,b", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1}"},
	{"a,c", "{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":2}"},
	{"c,a,b", "{\"a\":1,\"b\":2,\"c\":3}", "{}"},
	{"d", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"},
	{"d", " { \"a\" : 1 , \"b\" : 2 }\t", " { \"a\" : 1 , \"b\" : 2 }\t"},
	{"a", "{}", "{}"},
	{"a", " { } ", " { } "},
	{"a", "{\"a\":1}", "{}"},
	{"a", " { \"a\" : 1 } ", " {} "},
	{"a", "{\"a\": 1, \"b\": 2, \"c\": 3}", "{ \"b\": 2, \"c\": 3}"},
	{"b", "{\"a\": 1, \"b\": 2, \"c\": 3}", "{\"a\": 1, \"c\": 3}"},
	{"c", "{\"a\": 1, \"b\": 2, \"c\": 3}", "{\"a\": 1, \"b\": 2}"},
	{"a", "{\"a\":1,\"b\":2,\"a\":3,\"c\":4,\"a\":5}", "{\"b\":2,\"c\":4}"},
	{"a", "{\"a\":1,\"a\":2}", "{}"},
	{"trade_id", "{\"tr\\u0061de_id\":1,\"b\":2}", "{\"b\":2}"},
	{"tr\\u0061de_id", "{\"tr\\u0061de_id\":1}", "{\"tr\\u0061de_id\":1}"},
	{"\xc3\xa9", "{\"\\u00e9\":1,\"\xc3\xa9\":2,\"e\":3}", "{\"e\":3}"},
	{"a", "{\"b\":{\"a\":1},\"c\":[{\"a\":1}]}", "{\"b\":{\"a\":1},\"c\":[{\"a\":1}]}"},
	{"a", "{\"a\":{\"x\":[1,2,{}]},\"b\":\"},{,\"}", "{\"b\":\"},{,\"}"},
	{"a", "{\"b\":\",\",\"a\":\",\"}", "{\"b\":\",\"}"},
	{"a.b", "{\"a\":{\"b\":1},\"a.b\":2}", "{\"a\":{\"b\":1}}"},
	{"a", "{\"aa\":1,\"A\":2,\"\":3}", "{\"aa\":1,\"A\":2,\"\":3}"},
	{"a", "{\"a\":1.50,\"b\":0.100e-0}", "{\"b\":0.100e-0}"},
	{"side,trade_id,exchange",
		"{\"product_id\":\"BTC-USD\",\"price\":1.10,\"trade_id\":7,\"side\":\"buy\","
		"\"exchange\":\"kraken\"}",
		"{\"product_id\":\"BTC-USD\",\"price\":1.10}"},
};

static const char *const bad_lists[] = {"", ",", "a,", ",a", "a,,b"};

static void test_bounds(void)
{
	char list[4 * OMIT_MAX] = "";
	struct omit omit;

	for (size_t i = 0; i < OMIT_MAX; i++)
		memcpy(list + 2 * i, "a,", 3);
	list[2 * OMIT_MAX - 1] = '\0';
	TAP_OK(omit_parse(list, &omit) == 0 && omit.n == OMIT_MAX, "as many names as there may be");
	memcpy(list + 2 * OMIT_MAX - 1, ",b", 3);
	TAP_OK(omit_parse(list, &omit) < 0, "one more is too many");
}

/* The object lies in memory of just its size, so that a sanitizer sees who reads beyond it. */
static bool writes(const struct omit *omit, const char *text, size_t ceiling, const char *result)
{
	size_t n = strlen(text);
	char *object = malloc(n);
	struct buf to;
	bool same;

	buf_init(&to, ceiling);
	buf_add(&to, span_make(text, ceiling < 2 ? ceiling : 2)); /* what it held */
	memcpy(object, text, n);
	same = omit_write(omit, span_make(object, n), &to) == 0 &&
		span_is_text(buf_span(&to), result);
	buf_release(&to);
	free(object);
	return same;
}

int main(void)
{
	struct omit omit;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		TAP_OK(omit_parse(cases[i].list, &omit) == 0 &&
				writes(&omit, cases[i].object, 4096, cases[i].result),
			"%s without %s", cases[i].object, cases[i].list);
		TAP_OK(writes(&omit, cases[i].object, strlen(cases[i].object), cases[i].result) &&
				!writes(&omit, cases[i].object, strlen(cases[i].result) - 1,
					cases[i].result),
			"the same in a buffer that just takes it, and not in a smaller one");
	}
	for (size_t i = 0; i < sizeof bad_lists / sizeof *bad_lists; i++)
		TAP_OK(omit_parse(bad_lists[i], &omit) < 0, "'%s' is no list", bad_lists[i]);
	test_bounds();
	return tap_end();
}
