#include "market/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/stamp.h"
#include "json/fields.h"
#include "market/last.h"
#include "market/trade_record.h"

enum {
	/* Bytes of a string with escapes, six for each that is left at most: of those that are
	 * longer a cursor has no room. */
	ESCAPED_MAX = 6 * CURSOR_PART_MAX,
	/* What kafka-last writes at most, a newline behind each record. */
	ADOPT_MAX = LAST_BYTES_MAX + LAST_STREAMS_MAX,
	REASON_MAX = 2 * CURSOR_REASON_MAX,
	NS_PER_US = 1000,
};

/* From here on a number is in microseconds: as milliseconds it would lie in the year 5138. */
#define TIME_US_MIN UINT64_C(100000000000000)

const struct opt flow_rows[] = {
	{.kind = OPT_TEXT,
		.name = "stream",
		.arg = "field|@literal,...",
		.help = "what tells one stream of records from another",
		.more = "Within a stream ids rise by one from record to record.\n"
			"Records that lack the exchange, say, are given it as a literal:\n"
			".Ql @binance,symbol .\n"
			"An ID that has begun keeps its list.",
		.preset = "exchange,product_id",
		.at = offsetof(struct flow_options, stream)},
	{.kind = OPT_TEXT,
		.name = "id",
		.arg = "field",
		.help = "the field that holds each record's id, a whole number",
		.preset = "trade_id",
		.at = offsetof(struct flow_options, id)},
	{.kind = OPT_TEXT,
		.name = "time",
		.arg = "field",
		.help = "the field by which ids that began anew are told: RFC 3339, or a number",
		.more = "A number is of milliseconds, from 10^14 on of microseconds.\n"
			"A record whose id does not lie above the last one, though its time does,\n"
			"is refused instead of being skipped.\n"
			"Records may lack it.",
		.preset = "timestamp",
		.at = offsetof(struct flow_options, time)},
	{.kind = OPT_FLAG,
		.name = "allow-gaps",
		.help = "publish also a record before which ids are missing",
		.more = "For streams that were filtered or sampled.\n"
			"What is missing cannot be published later: it would be skipped.",
		.at = offsetof(struct flow_options, allow_gaps)},
	{.kind = OPT_FLAG,
		.name = "begin",
		.help = "begin in a topic that has records already",
		.more = "Those are taken to be of other flows.\n"
			"An ID that has begun goes on as without it.",
		.at = offsetof(struct flow_options, begin)},
	{.kind = OPT_FILE,
		.name = "adopt",
		.arg = "file",
		.help = "begin behind the last records in this file, one for each stream",
		.more = "As\n.Xr kafka-last 1\nwrites it, of a topic that was filled in another way.\n"
			"An ID that has begun refuses it.",
		.at = offsetof(struct flow_options, adopt)},
	{.name = NULL},
};

/* A text that was not given is the table's own. */
const char *flow_given(const struct flow_options *o)
{
	for (const struct opt *row = flow_rows; row->name; row++) {
		const char *at = (const char *)o + row->at;
		if (row->kind == OPT_FLAG ? *(const bool *)at
					  : *(const char *const *)at != row->preset)
			return row->name;
	}
	return NULL;
}

struct flow {
	struct flow_options options;
	struct cursor *cursor;
	struct cursor_text text;
	uint64_t run;
	struct fields fields;
	char *stream; /* a copy of the option, cut into the texts of its parts */
	struct part parts[CURSOR_FIELDS_MAX];
	struct buf unescaped[CURSOR_FIELDS_MAX]; /* values of the parts that had to be */
	struct span values[CURSOR_FIELDS_MAX];
	size_t n;
	int id, time;
	struct buf scratch;
	/* Where the fields are those of a Trade record: the one read last, and where in it, or in the
	 * parts, the values are. */
	bool of_trades;
	struct trade trade;
	const struct span *places[CURSOR_FIELDS_MAX];
	struct cursor_record record; /* judged last */
	char reason[REASON_MAX];
};

/* Containers number their processes alike, and may start together: what the clocks say to the
 * nanosecond, and where the system has put the memory, is what differs. */
static uint64_t draw_run(const struct flow *flow)
{
	const uint64_t words[] = {(uint64_t)stamp_now(), (uint64_t)stamp_monotonic(),
		(uint64_t)getpid(), (uint64_t)(uintptr_t)flow};
	uint64_t run = 0;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		run = (run ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		run ^= run >> 32;
	}
	return run;
}

/* cursor_open() has counted the parts. */
static int parse_stream(struct flow *flow, struct err *err)
{
	char *text = flow->stream, *comma;

	for (;; text = comma + 1) {
		comma = strchr(text, ',');
		if (comma)
			*comma = '\0';
		buf_init(&flow->unescaped[flow->n], ESCAPED_MAX);
		if (part_parse(&flow->parts[flow->n++], text, &flow->fields) < 0)
			return err_set(err, EXIT_USAGE,
				"'%s' is not a field that streams can be told by", text);
		if (!comma)
			return 0;
	}
}

