#include "net/kafka_topic.h"

#include <stdbool.h>
#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum {
	CREATION_MS = 5000,   /* for a broker that makes topics by itself */
	LEADERS_MS = 50,      /* between two looks at a topic that was just created */
	CONFIG_MS = 2000,     /* for a broker to tell a topic's configuration */
	NAME_MAX_BYTES = 128, /* of a property; those of topics are shorter */
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

/* Brokers check names and values. */
static int add_property(const struct kafka_topic_wish *wish, rd_kafka_NewTopic_t *topic,
	const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	char name[NAME_MAX_BYTES];
	size_t n = equals ? (size_t)(equals - text) : 0;

	if (n == 0 || n >= sizeof name)
		return err_set(err, EXIT_USAGE,
			"cannot create topic '%s': '%s', a property of it, is not name=value",
			wish->name, text);
	memcpy(name, text, n);
	name[n] = '\0';
	if (topic)
		rd_kafka_NewTopic_set_config(topic, name, equals + 1);
	return 0;
}

/* Without a topic only looks at them. */
static int add_properties(
	const struct kafka_topic_wish *wish, rd_kafka_NewTopic_t *topic, struct err *err)
{
	for (size_t i = 0; wish->config && i < wish->config->n; i++)
		if (add_property(wish, topic, wish->config->items[i], err) < 0)
			return -1;
	return 0;
}

static int request_creation(struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_queue_t *queue, struct err *err)
{
	char why[512];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
		wish->name, wish->creation.partitions, wish->creation.replicas, why, sizeof why);
	int result;

	if (!topic)
		return err_set(err, EXIT_USAGE, "cannot create topic '%s': %s", wish->name, why);
	result = add_properties(wish, topic, err);
	if (result == 0)
		rd_kafka_CreateTopics(c->rk, &topic, 1, NULL, queue);
	rd_kafka_NewTopic_destroy(topic);
	return result;
}

static int create(struct kafka_client *c, const struct kafka_topic_wish *wish, struct err *err)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
	rd_kafka_event_t *event = NULL;
	int result = request_creation(c, wish, queue, err);

	if (result < 0)
		goto out;
	result = -1;
	event = await_answer(c, queue, wish->deadline);
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
	rd_kafka_queue_destroy(queue);
	return result;
}

static int refuse(const struct kafka_client *c, const struct kafka_topic_wish *wish,
	enum exit_code code, const char *reason, struct err *err)
{
	return err_set(err, code, "cannot use %s '%s' at '%s': %s", wish->kind, wish->name,
		c->brokers, reason);
}

/* Other brokers than the controller learn of a new topic a little later. */
static int await_leaders(struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_topic_t *topic, struct state *state, struct err *err)
{
	for (;;) {
		if (look(c, topic, wish->deadline, state, err) < 0)
			return -1;
		if (state->error == RD_KAFKA_RESP_ERR_NO_ERROR && state->led)
			return 0;
		if (!is_missing(state->error) && !is_passing(state->error) && state->error)
			return refuse(c, wish, EXIT_USAGE, rd_kafka_err2str(state->error), err);
		if (stamp_monotonic() >= wish->deadline)
			return refuse(c, wish, EXIT_FAILED,
				"not all of its partitions have a leader", err);
		kafka_client_wait(c, LEADERS_MS);
	}
}

/* Where the property asks for it, a broker may make the topic that it was asked about. */
static int await_creation(struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_topic_t *topic, struct state *state, struct err *err)
{
	int64_t deadline = stamp_monotonic() + CREATION_MS * STAMP_NS_PER_MS;
	char value[sizeof "false"];
	size_t n = sizeof value;

	if (rd_kafka_conf_get(rd_kafka_conf(c->rk), "allow.auto.create.topics", value, &n) !=
			RD_KAFKA_CONF_OK ||
		strcmp(value, "true") != 0)
		return 0;
	while (is_missing(state->error) && stamp_monotonic() < deadline &&
		stamp_monotonic() < wish->deadline) {
		kafka_client_wait(c, LEADERS_MS);
		if (look(c, topic, wish->deadline, state, err) < 0)
			return -1;
	}
	return 0;
}

static int prepare(struct kafka_client *c, const struct kafka_topic_wish *wish,
	rd_kafka_topic_t *topic, int32_t *partitions, struct err *err)
{
	struct state state;

	if (add_properties(wish, NULL, err) < 0 || look(c, topic, wish->deadline, &state, err) < 0)
		return -1;
	if (is_missing(state.error) && !wish->creation.partitions &&
		await_creation(c, wish, topic, &state, err) < 0)
		return -1;
	if (is_missing(state.error) && !wish->creation.partitions)
		return refuse(c, wish, EXIT_USAGE,
			wish->can_create ? "it does not exist (--create-topic makes it)"
					 : "it does not exist",
			err);
	if (is_missing(state.error) && create(c, wish, err) < 0)
		return -1;
	if (await_leaders(c, wish, topic, &state, err) < 0)
		return -1;
	if (wish->creation.partitions && state.partitions != wish->creation.partitions)
		diag_warning("topic '%s' at '%s' has %d partitions, not %d as --create-topic asks",
			wish->name, c->brokers, state.partitions, (int)wish->creation.partitions);
	diag_info("%s '%s' at '%s' has %d partitions", wish->kind, wish->name, c->brokers,
		state.partitions);
	*partitions = state.partitions;
	return 0;
}

