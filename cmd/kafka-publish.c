/*
 * kafka-publish: NDJSON into a Kafka topic, each record followed to its fate.
 *
 * stdin: any JSON objects, one a line. stdout: nothing; with --tee the lines that were acknowledged,
 * with --dry-run what would be sent.
 * Exit: 0 all records acknowledged, 1 failed, 2 usage, a missing topic, refused credentials,
 * 3 finished or stopped with records that were not delivered.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/guard.h"
#include "base/line.h"
#include "base/num.h"
#include "base/out.h"
#include "base/place.h"
#include "base/prog.h"
#include "base/progress.h"
#include "base/sig.h"
#include "json/message.h"
#include "net/kafka_fates.h"
#include "net/kafka_preset.h"
#include "net/kafka_sender.h"

enum {
	RESERVE_MAX_MS = 1000,	 /* of the drain, for acknowledgements */
	CONFIG_MAX = 256 * 1024, /* bytes of properties, one certificate among them */
};

struct options {
	struct message_wish message;
	const char *partition;
	struct kafka_fates_settings fates;
	uint64_t limit;
	bool allow_expired;
	const char *create_topic;
	struct opt_list topic_config;
	int compression;
	uint64_t delivery_ms;
	struct kafka_options connection;
	struct progress_options progress;
	struct prog_options common;
};

static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd", NULL};

