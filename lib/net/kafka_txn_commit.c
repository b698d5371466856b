#include <stdio.h>

#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_txn_priv.h"

/* The offsets themselves mean nothing. Should anybody take them for a position, everything from the
 * topic's beginning on is still to be read. */
enum { NO_POSITION = 0 };

enum {
	PROBE_MS = 1000,    /* between two looks at a transaction whose records are slow */
	WITHDRAW_MS = 1000, /* for an abort when all is lost */

	PATIENCE = 4, /* the part of the time after which an attempt is given up, for a new one */
	/* Brokers answer a commit before they have written it everywhere, and a transaction that
	 * begins before that has to try again, which librdkafka does after 20 ms. */
	CALM_MS = 5,
};

static rd_kafka_topic_partition_list_t *make_offsets(
	const char *topic, const struct kafka_texts *texts)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)texts->n);

	for (size_t i = 0; i < texts->n; i++) {
		rd_kafka_topic_partition_t *p =
			rd_kafka_topic_partition_list_add(list, topic, (int32_t)i);
		/* The list frees it. */
		p->metadata = mem_alloc(texts->spans[i].n + 1, 1);
		memcpy(p->metadata, texts->spans[i].p, texts->spans[i].n);
		p->metadata_size = texts->spans[i].n;
		p->offset = NO_POSITION;
	}
	return list;
}

void txn_attempt(struct kafka_txn *t, int64_t until)
{
	struct txn_commit *c = &t->commit;

	c->until = until;
	c->probe = stamp_monotonic() + PROBE_MS * STAMP_NS_PER_MS;
	c->has_offsets = c->ends = false;
	if (t->session->begun)
		return;
	t->closing.produced = 0;
	t->trouble = KAFKA_DONE;
}

bool txn_must_end(const struct kafka_txn *t)
{
	for (size_t i = 0; t->settings.refusal_ends && i < t->closing.n; i++)
		if (t->closing.records[i].refusal)
			return true;
	return false;
}

static void start(struct kafka_txn *t, enum kafka_step step)
{
	kafka_session_start(t->session, step, t->commit.offsets, t->cursor->group, t->commit.until);
}

static enum kafka_outcome fatal_outcome(struct kafka_txn *t)
{
	rd_kafka_resp_err_t error =
		rd_kafka_fatal_error(t->session->client.rk, t->reason, sizeof t->reason);
	enum kafka_outcome outcome = kafka_session_judge(error);

	return outcome == KAFKA_ABORTABLE ? KAFKA_BROKEN : outcome;
}

/* The offsets go while records are still on their way, but not before brokers are known to have
 * opened the transaction, or librdkafka would have to try again. That a transaction has failed
 * while records wait is told to who asks for its next step, and to nobody else. */
static enum kafka_outcome take_step(struct kafka_txn *t)
{
	struct txn_commit *c = &t->commit;
	bool all = !t->session->client.outstanding && t->closing.produced == t->closing.n;
	int64_t now = stamp_monotonic();

	if (all && (t->refused || txn_must_end(t))) {
		snprintf(t->reason, sizeof t->reason, "a record was refused");
		return KAFKA_ABORTABLE;
	}
	if (all && c->has_offsets) {
		c->ends = c->in_doubt = true;
		start(t, KAFKA_STEP_COMMIT);
	} else if (now >= c->until || sig_expired()) {
		snprintf(t->reason, sizeof t->reason, "records were not acknowledged");
		return KAFKA_LATE;
	} else if ((!c->has_offsets && (all || t->acknowledged)) || now >= c->probe) {
		c->probe = now + PROBE_MS * STAMP_NS_PER_MS;
		start(t, KAFKA_STEP_OFFSETS);
	}
	return KAFKA_RUNS;
}

/* KAFKA_DONE where none is taken. */
static enum kafka_outcome look_at_step(struct kafka_txn *t)
{
	struct txn_commit *c = &t->commit;
	enum kafka_outcome outcome;

	if (!t->session->call) {
		kafka_session_serve(t->session);
		return KAFKA_DONE;
	}
	outcome = kafka_session_poll(&t->session, t->reason);
	if (outcome == KAFKA_RUNS && !c->ends)
		txn_pump(t);
	if (outcome == KAFKA_DONE)
		c->has_offsets = true;
	return outcome;
}

enum kafka_outcome txn_advance(struct kafka_txn *t)
{
	struct txn_commit *c = &t->commit;
	enum kafka_outcome outcome = look_at_step(t);

	if (outcome != KAFKA_DONE)
		return outcome;
	if (c->ends) {
		c->in_doubt = false;
		return KAFKA_DONE;
	}
	if (!t->session->begun && stamp_monotonic() < t->calm)
		return KAFKA_RUNS;
	if (!t->session->begun)
		txn_begin(t);
	txn_pump(t);
	if (t->session->client.fatal)
		return fatal_outcome(t);
	return t->trouble != KAFKA_DONE ? t->trouble : take_step(t);
}

static void wait_for(struct kafka_txn *t)
{
	wait_readable(-1, t->session->client.wake[0], t->session->begun ? KAFKA_STEP_MS : CALM_MS);
}

enum kafka_outcome txn_await(struct kafka_txn *t)
{
	enum kafka_outcome outcome;

	while ((outcome = txn_advance(t)) == KAFKA_RUNS)
		wait_for(t);
	return outcome;
}

static void report_one(const struct kafka_txn *t, const struct txn_store *store, size_t i,
	enum kafka_fate fate, const char *reason)
{
	const struct txn_record *r = store->records + i;
	struct kafka_header headers[KAFKA_HEADERS_MAX];
	struct kafka_record record;
	struct kafka_delivery delivery = {
		.tag = r->tag, .fate = fate, .reason = reason, .partition = -1, .offset = -1};

