#include "net/kafka_txn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/kafka_record.h"
#include "net/kafka_txn_priv.h"

/* As kafka_producer has them. */
#define RECORD_BYTES "9437184"
#define RECONNECT_MS "1000"

/* A broker that is frozen for so long finds the transaction over. Kafka's own upper bound,
 * transaction.max.timeout.ms, is 15 minutes. */
#define TRANSACTION_MS "300000"

/* More than a transaction may hold. */
#define QUEUE_KBYTES "131072"

enum {
	BYTES_DUE =
		16 * 1024 * 1024, /* of records: with librdkafka's copies, twice that in memory */
	SERVE_EVERY = 256,	  /* records */
	TAKE_OVER_MS = 1000,	  /* between two looks at signals */
	FREE_MS = 1000,		  /* for an abort in the end */
};

static void set_u64(rd_kafka_conf_t *conf, const char *name, uint64_t value)
{
	char text[NUM_U64_MAX + 1];

	text[num_write_u64(text, value)] = '\0';
	rd_kafka_conf_set(conf, name, text, NULL, 0);
}

/* What does not fit together by itself: a record's time is within the transaction's, and a batch, which
 * is what brokers refuse, within what the topic takes. */
static int fit(const struct kafka_txn *t, rd_kafka_conf_t *conf, struct err *err)
{
	const struct kafka_txn_settings *s = &t->settings;
	uint64_t limit = t->rules.facts.max_message_bytes;
	uint64_t most = kafka_client_property(conf, "transaction.timeout.ms");
	char why[256];

	if (!*s->id)
		return err_set(err, EXIT_USAGE, "cannot publish exactly once: the ID is empty");
	set_u64(conf, "message.timeout.ms", s->delivery_ms < most ? s->delivery_ms : most);
	if (limit && limit < kafka_client_property(conf, "batch.size"))
		set_u64(conf, "batch.size", limit);
	if (rd_kafka_conf_set(conf, "transactional.id", s->id, why, sizeof why) != RD_KAFKA_CONF_OK)
		return err_set(err, EXIT_USAGE, "cannot set 'transactional.id': %s", why);
	return 0;
}

