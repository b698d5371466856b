#include "net/kafka_session.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum {
	GRACE_MS = 500, /* for a call that has got a time-out to come back by itself */
	PAUSE_MS = 50,	/* between two tries */
};

enum call_state { CALL_WAITS, CALL_RUNS, CALL_DONE, CALL_LEFT };

/* One call, shared by its thread and the caller; who comes last releases it. */
struct kafka_call {
	struct kafka_session *session;
	enum kafka_step step;
	rd_kafka_topic_partition_list_t *offsets;
	rd_kafka_consumer_group_metadata_t *group;
	int64_t deadline;
	int64_t next; /* it waits for its next try until then */
	int timeout_ms;
	bool unborn; /* this machine has no room for another thread */
	rd_kafka_error_t *error;
	pthread_t thread;
	atomic_int state;
};

static void end_call(struct kafka_call *call)
{
	if (call->offsets)
		rd_kafka_topic_partition_list_destroy(call->offsets);
	if (call->group)
		rd_kafka_consumer_group_metadata_destroy(call->group);
	free(call);
}

/* The call of a session that nobody waits for has come back, or waits for its next try. */
static void drop_call(struct kafka_session *s)
{
	struct kafka_call *call = s->call;

	s->call = NULL;
	if (!call)
		return;
	if (atomic_load(&call->state) == CALL_DONE) {
		pthread_join(call->thread, NULL);
		if (call->error)
			rd_kafka_error_destroy(call->error);
	}
	end_call(call);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_client *c = opaque;
	struct kafka_session *s = c->owner;
	bool is_owner = pthread_equal(pthread_self(), s->thread);

	(void)rk;
	if (!is_owner)
		pthread_mutex_lock(&s->lock);
	c->outstanding--;
	if (s->delivered)
		s->delivered(s->arg, m);
	if (!is_owner)
		pthread_mutex_unlock(&s->lock);
}

