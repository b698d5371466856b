/*
 * The numbers of a JSON text, found again. libjq turns numbers into doubles; one that comes out of
 * a program as it went in is put back as the literal that it was. One that comes out as a string is
 * told from those that were computed.
 */
#ifndef TRADEPIPE_JSON_LITERALS_H
#define TRADEPIPE_JSON_LITERALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct literals {
	struct literal *items; /* by double, then by value */
	size_t n;
	size_t cap;
	struct span text;
	struct span *pieces; /* digits within the text's strings, sorted; read when first needed */
	size_t pieces_n;
	size_t pieces_cap;
	bool pieces_read;
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

/* Whether a number, in JSON's grammar and without a sign, is exactly one of the text's, whose sign
 * does not count: LITERALS_ONE. LITERALS_MANY: it is none, but some round to the same double.
 * LITERALS_NONE: there is nothing of the kind. */
enum literals_match literals_compare(const struct literals *literals, struct span number);

/* Whether digits, which may have a point among them, stand in one of the text's strings just so:
 * neither digit nor point goes on with them at either end, save a point that ends a phrase. */
bool literals_quote(struct literals *literals, struct span digits);

/* The double nearest to a number in JSON's grammar: the key that literals are found by, and what
 * libjq makes of the number; never what is written. */
double literals_key(struct span number);

#endif
