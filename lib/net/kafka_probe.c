#include "net/kafka_probe.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/prog.h"
#include "base/stamp.h"
#include "net/kafka_topic.h"
#include "net/kafka_txn_priv.h"

enum {
	LOG_MS = 5000,	 /* for what a broker says of its log of transactions */
	ABORT_MS = 5000, /* for leaving, when time is over */
};

/* Where brokers keep the state of transactions; they make it for the first one. */
#define LOG_TOPIC "__transaction_state"

static enum kafka_probe deny(const struct kafka_txn *t, const char *reason, struct err *err)
{
	err_set(err, EXIT_USAGE, "cannot publish exactly once to topic '%s' as '%s': %s",
		t->settings.topic, t->settings.id, reason);
	return KAFKA_PROBE_DENIED;
}

static enum kafka_probe deny_right(
	const struct kafka_txn *t, const char *right, const char *name, struct err *err)
{
	err_set(err, EXIT_USAGE,
		"cannot publish exactly once to topic '%s' as '%s': the right %s '%s' is missing",
		t->settings.topic, t->settings.id, right, name);
	return KAFKA_PROBE_DENIED;
}

/* By what brokers say, in librdkafka's words. */
static enum kafka_probe judge_denial(const struct kafka_txn *t, struct err *err)
{
	if (strstr(t->reason, "Transactional Id"))
		return deny_right(t, "Write of transactional id", t->settings.id, err);
	if (strstr(t->reason, "Group auth"))
		return deny_right(t, "Read of group", t->cursor->group, err);
	if (strstr(t->reason, "Topic auth"))
		return deny_right(t, "Read of topic", t->settings.topic, err);
	return deny(t, t->reason, err);
}

/* Whether the cluster shows that it has no log of transactions: who asks for a coordinator has it
 * made, where that can be done. */
static bool has_no_log(struct kafka_txn *t)
{
	struct kafka_client *c = &t->cursor->client;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(c->rk, LOG_TOPIC, NULL);
	int64_t deadline = stamp_monotonic() + LOG_MS * STAMP_NS_PER_MS;
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (!topic)
		return false;
	if (kafka_client_ask(c, topic, deadline, &metadata, NULL) == 0) {
		if (metadata->topic_cnt == 1)
			error = metadata->topics[0].err;
		rd_kafka_metadata_destroy(metadata);
	}
	rd_kafka_topic_destroy(topic);
	return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
		error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
		error == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
}

static enum kafka_probe take_over(struct kafka_txn *t, int64_t deadline, struct err *err)
{
	enum kafka_outcome outcome = txn_take_over(t, deadline, err);

	if (outcome == KAFKA_DONE)
		return KAFKA_PROBE_ALLOWED;
	/* It could not even be tried. */
	if (outcome == KAFKA_DENIED && !*t->reason)
		return KAFKA_PROBE_FAILED;
	if (outcome == KAFKA_LATE && err->code != EXIT_DONE && has_no_log(t))
		return deny(t,
			"the cluster has no log of transactions (" LOG_TOPIC
			", see transaction.state.log.replication.factor of its brokers)",
			err);
	return outcome == KAFKA_DENIED ? judge_denial(t, err) : KAFKA_PROBE_FAILED;
}

static enum kafka_probe read_cursor(struct kafka_txn *t, int64_t deadline, struct err *err)
{
	if (kafka_cursor_read(t->cursor, deadline, &t->known, err) == 0)
		return KAFKA_PROBE_ALLOWED;
	if (err->code != EXIT_USAGE || t->cursor->client.refused)
		return KAFKA_PROBE_FAILED;
	snprintf(t->reason, sizeof t->reason, "%s",
		strstr(err->text, "Topic auth")
			? rd_kafka_err2str(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
			: rd_kafka_err2str(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED));
	return judge_denial(t, err);
}

static void add_offset(const struct kafka_txn *t, rd_kafka_topic_partition_list_t *list, size_t i)
{
	rd_kafka_topic_partition_t *p =
		rd_kafka_topic_partition_list_add(list, t->settings.topic, (int32_t)i);
	struct span text = i < t->known.n ? t->known.spans[i] : span_make(NULL, 0);

	p->offset = 0;
	if (!text.p)
		return;
	/* The list frees it. */
	p->metadata = mem_alloc(text.n + 1, 1);
	memcpy(p->metadata, text.p, text.n);
	p->metadata_size = text.n;
}

/* The cursor as it stands; where there is none, a place that says nothing. */
static rd_kafka_topic_partition_list_t *make_offsets(const struct kafka_txn *t)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)t->known.n + 1);

	for (size_t i = 0; i < t->known.n; i++)
		if (t->known.spans[i].p)
			add_offset(t, list, i);
	if (!list->cnt)
		add_offset(t, list, 0);
	return list;
}

static enum kafka_probe try_transaction(struct kafka_txn *t, int64_t deadline, struct err *err)
{
	rd_kafka_topic_partition_list_t *offsets = make_offsets(t);
	enum kafka_outcome outcome = kafka_session_begin(t->session), aborted = KAFKA_DONE;
	char ignored[KAFKA_REASON_MAX];

	if (outcome == KAFKA_DONE)
		outcome = kafka_session_step(&t->session, KAFKA_STEP_OFFSETS, offsets,
			t->cursor->group, deadline, t->reason);
	else
		snprintf(t->reason, sizeof t->reason, "%s", t->session->reason);
	rd_kafka_topic_partition_list_destroy(offsets);
	if (t->session && t->session->begun && !t->session->call)
		aborted = kafka_session_step(&t->session, KAFKA_STEP_ABORT, NULL, NULL,
			stamp_monotonic() + ABORT_MS * STAMP_NS_PER_MS,
			outcome == KAFKA_DONE ? t->reason : ignored);
	if (outcome == KAFKA_DONE)
		outcome = aborted;
	if (outcome == KAFKA_DONE)
		return KAFKA_PROBE_ALLOWED;
	txn_fail(t, outcome, err);
	return outcome == KAFKA_DENIED ? judge_denial(t, err) : KAFKA_PROBE_FAILED;
}

static enum kafka_probe run(struct kafka_txn *t, struct err *err)
{
	uint64_t connect_ms = t->settings.connection->connect_ms;
	int64_t deadline = stamp_monotonic() + (int64_t)connect_ms * STAMP_NS_PER_MS;
	enum kafka_probe result;

	if (txn_open_cursor(t, err) < 0)
		return KAFKA_PROBE_FAILED;
	result = take_over(t, deadline, err);
	if (result == KAFKA_PROBE_ALLOWED)
		result = read_cursor(t, deadline, err);
	if (result == KAFKA_PROBE_ALLOWED)
		result = try_transaction(t, deadline, err);
	return result;
}

enum kafka_probe kafka_probe_transactions(
	const struct kafka_txn_settings *settings, struct err *err)
{
	struct kafka_txn *t = mem_alloc(1, sizeof *t);
	enum kafka_probe result;

	t->settings = *settings;
	txn_store_init(&t->open);
	txn_store_init(&t->closing);
	*err = (struct err){.code = EXIT_FAILED};
	result = run(t, err);
	/* What is open was aborted, or cannot be; a step that hangs has its session. */
	t->ended = true;
	if (t->cursor && !t->session)
		prog_abandon();
	kafka_txn_free(t);
	return result;
}
