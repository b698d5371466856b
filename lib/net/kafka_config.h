/*
 * How to reach a Kafka cluster: the options that all programs with a connection share, and the
 * properties of librdkafka that they add up to.
 *
 * Of a property set more than once the later one of these counts: the program's own preset, the
 * file of --config, the KAFKA_* variables, --brokers (or KAFKA_BROKERS), --property. Names may be
 * librdkafka's or those of Kafka's Java clients; a name that has no counterpart is refused with
 * what to write instead.
 *
 * The variables are a closed list, and an empty one counts as not set: KAFKA_BROKERS or else
 * KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME,
 * KAFKA_SASL_PASSWORD, KAFKA_CA_FILE, KAFKA_CERT_FILE, KAFKA_KEY_FILE, KAFKA_KEY_PASSWORD. Of the
 * two passwords NAME_FILE may name a file that holds it, whose last newline is dropped; both
 * together are refused. Secrets are taken from a file or a variable only.
 *
 * Sources: librdkafka 2.0.2 CONFIGURATION.md; Apache Kafka 3.9 "Producer Configs" (read in 2026).
 */
#ifndef TRADEPIPE_NET_KAFKA_CONFIG_H
#define TRADEPIPE_NET_KAFKA_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"

/* Where nothing names a broker. */
#define KAFKA_BROKERS_DEFAULT "localhost:9092"

/* Programs embed it in their options struct. */
struct kafka_options {
	const char *brokers;	    /* NULL: not given */
	const char *config_file;    /* NULL: none */
	struct opt_list properties; /* "name=value" */
	uint64_t connect_ms;
	bool print_config; /* for the program to heed: kafka_config_print() and end */
};

/* Their rows, for a table of an opt_program. */
extern const struct opt kafka_options[];

/* One property by librdkafka's name. */
struct kafka_property {
	const char *name;
	const char *value;
};

/* A topic that is to be created where it is missing. */
struct kafka_creation {
	int32_t partitions; /* 0: it is not to be created */
	int32_t replicas;   /* of each partition; -1: as the broker sees fit */
};

/* Reads "PARTITIONS[:REPLICAS]"; 0, or -1 where the text is anything else. */
int kafka_creation_parse(struct span text, struct kafka_creation *creation);

struct rd_kafka_conf_s;

/* The presets (up to one without a name) and what the options add to them, as a configuration that
 * the caller owns. NULL and *err (EXIT_USAGE), which never shows a secret, where a file cannot be
 * read, or a name or a value is refused. */
struct rd_kafka_conf_s *kafka_config_make(
	const struct kafka_options *options, const struct kafka_property *presets, struct err *err);

/* Appends a line name=value for each property, of topics too, whose value is not librdkafka's own
 * default, sorted by name: `***` in place of a secret, "(N bytes)" in place of a value of several
 * lines, such as a certificate. What only programs set (callbacks) is left out. 0, or -1 and *err
 * where the buffer's ceiling is too low. */
int kafka_config_print(const struct rd_kafka_conf_s *conf, struct buf *to, struct err *err);

#endif