static rd_kafka_conf_t *configure(const struct kafka_txn *t, struct err *err)
{
	const struct kafka_property presets[] = {
		{"enable.idempotence", "true"},
		{"acks", "all"},
		{"partitioner", "murmur2_random"},
		{"transaction.timeout.ms", TRANSACTION_MS},
		{"compression.codec", t->settings.compression},
		{"queue.buffering.max.kbytes", QUEUE_KBYTES},
		{"queue.buffering.max.messages", "0"},
		{"message.max.bytes", RECORD_BYTES},
		{"reconnect.backoff.max.ms", RECONNECT_MS},
		{"allow.auto.create.topics", "false"},
		{NULL, NULL},
	};
	rd_kafka_conf_t *conf = kafka_config_make(t->settings.connection, presets, err);

	if (!conf || fit(t, conf, err) == 0)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

/* The first trouble counts, unless a later one leaves no hope. */
static void note_trouble(struct kafka_txn *t, rd_kafka_resp_err_t error)
{
	enum kafka_outcome outcome = kafka_session_judge(error);

	if (t->trouble == KAFKA_DONE || (t->trouble == KAFKA_ABORTABLE && outcome < t->trouble)) {
		t->trouble = outcome;
		snprintf(t->reason, sizeof t->reason, "%s", rd_kafka_err2str(error));
	}
}

static void on_delivery(void *arg, const rd_kafka_message_t *m)
{
	struct kafka_txn *t = arg;
	size_t i = (uintptr_t)m->_private - 1;
	struct txn_record *r;

	if (i >= t->store.n)
		return;
	r = t->store.records + i;
	if (!m->err) {
		r->at_partition = m->partition;
		r->at_offset = m->offset;
		r->at_ms = rd_kafka_message_timestamp(m, NULL);
		t->session->client.complained = false;
	} else if (kafka_record_is_at_fault(m->err)) {
		r->refusal = rd_kafka_err2str(m->err);
		t->refused = true;
	} else if (m->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
		m->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
		note_trouble(t, m->err);
	}
}

static int64_t after_ms(uint64_t ms)
{
	return stamp_monotonic() + (int64_t)ms * STAMP_NS_PER_MS;
}

int txn_fail(const struct kafka_txn *t, enum kafka_outcome outcome, struct err *err)
{
	const char *id = t->settings.id, *topic = t->settings.topic;

	if (outcome == KAFKA_FENCED)
		return err_set(err, EXIT_FAILED,
			"cannot go on as '%s': another run has taken this ID over, or brokers did "
			"not hear of this one for longer than transaction.timeout.ms",
			id);
	if (outcome == KAFKA_DENIED && strstr(t->reason, "uthoriz"))
		return err_set(err, EXIT_USAGE,
			"cannot publish exactly once to topic '%s' as '%s': %s (it takes the rights "
			"Write and Read of the topic, Read of group '%s', Write of transactional id "
			"'%s')",
			topic, id, t->reason, t->cursor->group, id);
	if (outcome >= KAFKA_ABORTABLE && sig_expired())
		return err_set(err, EXIT_PARTIAL,
			"cannot publish exactly once to topic '%s' as '%s': the time to drain is over",
			topic, id);
	return err_set(err, outcome == KAFKA_DENIED ? EXIT_USAGE : EXIT_FAILED,
		"cannot publish exactly once to topic '%s' as '%s': %s", topic, id, t->reason);
}

enum kafka_outcome txn_take_over(struct kafka_txn *t, int64_t deadline, struct err *err)
{
	rd_kafka_conf_t *conf = configure(t, err);
	enum kafka_outcome outcome;

	t->session = conf ? kafka_session_open(conf, t->settings.topic, on_delivery, t, err) : NULL;
	if (!t->session)
		return KAFKA_DENIED;
	t->session->client.reached = true;
	do {
		int64_t slice = after_ms(TAKE_OVER_MS);
		outcome = kafka_session_step(&t->session, KAFKA_STEP_INIT, NULL, NULL,
			slice < deadline ? slice : deadline, t->reason);
	} while (outcome == KAFKA_LATE && t->session && stamp_monotonic() < deadline &&
		(t->cursor->drains ? !sig_expired() : !sig_stops()));
	if (outcome == KAFKA_LATE && sig_stops() && !t->cursor->drains)
		err_set(err, EXIT_DONE, "stopped by a signal");
	else if (outcome != KAFKA_DONE)
		txn_fail(t, outcome, err);
	return outcome;
}

enum kafka_outcome txn_produce(struct kafka_txn *t, size_t i, int64_t deadline)
{
	struct kafka_header headers[KAFKA_HEADERS_MAX];
	struct kafka_session *s = t->session;
	struct kafka_record record;
	rd_kafka_resp_err_t error;

	txn_store_get(&t->store, i, &record, headers);
	while ((error = kafka_record_produce(s->client.rk, s->topic, &record)) ==
		RD_KAFKA_RESP_ERR__QUEUE_FULL) {
		if (sig_expired() || stamp_monotonic() >= deadline)
			return KAFKA_LATE;
		kafka_client_wait(&s->client, sig_left_ms());
	}
	if (!error) {
		s->client.outstanding++;
	} else if (kafka_record_is_at_fault(error)) {
		t->store.records[i].refusal = rd_kafka_err2str(error);
	} else {
		note_trouble(t, error);
		return t->trouble;
	}
	if (++t->unserved >= SERVE_EVERY)
		kafka_txn_serve(t);
	return KAFKA_DONE;
}

enum kafka_outcome txn_begin(struct kafka_txn *t, int64_t deadline)
{
	enum kafka_outcome outcome = kafka_session_begin(t->session);

	t->trouble = KAFKA_DONE;
	t->refused = false;
	if (outcome != KAFKA_DONE)
		snprintf(t->reason, sizeof t->reason, "%s", t->session->reason);
	for (size_t i = 0; i < t->store.n && outcome == KAFKA_DONE; i++)
		if (!t->store.records[i].refusal)
			outcome = txn_produce(t, i, deadline);
	return outcome;
}

static int start(struct kafka_txn *t, struct err *err)
{
	const struct kafka_txn_settings *s = &t->settings;
	const struct kafka_cursor_settings reader = {
		.connection = s->connection,
		.topic = s->topic,
		.id = s->id,
		.stable = true,
		.can_create = true,
		.creation = s->creation,
		.topic_config = s->topic_config,
	};
	int64_t deadline = after_ms(s->connection->connect_ms);

	t->cursor = kafka_cursor_open(&reader, err);
	if (!t->cursor)
		return -1;
	kafka_topic_describe(&t->cursor->client, s->topic, &t->rules);
	t->rules.facts.partitions = t->cursor->partitions;
	if (txn_take_over(t, deadline, err) != KAFKA_DONE)
		return -1;
	if (kafka_cursor_read(t->cursor, deadline, &t->known, err) < 0)
		return -1;
	t->cursor->drains = true;
	return 0;
}

struct kafka_txn *kafka_txn_open(const struct kafka_txn_settings *settings, struct err *err)
{
	struct kafka_txn *t = mem_alloc(1, sizeof *t);

	t->settings = *settings;
	txn_store_init(&t->store);
	if (start(t, err) == 0)
		return t;
	kafka_txn_free(t);
	return NULL;
}

const struct kafka_texts *kafka_txn_cursor(const struct kafka_txn *t)
{
	return &t->known;
}

int kafka_txn_sees_records(struct kafka_txn *t, struct err *err)
{
	int64_t deadline = after_ms(t->settings.connection->connect_ms);
	int result;

	t->cursor->drains = false;
	result = kafka_cursor_sees_records(t->cursor, deadline, err);
	t->cursor->drains = true;
	return result;
}

const struct kafka_topic_facts *kafka_txn_topic(const struct kafka_txn *t)
{
	return &t->rules.facts;
}

/* Trouble is for the commit to settle, which sends everything again. */
static void open_and_produce(struct kafka_txn *t)
{
	int64_t now = stamp_monotonic();
	int64_t deadline = now + (int64_t)t->settings.delivery_ms * STAMP_NS_PER_MS;
	enum kafka_outcome outcome;

	if (!t->open)
		t->since = now;
	t->open = true;
	if (!t->session->begun && now < t->calm)
		return;
	outcome = t->session->begun ? txn_produce(t, t->store.n - 1, deadline)
				    : txn_begin(t, deadline);
	if (outcome != KAFKA_DONE && t->trouble == KAFKA_DONE)
		t->trouble = outcome;
}

static const char *object(const struct kafka_txn *t, const struct kafka_record *record)
{
	if (record->partition >= t->rules.facts.partitions)
		return rd_kafka_err2str(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
	return kafka_topic_objection(&t->rules, record);
}

enum kafka_taken kafka_txn_send(
	struct kafka_txn *t, const struct kafka_record *record, const char **objection)
{
	if (t->ended)
		return KAFKA_ENDED;
	*objection = object(t, record);
	if (*objection)
		return KAFKA_OBJECTED;
	if (txn_store_add(&t->store, record) < 0) {
		*objection = rd_kafka_err2str(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
		return KAFKA_OBJECTED;
	}
	if (t->trouble == KAFKA_DONE)
		open_and_produce(t);
	*objection = t->store.records[t->store.n - 1].refusal;
	if (!*objection)
		return KAFKA_TAKEN;
	txn_store_drop_last(&t->store);
	return KAFKA_OBJECTED;
}

int64_t kafka_txn_left_ms(const struct kafka_txn *t)
{
	int64_t ns;

	if (!t->open)
		return -1;
	ns = t->since + (int64_t)t->settings.interval_ms * STAMP_NS_PER_MS - stamp_monotonic();
	return ns <= 0 ? 0 : (ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
}

bool kafka_txn_is_due(const struct kafka_txn *t)
{
	if (!t->open)
		return false;
	return t->store.n >= t->settings.records_max || t->store.bytes.len >= BYTES_DUE ||
		t->trouble != KAFKA_DONE || t->refused || kafka_txn_left_ms(t) == 0;
}

size_t kafka_txn_records(const struct kafka_txn *t)
{
	return t->store.n;
}

void kafka_txn_serve(struct kafka_txn *t)
{
	t->unserved = 0;
	if (t->session)
		kafka_session_serve(t->session);
}

int kafka_txn_fd(const struct kafka_txn *t)
{
	return t->session ? t->session->client.wake[0] : -1;
}

void kafka_txn_free(struct kafka_txn *t)
{
	if (!t)
		return;
	if (t->session && t->session->begun && !t->ended)
		kafka_txn_abort(t, FREE_MS);
	if (t->session && !t->session->begun)
		kafka_session_close(t->session);
	else
		kafka_session_leave(t->session);
	kafka_cursor_free(t->cursor);
	kafka_texts_release(&t->known);
	txn_store_release(&t->store);
	free(t);
}
