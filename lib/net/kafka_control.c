#include "net/kafka_control.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_client.h"
#include "net/kafka_preset.h"
#include "net/kafka_topic.h"

/* How long a broker holds the answer where there is nothing to read; what comes is told at once. */
#define FETCH_WAIT_MS "500"
#define AHEAD_KBYTES "1024"

enum {
	/* rd_kafka_committed() and rd_kafka_offsets_for_times() cannot be interrupted; an answer
	 * that takes longer than its slice is lost, so that they grow. */
	ASK_FIRST_MS = 250,
	ASK_LAST_MS = 4000,
	PAUSE_MS = 100, /* between two tries */
	COMMIT_EVERY_MS = 1000,
	SERVE_MAX = 1000,	 /* messages at a time */
	TIME_LEAST = 1000000000, /* what is less cannot be told from an offset, and is in 1970 */
};

struct kafka_control {
	struct kafka_client client; /* a consumer */
	struct kafka_control_settings settings;
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *messages;
	rd_kafka_queue_t *commits;		 /* what has become of them */
	rd_kafka_topic_partition_list_t *places; /* where the next reader is to begin */
	rd_kafka_topic_partition_list_t *due;	 /* where the next message of each partition is */
	bool holds;				 /* `places` stay where they are */
	int32_t partitions;
	bool moved;		   /* since the commit that was asked for last */
	bool committing;	   /* its answer is due */
	int64_t since;		   /* when it was asked for */
	rd_kafka_resp_err_t error; /* of the last commit */
};

static int64_t in_ms(uint64_t ms)
{
	return stamp_monotonic() + (int64_t)ms * STAMP_NS_PER_MS;
}

static int slice_of(int64_t deadline, int64_t slice)
{
	int64_t left = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;

	return (int)(left < 1 ? 1 : left < slice ? left : slice);
}

static const char *reason_of(rd_kafka_resp_err_t error)
{
	if (error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
		return "another reader is a member of the group";
	return error ? rd_kafka_err2str(error) : "no answer";
}

static int refuse(const struct kafka_control *c, rd_kafka_resp_err_t error, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		"cannot read topic '%s' at '%s' as group '%s': %s (it takes the rights Read of the "
		"topic and Read of the group)",
		c->settings.topic, c->client.brokers, c->settings.group, rd_kafka_err2str(error));
}

/* Whether it is of no use to try again: -1 and *err. */
static int check(
	const struct kafka_control *c, int64_t deadline, rd_kafka_resp_err_t error, struct err *err)
{
	const char *reason = *c->client.reason && !c->error ? c->client.reason
							    : reason_of(error ? error : c->error);

	if (kafka_client_is_denied(error))
		return refuse(c, error, err);
	if (sig_stops())
		return err_set(err, EXIT_DONE, "stopped by a signal");
	if (c->client.refused)
		return err_set(err, EXIT_USAGE, "cannot use the broker at '%s': %s",
			c->client.brokers, c->client.reason);
	if (stamp_monotonic() < deadline)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot read topic '%s' at '%s' as group '%s': %s",
		c->settings.topic, c->client.brokers, c->settings.group, reason);
}

static rd_kafka_topic_partition_list_t *all_partitions(
	const struct kafka_control *c, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->partitions);

	for (int32_t i = 0; i < c->partitions; i++)
		rd_kafka_topic_partition_list_add(list, c->settings.topic, i)->offset = offset;
	return list;
}

static rd_kafka_resp_err_t worst(
	const rd_kafka_topic_partition_list_t *list, rd_kafka_resp_err_t error)
{
	for (int i = 0; list && i < list->cnt && !error; i++)
		error = list->elems[i].err;
	return error;
}

/* One question about all partitions: what is committed (RD_KAFKA_OFFSET_STORED), where they end
 * (RD_KAFKA_OFFSET_END) or begin, or where a time does; the answer may be RD_KAFKA_OFFSET_END
 * there. Where none has come in time, what was asked for still stands in its place. */
static rd_kafka_resp_err_t ask_once(struct kafka_control *c, int64_t what, int timeout_ms,
	rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_resp_err_t error;

	if (what == RD_KAFKA_OFFSET_STORED)
		return worst(list, rd_kafka_committed(c->client.rk, list, timeout_ms));
	error = worst(list, rd_kafka_offsets_for_times(c->client.rk, list, timeout_ms));
	for (int i = 0; i < list->cnt && !error; i++)
		if (what < 0 ? list->elems[i].offset < 0 : list->elems[i].offset == what)
			error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	return error;
}

