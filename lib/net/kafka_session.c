#include "net/kafka_session.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum {
	GRACE_MS = 500, /* for a call that has got a time-out to come back by itself */
	WAIT_MS = 200,	/* between two looks at the clock */
	PAUSE_MS = 50,	/* between two tries */
};

enum call_state { CALL_RUNS, CALL_DONE, CALL_LEFT };

/* One call, shared by its thread and the caller; who comes last releases it. */
struct call {
	struct kafka_session *session;
	enum kafka_step step;
	rd_kafka_topic_partition_list_t *offsets;
	rd_kafka_consumer_group_metadata_t *group;
	int timeout_ms;
	rd_kafka_error_t *error;
	int done[2]; /* a pipe: readable when the call has come back */
	atomic_int state;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_client *c = opaque;
	struct kafka_session *s = c->owner;

	(void)rk;
	pthread_mutex_lock(&s->lock);
	c->outstanding--;
	if (s->delivered)
		s->delivered(s->arg, m);
	pthread_mutex_unlock(&s->lock);
}

struct kafka_session *kafka_session_open(rd_kafka_conf_t *conf, const char *topic,
	void (*delivered)(void *arg, const rd_kafka_message_t *message), void *arg, struct err *err)
{
	struct kafka_session *s = mem_alloc(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
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

static void *close_session(void *arg)
{
	kafka_session_close(arg);
	return NULL;
}

void kafka_session_leave(struct kafka_session *s)
{
	pthread_t thread;

	if (!s)
		return;
	set_delivered(s, NULL);
	if (start_thread(&thread, close_session, s) == 0)
		pthread_detach(thread);
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

static void end_call(struct call *call)
{
	if (call->offsets)
		rd_kafka_topic_partition_list_destroy(call->offsets);
	if (call->group)
		rd_kafka_consumer_group_metadata_destroy(call->group);
	for (int i = 0; i < 2; i++)
		if (call->done[i] >= 0)
			close(call->done[i]);
	free(call);
}

static rd_kafka_error_t *run(struct call *call)
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

static void *work(void *arg)
{
	struct call *call = arg;
	ssize_t n;

	call->error = run(call);
	if (atomic_exchange(&call->state, CALL_DONE) == CALL_RUNS) {
		n = write(call->done[1], "", 1);
		(void)n;
		return NULL;
	}
	if (call->error)
		rd_kafka_error_destroy(call->error);
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

/* Whether the call came back in time. Its session is served meanwhile where the call itself does
 * not do so. */
static bool await(struct call *call, int64_t deadline)
{
	struct kafka_session *s = call->session;
	bool serves = call->step == KAFKA_STEP_INIT || call->step == KAFKA_STEP_OFFSETS;

	for (;;) {
		int64_t ms = left_ms(deadline + GRACE_MS * STAMP_NS_PER_MS);
		if (ms <= 0 || sig_expired())
			return false;
		if (wait_readable(serves ? s->client.wake[0] : -1, call->done[0],
			    ms < WAIT_MS ? ms : WAIT_MS) == WAIT_EVENT)
			return true;
		if (serves)
			kafka_session_serve(s);
	}
}

/* The call has come back, or leaves with the session: false. */
static bool take_back(struct call *call, pthread_t thread, int64_t deadline)
{
	struct kafka_session *s = call->session;
	void (*delivered)(void *arg, const rd_kafka_message_t *message) = s->delivered;

	if (!await(call, deadline)) {
		/* Before it is known whether that is so: afterwards the session may be gone. */
		set_delivered(s, NULL);
		if (atomic_exchange(&call->state, CALL_LEFT) == CALL_RUNS) {
			pthread_detach(thread);
			return false;
		}
		set_delivered(s, delivered);
	}
	pthread_join(thread, NULL);
	return true;
}

static struct call *make_call(struct kafka_session *s, enum kafka_step step,
	const rd_kafka_topic_partition_list_t *offsets, const char *group, int64_t deadline)
{
	struct call *call = mem_alloc(1, sizeof *call);
	int64_t ms = left_ms(deadline);

	call->session = s;
	call->step = step;
	call->timeout_ms = (int)(ms < 1 ? 1 : ms > INT32_MAX ? INT32_MAX : ms);
	call->done[0] = call->done[1] = -1;
	if (step == KAFKA_STEP_OFFSETS) {
		call->offsets = rd_kafka_topic_partition_list_copy(offsets);
		call->group = rd_kafka_consumer_group_metadata_new(group);
	}
	return call;
}

static enum kafka_outcome step_once(struct kafka_session **session, struct call *call,
	int64_t deadline, char reason[KAFKA_REASON_MAX])
{
	enum kafka_outcome outcome;
	pthread_t thread;

	if (pipe(call->done) < 0 || start_thread(&thread, work, call) != 0) {
		snprintf(reason, KAFKA_REASON_MAX, "this machine has no room for another thread");
		end_call(call);
		return KAFKA_BROKEN;
	}
	if (!take_back(call, thread, deadline)) {
		snprintf(reason, KAFKA_REASON_MAX, "no answer from a broker");
		*session = NULL;
		return KAFKA_LATE;
	}
	outcome = judge(*session, call->error, reason);
	end_call(call);
	return outcome;
}

enum kafka_outcome kafka_session_step(struct kafka_session **session, enum kafka_step step,
	const rd_kafka_topic_partition_list_t *offsets, const char *group, int64_t deadline,
	char reason[KAFKA_REASON_MAX])
{
	for (;;) {
		struct call *call = make_call(*session, step, offsets, group, deadline);
		enum kafka_outcome outcome = step_once(session, call, deadline, reason);
		if (outcome == KAFKA_DONE && step != KAFKA_STEP_INIT && step != KAFKA_STEP_OFFSETS)
			(*session)->begun = false;
		if (outcome != KAFKA_LATE || !*session || sig_expired() || left_ms(deadline) <= 0)
			return outcome;
		wait_readable(-1, -1, PAUSE_MS);
		kafka_session_serve(*session);
	}
}
