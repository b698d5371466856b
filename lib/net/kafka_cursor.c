#include "net/kafka_cursor.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_cursor_priv.h"
#include "net/kafka_preset.h"
#include "net/kafka_topic.h"

enum {
	/* rd_kafka_committed() cannot be interrupted; an answer that takes longer than its slice is
	 * lost, so that they grow. */
	ASK_FIRST_MS = 250,
	ASK_LAST_MS = 4000,
	PAUSE_MS = 100, /* between two tries */
};

static int start(struct kafka_cursor *c, struct err *err)
{
	const struct kafka_property forced[] = {{"group.id", c->group},
		{"isolation.level", c->settings.stable ? "read_committed" : "read_uncommitted"},
		{NULL, NULL}};
	rd_kafka_conf_t *conf = kafka_preset_consumer(c->settings.connection, forced, err);

	return conf ? kafka_client_start(&c->client, RD_KAFKA_CONSUMER, conf, err) : -1;
}

static struct kafka_cursor *make(const struct kafka_cursor_settings *settings)
{
	struct kafka_cursor *c = mem_alloc(1, sizeof *c);
	size_t n = sizeof KAFKA_CURSOR_GROUP + strlen(settings->id);

	c->settings = *settings;
	c->client.wake[0] = c->client.wake[1] = -1;
	c->group = mem_alloc(n, 1);
	memcpy(c->group, KAFKA_CURSOR_GROUP, sizeof KAFKA_CURSOR_GROUP);
	memcpy(c->group + sizeof KAFKA_CURSOR_GROUP - 1, settings->id, strlen(settings->id));
	return c;
}

struct kafka_cursor *kafka_cursor_open(
	const struct kafka_cursor_settings *settings, struct err *err)
{
	const struct kafka_topic_wish wish = {
		.name = settings->topic,
		.kind = "topic",
		.can_create = settings->can_create,
		.creation = settings->creation,
		.config = settings->topic_config,
		.deadline = stamp_monotonic() +
			(int64_t)settings->connection->connect_ms * STAMP_NS_PER_MS,
	};
	struct kafka_cursor *c = make(settings);

	if (start(c, err) == 0)
		c->topic = kafka_topic_open(&c->client, &wish, &c->partitions, err);
	if (c->topic)
		return c;
	kafka_cursor_free(c);
	return NULL;
}

struct kafka_cursor *kafka_cursor_twin(const struct kafka_cursor *other, struct err *err)
{
	struct kafka_cursor *c = make(&other->settings);

	c->settings.stable = false;
	c->drains = other->drains;
	c->partitions = other->partitions;
	if (start(c, err) == 0) {
		c->client.reached = other->client.reached;
		return c;
	}
	kafka_cursor_free(c);
	return NULL;
}

int32_t kafka_cursor_partitions(const struct kafka_cursor *c)
{
	return c->partitions;
}

void kafka_cursor_free(struct kafka_cursor *c)
{
	if (!c)
		return;
	if (c->topic)
		rd_kafka_topic_destroy(c->topic);
	kafka_client_release(&c->client);
	free(c->group);
	free(c);
}

void kafka_texts_release(struct kafka_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free((char *)(uintptr_t)texts->spans[i].p);
	free(texts->spans);
	*texts = (struct kafka_texts){.spans = NULL};
}

void kafka_texts_set(struct kafka_texts *texts, size_t i, struct span text)
{
	char *copy = mem_alloc(text.n + 1, 1);

	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	free((char *)(uintptr_t)texts->spans[i].p);
	texts->spans[i] = span_make(copy, text.n);
}

static int refuse(const struct kafka_cursor *c, rd_kafka_resp_err_t error, struct err *err)
{
	return err_set(err, EXIT_USAGE,
		"cannot use cursor '%s' of topic '%s' at '%s': %s (reading it takes the rights "
		"Describe of the group and Read of the topic, forgetting it Delete of the group)",
		c->group, c->settings.topic, c->client.brokers, rd_kafka_err2str(error));
}

/* Whether it is of no use to try again: -1 and *err. */
static int check_time(
	const struct kafka_cursor *c, int64_t deadline, const char *why, struct err *err)
{
	if (sig_stops() && !c->drains)
		return err_set(err, EXIT_DONE, "stopped by a signal");
	if (sig_expired())
		return err_set(err, EXIT_PARTIAL,
			"cannot use cursor '%s' of topic '%s': the time to drain is over", c->group,
			c->settings.topic);
	if (c->client.refused)
		return err_set(err, EXIT_USAGE, "cannot use the broker at '%s': %s",
			c->client.brokers, c->client.reason);
	if (stamp_monotonic() < deadline)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot use cursor '%s' of topic '%s' at '%s': %s",
		c->group, c->settings.topic, c->client.brokers,
		*c->client.reason ? c->client.reason : why);
}

static int slice_of(int64_t deadline, int64_t slice)
{
	int64_t left = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;
	int64_t drain = sig_left_ms();

	if (drain >= 0 && drain < left)
		left = drain;
	return (int)(left < 1 ? 1 : left < slice ? left : slice);
}

static rd_kafka_topic_partition_list_t *all_partitions(const struct kafka_cursor *c)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->partitions);

	for (int32_t i = 0; i < c->partitions; i++)
		rd_kafka_topic_partition_list_add(list, c->settings.topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	return list;
}

