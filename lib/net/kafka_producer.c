#include "net/kafka_producer.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/kafka_client.h"
#include "net/kafka_preset.h"
#include "net/kafka_record.h"
#include "net/kafka_topic.h"

enum {
	SERVE_EVERY = 256,    /* records: served ones give their memory back to the next */
	FLUSH_MS = 100,	      /* how late a signal is noticed in the end */
	FLUSH_NEWS_MS = 5000, /* between messages while waiting in the end */
	ANSWERS_MS = 1000,    /* for answers on their way when delivery has failed */
	WITHDRAW_MS = 1000,   /* for librdkafka to report what it was told to forget */
};

struct kafka_producer {
	struct kafka_client client;
	struct kafka_producer_settings settings;
	rd_kafka_topic_t *topic;
	rd_kafka_topic_t *dead_topic; /* NULL: none */
	struct kafka_topic_rules rules;
	uint64_t held;	   /* bytes of memory that records cost until they are reported */
	uint64_t held_max; /* one record is taken whatever it costs */
	unsigned unserved; /* records sent since the last serving */
	bool withdrawing;  /* what fails now fails because it was told to */
	bool failed;
	struct err failure;
};

/* The status tells more than the error: with acks=0, say, there is none and yet no proof. */
static enum kafka_fate fate_of(const rd_kafka_message_t *message)
{
	switch (rd_kafka_message_status(message)) {
	case RD_KAFKA_MSG_STATUS_PERSISTED:
		return KAFKA_ACKED;
	case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED:
		return KAFKA_UNKNOWN;
	case RD_KAFKA_MSG_STATUS_NOT_PERSISTED:
		break;
	}
	return kafka_record_is_at_fault(message->err) ? KAFKA_DEAD : KAFKA_UNSENT;
}

