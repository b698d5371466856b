/*
 * Publishing records to one topic, each followed to its end: idempotent, acknowledged by all
 * replicas, partitioned as Java's clients do (murmur2), over librdkafka.
 *
 * One thread: the callback runs within the calls below, and may make none of them itself. Memory is
 * bounded: a full queue makes kafka_producer_send() wait.
 */
#ifndef TRADEPIPE_NET_KAFKA_PRODUCER_H
#define TRADEPIPE_NET_KAFKA_PRODUCER_H

#include <stdbool.h>
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

/* What a record carries beside its value. */
struct kafka_header {
	const char *name;
	struct span value;
};

enum { KAFKA_HEADERS_MAX = 32 };

struct kafka_record {
	struct span key; /* p NULL: none; then the partition is random */
	struct span value;
	const struct kafka_header *headers;
	size_t n_headers;
	int64_t timestamp_ms; /* since 1970; 0: the moment of sending */
	int32_t partition;    /* -1: by the key */
	uint64_t tag;	      /* not 0, below 2^63, fits a pointer */
};

struct kafka_delivery {
	uint64_t tag;	     /* of the record; 0: see kafka_producer_finish() */
	bool is_dead_letter; /* of kafka_producer_send_dead() */
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
	const char *dead_topic; /* where dead letters go; NULL: none do. It must exist */
	bool can_create;	/* the program has the option --create-topic, for messages */
	struct kafka_creation creation;
	const struct opt_list *topic_config; /* "name=value" for a topic that is created; or NULL */
	uint64_t queue_bytes;		     /* of memory for records on their way; 0: the preset */
	const char *compression;	     /* librdkafka's name of a codec */
	uint64_t delivery_ms;		     /* how long one record may take to be acknowledged */
	const char *txn_id;		     /* NULL; of transactions, for kafka_preset.h alone */

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

/* What the topic is like; what brokers do not tell (it takes the right to describe its
 * configuration, and librdkafka's own mock brokers have none) is 0. */
struct kafka_topic_facts {
	int32_t partitions;
	uint64_t max_message_bytes;
	int64_t retention_ms; /* -1: records are kept for ever */
	bool log_append_time; /* brokers put their own time in place of the record's */
};

const struct kafka_topic_facts *kafka_producer_topic(const struct kafka_producer *producer);

/* Takes a record; the bytes are copied. Waits while the queue is full. What the topic would refuse,
 * as far as its configuration tells, is not sent, since brokers refuse whole batches: it is dead at
 * once. 0, or -1 where nothing more can be sent: delivery has failed (so it does for a
 * partition that is not there), or the time to drain is over. Either way the record has been or
 * will be reported. */
int kafka_producer_send(struct kafka_producer *producer, const struct kafka_record *record);

/* The same for a dead letter: to the other topic, without a key. Its delivery is reported too;
 * where it is not acknowledged, whatever the reason, delivery has failed. */
int kafka_producer_send_dead(struct kafka_producer *producer, struct span value, uint64_t tag);

/* Makes the callbacks that are due; does not block. -1 where delivery has failed. */
int kafka_producer_serve(struct kafka_producer *producer);

/* A descriptor that is readable when kafka_producer_serve() has something to do. */
int kafka_producer_fd(const struct kafka_producer *producer);

/*
 * Waits until each record has its fate: for as long as a record may take, and after a stop signal
 * until sig_expired(). What is left then is withdrawn: unsent or unknown. Records whose fate could
 * not be learned at all are delivered as unknown, with tag 0 and no bytes.
 * -1 and *err where delivery has failed: EXIT_FAILED, or EXIT_USAGE where a right is missing or
 * there is no such partition.
 */
int kafka_producer_finish(struct kafka_producer *producer, struct err *err);

void kafka_producer_free(struct kafka_producer *producer);

#endif
