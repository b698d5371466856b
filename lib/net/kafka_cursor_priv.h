/* What kafka_cursor and kafka_txn share. Private to lib/net. */
#ifndef TRADEPIPE_NET_KAFKA_CURSOR_PRIV_H
#define TRADEPIPE_NET_KAFKA_CURSOR_PRIV_H

#include "net/kafka_client.h"
#include "net/kafka_cursor.h"

#define KAFKA_CURSOR_GROUP "tradepipe-cursor."

struct kafka_cursor {
	struct kafka_client client; /* a consumer */
	struct kafka_cursor_settings settings;
	char *group;
	rd_kafka_topic_t *topic; /* NULL in a twin */
	int32_t partitions;
	bool drains; /* it is needed to the end: a first stop signal does not end it */
};

/* The same cursor for reading what is committed at this moment, whatever is still open; it does not
 * look for the topic again. Settings of the other one must live on. */
struct kafka_cursor *kafka_cursor_twin(const struct kafka_cursor *other, struct err *err);

/* Puts a copy of the text in place of the one of partition i, which is below n. */
void kafka_texts_set(struct kafka_texts *texts, size_t i, struct span text);

#endif
