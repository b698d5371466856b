/*
 * trade-normalize: trades of any source as Trade records, which tradepipe-records(5) describes.
 *
 * stdin, or files: one value a line: native records, messages and stored answers of exchanges,
 * lines of archives, Trade records, or anything that a jq program maps to Trade members.
 * stdout: Trade records, one a line, in the order of the input.
 * Exit: 0 done, 1 failed (also at the first bad record, unless --on-bad says otherwise), 2 usage,
 * 3 done, but some records were refused.
 */
#include <string.h>

#include "base/account.h"
#include "base/diag.h"
#include "base/filter.h"
#include "base/guard.h"
#include "base/line.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/quote.h"
#include "base/reject.h"
#include "base/sig.h"
#include "json/query.h"
#include "market/product_map.h"
#include "market/source.h"
#include "market/trade_format.h"
#include "market/trade_map.h"

struct options {
	const char *source;
	const char *product;
	const char *exchange;
	int schema;
	const char *fields;
	int numbers;
	const char *product_map;
	const char *where;
	uint64_t jq_ms;
	struct filter_options filter;
	struct prog_options common;
};

/* In the order of enum trade_schema and enum trade_numbers. */
static const char *const schemas[] = {"full", "strict", "aggtrade", NULL};
static const char *const numbers[] = {"canonical", "string", "literal", NULL};

static const struct opt own_options[] = {
	{.kind = OPT_FILE,
		.name = "source",
		.arg = "name|file.jq",
		.help = "where the input comes from, or a jq program that maps it to Trade members",
		.more = "The names are in\n.Sx SOURCES .\n"
			"What ends in .jq or holds a slash is a program; see\n.Sx SOURCE MAPS .",
		.preset = "auto",
		.at = offsetof(struct options, source)},
	{.kind = OPT_TEXT,
		.name = "product",
		.arg = "name",
		.help = "the product of trades that name none, or of stored answers of Kraken's",
		.at = offsetof(struct options, product)},
	{.kind = OPT_TEXT,
		.name = "exchange",
		.arg = "name",
		.help = "the exchange of trades that show none, or no market of Binance's",
		.at = offsetof(struct options, exchange)},
	{.kind = OPT_CHOICE,
		.name = "schema",
		.arg = "schema",
		.help = "which members to write, and under which names",
		.preset = "full",
		.choices = schemas,
		.at = offsetof(struct options, schema)},
	{.kind = OPT_TEXT,
		.name = "fields",
		.arg = "list",
		.help = "write these members of a Trade record, in this order: price,quantity",
		.at = offsetof(struct options, fields)},
	{.kind = OPT_CHOICE,
		.name = "numbers",
		.arg = "form",
		.help = "prices and quantities without needless zeros, that as strings, or as sent",
		.preset = "canonical",
		.choices = numbers,
		.at = offsetof(struct options, numbers)},
	{.kind = OPT_FILE,
		.name = "product-map",
		.arg = "file",
		.help = "other names for products, a JSON object: {\"BTCUSDT\":\"BTC/USDT\"}",
		.at = offsetof(struct options, product_map)},
	{.kind = OPT_TEXT,
		.name = "where",
		.arg = "expression",
		.help = "write only records for which this jq expression is true",
		.at = offsetof(struct options, where)},
	{.kind = OPT_DURATION,
		.name = "jq-timeout",
		.arg = "duration",
		.help = "the longest that a jq program may compute on one record",
		.preset = "5s",
		.lo = 100,
		.at = offsetof(struct options, jq_ms)},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "trade-normalize",
	.operands = "[file ...]",
	.summary = "Write trades as records of one shape, with the exchange's own digits.",
	.tables = {{own_options, 0}, {filter_options, offsetof(struct options, filter)},
		{prog_options, offsetof(struct options, common)}},
};

struct counts {
	uint64_t read, written, voided, passed, filtered, bad, unwritten;
};

struct normalizer {
	struct line_loop loop;
	struct span line; /* in hand */
	struct source source;
	struct trade_map *map;	      /* in place of the source; or NULL */
	struct product_map *products; /* or NULL */
	struct query *where;	      /* or NULL */
	struct trade_format format;
	struct out *out;
	struct reject *reject;
	struct counts n;
};

/* The callbacks below and what they call return 0 to go on and -1 to end the run. */

static const char *file_name(const struct normalizer *z)
{
	return z->loop.files[0] ? z->loop.file : "";
}

static int refuse(struct normalizer *z, size_t index, const char *reason)
{
	z->n.bad++;
	return reject_record(z->reject, z->line, file_name(z), z->loop.line, index, reason);
}

/* For what is no fault of the record, and ends the run whatever --on-bad says. */
static int give_up(struct normalizer *z, struct span reason)
{
	const char *file = file_name(z);

	z->n.bad++;
	diag_error("%s%sline %llu: %.*s", file, *file ? ": " : "", (unsigned long long)z->loop.line,
		(int)reason.n, reason.p);
	return -1;
}

