#include <stdio.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_txn_priv.h"

/* The offsets themselves mean nothing. Should anybody take them for a position, everything from the
 * topic's beginning on is still to be read. */
enum { NO_POSITION = 0 };

enum {
	FLUSH_MS = 100,	    /* how late a signal is noticed */
	PROBE_MS = 1000,    /* between two looks at a transaction whose records are slow */
	PAUSE_MS = 200,	    /* before records are sent again */
	WITHDRAW_MS = 1000, /* for an abort when all is lost */

	PATIENCE = 4, /* the part of the time after which an attempt is given up, for a new one */
	/* Brokers answer a commit before they have written it everywhere, and a transaction that begins
	 * before that has to try again, which librdkafka does after 20 ms. */
	CALM_MS = 5,
};

/* One commit, with all attempts at it. */
struct commit {
	struct kafka_txn *txn;
	const struct span *texts;
	size_t n;
	rd_kafka_topic_partition_list_t *offsets;
	int64_t deadline;
	bool in_doubt; /* brokers may have been told to commit, and whether they did is not known */
};

/* Which cursor stands. */
enum stand { STAND_BEFORE, STAND_AFTER, STAND_OTHER };

static rd_kafka_topic_partition_list_t *make_offsets(
	const char *topic, const struct span *texts, size_t n)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);

	for (size_t i = 0; i < n; i++) {
		rd_kafka_topic_partition_t *p =
			rd_kafka_topic_partition_list_add(list, topic, (int32_t)i);
		/* The list frees it. */
		p->metadata = mem_alloc(texts[i].n + 1, 1);
		memcpy(p->metadata, texts[i].p, texts[i].n);
		p->metadata_size = texts[i].n;
		p->offset = NO_POSITION;
	}
	return list;
}

static bool is_over(int64_t deadline)
{
	return sig_expired() || stamp_monotonic() >= deadline;
}

static enum kafka_outcome send_offsets(struct commit *c, int64_t until)
{
	struct kafka_txn *t = c->txn;

	return kafka_session_step(
		&t->session, KAFKA_STEP_OFFSETS, c->offsets, t->cursor->group, until, t->reason);
}

static enum kafka_outcome fatal_outcome(struct kafka_txn *t)
{
	rd_kafka_resp_err_t error =
		rd_kafka_fatal_error(t->session->client.rk, t->reason, sizeof t->reason);
	enum kafka_outcome outcome = kafka_session_judge(error);

	return outcome == KAFKA_ABORTABLE ? KAFKA_BROKEN : outcome;
}

/* Until brokers have all records. That a transaction has failed while they wait is told to who asks
 * for its next step, and to nobody else. */
static enum kafka_outcome flush(struct commit *c, int64_t until)
{
	struct kafka_txn *t = c->txn;
	int64_t probe = stamp_monotonic() + PROBE_MS * STAMP_NS_PER_MS;
	enum kafka_outcome outcome;

	while (t->session->client.outstanding && !t->session->client.fatal &&
		t->trouble == KAFKA_DONE) {
		if (is_over(until)) {
			snprintf(t->reason, sizeof t->reason, "records were not acknowledged");
			return KAFKA_LATE;
		}
		kafka_client_flush(&t->session->client, FLUSH_MS);
		kafka_session_serve(t->session);
		if (stamp_monotonic() < probe)
			continue;
		outcome = send_offsets(c, until);
		if (outcome != KAFKA_DONE)
			return outcome;
		probe = stamp_monotonic() + PROBE_MS * STAMP_NS_PER_MS;
	}
	return t->session->client.fatal ? fatal_outcome(t) : t->trouble;
}

/* Sends what has not been sent, and has it committed. */
static enum kafka_outcome attempt(struct commit *c, int64_t until)
{
	struct kafka_txn *t = c->txn;
	enum kafka_outcome outcome = t->trouble;

	if (!t->session->begun)
		outcome = txn_begin(t, until);
	if (outcome == KAFKA_DONE)
		outcome = flush(c, until);
	if (outcome == KAFKA_DONE && t->refused)
		outcome = KAFKA_ABORTABLE;
	if (outcome == KAFKA_DONE)
		outcome = send_offsets(c, until);
	if (outcome != KAFKA_DONE)
		return outcome;
	c->in_doubt = true;
	outcome = kafka_session_step(&t->session, KAFKA_STEP_COMMIT, NULL, NULL, until, t->reason);
	if (outcome == KAFKA_DONE)
		c->in_doubt = false;
	return outcome;
}

