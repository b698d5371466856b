/*
 * The numbers of a JSON text, found again by their doubles. libjq turns numbers into doubles; one
 * that comes out of a program as it went in is put back as the literal that it was.
 */
#ifndef TRADEPIPE_JSON_LITERALS_H
#define TRADEPIPE_JSON_LITERALS_H

#include <stddef.h>

#include "base/span.h"

struct literals {
	struct literal *items; /* by double */
	size_t n;
	size_t cap;
};

/* Begins with none, and frees. */
void literals_init(struct literals *literals);
void literals_release(struct literals *literals);

/* Collects the numbers of a text that json_scan() has found to be a value, at any depth, and the
 * strings and the members' names that hold nothing but a number, in place of those it held before.
 * They point into the text. */
void literals_read(struct literals *literals, struct span text);

enum literals_match {
	LITERALS_ONE,  /* of several spellings of one value the first in the text */
	LITERALS_NONE, /* the number was computed */
	LITERALS_MANY, /* two different values have that double */
};

/* Finds the literal whose double is that of `number`, a number in JSON's grammar. */
enum literals_match literals_find(
	const struct literals *literals, struct span number, struct span *literal);

/* The double nearest to a number in JSON's grammar: the key that literals are found by, and what
 * libjq makes of the number; never what is written. */
double literals_key(struct span number);

#endif
