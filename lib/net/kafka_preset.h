/*
 * The configuration of producers and consumers: what they are to be by themselves, and what the
 * connection's options make of that. Private to lib/net but for the printing.
 */
#ifndef TRADEPIPE_NET_KAFKA_PRESET_H
#define TRADEPIPE_NET_KAFKA_PRESET_H

#include "base/buf.h"
#include "base/err.h"
#include "net/kafka_config.h"
#include "net/kafka_producer.h"

/* As kafka_config_make() has it. EXIT_USAGE also where the ID of transactions cannot be one. */
struct rd_kafka_conf_s *kafka_preset_make(
	const struct kafka_producer_settings *settings, struct err *err);

/* Likewise for a consumer that commits nothing by itself and is told of the ends of partitions.
 * `forced`, up to one without a name, are not for the user's properties to say. */
struct rd_kafka_conf_s *kafka_preset_consumer(const struct kafka_options *connection,
	const struct kafka_property *forced, struct err *err);

/* Appends the properties that a producer of these settings would run with, as kafka_config_print()
 * has it; reaches no broker. 0, or -1 and *err. */
int kafka_preset_print(
	const struct kafka_producer_settings *settings, struct buf *to, struct err *err);

#endif
