/*
 * The events of a job on their way to a topic: in order, to one partition, at best effort while the
 * job runs, awaited at its end. While the broker has not acknowledged an event a later one of
 * EVENT_LOADING takes the place of one that still waits, so that no outage piles them up.
 *
 * Events have no key; the queue_id chooses the partition. The connection's properties count here as
 * well: with a delivery.timeout.ms of theirs an outage loses what takes longer.
 */
#ifndef TRADEPIPE_JOB_TELEMETRY_H
#define TRADEPIPE_JOB_TELEMETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/event.h"
#include "net/kafka_config.h"

struct telemetry_settings {
	const struct kafka_options *connection;
	const char *topic;
	struct event_source source; /* its texts live on */
	enum event_format format;
};

struct telemetry_counts {
	uint64_t made; /* events; the sum of what they became: */
	uint64_t acked;
	uint64_t replaced; /* by a later one, before they were sent */
	uint64_t lost;	   /* never acknowledged */
};

struct telemetry;

/* As kafka_producer_open() has it: reaches a broker and finds the topic. */
struct telemetry *telemetry_open(const struct telemetry_settings *settings, struct err *err);
void telemetry_free(struct telemetry *telemetry);

/* Hands an event on; does not block, and has no failure. After a terminal one nothing is sent any
 * more. Its number of records never falls behind that of an earlier one. */
void telemetry_tell(struct telemetry *telemetry, enum event_status status, const char *message,
	uint64_t records_written);

/* Does what is due, without blocking; telemetry_fd() can be read when there is something. */
void telemetry_serve(struct telemetry *telemetry);
int telemetry_fd(const struct telemetry *telemetry);

/* Waits until all is acknowledged, for up to timeout_ms, whatever signals come but a second stop
 * signal. -1 and *err (EXIT_FAILED) where the last event is not. */
int telemetry_finish(struct telemetry *telemetry, uint64_t timeout_ms, struct err *err);

const struct telemetry_counts *telemetry_counts(const struct telemetry *telemetry);

#endif