static bool stands(const struct kafka_texts *read, size_t i, struct span text)
{
	return i < read->n && read->spans[i].p && span_is(read->spans[i], text);
}

/* Parts of older cursors may lie in further partitions, and be forgotten by brokers at any time. */
static enum stand compare(const struct commit *c, const struct kafka_texts *read)
{
	const struct kafka_texts *known = &c->txn->known;
	size_t after = 0, before = 0, n_known = 0, n_read = 0;

	for (size_t i = 0; i < c->n; i++)
		after += stands(read, i, c->texts[i]);
	for (size_t i = 0; i < known->n; i++) {
		n_known += known->spans[i].p != NULL;
		before += known->spans[i].p && stands(read, i, known->spans[i]);
	}
	for (size_t i = 0; i < read->n; i++)
		n_read += read->spans[i].p != NULL;
	if (after == c->n)
		return STAND_AFTER;
	if (n_known ? before == n_known : n_read == 0)
		return STAND_BEFORE;
	return STAND_OTHER;
}

/* Reads the cursor that stands, without waiting for open transactions where it only `peeks`. */
static int look(struct commit *c, bool peeks, enum stand *stand, struct err *err)
{
	struct kafka_txn *t = c->txn;
	struct kafka_cursor *reader = peeks ? kafka_cursor_twin(t->cursor, err) : t->cursor;
	struct kafka_texts read = {.spans = NULL};
	int result = reader ? kafka_cursor_read(reader, c->deadline, &read, err) : -1;

	if (result == 0)
		*stand = compare(c, &read);
	if (peeks)
		kafka_cursor_free(reader);
	kafka_texts_release(&read);
	return result;
}

static int superseded(struct commit *c, struct err *err)
{
	/* What has become of the records is in the cursor of the other run. */
	return err_set(err, EXIT_FAILED, "cannot go on as '%s': another run has taken this ID over",
		c->txn->settings.id);
}

/* With a new producer, which brokers give the ID only when what the old one has begun has ended. */
static int begin_anew(struct commit *c, enum stand *stand, struct err *err)
{
	struct kafka_txn *t = c->txn;

	kafka_session_leave(t->session);
	t->session = NULL;
	if (look(c, true, stand, err) < 0)
		return -1;
	if (*stand == STAND_OTHER)
		return superseded(c, err);
	if (txn_take_over(t, c->deadline, err) != KAFKA_DONE || look(c, false, stand, err) < 0)
		return -1;
	return *stand == STAND_OTHER ? superseded(c, err) : 0;
}

/* With the same producer, which has the ID as long as brokers let it abort. */
static enum kafka_outcome abort_and_look(struct commit *c, enum stand *stand, struct err *err)
{
	struct kafka_txn *t = c->txn;
	enum kafka_outcome outcome = kafka_session_step(
		&t->session, KAFKA_STEP_ABORT, NULL, NULL, c->deadline, t->reason);

	*stand = STAND_BEFORE;
	if (outcome != KAFKA_DONE || !c->in_doubt)
		return outcome;
	return look(c, false, stand, err) < 0 ? KAFKA_BROKEN : KAFKA_DONE;
}

/* Learns what stands after an attempt that failed, and makes the next one possible. */
static int settle(struct commit *c, enum kafka_outcome outcome, enum stand *stand, struct err *err)
{
	struct kafka_txn *t = c->txn;

	diag_info("transaction of '%s': %s; %s", t->settings.id, t->reason,
		c->in_doubt ? "its outcome is being looked up" : "trying again");
	if (outcome == KAFKA_ABORTABLE) {
		outcome = abort_and_look(c, stand, err);
		if (outcome == KAFKA_FENCED || (outcome == KAFKA_DONE && *stand == STAND_OTHER))
			return superseded(c, err);
	}
	if (outcome != KAFKA_DONE && begin_anew(c, stand, err) < 0)
		return -1;
	c->in_doubt = false;
	return 0;
}

