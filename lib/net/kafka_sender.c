#include "net/kafka_sender.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum { REASON_MAX = 256 };

struct kafka_sender {
	struct kafka_producer *producer; /* of records, or, beside transactions, of dead letters */
	struct kafka_txn *txn;		 /* NULL: no transactions */
	struct kafka_ledger ledger;
	const struct kafka_txn_options *options;
	int64_t committed; /* the last time; stamp_monotonic() */
	int64_t owed;	   /* since when a refused record has waited for a commit; 0: none does */
	bool refused;	   /* records of a transaction that was submitted were, by brokers */
	bool has_failed;
	struct err failure; /* of a commit */
	struct kafka_fates *fates;
	int32_t partition;
	int64_t kept_ms; /* by the topic; 0: for ever, or not known */
	char reason[REASON_MAX];
};

static void on_delivery(void *arg, const struct kafka_delivery *delivery)
{
	const struct kafka_sender *s = arg;

	kafka_fates_deliver(s->fates, delivery);
}

/* Whether the transaction stands is not known here. */
static void on_outcome(void *arg, const struct kafka_delivery *d)
{
	struct kafka_sender *s = arg;

	if (d->fate != KAFKA_DEAD) {
		kafka_fates_deliver(s->fates, d);
		return;
	}
	kafka_fates_condemn(s->fates, d->tag, d->value, d->reason);
	s->refused = true;
}

/* All that was refused so far waited for this; but for the one that ends the run, which is dead
 * in any case. */
static int conclude(struct kafka_sender *s, bool stands)
{
	s->has_failed = !stands;
	kafka_fates_conclude(s->fates, stands || !kafka_fates_survives_dead(s->fates));
	s->refused = false;
	s->owed = 0;
	return stands ? 0 : -1;
}

static int submit(struct kafka_sender *s, bool waits)
{
	const struct kafka_ledger *l = &s->ledger;
	size_t n;
	const struct span *texts = l->texts(l->arg, &n);
	int result = waits ? kafka_txn_commit(s->txn, texts, n, &s->failure)
			   : kafka_txn_submit(s->txn, texts, n, &s->failure);

	l->settled(l->arg, result == 0);
	s->committed = stamp_monotonic();
	return waits || result < 0 ? conclude(s, result == 0) : 0;
}

static int commit(struct kafka_sender *s)
{
	return submit(s, true);
}

/* What is under way. */
static int settle(struct kafka_sender *s)
{
	if (s->has_failed || kafka_txn_settle(s->txn, &s->failure) < 0)
		return conclude(s, false);
	return s->owed ? 0 : conclude(s, true);
}

/* Whether there is more to commit than the cursor as it stands. */
static bool owes_commit(const struct kafka_sender *s)
{
	return !s->has_failed && (s->owed || kafka_txn_records(s->txn) > 0);
}

