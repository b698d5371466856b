/*
 * What a job tells of itself: events as JSON, in the shape of design or in that of StreamForge.
 *
 * Source: StreamForge `loader-api-trades`, its README and app/telemetry (read in 2026).
 */
#ifndef TRADEPIPE_JOB_EVENT_H
#define TRADEPIPE_JOB_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum event_status { EVENT_STARTED, EVENT_LOADING, EVENT_INTERRUPTED, EVENT_ERROR, EVENT_FINISHED };

enum event_format { EVENT_PLAIN, EVENT_STREAMFORGE };

extern const char *const event_formats[]; /* their names, for an option; NULL at the end */

/* What stays the same over a job. NULL is written as null. */
struct event_source {
	const char *queue_id, *symbol, *type, *producer;
	const char *kafka, *kafka_user, *kafka_topic; /* EVENT_STREAMFORGE only */
};

struct event {
	enum event_status status;
	const char *message; /* any bytes */
	uint64_t records_written;
	int64_t time_ns; /* since 1970, not negative */
};

/* Whether it is the last one of a job. */
bool event_is_terminal(enum event_status status);

/*
 * Appends the event as compact JSON.
 * Plain: queue_id, symbol, type, status, message, records_written, finished, producer, timestamp.
 * StreamForge: event, queue_id, symbol, type, producer, sent_at, status, message, finished,
 * records_written, kafka, kafka_user, kafka_topic, arango_url, arango_db, collection_name (null,
 * all three), error_message (for EVENT_ERROR), and timestamp, for readers of its README.
 * `finished` is true for EVENT_FINISHED and EVENT_INTERRUPTED alone; times are seconds with six
 * digits behind the point. What is no UTF-8 is replaced. -1 where it does not fit (nothing is
 * appended then).
 */
int event_write(const struct event_source *source, enum event_format format,
	const struct event *event, struct buf *to);

#endif
