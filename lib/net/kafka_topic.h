/*
 * A topic before anything is published to it: that it is there, or is created. Private to lib/net.
 */
#ifndef TRADEPIPE_NET_KAFKA_TOPIC_H
#define TRADEPIPE_NET_KAFKA_TOPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "net/kafka_client.h"
#include "net/kafka_config.h"
#include "net/kafka_producer.h"

struct kafka_topic_wish {
	const char *name;
	const char *kind; /* "topic", or what else it is called in messages */
	bool can_create;  /* --create-topic makes it, had it been given */
	struct kafka_creation creation;
	const struct opt_list *config; /* "name=value" for one that is created; NULL: none */
	int64_t deadline;	       /* for all of this, in stamp_monotonic() nanoseconds */
};

/* What brokers say of a topic: beside the facts, what makes them refuse a record. */
struct kafka_topic_rules {
	struct kafka_topic_facts facts;
	bool needs_key;	     /* it is compacted */
	int64_t most_old_ms; /* how far a record's time may lie back; 0: no limit is known */
	int64_t most_new_ms; /* and ahead */
};

/*
 * Reaches a broker and finds the topic, or creates it (as a broker does by itself that is set up
 * so, where the property allow.auto.create.topics is true) and waits until each partition has a
 * leader. One that exists with another number of partitions than wished for is a warning. The
 * handle is for rd_kafka_topic_destroy(); *partitions is their number. NULL and *err: EXIT_FAILED
 * where no broker was reached or the topic is not ready in time, EXIT_USAGE where it is missing, or
 * rights or the wish itself are refused, EXIT_DONE where a stop signal came.
 */
rd_kafka_topic_t *kafka_topic_open(struct kafka_client *c, const struct kafka_topic_wish *wish,
	int32_t *partitions, struct err *err);

/* Asks brokers for the topic's configuration. What they do not tell is left as it was: it takes the
 * right to describe the configuration, and librdkafka's own mock brokers have none. */
void kafka_topic_describe(
	struct kafka_client *c, const char *name, struct kafka_topic_rules *rules);

/* Why the topic would refuse the record, and with it the batch in which it travels; NULL: nothing
 * speaks against it. A phrase that lives on. */
const char *kafka_topic_objection(
	const struct kafka_topic_rules *rules, const struct kafka_record *record);

#endif
