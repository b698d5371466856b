/*
 * Records on their way to a topic, with their dead letters and their lines: a producer and the
 * fates of what it is given. Either each record is acknowledged by itself, or all go in
 * transactions that carry a cursor (see kafka_txn.h). One thread.
 *
 * In transactions a dead letter is written once the transaction stands that was open when its
 * record was refused; the message about it comes at once. Where the transaction does not stand, its
 * record is unsent.
 */
#ifndef TRADEPIPE_NET_KAFKA_SENDER_H
#define TRADEPIPE_NET_KAFKA_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"
#include "net/kafka_fates.h"
#include "net/kafka_producer.h"
#include "net/kafka_txn.h"

/* The keeper of the cursor, whose texts go into each transaction. */
struct kafka_ledger {
	/* Takes up what stands: one text for each partition, as kafka_txn_cursor() has them. 1; 0
	 * where the topic must be empty for a reader at read_committed; -1 and *err. */
	int (*begin)(void *arg, const struct span *texts, size_t n, struct err *err);

	/* Moves on to the record judged last, which was sent, or is dead while the run goes on, so
	 * that it need not come again. */
	void (*advance)(void *arg);

	/* The texts for the commit that comes next, and their number; they live until settled(). */
	const struct span *(*texts)(void *arg, size_t *n);

	/* What was advanced so far goes into that commit; or not, since the run has ended. */
	void (*settled)(void *arg, bool stands);

	void *arg;
};

struct kafka_sender_settings {
	struct kafka_producer_settings producer; /* without its callback */
	const struct kafka_txn_options *txn;	 /* NULL, or its id NULL: no transactions */
	struct kafka_ledger ledger;		 /* for transactions */
	int32_t partition;			 /* for all records; -1: by the key */
	bool allow_expired; /* take also what is older than the topic keeps records */
};

/* As the user writes it; the texts live as long as the sender. */
struct kafka_sender_options {
	const char *topic;     /* NULL: not given */
	const char *partition; /* a number; NULL: by the key */
	bool allow_expired;
	const char *create_topic; /* PARTITIONS[:REPLICAS]; NULL: it is not to be created */
	struct opt_list topic_config;
	int compression;
	uint64_t delivery_ms;
};

/* --topic, --create-topic, --topic-config, --compression, --delivery-timeout, --partition,
 * --allow-expired. */
extern const struct opt kafka_sender_rows[];

/* Fills in what they say. 0, or -1 and *err (EXIT_USAGE) where one cannot be read. */
int kafka_sender_read_options(const struct kafka_sender_options *options,
	struct kafka_sender_settings *settings, struct err *err);

struct kafka_sender;

/*
 * As kafka_producer_open() has it; the fates outlive this. A partition that is not there is
 * EXIT_USAGE. With transactions as kafka_txn_open() has it; the cursor is taken up, and committed
 * once without records, so that a run that took the ID over is told apart (superseded). EXIT_USAGE
 * where the ID has no cursor and the topic is not empty.
 */
struct kafka_sender *kafka_sender_open(
	const struct kafka_sender_settings *settings, struct kafka_fates *fates, struct err *err);
void kafka_sender_free(struct kafka_sender *sender);

/* Before a record is read into the fates: waits while more lines are kept than should be. 0, or -1
 * where nothing more can be sent. */
int kafka_sender_await_room(struct kafka_sender *sender);

/* Takes a record that the fates know by its tag, made of this line. It is dead where its own time
 * shows that the topic would not keep it, or the topic is known to refuse it. 0, or -1 where the
 * run must end. */
int kafka_sender_send(
	struct kafka_sender *sender, const struct kafka_record *record, struct span line);

/* A record that cannot be published, see kafka_fates_refuse(); `is_next` says whether the ledger
 * judged it to be new, and so should move on to it where the run does. 0, or -1 where the run must
 * end. */
int kafka_sender_refuse(struct kafka_sender *sender, uint64_t tag, struct span line,
	const char *reason, bool is_next);

/* Before a wait: sends what waits, makes the callbacks that are due, commits what is due,
 * writes the files out. 0, or -1 where the run must end. kafka_sender_fd(), which changes, is
 * readable when there is something to do, and kafka_sender_left_ms() is when there will be by
 * time; -1: never. */
int kafka_sender_serve(struct kafka_sender *sender);
int kafka_sender_fd(const struct kafka_sender *sender);
int64_t kafka_sender_left_ms(const struct kafka_sender *sender);

/* As kafka_txn_was_fenced() has it. */
bool kafka_sender_was_fenced(const struct kafka_sender *sender);

/* As kafka_producer_finish() has it, dead letters included; or commits what is open, and *err as
 * kafka_txn_commit() has it. What made the run end before is in *err then. */
int kafka_sender_finish(struct kafka_sender *sender, struct err *err);

#endif
