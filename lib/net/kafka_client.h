/*
 * A connection to a Kafka cluster, as the kafka_* files share it: the handle of librdkafka, what it
 * has to say, and waiting for it. Private to lib/net: this is the one file that includes
 * librdkafka's header, and its users are lib/net/kafka_*.c.
 *
 * All callbacks, log messages included, are collected by librdkafka and run on the caller's thread
 * within kafka_client_serve() and kafka_client_flush().
 */
#ifndef TRADEPIPE_NET_KAFKA_CLIENT_H
#define TRADEPIPE_NET_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
	KAFKA_REASON_MAX = 768,
	KAFKA_PEER_MAX = 300, /* a host name has up to 253 bytes */
};

struct kafka_client {
	rd_kafka_t *rk;
	void *owner;	      /* for callbacks that the owner sets */
	char *brokers;	      /* bootstrap.servers, for messages */
	int wake[2];	      /* a pipe: readable when there is something to serve */
	uint64_t outstanding; /* records handed over and not yet reported: kept by the producer */
	bool reached;	      /* a broker has answered */
	bool refused;	      /* a broker refused us, or we it: credentials, certificates, TLS */
	bool fatal;	      /* librdkafka has given up; `reason` says why */
	bool no_right;	      /* and that is for want of a right: EXIT_USAGE */
	bool complained;      /* that no broker can be reached has been said */
	char reason[KAFKA_REASON_MAX];	 /* the last trouble, "" before any */
	char peer[KAFKA_PEER_MAX];	 /* "host:port" of the broker it was with, "" if unknown */
	char distrust[KAFKA_REASON_MAX]; /* why the last certificate was refused */
};

/* Starts librdkafka with a configuration, which it takes over (also on failure). Its threads never
 * see the signals of sig.h. -1 and *err (EXIT_USAGE) where properties contradict each other, or a
 * certificate or key cannot be used. */
int kafka_client_start(
	struct kafka_client *c, rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err);

/* The value of a property that is a number, or 0. */
uint64_t kafka_client_property(const rd_kafka_conf_t *conf, const char *name);

/* Runs the callbacks that are due; does not block. */
void kafka_client_serve(struct kafka_client *c);

/* Waits until there is something to serve, a signal comes, or timeout_ms has passed (-1: no
 * limit); then serves it. */
void kafka_client_wait(struct kafka_client *c, int64_t timeout_ms);

/* Sends what is held without lingering and serves, for about timeout_ms or until nothing is
 * outstanding. */
void kafka_client_flush(struct kafka_client *c, int timeout_ms);

/* Asks a broker about the topic until it answers; deadline is in stamp_monotonic() nanoseconds.
 * *metadata is for rd_kafka_metadata_destroy(). -1 and *err: EXIT_FAILED where no broker was
 * reached, EXIT_USAGE where one refused us, EXIT_DONE where a stop signal came. */
int kafka_client_ask(struct kafka_client *c, rd_kafka_topic_t *topic, int64_t deadline,
	const struct rd_kafka_metadata **metadata, struct err *err);

/* Whether a right on a group or a topic is missing. */
bool kafka_client_is_denied(rd_kafka_resp_err_t error);

/* Such an error of a consumer, or none. A missing right on the group is told to who polls for
 * records, and to nobody else; records that come are dropped. */
rd_kafka_resp_err_t kafka_client_denial(struct kafka_client *c);

/* Ends librdkafka's threads and releases all, also after a start that failed, or again. */
void kafka_client_release(struct kafka_client *c);

#endif