/* The first producer gets a part of the time: a broker that comes back takes seconds to be of use. */
static int try_all(struct commit *c, struct err *err)
{
	struct kafka_txn *t = c->txn;
	int64_t now = stamp_monotonic(), until = now + (c->deadline - now) / PATIENCE;
	enum stand stand = STAND_BEFORE;

	for (;;) {
		enum kafka_outcome outcome = attempt(c, until);
		if (outcome == KAFKA_DONE)
			return 0;
		if (outcome == KAFKA_FENCED || outcome == KAFKA_DENIED ||
			outcome == KAFKA_REFUSED || is_over(c->deadline))
			return txn_fail(t, outcome, err);
		if (settle(c, outcome, &stand, err) < 0)
			return -1;
		if (stand == STAND_AFTER)
			return 0;
		if (!t->refused)
			wait_readable(-1, -1, PAUSE_MS);
		until = c->deadline;
		t->trouble = KAFKA_DONE;
	}
}

static void report_one(
	const struct kafka_txn *t, size_t i, enum kafka_fate fate, const char *reason)
{
	const struct txn_record *r = t->store.records + i;
	struct kafka_header headers[KAFKA_HEADERS_MAX];
	struct kafka_record record;
	struct kafka_delivery delivery = {
		.tag = r->tag, .fate = fate, .reason = reason, .partition = -1, .offset = -1};

	txn_store_get(&t->store, i, &record, headers);
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

static void report(struct kafka_txn *t, enum kafka_fate fate, const char *reason)
{
	for (size_t i = 0; i < t->store.n; i++)
		report_one(t, i, fate, reason);
	txn_store_clear(&t->store);
	t->open = false;
	t->refused = false;
	t->trouble = KAFKA_DONE;
}

/* What is committed is what is known; of other partitions nothing needs to be known. */
static void keep_known(struct kafka_txn *t, const struct span *texts, size_t n)
{
	size_t partitions = t->known.n;

	kafka_texts_release(&t->known);
	t->known.n = partitions;
	t->known.spans = mem_alloc(partitions, sizeof *t->known.spans);
	for (size_t i = 0; i < n && i < partitions; i++)
		kafka_texts_set(&t->known, i, texts[i]);
}

/* Readers at read_committed wait for transactions that are left open. */
static void withdraw(struct kafka_txn *t, int64_t timeout_ms)
{
	int64_t deadline = stamp_monotonic() + timeout_ms * STAMP_NS_PER_MS;
	char reason[KAFKA_REASON_MAX];

	if (t->session && t->session->begun && !t->ended && !sig_expired())
		kafka_session_step(&t->session, KAFKA_STEP_ABORT, NULL, NULL, deadline, reason);
}

int kafka_txn_commit(struct kafka_txn *t, const struct span *texts, size_t n, struct err *err)
{
	struct commit c = {.txn = t,
		.texts = texts,
		.n = n,
		.deadline = stamp_monotonic() + (int64_t)t->settings.delivery_ms * STAMP_NS_PER_MS};
	int result;

	if (t->ended)
		return err_set(err, EXIT_FAILED, "the run as '%s' has ended", t->settings.id);
	c.offsets = make_offsets(t->settings.topic, texts, n);
	result = try_all(&c, err);
	rd_kafka_topic_partition_list_destroy(c.offsets);
	if (result == 0) {
		t->calm = stamp_monotonic() + CALM_MS * STAMP_NS_PER_MS;
		report(t, KAFKA_ACKED, NULL);
		keep_known(t, texts, n);
		return 0;
	}
	if (!c.in_doubt)
		withdraw(t, WITHDRAW_MS);
	t->ended = true;
	report(t, c.in_doubt ? KAFKA_UNKNOWN : KAFKA_UNSENT,
		c.in_doubt ? "whether the commit stands is not known"
			   : "its transaction was not committed");
	return -1;
}

void kafka_txn_abort(struct kafka_txn *t, int64_t timeout_ms)
{
	int64_t deadline = stamp_monotonic() + timeout_ms * STAMP_NS_PER_MS;

	if (t->session && t->session->begun && !t->ended)
		kafka_session_step(&t->session, KAFKA_STEP_ABORT, NULL, NULL, deadline, t->reason);
	t->ended = true;
	report(t, KAFKA_UNSENT, "its transaction was given up");
}