static void fail(struct kafka_producer *p, const char *topic, rd_kafka_resp_err_t error)
{
	const struct kafka_client *c = &p->client;
	const char *reason = rd_kafka_err2str(error);
	bool no_right = error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED || c->no_right;
	bool down = c->complained && !c->fatal;

	if (p->failed)
		return;
	p->failed = true;
	if (error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
		reason = "not acknowledged within --delivery-timeout";
	if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
		error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
		reason = "it is no longer there";
	if (c->fatal)
		reason = c->reason;
	err_set(&p->failure, no_right ? EXIT_USAGE : EXIT_FAILED,
		"cannot deliver to topic '%s' at '%s': %s%s%s", topic, c->brokers, reason,
		down ? ": " : "", down ? c->reason : "");
}

static void check_fatal(struct kafka_producer *p)
{
	if (p->client.fatal)
		fail(p, p->settings.topic, RD_KAFKA_RESP_ERR__FATAL);
}

/* One that was not acknowledged. */
static void on_failure(struct kafka_producer *p, const rd_kafka_message_t *m,
	const struct kafka_delivery *delivery)
{
	if (!m->err || p->withdrawing)
		return;
	if (delivery->is_dead_letter)
		fail(p, p->settings.dead_topic, m->err);
	else if (delivery->fate != KAFKA_DEAD)
		fail(p, p->settings.topic, m->err);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_client *c = opaque;
	struct kafka_producer *p = c->owner;
	struct kafka_delivery delivery = {
		.tag = (uintptr_t)m->_private,
		.is_dead_letter = p->dead_topic && m->rkt == p->dead_topic,
		.fate = fate_of(m),
		.key = span_make(m->key, m->key_len),
		.value = span_make(m->payload, m->len),
		.partition = m->partition,
		.offset = m->offset,
	};

	(void)rk;
	c->outstanding--;
	p->held -= kafka_record_message_cost(m);
	if (delivery.fate == KAFKA_ACKED) {
		delivery.timestamp_ms = rd_kafka_message_timestamp(m, NULL);
		c->complained = false;
	} else {
		delivery.reason = rd_kafka_err2str(m->err);
		on_failure(p, m, &delivery);
	}
	p->settings.delivered(p->settings.arg, &delivery);
}

/* A record that librdkafka did not get or take. */
static void settle(struct kafka_producer *p, rd_kafka_topic_t *topic,
	const struct kafka_record *record, enum kafka_fate fate, const char *reason)
{
	struct kafka_delivery delivery = {
		.tag = record->tag,
		.is_dead_letter = topic == p->dead_topic,
		.fate = fate,
		.reason = reason,
		.key = record->key,
		.value = record->value,
		.partition = RD_KAFKA_PARTITION_UA,
		.offset = RD_KAFKA_OFFSET_INVALID,
	};

	p->settings.delivered(p->settings.arg, &delivery);
}

static int open_topics(struct kafka_producer *p, struct err *err)
{
	const struct kafka_producer_settings *s = &p->settings;
	struct kafka_topic_wish wish = {
		.name = s->topic,
		.kind = "topic",
		.can_create = p->settings.can_create,
		.creation = s->creation,
		.config = s->topic_config,
		.deadline =
			stamp_monotonic() + (int64_t)s->connection->connect_ms * STAMP_NS_PER_MS,
	};
	int32_t partitions;

	p->topic = kafka_topic_open(&p->client, &wish, &p->rules.facts.partitions, err);
	if (!p->topic || !s->dead_topic)
		return p->topic ? 0 : -1;
	wish = (struct kafka_topic_wish){
		.name = s->dead_topic, .kind = "dead-letter topic", .deadline = wish.deadline};
	p->dead_topic = kafka_topic_open(&p->client, &wish, &partitions, err);
	return p->dead_topic ? 0 : -1;
}

/* What is the largest batch that both topics take; 0: not known. */
static uint64_t batch_limit(struct kafka_producer *p)
{
	struct kafka_topic_rules dead = {.needs_key = false};
	uint64_t limit, other;

	kafka_topic_describe(&p->client, p->settings.topic, &p->rules);
	limit = p->rules.facts.max_message_bytes;
	if (!p->dead_topic)
		return limit;
	kafka_topic_describe(&p->client, p->settings.dead_topic, &dead);
	other = dead.facts.max_message_bytes;
	return !limit || (other && other < limit) ? other : limit;
}

static void leave_topics(struct kafka_producer *p)
{
	if (p->topic)
		rd_kafka_topic_destroy(p->topic);
	if (p->dead_topic)
		rd_kafka_topic_destroy(p->dead_topic);
	p->topic = p->dead_topic = NULL;
}

/* A broker refuses batches, not records: none may be larger than the topic takes, so that a record
 * that is too large is refused alone. The bound is the client's, who begins anew to change it. */
static int bound_batches(struct kafka_producer *p, struct err *err)
{
	const struct kafka_producer_settings *s = &p->settings;
	uint64_t limit = batch_limit(p);
	char text[NUM_U64_MAX + 1];
	rd_kafka_conf_t *conf;

	if (!limit || limit >= kafka_client_property(rd_kafka_conf(p->client.rk), "batch.size"))
		return 0;
	conf = rd_kafka_conf_dup(rd_kafka_conf(p->client.rk));
	text[num_write_u64(text, limit)] = '\0';
	rd_kafka_conf_set(conf, "batch.size", text, NULL, 0);
	leave_topics(p);
	kafka_client_release(&p->client);
	if (kafka_client_start(&p->client, RD_KAFKA_PRODUCER, conf, err) < 0)
		return -1;
	p->topic = rd_kafka_topic_new(p->client.rk, s->topic, NULL);
	if (s->dead_topic)
		p->dead_topic = rd_kafka_topic_new(p->client.rk, s->dead_topic, NULL);
	if (p->topic && (p->dead_topic || !s->dead_topic))
		return 0;
	return err_set(err, EXIT_FAILED, "cannot use topic '%s': %s",
		p->topic ? s->dead_topic : s->topic, rd_kafka_err2str(rd_kafka_last_error()));
}

static int start(struct kafka_producer *p, struct err *err)
{
	const struct kafka_producer_settings *s = &p->settings;
	rd_kafka_conf_t *conf = kafka_preset_make(s, err);

	if (!conf)
		return -1;
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	/* Also where properties have changed it. */
	p->held_max = kafka_client_property(conf, "queue.buffering.max.kbytes") * 1024;
	p->client.owner = p;
	if (kafka_client_start(&p->client, RD_KAFKA_PRODUCER, conf, err) < 0 ||
		open_topics(p, err) < 0)
		return -1;
	return bound_batches(p, err);
}

struct kafka_producer *kafka_producer_open(
	const struct kafka_producer_settings *settings, struct err *err)
{
	struct kafka_producer *p;

	if (settings->dead_topic && strcmp(settings->topic, settings->dead_topic) == 0) {
		err_set(err, EXIT_USAGE, "cannot use topic '%s' for its own dead letters",
			settings->topic);
		return NULL;
	}
	p = mem_alloc(1, sizeof *p);
	p->settings = *settings;
	p->settings.txn_id = NULL;
	if (start(p, err) == 0)
		return p;
	kafka_producer_free(p);
	return NULL;
}

const struct kafka_topic_facts *kafka_producer_topic(const struct kafka_producer *p)
{
	return &p->rules.facts;
}

int kafka_producer_fd(const struct kafka_producer *p)
{
	return p->client.wake[0];
}

int kafka_producer_serve(struct kafka_producer *p)
{
	p->unserved = 0;
	kafka_client_serve(&p->client);
	check_fatal(p);
	return p->failed ? -1 : 0;
}

static rd_kafka_resp_err_t produce(
	struct kafka_producer *p, rd_kafka_topic_t *topic, const struct kafka_record *record)
{
	uint64_t cost = kafka_record_cost(record);
	rd_kafka_resp_err_t error;

	if (p->client.outstanding && p->held + cost > p->held_max)
		return RD_KAFKA_RESP_ERR__QUEUE_FULL;
	error = kafka_record_produce(p->client.rk, topic, record);
	if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !p->client.outstanding)
		return RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
	if (error)
		return error;
	p->client.outstanding++;
	p->held += cost;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Ends what began with a record that was not taken. */
static int give_up(struct kafka_producer *p, rd_kafka_topic_t *topic,
	const struct kafka_record *record, rd_kafka_resp_err_t error)
{
	bool is_dead_letter = topic == p->dead_topic;
	bool at_fault = kafka_record_is_at_fault(error);

	if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL && (is_dead_letter || !at_fault))
		fail(p, is_dead_letter ? p->settings.dead_topic : p->settings.topic, error);
	settle(p, topic, record, at_fault ? KAFKA_DEAD : KAFKA_UNSENT, rd_kafka_err2str(error));
	return at_fault && !is_dead_letter ? 0 : -1;
}

