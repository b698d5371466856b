/*
 * How long a server asks to be left alone, by its answer's header Retry-After (RFC 9110, 10.2.3).
 */
#ifndef TRADEPIPE_NET_RETRY_AFTER_H
#define TRADEPIPE_NET_RETRY_AFTER_H

#include <stdint.h>

#include "base/span.h"

enum {
	/* Whoever has time waits no longer than that on the word of one answer. */
	RETRY_AFTER_MOST_MS = 15 * 60 * 1000,
};

/* The value, seconds or a date as HTTP writes them now, in milliseconds from now_ns on, the wall
 * clock's time; -1 where it is neither. */
int64_t retry_after_read(struct span value, int64_t now_ns);

#endif
