#include "market/manifest_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stamp.h"
#include "market/trade.h"

enum { NAME_ROOM = 64 * 1024 }; /* bytes of a name, far above TRADE_NAME_MAX */

enum { WHOLE, STREAMS };

static const struct manifest_rule document_rules[] = {
	[WHOLE] = {.name = "whole", .kind = MANIFEST_FLAG},
	[STREAMS] = {.name = "streams", .kind = MANIFEST_LIST},
};

const struct manifest_rule manifest_rules[MANIFEST_MEMBERS] = {
	[MANIFEST_EXCHANGE] = {.name = "exchange", .kind = MANIFEST_NAME, .may_be_null = true},
	[MANIFEST_PRODUCT] = {.name = "product_id", .kind = MANIFEST_NAME},
	[MANIFEST_MISSING] = {.name = "missing", .kind = MANIFEST_LIST},
	{.name = "count", .kind = MANIFEST_COUNT},
	{.name = "first_id", .kind = MANIFEST_COUNT, .may_be_null = true},
	{.name = "last_id", .kind = MANIFEST_COUNT, .may_be_null = true},
	{.name = "first_time", .kind = MANIFEST_TIME, .may_be_null = true},
	{.name = "last_time", .kind = MANIFEST_TIME, .may_be_null = true},
	{.name = "duplicates", .kind = MANIFEST_COUNT},
	{.name = "disordered", .kind = MANIFEST_COUNT},
	{.name = "without_id", .kind = MANIFEST_COUNT, .may_be_absent = true},
	{.name = "sum_quantity", .kind = MANIFEST_AMOUNT},
	{.name = "sum_value", .kind = MANIFEST_AMOUNT},
	{.name = "sha256", .kind = MANIFEST_DIGEST},
	{.name = "sha256_time", .kind = MANIFEST_DIGEST},
};

const struct manifest_rule manifest_gap_rules[MANIFEST_GAP_MEMBERS] = {
	[MANIFEST_FIRST] = {.name = "first", .kind = MANIFEST_COUNT},
	[MANIFEST_LAST] = {.name = "last", .kind = MANIFEST_COUNT},
	{.name = "after", .kind = MANIFEST_TIME, .may_be_null = true},
	{.name = "before", .kind = MANIFEST_TIME, .may_be_null = true},
};

enum { DOCUMENT_MEMBERS = sizeof document_rules / sizeof *document_rules };

void manifest_reader_init(struct manifest_reader *reader, const char *name, struct err *err)
{
	*reader = (struct manifest_reader){.name = name, .err = err};
	buf_init(&reader->product, NAME_ROOM);
	buf_init(&reader->exchange, NAME_ROOM);
}

void manifest_reader_release(struct manifest_reader *reader)
{
	buf_release(&reader->exchange);
	buf_release(&reader->product);
}

static int refuse(struct manifest_reader *reader, const char *member, const char *reason)
{
	return err_set(reader->err, EXIT_USAGE, "cannot compare with '%s': it is no manifest: %s%s",
		reader->name, member, reason);
}

static const char *find_fault(const struct manifest_rule *rule, const struct json_value *value)
{
	int64_t ns;

	if (value->type == JSON_NONE)
		return rule->may_be_absent ? NULL : " is missing";
	if (value->type == JSON_NULL && rule->may_be_null)
		return NULL;
	if (rule->kind == MANIFEST_LIST)
		return value->type == JSON_ARRAY ? NULL : " is not an array";
	if (rule->kind == MANIFEST_FLAG)
		return value->type == JSON_TRUE || value->type == JSON_FALSE ? NULL
									     : " is not a boolean";
	if (rule->kind == MANIFEST_COUNT)
		return value->type == JSON_NUMBER ? NULL : " is not a number";
	if (value->type != JSON_STRING)
		return " is not a string";
	if (rule->kind == MANIFEST_TIME && stamp_parse(value->raw, &ns, NULL) < 0)
		return " is not a time";
	return NULL;
}

/* Reads an object into n members, which have to be as the rules say. */
static int read_members(struct manifest_reader *reader, struct span object,
	const struct manifest_rule *rules, struct json_member *members, size_t n)
{
	struct json_fault fault;

	for (size_t i = 0; i < n; i++)
		members[i].name = span_text(rules[i].name);
	if (json_object(object, members, n, &fault) < 0)
		return refuse(reader, "", fault.reason);
	for (size_t i = 0; i < n; i++) {
		const char *reason = find_fault(&rules[i], &members[i].value);
		if (reason)
			return refuse(reader, rules[i].name, reason);
	}
	return 0;
}

