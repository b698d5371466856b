/* What the files of kafka_txn share. */
#ifndef TRADEPIPE_NET_KAFKA_TXN_PRIV_H
#define TRADEPIPE_NET_KAFKA_TXN_PRIV_H

#include "base/buf.h"
#include "net/kafka_cursor_priv.h"
#include "net/kafka_session.h"
#include "net/kafka_topic.h"
#include "net/kafka_txn.h"

/* A record of the open transaction. */
struct txn_record {
	uint64_t tag;
	size_t at; /* in `bytes`: its key, its value, and its headers */
	size_t key_n, value_n, n_headers;
	bool has_key;
	int32_t partition;
	int64_t timestamp_ms;
	/* What the last attempt has brought: */
	const char *refusal; /* brokers do not want it: a phrase that lives on; NULL: none */
	int32_t at_partition;
	int64_t at_offset, at_ms;
};

/* The records of the open transaction, for sending them again. */
struct txn_store {
	struct txn_record *records;
	size_t n, cap;
	struct buf bytes;
};

void txn_store_init(struct txn_store *store);
void txn_store_release(struct txn_store *store);
void txn_store_clear(struct txn_store *store);

/* Keeps a copy. -1 where that takes too much memory. */
int txn_store_add(struct txn_store *store, const struct kafka_record *record);
void txn_store_drop_last(struct txn_store *store);

/* The i-th record as it was given, but for its tag, which is i + 1. Spans live until the store is
 * changed. */
void txn_store_get(const struct txn_store *store, size_t i, struct kafka_record *record,
	struct kafka_header headers[KAFKA_HEADERS_MAX]);

struct kafka_txn {
	struct kafka_txn_settings settings;
	struct kafka_cursor *cursor;   /* reads what stands */
	struct kafka_session *session; /* NULL: none at the moment */
	struct kafka_topic_rules rules;
	struct kafka_texts known; /* the cursor that stands, as far as is known */
	struct txn_store store;
	int64_t calm;		    /* the next one is better not begun before this */
	int64_t since;		    /* the first record of the transaction; stamp_monotonic() */
	enum kafka_outcome trouble; /* of a record of the open transaction */
	bool refused;		    /* a record was, and the transaction has to go on without it */
	bool open;
	bool ended;
	unsigned unserved;
	char reason[KAFKA_REASON_MAX]; /* of the last trouble */
};

/* Says why the run has ended: after an outcome other than KAFKA_DONE, and with txn->reason. Returns -1. */
int txn_fail(const struct kafka_txn *txn, enum kafka_outcome outcome, struct err *err);

/* Makes a session and takes over the ID with it. The run may go on if KAFKA_DONE. */
enum kafka_outcome txn_take_over(struct kafka_txn *txn, int64_t deadline, struct err *err);

/* Hands the i-th record to librdkafka, waiting while its queue is full. */
enum kafka_outcome txn_produce(struct kafka_txn *txn, size_t i, int64_t deadline);

/* Opens a transaction with all records of the store. */
enum kafka_outcome txn_begin(struct kafka_txn *txn, int64_t deadline);

#endif
