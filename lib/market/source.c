#include "market/source.h"

#include <string.h>

#include "json/take.h"
#include "market/source_priv.h"
#include "market/trade_record.h"

const char *const source_names[] = {
	[SOURCE_AUTO] = "auto",
	[SOURCE_KRAKEN] = "kraken",
	[SOURCE_KRAKEN_WS] = "kraken-ws",
	[SOURCE_KRAKEN_REST] = "kraken-rest",
	[SOURCE_BINANCE] = "binance",
	[SOURCE_BINANCE_WS] = "binance-ws",
	[SOURCE_BINANCE_REST] = "binance-rest",
	[SOURCE_BINANCE_CSV] = "binance-csv",
	[SOURCE_TRADE] = "trade",
	NULL,
};

const char source_no_symbol[] = "there is no symbol in it: --product names it";

void source_init(struct source *source, enum source_kind pinned, const char *product,
	const char *exchange, const struct source_sink *sink)
{
	*source = (struct source){
		.pinned = pinned,
		.product = span_text(product ? product : ""),
		.exchange = span_text(exchange ? exchange : ""),
		.sink = *sink,
	};
	buf_init(&source->names, 2 * TRADE_RECORD_MAX);
	buf_init(&source->reason, 2 * TRADE_RECORD_MAX);
}

void source_release(struct source *source)
{
	buf_release(&source->reason);
	buf_release(&source->names);
}

/* All functions that return an int return what the sink did, as those of source_priv.h do. */

int source_pass(struct source *source)
{
	return source->sink.passed(source->sink.arg);
}

int source_refuse(struct source *source, size_t index, const char *reason)
{
	return source->sink.bad(source->sink.arg, index, reason);
}

int source_refuse_quoting(struct source *source, const char *what, const struct json_value *code,
	const struct json_value *text)
{
	struct buf *reason = &source->reason;
	bool has_code = code->type != JSON_NONE;
	bool has_text = text->type != JSON_NONE;
	struct span said = has_text ? json_text(text, &source->names) : span_make("", 0);

	buf_clear(reason);
	if (!said.p || buf_add_text(reason, what) < 0 ||
		buf_add_text(reason, has_code || has_text ? ": " : " without a text") < 0 ||
		buf_add(reason, code->raw) < 0 ||
		buf_add_text(reason, has_code && has_text ? " " : "") < 0 ||
		buf_add(reason, said) < 0 || buf_add(reason, span_make("", 1)) < 0)
		return source_refuse(source, 0, what);
	return source_refuse(source, 0, reason->data);
}

static int refuse_syntax(struct source *source, struct span line, const struct json_fault *fault)
{
	return source_refuse(source, 0,
		fault->at == line.n ? "not JSON: the line ends too early "
				      "(a record is one line: use jq -c .)"
				    : fault->reason);
}

/* A line of another shape than what is pinned. */
static int refuse_shape(struct source *source)
{
	static const char *const reasons[] = {
		[SOURCE_AUTO] = "neither a trade nor a message that is known",
		[SOURCE_KRAKEN] = "not a kraken line",
		[SOURCE_KRAKEN_WS] = "not a kraken-ws line",
		[SOURCE_KRAKEN_REST] = "not a kraken-rest line",
		[SOURCE_BINANCE] = "not a binance line",
		[SOURCE_BINANCE_WS] = "not a binance-ws line",
		[SOURCE_BINANCE_REST] = "not a binance-rest line",
		[SOURCE_BINANCE_CSV] = "not a binance-csv line",
		[SOURCE_TRADE] = "not a trade line",
	};

	return source_refuse(source, 0, reasons[source->pinned]);
}

int source_give(struct source *source, const struct trade *trade, size_t index)
{
	return source->sink.trade(source->sink.arg, trade, index);
}

int source_give_kraken(struct source *source, const struct kraken_trade *from, size_t index)
{
	struct trade trade;

	kraken_trade_convert(from, &source->names, &trade);
	return source_give(source, &trade, index);
}

int source_give_binance(struct source *source, const struct binance_trade *from, size_t index)
{
	struct trade trade;

	if (from->symbol.type == JSON_NONE && source->product.n == 0)
		return source_refuse(source, index, source_no_symbol);
	binance_trade_convert(from, source->product, source->exchange, &source->names, &trade);
	return source_give(source, &trade, index);
}

static int give_record(struct source *source, struct trade *trade)
{
	if (trade->exchange.n == 0)
		trade->exchange = source->exchange;
	return source_give(source, trade, 0);
}

static int read_record(struct source *source, struct span line)
{
	struct trade_record record;
	struct trade trade;
	const char *reason = trade_record_scan(line, &record);

	if (!reason)
		reason = trade_record_read(&record, &source->names, &trade);
	return reason ? source_refuse(source, 0, reason) : give_record(source, &trade);
}

static int refuse_aggtrade(struct source *source, struct span line)
{
	(void)line;
	return source_refuse(source, 0, "a record of --schema aggtrade, which is not read back");
}

