#include "base/decimal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

/* What almost every amount is: digits, with a point among them or without. Its canonical form is
 * the token up to the last digit of the fraction that is not zero. Returns the length of that, or 0
 * where the token is anything else. */
static size_t plain_length(struct span token)
{
	size_t point = 0;
	size_t significant = 0; /* bytes up to the last digit that is not zero */

	if (token.n == 0 || token.n > DECIMAL_DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < token.n; i++) {
		unsigned char digit = (unsigned char)(token.p[i] - '0');
		if (digit <= 9)
			significant = digit ? i + 1 : significant;
		else if (token.p[i] == '.' && point == 0)
			point = i;
		else
			return 0;
	}
	if (significant == 0 || token.p[token.n - 1] == '.' || token.p[0] == '.' ||
		(token.p[0] == '0' && point != 1))
		return 0;
	if (point == 0)
		return token.n;
	return significant > point ? significant : point;
}

enum decimal_fault decimal_canonical(struct span token, char *to, size_t *n)
{
	struct parts parts;
	size_t first = 0, end;

	*n = plain_length(token);
	if (*n > 0) {
		memcpy(to, token.p, *n);
		return DECIMAL_OK;
	}
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