static const struct opt own_options[] = {
	{.kind = OPT_TEXT,
		.letter = 't',
		.name = "topic",
		.arg = "name",
		.help = "publish to this topic (required)",
		.at = offsetof(struct options, fates.topic)},
	{.kind = OPT_TEXT,
		.letter = 'k',
		.name = "key",
		.arg = "field|@literal|none",
		.help = "the field that holds each record's key, one text for all, or none",
		.more = "Dots lead into objects:\n.Ql trade.symbol .\n"
			"The key of a string is its text, that of a number its literal.",
		.preset = "product_id",
		.at = offsetof(struct options, message.key)},
	{.kind = OPT_LIST,
		.name = "header",
		.arg = "name[=field|@literal]",
		.help = "a header, from the field of its name if none is given (may be repeated)",
		.more = "Where the field is absent or null the header is left out.",
		.at = offsetof(struct options, message.headers)},
	{.kind = OPT_TEXT,
		.name = "timestamp",
		.arg = "field",
		.help = "the field that holds each record's time: RFC 3339, or milliseconds",
		.more = "Without it the time is the moment of sending.",
		.at = offsetof(struct options, message.timestamp)},
	{.kind = OPT_TEXT,
		.name = "omit",
		.arg = "field,...",
		.help = "leave these members out of the value",
		.more = "They may still be key, header and time.",
		.at = offsetof(struct options, message.omit)},
	{.kind = OPT_TEXT,
		.name = "partition",
		.arg = "number",
		.help = "publish to this partition, whatever the key",
		.at = offsetof(struct options, partition)},
	{.kind = OPT_FILE,
		.name = "dead-letter",
		.arg = "file|topic:name|discard",
		.help = "go on after a record that cannot be published, which goes there",
		.more = "Without it the first one ends the run.",
		.at = offsetof(struct options, fates.dead_letter)},
	{.kind = OPT_FILE,
		.name = "unsent",
		.arg = "file",
		.help = "append the lines of records that are not in the topic",
		.at = offsetof(struct options, fates.unsent)},
	{.kind = OPT_FILE,
		.name = "unknown",
		.arg = "file",
		.help = "append the lines of records that got no answer and may be in the topic",
		.at = offsetof(struct options, fates.unknown)},
	{.kind = OPT_FILE,
		.name = "receipts",
		.arg = "file",
		.help = "append where each acknowledged record lies, as JSON lines",
		.at = offsetof(struct options, fates.receipts)},
	{.kind = OPT_FLAG,
		.name = "tee",
		.help = "write the lines of acknowledged records to standard output",
		.at = offsetof(struct options, fates.tee)},
	{.kind = OPT_FLAG,
		.name = "dry-run",
		.help = "write what would be sent to standard output, and reach no broker",
		.at = offsetof(struct options, fates.shows)},
	{.kind = OPT_U64,
		.name = "limit",
		.arg = "count",
		.help = "stop after this many records",
		.lo = 1,
		.hi = UINT64_MAX,
		.at = offsetof(struct options, limit)},
	{.kind = OPT_FLAG,
		.name = "allow-expired",
		.help = "publish also what is older than the topic keeps records",
		.at = offsetof(struct options, allow_expired)},
	{.kind = OPT_TEXT,
		.name = "create-topic",
		.arg = "partitions[:replicas]",
		.help = "create the topic if it is missing",
		.at = offsetof(struct options, create_topic)},
	{.kind = OPT_LIST,
		.name = "topic-config",
		.arg = "name=value",
		.help = "a property of the topic that is created (may be repeated)",
		.at = offsetof(struct options, topic_config)},
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
	{.kind = OPT_SIZE,
		.name = "queue-bytes",
		.arg = "size",
		.help = "memory for records on their way; reading waits while it is used up",
		.preset = "12M",
		.lo = 64 * 1024,
		.hi = 1024 * 1024 * 1024,
		.at = offsetof(struct options, fates.held_max)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "kafka-publish",
	.operands = "[file ...]",
	.summary = "Publish JSON records, one a line, to a Kafka topic.",
	.tables = {{own_options, 0}, {kafka_options, offsetof(struct options, connection)},
		{progress_options, offsetof(struct options, progress)},
		{prog_options, offsetof(struct options, common)}},
};

struct publisher {
	const struct options *options;
	struct message_plan *plan;
	struct kafka_fates *fates;
	struct kafka_sender *sender; /* NULL: a dry run */
	const struct kafka_counts *counts;
	struct line_loop loop;
	struct place place; /* of each line; its number is the record's tag */
	struct buf shown;   /* a message of a dry run */
	int32_t partition;  /* -1: by the key */
	uint64_t bytes, whole_bytes;
};

/* Whether the next record is to be read. A writer that goes on after a signal must not use up the
 * time in which the last records are to be acknowledged. */
static int go_on(const struct publisher *p)
{
	uint64_t drain_ms = p->options->common.drain_ms;
	uint64_t reserve_ms = drain_ms / 4 < RESERVE_MAX_MS ? drain_ms / 4 : RESERVE_MAX_MS;

	if (kafka_fates_has_ended(p->fates) ||
		(p->options->limit && p->counts->read >= p->options->limit))
		return -1;
	return sig_stops() && sig_left_ms() < (int64_t)reserve_ms ? -1 : 0;
}

static int send(struct publisher *p, uint64_t tag, const struct message *message, struct span line)
{
	struct kafka_header headers[MESSAGE_HEADERS_MAX];
	const struct kafka_record record = {
		.key = message->key,
		.value = message->value,
		.headers = headers,
		.n_headers = message->n_headers,
		.timestamp_ms = message->timestamp_ms,
		.tag = tag,
	};

	for (size_t i = 0; i < message->n_headers; i++)
		headers[i] =
			(struct kafka_header){message->headers[i].name, message->headers[i].value};
	return kafka_sender_send(p->sender, &record, line);
}

static void show(struct publisher *p, uint64_t tag, const struct message *message, struct span line)
{
	buf_clear(&p->shown);
	if (message_show(message, p->options->fates.topic, p->partition, &p->shown) < 0)
		kafka_fates_refuse(p->fates, tag, line, "it is too long to be shown");
	else
		kafka_fates_show(p->fates, tag, buf_span(&p->shown));
}

static int on_record(void *arg, struct span line)
{
	struct publisher *p = arg;
	uint64_t tag = place_next(&p->place, p->loop.file, p->loop.line);
	bool has_room = !p->sender || kafka_sender_await_room(p->sender) == 0;
	struct message message;
	const char *reason;

	p->bytes += line.n + 1;
	kafka_fates_read(p->fates, tag, line);
	if (!has_room) {
		kafka_fates_settle(p->fates, tag, KAFKA_UNSENT);
		return -1;
	}
	reason = message_read(p->plan, line, &message);
	if (reason)
		kafka_fates_refuse(p->fates, tag, line, reason);
	else if (!p->sender)
		show(p, tag, &message, line);
	else if (send(p, tag, &message, line) < 0)
		return -1;
	return go_on(p);
}

static int on_too_long(void *arg, struct span head)
{
	struct publisher *p = arg;
	uint64_t tag = place_next(&p->place, p->loop.file, p->loop.line);

	p->bytes += head.n;
	kafka_fates_read(p->fates, tag, head);
	kafka_fates_refuse(p->fates, tag, head, "the line is over 8 MiB long");
	return go_on(p);
}

static int on_wait(void *arg)
{
	struct publisher *p = arg;
	int result = p->sender ? kafka_sender_serve(p->sender) : kafka_fates_flush(p->fates);

	return result < 0 ? -1 : go_on(p);
}

/* Reads all input and sees every record to its end; returns the exit code. */
static int publish(struct publisher *p)
{
	const struct progress_view view = {
		.done = &p->counts->fates[p->sender ? KAFKA_ACKED : KAFKA_SHOWN],
		.unit = "records",
		.part = &p->bytes,
		.whole = &p->whole_bytes,
		.behind = &p->counts->open,
	};
	int code = EXIT_DONE;
	struct err err;

	p->loop.record = on_record;
	p->loop.too_long = on_too_long;
	p->loop.wait = on_wait;
	p->loop.event_fd = p->sender ? kafka_sender_fd(p->sender) : -1;
	progress_begin(&p->options->progress, p->options->common.quiet, &view);
	if (line_run(&p->loop, &err) == LINE_END_ERROR)
		code = diag_err(&err);
	if (p->sender && kafka_sender_finish(p->sender, &err) < 0)
		code = diag_err(&err);
	code = kafka_fates_end(p->fates, code);
	progress_end();
	return code;
}

static int with_account(struct publisher *p, const struct err *failure)
{
	const struct prog_options *common = &p->options->common;
	const uint64_t *n = p->counts->fates;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &p->counts->read, "records read", false, false},
		{"acked", ACCOUNT_FATE, &n[KAFKA_ACKED], "records acknowledged", false, false},
		{"dead", ACCOUNT_LOSS, &n[KAFKA_DEAD], "records that cannot be published", false,
			false},
		{"skipped", ACCOUNT_FATE, &n[KAFKA_SKIPPED], "records the topic had already", false,
			false},
		{"unsent", ACCOUNT_LOSS, &n[KAFKA_UNSENT], "records not in the topic", false,
			false},
		{"unknown", ACCOUNT_LOSS, &n[KAFKA_UNKNOWN], "records without an answer", false,
			false},
		{"dry", ACCOUNT_FATE, &n[KAFKA_SHOWN], "records shown by a dry run", false, true},
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
	if (!failure)
		code = publish(p);
	else
		code = failure->code == EXIT_DONE ? EXIT_DONE : (int)diag_err(failure);
	return account_close(account, code, common->quiet);
}

