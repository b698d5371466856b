/*
 * One transactional producer of librdkafka, from its start to its end, and its calls that block.
 * Each runs on a thread of its own, since some come back long after their time when a broker is
 * frozen (seen with rd_kafka_send_offsets_to_transaction() of 2.0.2): such a call is left behind,
 * and with it the session, which its thread then releases. Private to lib/net.
 */
#ifndef TRADEPIPE_NET_KAFKA_SESSION_H
#define TRADEPIPE_NET_KAFKA_SESSION_H

#include <pthread.h>

#include "net/kafka_client.h"

enum kafka_outcome {
	KAFKA_DONE,
	KAFKA_FENCED,	 /* brokers follow another producer with this transactional id */
	KAFKA_DENIED,	 /* a right is missing, or a property is refused: nothing else will help */
	KAFKA_REFUSED,	 /* brokers refuse what is asked for, now and later */
	KAFKA_ABORTABLE, /* the transaction has failed; this producer can abort it and go on */
	KAFKA_BROKEN,	 /* the producer has failed */
	KAFKA_LATE,	 /* no answer in time, or the time to drain is over */
	KAFKA_RUNS,	 /* nothing is known yet */
};

struct kafka_call;

struct kafka_session {
	struct kafka_client client;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *logs; /* apart, so that no thread but the caller's writes messages */
	pthread_t thread;	/* whose session it is */
	pthread_mutex_t lock;	/* held while `delivered` runs on a call's thread, or is changed */
	void (*delivered)(void *arg, const rd_kafka_message_t *message); /* NULL: nobody listens */
	void *arg;
	struct kafka_call *call; /* the step that is being taken; or NULL */
	bool begun;		 /* a transaction is open */
	char reason[KAFKA_REASON_MAX];
};

/* Takes over conf, also on failure; the topic is not looked for. NULL and *err (EXIT_USAGE) where
 * properties contradict each other. */
struct kafka_session *kafka_session_open(rd_kafka_conf_t *conf, const char *topic,
	void (*delivered)(void *arg, const rd_kafka_message_t *message), void *arg,
	struct err *err);

/* Makes the callbacks that are due. */
void kafka_session_serve(struct kafka_session *session);

enum kafka_step {
	KAFKA_STEP_INIT,
	KAFKA_STEP_OFFSETS,
	KAFKA_STEP_COMMIT,
	KAFKA_STEP_ABORT,
};

/* Opens a transaction; does not block. */
enum kafka_outcome kafka_session_begin(struct kafka_session *session);

/*
 * Begins to take one step, which is taken again where that may help, until the deadline in
 * stamp_monotonic() nanoseconds or sig_expired(). `offsets` of consumer group `group`, which may go
 * then, are for KAFKA_STEP_OFFSETS. One step at a time; records may be handed over while that one
 * is taken, and no other.
 */
void kafka_session_start(struct kafka_session *session, enum kafka_step step,
	const rd_kafka_topic_partition_list_t *offsets, const char *group, int64_t deadline);

/* What has become of it, after the callbacks that are due: KAFKA_RUNS, to be asked again when the
 * client's descriptor is readable or KAFKA_STEP_MS have passed; or its outcome. `reason`, of
 * KAFKA_REASON_MAX bytes, says why where that is not KAFKA_DONE; the session may be gone then and
 * *session NULL. */
enum kafka_outcome kafka_session_poll(
	struct kafka_session **session, char reason[KAFKA_REASON_MAX]);

enum { KAFKA_STEP_MS = 50 };

/* Both: takes one step, and waits for its outcome. */
enum kafka_outcome kafka_session_step(struct kafka_session **session, enum kafka_step step,
	const rd_kafka_topic_partition_list_t *offsets, const char *group, int64_t deadline,
	char reason[KAFKA_REASON_MAX]);

/* What an error code means for the transaction in which it came. */
enum kafka_outcome kafka_session_judge(rd_kafka_resp_err_t error);

/* Ends it without waiting for threads of librdkafka that may hang, nor for a step. */
void kafka_session_leave(struct kafka_session *session);

/* Leaves it as it is, for the process to end: none of librdkafka's is freed. Closing a session that
 * brokers have fenced, with records on their way, made its threads crash now and then (2.0.2). */
void kafka_session_abandon(struct kafka_session *session);

/* Ends it and waits. */
void kafka_session_close(struct kafka_session *session);

#endif
