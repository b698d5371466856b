#include "base/decimal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/word.h"

/* A number token taken apart. Its digits are those of `whole` and then those of `fraction`. */
struct parts {
	bool negative;
	struct span whole;
	struct span fraction;
	int64_t exponent;
};

/* An exponent is counted no further than this, which no token's own length can bring back into
 * bounds. */
#define EXPONENT_LIMIT INT64_C(100000000000000000)

static struct span take_digits(struct span *text)
{
	size_t n = 0;
	struct span digits;

	while (n < text->n && (unsigned char)(text->p[n] - '0') <= 9)
		n++;
	digits = span_make(text->p, n);
	*text = span_make(text->p + n, text->n - n);
	return digits;
}

static bool take(struct span *text, char c)
{
	if (text->n == 0 || text->p[0] != c)
		return false;
	*text = span_make(text->p + 1, text->n - 1);
	return true;
}

/* The exponent behind an "e". */
static int take_exponent(struct span *text, int64_t *exponent)
{
	bool negative = take(text, '-');
	struct span digits;
	int64_t sum = 0;

	if (!negative)
		take(text, '+');
	digits = take_digits(text);
	if (digits.n == 0)
		return -1;
	for (size_t i = 0; i < digits.n && sum < EXPONENT_LIMIT; i++)
		sum = sum * 10 + (digits.p[i] - '0');
	*exponent = negative ? -sum : sum;
	return 0;
}

static int take_apart(struct span token, struct parts *parts)
{
	parts->negative = take(&token, '-');
	parts->whole = take_digits(&token);
	parts->fraction = span_make(token.p, 0);
	parts->exponent = 0;
	if (parts->whole.n == 0 || (parts->whole.n > 1 && parts->whole.p[0] == '0'))
		return -1;
	if (take(&token, '.')) {
		parts->fraction = take_digits(&token);
		if (parts->fraction.n == 0)
			return -1;
	}
	if (take(&token, 'e') || take(&token, 'E'))
		if (take_exponent(&token, &parts->exponent) < 0)
			return -1;
	return token.n == 0 ? 0 : -1;
}

static char digit_at(const struct parts *parts, size_t i)
{
	return i < parts->whole.n ? parts->whole.p[i] : parts->fraction.p[i - parts->whole.n];
}

static char *put_digits(char *to, const struct parts *parts, size_t from, size_t until)
{
	while (from < until)
		*to++ = digit_at(parts, from++);
	return to;
}

static char *put_zeros(char *to, size_t n)
{
	memset(to, '0', n);
	return to + n;
}

/* The digits from `first` until `end`, the point standing behind the first `point` of them; a point
 * below zero or beyond the last calls for zeros. */
static enum decimal_fault put_value(
	const struct parts *parts, size_t first, size_t end, int64_t point, char *to, size_t *n)
{
	int64_t digits = (int64_t)(end - first);
	char *p = to;

	if (digits > DECIMAL_DIGITS_MAX || point > DECIMAL_TEXT_MAX)
		return DECIMAL_TOO_LONG;
	if (point <= 0 && 2 - point + digits > DECIMAL_TEXT_MAX)
		return DECIMAL_TOO_LONG;
	if (point <= 0) {
		*p++ = '0';
		*p++ = '.';
		p = put_zeros(p, (size_t)-point);
		p = put_digits(p, parts, first, end);
	} else if (point >= digits) {
		p = put_digits(p, parts, first, end);
		p = put_zeros(p, (size_t)(point - digits));
	} else {
		p = put_digits(p, parts, first, first + (size_t)point);
		*p++ = '.';
		p = put_digits(p, parts, first + (size_t)point, end);
	}
	*n = (size_t)(p - to);
	return DECIMAL_OK;
}

/* How many digits a text begins with; *last is the place behind the last one that is not zero, or
 * 0. */
static size_t run_of_digits(struct span text, size_t *last)
{
	size_t n = 0;

	*last = 0;
	while (text.n - n >= WORD_SIZE) {
		uint64_t digits = word_digits(word_load(text.p + n));
		uint64_t others = word_above_9(digits);
		/* The bytes below the first one that is no digit. */
		uint64_t marks = word_above_0(digits & (((others & -others) >> 7) - 1));
		if (marks)
			*last = n + word_last(marks) + 1;
		if (others)
			return n + word_first(others);
		n += WORD_SIZE;
	}
	for (; n < text.n && (unsigned char)(text.p[n] - '0') <= 9; n++)
		if (text.p[n] != '0')
			*last = n + 1;
	return n;
}

size_t decimal_take(struct span text, struct decimal *amount)
{
	size_t last, fraction_last;
	size_t whole = run_of_digits(text, &last);
	size_t fraction = 0;

	if (whole == 0 || (text.p[0] == '0' && whole > 1))
		return 0;
	if (whole < text.n && text.p[whole] == '.') {
		size_t behind = whole + 1;
		fraction =
			run_of_digits(span_make(text.p + behind, text.n - behind), &fraction_last);
		if (fraction == 0)
			return 0;
		*amount = (struct decimal){span_make(text.p, behind + fraction),
			fraction_last ? behind + fraction_last : whole};
		last += fraction_last;
	} else {
		*amount = (struct decimal){span_make(text.p, whole), whole};
	}
	return last > 0 && amount->token.n <= DECIMAL_DIGITS_MAX ? amount->token.n : 0;
}

/* Any other token. */
static enum decimal_fault rewrite(struct span token, char *to, size_t *n)
{
	struct parts parts;
	size_t first = 0, end;

	if (take_apart(token, &parts) < 0)
		return DECIMAL_NOT_A_NUMBER;
	end = parts.whole.n + parts.fraction.n;
	while (first < end && digit_at(&parts, first) == '0')
		first++;
	if (first == end || parts.negative)
		return DECIMAL_NOT_POSITIVE;
	while (digit_at(&parts, end - 1) == '0')
		end--;
	return put_value(&parts, first, end,
		(int64_t)parts.whole.n - (int64_t)first + parts.exponent, to, n);
}

enum decimal_fault decimal_read(struct span token, struct decimal *amount)
{
	char canonical[DECIMAL_TEXT_MAX];
	size_t n;

	if (token.n > 0 && decimal_take(token, amount) == token.n)
		return DECIMAL_OK;
	*amount = (struct decimal){token, 0};
	return rewrite(token, canonical, &n);
}

size_t decimal_write(char *to, const struct decimal *amount)
{
	size_t n = amount->plain;

	if (n > 0)
		memcpy(to, amount->token.p, n);
	else
		rewrite(amount->token, to, &n);
	return n;
}
