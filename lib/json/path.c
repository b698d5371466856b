#include "json/path.h"

int json_path_parse(struct span text, struct json_path *path)
{
	const char *end = text.p + text.n;
	const char *name = text.p;

	path->n = 0;
	for (;;) {
		const char *dot = memchr(name, '.', (size_t)(end - name));
		size_t n = (size_t)((dot ? dot : end) - name);
		if (n == 0 || path->n == JSON_PATH_MAX)
			return -1;
		path->names[path->n++] = span_make(name, n);
		if (!dot)
			return 0;
		name = dot + 1;
	}
}

int json_path_find(const struct json_path *path, struct span text, struct json_value *value,
	struct json_fault *fault)
{
	struct json_member member = {.name = path->names[0]};

	if (json_object(text, &member, path->n ? 1 : 0, fault) < 0)
		return -1;
	for (size_t i = 1; i < path->n; i++) {
		struct json_value object = member.value;
		member = (struct json_member){.name = path->names[i]};
		/* The text as a whole has been checked, so that a part of it cannot fail. */
		if (object.type == JSON_OBJECT && json_object(object.raw, &member, 1, fault) < 0)
			return -1;
	}
	*value = member.value;
	return 0;
}
