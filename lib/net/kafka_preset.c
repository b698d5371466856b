#include "net/kafka_preset.h"

#include "base/num.h"
#include "net/kafka_client.h"
#include "net/kafka_record.h"

/* Above the longest line with its key: what is too large is for the topic to say. Batches have a
 * bound of their own, batch.size. */
#define RECORD_BYTES "9437184"

/* Java's, a tenth of librdkafka's: how long a broker that is back goes unnoticed. While it waits to
 * connect again, librdkafka 2.0.2 does not look for records whose time is over either (seen). */
#define RECONNECT_MS "1000"

/* How long a record that is alone waits for others. What comes in bulk makes large batches all the
 * same, since it queues while requests are under way (measured: as fast as with librdkafka's 5). */
#define LINGER_MS "2"

/* A broker that is frozen for so long finds the transaction over. Kafka's own upper bound,
 * transaction.max.timeout.ms, is 15 minutes. */
#define TRANSACTION_MS "300000"

/* How long a broker holds the answer where there is nothing to read: what says that an end was
 * reached. */
#define FETCH_WAIT_MS "10"

/* What librdkafka reads ahead. With less it pauses: a million records of 188 bytes took 38 s with
 * 2048, 4.5 s with 16384 and 60 MB of memory, 3.5 s with 65536 (2.0.2). */
#define AHEAD_KBYTES "16384"

/* 22,000 records of 190 bytes. A broker 10 ms away can still be given 2 million a second. */
enum { QUEUE_BYTES = 12 * 1024 * 1024 };

/* What librdkafka takes for a number. */
static uint64_t within(uint64_t n)
{
	return n < 1 ? 1 : n > INT32_MAX ? INT32_MAX : n;
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
		return 0;
	return err_set(err, EXIT_USAGE, "cannot set '%s': %s", name, why);
}

/* The ID, and a time for records that ends within the transaction's: brokers refuse the other way
 * round. */
static int set_id(rd_kafka_conf_t *conf, const char *id, struct err *err)
{
	uint64_t most = kafka_client_property(conf, "transaction.timeout.ms");
	char text[NUM_U64_MAX + 1];

	if (!*id)
		return err_set(err, EXIT_USAGE, "cannot publish exactly once: the ID is empty");
	text[num_write_u64(text, most)] = '\0';
	if (most < kafka_client_property(conf, "message.timeout.ms") &&
		set(conf, "message.timeout.ms", text, err) < 0)
		return -1;
	return set(conf, "transactional.id", id, err);
}

struct rd_kafka_conf_s *kafka_preset_make(
	const struct kafka_producer_settings *settings, struct err *err)
{
	uint64_t bytes = settings->queue_bytes ? settings->queue_bytes : QUEUE_BYTES;
	char delivery_ms[NUM_U64_MAX + 1], kbytes[NUM_U64_MAX + 1], records[NUM_U64_MAX + 1];
	const struct kafka_property presets[] = {
		{"enable.idempotence", "true"},
		{"acks", "all"},
		{"partitioner", "murmur2_random"},
		{"message.timeout.ms", delivery_ms},
		{"compression.codec", settings->compression},
		{"queue.buffering.max.kbytes", kbytes},
		{"queue.buffering.max.messages", records},
		{"message.max.bytes", RECORD_BYTES},
		{"queue.buffering.max.ms", LINGER_MS},
		{"socket.nagle.disable", "true"},
		{"reconnect.backoff.max.ms", RECONNECT_MS},
		{"allow.auto.create.topics", "false"},
		{settings->txn_id ? "transaction.timeout.ms" : NULL, TRANSACTION_MS},
		{NULL, NULL},
	};
	rd_kafka_conf_t *conf;

	delivery_ms[num_write_u64(delivery_ms, settings->delivery_ms)] = '\0';
	kbytes[num_write_u64(kbytes, within(bytes / 1024))] = '\0';
	records[num_write_u64(records, within(bytes / KAFKA_RECORD_COST))] = '\0';
	conf = kafka_config_make(settings->connection, presets, err);
	if (!conf || !settings->txn_id || set_id(conf, settings->txn_id, err) == 0)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

struct rd_kafka_conf_s *kafka_preset_consumer(const struct kafka_options *connection,
	const struct kafka_property *forced, struct err *err)
{
	static const struct kafka_property presets[] = {{"allow.auto.create.topics", "false"},
		{"fetch.wait.max.ms", FETCH_WAIT_MS}, {"queued.max.messages.kbytes", AHEAD_KBYTES},
		{NULL, NULL}};
	/* What is a producer's property would be warned of, hence the level. */
	static const struct kafka_property common[] = {{"enable.auto.commit", "false"},
		{"enable.partition.eof", "true"}, {"auto.offset.reset", "earliest"},
		{"log_level", "3"}, {NULL, NULL}};
	rd_kafka_conf_t *conf = kafka_config_make(connection, presets, err);
	int result = 0;

	for (size_t i = 0; conf && result == 0 && common[i].name; i++)
		result = set(conf, common[i].name, common[i].value, err);
	for (size_t i = 0; conf && result == 0 && forced[i].name; i++)
		result = set(conf, forced[i].name, forced[i].value, err);
	if (result == 0)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

int kafka_preset_print(
	const struct kafka_producer_settings *settings, struct buf *to, struct err *err)
{
	rd_kafka_conf_t *conf = kafka_preset_make(settings, err);
	int result;

	if (!conf)
		return -1;
	result = kafka_config_print(conf, to, err);
	rd_kafka_conf_destroy(conf);
	return result;
}
