/*
 * The text that an exactly-once run keeps in Kafka itself: metadata of the offsets that consumer
 * group "tradepipe-cursor.ID" has for the partitions of a topic. What the text says is the
 * caller's; kafka_txn writes it.
 *
 * Rights that reading takes: Describe of the group and of the topic, and Read of the topic to see
 * whether it is empty. Forgetting takes Delete of the group and Read of the topic.
 */
#ifndef TRADEPIPE_NET_KAFKA_CURSOR_H
#define TRADEPIPE_NET_KAFKA_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"
#include "net/kafka_config.h"

struct kafka_cursor_settings {
	const struct kafka_options *connection;
	const char *topic;
	const char *id;
	bool stable;	 /* while a transaction of the ID's is open, reading waits for its end; else
			  * what was committed last is given at once */
	bool can_create; /* as in kafka_topic.h, with the two below */
	struct kafka_creation creation;
	const struct opt_list *topic_config;
};

/* One text for each partition; p NULL where there is none. */
struct kafka_texts {
	struct span *spans;
	size_t n;
};

void kafka_texts_release(struct kafka_texts *texts);

struct kafka_cursor;

/* Reaches a broker and makes sure of the topic, within connection->connect_ms. What settings point
 * to must live as long as this does. NULL and *err as kafka_producer_open() has it. */
struct kafka_cursor *kafka_cursor_open(
	const struct kafka_cursor_settings *settings, struct err *err);

/* How many partitions the topic had then. */
int32_t kafka_cursor_partitions(const struct kafka_cursor *cursor);

/* All of these try again what may pass, until the deadline in stamp_monotonic() nanoseconds. -1 and
 * *err: EXIT_USAGE where a right is missing, EXIT_DONE where a stop signal came (within a commit of
 * kafka_txn EXIT_PARTIAL, and only where the time to drain is over), else EXIT_FAILED. */

/* Reads the texts, for kafka_texts_release(). */
int kafka_cursor_read(
	struct kafka_cursor *cursor, int64_t deadline, struct kafka_texts *texts, struct err *err);

/* Whether the topic has any record that a reader at read_committed sees. 0 or 1. */
int kafka_cursor_sees_records(struct kafka_cursor *cursor, int64_t deadline, struct err *err);

/* Removes the texts; that there are none is no error. */
int kafka_cursor_forget(struct kafka_cursor *cursor, int64_t deadline, struct err *err);

void kafka_cursor_free(struct kafka_cursor *cursor);

#endif
