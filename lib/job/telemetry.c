#include "job/telemetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_producer.h"

enum {
	IN_FLIGHT_MAX = 3, /* beside the last one: then the next one waits */
	REASON_MAX = 256,
	DELIVERY_MS = INT32_MAX,       /* librdkafka's longest, 24 days */
	MESSAGE_MAX = 4096,	       /* what is longer is cut off */
	EVENT_MAX = 256 * 1024,	       /* most of it for texts of the source */
	QUEUE_BYTES = 8 * 1024 * 1024, /* never full */
};

struct telemetry {
	struct telemetry_settings settings;
	struct kafka_options connection; /* of the last resort */
	struct kafka_producer *producer; /* NULL: it could not be made anew */
	struct telemetry_counts counts;
	struct buf event;     /* the latest one */
	bool waits;	      /* it has not been sent yet */
	uint64_t in_flight;   /* events */
	uint64_t tag;	      /* of the event sent last */
	enum kafka_fate fate; /* its */
	uint64_t records;     /* the most that were ever told */
	int32_t partition;
	bool ended;		 /* a terminal one was told */
	bool failed;		 /* the producer has */
	bool told;		 /* that an event was lost */
	char reason[REASON_MAX]; /* why the latest one was */
};

static void lose(struct telemetry *t, const char *reason)
{
	t->counts.lost++;
	snprintf(t->reason, sizeof t->reason, "%s", reason);
	if (t->told)
		diag_info("cannot deliver an event to topic '%s': %s", t->settings.topic, reason);
	else
		diag_warning(
			"cannot deliver an event to topic '%s': %s", t->settings.topic, reason);
	t->told = true;
}

static void on_delivery(void *arg, const struct kafka_delivery *delivery)
{
	struct telemetry *t = arg;

	t->in_flight--;
	if (delivery->tag == t->tag)
		t->fate = delivery->fate;
	if (delivery->fate == KAFKA_ACKED)
		t->counts.acked++;
	else
		lose(t, delivery->reason);
}

/* FNV-1a. */
static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261U;

	for (; text && *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619U;
	return h;
}

static int start(struct telemetry *t, const struct kafka_options *connection, struct err *err)
{
	const struct kafka_producer_settings settings = {
		.connection = connection,
		.topic = t->settings.topic,
		.queue_bytes = QUEUE_BYTES,
		.compression = "none",
		.delivery_ms = DELIVERY_MS,
		.delivered = on_delivery,
		.arg = t,
	};
	uint32_t partitions;

	t->failed = true;
	t->producer = kafka_producer_open(&settings, err);
	if (!t->producer)
		return -1;
	t->failed = false;
	partitions = (uint32_t)kafka_producer_topic(t->producer)->partitions;
	t->partition = (int32_t)(hash(t->settings.source.queue_id) % partitions);
	return 0;
}

struct telemetry *telemetry_open(const struct telemetry_settings *settings, struct err *err)
{
	struct telemetry *t = mem_alloc(1, sizeof *t);

	t->settings = *settings;
	t->fate = KAFKA_ACKED;
	buf_init(&t->event, EVENT_MAX);
	if (start(t, settings->connection, err) == 0)
		return t;
	telemetry_free(t);
	return NULL;
}

void telemetry_free(struct telemetry *t)
{
	if (!t)
		return;
	/* Its producer is left to the end of the process. */
	if (t->in_flight)
		prog_abandon();
	kafka_producer_free(t->producer);
	buf_release(&t->event);
	free(t);
}

static void send_event(struct telemetry *t)
{
	const struct kafka_record record = {.key = span_make(NULL, 0),
		.value = buf_span(&t->event),
		.partition = t->partition,
		.tag = ++t->tag};

	t->waits = false;
	t->in_flight++;
	t->fate = KAFKA_UNSENT;
	if (kafka_producer_send(t->producer, &record) < 0)
		t->failed = true;
}