/* A dry run leaves no files behind. */
static struct kafka_fates_settings settings_of_fates(const struct options *o, char *const *files)
{
	struct kafka_fates_settings settings = {
		.topic = o->fates.topic,
		.dead_letter = o->fates.dead_letter ? "discard" : NULL,
		.shows = true,
	};

	if (!o->fates.shows)
		settings = o->fates;
	settings.named = *files != NULL;
	settings.alters = o->message.omit != NULL;
	return settings;
}

static struct kafka_producer_settings settings_of_producer(const struct options *o)
{
	struct kafka_producer_settings settings = {
		.connection = &o->connection,
		.topic = o->fates.topic,
		.dead_topic = kafka_fates_dead_topic(&o->fates),
		.topic_config = &o->topic_config,
		.queue_bytes = o->fates.held_max,
		.compression = codecs[o->compression],
		.delivery_ms = o->delivery_ms,
	};

	if (o->create_topic &&
		kafka_creation_parse(span_text(o->create_topic), &settings.creation) < 0)
		opt_usage_error("'%s' is not PARTITIONS[:REPLICAS], as --create-topic needs",
			o->create_topic);
	return settings;
}

static int guard_files(const struct options *o, const struct kafka_fates_settings *fates,
	char *const *files, struct err *err)
{
	struct guard guard = {.n = 0};

	if (kafka_fates_guard(fates, &guard, err) < 0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_reads(&guard, o->connection.config_file, err) < 0)
		return -1;
	return guard_reads_all(&guard, files, err);
}

