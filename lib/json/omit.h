/*
 * An object without some of its members, its other bytes as they came.
 */
#ifndef TRADEPIPE_JSON_OMIT_H
#define TRADEPIPE_JSON_OMIT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

enum { OMIT_MAX = 64 };

struct omit {
	struct span names[OMIT_MAX]; /* as they read once unescaped */
	size_t n;
};

/* Reads a list "a,b,c" of names, which point into it. 0, or -1 where it is empty, has an empty name
 * or too many. */
int omit_parse(const char *list, struct omit *omit);

/* Puts the object, which json_object() has found to be one, into `to` in place of what that held,
 * without the members named at its top level (all of that name), and with no comma too many. 0, or
 * -1 at the buffer's ceiling. */
int omit_write(const struct omit *omit, struct span object, struct buf *to);

#endif
