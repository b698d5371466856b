/*
 * The fields of a record that a program works with, found in one scan: dotted paths
 * ("trade.symbol"), and parts that are either such a field or fixed.
 */
#ifndef TRADEPIPE_JSON_FIELDS_H
#define TRADEPIPE_JSON_FIELDS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "json/json.h"
#include "json/path.h"

enum { FIELDS_MAX = 64 };

struct fields {
	struct json_member members[FIELDS_MAX]; /* one for each first name */
	size_t n_members;
	struct json_path paths[FIELDS_MAX];
	size_t first[FIELDS_MAX]; /* of each path: its place in members */
	size_t n;
};

/* Adds a field to a set that was zeroed at first; the text lives as long as the set. Returns its
 * number, or -1 where the path is malformed or there are too many. */
int fields_add(struct fields *fields, const char *path);

/* Scans a record, which must be an object. 0, or -1 and *fault. */
int fields_read(struct fields *fields, struct span record, struct json_fault *fault);

/* The value of a field of the record read last: JSON_NONE where there is none. */
struct json_value fields_value(const struct fields *fields, int field);

/* A part of what is made of a record: a field's value, or a literal ("@orders"). */
struct part {
	const char *text; /* as the user wrote it */
	int field;	  /* -1: it is fixed */
	struct span literal;
};

/* Reads FIELD or @LITERAL; 0, or -1 as fields_add() does. */
int part_parse(struct part *part, const char *text, struct fields *fields);

enum part_result {
	PART_TEXT,    /* a string's text, a number's literal, true or false, or the fixed text */
	PART_ABSENT,  /* the field is not there, or null */
	PART_NO_TEXT, /* it is an array or an object, or does not fit `scratch` */
};

/* The part of the record read last. The text lives as long as the record, and as `scratch` stays as
 * it is, which holds a string that had to be unescaped and is cleared first. */
enum part_result part_read(const struct part *part, const struct fields *fields,
	struct buf *scratch, struct span *text);

#endif