static rd_kafka_resp_err_t worst(
	const rd_kafka_topic_partition_list_t *list, rd_kafka_resp_err_t error)
{
	for (int i = 0; i < list->cnt && !error; i++)
		error = list->elems[i].err;
	return error;
}

static void take_texts(const rd_kafka_topic_partition_list_t *list, struct kafka_texts *texts)
{
	texts->n = (size_t)list->cnt;
	texts->spans = mem_alloc(texts->n, sizeof *texts->spans);
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &list->elems[i];
		if (p->offset < 0)
			continue;
		kafka_texts_set(texts, (size_t)p->partition,
			span_make(p->metadata ? p->metadata : "", p->metadata_size));
	}
}

int kafka_cursor_read(
	struct kafka_cursor *c, int64_t deadline, struct kafka_texts *texts, struct err *err)
{
	int64_t slice = ASK_FIRST_MS;
	rd_kafka_topic_partition_list_t *list = NULL;
	rd_kafka_resp_err_t error, denied;

	for (;; slice = slice * 2 > ASK_LAST_MS ? ASK_LAST_MS : slice * 2) {
		list = all_partitions(c);
		error = rd_kafka_committed(c->client.rk, list, slice_of(deadline, slice));
		error = worst(list, error);
		if (!error)
			break;
		rd_kafka_topic_partition_list_destroy(list);
		kafka_client_serve(&c->client);
		denied = kafka_client_denial(&c->client);
		if (denied || kafka_client_is_denied(error))
			return refuse(c, denied ? denied : error, err);
		if (check_time(c, deadline, rd_kafka_err2str(error), err) < 0)
			return -1;
		diag_debug("cannot read cursor '%s' yet: %s", c->group, rd_kafka_err2name(error));
		kafka_client_wait(&c->client, PAUSE_MS);
	}
	take_texts(list, texts);
	rd_kafka_topic_partition_list_destroy(list);
	return 0;
}

/* 1: a record was seen; 0: all partitions are at their end; -1 and *err. */
static int look_for_records(struct kafka_cursor *c, int64_t deadline, struct err *err)
{
	rd_kafka_message_t *m;
	int32_t ended = 0;

	while (ended < c->partitions) {
		rd_kafka_resp_err_t error;
		m = rd_kafka_consumer_poll(c->client.rk, PAUSE_MS);
		error = m ? m->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
		if (m)
			rd_kafka_message_destroy(m);
		kafka_client_serve(&c->client);
		wait_duty();
		if (!error)
			return 1;
		ended += error == RD_KAFKA_RESP_ERR__PARTITION_EOF;
		if (kafka_client_is_denied(error))
			return refuse(c, error, err);
		if (check_time(c, deadline, "no answer", err) < 0)
			return -1;
	}
	return 0;
}

int kafka_cursor_sees_records(struct kafka_cursor *c, int64_t deadline, struct err *err)
{
	rd_kafka_topic_partition_list_t *list = all_partitions(c);
	rd_kafka_resp_err_t error = rd_kafka_assign(c->client.rk, list);
	int result;

	rd_kafka_topic_partition_list_destroy(list);
	if (error)
		return err_set(err, EXIT_FAILED, "cannot read topic '%s': %s", c->settings.topic,
			rd_kafka_err2str(error));
	result = look_for_records(c, deadline, err);
	rd_kafka_assign(c->client.rk, NULL);
	return result;
}

/* NO_ERROR where nothing is left to be forgotten. */
static rd_kafka_resp_err_t forget_once(struct kafka_cursor *c, int64_t deadline)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(c->client.rk);
	rd_kafka_topic_partition_list_t *list = all_partitions(c);
	rd_kafka_DeleteConsumerGroupOffsets_t *request =
		rd_kafka_DeleteConsumerGroupOffsets_new(c->group, list);
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
	rd_kafka_event_t *event;
	const rd_kafka_group_result_t **results;
	size_t n;

	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_DeleteConsumerGroupOffsets(c->client.rk, &request, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, slice_of(deadline, ASK_LAST_MS));
	if (event)
		error = rd_kafka_event_error(event);
	if (event && !error) {
		results = rd_kafka_DeleteConsumerGroupOffsets_result_groups(
			rd_kafka_event_DeleteConsumerGroupOffsets_result(event), &n);
		if (n == 1 && rd_kafka_group_result_error(results[0]))
			error = rd_kafka_error_code(rd_kafka_group_result_error(results[0]));
		else if (n == 1)
			error = worst(rd_kafka_group_result_partitions(results[0]), error);
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_DeleteConsumerGroupOffsets_destroy(request);
	rd_kafka_queue_destroy(queue);
	return error == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND ? RD_KAFKA_RESP_ERR_NO_ERROR : error;
}

int kafka_cursor_forget(struct kafka_cursor *c, int64_t deadline, struct err *err)
{
	rd_kafka_resp_err_t error;

	while ((error = forget_once(c, deadline))) {
		kafka_client_serve(&c->client);
		if (kafka_client_is_denied(error))
			return refuse(c, error, err);
		if (check_time(c, deadline, rd_kafka_err2str(error), err) < 0)
			return -1;
		kafka_client_wait(&c->client, PAUSE_MS);
	}
	return 0;
}
