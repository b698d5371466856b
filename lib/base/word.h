/*
 * Eight bytes at a time: the tests that let a loop over text skip what needs no closer look.
 */
#ifndef TRADEPIPE_BASE_WORD_H
#define TRADEPIPE_BASE_WORD_H

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

/* The place, from 0, of the first marked byte; marks is not 0. */
static inline unsigned word_first(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks) / 8;
}

#endif
