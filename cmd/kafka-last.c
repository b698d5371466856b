/*
 * kafka-last: the last trade of each stream in a Kafka topic, or what an exactly-once run has
 * committed, as records from which a source can go on.
 *
 * stdin: nothing. stdout: one record a stream, and none at all where anything fails.
 * Exit: 0 done, also where there is nothing; 1 failed, also where a transaction stays
 * open; 2 usage, a missing topic, refused credentials; 3 done, but values in the topic
 * were no Trade records.
 */
#include <string.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/guard.h"
#include "base/num.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/stamp.h"
#include "market/cursor.h"
#include "market/last.h"
#include "net/kafka_cursor.h"
#include "net/kafka_reader.h"

enum {
	SCAN_PRESET = 10000,
	BAD_SHOWN = 5,
	CONFIG_MAX = 256 * 1024, /* bytes of properties, one certificate among them */
};

struct options {
	const char *topic;
	const char *id;
	bool forget;
	const char *products;
	const char *scan;
	uint64_t wait_ms;
	struct kafka_options connection;
	struct prog_options common;
};

static const struct opt own_options[] = {
	{.kind = OPT_TEXT,
		.letter = 't',
		.name = "topic",
		.arg = "name",
		.help = "the topic (required)",
		.at = offsetof(struct options, topic)},
	{.kind = OPT_TEXT,
		.name = "products",
		.arg = "product,...",
		.help = "only these products; the topic is read until each is found",
		.at = offsetof(struct options, products)},
	{.kind = OPT_TEXT,
		.name = "scan",
		.arg = "n|all",
		.help = "read so many records at the end of each partition",
		.more = "The default is 10000, and all of them with\n.Fl -products .",
		.at = offsetof(struct options, scan)},
	{.kind = OPT_DURATION,
		.name = "wait",
		.arg = "duration",
		.help = "give up if a transaction at the topic's end is open for longer",
		.preset = "1m",
		.at = offsetof(struct options, wait_ms)},
	{.kind = OPT_TEXT,
		.name = "exactly-once",
		.arg = "id",
		.help = "write the cursor that was committed under this ID, at once",
		.at = offsetof(struct options, id)},
	{.kind = OPT_FLAG,
		.name = "forget",
		.help = "delete that cursor instead",
		.at = offsetof(struct options, forget)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "kafka-last",
	.summary = "Write the last trade of each stream in a Kafka topic.",
	.tables = {{own_options, 0}, {kafka_options, offsetof(struct options, connection)},
		{prog_options, offsetof(struct options, common)}},
};

struct counts {
	uint64_t read, written, passed, bad, unwritten;
};

struct finder {
	const struct options *options;
	uint64_t scan;
	struct last *last;
	struct counts n;
};

static void refuse(struct finder *f, const struct kafka_seen *seen, const char *reason)
{
	f->n.passed--;
	if (f->n.bad++ < BAD_SHOWN)
		diag_warning("topic '%s': partition %d, offset %lld: %s", f->options->topic,
			(int)seen->partition, (long long)seen->offset, reason);
}

/* What a tombstone deletes is no trade, and it is none itself. */
static int on_record(void *arg, const struct kafka_seen *seen)
{
	struct finder *f = arg;
	struct last_record record = {
		.value = seen->value, .partition = seen->partition, .offset = seen->offset};
	enum last_verdict verdict;
	const char *reason;

	f->n.read++;
	f->n.passed++;
	if (!seen->value.p)
		return 0;
	for (enum last_member i = 0; i < LAST_MEMBERS; i++)
		record.beside[i] = kafka_seen_header(seen, last_member_name(i));
	verdict = last_take(f->last, &record, &reason);
	if (verdict == LAST_BAD)
		refuse(f, seen, reason);
	if (verdict != LAST_FULL)
		return 0;
	diag_error("cannot keep the streams of topic '%s': %s", f->options->topic, reason);
	return -1;
}

static bool has_all(const struct finder *f)
{
	size_t at = 0;

	return f->options->products && !last_missing(f->last, &at).p;
}

static int write_record(struct finder *f, struct out *out, struct span record)
{
	if (out_record(out, record) < 0)
		return -1;
	f->n.passed--;
	f->n.written++;
	return 0;
}

static int close_out(struct finder *f, struct out *out)
{
	uint64_t unwritten;
	int code = out_close(out, EXIT_DONE, &unwritten);

	f->n.written -= unwritten;
	f->n.unwritten += unwritten;
	return code;
}

static int write_streams(struct finder *f)
{
	struct buf record;
	struct err err;
	struct out *out = out_open(NULL, &err);
	int result = 0;

	if (!out)
		return diag_err(&err);
	buf_init(&record, OUT_CEILING - 1);
	for (size_t i = 0; i < last_streams(f->last) && result == 0; i++) {
		buf_clear(&record);
		last_write(f->last, i, &record);
		result = write_record(f, out, buf_span(&record));
	}
	buf_release(&record);
	return close_out(f, out);
}

static void tell_missing(const struct finder *f)
{
	struct span product;
	size_t at = 0;

	while ((product = last_missing(f->last, &at)).p)
		diag_warning("topic '%s' has no trade of '%.*s' among the records read",
			f->options->topic, span_shown(product), product.p);
}

/* What the reader says of its own; what the callback said has no text. */
static int fail(const struct err *err)
{
	if (err->code == EXIT_DONE || !*err->text)
		return err->code;
	return diag_err(err);
}

static int read_topic(struct finder *f)
{
	const struct kafka_reader_settings settings = {
		.connection = &f->options->connection,
		.topic = f->options->topic,
		.wait_ms = f->options->wait_ms,
		.scan = f->scan,
		.seen = on_record,
		.arg = f,
	};
	struct err err = {.code = EXIT_FAILED};
	struct kafka_reader *reader = kafka_reader_open(&settings, &err);
	int result;

	if (!reader)
		return fail(&err);
	while ((result = kafka_reader_step(reader, &err)) > 0 && !has_all(f))
		;
	kafka_reader_free(reader);
	if (result < 0)
		return fail(&err);
	if (f->n.bad > BAD_SHOWN)
		diag_warning("topic '%s': ... and %llu more", f->options->topic,
			(unsigned long long)f->n.bad - BAD_SHOWN);
	tell_missing(f);
	return write_streams(f);
}

static int find(struct finder *f)
{
	int code;

	f->last = last_open(f->options->products);
	if (!f->last)
		opt_usage_error("'%s' names an empty product", f->options->products);
	code = read_topic(f);
	last_close(f->last);
	return code;
}

/* Nothing is written before all streams are known to be records. */
static int write_cursor(struct finder *f, const struct cursor *cursor)
{
	struct buf lines;
	const char *reason = NULL, *at;
	struct err err;
	struct out *out = NULL;
	int code;

	buf_init(&lines, OUT_CEILING - 1);
	for (size_t i = 0; i < cursor_streams(cursor) && !reason; i++)
		reason = cursor_write_record(cursor, i, &lines);
	if (reason)
		err_set(&err, EXIT_FAILED, "cannot write the cursor of '%s': %s", f->options->id,
			reason);
	else
		out = out_open(NULL, &err);
	code = out ? EXIT_DONE : (int)diag_err(&err);
	f->n.read = f->n.passed = reason ? 0 : cursor_streams(cursor);
	for (at = lines.data; out && at && at < lines.data + lines.len;) {
		size_t n = (size_t)((const char *)memchr(
					    at, '\n', (size_t)(lines.data + lines.len - at)) -
			at);
		if (write_record(f, out, span_make(at, n)) < 0)
			break;
		at += n + 1;
	}
	buf_release(&lines);
	return out ? close_out(f, out) : code;
}

static int show_cursor(struct finder *f, const struct kafka_texts *texts)
{
	struct cursor *cursor = NULL;
	struct err err;
	int found = cursor_load(&cursor, texts->spans, texts->n, &err);
	int code;

	if (found <= 0)
		return found < 0 ? (int)diag_err(&err) : EXIT_DONE;
	code = write_cursor(f, cursor);
	cursor_close(cursor);
	return code;
}

static int use_cursor(struct finder *f)
{
	const struct options *o = f->options;
	const struct kafka_cursor_settings settings = {
		.connection = &o->connection, .topic = o->topic, .id = o->id};
	struct kafka_texts texts = {.spans = NULL};
	struct err err;
	struct kafka_cursor *cursor = kafka_cursor_open(&settings, &err);
	int64_t deadline = stamp_monotonic() + (int64_t)o->connection.connect_ms * STAMP_NS_PER_MS;
	int result, code;

	if (!cursor)
		return fail(&err);
	result = o->forget ? kafka_cursor_forget(cursor, deadline, &err)
			   : kafka_cursor_read(cursor, deadline, &texts, &err);
	if (result < 0)
		code = fail(&err);
	else
		code = o->forget ? EXIT_DONE : show_cursor(f, &texts);
	kafka_texts_release(&texts);
	kafka_cursor_free(cursor);
	return code;
}

static int with_account(struct finder *f)
{
	const struct prog_options *common = &f->options->common;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &f->n.read, .help = "records read"},
		{"written", ACCOUNT_FATE, &f->n.written, .help = "last records of streams"},
		{"passed", ACCOUNT_FATE, &f->n.passed,
			.help = "records that are not the last of a stream"},
		{"bad", ACCOUNT_LOSS, &f->n.bad, .help = "records that are no Trade records"},
		{"unwritten", ACCOUNT_LOSS, &f->n.unwritten,
			.help = "records that the output did not take", .rare = true},
	};
	struct guard guard = {.n = 0};
	struct account *account = NULL;
	struct err err;
	int code;

	if (guard_writes(&guard, common->metrics_file, "metrics go", &err) == 0 &&
		guard_reads(&guard, f->options->connection.config_file, &err) == 0)
		account =
			account_open(rows, sizeof rows / sizeof *rows, common->metrics_file, &err);
	if (!account)
		return diag_err(&err);
	code = f->options->id ? use_cursor(f) : find(f);
	return account_close(account, code, common->quiet);
}

