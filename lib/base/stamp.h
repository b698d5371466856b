/*
 * Moments as integer nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
 * The range of int64_t ends in 2262; what lies outside is refused.
 */
#ifndef TRADEPIPE_BASE_STAMP_H
#define TRADEPIPE_BASE_STAMP_H

#include <stdint.h>

#include "base/decimal.h"
#include "base/span.h"

#define STAMP_NS_PER_S INT64_C(1000000000)
#define STAMP_NS_PER_MS INT64_C(1000000)

enum { STAMP_TEXT_MAX = 30 }; /* 2026-09-30T01:34:50.331350123Z */

/*
 * Reads an RFC 3339 date-time: any number of fractional digits, "Z" or any offset, "T" or "t".
 * Days are checked against the month; a second of 60 is refused. *ns is the moment, digits beyond
 * the ninth cut off (towards earlier); *digits, which may be NULL, says how many fractional digits
 * there were. 0, or -1 where the text is anything else or outside 1970 to 2262.
 */
int stamp_parse(struct span text, int64_t *ns, unsigned *digits);

/* The same for the one layout that exchanges use, "2026-09-30T01:34:50.331350Z", at the start of a
 * text: how many bytes it takes, or 0, which says nothing about the text. */
size_t stamp_take(struct span text, int64_t *ns);

/* Takes a moment given as seconds since 1970 with a fraction of at most nine digits; exponents and
 * all are exact. 0, or -1 where it has more digits, or lies beyond 2262. */
int stamp_from_seconds(const struct decimal *seconds, int64_t *ns);

/* Writes ns, which is not negative, as RFC 3339 in UTC with `digits` (0 to 9) fractional digits,
 * cut off, to `to`, which has room for STAMP_TEXT_MAX bytes; returns the number of bytes. No NUL is
 * added. */
size_t stamp_write(char *to, int64_t ns, unsigned digits);

/* The wall clock, and a clock that never goes back and counts from an arbitrary point. */
int64_t stamp_now(void);
int64_t stamp_monotonic(void);

/* The same, but it goes on while the machine is suspended, where the system has such a clock. */
int64_t stamp_boottime(void);

/* How long the machine has been suspended since it was started, during which stamp_monotonic()
 * stood still, give or take some milliseconds; always 0 where the system does not tell. */
int64_t stamp_suspended(void);

#endif
