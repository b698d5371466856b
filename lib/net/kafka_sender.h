/*
 * Records on their way to a topic, with their dead letters and their lines: a producer and the fates
 * of what it is given. One thread.
 */
#ifndef TRADEPIPE_NET_KAFKA_SENDER_H
#define TRADEPIPE_NET_KAFKA_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "net/kafka_fates.h"
#include "net/kafka_producer.h"

struct kafka_sender_settings {
	struct kafka_producer_settings producer; /* without its callback */
	int32_t partition;			 /* for all records; -1: by the key */
	bool allow_expired; /* take also what is older than the topic keeps records */
};

struct kafka_sender;

/* As kafka_producer_open() has it; the fates outlive this. A partition that is not there is
 * EXIT_USAGE. */
struct kafka_sender *kafka_sender_open(
	const struct kafka_sender_settings *settings, struct kafka_fates *fates, struct err *err);
void kafka_sender_free(struct kafka_sender *sender);

/* Before a record is read into the fates: waits while more lines are kept than should be. 0, or -1
 * where nothing more can be sent. */
int kafka_sender_await_room(struct kafka_sender *sender);

/* Takes a record that the fates know by its tag, made of this line. It is dead where its own time
 * shows that the topic would not keep it. 0, or -1 where the run must end. */
int kafka_sender_send(
	struct kafka_sender *sender, const struct kafka_record *record, struct span line);

/* Before a wait: sends what waits, makes the callbacks that are due, writes the files out. 0, or -1
 * where the run must end. kafka_sender_fd() is readable when there is something to do. */
int kafka_sender_serve(struct kafka_sender *sender);
int kafka_sender_fd(const struct kafka_sender *sender);

/* As kafka_producer_finish() has it, dead letters included. */
int kafka_sender_finish(struct kafka_sender *sender, struct err *err);

#endif
