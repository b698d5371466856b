#include <stdlib.h>

#include "base/decimal.h"
#include "base/mem.h"
#include "base/stamp.h"
#include "json/json.h"
#include "market/manifest.h"
#include "market/manifest_read.h"
#include "market/verdict.h"

enum {
	LINE_ROOM = 8 * 1024, /* of a difference: a title, two values, a path */
	NS_PER_US = 1000,
};

struct comparison {
	struct manifest_reader reader;
	struct streams *streams;
	void (*differs)(void *arg, const char *what);
	void *arg;
	size_t n;
	bool *met;	/* by place in the streams: the manifest has it too */
	bool with_skew; /* times may differ by STREAM_SKEW_US */
	struct buf title, line, ours;
};

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
	int64_t skew = c->with_skew ? STREAM_SKEW_US * NS_PER_US : 0;
	int64_t a_ns, b_ns;

	if (stamp_parse(a, &a_ns, NULL) < 0 || stamp_parse(b, &b_ns, NULL) < 0)
		return false;
	return a_ns > b_ns ? a_ns - b_ns <= skew : b_ns - a_ns <= skew;
}

/* Whether a number, which is not above zero, is not below it either. */
static bool is_zero(struct span number)
{
	for (size_t i = 0; i < number.n && (number.p[i] | 0x20) != 'e'; i++)
		if (number.p[i] >= '1' && number.p[i] <= '9')
			return false;
	return true;
}

/* An amount in its one form, which `to` has room for; what is below zero, or no number, as it
 * stands. */
static struct span canonical(struct span amount, char to[DECIMAL_TEXT_MAX])
{
	struct decimal decimal;
	enum decimal_fault fault = decimal_read(amount, &decimal);

	if (fault == DECIMAL_OK)
		return span_make(to, decimal_write(to, &decimal));
	if (fault == DECIMAL_NOT_POSITIVE && is_zero(amount))
		return span_text("0");
	return amount;
}

static bool is_same_amount(struct span a, struct span b)
{
	char a_text[DECIMAL_TEXT_MAX], b_text[DECIMAL_TEXT_MAX];

	return span_is(canonical(a, a_text), canonical(b, b_text));
}

static bool is_same(const struct comparison *c, enum manifest_kind kind, const struct json_value *a,
	const struct json_value *b)
{
	static const struct span zero = SPAN("0");

	if (kind == MANIFEST_TIME && a->type == JSON_STRING && b->type == JSON_STRING)
		return is_same_time(c, a->raw, b->raw);
	if (kind == MANIFEST_COUNT || kind == MANIFEST_AMOUNT)
		return is_same_amount(
			a->type == JSON_NONE ? zero : a->raw, b->type == JSON_NONE ? zero : b->raw);
	return a->type == b->type && span_is(a->raw, b->raw);
}

static void tell_gap(struct comparison *c, const struct manifest_gap *gap, bool ours)
{
	struct buf *line = begin_line(c);

	buf_printf(line, gap->first == gap->last ? ": id %llu" : ": ids %llu to %llu",
		(unsigned long long)gap->first, (unsigned long long)gap->last);
	buf_add_text(line, gap->first == gap->last ? " is missing" : " are missing");
	buf_printf(line, ours ? ", not in '%s'" : ", in '%s' only", c->reader.name);
	tell(c);
}

static void compare_gap_times(
	struct comparison *c, const struct manifest_gap *ours, const struct manifest_gap *theirs)
{
	char what[64];

	for (size_t i = MANIFEST_TIMES; i < MANIFEST_GAP_MEMBERS; i++) {
		const struct json_value *a = &ours->members[i].value,
					*b = &theirs->members[i].value;
		if (is_same(c, MANIFEST_TIME, a, b))
			continue;
		snprintf(what, sizeof what, "the time %s id %llu", manifest_gap_rules[i].name,
			(unsigned long long)(i == MANIFEST_TIMES ? ours->first : ours->last));
		tell_values(c, what, a, b);
	}
}

static bool is_below(const struct manifest_gap *a, const struct manifest_gap *b)
{
	return a->first < b->first || (a->first == b->first && a->last < b->last);
}

