/*
 * A record as librdkafka takes it, and what it costs while librdkafka holds it. Private to lib/net.
 */
#ifndef TRADEPIPE_NET_KAFKA_RECORD_H
#define TRADEPIPE_NET_KAFKA_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/kafka_client.h"
#include "net/kafka_producer.h"

/* What librdkafka needs for any record, beside its bytes (measured). */
enum { KAFKA_RECORD_COST = 400 };

/* Queues a copy of the record; does not wait. 0, or librdkafka's error, after which it holds
 * nothing of the record. */
rd_kafka_resp_err_t kafka_record_produce(
	rd_kafka_t *rk, rd_kafka_topic_t *topic, const struct kafka_record *record);

/* Whether the broker, or librdkafka on its behalf, objects to the record itself: the next one may
 * well be taken. Anything else (no such topic, no right, no broker) would meet them all. */
bool kafka_record_is_at_fault(rd_kafka_resp_err_t error);

/* Bytes of memory that a record takes. librdkafka itself counts those of the value alone. The
 * second one says the same of the message that the record has become. */
size_t kafka_record_cost(const struct kafka_record *record);
size_t kafka_record_message_cost(const rd_kafka_message_t *message);

#endif
