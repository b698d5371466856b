/*
 * What can go wrong with TLS and SASL on the way to a broker, in words that say what to do; those
 * of librdkafka and OpenSSL seldom do. Private to lib/net.
 *
 * Sources: librdkafka 2.0.2 rdkafka_ssl.c, rdkafka_sasl*.c, rdkafka_broker.c; librdkafka's
 * CHANGELOG, 2.6.1 (SCRAM); RFC 8446 section 6.2 (alerts).
 */
#ifndef TRADEPIPE_NET_KAFKA_SECURITY_H
#define TRADEPIPE_NET_KAFKA_SECURITY_H

#include <stdbool.h>

#include "base/err.h"
#include "net/kafka_client.h"

/* Before the start: whether the files that the configuration names can be read, and a mechanism is
 * named where one is needed. 0, or -1 and *err (EXIT_USAGE). */
int kafka_security_check(const rd_kafka_conf_t *conf, struct err *err);

/* Has certificates verified so that the reason for a refusal is logged, where
 * kafka_security_distrust() finds it. */
void kafka_security_watch(rd_kafka_conf_t *conf);

/* The reason in a log message, as a phrase that is part of `text`, or NULL if it is another one. */
const char *kafka_security_distrust(const char *facility, const char *text);

/* How much of what librdkafka says may be shown: it redacts secrets, but quotes an OAuth
 * configuration that it cannot read. */
int kafka_security_shown(const char *text);

/* After a start that failed: why, in *err (EXIT_USAGE). */
void kafka_security_failed(const rd_kafka_conf_t *conf, const char *why, struct err *err);

/* Puts the client's reason, just kept with this error, into better words where there are some.
 * Whether trying again cannot help: somebody refused somebody. */
bool kafka_security_explain(struct kafka_client *c, int error);

/* The same for the client's fatal error. Whether a right is missing. */
bool kafka_security_explain_fatal(struct kafka_client *c, int error);

#endif