static int open_and_publish(struct publisher *p, char *const *files)
{
	const struct options *o = p->options;
	const struct kafka_fates_settings fates = settings_of_fates(o, files);
	const struct kafka_sender_settings settings = {.producer = settings_of_producer(o),
		.partition = p->partition,
		.allow_expired = o->allow_expired};
	struct err err;

	if (guard_files(o, &fates, files, &err) < 0)
		return diag_err(&err);
	p->fates = kafka_fates_open(&fates, &p->place, &err);
	if (!p->fates)
		return diag_err(&err);
	p->counts = kafka_fates_counts(p->fates);
	if (fates.shows)
		return with_account(p, NULL);
	p->sender = kafka_sender_open(&settings, p->fates, &err);
	if (p->sender)
		return with_account(p, NULL);
	return err.code == EXIT_USAGE ? (int)diag_err(&err) : with_account(p, &err);
}

/* One regular file has a length by which progress can be told. */
static uint64_t whole_bytes(char *const *files)
{
	bool is_stdin = !*files || strcmp(*files, "-") == 0;
	struct stat status;

	if (*files && files[1])
		return 0;
	if ((is_stdin ? fstat(STDIN_FILENO, &status) : stat(*files, &status)) < 0)
		return 0;
	return S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

static int32_t parse_partition(const char *text)
{
	uint64_t number;

	if (!text)
		return -1;
	if (num_u64(span_text(text), &number) < 0 || number > INT32_MAX)
		opt_usage_error("'%s' is not the number of a partition", text);
	return (int32_t)number;
}

static struct message_plan *make_plan(const struct options *o)
{
	struct message_plan *plan;
	struct err err;

	if (!o->fates.topic)
		opt_usage_error("option --topic is missing");
	if (o->topic_config.n && !o->create_topic)
		opt_usage_error("option --topic-config needs --create-topic");
	if (o->fates.shows && o->fates.tee)
		opt_usage_error("options --dry-run and --tee exclude each other");
	plan = message_plan_open(&o->message, &err);
	if (!plan)
		opt_usage_error("%s", err.text);
	return plan;
}

static int print_config(const struct options *o)
{
	const struct kafka_producer_settings settings = settings_of_producer(o);
	uint64_t unwritten;
	struct buf text;
	struct out *out;
	struct err err;

	buf_init(&text, CONFIG_MAX);
	if (kafka_preset_print(&settings, &text, &err) < 0 || !(out = out_open(NULL, &err))) {
		buf_release(&text);
		return diag_err(&err);
	}
	text.len -= text.len > 0; /* its last newline */
	out_record(out, buf_span(&text));
	buf_release(&text);
	return out_close(out, EXIT_DONE, &unwritten);
}

static int run(const struct options *o, char **files)
{
	struct publisher p = {.options = o, .partition = parse_partition(o->partition)};
	size_t n_files = 0;
	int code;

	if (o->connection.print_config)
		return print_config(o);
	p.plan = make_plan(o);
	while (files[n_files])
		n_files++;
	p.whole_bytes = whole_bytes(files);
	line_init(&p.loop, files, &p);
	place_init(&p.place, n_files + 1);
	buf_init(&p.shown, OUT_CEILING - 1);
	code = open_and_publish(&p, files);
	kafka_sender_free(p.sender);
	kafka_fates_close(p.fates);
	buf_release(&p.shown);
	place_release(&p.place);
	message_plan_close(p.plan);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {.limit = 0};
	char **files = prog_begin(&program, &options, &options.common, argc, argv);

	return prog_end(run(&options, files));
}