static int send_to(
	struct kafka_producer *p, rd_kafka_topic_t *topic, const struct kafka_record *record)
{
	rd_kafka_resp_err_t error;

	while ((error = produce(p, topic, record)) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || p->failed || sig_expired())
			return give_up(p, topic, record, error);
		kafka_client_wait(&p->client, sig_left_ms());
		check_fatal(p);
	}
	if (++p->unserved < SERVE_EVERY)
		return 0;
	return kafka_producer_serve(p);
}

/* librdkafka would look for the partition until the record's time is over. */
static int refuse_partition(struct kafka_producer *p, const struct kafka_record *record)
{
	if (!p->failed)
		err_set(&p->failure, EXIT_USAGE,
			"cannot deliver to topic '%s' at '%s': it has no partition %d",
			p->settings.topic, p->client.brokers, (int)record->partition);
	p->failed = true;
	settle(p, p->topic, record, KAFKA_UNSENT,
		rd_kafka_err2str(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION));
	return -1;
}

int kafka_producer_send(struct kafka_producer *p, const struct kafka_record *record)
{
	const char *objection = kafka_topic_objection(&p->rules, record);

	if (record->partition >= p->rules.facts.partitions)
		return refuse_partition(p, record);
	if (!objection)
		return send_to(p, p->topic, record);
	settle(p, p->topic, record, KAFKA_DEAD, objection);
	return 0;
}

int kafka_producer_send_dead(struct kafka_producer *p, struct span value, uint64_t tag)
{
	const struct kafka_record record = {
		.key = {NULL, 0}, .value = value, .partition = RD_KAFKA_PARTITION_UA, .tag = tag};

	return send_to(p, p->dead_topic, &record);
}

static void flush_for(struct kafka_producer *p, int64_t timeout_ms)
{
	int64_t end = stamp_monotonic() + timeout_ms * STAMP_NS_PER_MS;

	while (p->client.outstanding && stamp_monotonic() < end)
		kafka_client_flush(&p->client, FLUSH_MS);
}

static void flush_all(struct kafka_producer *p)
{
	int64_t news = stamp_monotonic() + FLUSH_NEWS_MS * STAMP_NS_PER_MS;

	while (p->client.outstanding && !p->failed && !sig_expired()) {
		kafka_client_flush(&p->client, FLUSH_MS);
		check_fatal(p);
		if (stamp_monotonic() < news)
			continue;
		news += FLUSH_NEWS_MS * STAMP_NS_PER_MS;
		diag_info("waiting for the acknowledgement of %llu records",
			(unsigned long long)p->client.outstanding);
	}
}

/* The purge does not wait for librdkafka's threads: one of them may hang in a name lookup. */
static void withdraw(struct kafka_producer *p)
{
	rd_kafka_t *rk = p->client.rk;

	p->withdrawing = true;
	if (!sig_expired()) {
		rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
		flush_for(p, ANSWERS_MS);
	}
	rd_kafka_purge(rk,
		RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
	flush_for(p, WITHDRAW_MS);
}

int kafka_producer_finish(struct kafka_producer *p, struct err *err)
{
	const struct kafka_delivery lost = {
		.fate = KAFKA_UNKNOWN, .reason = "no report came from librdkafka"};

	flush_all(p);
	if (p->client.outstanding)
		withdraw(p);
	for (uint64_t n = p->client.outstanding; n > 0; n--)
		p->settings.delivered(p->settings.arg, &lost);
	if (!p->failed)
		return 0;
	*err = p->failure;
	return -1;
}

void kafka_producer_free(struct kafka_producer *p)
{
	if (!p)
		return;
	leave_topics(p);
	/* A thread of librdkafka that hangs would hold up its end. */
	if (!p->client.outstanding)
		kafka_client_release(&p->client);
	free(p);
}
