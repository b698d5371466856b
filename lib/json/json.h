/*
 * A scanner for JSON texts that keeps every literal: numbers are never converted, strings stay as
 * they were written. It validates in full (RFC 8259: one value, UTF-8, escapes with paired
 * surrogates, no leading zeros, nothing behind the value) and allocates nothing. Containers may be
 * nested JSON_DEPTH_MAX deep. Of members of one name the last counts, as in jq.
 *
 * All spans point into the text that was scanned.
 */
#ifndef TRADEPIPE_JSON_JSON_H
#define TRADEPIPE_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "json/value.h"

enum { JSON_DEPTH_MAX = 64 };

/* A member that the caller looks for in an object. */
struct json_member {
	struct span name;	 /* as it reads once unescaped */
	struct json_value value; /* filled in; JSON_NONE where there is no such member */
};

/* Why a text was refused: a constant phrase ("not JSON: ..."), and the byte (from 0) where it went
 * wrong, which is the text's length where the text ended too early. */
struct json_fault {
	const char *reason;
	size_t at;
};

/* Scans a whole text: one value with blanks around it. 0 and *value, or -1 and *fault. */
int json_scan(struct span text, struct json_value *value, struct json_fault *fault);

/* Scans a whole text that must be an object, and fills in the n members looked for, which are found
 * fastest in the order they are listed in. 0, or -1 and *fault. */
int json_object(struct span text, struct json_member *members, size_t n, struct json_fault *fault);

/*
 * Walks the elements of an array that json_scan() or json_object() handed out (which has thus been
 * validated):
 *     struct json_walk walk = json_walk_start(array.raw);
 *     while (json_walk_next(&walk, &element)) ...
 */
struct json_walk {
	const char *at;
	const char *end;
};

struct json_walk json_walk_start(struct span array);
bool json_walk_next(struct json_walk *walk, struct json_value *element);

/* The same for the members of an object. The name is a string as it was written: json_is() and
 * json_text() know what it means. */
struct json_walk json_walk_members(struct span object);
bool json_walk_member(struct json_walk *walk, struct json_value *name, struct json_value *value);

/* How many bytes at the start of the inside of a string stand for themselves: ASCII that is neither
 * a control character nor a backslash nor the closing quote. */
size_t json_plain_length(struct span text);

#endif
