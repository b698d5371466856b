/*
 * A topic before anything is published to it: that it is there, or is created. Private to lib/net.
 */
#ifndef TRADEPIPE_NET_KAFKA_TOPIC_H
#define TRADEPIPE_NET_KAFKA_TOPIC_H

#include <stdint.h>

#include "base/err.h"
#include "net/kafka_client.h"
#include "net/kafka_config.h"

struct kafka_topic_wish {
	const char *name;
	struct kafka_creation creation;
	uint64_t wait_ms; /* for all of this together */
};

/*
 * Reaches a broker and finds the topic, or creates it and waits until each partition has a leader.
 * One that exists with another number of partitions than wished for is a warning. The handle is
 * for rd_kafka_topic_destroy(). NULL and *err: EXIT_FAILED where no broker was reached or the topic
 * is not ready in time, EXIT_USAGE where it is missing, or rights or the wish itself are refused,
 * EXIT_DONE where a stop signal came.
 */
rd_kafka_topic_t *kafka_topic_open(
	struct kafka_client *c, const struct kafka_topic_wish *wish, struct err *err);

/* The topic's max.message.bytes; 0 where brokers do not tell: it takes the right to describe the
 * topic's configuration, and librdkafka's own mock brokers have none. */
uint64_t kafka_topic_limit(struct kafka_client *c, const char *name);

#endif
