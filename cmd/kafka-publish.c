/*
 * kafka-publish: NDJSON into a Kafka topic, each record followed to its delivery.
 *
 * stdin: any JSON objects, one a line. stdout: nothing.
 * Exit: 0 all records acknowledged, 1 failed, 2 usage, a missing topic, refused credentials,
 * 3 stopped with records that were not delivered.
 */
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/guard.h"
#include "base/line.h"
#include "base/place.h"
#include "base/prog.h"
#include "base/sig.h"
#include "json/json.h"
#include "json/path.h"
#include "net/kafka_producer.h"

enum {
	KEY_MAX = 64 * 1024,   /* bytes of a key with escapes in it */
	KEY_DEPTH_MAX = 16,    /* names in a dotted path */
	REASON_MAX = 256,      /* bytes of the reason for a refusal */
	RESERVE_MAX_MS = 1000, /* of the drain, for acknowledgements */
};

struct options {
	const char *topic;
	const char *key;
	const char *create_topic;
	int compression;
	uint64_t delivery_ms;
	struct kafka_options connection;
	struct prog_options common;
};

static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd", NULL};

static const struct opt own_options[] = {
	{.kind = OPT_TEXT,
		.letter = 't',
		.name = "topic",
		.arg = "name",
		.help = "publish to this topic (required)",
		.at = offsetof(struct options, topic)},
	{.kind = OPT_TEXT,
		.letter = 'k',
		.name = "key",
		.arg = "field",
		.help = "the field that holds each record's key, or none for no keys",
		.more = "Dots lead into objects:\n.Ql trade.symbol .\n"
			"The key of a string is its text, that of a number its literal.",
		.preset = "product_id",
		.at = offsetof(struct options, key)},
	{.kind = OPT_TEXT,
		.name = "create-topic",
		.arg = "partitions[:replicas]",
		.help = "create the topic if it is missing",
		.at = offsetof(struct options, create_topic)},
	{.kind = OPT_CHOICE,
		.letter = 'z',
		.name = "compression",
		.arg = "codec",
		.help = "compress batches",
		.choices = codecs,
		.preset = "none",
		.at = offsetof(struct options, compression)},
	{.kind = OPT_DURATION,
		.name = "delivery-timeout",
		.arg = "duration",
		.help = "give up if a record is not acknowledged within this time",
		.preset = "2m",
		.lo = 1,
		.hi = INT32_MAX,
		.at = offsetof(struct options, delivery_ms)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "kafka-publish",
	.operands = "[file ...]",
	.summary = "Publish JSON records, one a line, to a Kafka topic.",
	.tables = {{own_options, 0}, {kafka_options, offsetof(struct options, connection)},
		{prog_options, offsetof(struct options, common)}},
};

struct publisher {
	const struct options *options;
	struct kafka_producer *producer;
	struct line_loop loop;
	struct json_path path; /* to the key; empty: no keys */
	struct buf key;	       /* one once unescaped */
	struct place place;    /* of each line; its number is the record's tag */
	bool ended;	       /* a record that cannot be published has ended the run */
	uint64_t read, skipped;
	uint64_t fates[KAFKA_UNKNOWN + 1];
};

static void report(const struct publisher *p, uint64_t tag, const char *reason)
{
	bool named = p->loop.files && *p->loop.files;
	const char *file;
	uint64_t line = place_line(&p->place, tag, &file);

	diag_error("%s%sline %llu: %s", named ? file : "", named ? ": " : "",
		(unsigned long long)line, reason);
}

/* Every record ends here, once. */
static void on_delivery(void *arg, const struct kafka_delivery *delivery)
{
	struct publisher *p = arg;

	p->fates[delivery->fate]++;
	if (delivery->fate == KAFKA_DEAD && !p->ended) {
		report(p, delivery->tag, delivery->reason);
		p->ended = true;
	}
}

/* Checks that the record is an object and finds its key. Returns NULL, or why it cannot be
 * published, which `text` may hold. */
static const char *find_key(
	struct publisher *p, struct span record, struct span *key, char text[REASON_MAX])
{
	struct json_value value;
	struct json_fault fault;

	*key = span_make(NULL, 0);
	if (json_path_find(&p->path, record, &value, &fault) < 0) {
		snprintf(text, REASON_MAX, "%s, byte %zu", fault.reason, fault.at + 1);
		return text;
	}
	if (p->path.n == 0)
		return NULL;
	if (value.type == JSON_STRING)
		*key = json_text(&value, &p->key);
	else if (value.type == JSON_NUMBER)
		*key = value.raw;
	if (key->p)
		return NULL;
	snprintf(text, REASON_MAX, "'%s', the key, is %s", p->options->key,
		value.type == JSON_NONE ? "missing" : "neither a string nor a number");
	return text;
}

/* Whether the next record is to be read. A writer that goes on after a signal must not use up the
 * time in which the last records are to be acknowledged. */
static int go_on(const struct publisher *p)
{
	uint64_t drain_ms = p->options->common.drain_ms;
	uint64_t reserve_ms = drain_ms / 4 < RESERVE_MAX_MS ? drain_ms / 4 : RESERVE_MAX_MS;

	if (p->ended)
		return -1;
	return sig_stops() && sig_left_ms() < (int64_t)reserve_ms ? -1 : 0;
}

/* For a record that is not even sent; ends the run. */
static int refuse(struct publisher *p, struct span record, uint64_t tag, const char *reason)
{
	const struct kafka_delivery dead = {
		.tag = tag, .fate = KAFKA_DEAD, .reason = reason, .value = record};

	on_delivery(p, &dead);
	return -1;
}

static int on_record(void *arg, struct span record)
{
	struct publisher *p = arg;
	uint64_t tag = place_next(&p->place, p->loop.file, p->loop.line);
	char text[REASON_MAX];
	const char *reason;
	struct span key;

	p->read++;
	reason = find_key(p, record, &key, text);
	if (reason)
		return refuse(p, record, tag, reason);
	return kafka_producer_send(p->producer, key, record, tag) < 0 ? -1 : go_on(p);
}

static int on_too_long(void *arg, struct span head)
{
	struct publisher *p = arg;
	uint64_t tag = place_next(&p->place, p->loop.file, p->loop.line);

	p->read++;
	return refuse(p, head, tag, "the line is over 8 MiB long");
}

static int on_wait(void *arg)
{
	struct publisher *p = arg;

	return kafka_producer_serve(p->producer) < 0 ? -1 : go_on(p);
}

/* Reads all input and sees every record to its end; returns the exit code. */
static int publish(struct publisher *p)
{
	int code = EXIT_DONE;
	struct err err;

	p->loop.record = on_record;
	p->loop.too_long = on_too_long;
	p->loop.wait = on_wait;
	p->loop.event_fd = kafka_producer_fd(p->producer);
	if (line_run(&p->loop, &err) == LINE_END_ERROR)
		code = diag_err(&err);
	if (kafka_producer_finish(p->producer, &err) < 0)
		code = diag_err(&err);
	return p->ended ? EXIT_FAILED : code;
}

static int with_account(struct publisher *p, const struct err *failure)
{
	const struct prog_options *common = &p->options->common;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &p->read, "records read", false, false},
		{"acked", ACCOUNT_FATE, &p->fates[KAFKA_ACKED], "records acknowledged", false,
			false},
		{"dead", ACCOUNT_LOSS, &p->fates[KAFKA_DEAD], "records that cannot be published",
			false, false},
		{"skipped", ACCOUNT_FATE, &p->skipped, "records the topic had already", false,
			false},
		{"unsent", ACCOUNT_LOSS, &p->fates[KAFKA_UNSENT], "records not in the topic", false,
			false},
		{"unknown", ACCOUNT_LOSS, &p->fates[KAFKA_UNKNOWN], "records without an answer",
			false, false},
		{"torn", ACCOUNT_LOSS, &p->loop.torn, "lines left behind when time was up", true,
			true},
		{"empty", ACCOUNT_MEMO, &p->loop.empty, "blank lines", false, false},
	};
	struct account *account;
	struct err err;
	int code;

	account = account_open(rows, sizeof rows / sizeof *rows, common->metrics_file, &err);
	if (!account)
		return diag_err(&err);
	if (p->producer)
		code = publish(p);
	else
		code = failure->code == EXIT_DONE ? EXIT_DONE : (int)diag_err(failure);
	return account_close(account, code, common->quiet);
}

