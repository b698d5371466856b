/*
 * Eight bytes at a time: the tests that let a loop over text skip what needs no closer look, and
 * digits read in one go.
 */
#ifndef TRADEPIPE_BASE_WORD_H
#define TRADEPIPE_BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD_SIZE = 8 };

/* The same byte in all eight places. */
#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes, the first one in the lowest bits whatever the machine's order is. */
static inline uint64_t word_load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The same of n bytes, 1 to 7; the others are 0. */
static inline uint64_t word_load_few(const char *p, size_t n)
{
	uint32_t low, high;

	if (n < sizeof low)
		return (uint64_t)(unsigned char)p[0] |
			(uint64_t)(unsigned char)p[n / 2] << (n / 2 * 8) |
			(uint64_t)(unsigned char)p[n - 1] << ((n - 1) * 8);
	memcpy(&low, p, sizeof low);
	memcpy(&high, p + (n - sizeof high), sizeof high);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	low = __builtin_bswap32(low);
	high = __builtin_bswap32(high);
#endif
	return (uint64_t)low | (uint64_t)high << ((n - sizeof high) * 8);
}

/* The other way round, of n bytes, 1 to 8. */
static inline void word_store_few(char *to, uint64_t word, size_t n)
{
	uint32_t low, high;

	if (n < sizeof low) {
		to[0] = (char)word;
		to[n / 2] = (char)(word >> (n / 2 * 8));
		to[n - 1] = (char)(word >> ((n - 1) * 8));
		return;
	}
	low = (uint32_t)word;
	high = (uint32_t)(word >> ((n - sizeof high) * 8));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	low = __builtin_bswap32(low);
	high = __builtin_bswap32(high);
#endif
	memcpy(to, &low, sizeof low);
	memcpy(to + (n - sizeof high), &high, sizeof high);
}

/* Whether n bytes are those of a literal of that length: for an n that the compiler knows. */
__attribute__((always_inline)) static inline bool word_same(
	const char *p, const char *literal, size_t n)
{
	uint64_t differ = 0;

	if (n < sizeof(uint32_t))
		return memcmp(p, literal, n) == 0;
	if (n < WORD_SIZE)
		return word_load_few(p, n) == word_load_few(literal, n);
	for (size_t i = 0; i + WORD_SIZE <= n; i += WORD_SIZE)
		differ |= word_load(p + i) ^ word_load(literal + i);
	differ |= word_load(p + (n - WORD_SIZE)) ^ word_load(literal + (n - WORD_SIZE));
	return differ == 0;
}

/*
 * The following give words of marks: the highest bit of a byte is set where the byte is looked
 * for. A borrow can set marks that are wrong above the first right one, never below it: the first
 * mark is right, and no mark means none.
 */

/* Bytes below `limit`, which is at most 128; bytes from 128 up are not marked. */
static inline uint64_t word_below(uint64_t word, unsigned char limit)
{
	return (word - WORD_OF(limit)) & ~word & WORD_OF(0x80);
}

static inline uint64_t word_equal(uint64_t word, unsigned char byte)
{
	return word_below(word ^ WORD_OF(byte), 1);
}

/* Bytes from 128 up. */
static inline uint64_t word_high(uint64_t word)
{
	return word & WORD_OF(0x80);
}

/* Bytes above 9. */
static inline uint64_t word_above_9(uint64_t word)
{
	return ((word + WORD_OF(0x80 - 10)) | word) & WORD_OF(0x80);
}

/* Bytes from 1 up, in a word without any above 128. */
static inline uint64_t word_above_0(uint64_t word)
{
	return (word + WORD_OF(0x7F)) & WORD_OF(0x80);
}

/* The place, from 0, of the first marked byte; marks is not 0. */
static inline unsigned word_first(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks) / 8;
}

/* The same of the last one, where none of them is wrong. */
static inline unsigned word_last(uint64_t marks)
{
	return 7 - (unsigned)__builtin_clzll(marks) / 8;
}

/*
 * Digits: bytes from 0 to 9, which is what word_digits() makes of characters that are digits, and
 * of no others.
 */
static inline uint64_t word_digits(uint64_t characters)
{
	return characters ^ WORD_OF('0');
}

/* Two digits each: the byte at place i is ten times the digit there and the one behind it. */
static inline uint64_t word_pairs(uint64_t digits)
{
	return digits * 10 + (digits >> 8);
}

static inline unsigned word_byte(uint64_t word, unsigned place)
{
	return (unsigned)(word >> (place * 8)) & 0xFF;
}

/* The number that eight digits spell. */
static inline uint64_t word_number(uint64_t digits)
{
	const uint64_t twos = UINT64_C(0x000000FF000000FF);
	uint64_t pairs = word_pairs(digits);

	return ((pairs & twos) * (100 + (UINT64_C(1000000) << 32)) +
		       ((pairs >> 16) & twos) * (1 + (UINT64_C(10000) << 32))) >>
		32;
}

#endif