static int print_config(const struct options *o)
{
	struct buf text;
	struct err err;
	int code;

	buf_init(&text, CONFIG_MAX);
	code = kafka_reader_print(&o->connection, &text, &err) < 0 ? (int)diag_err(&err)
								   : out_print(buf_span(&text));
	buf_release(&text);
	return code;
}

static uint64_t parse_scan(const struct options *o)
{
	uint64_t n;

	if (!o->scan)
		return o->products ? UINT64_MAX : SCAN_PRESET;
	if (strcmp(o->scan, "all") == 0)
		return UINT64_MAX;
	if (num_u64(span_text(o->scan), &n) < 0 || n == 0)
		opt_usage_error("'%s' is neither all nor a number above 0 (--scan)", o->scan);
	return n;
}

static int run(const struct options *o)
{
	struct finder f = {.options = o};

	if (o->connection.print_config)
		return print_config(o);
	if (!o->topic)
		opt_usage_error("option --topic is missing");
	if (o->forget && !o->id)
		opt_usage_error("option --forget needs --exactly-once");
	if (o->id && !*o->id)
		opt_usage_error("the ID of --exactly-once is empty");
	if (o->id && (o->products || o->scan))
		opt_usage_error("--exactly-once excludes --products and --scan");
	f.scan = parse_scan(o);
	return with_account(&f);
}

int main(int argc, char **argv)
{
	struct options options = {.topic = NULL};

	prog_begin(&program, &options, &options.common, argc, argv);
	return prog_end(run(&options));
}
