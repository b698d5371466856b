/*
 * Moments as options take them: a date (2026-09-30), RFC 3339, "now", or an integer since 1970
 * whose unit is told by its size: seconds, milliseconds, microseconds or nanoseconds. All in UTC.
 */
#ifndef TRADEPIPE_BASE_WHEN_H
#define TRADEPIPE_BASE_WHEN_H

#include <stdint.h>

#include "base/span.h"

/* 0 and the moment in nanoseconds since 1970; or -1 and *reason, a constant phrase, such as "is no
 * date, no time and no number of seconds", or, for an integer below 10^9, which was meant as a date
 * (20260930), what to write instead. `now_ns` is what "now" stands for. */
int when_parse(struct span text, int64_t now_ns, int64_t *ns, const char **reason);

#endif
