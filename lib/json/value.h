/*
 * A value of a scanned JSON text: its type and its literal. Spans point into the text.
 */
#ifndef TRADEPIPE_JSON_VALUE_H
#define TRADEPIPE_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum json_type {
	JSON_NONE, /* a member that is not there */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	bool escaped;	 /* a string that holds at least one backslash */
	struct span raw; /* the literal; for a string what lies between its quotes */
};

/* Whether a string reads as `text` once unescaped; false for a value that is no string. */
bool json_is(const struct json_value *value, struct span text);

/* Writes a string as JSON, without its quotes and escaped as little as JSON allows, to `to`, which
 * has room for string->raw.n bytes. Returns the number of bytes. */
size_t json_write(char *to, const struct json_value *string);

/* The text of a string: its raw bytes where nothing is escaped, else unescaped into `buf`, which is
 * cleared first. Lives as long as the scanned text and the buffer. A buffer too small gives a span
 * with p NULL. */
struct span json_text(const struct json_value *string, struct buf *buf);

/* The value of a number that is an integer from 0 to UINT64_MAX written without fraction or
 * exponent; 0, or -1 where it is anything else. */
int json_u64(const struct json_value *value, uint64_t *number);

#endif
