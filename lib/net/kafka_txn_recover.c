#include <stdio.h>

#include "base/diag.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_txn_priv.h"

enum {
	PAUSE_MS = 200,	 /* before records are sent again */
	QUIET_MS = 200,	 /* without an answer from brokers: none is on its way, most likely */
	SHORT_MS = 1000, /* not worth being divided */
	PATIENCE =
		4, /* the part of the time after which an abort is given up, for a new producer */
};

/* Which cursor stands. */
enum stand { STAND_BEFORE, STAND_AFTER, STAND_OTHER, STAND_GONE };

static bool stands(const struct kafka_texts *read, size_t i, struct span text)
{
	return i < read->n && read->spans[i].p && span_is(read->spans[i], text);
}

/* Parts of older cursors may lie in further partitions, and be forgotten by brokers at any time. */
static enum stand compare(const struct kafka_txn *t, const struct kafka_texts *read)
{
	const struct kafka_texts *known = &t->known, *sent = &t->commit.texts;
	size_t after = 0, before = 0, n_known = 0, n_read = 0;

	for (size_t i = 0; i < sent->n; i++)
		after += stands(read, i, sent->spans[i]);
	for (size_t i = 0; i < known->n; i++) {
		n_known += known->spans[i].p != NULL;
		before += known->spans[i].p && stands(read, i, known->spans[i]);
	}
	for (size_t i = 0; i < read->n; i++)
		n_read += read->spans[i].p != NULL;
	if (after == sent->n)
		return STAND_AFTER;
	if (n_known ? before == n_known : n_read == 0)
		return STAND_BEFORE;
	return n_read > 0 ? STAND_OTHER : STAND_GONE;
}

/* Reads the cursor that stands, without waiting for open transactions where it only `peeks`. */
static int look(struct kafka_txn *t, bool peeks, enum stand *stand, struct err *err)
{
	struct kafka_cursor *reader = peeks ? kafka_cursor_twin(t->cursor, err) : t->cursor;
	struct kafka_texts read = {.spans = NULL};
	int result = reader ? kafka_cursor_read(reader, t->commit.deadline, &read, err) : -1;

	if (result == 0)
		*stand = compare(t, &read);
	if (peeks)
		kafka_cursor_free(reader);
	kafka_texts_release(&read);
	return result;
}

static int superseded(struct kafka_txn *t, struct err *err)
{
	t->fenced = true;
	/* What has become of the records is in the cursor of the other run. */
	err_set(err, EXIT_FAILED, "cannot go on as '%s': another run has taken this ID over",
		t->settings.id);
	err->superseded = true;
	return -1;
}

int txn_still_has_id(struct kafka_txn *t, int64_t deadline, struct err *err)
{
	struct kafka_texts read = {.spans = NULL};
	bool same;

	if (kafka_cursor_read(t->cursor, deadline, &read, err) < 0)
		return -1;
	same = read.n == t->known.n;
	for (size_t i = 0; same && i < read.n; i++)
		same = !read.spans[i].p == !t->known.spans[i].p &&
			span_is(read.spans[i], t->known.spans[i]);
	kafka_texts_release(&read);
	return same ? 0 : superseded(t, err);
}

/* Where the cursor that stands is none of ours. */
static int disowned(struct kafka_txn *t, enum stand stand, struct err *err)
{
	if (stand != STAND_GONE)
		return superseded(t, err);
	return err_set(
		err, EXIT_FAILED, "cannot go on as '%s': its cursor is gone", t->settings.id);
}

/* With a new producer, which brokers give the ID only when what the old one has begun has ended. */
static int begin_anew(struct kafka_txn *t, enum stand *stand, struct err *err)
{
	kafka_session_leave(t->session);
	t->session = NULL;
	if (look(t, true, stand, err) < 0)
		return -1;
	if (*stand >= STAND_OTHER)
		return disowned(t, *stand, err);
	if (txn_take_over(t, t->commit.deadline, err) != KAFKA_DONE ||
		look(t, false, stand, err) < 0)
		return -1;
	return *stand >= STAND_OTHER ? disowned(t, *stand, err) : 0;
}

