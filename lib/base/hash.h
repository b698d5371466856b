/*
 * FNV-1a of 64 bits (draft-eastlake-fnv): of names and small things, by which they are told apart
 * or damage shows. Nothing for what somebody could choose in order to collide.
 */
#ifndef TRADEPIPE_BASE_HASH_H
#define TRADEPIPE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Of no bytes. */
#define HASH_START UINT64_C(0xCBF29CE484222325)

/* The hash of what `hash` is of, and n bytes behind it. Files hold it: it is the same on all
 * machines and in all versions. */
static inline uint64_t hash_add(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001B3);
	return hash;
}

#endif