static int parse_fields(struct flow *flow, struct err *err)
{
	const struct flow_options *o = &flow->options;

	if (parse_stream(flow, err) < 0)
		return -1;
	flow->id = fields_add(&flow->fields, o->id);
	if (flow->id < 0)
		return err_set(err, EXIT_USAGE, "'%s' is not a field that an id can be", o->id);
	flow->time = fields_add(&flow->fields, o->time);
	if (flow->time < 0)
		return err_set(err, EXIT_USAGE, "'%s' is not a field that a time can be", o->time);
	if (o->begin && o->adopt)
		return err_set(err, EXIT_USAGE, "options --begin and --adopt exclude each other");
	return 0;
}

static void find_places(struct flow *flow)
{
	flow->of_trades = strcmp(flow->options.id, "trade_id") == 0 &&
		strcmp(flow->options.time, "timestamp") == 0;
	for (size_t i = 0; i < flow->n; i++) {
		const struct part *part = &flow->parts[i];
		if (part->field < 0)
			flow->places[i] = &part->literal;
		else if (strcmp(part->text, "exchange") == 0)
			flow->places[i] = &flow->trade.exchange;
		else if (strcmp(part->text, "product_id") == 0)
			flow->places[i] = &flow->trade.product;
		else
			flow->of_trades = false;
	}
}

static int open_cursor(struct flow *flow, size_t partitions, struct err *err)
{
	cursor_close(flow->cursor);
	flow->cursor = cursor_open(span_text(flow->options.stream), flow->run, partitions, err);
	return flow->cursor ? 0 : -1;
}

struct flow *flow_open(const struct flow_options *options, struct err *err)
{
	struct flow *flow = mem_alloc(1, sizeof *flow);

	flow->options = *options;
	flow->run = draw_run(flow);
	flow->stream = mem_text(options->stream);
	buf_init(&flow->scratch, ESCAPED_MAX);
	if (open_cursor(flow, CURSOR_PARTS_MAX, err) < 0 || parse_fields(flow, err) < 0) {
		flow_close(flow);
		return NULL;
	}
	find_places(flow);
	return flow;
}

void flow_close(struct flow *flow)
{
	if (!flow)
		return;
	for (size_t i = 0; i < flow->n; i++)
		buf_release(&flow->unescaped[i]);
	buf_release(&flow->scratch);
	cursor_text_release(&flow->text);
	cursor_close(flow->cursor);
	free(flow->stream);
	free(flow);
}

static struct span take_line(struct span *text)
{
	const char *newline = memchr(text->p, '\n', text->n);
	struct span line = span_make(text->p, newline ? (size_t)(newline - text->p) : text->n);
	size_t taken = line.n + (newline != NULL);

