/*
 * The attempts at one request: when the next one is due, when they have gone on for too long, and
 * which failures a person should hear of. It does not sleep.
 */
#ifndef TRADEPIPE_NET_CRAWL_ATTEMPTS_H
#define TRADEPIPE_NET_CRAWL_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/retry.h"

enum {
	CRAWL_HOLD_MS = 3000, /* where a refusal does not say for how long */
	CRAWL_HOLD_MOST_MS = 60000,
};

struct crawl_attempts {
	uint64_t limit_ms; /* from the first failure on */
	struct retry retry;
	unsigned failures; /* in a row; 0: all is well */
	unsigned refusals; /* among them */
	int64_t since_ns;  /* the first of them, by the monotonic clock, as all times here */
	int64_t note_ns;   /* the next one that comes then is told */
	int64_t note_gap_ns;
	/* Pauses that the server asks for do not end it, however long: RETRY_AFTER_MOST_MS at most
	 * are made, and of these only as much is counted as would have been made anyway. */
	bool has_time;
	int64_t beyond_ms; /* what the last pause has beyond that, which is to be excused */
};

void crawl_attempts_init(struct crawl_attempts *a, uint64_t limit_ms);

/* One has succeeded: the next failure is the first again. */
void crawl_attempts_succeed(struct crawl_attempts *a);

/* For so long no attempt could be made: that is not counted. */
void crawl_attempts_excuse(struct crawl_attempts *a, int64_t ns, int64_t now_ns);

/* Counts a failure. Returns the milliseconds until the next attempt, at the latest at the end of
 * the limit; or -1 where the limit is over, or the server asks (retry_after_ms, -1: it does not)
 * for a pause beyond it (but see has_time). */
int64_t crawl_attempts_fail(struct crawl_attempts *a, int64_t retry_after_ms, int64_t now_ns);

/* The same for a refusal, with *hold_ms, for which the server must be left alone in any case. */
int64_t crawl_attempts_refuse(
	struct crawl_attempts *a, int64_t retry_after_ms, int64_t now_ns, int64_t *hold_ms);

/* Whether the failure just counted should be told: the first one, and then ever fewer. */
bool crawl_attempts_is_news(struct crawl_attempts *a, int64_t now_ns);

#endif
