/*
 * The messages of a topic that were written for this group of readers: from where it has committed
 * to have read, or, where it never has, from the topic's end as it was at a moment given. The group
 * has no members: a reader that died holds nobody up, and two readers both see everything. As long
 * as another program is a member of it, nothing can be committed.
 *
 * Takes the rights Read of the topic and Read of the group.
 */
#ifndef TRADEPIPE_NET_KAFKA_CONTROL_H
#define TRADEPIPE_NET_KAFKA_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "net/kafka_config.h"

struct kafka_control_settings {
	const struct kafka_options *connection;
	const char *topic;
	const char *group;
	int64_t since_ms; /* without a committed offset: the first message of this time (as the
			   * topic has it) or later, or where the topic ends when it is opened,
			   * whichever is earlier; since 1970 */
	/* Each message, in the order of its partition; a value without bytes has p NULL. Whether
	 * the next reader of the group need not see it: with the first of which that is false,
	 * nothing more is committed until kafka_control_release(). */
	bool (*seen)(void *arg, struct span value);
	void *arg;
};

struct kafka_control;

/* Reaches a broker, finds the topic and where to begin, and commits that, within
 * connection->connect_ms. What settings point to lives on. NULL and *err: EXIT_FAILED where no
 * broker was reached, EXIT_USAGE where the topic is missing or a right or we are refused, EXIT_DONE
 * where a stop signal came. */
struct kafka_control *kafka_control_open(
	const struct kafka_control_settings *settings, struct err *err);

/* Calls seen() for what has come; does not block. Troubles with brokers are notes (diag_info): they
 * are tried again for ever. kafka_control_fd() can be read when there is something to serve. */
void kafka_control_serve(struct kafka_control *control);
int kafka_control_fd(const struct kafka_control *control);

/* What was seen is no matter for the next reader, whatever seen() has said of it. */
void kafka_control_release(struct kafka_control *control);

/* Commits what was seen, so that the next reader of the group begins behind it: asked for by
 * serve() from time to time, and at the end by this, which waits for up to timeout_ms. -1 and *err
 * (EXIT_FAILED) where it is not committed. */
int kafka_control_commit(struct kafka_control *control, uint64_t timeout_ms, struct err *err);

void kafka_control_free(struct kafka_control *control);

#endif