/* NULL and *err where there is no answer. */
static rd_kafka_topic_partition_list_t *ask(
	struct kafka_control *c, int64_t what, int64_t deadline, struct err *err)
{
	int64_t slice = ASK_FIRST_MS;
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t error, denial;

	for (;; slice = slice * 2 > ASK_LAST_MS ? ASK_LAST_MS : slice * 2) {
		list = all_partitions(c, what);
		error = ask_once(c, what, slice_of(deadline, slice), list);
		kafka_client_serve(&c->client);
		wait_duty();
		if (!error)
			return list;
		rd_kafka_topic_partition_list_destroy(list);
		denial = kafka_client_denial(&c->client);
		if (check(c, deadline, denial ? denial : error, err) < 0)
			return NULL;
		kafka_client_wait(&c->client, PAUSE_MS);
	}
}

/* For partitions of which nothing is committed: the end is asked for first, so that what comes in
 * between is no part of it. */
static int find_begin(struct kafka_control *c, int64_t deadline, struct err *err)
{
	int64_t since = c->settings.since_ms < TIME_LEAST ? RD_KAFKA_OFFSET_BEGINNING
							  : c->settings.since_ms;
	rd_kafka_topic_partition_list_t *end = ask(c, RD_KAFKA_OFFSET_END, deadline, err);
	rd_kafka_topic_partition_list_t *at = end ? ask(c, since, deadline, err) : NULL;

	for (int i = 0; at && i < c->places->cnt; i++) {
		rd_kafka_topic_partition_t *place = &c->places->elems[i];
		int64_t from = at->elems[i].offset, to = end->elems[i].offset;
		if (place->offset < 0)
			place->offset = from >= 0 && from < to ? from : to;
	}
	if (end)
		rd_kafka_topic_partition_list_destroy(end);
	if (at)
		rd_kafka_topic_partition_list_destroy(at);
	return at ? 0 : -1;
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t error,
	rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
	struct kafka_control *c = opaque;

	(void)rk;
	error = worst(offsets, error);
	c->committing = false;
	if (error && error != c->error)
		diag_info("cannot commit what was read of topic '%s' as group '%s': %s",
			c->settings.topic, c->settings.group, reason_of(error));
	c->error = error;
	c->moved = c->moved || error;
}

static void start_commit(struct kafka_control *c)
{
	rd_kafka_resp_err_t error;

	c->moved = false;
	c->committing = true;
	c->since = stamp_monotonic();
	error = rd_kafka_commit_queue(c->client.rk, c->places, c->commits, on_commit, c);
	if (error)
		on_commit(c->client.rk, error, NULL, c);
}

/* Waits until what was read is committed, or `checks` says that this is of no use. */
static int commit(struct kafka_control *c, int64_t deadline,
	int (*checks)(const struct kafka_control *c, int64_t deadline, rd_kafka_resp_err_t error,
		struct err *err),
	struct err *err)
{
	rd_kafka_resp_err_t error;

	while (c->moved || c->committing) {
		if (!c->committing)
			start_commit(c);
		rd_kafka_queue_poll_callback(c->commits, slice_of(deadline, PAUSE_MS));
		kafka_client_serve(&c->client);
		wait_duty();
		if (!c->moved && !c->committing)
			break;
		error = c->committing ? RD_KAFKA_RESP_ERR_NO_ERROR : c->error;
		if (checks(c, deadline, error, err) < 0)
			return -1;
		if (!c->committing)
			kafka_client_wait(&c->client, PAUSE_MS);
	}
	return 0;
}

static int start(struct kafka_control *c, struct err *err)
{
	const struct kafka_property forced[] = {{"group.id", c->settings.group},
		{"isolation.level", "read_uncommitted"}, {"fetch.wait.max.ms", FETCH_WAIT_MS},
		{"queued.max.messages.kbytes", AHEAD_KBYTES}, {NULL, NULL}};
	const struct kafka_topic_wish wish = {
		.name = c->settings.topic,
		.kind = "topic",
		.deadline = in_ms(c->settings.connection->connect_ms),
	};
	rd_kafka_conf_t *conf = kafka_preset_consumer(c->settings.connection, forced, err);

	if (!conf || kafka_client_start(&c->client, RD_KAFKA_CONSUMER, conf, err) < 0)
		return -1;
	c->messages = rd_kafka_queue_get_consumer(c->client.rk);
	c->commits = rd_kafka_queue_new(c->client.rk);
	c->topic = kafka_topic_open(&c->client, &wish, &c->partitions, err);
	return c->topic ? 0 : -1;
}