static int guard_files(const struct options *o, char *const *files, struct err *err)
{
	struct guard guard = {.n = 0};

	if (guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_reads(&guard, o->connection.config_file, err) < 0)
		return -1;
	return guard_reads_all(&guard, files, err);
}

static int run(const struct options *o, char **files)
{
	struct publisher p = {.options = o};
	struct kafka_producer_settings settings = {
		.connection = &o->connection,
		.topic = o->topic,
		.compression = codecs[o->compression],
		.delivery_ms = o->delivery_ms,
		.delivered = on_delivery,
		.arg = &p,
	};
	size_t n_files = 0;
	struct err err;
	int code;

	if (!o->topic)
		opt_usage_error("option --topic is missing");
	if (o->create_topic &&
		kafka_creation_parse(span_text(o->create_topic), &settings.creation) < 0)
		opt_usage_error("'%s' is not PARTITIONS[:REPLICAS], as --create-topic needs",
			o->create_topic);
	if (strcmp(o->key, "none") != 0 && json_path_parse(span_text(o->key), &p.path) < 0)
		opt_usage_error("'%s' is not a field that a key can be", o->key);
	while (files[n_files])
		n_files++;
	line_init(&p.loop, files, &p);
	if (guard_files(o, files, &err) < 0)
		return diag_err(&err);
	p.producer = kafka_producer_open(&settings, &err);
	if (!p.producer && err.code == EXIT_USAGE)
		return diag_err(&err);
	buf_init(&p.key, KEY_MAX);
	place_init(&p.place, n_files + 1);
	code = with_account(&p, &err);
	place_release(&p.place);
	buf_release(&p.key);
	kafka_producer_free(p.producer);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {.topic = NULL};
	char **files = prog_begin(&program, &options, &options.common, argc, argv);

	return prog_end(run(&options, files));
}
