#include <string.h>

#include "net/kafka_fates_priv.h"

const struct opt kafka_fates_rows[] = {
	{.kind = OPT_FILE,
		.name = "dead-letter",
		.arg = "file|topic:name|discard",
		.help = "go on after a record that cannot be published, which goes there",
		.more = "Without it the first one ends the run.",
		.at = offsetof(struct kafka_fates_settings, dead_letter)},
	{.kind = OPT_FILE,
		.name = "unsent",
		.arg = "file",
		.help = "append the lines of records that are not in the topic",
		.at = offsetof(struct kafka_fates_settings, unsent)},
	{.kind = OPT_FILE,
		.name = "unknown",
		.arg = "file",
		.help = "append the lines of records that got no answer and may be in the topic",
		.at = offsetof(struct kafka_fates_settings, unknown)},
	{.kind = OPT_FILE,
		.name = "receipts",
		.arg = "file",
		.help = "append where each acknowledged record lies, as JSON lines",
		.at = offsetof(struct kafka_fates_settings, receipts)},
	{.kind = OPT_FLAG,
		.name = "tee",
		.help = "write the lines of acknowledged records to standard output",
		.at = offsetof(struct kafka_fates_settings, tee)},
	{.kind = OPT_FLAG,
		.name = "dry-run",
		.help = "write what would be sent to standard output, and reach no broker",
		.at = offsetof(struct kafka_fates_settings, shows)},
	{.kind = OPT_U64,
		.name = "limit",
		.arg = "count",
		.help = "stop after this many records",
		.lo = 1,
		.hi = UINT64_MAX,
		.at = offsetof(struct kafka_fates_settings, limit)},
	{.kind = OPT_SIZE,
		.name = "queue-bytes",
		.arg = "size",
		.help = "memory for records on their way; reading waits while it is used up",
		.preset = "12M",
		.lo = 64 * 1024,
		.hi = 1024 * 1024 * 1024,
		.at = offsetof(struct kafka_fates_settings, held_max)},
	{.name = NULL},
};

static const char topic_prefix[] = "topic:";

static const char *const purposes[FILES] = {"dead letters go", "unsent records go",
	"records without an answer go", "receipts go", "records go"};

const char *kafka_fates_dead_topic(const struct kafka_fates_settings *s)
{
	size_t n = sizeof topic_prefix - 1;

	if (!s->dead_letter || strncmp(s->dead_letter, topic_prefix, n) != 0)
		return NULL;
	return s->dead_letter + n;
}

enum fates_policy fates_policy(const struct kafka_fates_settings *s)
{
	if (!s->dead_letter)
		return POLICY_END;
	if (strcmp(s->dead_letter, "discard") == 0)
		return POLICY_DISCARD;
	return kafka_fates_dead_topic(s) ? POLICY_TOPIC : POLICY_FILE;
}

void fates_paths(const struct kafka_fates_settings *s, const char *paths[FILES])
{
	paths[FILE_DEAD] = fates_policy(s) == POLICY_FILE ? s->dead_letter : NULL;
	paths[FILE_UNSENT] = s->unsent;
	paths[FILE_UNKNOWN] = s->unknown;
	paths[FILE_RECEIPTS] = s->receipts;
	paths[FILE_TEE] = s->tee || s->shows ? "-" : NULL;
}

int kafka_fates_guard(
	const struct kafka_fates_settings *settings, struct guard *guard, struct err *err)
{
	const char *paths[FILES];

	fates_paths(settings, paths);
	for (int i = 0; i < FILES; i++)
		if (guard_writes(guard, paths[i], purposes[i], err) < 0)
			return -1;
	return 0;
}