static int keep(struct normalizer *z, struct span record)
{
	out_wrote(z->out, record.n);
	z->n.written++;
	return 0;
}

/* A record, written but not handed over yet, is kept only if --where holds for it. */
static int keep_where(struct normalizer *z, struct span record, size_t index)
{
	struct span message;
	struct err err;
	bool holds;

	switch (query_test(z->where, span_make(record.p, record.n - 1), &holds, &message)) {
	case QUERY_TIMEOUT:
	case QUERY_CRASHED:
		return give_up(z, message);
	case QUERY_ERROR:
		err_set(&err, EXIT_PARTIAL, "%.*s", (int)message.n, message.p);
		return refuse(z, index, err.text);
	default:
		if (holds)
			return keep(z, record);
		z->n.filtered++;
		return 0;
	}
}

static int write_trade(struct normalizer *z, const struct trade *trade, size_t index)
{
	struct span record;
	const char *reason;

	switch (trade_write(z->out, &z->format, trade, &record, &reason)) {
	case 0:
		return z->where ? keep_where(z, record, index) : keep(z, record);
	case 1:
		return refuse(z, index, reason);
	default:
		z->n.unwritten++;
		return -1;
	}
}

static int write_renamed(struct normalizer *z, const struct trade *trade, size_t index)
{
	struct trade renamed = *trade;

	renamed.product = product_map_name(z->products, trade->product);
	return write_trade(z, &renamed, index);
}

/* The time to drain is over in the middle of a message. */
static int leave_rest(struct normalizer *z, size_t index)
{
	diag_warning("%s: line %llu: left its trades behind from number %zu on", z->loop.file,
		(unsigned long long)z->loop.line, index);
	z->loop.torn = 1;
	return -1;
}

static int on_trade(void *arg, const struct trade *trade, size_t index)
{
	struct normalizer *z = arg;

	if (index > 0 && sig_stops() && sig_expired())
		return leave_rest(z, index);
	z->n.read++;
	if (trade->voided) {
		z->n.voided++;
		return 0;
	}
	return z->products ? write_renamed(z, trade, index) : write_trade(z, trade, index);
}

static int on_passed(void *arg)
{
	struct normalizer *z = arg;

	z->n.read++;
	z->n.passed++;
	return 0;
}

static int on_bad(void *arg, size_t index, const char *reason)
{
	struct normalizer *z = arg;

	z->n.read++;
	return refuse(z, index, reason);
}

static int on_line(void *arg, struct span line)
{
	struct normalizer *z = arg;

	z->line = line;
	return source_read(&z->source, line);
}

static int on_foreign_line(void *arg, struct span line)
{
	struct normalizer *z = arg;
	struct err err = {.text = ""};
	int result;

	z->line = line;
	result = trade_map_read(z->map, line, &z->source.sink, &err);
	if (!*err.text)
		return result;
	z->n.read++;
	return give_up(z, span_text(err.text));
}

static int on_too_long(void *arg, struct span head)
{
	struct normalizer *z = arg;

	z->line = head;
	return on_bad(z, 0, "a line of more than 8388608 bytes");
}

static int on_wait(void *arg)
{
	struct normalizer *z = arg;

	return out_flush(z->out) < 0 || reject_flush(z->reject) < 0 ? -1 : 0;
}

static int read_input(struct normalizer *z)
{
	struct err err;
	enum line_end end = line_run(&z->loop, &err);

	if (end == LINE_END_ERROR)
		return diag_err(&err);
	return end == LINE_END_RECORD && !z->loop.torn ? EXIT_FAILED : EXIT_DONE;
}

/* What is read, and the metrics, are other files than those that are written to. */
static int guard_files(const struct normalizer *z, const struct options *o, struct err *err)
{
	struct guard guard = {.n = 0};

	if (guard_writes(&guard, o->filter.output ? o->filter.output : "-", "records go", err) <
			0 ||
		guard_writes(&guard, reject_path(o->filter.on_bad), "refused records go", err) <
			0 ||
		guard_writes(&guard, o->common.metrics_file, "metrics go", err) < 0 ||
		guard_reads(&guard, z->map ? o->source : NULL, err) < 0 ||
		guard_reads(&guard, o->product_map, err) < 0)
		return -1;
	return guard_reads_all(&guard, z->loop.files, err);
}

static int close_all(struct normalizer *z, int code)
{
	uint64_t unwritten;

	code = out_close(z->out, code, &unwritten);
	z->n.written -= unwritten;
	z->n.unwritten += unwritten;
	return reject_close(z->reject, code);
}

