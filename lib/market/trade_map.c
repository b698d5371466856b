#include "market/trade_map.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/stamp.h"
#include "json/json.h"
#include "json/literals.h"
#include "json/query.h"
#include "market/trade_record.h"

enum {
	PROGRAM_MAX = 1024 * 1024, /* bytes of a source map: shipped ones have two thousand */
	OUTPUT_MAX = 64 * 1024 * 1024,
	REASON_MAX = 1024,
};

/* Integers up to here are exact in a double, computed or not. */
#define EXACT_MAX (UINT64_C(1) << 53)

struct trade_map {
	struct query *query;
	char *path;
	const char *exchange;
	struct literals literals; /* of the line at hand */
	bool literals_read;	  /* whether they are: most lines of strings need none */
	struct buf held;	  /* an output that waits for what comes behind it */
	bool holding;
	struct buf names;
	struct buf reason;
	char time[STAMP_TEXT_MAX];
};

/* Reads and compiles; map->path is set. */
static int open_query(struct trade_map *map, uint64_t timeout_ms, struct err *err)
{
	struct buf program;

	buf_init(&program, PROGRAM_MAX);
	if (file_read(map->path, &program, err) == 0)
		map->query = query_open(map->path, buf_span(&program), timeout_ms, err);
	buf_release(&program);
	return map->query ? 0 : -1;
}

struct trade_map *trade_map_open(
	const char *path, uint64_t timeout_ms, const char *exchange, struct err *err)
{
	struct trade_map *map = mem_alloc(1, sizeof *map);

	map->path = mem_text(path);
	map->exchange = exchange;
	literals_init(&map->literals);
	buf_init(&map->held, OUTPUT_MAX);
	buf_init(&map->names, 2 * TRADE_RECORD_MAX);
	buf_init(&map->reason, REASON_MAX);
	if (open_query(map, timeout_ms, err) < 0) {
		trade_map_close(map);
		return NULL;
	}
	return map;
}

void trade_map_close(struct trade_map *map)
{
	if (map->query)
		query_close(map->query);
	literals_release(&map->literals);
	buf_release(&map->held);
	buf_release(&map->names);
	buf_release(&map->reason);
	free(map->path);
	free(map);
}

static struct literals *read_literals(struct trade_map *map, struct span line)
{
	if (!map->literals_read)
		literals_read(&map->literals, line);
	map->literals_read = true;
	return &map->literals;
}

static enum literals_match find_literal(
	struct trade_map *map, struct span line, struct span *number)
{
	return literals_find(read_literals(map, line), *number, number);
}

/* The functions below return NULL, or the reason why an output will not do. */

/* Puts a number back as the literal that it was. */
static const char *restore(struct trade_map *map, struct span line, struct json_value *value,
	const char *computed, const char *several)
{
	if (value->type != JSON_NUMBER)
		return NULL;
	switch (find_literal(map, line, &value->raw)) {
	case LITERALS_NONE:
		return computed;
	case LITERALS_MANY:
		return several;
	default:
		return NULL;
	}
}

/* A string has to hold a number of the line's, or what stands in one of its strings. What is no
 * number above zero is refused as that when it is read. */
static const char *check_string(struct trade_map *map, struct span line,
	const struct json_value *value, const char *computed)
{
	struct json_value number;
	struct json_fault fault;
	enum literals_match match;

	if (value->type != JSON_STRING || json_scan(value->raw, &number, &fault) < 0 ||
		number.type != JSON_NUMBER || number.raw.p[0] == '-')
		return NULL;
	match = literals_compare(read_literals(map, line), number.raw);
	if (match == LITERALS_NONE && literals_quote(&map->literals, number.raw))
		return NULL;
	return match == LITERALS_ONE ? NULL : computed;
}

static const char *restore_exact(struct trade_map *map, struct span line, struct json_value *value,
	const char *computed, const char *several)
{
	const char *reason = check_string(map, line, value, computed);

	return reason ? reason : restore(map, line, value, computed, several);
}

static const char *restore_time(struct trade_map *map, struct span line, struct json_value *value)
{
	uint64_t integer;

	if (value->type == JSON_NUMBER && json_u64(value, &integer) == 0 && integer < EXACT_MAX)
		return NULL;
	return restore(map, line, value,
		"its time was computed by the source map: its digits are not the exchange's",
		"its time could be any of several numbers of the line");
}

/* Seconds, milliseconds, microseconds or nanoseconds, by magnitude. */
static int scale_time(uint64_t count, uint64_t *ns)
{
	static const struct {
		uint64_t below, ns;
	} units[] = {
		{UINT64_C(100000000000), UINT64_C(1000000000)},
		{UINT64_C(100000000000000), UINT64_C(1000000)},
		{UINT64_C(100000000000000000), UINT64_C(1000)},
		{UINT64_MAX, 1},
	};
	size_t i = 0;

	while (count >= units[i].below && units[i].ns > 1)
		i++;
	if (count > INT64_MAX / units[i].ns)
		return -1;
	*ns = count * units[i].ns;
	return 0;
}

