#include "net/kafka_txn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/kafka_preset.h"
#include "net/kafka_record.h"
#include "net/kafka_txn_priv.h"

enum {
	RECORDS_DUE = 10000,	      /* where no number is wished for */
	BYTES_DUE = 24 * 1024 * 1024, /* of memory; there are two such transactions at most */
	LOOK_EVERY = 32,	      /* records: at the clock, and always after serving */
	SERVE_EVERY = 256,	      /* records */
	TAKE_OVER_MS = 1000,	      /* between two looks at signals */
	FREE_MS = 1000,		      /* for an abort in the end */
};

/* As kafka_producer has it: a batch, which is what brokers refuse, is within what
 * the topic takes. */
static rd_kafka_conf_t *configure(const struct kafka_txn *t, struct err *err)
{
	const struct kafka_producer_settings settings = {
		.connection = t->settings.connection,
		.queue_bytes = t->settings.queue_bytes,
		.compression = t->settings.compression,
		.delivery_ms = t->settings.delivery_ms,
		.txn_id = t->settings.id,
	};
	rd_kafka_conf_t *conf = kafka_preset_make(&settings, err);
	uint64_t limit = t->rules.facts.max_message_bytes;
	char text[NUM_U64_MAX + 1];

	text[num_write_u64(text, limit)] = '\0';
	if (conf && limit && limit < kafka_client_property(conf, "batch.size"))
		rd_kafka_conf_set(conf, "batch.size", text, NULL, 0);
	return conf;
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
	struct txn_store *store = txn_current(t);
	size_t i = (uintptr_t)m->_private - 1;
	struct txn_record *r;

	t->held -= kafka_record_message_cost(m);
	if (i >= store->n)
		return;
	r = store->records + i;
	if (!m->err) {
		t->acknowledged = true;
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

int txn_fail(struct kafka_txn *t, enum kafka_outcome outcome, struct err *err)
{
	const char *id = t->settings.id, *topic = t->settings.topic;

	t->fenced = outcome == KAFKA_FENCED;
	if (t->fenced) {
		err_set(err, EXIT_FAILED,
			"cannot go on as '%s': another run has taken this ID over, or brokers did "
			"not hear of this one for longer than transaction.timeout.ms",
			id);
		err->superseded = true;
		return -1;
	}
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

	t->held = 0;
	if (conf)
		t->held_max = kafka_client_property(conf, "queue.buffering.max.kbytes") * 1024;
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

enum kafka_outcome txn_begin(struct kafka_txn *t)
{
	enum kafka_outcome outcome = kafka_session_begin(t->session);

	txn_current(t)->produced = 0;
	t->trouble = outcome;
	t->refused = t->acknowledged = false;
	if (outcome != KAFKA_DONE)
		snprintf(t->reason, sizeof t->reason, "%s", t->session->reason);
	return outcome;
}

static rd_kafka_resp_err_t produce(struct kafka_txn *t, const struct kafka_record *record)
{
	struct kafka_client *c = &t->session->client;
	uint64_t cost = kafka_record_cost(record);
	rd_kafka_resp_err_t error;

	if (c->outstanding && t->held + cost > t->held_max)
		return RD_KAFKA_RESP_ERR__QUEUE_FULL;
	error = kafka_record_produce(c->rk, t->session->topic, record);
	if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !c->outstanding)
		return RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
	if (error)
		return error;
	c->outstanding++;
	t->held += cost;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Whether there is room for more. */
static bool hand_over(struct kafka_txn *t, struct txn_store *store)
{
	struct kafka_header headers[KAFKA_HEADERS_MAX];
	struct txn_record *r = store->records + store->produced;
	struct kafka_record record;
	rd_kafka_resp_err_t error;

	txn_store_get(store, store->produced, &record, headers);
	error = r->refusal ? RD_KAFKA_RESP_ERR_NO_ERROR : produce(t, &record);
	if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return false;
	store->produced++;
	if (kafka_record_is_at_fault(error))
		r->refusal = rd_kafka_err2str(error);
	else if (error)
		note_trouble(t, error);
	return !error || r->refusal;
}

void txn_pump(struct kafka_txn *t)
{
	struct txn_store *store = txn_current(t);

	if (t->trouble != KAFKA_DONE || !t->session || store->produced == store->n)
		return;
	if (!t->session->begun && (stamp_monotonic() < t->calm || txn_begin(t) != KAFKA_DONE))
		return;
	while (store->produced < store->n && hand_over(t, store))
		;
}

int txn_open_cursor(struct kafka_txn *t, struct err *err)
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

	t->cursor = kafka_cursor_open(&reader, err);
	return t->cursor ? 0 : -1;
}

static int start(struct kafka_txn *t, struct err *err)
{
	const struct kafka_txn_settings *s = &t->settings;
	int64_t deadline = after_ms(s->connection->connect_ms);

	if (txn_open_cursor(t, err) < 0)
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
	txn_store_init(&t->open);
	txn_store_init(&t->closing);
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
	if (result > 0)
		result = txn_still_has_id(t, deadline, err) < 0 ? -1 : 1;
	t->cursor->drains = true;
	return result;
}

const struct kafka_topic_facts *kafka_txn_topic(const struct kafka_txn *t)
{
	return &t->rules.facts;
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
	if (txn_store_add(&t->open, record) < 0) {
		*objection = rd_kafka_err2str(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
		return KAFKA_OBJECTED;
	}
	if (t->open.n == 1)
		t->since = stamp_monotonic();
	if (!t->commit.runs)
		txn_pump(t);
	*objection = t->open.records[t->open.n - 1].refusal;
	if (*objection)
		txn_store_drop_last(&t->open);
	if (++t->unserved >= SERVE_EVERY)
		kafka_txn_serve(t);
	return *objection ? KAFKA_OBJECTED : KAFKA_TAKEN;
}

static int64_t left_ms(int64_t moment)
{
	int64_t ns = moment - stamp_monotonic();

	return ns <= 0 ? 0 : (ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
}

static int64_t due_ms(const struct kafka_txn *t)
{
	return left_ms(t->since + (int64_t)t->settings.interval_ms * STAMP_NS_PER_MS);
}

int64_t kafka_txn_left_ms(const struct kafka_txn *t)
{
	int64_t due, calm;

	if (t->ended)
		return -1;
	if (t->commit.runs)
		return KAFKA_STEP_MS;
	if (!t->open.n)
		return -1;
	due = due_ms(t);
	calm = t->open.produced ? due : left_ms(t->calm);
	return calm < due ? calm : due;
}

bool kafka_txn_is_due(const struct kafka_txn *t)
{
	uint64_t records = t->settings.records_max;

	if (t->ended)
		return t->failure.code != EXIT_DONE;
	if (!t->open.n)
		return false;
	if (txn_store_cost(&t->open) >= BYTES_DUE || (records && t->open.n >= records))
		return true;
	if (t->commit.runs)
		return false;
	return (!records && t->open.n >= RECORDS_DUE) || t->trouble != KAFKA_DONE || t->refused ||
		(t->unserved % LOOK_EVERY == 0 && due_ms(t) == 0);
}

bool kafka_txn_was_fenced(const struct kafka_txn *t)
{
	return t->fenced;
}

size_t kafka_txn_records(const struct kafka_txn *t)
{
	return t->open.n;
}

int kafka_txn_fd(const struct kafka_txn *t)
{
	return t->session ? t->session->client.wake[0] : -1;
}

void kafka_txn_free(struct kafka_txn *t)
{
	if (!t)
		return;
	if (!t->ended)
		kafka_txn_abort(t, FREE_MS);
	if (t->session && !t->session->begun && !t->session->call)
		kafka_session_close(t->session);
	else
		kafka_session_abandon(t->session);
	kafka_cursor_free(t->cursor);
	kafka_texts_release(&t->known);
	txn_store_release(&t->open);
	txn_store_release(&t->closing);
	free(t);
}
