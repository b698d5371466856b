/*
 * The end of a topic, read backwards block by block as a reader at read_committed sees it. The end
 * is where the topic ended when it was opened: what comes later is not looked at, and of what was
 * there nothing is left out because its transaction had not ended yet.
 *
 * Reading takes the rights Describe and Read of the topic, and none of a group.
 */
#ifndef TRADEPIPE_NET_KAFKA_READER_H
#define TRADEPIPE_NET_KAFKA_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "net/kafka_config.h"

struct kafka_reader;

/* A record; all spans live until the callback returns. */
struct kafka_seen {
	int32_t partition;
	int64_t offset;
	struct span value; /* p NULL: a tombstone */
	const void *message;
};

/* The value of the last header of this name; p NULL where there is none. */
struct span kafka_seen_header(const struct kafka_seen *seen, const char *name);

struct kafka_reader_settings {
	const struct kafka_options *connection;
	const char *topic;
	uint64_t wait_ms; /* for transactions that are open at the topic's end */
	uint64_t scan;	  /* how many records of each partition are wanted; UINT64_MAX: all */
	/* Each record, in the order of its partition within a block; -1 ends the reading. */
	int (*seen)(void *arg, const struct kafka_seen *seen);
	void *arg;
};

/* Reaches a broker, finds the topic and its end, and waits for the transactions that are open
 * there. What settings point to must live as long as this does. NULL and *err: EXIT_FAILED where no
 * broker was reached or a transaction stays open, EXIT_USAGE where the topic is missing or a right
 * or we are refused, EXIT_DONE where a stop signal came. */
struct kafka_reader *kafka_reader_open(
	const struct kafka_reader_settings *settings, struct err *err);

/*
 * Reads one more block of each partition, each time a larger one, before those that were read. 1:
 * go on; 0: all partitions have been read to their beginning, or as many records as are wanted; -1
 * and *err as above, or where the callback returned -1: *err is as it was then. A broker that says
 * nothing for as long as the connection may take is EXIT_FAILED.
 */
int kafka_reader_step(struct kafka_reader *reader, struct err *err);

void kafka_reader_free(struct kafka_reader *reader);

/* Appends the properties that it would run with, as kafka_preset_print() has it. */
int kafka_reader_print(const struct kafka_options *connection, struct buf *to, struct err *err);

#endif
