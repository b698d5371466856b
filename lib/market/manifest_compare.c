#include <stdlib.h>

#include "base/decimal.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "json/json.h"
#include "market/manifest.h"
#include "market/verdict.h"

enum {
	NAME_ROOM = 64 * 1024, /* bytes of a name in a manifest, far above TRADE_NAME_MAX */
	LINE_ROOM = 8 * 1024,  /* of a difference: two names, two values, a path */
};

/* How a member is compared. */
enum kind { A_LIST, A_NAME, A_COUNT, AN_AMOUNT, A_TIME, A_DIGEST };

struct rule {
	const char *name;
	enum kind kind;
	bool may_be_null;
	bool may_be_absent; /* then it is 0 */
};

enum { EXCHANGE, PRODUCT, MISSING, COMPARED };

/* The members of a stream; from COMPARED on they are compared one by one. */
static const struct rule stream_rules[] = {
	[EXCHANGE] = {.name = "exchange", .kind = A_NAME, .may_be_null = true},
	[PRODUCT] = {.name = "product_id", .kind = A_NAME},
	[MISSING] = {.name = "missing", .kind = A_LIST},
	{.name = "count", .kind = A_COUNT},
	{.name = "first_id", .kind = A_COUNT, .may_be_null = true},
	{.name = "last_id", .kind = A_COUNT, .may_be_null = true},
	{.name = "first_time", .kind = A_TIME, .may_be_null = true},
	{.name = "last_time", .kind = A_TIME, .may_be_null = true},
	{.name = "duplicates", .kind = A_COUNT},
	{.name = "disordered", .kind = A_COUNT},
	{.name = "without_id", .kind = A_COUNT, .may_be_absent = true},
	{.name = "sum_quantity", .kind = AN_AMOUNT},
	{.name = "sum_value", .kind = AN_AMOUNT},
	{.name = "sha256", .kind = A_DIGEST},
	{.name = "sha256_time", .kind = A_DIGEST},
};

enum { FIRST, LAST, TIMES };

static const struct rule gap_rules[] = {
	[FIRST] = {.name = "first", .kind = A_COUNT},
	[LAST] = {.name = "last", .kind = A_COUNT},
	{.name = "after", .kind = A_TIME, .may_be_null = true},
	{.name = "before", .kind = A_TIME, .may_be_null = true},
};

enum {
	STREAM_MEMBERS = sizeof stream_rules / sizeof *stream_rules,
	GAP_MEMBERS = sizeof gap_rules / sizeof *gap_rules,
};

struct comparison {
	struct streams *streams;
	const char *name; /* of the manifest */
	void (*differs)(void *arg, const char *what);
	void *arg;
	size_t n;
	struct err *err;
	bool *met;	/* by place in the streams: the manifest has it too */
	size_t next;	/* where the stream is likely to be: manifests are in the same order */
	bool with_skew; /* times may differ by STREAM_SKEW_NS */
	struct buf title, line, product, exchange, ours;
};

/* The functions below return 0, or -1 and c->err where the text is no manifest. */

static int refuse(struct comparison *c, const char *member, const char *reason)
{
	return err_set(c->err, EXIT_USAGE, "cannot compare with '%s': it is no manifest: %s%s",
		c->name, member, reason);
}

static const char *find_fault(const struct rule *rule, const struct json_value *value)
{
	int64_t ns;

	if (value->type == JSON_NONE)
		return rule->may_be_absent ? NULL : " is missing";
	if (value->type == JSON_NULL && rule->may_be_null)
		return NULL;
	if (rule->kind == A_LIST)
		return value->type == JSON_ARRAY ? NULL : " is not an array";
	if (rule->kind == A_COUNT)
		return value->type == JSON_NUMBER ? NULL : " is not a number";
	if (value->type != JSON_STRING)
		return " is not a string";
	if (rule->kind == A_TIME && stamp_parse(value->raw, &ns, NULL) < 0)
		return " is not a time";
	return NULL;
}

/* Reads an object into n members, which have to be as the rules say. */
static int read_members(struct comparison *c, struct span object, const struct rule *rules,
	struct json_member *members, size_t n)
{
	struct json_fault fault;

	for (size_t i = 0; i < n; i++)
		members[i].name = span_text(rules[i].name);
	if (json_object(object, members, n, &fault) < 0)
		return refuse(c, "", fault.reason);
	for (size_t i = 0; i < n; i++) {
		const char *reason = find_fault(&rules[i], &members[i].value);
		if (reason)
			return refuse(c, rules[i].name, reason);
	}
	return 0;
}

struct listed_gap {
	uint64_t first, last;
	struct json_member members[GAP_MEMBERS];
};

/* 1 and the next gap of a list, or 0 at its end. */
static int next_gap(struct comparison *c, struct json_walk *walk, struct listed_gap *gap)
{
	struct json_value element;

	if (!json_walk_next(walk, &element))
		return 0;
	if (read_members(c, element.raw, gap_rules, gap->members, GAP_MEMBERS) < 0)
		return -1;
	if (json_u64(&gap->members[FIRST].value, &gap->first) < 0 ||
		json_u64(&gap->members[LAST].value, &gap->last) < 0)
		return refuse(c, "missing", " holds an id that is not an integer");
	return 1;
}