static int64_t left_ms(int64_t since, uint64_t ms)
{
	int64_t ns = since + (int64_t)ms * STAMP_NS_PER_MS - stamp_monotonic();

	return ns <= 0 ? 0 : (ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
}

static bool is_due(const struct kafka_sender *s)
{
	return kafka_txn_is_due(s->txn) ||
		(s->owed && left_ms(s->owed, s->options->interval_ms) == 0);
}

/* While brokers are busy with one transaction the next one is taken, unless dead letters wait. */
static int commit_if_due(struct kafka_sender *s)
{
	if (s->has_failed)
		return -1;
	if (s->refused)
		return s->owed ? commit(s) : settle(s);
	return is_due(s) ? submit(s, s->owed != 0) : 0;
}

static int renew_if_due(struct kafka_sender *s)
{
	if (left_ms(s->committed, s->options->renewal_ms) > 0)
		return 0;
	diag_info("renewing the cursor of '%s'", s->options->id);
	return commit(s);
}

/* What the topic is like for these records. */
static int look_at_topic(
	struct kafka_sender *s, const struct kafka_sender_settings *settings, struct err *err)
{
	const struct kafka_topic_facts *facts =
		s->txn ? kafka_txn_topic(s->txn) : kafka_producer_topic(s->producer);

	if (!settings->allow_expired && !facts->log_append_time && facts->retention_ms > 0)
		s->kept_ms = facts->retention_ms;
	if (s->partition < facts->partitions)
		return 0;
	return err_set(err, EXIT_USAGE,
		"cannot publish to partition %d of topic '%s': the number of its partitions is %d",
		(int)s->partition, settings->producer.topic, (int)facts->partitions);
}

static int begin(struct kafka_sender *s, const char *topic, struct err *err)
{
	const struct kafka_texts *texts = kafka_txn_cursor(s->txn);
	int found = s->ledger.begin(s->ledger.arg, texts->spans, texts->n, err);
	int any = found == 0 ? kafka_txn_sees_records(s->txn, err) : 0;

	if (found < 0 || any < 0)
		return -1;
	if (any > 0)
		return err_set(err, EXIT_USAGE,
			"cannot begin as '%s': it has no cursor, and topic '%s' is not empty "
			"(--begin says that this is a new flow, --adopt FILE where it stands)",
			s->options->id, topic);
	if (commit(s) == 0)
		return 0;
	*err = s->failure;
	/* Only a signal came, and nothing was read yet. */
	if (err->code == EXIT_PARTIAL)
		err->code = EXIT_DONE;
	return -1;
}

/* The producer of dead letters comes first: where it cannot be had, the ID is left alone. */
static int open_transactions(
	struct kafka_sender *s, const struct kafka_sender_settings *settings, struct err *err)
{
	const struct kafka_producer_settings *p = &settings->producer;
	const struct kafka_txn_settings txn = {
		.connection = p->connection,
		.topic = p->topic,
		.id = settings->txn->id,
		.creation = p->creation,
		.topic_config = p->topic_config,
		.compression = p->compression,
		.delivery_ms = p->delivery_ms,
		.queue_bytes = p->queue_bytes,
		.records_max = settings->txn->records_max,
		.interval_ms = settings->txn->interval_ms,
		.refusal_ends = !kafka_fates_survives_dead(s->fates),
		.delivered = on_outcome,
		.arg = s,
	};

	s->options = settings->txn;
	s->ledger = settings->ledger;
	if (p->dead_topic && !(s->producer = kafka_producer_open(p, err)))
		return -1;
	s->txn = kafka_txn_open(&txn, err);
	if (!s->txn || look_at_topic(s, settings, err) < 0)
		return -1;
	return begin(s, p->topic, err);
}

static int open_either(
	struct kafka_sender *s, struct kafka_sender_settings *settings, struct err *err)
{
	settings->producer.delivered = on_delivery;
	settings->producer.arg = s;
	if (settings->txn && settings->txn->id)
		return open_transactions(s, settings, err);
	s->producer = kafka_producer_open(&settings->producer, err);
	return s->producer ? look_at_topic(s, settings, err) : -1;
}

struct kafka_sender *kafka_sender_open(
	const struct kafka_sender_settings *settings, struct kafka_fates *fates, struct err *err)
{
	struct kafka_sender_settings own = *settings;
	struct kafka_sender *s = mem_alloc(1, sizeof *s);

	s->fates = fates;
	s->partition = settings->partition;
	if (open_either(s, &own, err) == 0)
		return s;
	kafka_sender_free(s);
	return NULL;
}

void kafka_sender_free(struct kafka_sender *s)
{
	if (!s)
		return;
	kafka_txn_free(s->txn);
	kafka_producer_free(s->producer);
	free(s);
}

int kafka_sender_fd(const struct kafka_sender *s)
{
	if (!s->txn || (s->producer && kafka_fates_is_mailing(s->fates)))
		return kafka_producer_fd(s->producer);
	return kafka_txn_fd(s->txn);
}

int64_t kafka_sender_left_ms(const struct kafka_sender *s)
{
	int64_t least, left;

	if (!s->txn)
		return -1;
	least = left_ms(s->committed, s->options->renewal_ms);
	left = kafka_txn_left_ms(s->txn);
	if (left >= 0 && left < least)
		least = left;
	left = s->owed ? left_ms(s->owed, s->options->interval_ms) : -1;
	return left >= 0 && left < least ? left : least;
}

int kafka_sender_serve(struct kafka_sender *s)
{
	if (s->txn) {
		kafka_txn_serve(s->txn);
		if (commit_if_due(s) < 0 || renew_if_due(s) < 0)
			return -1;
	}
	if (s->producer &&
		(kafka_producer_serve(s->producer) < 0 ||
			kafka_fates_post(s->fates, s->producer) < 0))
		return -1;
	return kafka_fates_flush(s->fates);
}

/* Lines leave with the transactions that they are in. */
static int make_room(struct kafka_sender *s)
{
	if (commit_if_due(s) < 0)
		return -1;
	if (kafka_fates_is_full(s->fates) && settle(s) < 0)
		return -1;
	return kafka_fates_is_full(s->fates) && owes_commit(s) ? commit(s) : 0;
}

int kafka_sender_await_room(struct kafka_sender *s)
{
	if (s->txn && make_room(s) < 0)
		return -1;
	if (kafka_fates_owes(s->fates) && kafka_fates_post(s->fates, s->producer) < 0)
		return -1;
	while (kafka_fates_is_full(s->fates)) {
		if (kafka_sender_serve(s) < 0 || sig_expired())
			return -1;
		if (kafka_fates_is_full(s->fates))
			wait_readable(-1, kafka_sender_fd(s), sig_left_ms());
	}
	return 0;
}

/* NULL, or why the topic would soon be without the record. */
static const char *object_to_age(struct kafka_sender *s, int64_t ms)
{
	char stamp[STAMP_TEXT_MAX];
	int length;

	if (!s->kept_ms || !ms || ms >= stamp_now() / STAMP_NS_PER_MS - s->kept_ms)
		return NULL;
	length = (int)stamp_write(stamp, ms * STAMP_NS_PER_MS, 3);
	snprintf(s->reason, sizeof s->reason,
		"its time, %.*s, is older than the topic keeps records (retention.ms=%lld)", length,
		stamp, (long long)s->kept_ms);
	return s->reason;
}

static int send_in_transaction(
	struct kafka_sender *s, const struct kafka_record *record, struct span line)
{
	const char *objection;

	switch (kafka_txn_send(s->txn, record, &objection)) {
	case KAFKA_TAKEN:
		s->ledger.advance(s->ledger.arg);
		return 0;
	case KAFKA_OBJECTED:
		return kafka_sender_refuse(s, record->tag, line, objection, true);
	case KAFKA_ENDED:
		break;
	}
	kafka_fates_settle(s->fates, record->tag, KAFKA_UNSENT);
	return -1;
}

int kafka_sender_send(struct kafka_sender *s, const struct kafka_record *record, struct span line)
{
	const char *objection = object_to_age(s, record->timestamp_ms);
	struct kafka_record sent = *record;

	if (objection)
		return kafka_sender_refuse(s, record->tag, line, objection, true);
	sent.partition = s->partition;
	return s->txn ? send_in_transaction(s, &sent, line)
		      : kafka_producer_send(s->producer, &sent);
}

/* The record that ends the run is behind what the cursor says, so that the next run
 * meets it again. */
static int refuse_last(struct kafka_sender *s)
{
	if (owes_commit(s))
		commit(s);
	else
		settle(s);
	return -1;
}

int kafka_sender_refuse(
	struct kafka_sender *s, uint64_t tag, struct span line, const char *reason, bool is_next)
{
	if (!s->txn) {
		kafka_fates_refuse(s->fates, tag, line, reason);
		return kafka_fates_has_ended(s->fates) ? -1 : 0;
	}
	kafka_fates_condemn(s->fates, tag, line, reason);
	if (!kafka_fates_survives_dead(s->fates))
		return refuse_last(s);
	if (is_next)
		s->ledger.advance(s->ledger.arg);
	else if (!owes_commit(s) && !s->refused && settle(s) < 0)
		return -1;
	if (!s->owed && kafka_fates_condemned(s->fates) > 0)
		s->owed = stamp_monotonic();
	return kafka_fates_has_ended(s->fates) ? -1 : 0;
}

/* Of what is delivered last, dead letters may come. */
static int finish_producer(struct kafka_sender *s, struct err *err)
{
	do {
		kafka_fates_post(s->fates, s->producer);
		if (kafka_producer_finish(s->producer, err) < 0)
			return -1;
	} while (kafka_fates_owes(s->fates) && !sig_expired());
	return 0;
}

int kafka_sender_finish(struct kafka_sender *s, struct err *err)
{
	int result;

	if (s->txn && owes_commit(s))
		commit(s);
	else if (s->txn)
		settle(s);
	kafka_fates_flush(s->fates);
	result = s->producer ? finish_producer(s, err) : 0;
	if (!s->has_failed)
		return result;
	*err = s->failure;
	return -1;
}

bool kafka_sender_was_fenced(const struct kafka_sender *s)
{
	return s->txn && kafka_txn_was_fenced(s->txn);
}