/* A message that is not cut within a character. */
static const char *cut(const char *message, char text[MESSAGE_MAX + 1])
{
	size_t n = MESSAGE_MAX;

	if (strlen(message) <= MESSAGE_MAX)
		return message;
	while (n > 0 && ((unsigned char)message[n] & 0xC0) == 0x80)
		n--;
	memcpy(text, message, n);
	text[n] = '\0';
	return text;
}

static int write_event(struct telemetry *t, enum event_status status, const char *message)
{
	char text[MESSAGE_MAX + 1];
	const struct event event = {.status = status,
		.message = cut(message, text),
		.records_written = t->records,
		.time_ns = stamp_now()};

	buf_clear(&t->event);
	return event_write(&t->settings.source, t->settings.format, &event, &t->event);
}

void telemetry_tell(struct telemetry *t, enum event_status status, const char *message,
	uint64_t records_written)
{
	bool must = event_is_terminal(status) || !t->counts.made;

	if (t->ended)
		return;
	telemetry_serve(t);
	if (must && t->waits && !t->failed)
		send_event(t);
	t->counts.replaced += t->waits;
	t->waits = false;
	t->counts.made++;
	t->ended = event_is_terminal(status);
	if (records_written > t->records)
		t->records = records_written;
	t->fate = KAFKA_UNSENT;
	if (write_event(t, status, message) < 0) {
		lose(t, "it is too long");
		return;
	}
	t->waits = true;
	if (must && !t->failed)
		send_event(t);
	telemetry_serve(t);
}

void telemetry_serve(struct telemetry *t)
{
	if (!t->failed && kafka_producer_serve(t->producer) < 0)
		t->failed = true;
	if (t->waits && !t->failed && t->in_flight < IN_FLIGHT_MAX)
		send_event(t);
}

int telemetry_fd(const struct telemetry *t)
{
	return t->producer ? kafka_producer_fd(t->producer) : -1;
}

static void await(struct telemetry *t, int64_t deadline)
{
	int64_t left;

	for (;;) {
		telemetry_serve(t);
		left = deadline - stamp_monotonic();
		if (t->failed || (!t->waits && !t->in_flight) || left <= 0 || sig_stops() > 1)
			return;
		wait_readable(-1, kafka_producer_fd(t->producer), left / STAMP_NS_PER_MS + 1);
	}
}

/* A producer that has failed takes nothing any more: the last event is for a new one, unless it may
 * be in the topic. */
static void try_anew(struct telemetry *t, int64_t deadline, struct err *err)
{
	int64_t left = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;
	bool was_sent = !t->waits;

	if (t->fate != KAFKA_UNSENT || !t->event.len || left <= 0 || sig_stops() > 1)
		return;
	kafka_producer_free(t->producer);
	t->connection = *t->settings.connection;
	t->connection.connect_ms = (uint64_t)left;
	if (start(t, &t->connection, err) < 0)
		return;
	t->counts.lost -= was_sent;
	send_event(t);
	await(t, deadline);
}

int telemetry_finish(struct telemetry *t, uint64_t timeout_ms, struct err *err)
{
	int64_t deadline = stamp_monotonic() + (int64_t)timeout_ms * STAMP_NS_PER_MS;
	struct err reason = {.text = "not acknowledged in time"};

	await(t, deadline);
	if (t->failed && t->producer) {
		kafka_producer_finish(t->producer, &reason);
		try_anew(t, deadline, &reason);
	}
	if (t->fate == KAFKA_DEAD)
		snprintf(reason.text, sizeof reason.text, "%s", t->reason);
	if (t->waits)
		lose(t, reason.text);
	t->waits = false;
	for (uint64_t i = 0; i < t->in_flight; i++)
		lose(t, reason.text);
	if (t->fate == KAFKA_ACKED)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot deliver the last event to topic '%s': %s",
		t->settings.topic, reason.text);
}

const struct telemetry_counts *telemetry_counts(const struct telemetry *t)
{
	return &t->counts;
}