/* Both lists ascend. */
static int compare_gaps(struct comparison *c, struct span our_list, struct span their_list)
{
	struct json_walk our_walk = json_walk_start(our_list);
	struct json_walk their_walk = json_walk_start(their_list);
	struct manifest_gap ours, theirs;
	int we = manifest_read_gap(&c->reader, &our_walk, &ours);
	int they = manifest_read_gap(&c->reader, &their_walk, &theirs);

	while (we > 0 || they > 0) {
		bool first = we > 0 && (they <= 0 || !is_below(&theirs, &ours));
		bool second = they > 0 && (we <= 0 || !is_below(&ours, &theirs));
		if (first && second)
			compare_gap_times(c, &ours, &theirs);
		else
			tell_gap(c, first ? &ours : &theirs, first);
		if (first)
			we = manifest_read_gap(&c->reader, &our_walk, &ours);
		if (second)
			they = manifest_read_gap(&c->reader, &their_walk, &theirs);
	}
	return we < 0 || they < 0 ? -1 : 0;
}

static int compare_members(struct comparison *c, const struct json_member *ours,
	const struct json_member *theirs, const struct stream *stream)
{
	c->with_skew = span_is_text(stream->exchange, "kraken");
	for (size_t i = MANIFEST_COMPARED; i < MANIFEST_MEMBERS; i++) {
		const struct manifest_rule *rule = &manifest_rules[i];
		if (c->with_skew && strcmp(rule->name, "sha256_time") == 0)
			continue;
		if (!is_same(c, rule->kind, &ours[i].value, &theirs[i].value))
			tell_values(c, rule->name, &ours[i].value, &theirs[i].value);
	}
	return compare_gaps(
		c, ours[MANIFEST_MISSING].value.raw, theirs[MANIFEST_MISSING].value.raw);
}

static int compare_stream(
	struct comparison *c, struct stream *stream, const struct manifest_stream *theirs)
{
	struct manifest_stream ours;

	buf_clear(&c->ours);
	if (manifest_write_stream(&c->ours, stream) < 0)
		return err_set(c->reader.err, EXIT_FAILED,
			"cannot compare with '%s': too many gaps", c->reader.name);
	if (manifest_read_stream(&c->reader, buf_span(&c->ours), &ours) < 0)
		return -1;
	return compare_members(c, ours.members, theirs->members, stream);
}

static void set_title(struct comparison *c, struct span product, struct span exchange)
{
	buf_clear(&c->title);
	verdict_title(&c->title, product, exchange);
}

static int compare_element(struct comparison *c, struct span element)
{
	struct manifest_stream theirs;
	struct stream *stream;

	if (manifest_read_stream(&c->reader, element, &theirs) < 0)
		return -1;
	set_title(c, theirs.product, theirs.exchange);
	stream = streams_find(c->streams, theirs.exchange, theirs.product);
	if (!stream) {
		buf_printf(begin_line(c), ": it is in '%s' only", c->reader.name);
		tell(c);
		return 0;
	}
	c->met[stream->place] = true;
	return compare_stream(c, stream, &theirs);
}

static void tell_unmet(struct comparison *c)
{
	for (size_t i = 0; i < c->streams->n; i++) {
		const struct stream *stream = c->streams->items[i];
		if (c->met[i])
			continue;
		set_title(c, stream->product, stream->exchange);
		buf_printf(begin_line(c), ": it is not in '%s'", c->reader.name);
		tell(c);
	}
}

static int compare_all(struct comparison *c, struct span text)
{
	struct json_value element;
	struct json_walk walk;
	struct span list;

	if (manifest_read(&c->reader, text, &list) < 0)
		return -1;
	walk = json_walk_start(list);
	while (json_walk_next(&walk, &element))
		if (compare_element(c, element.raw) < 0)
			return -1;
	tell_unmet(c);
	return 0;
}

int manifest_compare(struct span text, const char *name, struct streams *streams,
	void (*differs)(void *arg, const char *what), void *arg, size_t *n, struct err *err)
{
	struct comparison c = {.streams = streams, .differs = differs, .arg = arg};
	int result;

	manifest_reader_init(&c.reader, name, err);
	c.met = mem_alloc(streams->n + 1, sizeof *c.met);
	buf_init(&c.title, LINE_ROOM);
	buf_init(&c.line, LINE_ROOM);
	buf_init(&c.ours, MANIFEST_CEILING);
	result = compare_all(&c, text);
	buf_release(&c.ours);
	buf_release(&c.line);
	buf_release(&c.title);
	free(c.met);
	manifest_reader_release(&c.reader);
	*n = c.n;
	return result;
}