static int check_gaps(struct comparison *c, struct span list)
{
	struct json_walk walk = json_walk_start(list);
	struct listed_gap gap;
	int result;

	do
		result = next_gap(c, &walk, &gap);
	while (result > 0);
	return result;
}

/* A difference of the stream that is being compared: its title, and what is in the line. */
static void tell(struct comparison *c)
{
	buf_add(&c->line, span_make("", 1));
	c->differs(c->arg, c->line.data);
	c->n++;
}

static struct buf *begin_line(struct comparison *c)
{
	buf_clear(&c->line);
	buf_add(&c->line, buf_span(&c->title));
	return &c->line;
}

static void add_value(struct buf *line, const struct json_value *value)
{
	if (value->type == JSON_NONE)
		buf_add_text(line, "0");
	else
		buf_printf(line, "%.*s", span_shown(value->raw), value->raw.p);
}

static void tell_values(struct comparison *c, const char *name, const struct json_value *ours,
	const struct json_value *theirs)
{
	struct buf *line = begin_line(c);

	buf_printf(line, ": %s is ", name);
	add_value(line, ours);
	buf_add_text(line, ", not ");
	add_value(line, theirs);
	tell(c);
}

static bool is_same_time(const struct comparison *c, struct span a, struct span b)
{
	int64_t skew = c->with_skew ? STREAM_SKEW_NS : 0;
	int64_t a_ns, b_ns;

	if (stamp_parse(a, &a_ns, NULL) < 0 || stamp_parse(b, &b_ns, NULL) < 0)
		return false;
	return a_ns > b_ns ? a_ns - b_ns <= skew : b_ns - a_ns <= skew;
}

/* What is no amount above zero is compared as it stands. */
static bool is_same_amount(struct span a, struct span b)
{
	char a_text[DECIMAL_TEXT_MAX], b_text[DECIMAL_TEXT_MAX];
	struct decimal decimal;

	if (decimal_read(a, &decimal) == DECIMAL_OK)
		a = span_make(a_text, decimal_write(a_text, &decimal));
	if (decimal_read(b, &decimal) == DECIMAL_OK)
		b = span_make(b_text, decimal_write(b_text, &decimal));
	return span_is(a, b);
}

static bool is_same(const struct comparison *c, enum kind kind, const struct json_value *a,
	const struct json_value *b)
{
	static const struct span zero = SPAN("0");

	if (kind == A_TIME && a->type == JSON_STRING && b->type == JSON_STRING)
		return is_same_time(c, a->raw, b->raw);
	if (kind == A_COUNT || kind == AN_AMOUNT)
		return is_same_amount(
			a->type == JSON_NONE ? zero : a->raw, b->type == JSON_NONE ? zero : b->raw);
	return a->type == b->type && span_is(a->raw, b->raw);
}

static void tell_gap(struct comparison *c, const struct listed_gap *gap, bool ours)
{
	struct buf *line = begin_line(c);

	buf_printf(line, gap->first == gap->last ? ": id %llu" : ": ids %llu to %llu",
		(unsigned long long)gap->first, (unsigned long long)gap->last);
	buf_add_text(line, gap->first == gap->last ? " is missing" : " are missing");
	buf_printf(line, ours ? ", not in '%s'" : ", in '%s' only", c->name);
	tell(c);
}

static void compare_gap_times(
	struct comparison *c, const struct listed_gap *ours, const struct listed_gap *theirs)
{
	char what[64];

	for (size_t i = TIMES; i < GAP_MEMBERS; i++) {
		const struct json_value *a = &ours->members[i].value,
					*b = &theirs->members[i].value;
		if (is_same(c, A_TIME, a, b))
			continue;
		snprintf(what, sizeof what, "the time %s id %llu", gap_rules[i].name,
			(unsigned long long)(i == TIMES ? ours->first : ours->last));
		tell_values(c, what, a, b);
	}
}

static bool is_below(const struct listed_gap *a, const struct listed_gap *b)
{
	return a->first < b->first || (a->first == b->first && a->last < b->last);
}

/* Both lists ascend. */
static int compare_gaps(struct comparison *c, struct span our_list, struct span their_list)
{
	struct json_walk our_walk = json_walk_start(our_list);
	struct json_walk their_walk = json_walk_start(their_list);
	struct listed_gap ours, theirs;
	int we = next_gap(c, &our_walk, &ours), they = next_gap(c, &their_walk, &theirs);

	while (we > 0 || they > 0) {
		bool first = we > 0 && (they <= 0 || !is_below(&theirs, &ours));
		bool second = they > 0 && (we <= 0 || !is_below(&ours, &theirs));
		if (first && second)
			compare_gap_times(c, &ours, &theirs);
		else
			tell_gap(c, first ? &ours : &theirs, first);
		if (first)
			we = next_gap(c, &our_walk, &ours);
		if (second)
			they = next_gap(c, &their_walk, &theirs);
	}
	return we < 0 || they < 0 ? -1 : 0;
}

