/*
 * How often something may happen, as options take it: "1", "0.5", "12.25" times a second.
 */
#ifndef TRADEPIPE_BASE_RATE_H
#define TRADEPIPE_BASE_RATE_H

#include <stdint.h>

#include "base/span.h"

/* From 0.001 to 1000 times a second, with at most three digits behind a point: 0 and the
 * microseconds between two times, or -1 where the text is anything else. */
int rate_parse(struct span text, uint32_t *interval_us);

#endif