rd_kafka_topic_t *kafka_topic_open(struct kafka_client *c, const struct kafka_topic_wish *wish,
	int32_t *partitions, struct err *err)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(c->rk, wish->name, NULL);

	if (!topic) {
		err_set(err, EXIT_USAGE, "cannot use %s '%s': %s", wish->kind, wish->name,
			rd_kafka_err2str(rd_kafka_last_error()));
		return NULL;
	}
	if (prepare(c, wish, topic, partitions, err) == 0)
		return topic;
	rd_kafka_topic_destroy(topic);
	return NULL;
}

/* A number of milliseconds that may be -1. */
static void read_ms(const char *text, int64_t *ms)
{
	bool negative = *text == '-';
	uint64_t value;

	if (num_u64(span_text(text + negative), &value) == 0 && value <= INT64_MAX)
		*ms = negative ? -(int64_t)value : (int64_t)value;
}

/* Brokers name Java's largest number where there is no limit. */
static void read_limit(const char *text, int64_t *ms)
{
	read_ms(text, ms);
	if (*ms == INT64_MAX)
		*ms = 0;
}

/* What counts in each release: two limits from 3.6 on, before that one for both, which later ones
 * still heed where the two are not set. */
struct config {
	const char *policy;
	int64_t retention_ms, old_ms, new_ms, either_ms;
};

static void read_entry(
	const char *name, const char *value, struct config *config, struct kafka_topic_facts *facts)
{
	uint64_t bytes;

	if (strcmp(name, "max.message.bytes") == 0 && num_u64(span_text(value), &bytes) == 0)
		facts->max_message_bytes = bytes;
	else if (strcmp(name, "retention.ms") == 0)
		read_ms(value, &config->retention_ms);
	else if (strcmp(name, "message.timestamp.type") == 0)
		facts->log_append_time = strcmp(value, "LogAppendTime") == 0;
	else if (strcmp(name, "cleanup.policy") == 0)
		config->policy = value;
	else if (strcmp(name, "message.timestamp.before.max.ms") == 0)
		read_limit(value, &config->old_ms);
	else if (strcmp(name, "message.timestamp.after.max.ms") == 0)
		read_limit(value, &config->new_ms);
	else if (strcmp(name, "message.timestamp.difference.max.ms") == 0)
		read_limit(value, &config->either_ms);
}

static void read_config(const rd_kafka_ConfigResource_t *topic, struct kafka_topic_rules *rules)
{
	size_t n;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(topic, &n);
	struct config config = {.policy = ""};

	for (size_t i = 0; i < n; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		if (value)
			read_entry(rd_kafka_ConfigEntry_name(entries[i]), value, &config,
				&rules->facts);
	}
	rules->needs_key = strstr(config.policy, "compact") != NULL;
	rules->facts.retention_ms = config.retention_ms;
	if (*config.policy && !strstr(config.policy, "delete"))
		rules->facts.retention_ms = -1;
	if (rules->facts.log_append_time)
		return;
	rules->most_old_ms = config.old_ms ? config.old_ms : config.either_ms;
	rules->most_new_ms = config.new_ms ? config.new_ms : config.either_ms;
}

void kafka_topic_describe(struct kafka_client *c, const char *name, struct kafka_topic_rules *rules)
{
	int64_t deadline = stamp_monotonic() + CONFIG_MS * STAMP_NS_PER_MS;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
	rd_kafka_ConfigResource_t *topic =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
	const rd_kafka_ConfigResource_t **found;
	rd_kafka_event_t *event;
	size_t n = 0;

	rd_kafka_DescribeConfigs(c->rk, &topic, 1, NULL, queue);
	event = await_answer(c, queue, deadline);
	if (event && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		found = rd_kafka_DescribeConfigs_result_resources(
			rd_kafka_event_DescribeConfigs_result(event), &n);
		if (n == 1)
			read_config(found[0], rules);
	}
	if (!rules->facts.max_message_bytes)
		diag_info("cannot learn the configuration of topic '%s'", name);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(topic);
	rd_kafka_queue_destroy(queue);
}

const char *kafka_topic_objection(
	const struct kafka_topic_rules *rules, const struct kafka_record *record)
{
	int64_t ahead;

	if (rules->needs_key && !record->key.p)
		return "it has no key, and the topic is compacted";
	if (!record->timestamp_ms || (!rules->most_old_ms && !rules->most_new_ms))
		return NULL;
	ahead = record->timestamp_ms - stamp_now() / STAMP_NS_PER_MS;
	if (rules->most_old_ms && ahead < -rules->most_old_ms)
		return "its time lies further back than the topic takes";
	if (rules->most_new_ms && ahead > rules->most_new_ms)
		return "its time lies further ahead than the topic takes";
	return NULL;
}