struct kafka_session *kafka_session_open(rd_kafka_conf_t *conf, const char *topic,
	void (*delivered)(void *arg, const rd_kafka_message_t *message), void *arg, struct err *err)
{
	struct kafka_session *s = mem_alloc(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	s->thread = pthread_self();
	s->delivered = delivered;
	s->arg = arg;
	s->client.owner = s;
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	if (kafka_client_start(&s->client, RD_KAFKA_PRODUCER, conf, err) < 0) {
		kafka_session_close(s);
		return NULL;
	}
	s->logs = rd_kafka_queue_new(s->client.rk);
	rd_kafka_set_log_queue(s->client.rk, s->logs);
	s->topic = rd_kafka_topic_new(s->client.rk, topic, NULL);
	if (s->topic)
		return s;
	err_set(err, EXIT_USAGE, "cannot use topic '%s': %s", topic,
		rd_kafka_err2str(rd_kafka_last_error()));
	kafka_session_close(s);
	return NULL;
}

void kafka_session_serve(struct kafka_session *s)
{
	kafka_client_serve(&s->client);
	rd_kafka_queue_poll_callback(s->logs, 0);
}

void kafka_session_close(struct kafka_session *s)
{
	if (!s)
		return;
	drop_call(s);
	if (s->topic)
		rd_kafka_topic_destroy(s->topic);
	if (s->logs)
		rd_kafka_queue_destroy(s->logs);
	kafka_client_release(&s->client);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* With NULL: after this the thread that uses the session has it to itself. */
static void set_delivered(
	struct kafka_session *s, void (*delivered)(void *arg, const rd_kafka_message_t *message))
{
	pthread_mutex_lock(&s->lock);
	s->delivered = delivered;
	pthread_mutex_unlock(&s->lock);
}

static int start_thread(pthread_t *thread, void *(*work)(void *arg), void *arg)
{
	int result;

	sig_shield();
	result = pthread_create(thread, NULL, work, arg);
	sig_unshield();
	return result;
}

static bool is_fenced(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR__FENCED || error == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
		error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

enum kafka_outcome kafka_session_judge(rd_kafka_resp_err_t error)
{
	if (is_fenced(error))
		return KAFKA_FENCED;
	switch ((int)error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return KAFKA_DONE;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
		return KAFKA_DENIED;
	case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return KAFKA_REFUSED;
	default:
		return KAFKA_ABORTABLE;
	}
}

/* Takes over the error. Says KAFKA_LATE where it is worth another try. */
static enum kafka_outcome judge(
	struct kafka_session *s, rd_kafka_error_t *error, char reason[KAFKA_REASON_MAX])
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	enum kafka_outcome outcome;

	if (!error)
		return KAFKA_DONE;
	snprintf(reason, KAFKA_REASON_MAX, "%s", rd_kafka_error_string(error));
	if (rd_kafka_error_is_fatal(error) || code == RD_KAFKA_RESP_ERR__FATAL) {
		rd_kafka_resp_err_t first =
			rd_kafka_fatal_error(s->client.rk, reason, KAFKA_REASON_MAX);
		code = first ? first : code;
	}
	outcome = kafka_session_judge(code);
	if (outcome == KAFKA_ABORTABLE && rd_kafka_error_is_retriable(error))
		outcome = KAFKA_LATE;
	else if (outcome == KAFKA_ABORTABLE && !rd_kafka_error_txn_requires_abort(error))
		outcome = KAFKA_BROKEN;
	diag_debug("transaction: %s: %s", rd_kafka_err2name(code), reason);
	rd_kafka_error_destroy(error);
	return outcome;
}

enum kafka_outcome kafka_session_begin(struct kafka_session *s)
{
	enum kafka_outcome outcome = judge(s, rd_kafka_begin_transaction(s->client.rk), s->reason);

	s->begun = s->begun || outcome == KAFKA_DONE;
	return outcome == KAFKA_LATE ? KAFKA_BROKEN : outcome;
}

static rd_kafka_error_t *run(struct kafka_call *call)
{
	rd_kafka_t *rk = call->session->client.rk;

	switch (call->step) {
	case KAFKA_STEP_INIT:
		return rd_kafka_init_transactions(rk, call->timeout_ms);
	case KAFKA_STEP_OFFSETS:
		return rd_kafka_send_offsets_to_transaction(
			rk, call->offsets, call->group, call->timeout_ms);
	case KAFKA_STEP_COMMIT:
		return rd_kafka_commit_transaction(rk, call->timeout_ms);
	case KAFKA_STEP_ABORT:
		return rd_kafka_abort_transaction(rk, call->timeout_ms);
	}
	return NULL;
}

/* The session lives until the thread has been joined, or is the thread's. */
static void *work(void *arg)
{
	struct kafka_call *call = arg;
	ssize_t n;

	call->error = run(call);
	if (atomic_exchange(&call->state, CALL_DONE) == CALL_RUNS) {
		n = write(call->session->client.wake[1], "", 1);
		(void)n;
		return NULL;
	}
	if (call->error)
		rd_kafka_error_destroy(call->error);
	call->session->call = NULL;
	kafka_session_close(call->session);
	end_call(call);
	return NULL;
}

static int64_t left_ms(int64_t deadline)
{
	int64_t ms = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;
	int64_t drain = sig_left_ms();

	return drain >= 0 && drain < ms ? drain : ms;
}

/* The call is left to its thread, and the session with it, unless it has come back: false. */
static bool leave_call(struct kafka_session *s)
{
	void (*delivered)(void *arg, const rd_kafka_message_t *message) = s->delivered;
	struct kafka_call *call = s->call;
	pthread_t thread = call->thread;

	/* Before it is known whether that is so: afterwards the session may be gone. */
	set_delivered(s, NULL);
	if (atomic_exchange(&call->state, CALL_LEFT) == CALL_RUNS) {
		pthread_detach(thread);
		return true;
	}
	atomic_store(&call->state, CALL_DONE);
	set_delivered(s, delivered);
	return false;
}

static void try_call(struct kafka_call *call)
{
	int64_t ms = left_ms(call->deadline);

	call->timeout_ms = (int)(ms < 1 ? 1 : ms > INT32_MAX ? INT32_MAX : ms);
	call->error = NULL;
	atomic_store(&call->state, CALL_RUNS);
	call->unborn = start_thread(&call->thread, work, call) != 0;
	if (!call->unborn)
		return;
	atomic_store(&call->state, CALL_WAITS);
	call->next = stamp_monotonic() + PAUSE_MS * STAMP_NS_PER_MS;
}

void kafka_session_start(struct kafka_session *s, enum kafka_step step,
	const rd_kafka_topic_partition_list_t *offsets, const char *group, int64_t deadline)
{
	s->call = mem_alloc(1, sizeof *s->call);
	s->call->session = s;
	s->call->step = step;
	s->call->deadline = deadline;
	if (step == KAFKA_STEP_OFFSETS) {
		s->call->offsets = rd_kafka_topic_partition_list_copy(offsets);
		s->call->group = rd_kafka_consumer_group_metadata_new(group);
	}
	try_call(s->call);
}

/* A commit and an abort serve by themselves, on their thread; two at a time must not. */
static void serve_beside(struct kafka_session *s)
{
	bool serves = s->call->step == KAFKA_STEP_INIT || s->call->step == KAFKA_STEP_OFFSETS;
	char bytes[64];

	if (serves || atomic_load(&s->call->state) != CALL_RUNS)
		kafka_session_serve(s);
	else
		while (read(s->client.wake[0], bytes, sizeof bytes) > 0)
			;
}

/* The call has come back, or waits. */
static enum kafka_outcome take_back(struct kafka_session *s, char reason[KAFKA_REASON_MAX])
{
	struct kafka_call *call = s->call;
	bool ends = call->step == KAFKA_STEP_COMMIT || call->step == KAFKA_STEP_ABORT;
	enum kafka_outcome outcome;

	pthread_join(call->thread, NULL);
	kafka_session_serve(s);
	outcome = judge(s, call->error, reason);
	if (outcome == KAFKA_DONE && ends)
		s->begun = false;
	if (outcome == KAFKA_LATE && !sig_expired() && left_ms(call->deadline) > 0) {
		atomic_store(&call->state, CALL_WAITS);
		call->next = stamp_monotonic() + PAUSE_MS * STAMP_NS_PER_MS;
		return KAFKA_RUNS;
	}
	s->call = NULL;
	end_call(call);
	return outcome;
}

static enum kafka_outcome try_again(struct kafka_session *s, char reason[KAFKA_REASON_MAX])
{
	struct kafka_call *call = s->call;

	if (!sig_expired() && left_ms(call->deadline) > 0) {
		if (stamp_monotonic() >= call->next)
			try_call(call);
		return KAFKA_RUNS;
	}
	if (call->unborn)
		snprintf(reason, KAFKA_REASON_MAX, "this machine has no room for another thread");
	drop_call(s);
	return KAFKA_LATE;
}

enum kafka_outcome kafka_session_poll(struct kafka_session **session, char reason[KAFKA_REASON_MAX])
{
	struct kafka_session *s = *session;
	struct kafka_call *call = s->call;

	serve_beside(s);
	switch (atomic_load(&call->state)) {
	case CALL_DONE:
		return take_back(s, reason);
	case CALL_WAITS:
		return try_again(s, reason);
	default:
		break;
	}
	if (!sig_expired() && left_ms(call->deadline + GRACE_MS * STAMP_NS_PER_MS) > 0)
		return KAFKA_RUNS;
	if (!leave_call(s))
		return take_back(s, reason);
	snprintf(reason, KAFKA_REASON_MAX, "no answer from a broker");
	*session = NULL;
	return KAFKA_LATE;
}

enum kafka_outcome kafka_session_step(struct kafka_session **session, enum kafka_step step,
	const rd_kafka_topic_partition_list_t *offsets, const char *group, int64_t deadline,
	char reason[KAFKA_REASON_MAX])
{
	enum kafka_outcome outcome;

	kafka_session_start(*session, step, offsets, group, deadline);
	while ((outcome = kafka_session_poll(session, reason)) == KAFKA_RUNS)
		wait_readable(-1, (*session)->client.wake[0], KAFKA_STEP_MS);
	return outcome;
}

static void *close_session(void *arg)
{
	kafka_session_close(arg);
	return NULL;
}

void kafka_session_abandon(struct kafka_session *s)
{
	if (!s)
		return;
	set_delivered(s, NULL);
	prog_abandon();
}

void kafka_session_leave(struct kafka_session *s)
{
	pthread_t thread;

	if (!s)
		return;
	prog_abandon();
	if (s->call && atomic_load(&s->call->state) != CALL_WAITS && leave_call(s))
		return;
	set_delivered(s, NULL);
	if (start_thread(&thread, close_session, s) == 0)
		pthread_detach(thread);
}
