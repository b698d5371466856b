#include "net/kafka_producer.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/kafka_client.h"
#include "net/kafka_topic.h"

/* What librdkafka may hold: 22 MB of resident memory with records of 190 bytes (measured; it needs
 * about 400 bytes more for each). A broker 10 ms away can still be given 3 million a second. */
#define QUEUE_KBYTES "16384"
#define QUEUE_RECORDS "30000"

/* Above the longest line with its key: what is too large is for the topic to say. Batches have a
 * bound of their own, batch.size. */
#define RECORD_BYTES "9437184"

/* Java's, a tenth of librdkafka's: how long a broker that is back goes unnoticed. While it waits to
 * connect again, librdkafka 2.0.2 does not look for records whose time is over either (seen). */
#define RECONNECT_MS "1000"

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
	unsigned unserved; /* records sent since the last serving */
	bool withdrawing;  /* what fails now fails because it was told to */
	bool failed;
	struct err failure;
};

/* Whether the broker, or librdkafka on its behalf, objects to the record itself: the next one may
 * well be taken. Anything else (no such topic, no right, no broker) would meet them all. */
static bool is_records_fault(rd_kafka_resp_err_t error)
{
	switch ((int)error) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return true;
	default:
		return false;
	}
}

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
	return is_records_fault(message->err) ? KAFKA_DEAD : KAFKA_UNSENT;
}

static void fail(struct kafka_producer *p, rd_kafka_resp_err_t error)
{
	const struct kafka_client *c = &p->client;
	const char *reason = rd_kafka_err2str(error);
	bool no_right = error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
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
		"cannot deliver to topic '%s' at '%s': %s%s%s", p->settings.topic, c->brokers,
		reason, down ? ": " : "", down ? c->reason : "");
}

static void check_fatal(struct kafka_producer *p)
{
	if (p->client.fatal)
		fail(p, RD_KAFKA_RESP_ERR__FATAL);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_client *c = opaque;
	struct kafka_producer *p = c->owner;
	struct kafka_delivery delivery = {
		.tag = (uintptr_t)m->_private,
		.fate = fate_of(m),
		.key = span_make(m->key, m->key_len),
		.value = span_make(m->payload, m->len),
		.partition = m->partition,
		.offset = m->offset,
	};

	(void)rk;
	c->outstanding--;
	if (delivery.fate == KAFKA_ACKED) {
		delivery.timestamp_ms = rd_kafka_message_timestamp(m, NULL);
		c->complained = false;
	} else {
		delivery.reason = rd_kafka_err2str(m->err);
		if (m->err && delivery.fate != KAFKA_DEAD && !p->withdrawing)
			fail(p, m->err);
	}
	p->settings.delivered(p->settings.arg, &delivery);
}

/* A record that librdkafka did not take. */
static void settle(struct kafka_producer *p, struct span key, struct span value, uint64_t tag,
	rd_kafka_resp_err_t error)
{
	struct kafka_delivery delivery = {
		.tag = tag,
		.fate = is_records_fault(error) ? KAFKA_DEAD : KAFKA_UNSENT,
		.reason = rd_kafka_err2str(error),
		.key = key,
		.value = value,
		.partition = RD_KAFKA_PARTITION_UA,
		.offset = RD_KAFKA_OFFSET_INVALID,
	};

	p->settings.delivered(p->settings.arg, &delivery);
}

static struct rd_kafka_conf_s *configure(
	const struct kafka_producer_settings *settings, struct err *err)
{
	char delivery_ms[NUM_U64_MAX + 1];
	const struct kafka_property presets[] = {
		{"enable.idempotence", "true"},
		{"acks", "all"},
		{"partitioner", "murmur2_random"},
		{"message.timeout.ms", delivery_ms},
		{"compression.codec", settings->compression},
		{"queue.buffering.max.kbytes", QUEUE_KBYTES},
		{"queue.buffering.max.messages", QUEUE_RECORDS},
		{"message.max.bytes", RECORD_BYTES},
		{"reconnect.backoff.max.ms", RECONNECT_MS},
		{"allow.auto.create.topics", "false"},
		{NULL, NULL},
	};
	rd_kafka_conf_t *conf;

	delivery_ms[num_write_u64(delivery_ms, settings->delivery_ms)] = '\0';
	conf = kafka_config_make(settings->connection, presets, err);
	if (conf)
		rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	return conf;
}

