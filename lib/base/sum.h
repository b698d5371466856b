/*
 * Exact sums of amounts and of products of two amounts: fixed point in a decimal base, wide enough
 * for 2^64 products of the largest amounts, so that nothing is ever rounded.
 */
#ifndef TRADEPIPE_BASE_SUM_H
#define TRADEPIPE_BASE_SUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"

/* Limbs of nine decimal digits. An amount has at most DECIMAL_TEXT_MAX digits on either side of its
 * point, a product twice as many, a sum of 2^64 products 20 more. */
enum {
	SUM_DIGITS = 9,
	SUM_FRACTION = 30, /* limbs behind the point */
	SUM_LIMBS = 64,
	SUM_TEXT_MAX = SUM_LIMBS * SUM_DIGITS + 2, /* characters of a sum as text */
	SUM_TERM_LIMBS = DECIMAL_TEXT_MAX / SUM_DIGITS + 2,
};

/* A sum; zeroed it is 0. The members are its own. */
struct sum {
	uint64_t limbs[SUM_LIMBS]; /* the least one first; carries may be outstanding */
	uint64_t adds;		   /* since carries were last settled */
};

/* An amount taken apart once for what it is added to. The members are its own. */
struct sum_term {
	int n;	      /* limbs */
	int exponent; /* of the least one's place: below zero behind the point */
	uint64_t limbs[SUM_TERM_LIMBS];
};

void sum_read(struct sum_term *term, const struct decimal *amount);

void sum_add(struct sum *sum, const struct sum_term *term);
void sum_add_product(struct sum *sum, const struct sum_term *a, const struct sum_term *b);

/* Writes the sum in the canonical form of decimal.h ("0" for nothing) to `to`, which has room for
 * SUM_TEXT_MAX bytes; returns the number of bytes. No NUL is added. */
size_t sum_write(char *to, struct sum *sum);

#endif
