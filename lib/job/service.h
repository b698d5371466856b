/*
 * What services share that are set up by variables: where their programs are, how Kafka is reached,
 * whether they publish exactly once, and from where they go on.
 */
#ifndef TRADEPIPE_JOB_SERVICE_H
#define TRADEPIPE_JOB_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/prog.h"
#include "job/words.h"
#include "net/kafka_config.h"

enum { SERVICE_LAST_MAX = 8 << 20 }; /* bytes of the last trades that a service asks for */

enum service_once { SERVICE_AUTO, SERVICE_YES, SERVICE_NO };
extern const char *const service_once_names[]; /* for a variable; NULL at the end */

/* How a service reaches Kafka. With a user by SASL_SSL and SCRAM-SHA-512, else in plain text. */
struct service_kafka {
	const char *brokers;
	const char *user, *password; /* NULL: none */
	const char *ca_file;	     /* NULL: the system's certificates */
};

/* Has programs of the suite found where this one lies, before others of these names; and has this
 * process and those that it starts reach Kafka in this way, whatever KAFKA_* variables said before.
 * Before threads are started. */
void service_prepare(const struct service_kafka *kafka);

/* For env_row: whether a topic may have this name (Apache Kafka 3.9, "Topic names"). */
const char *service_check_topic(const char *name);

/* Where a service publishes. */
struct service_topic {
	const struct kafka_options *connection;
	const char *name;
	const char *id;	     /* under which it publishes exactly once */
	uint32_t partitions; /* 0: the topic must be there; else it is made, with one replica */
};

/* Whether to publish exactly once: 1 or 0, with a warning that names what is missing where
 * SERVICE_AUTO had to do without. -1 and *err where that cannot be found out, SERVICE_YES is denied
 * (EXIT_USAGE), or SERVICE_AUTO is, though records were published exactly once under the ID before
 * (EXIT_FAILED). Another run under the ID is fenced off by it. */
int service_decide(enum service_once choice, const struct service_topic *topic, struct err *err);

/* Appends the last trades that were published under the ID, one record a line: what kafka-last
 * prints. -1 and *err; EXIT_DONE where a stop signal came. */
int service_ask(const struct service_topic *topic, struct buf *last, struct err *err);

/* Has the first stage of a pipeline that is started next read this text. -1 and *err. */
int service_feed(struct span text, struct err *err);

/* Adds the options that stages take over from their runner: --log-format, --log-level, --quiet,
 * --drain-timeout, and --metrics-file, where the runner has one, with the stage's name before the
 * last point of it. */
void service_pass_on(struct words *words, const struct prog_options *common, const char *stage);

#endif
