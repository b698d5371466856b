/*
 * Publishing records to one topic, each followed to its end: idempotent, acknowledged by all
 * replicas, partitioned as Java's clients do (murmur2), over librdkafka.
 *
 * One thread: the callback runs within the calls below. Memory is bounded: a full queue makes
 * kafka_producer_send() wait.
 */
#ifndef TRADEPIPE_NET_KAFKA_PRODUCER_H
#define TRADEPIPE_NET_KAFKA_PRODUCER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "net/kafka_config.h"

/* What became of a record. */
enum kafka_fate {
	KAFKA_ACKED,   /* all in-sync replicas have it, once */
	KAFKA_DEAD,    /* it was refused for good, and that is the record's own fault */
	KAFKA_UNSENT,  /* it is not in the topic */
	KAFKA_UNKNOWN, /* handed to a broker that did not answer: it may be in the topic */
};

struct kafka_delivery {
	uint64_t tag; /* as given to kafka_producer_send(); 0: see kafka_producer_finish() */
	enum kafka_fate fate;
	const char *reason;	/* a phrase; NULL where acked */
	struct span key, value; /* as sent; p is NULL where there is none */
	int32_t partition;	/* acked: where it is */
	int64_t offset;
	int64_t timestamp_ms;
};

struct kafka_producer_settings {
	const struct kafka_options *connection;
	const char *topic;
	struct kafka_creation creation;
	const char *compression; /* librdkafka's name of a codec */
	uint64_t delivery_ms;	 /* how long one record may take to be acknowledged */

	/* Called once for each record sent. The delivery and its spans live until it returns. */
	void (*delivered)(void *arg, const struct kafka_delivery *delivery);
	void *arg;
};

struct kafka_producer;

/* Reaches a broker and makes sure of the topic, within connection->connect_ms; what settings point
 * to must live as long as the producer. NULL and *err: EXIT_USAGE for what running it again cannot
 * help (a property, a missing topic, credentials), EXIT_FAILED, or EXIT_DONE where a stop signal
 * came. */
struct kafka_producer *kafka_producer_open(
	const struct kafka_producer_settings *settings, struct err *err);

/* Takes a record; key.p NULL is a record without a key, whose partition is random. The bytes are
 * copied. tag is not 0 and fits a pointer. Waits while the queue is full. 0, or -1 where nothing
 * more can be sent: delivery has failed, or the time to drain is over. */
int kafka_producer_send(
	struct kafka_producer *producer, struct span key, struct span value, uint64_t tag);

/* Makes the callbacks that are due; does not block. -1 where delivery has failed. */
int kafka_producer_serve(struct kafka_producer *producer);

/* A descriptor that is readable when kafka_producer_serve() has something to do. */
int kafka_producer_fd(const struct kafka_producer *producer);

/*
 * Waits until each record has its fate: for as long as a record may take, and after a stop signal
 * until sig_expired(). What is left then is withdrawn: unsent or unknown. Records whose fate could
 * not be learned at all are delivered as unknown, with tag 0 and no bytes.
 * -1 and *err where delivery has failed: EXIT_FAILED, or EXIT_USAGE where a right is missing.
 */
int kafka_producer_finish(struct kafka_producer *producer, struct err *err);

void kafka_producer_free(struct kafka_producer *producer);

#endif
