/*
 * trade-verify: passes trades through unchanged, and judges whether each stream of them is whole:
 * all ids there, each once, in order.
 *
 * stdin, or files: native Kraken trades, native aggregate trades, Trade records, one a line.
 * stdout: the same lines.
 * Exit: 0 all streams are whole, 1 failed (also at the first bad record, unless --on-bad says
 * otherwise), 2 usage, 3 done, but a stream is not whole, records were refused, or two runs differ.
 */
#include <string.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/filter.h"
#include "base/guard.h"
#include "base/line.h"
#include "base/num.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/reject.h"
#include "base/word.h"
#include "json/json.h"
#include "market/binance_trade.h"
#include "market/manifest.h"
#include "market/source.h"
#include "market/stream.h"
#include "market/trade.h"
#include "market/verdict.h"

enum { DIFFERENCES_SHOWN = 100 };

struct options {
	bool quiet_stdout;
	const char *manifest;
	const char *against;
	struct opt_list expect;
	struct filter_options filter;
	struct prog_options common;
};

static const struct opt own_options[] = {
	{.kind = OPT_FLAG,
		.name = "quiet-stdout",
		.help = "only judge: pass nothing through",
		.at = offsetof(struct options, quiet_stdout)},
	{.kind = OPT_FILE,
		.name = "manifest",
		.arg = "file",
		.help = "write the verdict as JSON at the end",
		.more = "The file is replaced as a whole, and not touched by a run that failed.",
		.at = offsetof(struct options, manifest)},
	{.kind = OPT_FILE,
		.name = "against",
		.arg = "manifest",
		.help = "compare with the manifest of another run, and say what differs",
		.at = offsetof(struct options, against)},
	{.kind = OPT_LIST,
		.name = "expect",
		.arg = "product=first-last",
		.help = "demand these ids of a product; may be given more than once",
		.at = offsetof(struct options, expect)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "trade-verify",
	.operands = "[file ...]",
	.summary = "Pass trades through, and judge whether each stream is whole.",
	.tables = {{own_options, 0}, {filter_options, offsetof(struct options, filter)},
		{prog_options, offsetof(struct options, common)}},
};

struct range {
	struct span product;
	uint64_t first, last;
};

struct counts {
	uint64_t read, written, judged, voided, passed, bad, unwritten, different;
};

struct verifier {
	const struct options *options;
	struct line_loop loop;
	struct out *out;
	struct reject *reject;
	struct source source;
	struct streams streams;
	struct counts n;
	struct span line;
	bool over; /* the record that was just taken ends the run */
	struct buf against;
	struct range ranges[OPT_LIST_MAX];
};

/* The callbacks of the source leave a line at the first thing in it, which is its fate, since a
 * record holds nothing else. */
enum { LEAVE_LINE = -1 };

static int refuse(struct verifier *z, struct span line, const char *reason)
{
	const char *file = z->loop.files[0] ? z->loop.file : "";

	z->n.bad++;
	z->over = reject_record(z->reject, line, file, z->loop.line, 0, reason) < 0;
	return LEAVE_LINE;
}

static int refuse_message(struct verifier *z)
{
	return refuse(z, z->line, "a message, not a record: pipe it through trade-normalize first");
}

#define BEGINS(line, with)                                                                         \
	((line).n >= sizeof(with) - 1 && word_same((line).p, (with), sizeof(with) - 1))

/* Whether what holds one trade and nothing else is a record: not so a line of an archive, an event,
 * or a message in a frame. */
static bool is_record(struct span line)
{
	struct json_member wrappings[] = {
		{.name = SPAN("e")}, {.name = SPAN("data")}, {.name = SPAN("frame")}};
	struct json_fault fault;

	if (BEGINS(line, "{\"symbol\":") || BEGINS(line, "{\"product_id\":") ||
		BEGINS(line, "{\"s\":"))
		return true;
	if (json_object(line, wrappings, 3, &fault) < 0)
		return false;
	return wrappings[0].value.type == JSON_NONE && wrappings[1].value.type == JSON_NONE &&
		wrappings[2].value.type == JSON_NONE;
}

static int on_trade(void *arg, const struct trade *trade, size_t index)
{
	struct verifier *z = arg;
	const char *reason;
	bool lost;

	if (index > 0 || !is_record(z->line))
		return refuse_message(z);
	reason = trade_check(trade);
	if (reason)
		return refuse(z, z->line, reason);
	streams_add(&z->streams, trade);
	lost = !z->options->quiet_stdout && out_record(z->out, z->line) < 0;
	z->over = lost;
	if (lost)
		z->n.unwritten++;
	else if (trade->voided)
		z->n.voided++;
	else if (z->options->quiet_stdout)
		z->n.judged++;
	else
		z->n.written++;
	return LEAVE_LINE;
}

static int on_passed(void *arg)
{
	return refuse_message(arg);
}

/* What is no JSON object may still be a message, or a line of an archive. */
static int on_bad(void *arg, size_t index, const char *reason)
{
	struct verifier *z = arg;
	struct span text = span_text(reason);
	bool is_known = BEGINS(text, "not JSON") || BEGINS(text, "neither");

	if (index > 0 || strstr(reason, "--product") || (!is_known && !BEGINS(z->line, "{")))
		return refuse_message(z);
	return refuse(z, z->line, reason);
}

static int on_record(void *arg, struct span line)
{
	struct verifier *z = arg;

	z->n.read++;
	z->line = line;
	source_read(&z->source, line);
	return z->over ? -1 : 0;
}

static int on_too_long(void *arg, struct span head)
{
	struct verifier *z = arg;

	z->n.read++;
	refuse(z, head, "a line of more than 8388608 bytes");
	return z->over ? -1 : 0;
}

static int on_wait(void *arg)
{
	struct verifier *z = arg;

	return out_flush(z->out) < 0 || reject_flush(z->reject) < 0 ? -1 : 0;
}

static int read_input(struct verifier *z)
{
	struct err err;
	enum line_end end = line_run(&z->loop, &err);

	if (end == LINE_END_ERROR)
		return diag_err(&err);
	return end == LINE_END_RECORD ? EXIT_FAILED : EXIT_DONE;
}

static void warn(void *arg, const char *line)
{
	(void)arg;
	diag_warning("%s", line);
}

static void report(const struct verifier *z)
{
	struct buf line;

	buf_init(&line, VERDICT_LINE_MAX);
	for (size_t i = 0; i < z->streams.n; i++) {
		verdict_tell_faults(z->streams.items[i], warn, NULL);
		buf_clear(&line);
		if (verdict_write(&line, z->streams.items[i]) == 0)
			diag_info("%s", line.data);
	}
	buf_release(&line);
}

static void on_difference(void *arg, const char *what)
{
	struct verifier *z = arg;

	if (z->n.different++ < DIFFERENCES_SHOWN)
		diag_warning("%s", what);
}

static int compare(struct verifier *z)
{
	const char *name = z->options->against;
	struct err err;
	size_t n;

	if (!name)
		return EXIT_DONE;
	if (manifest_compare(buf_span(&z->against), name, &z->streams, on_difference, z, &n, &err) <
		0)
		return diag_err(&err);
	if (n > DIFFERENCES_SHOWN)
		diag_warning("... and %zu more differences from '%s'", n - DIFFERENCES_SHOWN, name);
	if (n == 0)
		diag_info("no difference from '%s'", name);
	return EXIT_DONE;
}

static int write_manifest(struct verifier *z)
{
	const char *path = z->options->manifest;
	struct buf text;
	struct err err;
	int result;

	if (!path)
		return EXIT_DONE;
	buf_init(&text, MANIFEST_CEILING);
	if (manifest_write(&text, &z->streams) < 0)
		result = err_set(&err, EXIT_FAILED, "cannot write '%s': more than %d bytes of gaps",
			path, MANIFEST_CEILING);
	else
		result = file_replace(path, buf_span(&text), &err);
	buf_release(&text);
	return result < 0 ? (int)diag_err(&err) : EXIT_DONE;
}

/* The verdict; there is none where the run has failed, or the reader did not take all of it. */
static int judge(struct verifier *z, int code)
{
	int failure;

	if (code != EXIT_DONE)
		return code;
	for (size_t i = 0; i < z->options->expect.n; i++)
		streams_expect(
			&z->streams, z->ranges[i].product, z->ranges[i].first, z->ranges[i].last);
	report(z);
	failure = compare(z);
	if (failure == EXIT_DONE)
		failure = write_manifest(z);
	return failure ? failure : code;
}

/* Of the lines that were lost some may be void ones, which have their own count. */
static void on_loss(void *arg, struct span lines)
{
	struct verifier *z = arg;
	struct binance_trade trade;
	const char *ignored;

	while (lines.n > 0) {
		const char *end = memchr(lines.p, '\n', lines.n);
		size_t n = end ? (size_t)(end - lines.p) : lines.n;
		if (binance_trade_read(span_make(lines.p, n), &trade, &ignored) == 0 &&
			trade.voided) {
			z->n.voided--;
			z->n.written++;
		}
		n += end != NULL;
		lines = span_make(lines.p + n, lines.n - n);
	}
}

static int close_all(struct verifier *z, int code)
{
	uint64_t unwritten;

	code = out_close(z->out, code, &unwritten);
	z->n.written -= unwritten;
	z->n.unwritten += unwritten;
	return reject_close(z->reject, code);
}

/* What is read, and the metrics, are other files than those that are written to. A manifest may
 * take the place of the one that it is compared with, which was read before. */
static int guard_files(const struct verifier *z, struct err *err)
{
	const struct options *o = z->options;
	struct guard guard = {.n = 0};

	if ((!o->quiet_stdout &&
		    guard_writes(&guard, o->filter.output ? o->filter.output : "-", "records go",
			    err) < 0) ||
		guard_writes(&guard, reject_path(o->filter.on_bad), "refused records go", err) <
			0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_reads(&guard, o->against, err) < 0 ||
		guard_writes(&guard, o->manifest, "the manifest goes", err) < 0)
		return -1;
	return guard_reads_all(&guard, z->loop.files, err);
}

/* Where nothing is passed through, standard output is left alone. */
static int open_all(struct verifier *z)
{
	const struct options *o = z->options;
	struct err err;

	if (guard_files(z, &err) < 0 || (o->manifest && file_can_replace(o->manifest, &err) < 0) ||
		!(z->out = out_open(o->quiet_stdout ? "/dev/null" : o->filter.output, &err)))
		return diag_err(&err);
	out_on_loss(z->out, on_loss, z);
	z->reject = reject_open(o->filter.on_bad, &err);
	if (!z->reject)
		return out_close(z->out, diag_err(&err), &z->n.unwritten);
	return EXIT_DONE;
}

/* The work between opening and closing, and its account. */
static int verify(struct verifier *z)
{
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &z->n.read, .help = "records read"},
		{"written", ACCOUNT_FATE, &z->n.written, .help = "records passed through"},
		{"judged", ACCOUNT_FATE, &z->n.judged,
			.help = "records judged and not passed through", .rare = true},
		{"void", ACCOUNT_FATE, &z->n.voided, .help = "trades that the exchange voided"},
		{"passed", ACCOUNT_FATE, &z->n.passed,
			.help = "none: messages that are no trades are refused here"},
		{"bad", ACCOUNT_LOSS, &z->n.bad, .help = "records refused"},
		{"unwritten", ACCOUNT_LOSS, &z->n.unwritten,
			.help = "records that the output did not take", .rare = true},
		{"missing", ACCOUNT_LOSS, &z->streams.missing, .help = "ids that are missing",
			.rare = true, .outside = true},
		{"duplicates", ACCOUNT_LOSS, &z->streams.duplicates,
			.help = "trades that came again", .rare = true, .outside = true},
		{"disordered", ACCOUNT_LOSS, &z->streams.disordered, .help = "trades out of order",
			.rare = true, .outside = true},
		{"without_id", ACCOUNT_LOSS, &z->streams.without_id, .help = "trades without an id",
			.rare = true, .outside = true},
		{"different", ACCOUNT_LOSS, &z->n.different,
			.help = "differences from the other run's manifest", .rare = true,
			.outside = true},
		{"torn", ACCOUNT_LOSS, &z->loop.torn, .help = "lines left behind when time was up",
			.rare = true, .outside = true},
		{"empty", ACCOUNT_MEMO, &z->loop.empty, .help = "blank lines"},
	};
	struct err err;
	struct account *account = account_open(
		rows, sizeof rows / sizeof *rows, z->options->common.metrics_file, &err);
	int code;

	if (!account)
		return close_all(z, diag_err(&err));
	code = judge(z, close_all(z, read_input(z)));
	return account_close(account, code, z->options->common.quiet);
}