	txn_store_get(store, i, &record, headers);
	delivery.key = record.key;
	delivery.value = record.value;
	if (r->refusal) {
		delivery.fate = KAFKA_DEAD;
		delivery.reason = r->refusal;
	} else if (fate == KAFKA_ACKED) {
		delivery.partition = r->at_partition;
		delivery.offset = r->at_offset;
		delivery.timestamp_ms = r->at_ms;
	}
	t->settings.delivered(t->settings.arg, &delivery);
}

static void report(
	struct kafka_txn *t, struct txn_store *store, enum kafka_fate fate, const char *reason)
{
	for (size_t i = 0; i < store->n; i++)
		report_one(t, store, i, fate, reason);
	txn_store_clear(store);
}

/* What is committed is what is known; of other partitions nothing needs to be known. */
static void keep_known(struct kafka_txn *t)
{
	const struct kafka_texts *texts = &t->commit.texts;
	size_t partitions = t->known.n;

	kafka_texts_release(&t->known);
	t->known.n = partitions;
	t->known.spans = mem_alloc(partitions, sizeof *t->known.spans);
	for (size_t i = 0; i < texts->n && i < partitions; i++)
		kafka_texts_set(&t->known, i, texts->spans[i]);
}

static void end_commit(struct kafka_txn *t)
{
	if (t->commit.offsets)
		rd_kafka_topic_partition_list_destroy(t->commit.offsets);
	kafka_texts_release(&t->commit.texts);
	t->commit = (struct txn_commit){.runs = false};
}

/* Readers at read_committed wait for transactions that are left open. */
static void withdraw(struct kafka_txn *t, int64_t deadline)
{
	if (t->session && t->session->begun && !t->session->call && !t->commit.in_doubt &&
		!sig_expired())
		kafka_session_step(&t->session, KAFKA_STEP_ABORT, NULL, NULL, deadline, t->reason);
}

/* The end of the run. */
static void give_up(struct kafka_txn *t, int64_t deadline, const char *reason)
{
	bool in_doubt = t->commit.in_doubt;

	withdraw(t, deadline);
	t->ended = true;
	end_commit(t);
	report(t, &t->closing, in_doubt ? KAFKA_UNKNOWN : KAFKA_UNSENT,
		in_doubt ? "whether the commit stands is not known" : reason);
	report(t, &t->open, KAFKA_UNSENT, reason);
}

/* All of it stands. */
static void conclude(struct kafka_txn *t)
{
	t->calm = stamp_monotonic() + CALM_MS * STAMP_NS_PER_MS;
	t->trouble = KAFKA_DONE;
	t->refused = t->acknowledged = false;
	keep_known(t);
	end_commit(t);
	report(t, &t->closing, KAFKA_ACKED, NULL);
}

static void settle(struct kafka_txn *t, enum kafka_outcome outcome)
{
	if (outcome == KAFKA_RUNS)
		return;
	if (txn_recover(t, outcome, &t->failure) == 0)
		conclude(t);
	else
		give_up(t, stamp_monotonic() + WITHDRAW_MS * STAMP_NS_PER_MS,
			"its transaction was not committed");
}

void kafka_txn_serve(struct kafka_txn *t)
{
	t->unserved = 0;
	if (t->commit.runs)
		settle(t, txn_advance(t));
	else if (t->session)
		kafka_session_serve(t->session);
	if (!t->commit.runs && !t->ended)
		txn_pump(t);
}

int kafka_txn_settle(struct kafka_txn *t, struct err *err)
{
	if (t->commit.runs)
		settle(t, txn_await(t));
	if (!t->ended)
		return 0;
	if (t->failure.code == EXIT_DONE && !*t->failure.text)
		return err_set(err, EXIT_FAILED, "the run as '%s' has ended", t->settings.id);
	*err = t->failure;
	return -1;
}

int kafka_txn_submit(struct kafka_txn *t, const struct span *texts, size_t n, struct err *err)
{
	int64_t now, delivery = (int64_t)t->settings.delivery_ms * STAMP_NS_PER_MS;
	struct txn_commit *c = &t->commit;
	struct txn_store empty;

	if (kafka_txn_settle(t, err) < 0)
		return -1;
	empty = t->closing;
	now = stamp_monotonic();
	*c = (struct txn_commit){.runs = true, .deadline = now + delivery};
	c->texts.n = n;
	c->texts.spans = mem_alloc(n, sizeof *c->texts.spans);
	for (size_t i = 0; i < n; i++)
		kafka_texts_set(&c->texts, i, texts[i]);
	c->offsets = make_offsets(t->settings.topic, &c->texts);
	t->closing = t->open;
	t->open = empty;
	txn_attempt(t, now + delivery / PATIENCE);
	kafka_txn_serve(t);
	return t->ended ? kafka_txn_settle(t, err) : 0;
}

int kafka_txn_commit(struct kafka_txn *t, const struct span *texts, size_t n, struct err *err)
{
	return kafka_txn_submit(t, texts, n, err) < 0 ? -1 : kafka_txn_settle(t, err);
}

void kafka_txn_abort(struct kafka_txn *t, int64_t timeout_ms)
{
	int64_t deadline = stamp_monotonic() + timeout_ms * STAMP_NS_PER_MS;
	enum kafka_outcome outcome = KAFKA_RUNS;

	while (t->commit.runs && outcome == KAFKA_RUNS && stamp_monotonic() < deadline) {
		outcome = txn_advance(t);
		if (outcome == KAFKA_RUNS)
			wait_for(t);
	}
	if (outcome == KAFKA_DONE)
		conclude(t);
	if (!t->ended)
		give_up(t, deadline, "its transaction was given up");
}