/* A time that is a number, as a text. */
static const char *spell_time(struct trade_map *map, struct json_value *time)
{
	const uint64_t least = 1000000000;
	uint64_t count, ns;
	int64_t moment;
	struct decimal seconds;

	if (time->type != JSON_NUMBER)
		return NULL;
	if (json_u64(time, &count) == 0) {
		if (count < least)
			return "timestamp is a number below 1000000000";
		if (scale_time(count, &ns) < 0)
			return "timestamp lies beyond 2262";
		moment = (int64_t)ns;
	} else if (decimal_read(time->raw, &seconds) != DECIMAL_OK ||
		stamp_from_seconds(&seconds, &moment) < 0 ||
		moment < (int64_t)least * STAMP_NS_PER_S) {
		return "timestamp is neither an integer nor seconds from 1000000000 to 2262 with "
		       "at most 9 fractional digits";
	}
	*time = (struct json_value){.type = JSON_STRING,
		.raw = span_make(
			map->time, stamp_write(map->time, moment, moment % 1000 == 0 ? 6 : 9))};
	return NULL;
}

static const char *restore_numbers(
	struct trade_map *map, struct span line, struct trade_record *record)
{
	const char *reason;

	if ((reason = restore_exact(map, line, &record->price,
		     "price was computed by the source map: its digits are not the exchange's",
		     "price could be any of several numbers of the line")) ||
		(reason = restore_exact(map, line, &record->quantity,
			 "quantity was computed by the source map: its digits are not the "
			 "exchange's",
			 "quantity could be any of several numbers of the line")) ||
		(reason = restore_exact(map, line, &record->trade_id,
			 "trade_id was computed by the source map: its digits are not the "
			 "exchange's",
			 "trade_id could be any of several numbers of the line")) ||
		(reason = restore_time(map, line, &record->timestamp)) ||
		(reason = restore_time(map, line, &record->timestamp_ms)))
		return reason;
	return spell_time(map, &record->timestamp);
}

static const char *read_output(
	struct trade_map *map, struct span line, struct span output, struct trade *trade)
{
	struct trade_record record;
	const char *reason;

	if (output.p[0] != '{') {
		buf_clear(&map->reason);
		if (buf_printf(&map->reason, "%.*s gave something that is no object", 512,
			    map->path) < 0)
			return "the source map gave something that is no object";
		return map->reason.data;
	}
	if ((reason = trade_record_scan(output, &record)) ||
		(reason = restore_numbers(map, line, &record)) ||
		(reason = trade_record_read(&record, &map->names, trade)))
		return reason;
	if (trade->exchange.n == 0 && map->exchange)
		trade->exchange = span_text(map->exchange);
	return NULL;
}

/* What follows returns 0, or -1 where the sink did. */

/* Hands out the output that is held, if there is one. */
static int give_held(
	struct trade_map *map, struct span line, const struct source_sink *sink, size_t index)
{
	struct trade trade;
	const char *reason;

	if (!map->holding)
		return 0;
	map->holding = false;
	reason = read_output(map, line, buf_span(&map->held), &trade);
	if (reason)
		return sink->bad(sink->arg, index, reason);
	return sink->trade(sink->arg, &trade, index);
}

static int give_bad(
	struct trade_map *map, const struct source_sink *sink, size_t index, struct span reason)
{
	buf_clear(&map->reason);
	if (buf_add(&map->reason, reason) < 0 || buf_add(&map->reason, span_make("", 1)) < 0)
		return sink->bad(sink->arg, index, "the source map raised an error");
	return sink->bad(sink->arg, index, map->reason.data);
}

static int refuse_line(const struct source_sink *sink, struct span line, struct json_fault fault)
{
	if (fault.at == line.n)
		fault.reason =
			"not JSON: the line ends too early (a record is one line: use jq -c .)";
	return sink->bad(sink->arg, 0, fault.reason);
}

/* One output more: the one before it, if any, is one of several. */
static int take_output(struct trade_map *map, struct span line, const struct source_sink *sink,
	struct span output, size_t *given)
{
	if (map->holding && give_held(map, line, sink, ++*given) < 0)
		return -1;
	buf_clear(&map->held);
	if (buf_add(&map->held, output) < 0)
		return sink->bad(
			sink->arg, ++*given, "the source map gave more than 67108864 bytes");
	map->holding = true;
	return 0;
}

/* The program's last word on a line. */
static int end_line(struct trade_map *map, struct span line, const struct source_sink *sink,
	enum query_result result, struct span message, size_t given)
{
	size_t place = given;

	if (result == QUERY_END) {
		if (!map->holding)
			return given ? 0 : sink->passed(sink->arg);
		return give_held(map, line, sink, given ? given + 1 : 0);
	}
	if (map->holding && give_held(map, line, sink, ++place) < 0)
		return -1;
	return give_bad(map, sink, place ? place + 1 : 0, message);
}

int trade_map_read(
	struct trade_map *map, struct span line, const struct source_sink *sink, struct err *err)
{
	struct json_value value;
	struct json_fault fault;
	struct span output;
	enum query_result result;
	size_t given = 0;

	if (json_scan(line, &value, &fault) < 0)
		return refuse_line(sink, line, fault);
	map->literals_read = false;
	map->holding = false;
	query_start(map->query, line);
	while ((result = query_next(map->query, &output)) == QUERY_VALUE)
		if (!span_is_text(output, "null") &&
			take_output(map, line, sink, output, &given) < 0)
			return -1;
	if (result == QUERY_TIMEOUT || result == QUERY_CRASHED)
		return err_set(err, EXIT_FAILED, "%.*s", (int)output.n, output.p);
	return end_line(map, line, sink, result, output, given);
}