static int compare_members(struct comparison *c, struct json_member *ours,
	const struct json_member *theirs, const struct stream *stream)
{
	c->with_skew = span_is_text(stream->exchange, "kraken");
	for (size_t i = COMPARED; i < STREAM_MEMBERS; i++) {
		const struct rule *rule = &stream_rules[i];
		if (c->with_skew && strcmp(rule->name, "sha256_time") == 0)
			continue;
		if (!is_same(c, rule->kind, &ours[i].value, &theirs[i].value))
			tell_values(c, rule->name, &ours[i].value, &theirs[i].value);
	}
	return compare_gaps(c, ours[MISSING].value.raw, theirs[MISSING].value.raw);
}

static int compare_stream(
	struct comparison *c, struct stream *stream, const struct json_member *theirs)
{
	struct json_member ours[STREAM_MEMBERS];

	buf_clear(&c->ours);
	if (manifest_write_stream(&c->ours, stream) < 0)
		return err_set(
			c->err, EXIT_FAILED, "cannot compare with '%s': too many gaps", c->name);
	if (read_members(c, buf_span(&c->ours), stream_rules, ours, STREAM_MEMBERS) < 0)
		return -1;
	return compare_members(c, ours, theirs, stream);
}

static void set_title(struct comparison *c, struct span product, struct span exchange)
{
	buf_clear(&c->title);
	verdict_title(&c->title, product, exchange);
}

static struct stream *find_stream(struct comparison *c, struct span product, struct span exchange)
{
	size_t n = c->streams->n;

	for (size_t i = 0; i < n; i++) {
		size_t at = (c->next + i) % n;
		struct stream *stream = c->streams->items[at];
		if (!span_is(stream->product, product) || !span_is(stream->exchange, exchange))
			continue;
		c->met[at] = true;
		c->next = at + 1;
		return stream;
	}
	return NULL;
}

static int read_name(
	struct comparison *c, const struct json_value *value, struct buf *buf, struct span *name)
{
	*name = span_make("", 0);
	if (value->type == JSON_STRING)
		*name = json_text(value, buf);
	return name->p && name->n <= TRADE_NAME_MAX ? 0 : refuse(c, "", "a name is too long");
}

static int compare_entry(struct comparison *c, struct span entry)
{
	struct json_member theirs[STREAM_MEMBERS];
	struct span product, exchange;
	struct stream *stream;

	if (read_members(c, entry, stream_rules, theirs, STREAM_MEMBERS) < 0 ||
		check_gaps(c, theirs[MISSING].value.raw) < 0 ||
		read_name(c, &theirs[PRODUCT].value, &c->product, &product) < 0 ||
		read_name(c, &theirs[EXCHANGE].value, &c->exchange, &exchange) < 0)
		return -1;
	set_title(c, product, exchange);
	stream = find_stream(c, product, exchange);
	if (stream)
		return compare_stream(c, stream, theirs);
	buf_printf(begin_line(c), ": it is in '%s' only", c->name);
	tell(c);
	return 0;
}

static void tell_unmet(struct comparison *c)
{
	for (size_t i = 0; i < c->streams->n; i++) {
		const struct stream *stream = c->streams->items[i];
		if (c->met[i])
			continue;
		set_title(c, stream->product, stream->exchange);
		buf_printf(begin_line(c), ": it is not in '%s'", c->name);
		tell(c);
	}
}

static int compare_all(struct comparison *c, struct span text)
{
	struct json_member list = {.name = SPAN("streams")};
	struct json_value element;
	struct json_fault fault;
	struct json_walk walk;

	if (json_object(text, &list, 1, &fault) < 0)
		return refuse(c, "", fault.reason);
	if (list.value.type != JSON_ARRAY)
		return refuse(c, "streams", " is not an array");
	walk = json_walk_start(list.value.raw);
	while (json_walk_next(&walk, &element))
		if (compare_entry(c, element.raw) < 0)
			return -1;
	tell_unmet(c);
	return 0;
}

int manifest_compare(struct span text, const char *name, struct streams *streams,
	void (*differs)(void *arg, const char *what), void *arg, size_t *n, struct err *err)
{
	struct comparison c = {
		.streams = streams, .name = name, .differs = differs, .arg = arg, .err = err};
	int result;

	c.met = mem_alloc(streams->n + 1, sizeof *c.met);
	buf_init(&c.title, LINE_ROOM);
	buf_init(&c.line, LINE_ROOM);
	buf_init(&c.product, NAME_ROOM);
	buf_init(&c.exchange, NAME_ROOM);
	buf_init(&c.ours, MANIFEST_CEILING);
	result = compare_all(&c, text);
	buf_release(&c.ours);
	buf_release(&c.exchange);
	buf_release(&c.product);
	buf_release(&c.line);
	buf_release(&c.title);
	free(c.met);
	*n = c.n;
	return result;
}
