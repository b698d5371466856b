/*
 * A dotted path to a member of nested objects, "trade.symbol". Names that hold a dot themselves
 * cannot be reached.
 */
#ifndef TRADEPIPE_JSON_PATH_H
#define TRADEPIPE_JSON_PATH_H

#include <stddef.h>

#include "base/span.h"
#include "json/json.h"

enum { JSON_PATH_MAX = 16 }; /* names in a path */

struct json_path {
	struct span names[JSON_PATH_MAX]; /* point into the text that was parsed */
	size_t n;
};

/* 0, or -1 where a name is empty or there are more than JSON_PATH_MAX. */
int json_path_parse(struct span text, struct json_path *path);

/* Scans a whole text, which must be an object, as json_object() does, and finds the value that the
 * path leads to: JSON_NONE where there is none, or the path is empty. 0, or -1 and *fault. */
int json_path_find(const struct json_path *path, struct span text, struct json_value *value,
	struct json_fault *fault);

#endif