static void read_range(const char *text, struct range *range)
{
	const char *equals = strrchr(text, '=');
	const char *dash = equals ? strchr(equals, '-') : NULL;

	if (!dash || equals == text ||
		num_u64(span_make(equals + 1, (size_t)(dash - equals - 1)), &range->first) < 0 ||
		num_u64(span_text(dash + 1), &range->last) < 0 || range->first > range->last)
		opt_usage_error("'%s' is not PRODUCT=FIRST-LAST (--expect)", text);
	range->product = span_make(text, (size_t)(equals - text));
	if (range->product.n > TRADE_NAME_MAX)
		opt_usage_error("'%s' is not PRODUCT=FIRST-LAST (--expect)", text);
}

static void ignore_difference(void *arg, const char *what)
{
	(void)arg;
	(void)what;
}

/* Also looks whether it is a manifest, by comparing nothing with it. */
static int read_against(struct verifier *z)
{
	const char *path = z->options->against;
	struct streams none = {.n = 0};
	struct err err;
	size_t n;

	if (!path)
		return EXIT_DONE;
	if (file_read(path, &z->against, &err) < 0 ||
		manifest_compare(
			buf_span(&z->against), path, &none, ignore_difference, NULL, &n, &err) < 0)
		return diag_err(&err);
	return EXIT_DONE;
}

