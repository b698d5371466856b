#include "net/kafka_topic.h"

#include <stdbool.h>
#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum {
	LEADERS_MS = 50, /* between two looks at a topic that was just created */
	LIMIT_MS = 2000, /* for a broker to tell a topic's limit */
};

/* What brokers say of a topic. */
struct state {
	rd_kafka_resp_err_t error;
	int partitions;
	bool led; /* each partition has a leader */
};

static int look(struct kafka_client *c, rd_kafka_topic_t *topic, int64_t deadline,
	struct state *state, struct err *err)
{
	const struct rd_kafka_metadata *metadata;

	if (kafka_client_ask(c, topic, deadline, &metadata, err) < 0)
		return -1;
	*state = (struct state){.error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART};
	if (metadata->topic_cnt == 1) {
		const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
		state->error = found->err;
		state->partitions = found->partition_cnt;
		state->led = found->partition_cnt > 0;
		for (int i = 0; i < found->partition_cnt; i++)
			state->led = state->led && found->partitions[i].leader >= 0;
	}
	rd_kafka_metadata_destroy(metadata);
	return 0;
}

static bool is_missing(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
		error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

static bool is_passing(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
		error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
		error == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
		error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
		error == RD_KAFKA_RESP_ERR_NOT_CONTROLLER;
}

/* The answer of the controller for the one topic asked for. */
static int read_answer(const struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_event_t *event, struct err *err)
{
	rd_kafka_resp_err_t error = rd_kafka_event_error(event);
	const char *why = rd_kafka_event_error_string(event);
	size_t n = 0;

	if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
		const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(event), &n);
		if (n > 0) {
			error = rd_kafka_topic_result_error(results[0]);
			why = rd_kafka_topic_result_error_string(results[0]);
		}
	}
	/* Another program may have been faster. */
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return 0;
	return err_set(err, is_passing(error) ? EXIT_FAILED : EXIT_USAGE,
		"cannot create topic '%s' at '%s': %s", wish->name, c->brokers,
		why ? why : rd_kafka_err2str(error));
}

static rd_kafka_event_t *await_answer(
	struct kafka_client *c, rd_kafka_queue_t *queue, int64_t deadline)
{
	rd_kafka_event_t *event = NULL;

	while (!event && !sig_stops() && stamp_monotonic() < deadline) {
		event = rd_kafka_queue_poll(queue, LEADERS_MS);
		kafka_client_serve(c);
		wait_duty();
	}
	return event;
}

static int create(struct kafka_client *c, const struct kafka_topic_wish *wish, int64_t deadline,
	struct err *err)
{
	char why[512];
	int result = -1;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
		wish->name, wish->creation.partitions, wish->creation.replicas, why, sizeof why);
	rd_kafka_event_t *event = NULL;

	if (!topic) {
		err_set(err, EXIT_USAGE, "cannot create topic '%s': %s", wish->name, why);
		goto out;
	}
	rd_kafka_CreateTopics(c->rk, &topic, 1, NULL, queue);
	event = await_answer(c, queue, deadline);
	if (event)
		result = read_answer(c, wish, event, err);
	else if (sig_stops())
		err_set(err, EXIT_DONE, "stopped by a signal");
	else
		err_set(err, EXIT_FAILED, "cannot create topic '%s' at '%s': no answer", wish->name,
			c->brokers);
out:
	if (event)
		rd_kafka_event_destroy(event);
	if (topic)
		rd_kafka_NewTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	return result;
}

/* Other brokers than the controller learn of a new topic a little later. */
static int await_leaders(struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_topic_t *topic, int64_t deadline, struct state *state, struct err *err)
{
	for (;;) {
		if (look(c, topic, deadline, state, err) < 0)
			return -1;
		if (state->error == RD_KAFKA_RESP_ERR_NO_ERROR && state->led)
			return 0;
		if (!is_missing(state->error) && !is_passing(state->error) && state->error)
			return err_set(err, EXIT_USAGE, "cannot use topic '%s' at '%s': %s",
				wish->name, c->brokers, rd_kafka_err2str(state->error));
		if (stamp_monotonic() >= deadline)
			return err_set(err, EXIT_FAILED,
				"cannot use topic '%s' at '%s': not all of its partitions have a leader",
				wish->name, c->brokers);
		kafka_client_wait(c, LEADERS_MS);
	}
}

static int prepare(struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_topic_t *topic, struct err *err)
{
	int64_t deadline = stamp_monotonic() + (int64_t)wish->wait_ms * STAMP_NS_PER_MS;
	struct state state;

	if (look(c, topic, deadline, &state, err) < 0)
		return -1;
	if (is_missing(state.error) && !wish->creation.partitions)
		return err_set(err, EXIT_USAGE,
			"cannot use topic '%s' at '%s': it does not exist (--create-topic makes "
			"it)",
			wish->name, c->brokers);
	if (is_missing(state.error) && create(c, wish, deadline, err) < 0)
		return -1;
	if (await_leaders(c, wish, topic, deadline, &state, err) < 0)
		return -1;
	if (wish->creation.partitions && state.partitions != wish->creation.partitions)
		diag_warning("topic '%s' at '%s' has %d partitions, not %d as --create-topic asks",
			wish->name, c->brokers, state.partitions, (int)wish->creation.partitions);
	diag_info("topic '%s' at '%s' has %d partitions", wish->name, c->brokers, state.partitions);
	return 0;
}

rd_kafka_topic_t *kafka_topic_open(
	struct kafka_client *c, const struct kafka_topic_wish *wish, struct err *err)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(c->rk, wish->name, NULL);

	if (!topic) {
		err_set(err, EXIT_USAGE, "cannot use topic '%s': %s", wish->name,
			rd_kafka_err2str(rd_kafka_last_error()));
		return NULL;
	}
	if (prepare(c, wish, topic, err) == 0)
		return topic;
	rd_kafka_topic_destroy(topic);
	return NULL;
}

static uint64_t limit_in(const rd_kafka_ConfigResource_t *topic)
{
	size_t n;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(topic, &n);
	uint64_t limit;

	for (size_t i = 0; i < n; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0 &&
			value && num_u64(span_text(value), &limit) == 0)
			return limit;
	}
	return 0;
}

uint64_t kafka_topic_limit(struct kafka_client *c, const char *name)
{
	int64_t deadline = stamp_monotonic() + LIMIT_MS * STAMP_NS_PER_MS;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
	rd_kafka_ConfigResource_t *topic =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
	const rd_kafka_ConfigResource_t **found;
	rd_kafka_event_t *event;
	uint64_t limit = 0;
	size_t n = 0;

	rd_kafka_DescribeConfigs(c->rk, &topic, 1, NULL, queue);
	event = await_answer(c, queue, deadline);
	if (event && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		found = rd_kafka_DescribeConfigs_result_resources(
			rd_kafka_event_DescribeConfigs_result(event), &n);
		limit = n == 1 ? limit_in(found[0]) : 0;
	}
	if (!limit)
		diag_info("cannot learn how large the records of topic '%s' may be", name);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(topic);
	rd_kafka_queue_destroy(queue);
	return limit;
}
