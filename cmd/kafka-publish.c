/*
 * kafka-publish: NDJSON into a Kafka topic, each record followed to its fate.
 *
 * stdin: any JSON objects, one a line. stdout: nothing; with --tee the lines that were
 * acknowledged, with --dry-run what would be sent.
 * Exit: 0 all records acknowledged or in the topic before, 1 failed, 2 usage, a missing topic,
 * refused credentials, 3 finished or stopped with records that were not delivered.
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
#include "market/flow.h"
#include "net/kafka_fates.h"
#include "net/kafka_preset.h"
#include "net/kafka_sender.h"

enum {
	RESERVE_MAX_MS = 1000,	 /* of the drain, for acknowledgements */
	CONFIG_MAX = 256 * 1024, /* bytes of properties, one certificate among them */
};

struct options {
	struct kafka_sender_options sender;
	struct message_wish message;
	struct kafka_fates_settings fates;
	struct kafka_txn_options txn;
	struct flow_options flow;
	struct kafka_options connection;
	struct progress_options progress;
	struct prog_options common;
};

static const struct opt_program program = {
	.name = "kafka-publish",
	.operands = "[file ...]",
	.summary = "Publish JSON records, one a line, to a Kafka topic.",
	.tables = {{kafka_sender_rows, offsetof(struct options, sender)},
		{message_rows, offsetof(struct options, message)},
		{kafka_options, offsetof(struct options, connection)},
		{kafka_fates_rows, offsetof(struct options, fates)},
		{kafka_txn_rows, offsetof(struct options, txn)},
		{flow_rows, offsetof(struct options, flow)},
		{progress_options, offsetof(struct options, progress)},
		{prog_options, offsetof(struct options, common)}},
};

struct publisher {
	const struct options *options;
	struct message_plan *plan;
	struct flow *flow; /* NULL: records are not told apart */
	struct kafka_fates *fates;
	struct kafka_sender *sender; /* NULL: a dry run */
	const struct kafka_counts *counts;
	struct line_loop loop;
	struct place place; /* of each line; its number is the record's tag */
	struct buf shown;   /* a message of a dry run */
	struct kafka_sender_settings settings;
	uint64_t bytes, whole_bytes;
	uint64_t fenced; /* 1: another run has the ID */
};

/* Whether the next record is to be read. A writer that goes on after a signal must not use up the
 * time in which the last records are to be acknowledged. */
static int go_on(const struct publisher *p)
{
	uint64_t drain_ms = p->options->common.drain_ms;
	uint64_t reserve_ms = drain_ms / 4 < RESERVE_MAX_MS ? drain_ms / 4 : RESERVE_MAX_MS;

	if (kafka_fates_has_ended(p->fates) ||
		(p->options->fates.limit && p->counts->read >= p->options->fates.limit))
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

/* What ends the run is seen by go_on() where there is no sender. */
static int refuse(
	struct publisher *p, uint64_t tag, struct span line, const char *reason, bool is_next)
{
	if (p->sender)
		return kafka_sender_refuse(p->sender, tag, line, reason, is_next);
	kafka_fates_refuse(p->fates, tag, line, reason);
	return 0;
}

static void show(struct publisher *p, uint64_t tag, const struct message *message, struct span line)
{
	buf_clear(&p->shown);
	if (message_show(message, p->options->sender.topic, p->settings.partition, &p->shown) < 0)
		kafka_fates_refuse(p->fates, tag, line, "it is too long to be shown");
	else
		kafka_fates_show(p->fates, tag, buf_span(&p->shown));
}

/* A record that is to be published, as far as the cursor goes. */
static int take(struct publisher *p, uint64_t tag, struct span line)
{
	struct message message;
	const char *reason = message_read(p->plan, line, &message);

	if (reason)
		return refuse(p, tag, line, reason, true);
	if (p->sender)
		return send(p, tag, &message, line);
	show(p, tag, &message, line);
	return 0;
}

static int judge_and_take(struct publisher *p, uint64_t tag, struct span line)
{
	const char *reason;

	switch (flow_judge(p->flow, line, &reason)) {
	case FLOW_REFUSED:
		return refuse(p, tag, line, reason, false);
	case FLOW_SKIPPED:
		kafka_fates_settle(p->fates, tag, KAFKA_SKIPPED);
		return 0;
	case FLOW_NEW:
		break;
	}
	return take(p, tag, line);
}

/* What the loop is to watch, which each commit may change. */
static void watch(struct publisher *p)
{
	if (p->sender)
		p->loop.event_fd = kafka_sender_fd(p->sender);
}

static int on_record(void *arg, struct span line)
{
	struct publisher *p = arg;
	uint64_t tag = place_next(&p->place, p->loop.file, p->loop.line);
	bool has_room = !p->sender || kafka_sender_await_room(p->sender) == 0;
	int result;

	p->bytes += line.n + 1;
	kafka_fates_read(p->fates, tag, line);
	if (!has_room) {
		kafka_fates_settle(p->fates, tag, KAFKA_UNSENT);
		return -1;
	}
	result = p->flow ? judge_and_take(p, tag, line) : take(p, tag, line);
	watch(p);
	return result < 0 ? -1 : go_on(p);
}

static int on_too_long(void *arg, struct span head)
{
	struct publisher *p = arg;
	uint64_t tag = place_next(&p->place, p->loop.file, p->loop.line);

	p->bytes += head.n;
	kafka_fates_read(p->fates, tag, head);
	if (refuse(p, tag, head, "the line is over 8 MiB long", false) < 0)
		return -1;
	watch(p);
	return go_on(p);
}

static int on_wait(void *arg)
{
	struct publisher *p = arg;
	int result = p->sender ? kafka_sender_serve(p->sender) : kafka_fates_flush(p->fates);

	watch(p);
	p->loop.wait_ms = p->sender ? kafka_sender_left_ms(p->sender) : -1;
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
	watch(p);
	progress_begin(&p->options->progress, p->options->common.quiet, &view);
	if (line_run(&p->loop, &err) == LINE_END_ERROR)
		code = diag_err(&err);
	if (p->sender && kafka_sender_finish(p->sender, &err) < 0)
		code = diag_err(&err);
	p->fenced = p->sender && kafka_sender_was_fenced(p->sender);
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
		{"fenced", ACCOUNT_MEMO, &p->fenced, "runs whose ID another run has", false, false},
	};
	struct account *account;
	struct err err;
	int code;

	account = account_open(rows, sizeof rows / sizeof *rows, common->metrics_file, &err);
	if (!account)
		return diag_err(&err);
	p->fenced = failure && failure->superseded;
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
		.dead_letter = o->fates.dead_letter ? "discard" : NULL,
		.shows = true,
	};

	if (!o->fates.shows)
		settings = o->fates;
	settings.topic = o->sender.topic;
	settings.named = *files != NULL;
	settings.alters = o->message.omit != NULL;
	return settings;
}