/* The layouts that almost all input has are told apart by a few bytes, and need not be scanned as
 * JSON first. The functions that try one return false, or true and what the sink did. */

static bool try_record(struct source *source, struct span line, int *result)
{
	struct trade trade;

	if (!trade_record_read_plain(line, &trade))
		return false;
	*result = give_record(source, &trade);
	return true;
}

static bool try_kraken(struct source *source, struct span line, int *result)
{
	struct kraken_trade trade;

	if (!kraken_trade_read_native(line, &trade))
		return false;
	*result = source_give_kraken(source, &trade, 0);
	return true;
}

static bool try_kraken_update(struct source *source, struct span line, int *result)
{
	struct kraken_trade trades[KRAKEN_UPDATE_MAX];
	size_t n = kraken_trade_read_update(line, trades, KRAKEN_UPDATE_MAX);

	*result = 0;
	for (size_t i = 0; i < n && *result == 0; i++)
		*result = source_give_kraken(source, &trades[i], i + 1);
	return n > 0;
}

static bool try_binance(struct source *source, struct span line, int *result)
{
	struct binance_trade trade;

	if (!binance_trade_read_native(line, &trade))
		return false;
	*result = source_give_binance(source, &trade, 0);
	return true;
}

static bool try_csv(struct source *source, struct span line, int *result)
{
	struct binance_trade trade;
	const char *ignored;

	if (binance_trade_read_csv(line, &trade, &ignored) != 0)
		return false;
	*result = source_give_binance(source, &trade, 0);
	return true;
}

