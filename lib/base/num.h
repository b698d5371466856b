/*
 * Whole numbers, durations and sizes out of text, with bounds. No sign, no blanks, no leading "+",
 * nothing behind the number; leading zeros are allowed.
 */
#ifndef TRADEPIPE_BASE_NUM_H
#define TRADEPIPE_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Digits only, at most UINT64_MAX; 0, or -1 where the text is anything else. */
int num_u64(struct span text, uint64_t *value);

/* Reads the digits that a text begins with. Returns how many there are: 0 also where they are more
 * than UINT64_MAX. */
size_t num_take_u64(struct span text, uint64_t *value);

/* "500ms", "10s", "2m", "1h", "7d"; a bare number is seconds. The value is in milliseconds, and at
 * most NUM_DURATION_MAX, 146 years, so that in nanoseconds it fits into an int64_t, also when it is
 * added to a moment of a clock that began within as many. */
#define NUM_DURATION_MAX (INT64_MAX / 2 / 1000000)
int num_duration(struct span text, uint64_t *ms);

/* "512", "64k", "10M", "1G" (powers of 1024). The value is in bytes. */
int num_size(struct span text, uint64_t *bytes);

/* Writes value as decimal digits to `to`, which has room for NUM_U64_MAX bytes; returns how many
 * were written. No NUL is added. */
enum { NUM_U64_MAX = 20 };
size_t num_write_u64(char *to, uint64_t value);

/* Writes a value below 100 as two digits. */
void num_write_pair(char *to, unsigned value);

#endif
