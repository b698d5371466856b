/*
 * The steps of a shortcut: a reader that knows one exact layout of a JSON text goes through it
 * once, several times as fast as the scanner does. Each step moves *p behind what it takes, or
 * returns false where something else stands there, which may be no more than a spelling that the
 * shortcut does not know: then the scanner must look.
 */
#ifndef TRADEPIPE_JSON_TAKE_H
#define TRADEPIPE_JSON_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/span.h"
#include "base/word.h"
#include "json/json.h"

#define TAKE(p, end, literal) take_bytes((p), (end), (literal), sizeof(literal) - 1)

__attribute__((always_inline)) static inline bool take_bytes(
	const char **p, const char *end, const char *literal, size_t n)
{
	if ((size_t)(end - *p) < n || !word_same(*p, literal, n))
		return false;
	*p += n;
	return true;
}

/* The inside of a string without escapes, of ASCII, and its closing quote. */
static inline bool take_text(const char **p, const char *end, struct span *text)
{
	size_t n = json_plain_length(span_make(*p, (size_t)(end - *p)));

	*text = span_make(*p, n);
	*p += n;
	return TAKE(p, end, "\"");
}

/* An amount as decimal_take() knows it. */
static inline bool take_amount(const char **p, const char *end, struct decimal *amount)
{
	size_t n = decimal_take(span_make(*p, (size_t)(end - *p)), amount);

	*p += n;
	return n > 0;
}

/* A whole number of at most 19 digits in JSON's grammar. Its end is found by branches, which are
 * foreseen, since nearly all records have as many digits; what comes next need not wait for it
 * then, as it must where num_take_u64() computes it. */
__attribute__((always_inline)) static inline bool take_u64(
	const char **p, const char *end, uint64_t *value)
{
	enum { DIGITS_MAX = 19 }; /* which cannot overflow */
	const char *at = *p;
	uint64_t sum = 0;
	uint64_t digits;
	size_t n;

	while (end - at >= WORD_SIZE && !word_above_9(digits = word_digits(word_load(at)))) {
		sum = sum * 100000000 + word_number(digits);
		at += WORD_SIZE;
	}
	while (at < end && (unsigned char)(*at - '0') <= 9)
		sum = sum * 10 + (unsigned char)(*at++ - '0');
	n = (size_t)(at - *p);
	if (n == 0 || n > DIGITS_MAX || (n > 1 && **p == '0'))
		return false;
	*p = at;
	*value = sum;
	return true;
}

#endif
