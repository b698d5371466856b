#include "job/event.h"

#include <inttypes.h>
#include <stddef.h>

#include "job/text.h"

const char *const event_formats[] = {
	[EVENT_PLAIN] = "plain", [EVENT_STREAMFORGE] = "streamforge", NULL};

static const char *const statuses[] = {
	[EVENT_STARTED] = "started",
	[EVENT_LOADING] = "loading",
	[EVENT_INTERRUPTED] = "interrupted",
	[EVENT_ERROR] = "error",
	[EVENT_FINISHED] = "finished",
};

bool event_is_terminal(enum event_status status)
{
	return status == EVENT_INTERRUPTED || status == EVENT_ERROR || status == EVENT_FINISHED;
}

/* Each member has its comma in front; event_write() makes the first one a brace. */
static int add_text(struct buf *to, const char *name, const char *value)
{
	return buf_printf(to, ",\"%s\":", name) | text_json(to, value);
}

static int add_number(struct buf *to, const char *name, uint64_t value)
{
	return buf_printf(to, ",\"%s\":%" PRIu64, name, value);
}

static int add_flag(struct buf *to, const char *name, bool value)
{
	return buf_printf(to, ",\"%s\":%s", name, value ? "true" : "false");
}

static int add_time(struct buf *to, const char *name, int64_t ns)
{
	uint64_t us = (uint64_t)ns / 1000;

	return buf_printf(to, ",\"%s\":%" PRIu64 ".%06" PRIu64, name, us / 1000000, us % 1000000);
}

/* The service's own false in `error` is kept: its reader takes `finished` for a success. */
static bool is_finished(const struct event *event)
{
	return event->status == EVENT_FINISHED || event->status == EVENT_INTERRUPTED;
}

static int write_plain(const struct event_source *source, const struct event *event, struct buf *to)
{
	int result = add_text(to, "queue_id", source->queue_id);

	result |= add_text(to, "symbol", source->symbol);
	result |= add_text(to, "type", source->type);
	result |= add_text(to, "status", statuses[event->status]);
	result |= add_text(to, "message", event->message);
	result |= add_number(to, "records_written", event->records_written);
	result |= add_flag(to, "finished", is_finished(event));
	result |= add_text(to, "producer", source->producer);
	return result | add_time(to, "timestamp", event->time_ns);
}

static int write_streamforge(
	const struct event_source *source, const struct event *event, struct buf *to)
{
	int result = add_text(to, "event", statuses[event->status]);

	result |= add_text(to, "queue_id", source->queue_id);
	result |= add_text(to, "symbol", source->symbol);
	result |= add_text(to, "type", source->type);
	result |= add_text(to, "producer", source->producer);
	result |= add_time(to, "sent_at", event->time_ns);
	result |= add_text(to, "status", statuses[event->status]);
	result |= add_text(to, "message", event->message);
	result |= add_flag(to, "finished", is_finished(event));
	result |= add_number(to, "records_written", event->records_written);
	result |= add_text(to, "kafka", source->kafka);
	result |= add_text(to, "kafka_user", source->kafka_user);
	result |= add_text(to, "kafka_topic", source->kafka_topic);
	result |= add_text(to, "arango_url", NULL);
	result |= add_text(to, "arango_db", NULL);
	result |= add_text(to, "collection_name", NULL);
	if (event->status == EVENT_ERROR)
		result |= add_text(to, "error_message", event->message);
	return result | add_time(to, "timestamp", event->time_ns);
}

int event_write(const struct event_source *source, enum event_format format,
	const struct event *event, struct buf *to)
{
	size_t start = to->len;
	int result = format == EVENT_PLAIN ? write_plain(source, event, to)
					   : write_streamforge(source, event, to);

	result |= buf_add_text(to, "}");
	if (result < 0) {
		to->len = start;
		return -1;
	}
	to->data[start] = '{';
	return 0;
}