static bool allows(const struct source *source, enum source_kind kind)
{
	return source->pinned == SOURCE_AUTO || source->pinned == kind;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool try_object(struct source *source, struct span line, int *result)
{
	switch (line.p[2]) {
	case 's':
		if (line.p[3] == '"')
			return allows(source, SOURCE_BINANCE) && try_binance(source, line, result);
		return allows(source, SOURCE_KRAKEN) && try_kraken(source, line, result);
	case 'p':
		return allows(source, SOURCE_TRADE) && try_record(source, line, result);
	case 'c':
		return allows(source, SOURCE_KRAKEN_WS) && try_kraken_update(source, line, result);
	default:
		return false;
	}
}

enum { LEAST = 8 }; /* bytes: any trade has more */

static bool try_frame(struct source *source, struct span line, int *result)
{
	const char *p = line.p;
	const char *end = p + line.n;
	uint64_t ignored;

	if (!TAKE(&p, end, "{\"received_at\":") || !take_u64(&p, end, &ignored) ||
		!TAKE(&p, end, ",\"frame\":") || end - p <= LEAST || end[-1] != '}')
		return false;
	return try_object(source, span_make(p, (size_t)(end - p) - 1), result);
}

static bool try_usual(struct source *source, struct span line, int *result)
{
	if (line.n < LEAST)
		return false;
	if (is_digit(line.p[0]))
		return allows(source, SOURCE_BINANCE_CSV) && try_csv(source, line, result);
	if (line.p[0] != '{')
		return false;
	return line.p[2] == 'r' ? try_frame(source, line, result)
				: try_object(source, line, result);
}

#define PIN(kind) (1U << (kind))

/* What reads a line of a shape, and what may be pinned for it. */
static const struct {
	int (*read)(struct source *source, struct span line);
	unsigned pins;
} shapes[] = {
	[SOURCE_SHAPE_RECORD] = {read_record, PIN(SOURCE_TRADE)},
	[SOURCE_SHAPE_AGGTRADE] = {refuse_aggtrade, PIN(SOURCE_TRADE)},
	[SOURCE_SHAPE_KRAKEN_NATIVE] = {source_read_kraken_native, PIN(SOURCE_KRAKEN)},
	[SOURCE_SHAPE_KRAKEN_MESSAGE] = {source_read_kraken_message, PIN(SOURCE_KRAKEN_WS)},
	[SOURCE_SHAPE_KRAKEN_ANSWER] = {source_read_kraken_answer, PIN(SOURCE_KRAKEN_REST)},
	[SOURCE_SHAPE_BINANCE_NATIVE] = {source_read_binance_native, PIN(SOURCE_BINANCE)},
	[SOURCE_SHAPE_BINANCE_EVENT] = {source_read_binance_message, PIN(SOURCE_BINANCE_WS)},
	[SOURCE_SHAPE_BINANCE_ERROR] = {source_read_binance_message,
		PIN(SOURCE_BINANCE_WS) | PIN(SOURCE_BINANCE_REST)},
	[SOURCE_SHAPE_BINANCE_ROW] = {source_read_binance_native,
		PIN(SOURCE_BINANCE) | PIN(SOURCE_BINANCE_REST)},
	[SOURCE_SHAPE_BINANCE_ANSWER] = {source_read_binance_answer, PIN(SOURCE_BINANCE_REST)},
	[SOURCE_SHAPE_CSV] = {source_read_csv, PIN(SOURCE_BINANCE_CSV)},
};

/* Where the shape cannot be told, the reader of what is pinned says what is missing. */
static int read_shape(struct source *source, enum source_shape shape, struct span line)
{
	static const enum source_shape pinned[] = {
		[SOURCE_KRAKEN] = SOURCE_SHAPE_KRAKEN_NATIVE,
		[SOURCE_KRAKEN_WS] = SOURCE_SHAPE_KRAKEN_MESSAGE,
		[SOURCE_KRAKEN_REST] = SOURCE_SHAPE_KRAKEN_ANSWER,
		[SOURCE_BINANCE] = SOURCE_SHAPE_BINANCE_NATIVE,
		[SOURCE_BINANCE_WS] = SOURCE_SHAPE_BINANCE_EVENT,
		[SOURCE_BINANCE_REST] = SOURCE_SHAPE_BINANCE_ROW,
		[SOURCE_TRADE] = SOURCE_SHAPE_RECORD,
	};

	if (source->pinned == SOURCE_AUTO)
		return shape == SOURCE_SHAPE_UNKNOWN ? refuse_shape(source)
						     : shapes[shape].read(source, line);
	if (shape == SOURCE_SHAPE_UNKNOWN)
		shape = pinned[source->pinned];
	if (!(shapes[shape].pins & PIN(source->pinned)))
		return refuse_shape(source);
	return shapes[shape].read(source, line);
}

/* Messages of Kraken's WebSocket v1 are refused as such. */
static int read_array(struct source *source, struct span line)
{
	struct json_value array, first;
	struct json_fault fault;
	struct json_walk walk;

	if (json_scan(line, &array, &fault) < 0)
		return refuse_syntax(source, line, &fault);
	walk = json_walk_start(array.raw);
	if (!json_walk_next(&walk, &first) || first.type == JSON_OBJECT)
		return read_shape(source, SOURCE_SHAPE_BINANCE_ANSWER, array.raw);
	if (first.type == JSON_NUMBER)
		return read_shape(source, SOURCE_SHAPE_KRAKEN_MESSAGE, array.raw);
	if (!allows(source, SOURCE_BINANCE_REST))
		return refuse_shape(source);
	return source_refuse(source, 0, "an array that is no answer of Binance");
}

static int read_line(struct source *source, struct span line, bool framed);

/* The message in a frame is a line of its own, but no frame again. */
static int read_frame(struct source *source, const struct json_value *frame, bool framed)
{
	if (framed)
		return source_refuse(source, 0, "a frame within a frame");
	if (frame->type != JSON_OBJECT && frame->type != JSON_ARRAY)
		return source_refuse(source, 0, "frame is neither an object nor an array");
	return read_line(source, frame->raw, true);
}

static int read_object(struct source *source, struct span line, bool framed)
{
	enum source_shape shape;
	struct json_value frame;
	struct json_fault fault;

	if (source_shape_read(line, &shape, &frame, &fault) < 0)
		return refuse_syntax(source, line, &fault);
	if (shape == SOURCE_SHAPE_FRAME)
		return read_frame(source, &frame, framed);
	return read_shape(source, shape, line);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Lines that are indented come from a JSON text of several lines. */
static bool is_csv(struct span line)
{
	return line.n > 0 && (is_digit(line.p[0]) || is_letter(line.p[0]) || line.p[0] == '"') &&
		memchr(line.p, ',', line.n);
}

static int read_text(struct source *source, struct span line)
{
	struct json_value scalar;
	struct json_fault fault;

	if (json_scan(line, &scalar, &fault) == 0)
		return refuse_shape(source);
	return is_csv(line) ? read_shape(source, SOURCE_SHAPE_CSV, line)
			    : refuse_syntax(source, line, &fault);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the byte order mark that some tools put in front of a file. */
static struct span unmarked(struct span line)
{
	static const struct span mark = SPAN("\xEF\xBB\xBF");

	if (line.n < mark.n || memcmp(line.p, mark.p, mark.n) != 0)
		return line;
	return span_make(line.p + mark.n, line.n - mark.n);
}

static int read_line(struct source *source, struct span line, bool framed)
{
	struct span value;
	char first;
	int result;

	if (try_usual(source, line, &result))
		return result;
	line = unmarked(line);
	while (line.n > 0 && is_blank(line.p[line.n - 1]))
		line.n--;
	for (value = line; value.n > 0 && is_blank(value.p[0]); value.n--)
		value.p++;
	first = value.n > 0 ? value.p[0] : '\0';
	if (source->pinned == SOURCE_BINANCE_CSV)
		return first == '{' || first == '[' ? refuse_shape(source)
						    : source_read_csv(source, line);
	if (first == '{')
		return read_object(source, value, framed);
	return first == '[' ? read_array(source, value) : read_text(source, line);
}

int source_read(struct source *source, struct span line)
{
	return read_line(source, line, false);
}