/* An abort makes librdkafka forget the records that wait, and wait for those that are on their way.
 * It hangs where those come to wait again, since an earlier one was refused, after the others were
 * forgotten (seen with 2.0.2). */
static void calm_down(struct kafka_txn *t)
{
	const struct kafka_client *c = &t->session->client;
	uint64_t before = 0;

	while (c->outstanding != before && stamp_monotonic() < t->commit.deadline &&
		!sig_expired()) {
		int64_t quiet = stamp_monotonic() + QUIET_MS * STAMP_NS_PER_MS;
		before = c->outstanding;
		while (c->outstanding == before && before && stamp_monotonic() < quiet &&
			!sig_expired()) {
			wait_readable(-1, c->wake[0], KAFKA_STEP_MS);
			kafka_session_serve(t->session);
		}
	}
}

/* With the same producer, which has the ID as long as brokers let it abort. */
static enum kafka_outcome abort_and_look(struct kafka_txn *t, enum stand *stand, struct err *err)
{
	enum kafka_outcome outcome;
	int64_t now;

	calm_down(t);
	now = stamp_monotonic();
	outcome = kafka_session_step(&t->session, KAFKA_STEP_ABORT, NULL, NULL,
		now + (t->commit.deadline - now) / PATIENCE, t->reason);
	*stand = STAND_BEFORE;
	if (outcome != KAFKA_DONE || !t->commit.in_doubt)
		return outcome;
	return look(t, false, stand, err) < 0 ? KAFKA_BROKEN : KAFKA_DONE;
}

/* Learns what stands after an attempt that failed, and makes the next one possible. */
static int settle(
	struct kafka_txn *t, enum kafka_outcome outcome, enum stand *stand, struct err *err)
{
	diag_info("transaction of '%s': %s; %s", t->settings.id, t->reason,
		t->commit.in_doubt ? "its outcome is being looked up" : "trying again");
	if (outcome == KAFKA_ABORTABLE) {
		outcome = abort_and_look(t, stand, err);
		if (outcome == KAFKA_FENCED || (outcome == KAFKA_DONE && *stand >= STAND_OTHER))
			return disowned(t, *stand, err);
	}
	if (outcome != KAFKA_DONE && begin_anew(t, stand, err) < 0)
		return -1;
	t->commit.in_doubt = false;
	return 0;
}

/* Time must be left for learning what has become of it. */
static int64_t end_of_attempt(const struct kafka_txn *t)
{
	int64_t now = stamp_monotonic(), left = t->commit.deadline - now;

	return left > SHORT_MS * STAMP_NS_PER_MS ? now + left / 2 : t->commit.deadline;
}

int txn_recover(struct kafka_txn *t, enum kafka_outcome outcome, struct err *err)
{
	struct txn_commit *c = &t->commit;
	enum stand stand = STAND_BEFORE;

	while (outcome != KAFKA_DONE) {
		if (outcome == KAFKA_FENCED || outcome == KAFKA_DENIED ||
			outcome == KAFKA_REFUSED || sig_expired() ||
			stamp_monotonic() >= c->deadline)
			return txn_fail(t, outcome, err);
		if (txn_must_end(t)) {
			if (outcome == KAFKA_ABORTABLE)
				calm_down(t);
			snprintf(t->reason, sizeof t->reason, "a record was refused");
			return txn_fail(t, KAFKA_REFUSED, err);
		}
		if (settle(t, outcome, &stand, err) < 0)
			return -1;
		if (stand == STAND_AFTER)
			return 0;
		if (!t->refused)
			wait_readable(-1, -1, PAUSE_MS);
		txn_attempt(t, end_of_attempt(t));
		outcome = txn_await(t);
	}
	return 0;
}
