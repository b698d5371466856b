#include "base/sum.h"

#include "base/num.h"
#include "base/word.h"

#define BASE UINT64_C(1000000000)

/* One addition brings less than 10^10 to a limb, the low half of one column of a product and the
 * high half of the column below: a limb holds this many of them. */
#define SETTLE_AFTER (UINT64_C(1) << 30)

/* Eight digits, each in a byte of its own, the first one in the lowest bits: pairs, fours, all. */
static uint64_t join_eight(uint64_t digits)
{
	digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (digits * 10000 + (digits >> 32)) & UINT64_C(0xffffffff);
}

/* At most SUM_DIGITS digits of a text that begins at `text`. */
static inline uint64_t read_digits(const char *text, const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t value = 0, digits;

	if (n < WORD_SIZE / 2 || end - text < WORD_SIZE) {
		while (p < end)
			value = value * 10 + (uint64_t)(*p++ - '0');
		return value;
	}
	digits = word_load(end - WORD_SIZE) ^ WORD_OF('0');
	if (n > WORD_SIZE)
		value = (uint64_t)(*p - '0') * 100000000;
	else
		digits &= ~UINT64_C(0) << (WORD_SIZE - n) * 8;
	return value + join_eight(digits);
}

/* The limb of at most SUM_DIGITS digits that begin behind the point or behind a limb. */
static inline uint64_t read_fraction(const char *text, const char *p, size_t n)
{
	static const uint64_t scale[SUM_DIGITS + 1] = {
		0, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};

	return read_digits(text, p, n) * scale[n];
}

/* Any amount; `point` is the number of digits before the point, `n` that of all characters. */
static void read_long(struct sum_term *term, const char *text, size_t point, size_t n)
{
	size_t behind = n > point ? n - point - 1 : 0;
	size_t fraction = (behind + SUM_DIGITS - 1) / SUM_DIGITS, count = fraction;

	for (size_t i = 0; i < fraction; i++)
		term->limbs[fraction - 1 - i] =
			read_fraction(text, text + point + 1 + i * SUM_DIGITS,
				i + 1 < fraction ? SUM_DIGITS : behind - i * SUM_DIGITS);
	for (; point > SUM_DIGITS; point -= SUM_DIGITS)
		term->limbs[count++] = read_digits(text, text + point - SUM_DIGITS, SUM_DIGITS);
	term->limbs[count++] = read_digits(text, text, point);
	term->n = (int)count;
	term->exponent = -(int)fraction;
}

/* Almost every amount has a limb on either side of the point; that one of them may be zero is not
 * worth a branch. */
static inline void read_text(struct sum_term *term, const char *text, size_t n)
{
	size_t point = 0;
	uint64_t whole = 0;

	for (; point < n && text[point] != '.'; point++)
		whole = whole * 10 + (uint64_t)(text[point] - '0');
	if (point > SUM_DIGITS || n > point + 1 + SUM_DIGITS) {
		read_long(term, text, point, n);
		return;
	}
	term->limbs[0] = n > point ? read_fraction(text, text + point + 1, n - point - 1) : 0;
	term->limbs[1] = whole;
	term->n = 2;
	term->exponent = -1;
}

static void read_rewritten(struct sum_term *term, const struct decimal *amount)
{
	char text[DECIMAL_TEXT_MAX];
	size_t n = decimal_write(text, amount);

	read_text(term, text, n);
}

void sum_read(struct sum_term *term, const struct decimal *amount)
{
	if (amount->plain > 0)
		read_text(term, amount->token.p, amount->plain);
	else
		read_rewritten(term, amount);
}

static void settle(struct sum *sum)
{
	uint64_t carry = 0;

	for (int i = 0; i < SUM_LIMBS; i++) {
		uint64_t limb = sum->limbs[i] + carry;
		sum->limbs[i] = limb % BASE;
		carry = limb / BASE;
	}
	sum->adds = 0;
}

static void added(struct sum *sum)
{
	if (++sum->adds >= SETTLE_AFTER)
		settle(sum);
}

void sum_add(struct sum *sum, const struct sum_term *term)
{
	uint64_t *limbs = sum->limbs + SUM_FRACTION + term->exponent;

	for (int i = 0; i < term->n; i++)
		limbs[i] += term->limbs[i];
	added(sum);
}

/* The products of limbs for one place. The digits of an amount, DECIMAL_DIGITS_MAX from the first
 * to the last that is not zero, lie in eight limbs: as many products together stay below 2^63. */
static inline uint64_t column(const struct sum_term *a, const struct sum_term *b, int at)
{
	int from = at < b->n ? 0 : at - b->n + 1, until = at < a->n ? at + 1 : a->n;
	uint64_t products = 0;

	for (int i = from; i < until; i++)
		products += a->limbs[i] * b->limbs[at - i];
	return products;
}

void sum_add_product(struct sum *sum, const struct sum_term *a, const struct sum_term *b)
{
	uint64_t *limbs = sum->limbs + SUM_FRACTION + a->exponent + b->exponent;
	uint64_t high = 0;

	for (int at = 0; at < a->n + b->n - 1; at++) {
		uint64_t products = column(a, b, at);
		*limbs++ += high + products % BASE;
		high = products / BASE;
	}
	*limbs += high;
	added(sum);
}

static char *put_limb(char *to, uint64_t limb)
{
	for (int i = SUM_DIGITS - 1; i >= 0; i--, limb /= 10)
		to[i] = (char)('0' + limb % 10);
	return to + SUM_DIGITS;
}

size_t sum_write(char *to, struct sum *sum)
{
	int top = SUM_LIMBS - 1, end = 0;
	char *p = to;

	settle(sum);
	while (top > SUM_FRACTION && sum->limbs[top] == 0)
		top--;
	while (end < SUM_FRACTION && sum->limbs[end] == 0)
		end++;
	p += num_write_u64(p, sum->limbs[top]);
	while (--top >= SUM_FRACTION)
		p = put_limb(p, sum->limbs[top]);
	if (end == SUM_FRACTION)
		return (size_t)(p - to);
	*p++ = '.';
	for (int i = SUM_FRACTION - 1; i >= end; i--)
		p = put_limb(p, sum->limbs[i]);
	while (p[-1] == '0')
		p--;
	return (size_t)(p - to);
}