	*text = span_make(text->p + taken, text->n - taken);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static int adopt_lines(struct flow *flow, struct span text, struct err *err)
{
	const char *file = flow->options.adopt, *reason;

	for (size_t number = 1; text.n > 0; number++) {
		struct span line = take_line(&text);
		if (line.n == 0)
			continue;
		reason = cursor_adopt(flow->cursor, line);
		if (reason)
			return err_set(err, EXIT_USAGE, "cannot adopt '%s': line %zu: %s", file,
				number, reason);
	}
	if (cursor_streams(flow->cursor) == 0)
		return err_set(err, EXIT_USAGE, "cannot adopt '%s': it has no record", file);
	return 1;
}

static int adopt(struct flow *flow, struct err *err)
{
	struct buf text;
	int result;

	buf_init(&text, ADOPT_MAX);
	result = file_read(flow->options.adopt, &text, err);
	if (result == 0)
		result = adopt_lines(flow, buf_span(&text), err);
	buf_release(&text);
	return result;
}

int flow_begin(struct flow *flow, const struct span *texts, size_t n, struct err *err)
{
	const struct flow_options *o = &flow->options;
	int result = open_cursor(flow, n, err);

	if (result == 0)
		result = cursor_read(flow->cursor, texts, n, err);
	if (result < 0)
		return -1;
	if (result > 0 && o->adopt)
		return err_set(err, EXIT_USAGE, "cannot adopt '%s': this ID has a cursor already",
			o->adopt);
	if (result > 0 || o->begin)
		return 1;
	return o->adopt ? adopt(flow, err) : 0;
}

/* "'NAME', ROLE, FAULT" */
static const char *objection(
	struct flow *flow, const char *name, const char *role, const char *fault)
{
	snprintf(flow->reason, sizeof flow->reason, "'%s', %s, %s", name, role, fault);
	return flow->reason;
}

static const char *read_stream(struct flow *flow)
{
	static const char role[] = "by which its stream is told";

	for (size_t i = 0; i < flow->n; i++) {
		const struct part *part = &flow->parts[i];
		enum json_type type;
		switch (part_read(part, &flow->fields, &flow->unescaped[i], &flow->values[i])) {
		case PART_TEXT:
			break;
		case PART_ABSENT:
			return objection(flow, part->text, role, "is missing");
		case PART_NO_TEXT:
			type = fields_value(&flow->fields, part->field).type;
			return objection(flow, part->text, role,
				type == JSON_STRING ? "is too long" : "is an array or an object");
		}
	}
	return NULL;
}

static bool is_there(const struct json_value *value)
{
	return value->type != JSON_NONE && value->type != JSON_NULL;
}

static const char *read_id(struct flow *flow)
{
	struct json_value value = fields_value(&flow->fields, flow->id);
	struct cursor_record *record = &flow->record;
	int result;

	if (!is_there(&value)) {
		snprintf(flow->reason, sizeof flow->reason, "it has no id: '%s' is missing",
			flow->options.id);
		return flow->reason;
	}
	if (value.type == JSON_STRING)
		result = num_u64(json_text(&value, &flow->scratch), &record->id);
	else
		result = json_u64(&value, &record->id);
	if (result == 0)
		return NULL;
	return objection(flow, flow->options.id, "its id",
		"is not a whole number from 0 to 18446744073709551615");
}

static int number_time(uint64_t number, int64_t *ns)
{
	const uint64_t unit = number < TIME_US_MIN ? STAMP_NS_PER_MS : NS_PER_US;

	if (number > INT64_MAX / unit)
		return -1;
	*ns = (int64_t)(number * unit);
	return 0;
}

static const char *read_time(struct flow *flow)
{
	struct json_value value = fields_value(&flow->fields, flow->time);
	int64_t *ns = &flow->record.time_ns;
	uint64_t number;

	if (!is_there(&value))
		return NULL;
	if (value.type == JSON_STRING) {
		if (stamp_parse(json_text(&value, &flow->scratch), ns, NULL) == 0)
			return NULL;
	} else if (json_u64(&value, &number) == 0 && number_time(number, ns) == 0) {
		return NULL;
	}
	return objection(flow, flow->options.time, "its time",
		"is neither RFC 3339 nor milliseconds or microseconds since 1970");
}

/* What the rest would find, in a third of the time, in most of the records there are. */
static bool read_plain(struct flow *flow, struct span record)
{
	if (!flow->of_trades || !trade_record_read_plain(record, &flow->trade) ||
		!flow->trade.has_id)
		return false;
	for (size_t i = 0; i < flow->n; i++)
		flow->values[i] = *flow->places[i];
	flow->record.id = flow->trade.id;
	flow->record.time_ns = flow->trade.time_ns;
	return true;
}

static const char *read_record(struct flow *flow, struct span record)
{
	struct json_fault fault;
	const char *reason;

	flow->record = (struct cursor_record){.values = flow->values, .has_id = true};
	if (read_plain(flow, record))
		return NULL;
	if (fields_read(&flow->fields, record, &fault) < 0) {
		snprintf(flow->reason, sizeof flow->reason, "%s, byte %zu", fault.reason,
			fault.at + 1);
		return flow->reason;
	}
	reason = read_stream(flow);
	if (!reason)
		reason = read_id(flow);
	return reason ? reason : read_time(flow);
}

static const char *refusal(struct flow *flow)
{
	char reason[CURSOR_REASON_MAX];
	bool is_gap = cursor_judge(flow->cursor, &flow->record, reason) == CURSOR_GAP;

	snprintf(flow->reason, sizeof flow->reason, "%s%s", reason,
		is_gap ? " (--allow-gaps takes filtered streams)" : "");
	return flow->reason;
}

enum flow_verdict flow_judge(struct flow *flow, struct span record, const char **reason)
{
	enum cursor_verdict verdict;

	*reason = read_record(flow, record);
	if (*reason)
		return FLOW_REFUSED;
	/* Phrases cost more than all the rest, and gaps may be everywhere and wanted. */
	verdict = cursor_judge(flow->cursor, &flow->record, NULL);
	if (verdict == CURSOR_NEXT || (verdict == CURSOR_GAP && flow->options.allow_gaps))
		return FLOW_NEW;
	if (verdict == CURSOR_SKIP)
		return FLOW_SKIPPED;
	*reason = refusal(flow);
	return FLOW_REFUSED;
}

void flow_advance(struct flow *flow)
{
	cursor_advance(flow->cursor, &flow->record);
}

const struct cursor_text *flow_text(struct flow *flow)
{
	cursor_write(flow->cursor, &flow->text);
	return &flow->text;
}

void flow_settle(struct flow *flow, bool stands)
{
	if (stands)
		cursor_commit(flow->cursor);
	else
		cursor_rollback(flow->cursor);
}

size_t flow_streams(const struct flow *flow)
{
	return cursor_streams(flow->cursor);
}
