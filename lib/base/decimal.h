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

/*
 * Writes the canonical form of a JSON number above zero to `to`, which has room for
 * DECIMAL_TEXT_MAX bytes: no exponent, no zeros at the end of a fraction, no bare point, one zero
 * before a point that has nothing before it. *n is the number of bytes; no NUL is added. The value
 * is exactly that of the token, whatever its length.
 */
enum decimal_fault decimal_canonical(struct span token, char *to, size_t *n);

#endif