static int open_all(struct normalizer *z, const struct options *o)
{
	struct err err;

	if (guard_files(z, o, &err) < 0 || !(z->out = out_open(o->filter.output, &err)))
		return diag_err(&err);
	z->reject = reject_open(o->filter.on_bad, &err);
	if (!z->reject)
		return out_close(z->out, diag_err(&err), &z->n.unwritten);
	return EXIT_DONE;
}

/* The work between opening and closing, and its account. */
static int normalize(struct normalizer *z, const struct prog_options *common)
{
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &z->n.read, .help = "trades and other messages read"},
		{"written", ACCOUNT_FATE, &z->n.written, .help = "trades written"},
		{"void", ACCOUNT_FATE, &z->n.voided, .help = "trades that the exchange voided"},
		{"passed", ACCOUNT_FATE, &z->n.passed, .help = "messages that are no trades"},
		{"bad", ACCOUNT_LOSS, &z->n.bad, .help = "records refused"},
		{"filtered", ACCOUNT_FATE, &z->n.filtered,
			.help = "trades that --where did not choose", .rare = true},
		{"unwritten", ACCOUNT_LOSS, &z->n.unwritten,
			.help = "trades that the output did not take", .rare = true},
		{"torn", ACCOUNT_LOSS, &z->loop.torn, .help = "lines left behind when time was up",
			.rare = true, .outside = true},
		{"empty", ACCOUNT_MEMO, &z->loop.empty, .help = "blank lines"},
	};
	struct err err;
	struct account *account =
		account_open(rows, sizeof rows / sizeof *rows, common->metrics_file, &err);

	if (!account)
		return close_all(z, diag_err(&err));
	return account_close(account, close_all(z, read_input(z)), common->quiet);
}

static bool is_jq_file(const char *source)
{
	size_t n = strlen(source);

	return strchr(source, '/') || (n > 3 && strcmp(source + n - 3, ".jq") == 0);
}

/* A name that every record would be refused for, or would be no JSON with. */
static void check_name(const char *option, const char *name)
{
	struct span text = span_text(name ? name : "x");

	if (text.n == 0 || text.n > TRADE_NAME_MAX || !quote_is_utf8(text))
		opt_usage_error("option --%s needs a name of 1 to 256 bytes in UTF-8", option);
}

/* What the options' table cannot see. */
static enum source_kind check_options(const struct options *o, struct trade_format *format)
{
	enum source_kind kind = SOURCE_AUTO;
	struct err err;

	check_name("product", o->product);
	check_name("exchange", o->exchange);
	if (!o->fields)
		trade_format_schema(format, o->schema, o->numbers);
	else if (o->schema != TRADE_FULL)
		opt_usage_error("options --fields and --schema exclude each other");
	else if (trade_format_fields(format, o->fields, o->numbers, &err) < 0)
		opt_usage_error("%s, as --fields needs", err.text);
	if (is_jq_file(o->source)) {
		if (o->product)
			opt_usage_error("option --product has no place beside a jq program, "
					"which gives product_id itself");
		return kind;
	}
	while (source_names[kind] && strcmp(source_names[kind], o->source) != 0)
		kind++;
	if (!source_names[kind])
		opt_usage_error("'%s' is no source: it is one of auto, kraken, kraken-ws, "
				"kraken-rest, binance, binance-ws, binance-rest, binance-csv, "
				"trade, or a jq program, FILE.jq",
			o->source);
	return kind;
}

static int open_programs(struct normalizer *z, const struct options *o)
{
	struct err err;

	if (is_jq_file(o->source) &&
		!(z->map = trade_map_open(o->source, o->jq_ms, o->exchange, &err)))
		return diag_err(&err);
	if (o->where && !(z->where = query_open("--where", span_text(o->where), o->jq_ms, &err)))
		return diag_err(&err);
	if (o->product_map && !(z->products = product_map_open(o->product_map, &err)))
		return diag_err(&err);
	return EXIT_DONE;
}

static void release(struct normalizer *z)
{
	product_map_close(z->products);
	if (z->where)
		query_close(z->where);
	if (z->map)
		trade_map_close(z->map);
	source_release(&z->source);
}

static int run(const struct options *o, char *const *files)
{
	struct normalizer z = {.n = {0}};
	const struct source_sink sink = {on_trade, on_passed, on_bad, &z};
	enum source_kind kind = check_options(o, &z.format);
	int code;

	line_init(&z.loop, files, &z);
	z.loop.record = is_jq_file(o->source) ? on_foreign_line : on_line;
	z.loop.too_long = on_too_long;
	z.loop.wait = on_wait;
	source_init(&z.source, kind, o->product, o->exchange, &sink);
	code = open_programs(&z, o);
	if (!code)
		code = open_all(&z, o);
	if (!code)
		code = normalize(&z, &o->common);
	release(&z);
	return code;
}

int main(int argc, char **argv)
{
	struct options options;
	char **files = prog_begin(&program, &options, &options.common, argc, argv);

	return prog_end(run(&options, files));
}