static struct kafka_sender_settings settings_of_sender(const struct options *o)
{
	struct kafka_sender_settings settings = {
		.producer = {.connection = &o->connection,
			.dead_topic = kafka_fates_dead_topic(&o->fates),
			.can_create = true,
			.queue_bytes = o->fates.held_max},
		.txn = &o->txn,
	};
	struct err err;

	if (kafka_sender_read_options(&o->sender, &settings, &err) < 0)
		opt_usage_error("%s", err.text);
	return settings;
}

static int guard_files(const struct options *o, const struct kafka_fates_settings *fates,
	char *const *files, struct err *err)
{
	struct guard guard = {.n = 0};

	if (kafka_fates_guard(fates, &guard, err) < 0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_reads(&guard, o->connection.config_file, err) < 0 ||
		guard_reads(&guard, o->flow.adopt, err) < 0)
		return -1;
	return guard_reads_all(&guard, files, err);
}

static int begin_flow(void *arg, const struct span *texts, size_t n, struct err *err)
{
	return flow_begin(((struct publisher *)arg)->flow, texts, n, err);
}

static void advance_flow(void *arg)
{
	flow_advance(((struct publisher *)arg)->flow);
}

static const struct span *write_flow(void *arg, size_t *n)
{
	const struct cursor_text *text = flow_text(((struct publisher *)arg)->flow);

	*n = text->n;
	return text->spans;
}

static void settle_flow(void *arg, bool stands)
{
	flow_settle(((struct publisher *)arg)->flow, stands);
}

static int open_and_publish(struct publisher *p, char *const *files)
{
	const struct options *o = p->options;
	const struct kafka_fates_settings fates = settings_of_fates(o, files);
	struct err err;

	if (guard_files(o, &fates, files, &err) < 0)
		return diag_err(&err);
	p->fates = kafka_fates_open(&fates, &p->place, &err);
	if (!p->fates)
		return diag_err(&err);
	p->counts = kafka_fates_counts(p->fates);
	if (fates.shows)
		return with_account(p, NULL);
	p->settings.ledger =
		(struct kafka_ledger){begin_flow, advance_flow, write_flow, settle_flow, p};
	p->sender = kafka_sender_open(&p->settings, p->fates, &err);
	if (p->sender && o->txn.id && !o->common.quiet)
		diag_warning("readers at read_uncommitted, the preset of Java's consumer and of "
			     "aiokafka, may see records of transactions that were aborted");
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

static void check_flow(const struct options *o)
{
	const char *given = flow_given(&o->flow);

	if (o->txn.id && o->fates.shows)
		opt_usage_error("options --dry-run and --exactly-once exclude each other");
	if (!given)
		given = kafka_txn_given(&o->txn);
	if (given && !o->txn.id)
		opt_usage_error("option --%s needs --exactly-once", given);
}

static struct flow *make_flow(const struct options *o)
{
	struct flow *flow;
	struct err err;

	check_flow(o);
	if (!o->txn.id)
		return NULL;
	flow = flow_open(&o->flow, &err);
	if (!flow)
		opt_usage_error("%s", err.text);
	return flow;
}

static struct message_plan *make_plan(const struct options *o)
{
	struct message_plan *plan;
	struct err err;

	if (!o->sender.topic)
		opt_usage_error("option --topic is missing");
	if (o->fates.shows && o->fates.tee)
		opt_usage_error("options --dry-run and --tee exclude each other");
	plan = message_plan_open(&o->message, &err);
	if (!plan)
		opt_usage_error("%s", err.text);
	return plan;
}

static int print_config(const struct options *o)
{
	struct kafka_producer_settings settings = settings_of_sender(o).producer;
	struct buf text;
	struct err err;
	int code;

	settings.txn_id = o->txn.id;
	buf_init(&text, CONFIG_MAX);
	code = kafka_preset_print(&settings, &text, &err) < 0 ? (int)diag_err(&err)
							      : out_print(buf_span(&text));
	buf_release(&text);
	return code;
}

static int run(const struct options *o, char **files)
{
	struct publisher p = {.options = o, .settings = settings_of_sender(o)};
	size_t n_files = 0;
	int code;

	if (o->connection.print_config)
		return print_config(o);
	p.plan = make_plan(o);
	p.flow = make_flow(o);
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
	flow_close(p.flow);
	message_plan_close(p.plan);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {.connection = {.brokers = NULL}};
	char **files = prog_begin(&program, &options, &options.common, argc, argv);

	return prog_end(run(&options, files));
}
