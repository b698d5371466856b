#include "net/kafka_reader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_client.h"
#include "net/kafka_preset.h"
#include "net/kafka_topic.h"

enum {
	BLOCK_FIRST = 1000, /* records */
	BLOCK_GROWTH = 8,
	AT_A_TIME = 16, /* partitions, so that what librdkafka holds is bounded */
	/* rd_kafka_offsets_for_times() cannot be interrupted. */
	ASK_FIRST_MS = 250,
	ASK_LAST_MS = 4000,
	PAUSE_MS = 100,
};

struct part {
	int64_t low, end;
	int64_t from; /* where what was read begins */
	int64_t to;   /* where the block that is being read ends */
	int64_t block;
	uint64_t records, before; /* seen so far, and before this block */
	bool reading;
};

struct kafka_reader {
	struct kafka_client client; /* at read_committed */
	struct kafka_reader_settings settings;
	rd_kafka_topic_t *topic;
	int32_t n;
	struct part *parts;
};

struct span kafka_seen_header(const struct kafka_seen *seen, const char *name)
{
	rd_kafka_headers_t *headers;
	const void *value = NULL;
	size_t n = 0;

	if (rd_kafka_message_headers(seen->message, &headers) ||
		rd_kafka_header_get_last(headers, name, &value, &n))
		return span_make(NULL, 0);
	return span_make(value, value ? n : 0);
}

static rd_kafka_conf_t *configure(
	const struct kafka_options *connection, const char *isolation, struct err *err)
{
	const struct kafka_property forced[] = {{"isolation.level", isolation}, {NULL, NULL}};

	return kafka_preset_consumer(connection, forced, err);
}

int kafka_reader_print(const struct kafka_options *connection, struct buf *to, struct err *err)
{
	rd_kafka_conf_t *conf = configure(connection, "read_committed", err);
	int result;

	if (!conf)
		return -1;
	result = kafka_config_print(conf, to, err);
	rd_kafka_conf_destroy(conf);
	return result;
}

static int start(struct kafka_client *c, const struct kafka_options *connection,
	const char *isolation, struct err *err)
{
	rd_kafka_conf_t *conf = configure(connection, isolation, err);

	return conf ? kafka_client_start(c, RD_KAFKA_CONSUMER, conf, err) : -1;
}

static int64_t in_ms(uint64_t ms)
{
	return stamp_monotonic() + (int64_t)ms * STAMP_NS_PER_MS;
}

static int refuse(const struct kafka_reader *r, rd_kafka_resp_err_t error, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		"cannot read topic '%s' at '%s': %s (it takes the rights Describe and Read of the "
		"topic)",
		r->settings.topic, r->client.brokers, rd_kafka_err2str(error));
}

/* Whether it is of no use to go on: -1 and *err. */
static int check(const struct kafka_reader *r, const struct kafka_client *c, int64_t deadline,
	rd_kafka_resp_err_t error, struct err *err)
{
	if (sig_stops())
		return err_set(err, EXIT_DONE, "stopped by a signal");
	if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		return refuse(r, error, err);
	if (c->refused)
		return err_set(err, EXIT_USAGE, "cannot use the broker at '%s': %s", c->brokers,
			c->reason);
	if (stamp_monotonic() < deadline)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot read topic '%s' at '%s': %s", r->settings.topic,
		c->brokers,
		*c->reason	? c->reason
			: error ? rd_kafka_err2str(error)
				: "no answer");
}

/* An answer that does not come in time is no error here: the offset stays what was asked for. */
static rd_kafka_resp_err_t ask_once(const struct kafka_reader *r, struct kafka_client *c,
	int64_t what, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
	rd_kafka_resp_err_t error;

	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = what;
	error = rd_kafka_offsets_for_times(c->rk, list, timeout_ms);
	for (int i = 0; i < r->n && !error; i++) {
		error = list->elems[i].err;
		if (!error && list->elems[i].offset < 0)
			error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	}
	return error;
}

/* Asks where each partition begins or ends: `what` is RD_KAFKA_OFFSET_BEGINNING or
 * RD_KAFKA_OFFSET_END, which mean the same to brokers. rd_kafka_query_watermark_offsets() of 2.0.2
 * does not keep to its time. */
