/* Dotted paths into records. */
#include "json/path.h"

#include "tap.h"

static const struct {
	const char *path, *text, *raw; /* raw NULL: nothing there */
} cases[] = {
	{"a", "{\"a\":1.50}", "1.50"},
	{"a", "{\"b\":1}", NULL},
	{"a.b", "{\"a\":{\"b\":\"x\"}}", "x"},
	{"a.b", "{\"a\":{\"c\":1},\"b\":2}", NULL},
	{"a.b", "{\"a\":[{\"b\":1}]}", NULL},
	{"a.b", "{\"a\":\"b\"}", NULL},
	{"a.b.c", "{\"a\":{\"b\":{\"c\":3,\"b\":4}}}", "3"},
	{"a.b.c", "{\"a\":{\"x\":{\"c\":3}}}", NULL},
	{"a.b.c", "{}", NULL},
	{"a", "{\"a\":1,\"a\":2}", "2"},
	{"a.b", "{\"a\":{\"b\":1},\"a\":{}}", NULL},
	{"\xc3\xa9", "{\"\\u00e9\":5}", "5"},
	{"a b", "{\"a b\":5}", "5"},
};

static const char *const bad_paths[] = {
	"", ".", "a.", ".a", "a..b", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"};

static const char *const bad_texts[] = {
	"", "1", "[1]", "{\"a\":1", "{\"a\":1}x", "{\"a\":{\"b\":01}}"};

int main(void)
{
	struct json_path path;
	struct json_value value;
	struct json_fault fault;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int result = json_path_parse(span_text(cases[i].path), &path);
		if (result == 0)
			result = json_path_find(&path, span_text(cases[i].text), &value, &fault);
		TAP_OK(result == 0 &&
				(cases[i].raw ? span_is_text(value.raw, cases[i].raw)
					      : value.type == JSON_NONE),
			"%s of %s", cases[i].path, cases[i].text);
	}
	for (size_t i = 0; i < sizeof bad_paths / sizeof *bad_paths; i++)
		TAP_OK(json_path_parse(span_text(bad_paths[i]), &path) < 0, "'%s' is no path",
			bad_paths[i]);
	json_path_parse(span_text("a.b"), &path);
	for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++)
		TAP_OK(json_path_find(&path, span_text(bad_texts[i]), &value, &fault) < 0,
			"'%s' is no object", bad_texts[i]);
	path.n = 0;
	TAP_OK(json_path_find(&path, span_text("{\"a\":1}"), &value, &fault) == 0 &&
			value.type == JSON_NONE,
		"an empty path finds nothing");
	TAP_OK(json_path_find(&path, span_text("{\"a\":}"), &value, &fault) < 0,
		"an empty path checks the text");
	return tap_end();
}
