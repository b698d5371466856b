/*
 * What crawl itself reads of an answer.
 */
#ifndef TRADEPIPE_NET_CRAWL_ANSWER_H
#define TRADEPIPE_NET_CRAWL_ANSWER_H

#include <stdint.h>

#include "base/span.h"

/* The value of a header Retry-After (RFC 9110, 10.2.3), seconds or a date as HTTP writes them now,
 * in milliseconds from now_ns on, the wall clock's time; -1 where it is neither. */
int64_t crawl_answer_retry_after(struct span value, int64_t now_ns);

#endif
