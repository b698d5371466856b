/* What the files of kafka_txn share. */
#ifndef TRADEPIPE_NET_KAFKA_TXN_PRIV_H
#define TRADEPIPE_NET_KAFKA_TXN_PRIV_H

#include "base/buf.h"
#include "base/err.h"
#include "net/kafka_cursor_priv.h"
#include "net/kafka_session.h"
#include "net/kafka_topic.h"
#include "net/kafka_txn.h"

/* A record of a transaction. */
struct txn_record {
	uint64_t tag;
	size_t at; /* in `bytes`: its key, its value, and its headers */
	uint32_t key_n, value_n;
	uint8_t n_headers;
	bool has_key;
	int32_t partition;
	int64_t timestamp_ms;
	/* What the last attempt has brought: */
	const char *refusal; /* brokers do not want it: a phrase that lives on; NULL: none */
	int64_t at_offset, at_ms;
	int32_t at_partition;
};

/* The records of a transaction, for sending them again. */
struct txn_store {
	struct txn_record *records;
	size_t n, cap;
	size_t produced; /* so many of them were handed to librdkafka */
	struct buf bytes;
};

void txn_store_init(struct txn_store *store);
void txn_store_release(struct txn_store *store);
void txn_store_clear(struct txn_store *store);

/* Bytes of memory that the records take. */
size_t txn_store_cost(const struct txn_store *store);

/* Keeps a copy. -1 where that takes too much memory. */
int txn_store_add(struct txn_store *store, const struct kafka_record *record);
void txn_store_drop_last(struct txn_store *store);

/* The i-th record as it was given, but for its tag, which is i + 1. Spans live until the store is
 * changed. */
void txn_store_get(const struct txn_store *store, size_t i, struct kafka_record *record,
	struct kafka_header headers[KAFKA_HEADERS_MAX]);

/* One commit, with all attempts at it. */
struct txn_commit {
	bool runs;
	struct kafka_texts texts;
	rd_kafka_topic_partition_list_t *offsets; /* which carry them */
	int64_t deadline;
	int64_t until;	  /* the end of this attempt */
	int64_t probe;	  /* when to ask next whether the transaction is well */
	bool has_offsets; /* the transaction has them */
	bool ends;	  /* this attempt has come to its last step */
	bool in_doubt; /* brokers may have been told to commit, and whether they did is not known */
};

struct kafka_txn {
	struct kafka_txn_settings settings;
	struct kafka_cursor *cursor;   /* reads what stands */
	struct kafka_session *session; /* NULL: none at the moment */
	struct kafka_topic_rules rules;
	struct kafka_texts known; /* the cursor that stands, as far as is known */

	/* librdkafka has records of one of the two: of `closing` while the commit runs. */
	struct txn_store open, closing;
	struct txn_commit commit;
	uint64_t held;	   /* bytes of memory that records cost librdkafka */
	uint64_t held_max; /* one record is taken whatever it costs */

	int64_t calm;		    /* the next one is better not begun before this */
	int64_t since;		    /* the first record of the open one; stamp_monotonic() */
	enum kafka_outcome trouble; /* of a record of the transaction that librdkafka has */
	bool refused;		    /* a record of it was, and it has to go on without that one */
	bool acknowledged;	    /* a record of it was */
	bool ended, fenced;
	unsigned unserved;
	char reason[KAFKA_REASON_MAX]; /* of the last trouble */
	struct err failure;	       /* why the run has ended, where a commit failed */
};

static inline struct txn_store *txn_current(struct kafka_txn *txn)
{
	return txn->commit.runs ? &txn->closing : &txn->open;
}

/* Says why the run has ended: after an outcome other than KAFKA_DONE, and with txn->reason. -1. */
int txn_fail(struct kafka_txn *txn, enum kafka_outcome outcome, struct err *err);

/* Opens txn->cursor, which makes the topic where that is to be. -1 and *err. */
int txn_open_cursor(struct kafka_txn *txn, struct err *err);

/* Makes a session and takes over the ID with it. The run may go on if KAFKA_DONE. */
enum kafka_outcome txn_take_over(struct kafka_txn *txn, int64_t deadline, struct err *err);

/* Opens a transaction; nothing of it has been handed over yet. */
enum kafka_outcome txn_begin(struct kafka_txn *txn);

/* Hands records over as far as there is room, opening a transaction where there are any. Trouble is
 * for the commit to settle, which sends everything again. */
void txn_pump(struct kafka_txn *txn);

/* One more look at the commit that runs: KAFKA_RUNS, or what this attempt has come to. */
enum kafka_outcome txn_advance(struct kafka_txn *txn);

/* Blocks until the attempt has come to something. */
enum kafka_outcome txn_await(struct kafka_txn *txn);

/* Reads the cursor once more. 0 where it is the one that is known; -1 and *err where another run
 * has taken the ID over. */
int txn_still_has_id(struct kafka_txn *txn, int64_t deadline, struct err *err);

/* Whether a record of the commit was refused that ends the run. */
bool txn_must_end(const struct kafka_txn *txn);

/* Begins another attempt. */
void txn_attempt(struct kafka_txn *txn, int64_t until);

/* After an attempt that failed: learns what stands and tries again, until the deadline. Blocks. 0;
 * or -1 and *err where the run has ended. */
int txn_recover(struct kafka_txn *txn, enum kafka_outcome outcome, struct err *err);

#endif