static int begin(struct kafka_control *c, struct err *err)
{
	int64_t deadline = in_ms(c->settings.connection->connect_ms);
	rd_kafka_resp_err_t error;

	c->places = ask(c, RD_KAFKA_OFFSET_STORED, deadline, err);
	for (int i = 0; c->places && i < c->places->cnt; i++)
		c->moved = c->moved || c->places->elems[i].offset < 0;
	if (!c->places || (c->moved && find_begin(c, deadline, err) < 0) ||
		commit(c, deadline, check, err) < 0)
		return -1;
	c->due = rd_kafka_topic_partition_list_copy(c->places);
	rd_kafka_queue_io_event_enable(c->messages, c->client.wake[1], "", 1);
	rd_kafka_queue_io_event_enable(c->commits, c->client.wake[1], "", 1);
	error = rd_kafka_assign(c->client.rk, c->places);
	if (!error)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot read topic '%s': %s", c->settings.topic,
		rd_kafka_err2str(error));
}

struct kafka_control *kafka_control_open(
	const struct kafka_control_settings *settings, struct err *err)
{
	struct kafka_control *c = mem_alloc(1, sizeof *c);

	c->settings = *settings;
	c->client.wake[0] = c->client.wake[1] = -1;
	if (start(c, err) == 0 && begin(c, err) == 0)
		return c;
	kafka_control_free(c);
	return NULL;
}

int kafka_control_fd(const struct kafka_control *c)
{
	return c->client.wake[0];
}

/* The next reader begins where this one is. */
static void advance(struct kafka_control *c)
{
	for (int i = 0; i < c->due->cnt; i++)
		c->places->elems[i].offset = c->due->elems[i].offset;
	c->moved = true;
}

static void take(struct kafka_control *c, const rd_kafka_message_t *m)
{
	rd_kafka_topic_partition_t *place;

	if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
		diag_info("cannot read topic '%s' for now: %s", c->settings.topic,
			rd_kafka_message_errstr(m));
	if (m->err)
		return;
	place = rd_kafka_topic_partition_list_find(c->due, c->settings.topic, m->partition);
	if (!place)
		return;
	place->offset = m->offset + 1;
	if (!c->settings.seen(c->settings.arg, span_make(m->payload, m->len)))
		c->holds = true;
	if (!c->holds)
		advance(c);
}

void kafka_control_release(struct kafka_control *c)
{
	if (c->holds)
		advance(c);
	c->holds = false;
}

void kafka_control_serve(struct kafka_control *c)
{
	rd_kafka_message_t *m = NULL;
	ssize_t n;

	kafka_client_serve(&c->client);
	for (int i = 0; i < SERVE_MAX && (m = rd_kafka_consumer_poll(c->client.rk, 0)); i++) {
		take(c, m);
		rd_kafka_message_destroy(m);
	}
	/* There may be more. */
	if (m) {
		n = write(c->client.wake[1], "", 1);
		(void)n;
	}
	rd_kafka_queue_poll_callback(c->commits, 0);
	if (c->moved && !c->committing &&
		stamp_monotonic() - c->since >= COMMIT_EVERY_MS * STAMP_NS_PER_MS)
		start_commit(c);
}

/* As check(), where all has been read and stop signals are no news. */
static int check_late(
	const struct kafka_control *c, int64_t deadline, rd_kafka_resp_err_t error, struct err *err)
{
	if (stamp_monotonic() < deadline && sig_stops() < 2 && !kafka_client_is_denied(error))
		return 0;
	return err_set(err, EXIT_FAILED,
		"cannot commit what was read of topic '%s' at '%s' as group '%s': %s",
		c->settings.topic, c->client.brokers, c->settings.group,
		reason_of(error ? error : c->error));
}

int kafka_control_commit(struct kafka_control *c, uint64_t timeout_ms, struct err *err)
{
	return commit(c, in_ms(timeout_ms), check_late, err);
}

void kafka_control_free(struct kafka_control *c)
{
	if (!c)
		return;
	if (c->topic)
		rd_kafka_topic_destroy(c->topic);
	if (c->places)
		rd_kafka_topic_partition_list_destroy(c->places);
	if (c->due)
		rd_kafka_topic_partition_list_destroy(c->due);
	if (c->messages)
		rd_kafka_queue_destroy(c->messages);
	if (c->commits)
		rd_kafka_queue_destroy(c->commits);
	/* There is no membership to give up. */
	if (c->client.rk)
		rd_kafka_destroy_flags(c->client.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	c->client.rk = NULL;
	kafka_client_release(&c->client);
	free(c);
}