static int ask(const struct kafka_reader *r, struct kafka_client *c, int64_t what, int64_t *offsets,
	struct err *err)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(r->n);
	int64_t deadline = in_ms(r->settings.connection->connect_ms), left;
	int64_t slice = ASK_FIRST_MS;
	rd_kafka_resp_err_t error;
	int result;

	for (int32_t i = 0; i < r->n; i++)
		rd_kafka_topic_partition_list_add(list, r->settings.topic, i);
	for (;; slice = slice * 2 > ASK_LAST_MS ? ASK_LAST_MS : slice * 2) {
		left = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;
		error = ask_once(r, c, what, list,
			(int)(left < 1		       ? 1
					: left < slice ? left
						       : slice));
		kafka_client_serve(c);
		wait_duty();
		result = error || sig_stops() ? check(r, c, deadline, error, err) : 0;
		if (!error || result < 0)
			break;
		kafka_client_wait(c, PAUSE_MS);
	}
	for (int32_t i = 0; i < r->n && result == 0; i++)
		offsets[i] = list->elems[i].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return result;
}

/* Where each partition ends, whatever is still open there: only a client at read_uncommitted is
 * told. */
static int find_end(struct kafka_reader *r, int64_t *offsets, struct err *err)
{
	struct kafka_client c = {.wake = {-1, -1}};
	int result = start(&c, r->settings.connection, "read_uncommitted", err);

	if (result == 0)
		result = ask(r, &c, RD_KAFKA_OFFSET_BEGINNING, offsets, err);
	for (int32_t i = 0; i < r->n && result == 0; i++)
		r->parts[i].low = offsets[i];
	if (result == 0)
		result = ask(r, &c, RD_KAFKA_OFFSET_END, offsets, err);
	for (int32_t i = 0; i < r->n && result == 0; i++)
		r->parts[i].from = r->parts[i].end = offsets[i];
	kafka_client_release(&c);
	return result;
}

/* The first partition that is not stable up to its end; n: all are. */
static int32_t find_open(const struct kafka_reader *r, const int64_t *stable)
{
	int32_t i = 0;

	while (i < r->n && stable[i] >= r->parts[i].end)
		i++;
	return i;
}

static int await_end(struct kafka_reader *r, int64_t *stable, struct err *err)
{
	int64_t deadline = in_ms(r->settings.wait_ms), told = -1;
	int32_t i;

	for (;;) {
		if (ask(r, &r->client, RD_KAFKA_OFFSET_END, stable, err) < 0)
			return -1;
		i = find_open(r, stable);
		if (i == r->n)
			return 0;
		if (stamp_monotonic() >= deadline)
			return err_set(err, EXIT_FAILED,
				"cannot read the end of topic '%s' at '%s': a transaction in "
				"partition %" PRId32 " is still open at offset %" PRId64
				" after %" PRIu64 " ms",
				r->settings.topic, r->client.brokers, i, stable[i],
				r->settings.wait_ms);
		if (stable[i] != told)
			diag_info("waiting for a transaction in partition %" PRId32
				  " of topic '%s', open at offset %" PRId64,
				i, r->settings.topic, stable[i]);
		told = stable[i];
		kafka_client_wait(&r->client, PAUSE_MS);
	}
}

static int find_and_await_end(struct kafka_reader *r, struct err *err)
{
	int64_t *offsets = mem_alloc((size_t)r->n, sizeof *offsets);
	int result;

	r->parts = mem_alloc((size_t)r->n, sizeof *r->parts);
	result = find_end(r, offsets, err);
	if (result == 0)
		result = await_end(r, offsets, err);
	free(offsets);
	return result;
}

struct kafka_reader *kafka_reader_open(
	const struct kafka_reader_settings *settings, struct err *err)
{
	const struct kafka_topic_wish wish = {
		.name = settings->topic,
		.kind = "topic",
		.deadline = in_ms(settings->connection->connect_ms),
	};
	struct kafka_reader *r = mem_alloc(1, sizeof *r);

	r->settings = *settings;
	r->client.wake[0] = r->client.wake[1] = -1;
	if (start(&r->client, settings->connection, "read_committed", err) == 0)
		r->topic = kafka_topic_open(&r->client, &wish, &r->n, err);
	if (r->topic && find_and_await_end(r, err) == 0)
		return r;
	kafka_reader_free(r);
	return NULL;
}

void kafka_reader_free(struct kafka_reader *r)
{
	if (!r)
		return;
	if (r->topic)
		rd_kafka_topic_destroy(r->topic);
	kafka_client_release(&r->client);
	free(r->parts);
	free(r);
}

