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

/* 22,000 records of 190 bytes. A broker 10 ms away can still be given 2 million a second. */
enum { QUEUE_BYTES = 12 * 1024 * 1024 };

/* What librdkafka takes for a number. */
static uint64_t within(uint64_t n)
{
	return n < 1 ? 1 : n > INT32_MAX ? INT32_MAX : n;
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
		{NULL, NULL},
	};

	delivery_ms[num_write_u64(delivery_ms, settings->delivery_ms)] = '\0';
	kbytes[num_write_u64(kbytes, within(bytes / 1024))] = '\0';
	records[num_write_u64(records, within(bytes / KAFKA_RECORD_COST))] = '\0';
	return kafka_config_make(settings->connection, presets, err);
}

int kafka_preset_print(
	const struct kafka_producer_settings *settings, struct buf *to, struct err *err)
{
	rd_kafka_conf_t *conf = kafka_preset_make(settings, err);
	int result;

	if (!conf)
		return -1;
	result = kafka_config_print(conf, to);
	rd_kafka_conf_destroy(conf);
	return result < 0 ? err_set(err, EXIT_FAILED, "the properties are too long") : 0;
}
