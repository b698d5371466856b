#include "net/crawl_attempts.h"

#include "base/stamp.h"
#include "net/retry_after.h"

enum {
	RETRY_MS = 500,
	RETRY_MOST_MS = 30000,
	NOTE_GAP_S = 30, /* doubled by each note */
	NOTE_GAP_MOST_S = 3600,
};

void crawl_attempts_init(struct crawl_attempts *a, uint64_t limit_ms)
{
	*a = (struct crawl_attempts){.limit_ms = limit_ms};
	retry_init(&a->retry, RETRY_MS, RETRY_MOST_MS);
}

void crawl_attempts_succeed(struct crawl_attempts *a)
{
	a->failures = a->refusals = 0;
	retry_reset(&a->retry);
}

void crawl_attempts_excuse(struct crawl_attempts *a, int64_t ns, int64_t now_ns)
{
	int64_t gone_ns = now_ns - a->since_ns;

	if (a->failures)
		a->since_ns += ns < gone_ns ? ns : gone_ns;
}

static void count(struct crawl_attempts *a, int64_t now_ns)
{
	if (a->failures++ == 0) {
		a->since_ns = a->note_ns = now_ns;
		a->note_gap_ns = NOTE_GAP_S * STAMP_NS_PER_S;
	}
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A pause that is made, whatever the limit: it is no time for attempts. */
static int64_t wait_out(struct crawl_attempts *a, int64_t pause_ms, int64_t retry_after_ms)
{
	if (retry_after_ms > pause_ms)
		a->beyond_ms = retry_after_ms - pause_ms;
	return pause_ms + a->beyond_ms;
}

/* The last attempt is made when the limit is over, so that all of it is used. */
static int64_t within_limit(
	struct crawl_attempts *a, int64_t pause_ms, int64_t retry_after_ms, int64_t now_ns)
{
	int64_t left_ms = (int64_t)a->limit_ms - (now_ns - a->since_ns) / STAMP_NS_PER_MS;

	a->beyond_ms = 0;
	if (left_ms <= 0 || (retry_after_ms > left_ms && !a->has_time))
		return -1;
	if (a->has_time)
		return wait_out(a, least(pause_ms, left_ms), retry_after_ms);
	if (pause_ms < retry_after_ms)
		pause_ms = retry_after_ms;
	return least(pause_ms, left_ms);
}

static int64_t limit_asked(const struct crawl_attempts *a, int64_t retry_after_ms)
{
	return a->has_time ? least(retry_after_ms, RETRY_AFTER_MOST_MS) : retry_after_ms;
}

int64_t crawl_attempts_fail(struct crawl_attempts *a, int64_t retry_after_ms, int64_t now_ns)
{
	count(a, now_ns);
	retry_after_ms = limit_asked(a, retry_after_ms);
	return within_limit(a, retry_next_ms(&a->retry), retry_after_ms, now_ns);
}

int64_t crawl_attempts_refuse(
	struct crawl_attempts *a, int64_t retry_after_ms, int64_t now_ns, int64_t *hold_ms)
{
	int64_t own_ms;

	retry_after_ms = limit_asked(a, retry_after_ms);
	*hold_ms = CRAWL_HOLD_MS;
	for (unsigned i = 0; i < a->refusals && *hold_ms < CRAWL_HOLD_MOST_MS; i++)
		*hold_ms *= 2;
	own_ms = *hold_ms = least(*hold_ms, CRAWL_HOLD_MOST_MS);
	if (retry_after_ms > 0)
		*hold_ms = retry_after_ms;
	count(a, now_ns);
	a->refusals++;
	return within_limit(a, least(own_ms, *hold_ms), retry_after_ms, now_ns);
}

bool crawl_attempts_is_news(struct crawl_attempts *a, int64_t now_ns)
{
	if (now_ns < a->note_ns)
		return false;
	a->note_ns = now_ns + a->note_gap_ns;
	if (a->note_gap_ns < NOTE_GAP_MOST_S * STAMP_NS_PER_S)
		a->note_gap_ns *= 2;
	return true;
}