static bool is_done(const struct kafka_reader *r, const struct part *p)
{
	return p->from <= p->low || p->records >= r->settings.scan;
}

/* Blocks are measured in offsets, of which markers of transactions and what was aborted take up
 * some: where a block held next to nothing, the next one is not bounded by what is still wanted. */
static int64_t next_block(const struct kafka_reader *r, const struct part *p)
{
	uint64_t wanted = r->settings.scan - p->records;
	int64_t block = p->block > INT64_MAX / BLOCK_GROWTH ? p->block : p->block * BLOCK_GROWTH;
	bool was_thin = (int64_t)(p->records - p->before) < p->block / BLOCK_GROWTH;

	if (p->block == 0)
		return wanted < BLOCK_FIRST ? (int64_t)wanted : BLOCK_FIRST;
	if (wanted < BLOCK_FIRST)
		wanted = BLOCK_FIRST;
	return was_thin || wanted > (uint64_t)block ? block : (int64_t)wanted;
}

static int begin_part(struct kafka_reader *r, int32_t i, rd_kafka_queue_t *queue, struct err *err)
{
	struct part *p = &r->parts[i];

	p->block = next_block(r, p);
	p->before = p->records;
	p->to = p->from;
	p->from = p->to - p->low > p->block ? p->to - p->block : p->low;
	if (rd_kafka_consume_start_queue(r->topic, i, p->from, queue) < 0)
		return err_set(err, EXIT_FAILED, "cannot read topic '%s' at '%s': %s",
			r->settings.topic, r->client.brokers,
			rd_kafka_err2str(rd_kafka_last_error()));
	p->reading = true;
	return 0;
}

static void end_part(struct kafka_reader *r, int32_t i, size_t *open)
{
	rd_kafka_consume_stop(r->topic, i);
	r->parts[i].reading = false;
	--*open;
}

/* -1: the callback wants no more. */
static int take(struct kafka_reader *r, const rd_kafka_message_t *m, size_t *open)
{
	struct part *p = &r->parts[m->partition];
	const struct kafka_seen seen = {.partition = m->partition,
		.offset = m->offset,
		.value = span_make(m->payload, m->len),
		.message = m};
	int result = 0;

	if (!p->reading)
		return 0;
	if (!m->err && m->offset >= p->from && m->offset < p->to) {
		p->records++;
		result = r->settings.seen(r->settings.arg, &seen);
	}
	/* The end that a replica tells which lags behind is none. */
	if (m->offset >= (m->err ? p->to : p->to - 1))
		end_part(r, m->partition, open);
	return result;
}

/* What is told beside records and ends is an error that librdkafka may get over. */
static int read_parts(
	struct kafka_reader *r, rd_kafka_queue_t *queue, size_t *open, struct err *err)
{
	uint64_t patience = r->settings.connection->connect_ms;
	int64_t deadline = in_ms(patience);
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;

	while (*open > 0) {
		rd_kafka_message_t *m = rd_kafka_consume_queue(queue, PAUSE_MS);
		bool counts = m && (!m->err || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF);
		int result = 0;
		if (counts) {
			result = take(r, m, open);
			deadline = in_ms(patience);
		} else if (m) {
			error = m->err;
		}
		if (m)
			rd_kafka_message_destroy(m);
		if (!counts)
			kafka_client_serve(&r->client);
		wait_duty();
		if (result < 0 || check(r, &r->client, deadline, error, err) < 0)
			return -1;
	}
	return 0;
}

/* Each turn has a queue of its own: what the last one was late for must not end a block of this. */
static int read_some(struct kafka_reader *r, int32_t *next, struct err *err)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(r->client.rk);
	size_t open = 0;
	int result = 0;

	for (; *next < r->n && open < AT_A_TIME && result == 0; ++*next) {
		if (is_done(r, &r->parts[*next]))
			continue;
		result = begin_part(r, *next, queue, err);
		open += result == 0;
	}
	if (result == 0)
		result = read_parts(r, queue, &open, err);
	for (int32_t i = 0; i < r->n && open > 0; i++)
		if (r->parts[i].reading)
			end_part(r, i, &open);
	rd_kafka_queue_destroy(queue);
	return result;
}

int kafka_reader_step(struct kafka_reader *r, struct err *err)
{
	int32_t next = 0;

	while (next < r->n)
		if (read_some(r, &next, err) < 0)
			return -1;
	for (int32_t i = 0; i < r->n; i++)
		if (!is_done(r, &r->parts[i]))
			return 1;
	return 0;
}
