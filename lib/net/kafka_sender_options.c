#include <stddef.h>

#include "base/num.h"
#include "net/kafka_sender.h"

static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd", NULL};

const struct opt kafka_sender_rows[] = {
	{.kind = OPT_TEXT,
		.letter = 't',
		.name = "topic",
		.arg = "name",
		.help = "publish to this topic (required)",
		.at = offsetof(struct kafka_sender_options, topic)},
	{.kind = OPT_TEXT,
		.name = "create-topic",
		.arg = "partitions[:replicas]",
		.help = "create the topic if it is missing",
		.at = offsetof(struct kafka_sender_options, create_topic)},
	{.kind = OPT_LIST,
		.name = "topic-config",
		.arg = "name=value",
		.help = "a property of the topic that is created (may be repeated)",
		.at = offsetof(struct kafka_sender_options, topic_config)},
	{.kind = OPT_CHOICE,
		.letter = 'z',
		.name = "compression",
		.arg = "codec",
		.help = "compress batches",
		.choices = codecs,
		.preset = "none",
		.at = offsetof(struct kafka_sender_options, compression)},
	{.kind = OPT_DURATION,
		.name = "delivery-timeout",
		.arg = "duration",
		.help = "give up if a record is not acknowledged within this time",
		.preset = "2m",
		.lo = 1,
		.hi = INT32_MAX,
		.at = offsetof(struct kafka_sender_options, delivery_ms)},
	{.kind = OPT_TEXT,
		.name = "partition",
		.arg = "number",
		.help = "publish to this partition, whatever the key",
		.at = offsetof(struct kafka_sender_options, partition)},
	{.kind = OPT_FLAG,
		.name = "allow-expired",
		.help = "publish also what is older than the topic keeps records",
		.at = offsetof(struct kafka_sender_options, allow_expired)},
	{.name = NULL},
};

static int read_partition(const char *text, int32_t *partition, struct err *err)
{
	uint64_t number;

	*partition = -1;
	if (!text)
		return 0;
	if (num_u64(span_text(text), &number) < 0 || number > INT32_MAX)
		return err_set(err, EXIT_USAGE, "'%s' is not the number of a partition", text);
	*partition = (int32_t)number;
	return 0;
}

int kafka_sender_read_options(const struct kafka_sender_options *o,
	struct kafka_sender_settings *settings, struct err *err)
{
	struct kafka_producer_settings *p = &settings->producer;

	p->topic = o->topic;
	p->topic_config = &o->topic_config;
	p->compression = codecs[o->compression];
	p->delivery_ms = o->delivery_ms;
	settings->allow_expired = o->allow_expired;
	if (o->topic_config.n && !o->create_topic)
		return err_set(err, EXIT_USAGE, "option --topic-config needs --create-topic");
	if (o->create_topic && kafka_creation_parse(span_text(o->create_topic), &p->creation) < 0)
		return err_set(err, EXIT_USAGE,
			"'%s' is not PARTITIONS[:REPLICAS], as --create-topic needs",
			o->create_topic);
	return read_partition(o->partition, &settings->partition, err);
}
