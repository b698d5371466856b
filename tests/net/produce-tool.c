/*
 * Drives lib/net/kafka_producer for tests/kafka/producer.t: sends the records that it reads and
 * writes what became of each one to standard output.
 *
 * usage: produce-tool NAME=VALUE ... <RECORDS
 *
 * Names: brokers file topic dead create config property queue (a size) delivery (milliseconds).
 * A record is a line "KEY TIMESTAMP PARTITION HEADERS VALUE", separated by tabs; "-" is none;
 * HEADERS is "NAME=VALUE,...". A line "!VALUE" is a dead letter. "flush" waits until all that was
 * sent is reported; "held" writes how many are not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/wait.h"
#include "net/kafka_producer.h"

enum { LINE_MAX_BYTES = 1 << 20 };

struct tool {
	struct kafka_producer *producer;
	uint64_t sent, reported;
	uint64_t tag;
};

static void on_delivery(void *arg, const struct kafka_delivery *d)
{
	static const char *const fates[] = {"acked", "dead", "unsent", "unknown"};
	struct tool *t = arg;

	t->reported++;
	printf("%" PRIu64 " %s%s", d->tag, d->is_dead_letter ? "letter " : "", fates[d->fate]);
	if (d->fate == KAFKA_ACKED)
		printf(" %d %" PRId64 " %" PRId64 "\n", (int)d->partition, d->offset,
			d->timestamp_ms);
	else
		printf(" %s\n", d->reason);
}

static const char *value_of(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static void add(struct opt_list *list, const char *text)
{
	if (list->n < OPT_LIST_MAX)
		list->items[list->n++] = text;
}

static int set(const char *word, struct kafka_producer_settings *s, struct kafka_options *o,
	struct opt_list *config)
{
	const char *value;

	if ((value = value_of(word, "brokers")))
		o->brokers = value;
	else if ((value = value_of(word, "property")))
		add(&o->properties, value);
	else if ((value = value_of(word, "file")))
		o->config_file = value;
	else if ((value = value_of(word, "topic")))
		s->topic = value;
	else if ((value = value_of(word, "dead")))
		s->dead_topic = value;
	else if ((value = value_of(word, "config")))
		add(config, value);
	else if ((value = value_of(word, "create")))
		return kafka_creation_parse(span_text(value), &s->creation);
	else if ((value = value_of(word, "queue")))
		return num_size(span_text(value), &s->queue_bytes);
	else if ((value = value_of(word, "delivery")))
		return num_u64(span_text(value), &s->delivery_ms);
	else
		return -1;
	return 0;
}

/* The next column, ended in place; NULL for "-". */
static char *column(char **rest)
{
	char *start = *rest, *end = start + strcspn(start, "\t");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return strcmp(start, "-") == 0 ? NULL : start;
}

static size_t read_headers(char *text, struct kafka_header headers[KAFKA_HEADERS_MAX])
{
	size_t n = 0;

	for (char *next; text && n < KAFKA_HEADERS_MAX; text = next, n++) {
		char *equals;
		next = strchr(text, ',');
		if (next)
			*next++ = '\0';
		equals = strchr(text, '=');
		if (equals)
			*equals++ = '\0';
		headers[n].name = text;
		headers[n].value = equals ? span_text(equals) : span_make(NULL, 0);
	}
	return n;
}

static int send_line(struct tool *t, char *line)
{
	struct kafka_header headers[KAFKA_HEADERS_MAX];
	struct kafka_record record = {.tag = ++t->tag, .headers = headers};
	const char *key, *timestamp, *partition;

	t->sent++;
	if (*line == '!')
		return kafka_producer_send_dead(t->producer, span_text(line + 1), t->tag);
	key = column(&line);
	timestamp = column(&line);
	partition = column(&line);
	record.n_headers = read_headers(column(&line), headers);
	record.key = key ? span_text(key) : span_make(NULL, 0);
	record.timestamp_ms = timestamp ? strtoll(timestamp, NULL, 10) : 0;
	record.partition = partition ? (int32_t)strtol(partition, NULL, 10) : -1;
	record.value = span_text(line);
	return kafka_producer_send(t->producer, &record);
}

static int flush(struct tool *t)
{
	while (t->reported < t->sent) {
		if (kafka_producer_serve(t->producer) < 0)
			return -1;
		if (t->reported < t->sent)
			wait_readable(-1, kafka_producer_fd(t->producer), -1);
	}
	return 0;
}

static void send_all(struct tool *t)
{
	static char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "held") == 0)
			printf("held %" PRIu64 "\n", t->sent - t->reported);
		else if ((strcmp(line, "flush") == 0 ? flush(t) : send_line(t, line)) < 0)
			return;
	}
}

static int fail(const struct err *err)
{
	printf("error %d %s\n", err->code, err->text);
	return 1;
}

int main(int argc, char **argv)
{
	struct tool tool = {.tag = 0};
	struct kafka_options connection = {.connect_ms = 10000};
	struct opt_list config = {.n = 0};
	struct kafka_producer_settings settings = {
		.connection = &connection,
		.topic_config = &config,
		.compression = "none",
		.delivery_ms = 20000,
		.delivered = on_delivery,
		.arg = &tool,
	};
	const struct kafka_topic_facts *facts;
	struct err err;
	int code = 0;

	diag_init("produce-tool");
	sig_init(10000);
	for (int i = 1; i < argc; i++)
		if (set(argv[i], &settings, &connection, &config) < 0) {
			fprintf(stderr, "produce-tool: cannot read '%s'\n", argv[i]);
			return 2;
		}
	tool.producer = kafka_producer_open(&settings, &err);
	if (!tool.producer)
		return fail(&err);
	facts = kafka_producer_topic(tool.producer);
	printf("facts %d %" PRIu64 " %" PRId64 " %s\n", (int)facts->partitions,
		facts->max_message_bytes, facts->retention_ms,
		facts->log_append_time ? "append" : "create");
	send_all(&tool);
	if (kafka_producer_finish(tool.producer, &err) < 0)
		code = fail(&err);
	kafka_producer_free(tool.producer);
	return code;
}
