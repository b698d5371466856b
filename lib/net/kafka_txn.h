/*
 * Publishing to one topic exactly once: records and the cursor of what was published appear
 * together or not at all, in transactions of Kafka under an ID that one run at a time can have. The
 * cursor's text is the caller's, see kafka_cursor.h.
 *
 * The records of the open transaction are kept until its outcome is known. Where a commit's outcome
 * cannot be learned from its own producer (no answer in time, broker lost, a fatal error), a new
 * one is made under the same ID and the cursor is read again: if it is the one from before, the
 * records are sent once more; if it is the new one, they stand; if it is anything else, another
 * run has taken over, and this one has ended. Before the new producer is made, which ends any
 * other run under the ID, the cursor is looked at as well, so that a run that was superseded does
 * not take the ID back. For that to work a run should commit its cursor once, without records,
 * before its first record.
 *
 * While brokers are busy with one transaction, the records of the next one are taken already:
 * memory is bounded by two transactions of 24 MB and the queue of librdkafka.
 *
 * One thread: callbacks run within the calls below.
 *
 * Rights: Write and Read of the topic, Read of the group, Write of the transactional id (each of
 * them includes Describe).
 */
#ifndef TRADEPIPE_NET_KAFKA_TXN_H
#define TRADEPIPE_NET_KAFKA_TXN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"
#include "net/kafka_config.h"
#include "net/kafka_cursor.h"
#include "net/kafka_producer.h"

struct kafka_txn_options {
	const char *id;	      /* NULL: no transactions */
	uint64_t records_max; /* as in the settings */
	uint64_t interval_ms;
	uint64_t renewal_ms; /* an idle run commits its cursor again after this long */
};

/* --exactly-once, --txn-records, --txn-interval, --cursor-renewal. */
extern const struct opt kafka_txn_rows[];

/* The name of one of them, beside the ID, that the user has given another value than its
 * preset; NULL: none. */
const char *kafka_txn_given(const struct kafka_txn_options *options);

struct kafka_txn_settings {
	const struct kafka_options *connection;
	const char *topic;
	const char *id;
	struct kafka_creation creation;
	const struct opt_list *topic_config;
	const char *compression; /* librdkafka's name of a codec */
	uint64_t delivery_ms; /* how long a commit may take, with all that it takes to settle it */
	uint64_t queue_bytes; /* of memory for records on their way; 0: the preset */
	uint64_t records_max; /* in a transaction: then it is due; 0: 10000, or more while brokers
			       * are busy with the one before */
	uint64_t interval_ms; /* since its first record: then it is due */
	bool refusal_ends;    /* a record that brokers refuse ends the run, and nothing of its
			       * transaction stands; else the others stand without it */

	/* Called once for each record that was taken, in their order, when the transaction has met
	 * its end. The delivery and its spans live until it returns. KAFKA_DEAD: brokers refused
	 * the record; where the others of the transaction stand without it, so does the cursor as
	 * it was written. */
	void (*delivered)(void *arg, const struct kafka_delivery *delivery);
	void *arg;
};

struct kafka_txn;

/*
 * Makes sure of the topic, takes over the ID (which ends another run that has it, and its open
 * transaction), and reads the cursor's text. What settings point to must live as long as this does.
 * NULL and *err as kafka_producer_open() has it; EXIT_FAILED and superseded where another run was
 * faster.
 */
struct kafka_txn *kafka_txn_open(const struct kafka_txn_settings *settings, struct err *err);

/* The cursor's text as it was found, one for each partition; lives until the next commit. */
const struct kafka_texts *kafka_txn_cursor(const struct kafka_txn *txn);

/* Whether the topic has any record that a reader at read_committed sees, and this run has still the
 * ID then. 0 or 1, or -1 and *err. */
int kafka_txn_sees_records(struct kafka_txn *txn, struct err *err);

const struct kafka_topic_facts *kafka_txn_topic(const struct kafka_txn *txn);

/* What became of a record that was to be sent. */
enum kafka_taken {
	KAFKA_TAKEN,	/* it belongs to the open transaction; delivered() will tell its fate */
	KAFKA_OBJECTED, /* the topic would refuse it: nothing was done, *objection says why */
	KAFKA_ENDED,	/* the run has ended: nothing was done */
};

/* Takes a record, opening a transaction where none is. The bytes are copied; names of headers must
 * live as long as this does. Does not wait: whoever sends commits what is due. What comes while a
 * commit is under way, or within milliseconds of it, is held back, since brokers are
 * not ready yet. */
enum kafka_taken kafka_txn_send(
	struct kafka_txn *txn, const struct kafka_record *record, const char **objection);

/* Whether the open transaction should be committed now: it has its number of records, or 24 MB of
 * memory, or its time, or is in trouble, which a commit settles. While one is under way only its
 * size counts. Also where the run has ended, which a commit tells. */
bool kafka_txn_is_due(const struct kafka_txn *txn);

/* Milliseconds until it is due by time, or kafka_txn_serve() has something to do; -1:
 * not by time. */
int64_t kafka_txn_left_ms(const struct kafka_txn *txn);

/* The records in the open transaction. */
size_t kafka_txn_records(const struct kafka_txn *txn);

/*
 * Begins to commit the open transaction, or an empty one, with the cursor's texts, the i-th for
 * partition i, which are copied; there are no more than partitions. The next one is open then.
 * First it waits for the commit before; the rest happens in kafka_txn_serve() and kafka_txn_send().
 * One commit takes delivery_ms at most, and ends with sig_expired(). 0; or -1 and *err where that
 * or an earlier one has failed: the run has ended, and records are unsent, or unknown where the
 * commit may stand: the next run's cursor tells. EXIT_FAILED: another run has taken over
 * (superseded), or brokers stayed away; EXIT_USAGE: a right is missing; EXIT_PARTIAL: the time to
 * drain is over.
 */
int kafka_txn_submit(struct kafka_txn *txn, const struct span *texts, size_t n, struct err *err);

/* Waits until the commit that is under way, if there is one, has ended; as above. */
int kafka_txn_settle(struct kafka_txn *txn, struct err *err);

/* Both: when it returns 0, all stands. */
int kafka_txn_commit(struct kafka_txn *txn, const struct span *texts, size_t n, struct err *err);

/* Whether the run has ended because another one has the ID; or, which looks the same, because
 * brokers did not hear of it for longer than transaction.timeout.ms. */
bool kafka_txn_was_fenced(const struct kafka_txn *txn);

/* Gives up the open transaction; its records are unsent. A commit that is under way may still be
 * done, or is given up, if need be without knowing whether it stands. For no longer than
 * timeout_ms: where brokers do not answer, they abort it after transaction.timeout.ms, or when the
 * next run begins; until then readers at read_committed wait. The run has ended. */
void kafka_txn_abort(struct kafka_txn *txn, int64_t timeout_ms);

/* Makes the callbacks that are due, and goes on with a commit. It blocks only to settle one that
 * has failed, after which kafka_txn_is_due(). */
void kafka_txn_serve(struct kafka_txn *txn);

/* A descriptor that is readable when kafka_txn_serve() has something to do; changes with them. */
int kafka_txn_fd(const struct kafka_txn *txn);

/* Gives up what is open, for a moment. */
void kafka_txn_free(struct kafka_txn *txn);

#endif
