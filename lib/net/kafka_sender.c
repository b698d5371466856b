#include "net/kafka_sender.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum { REASON_MAX = 256 };

struct kafka_sender {
	struct kafka_producer *producer;
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

/* What the topic is like for these records. */
static int look_at_topic(
	struct kafka_sender *s, const struct kafka_sender_settings *settings, struct err *err)
{
	const struct kafka_topic_facts *facts = kafka_producer_topic(s->producer);

	if (!settings->allow_expired && !facts->log_append_time && facts->retention_ms > 0)
		s->kept_ms = facts->retention_ms;
	if (s->partition < facts->partitions)
		return 0;
	return err_set(err, EXIT_USAGE,
		"cannot publish to partition %d of topic '%s': the number of its partitions is %d",
		(int)s->partition, settings->producer.topic, (int)facts->partitions);
}

struct kafka_sender *kafka_sender_open(
	const struct kafka_sender_settings *settings, struct kafka_fates *fates, struct err *err)
{
	struct kafka_producer_settings producer = settings->producer;
	struct kafka_sender *s = mem_alloc(1, sizeof *s);

	s->fates = fates;
	s->partition = settings->partition;
	producer.delivered = on_delivery;
	producer.arg = s;
	s->producer = kafka_producer_open(&producer, err);
	if (s->producer && look_at_topic(s, settings, err) == 0)
		return s;
	kafka_sender_free(s);
	return NULL;
}

void kafka_sender_free(struct kafka_sender *s)
{
	if (!s)
		return;
	kafka_producer_free(s->producer);
	free(s);
}

int kafka_sender_fd(const struct kafka_sender *s)
{
	return kafka_producer_fd(s->producer);
}

int kafka_sender_serve(struct kafka_sender *s)
{
	if (kafka_producer_serve(s->producer) < 0 || kafka_fates_post(s->fates, s->producer) < 0)
		return -1;
	return kafka_fates_flush(s->fates);
}

int kafka_sender_await_room(struct kafka_sender *s)
{
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

int kafka_sender_send(struct kafka_sender *s, const struct kafka_record *record, struct span line)
{
	const char *objection = object_to_age(s, record->timestamp_ms);
	struct kafka_record sent = *record;

	if (objection) {
		kafka_fates_refuse(s->fates, record->tag, line, objection);
		return 0;
	}
	sent.partition = s->partition;
	return kafka_producer_send(s->producer, &sent);
}

int kafka_sender_finish(struct kafka_sender *s, struct err *err)
{
	kafka_fates_flush(s->fates);
	/* Of what is delivered last, dead letters may come. */
	do {
		kafka_fates_post(s->fates, s->producer);
		if (kafka_producer_finish(s->producer, err) < 0)
			return -1;
	} while (kafka_fates_owes(s->fates) && !sig_expired());
	return 0;
}