int manifest_read_gap(
	struct manifest_reader *reader, struct json_walk *walk, struct manifest_gap *gap)
{
	struct json_value element;

	if (!json_walk_next(walk, &element))
		return 0;
	if (read_members(reader, element.raw, manifest_gap_rules, gap->members,
		    MANIFEST_GAP_MEMBERS) < 0)
		return -1;
	if (json_u64(&gap->members[MANIFEST_FIRST].value, &gap->first) < 0 ||
		json_u64(&gap->members[MANIFEST_LAST].value, &gap->last) < 0)
		return refuse(reader, "missing", " holds an id that is not an integer");
	return 1;
}

static int check_gaps(struct manifest_reader *reader, struct span list)
{
	struct json_walk walk = json_walk_start(list);
	struct manifest_gap gap;
	uint64_t last = 0;
	int result;

	for (bool begun = false; (result = manifest_read_gap(reader, &walk, &gap)) > 0;
		begun = true) {
		if (gap.first > gap.last || (begun && gap.first <= last))
			return refuse(reader, "missing", " is not in order");
		last = gap.last;
	}
	return result;
}

static int read_name(struct manifest_reader *reader, const struct json_value *value,
	struct buf *buf, struct span *name)
{
	*name = span_make("", 0);
	if (value->type == JSON_STRING)
		*name = json_text(value, buf);
	return name->p && name->n <= TRADE_NAME_MAX ? 0 : refuse(reader, "", "a name is too long");
}

int manifest_read_stream(
	struct manifest_reader *reader, struct span element, struct manifest_stream *stream)
{
	if (read_members(reader, element, manifest_rules, stream->members, MANIFEST_MEMBERS) < 0 ||
		read_name(reader, &stream->members[MANIFEST_PRODUCT].value, &reader->product,
			&stream->product) < 0)
		return -1;
	return read_name(reader, &stream->members[MANIFEST_EXCHANGE].value, &reader->exchange,
		&stream->exchange);
}

/* Both names as bytes of their own that no other two names give. */
static struct span copy_names(const struct manifest_stream *stream)
{
	struct span product = stream->product, exchange = stream->exchange;
	char *copy = mem_alloc(sizeof product.n + product.n + exchange.n, 1);
	char *to = copy;

	to = (char *)memcpy(to, &product.n, sizeof product.n) + sizeof product.n;
	to = (char *)memcpy(to, product.p, product.n) + product.n;
	to = (char *)memcpy(to, exchange.p, exchange.n) + exchange.n;
	return span_make(copy, (size_t)(to - copy));
}

static int check_stream(struct manifest_reader *reader, struct span element, struct span *names)
{
	struct manifest_stream stream;

	if (manifest_read_stream(reader, element, &stream) < 0 ||
		check_gaps(reader, stream.members[MANIFEST_MISSING].value.raw) < 0)
		return -1;
	*names = copy_names(&stream);
	return 0;
}

static int order_names(const void *a, const void *b)
{
	const struct span *one = a, *other = b;

	if (one->n != other->n)
		return one->n < other->n ? -1 : 1;
	return memcmp(one->p, other->p, one->n);
}

static int check_names(struct manifest_reader *reader, struct span *names, size_t n)
{
	qsort(names, n, sizeof *names, order_names);
	for (size_t i = 1; i < n; i++)
		if (span_is(names[i - 1], names[i]))
			return refuse(reader, "", "a stream is there twice");
	return 0;
}

static size_t count(struct span list)
{
	struct json_walk walk = json_walk_start(list);
	struct json_value element;
	size_t n = 0;

	while (json_walk_next(&walk, &element))
		n++;
	return n;
}

static int check_streams(struct manifest_reader *reader, struct span list)
{
	struct span *names = mem_alloc(count(list) + 1, sizeof *names);
	struct json_walk walk = json_walk_start(list);
	struct json_value element;
	int result = 0;
	size_t n = 0;

	while (result == 0 && json_walk_next(&walk, &element)) {
		result = check_stream(reader, element.raw, &names[n]);
		n += result == 0;
	}
	if (result == 0)
		result = check_names(reader, names, n);
	while (n > 0)
		free((char *)(uintptr_t)names[--n].p);
	free(names);
	return result;
}

int manifest_read(struct manifest_reader *reader, struct span text, struct span *streams)
{
	struct json_member members[DOCUMENT_MEMBERS];

	if (read_members(reader, text, document_rules, members, DOCUMENT_MEMBERS) < 0)
		return -1;
	*streams = members[STREAMS].value.raw;
	return check_streams(reader, *streams);
}