static int run(const struct options *o, char *const *files)
{
	const struct source_sink sink = {on_trade, on_passed, on_bad, NULL};
	struct verifier z = {.options = o};
	int code;

	if (o->quiet_stdout && o->filter.output)
		opt_usage_error("--quiet-stdout and --output exclude each other");
	if (o->manifest && strcmp(o->manifest, "-") == 0 && !o->quiet_stdout)
		opt_usage_error("standard output takes the manifest only with --quiet-stdout");
	for (size_t i = 0; i < o->expect.n; i++)
		read_range(o->expect.items[i], &z.ranges[i]);
	line_init(&z.loop, files, &z);
	z.loop.record = on_record;
	z.loop.too_long = on_too_long;
	z.loop.wait = on_wait;
	buf_init(&z.against, MANIFEST_CEILING);
	source_init(&z.source, SOURCE_AUTO, NULL, NULL, &sink);
	z.source.sink.arg = &z;
	code = read_against(&z);
	if (code == EXIT_DONE)
		code = open_all(&z);
	if (code == EXIT_DONE)
		code = verify(&z);
	source_release(&z.source);
	streams_release(&z.streams);
	buf_release(&z.against);
	return code;
}

int main(int argc, char **argv)
{
	struct options options;
	char **files = prog_begin(&program, &options, &options.common, argc, argv);

	return prog_end(run(&options, files));
}