static uint64_t batch_bytes(const rd_kafka_conf_t *conf)
{
	char text[NUM_U64_MAX + 1];
	size_t n = sizeof text;
	uint64_t bytes;

	if (rd_kafka_conf_get(conf, "batch.size", text, &n) != RD_KAFKA_CONF_OK ||
		num_u64(span_text(text), &bytes) < 0)
		return 0;
	return bytes;
}

/* A broker refuses batches, not records: none may be larger than the topic takes, so that a record
 * that is too large is refused alone. The bound is the client's, who begins anew to change it. */
static int bound_batches(struct kafka_producer *p, struct err *err)
{
	uint64_t limit = kafka_topic_limit(&p->client, p->settings.topic);
	char text[NUM_U64_MAX + 1];
	rd_kafka_conf_t *conf;

	if (!limit || limit >= batch_bytes(rd_kafka_conf(p->client.rk)))
		return 0;
	conf = rd_kafka_conf_dup(rd_kafka_conf(p->client.rk));
	text[num_write_u64(text, limit)] = '\0';
	rd_kafka_conf_set(conf, "batch.size", text, NULL, 0);
	rd_kafka_topic_destroy(p->topic);
	p->topic = NULL;
	kafka_client_release(&p->client);
	if (kafka_client_start(&p->client, RD_KAFKA_PRODUCER, conf, err) < 0)
		return -1;
	p->topic = rd_kafka_topic_new(p->client.rk, p->settings.topic, NULL);
	if (!p->topic)
		return err_set(err, EXIT_FAILED, "cannot use topic '%s': %s", p->settings.topic,
			rd_kafka_err2str(rd_kafka_last_error()));
	return 0;
}

struct kafka_producer *kafka_producer_open(
	const struct kafka_producer_settings *settings, struct err *err)
{
	const struct kafka_topic_wish wish = {
		.name = settings->topic,
		.creation = settings->creation,
		.wait_ms = settings->connection->connect_ms,
	};
	rd_kafka_conf_t *conf = configure(settings, err);
	struct kafka_producer *p;

	if (!conf)
		return NULL;
	p = mem_alloc(1, sizeof *p);
	p->settings = *settings;
	p->client.owner = p;
	if (kafka_client_start(&p->client, RD_KAFKA_PRODUCER, conf, err) == 0)
		p->topic = kafka_topic_open(&p->client, &wish, err);
	if (!p->topic || bound_batches(p, err) < 0) {
		kafka_producer_free(p);
		return NULL;
	}
	return p;
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

static int produce(struct kafka_producer *p, struct span key, struct span value, uint64_t tag)
{
	/* Neither is written to: they are copied into one block with the message. */
	return rd_kafka_produce(p->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
		(void *)(uintptr_t)value.p, value.n, key.p, key.n, (void *)(uintptr_t)tag);
}

int kafka_producer_send(struct kafka_producer *p, struct span key, struct span value, uint64_t tag)
{
	rd_kafka_resp_err_t error;

	while (produce(p, key, value, tag) < 0) {
		error = rd_kafka_last_error();
		if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !p->client.outstanding)
			error = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || p->failed || sig_expired()) {
			settle(p, key, value, tag, error);
			if (is_records_fault(error))
				return 0;
			if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
				fail(p, error);
			return -1;
		}
		kafka_client_wait(&p->client, sig_left_ms());
		check_fatal(p);
	}
	p->client.outstanding++;
	if (++p->unserved < SERVE_EVERY)
		return 0;
	return kafka_producer_serve(p);
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
	if (p->topic)
		rd_kafka_topic_destroy(p->topic);
	/* A thread of librdkafka that hangs would hold up its end. */
	if (!p->client.outstanding)
		kafka_client_release(&p->client);
	free(p);
}
