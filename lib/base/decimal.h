/*
 * Exact decimal text. Prices and quantities are never turned into floating point: a number token is
 * checked and rewritten as text.
 */
#ifndef TRADEPIPE_BASE_DECIMAL_H
#define TRADEPIPE_BASE_DECIMAL_H

#include <stddef.h>

#include "base/span.h"

enum {
	DECIMAL_DIGITS_MAX = 64, /* digits, zeros at either end not counted */
	DECIMAL_TEXT_MAX = 128,	 /* characters once the exponent is expanded */
};

/* Why a token is no amount that a trade can have. */
enum decimal_fault {
	DECIMAL_OK = 0,
	DECIMAL_NOT_A_NUMBER, /* not a number in JSON's grammar (RFC 8259, section 6) */
	DECIMAL_NOT_POSITIVE, /* zero or below */
	DECIMAL_TOO_LONG,     /* over DECIMAL_DIGITS_MAX or DECIMAL_TEXT_MAX */
};

/* An amount that was found to be one. */
struct decimal {
	struct span token; /* as it was sent */
	size_t plain;	   /* bytes at its start that are its canonical form; 0: to be rewritten */
};

/* Checks that a token is a JSON number above zero and within the bounds, and fills in *amount,
 * which lives as long as the token. */
enum decimal_fault decimal_read(struct span token, struct decimal *amount);

/* The same for an amount that a text begins with, of the form that almost all have: digits, with a
 * point among them or without. Returns its length; 0 where the text begins with anything else,
 * which decimal_read() may still take. */
size_t decimal_take(struct span text, struct decimal *amount);

/* Writes the canonical form to `to`, which has room for DECIMAL_TEXT_MAX bytes: no exponent, no
 * zeros at the end of a fraction, no bare point, one zero before a point that has nothing before
 * it. The value is exactly that of the token, whatever its length. Returns the number of bytes; no
 * NUL is added. */
size_t decimal_write(char *to, const struct decimal *amount);

#endif
