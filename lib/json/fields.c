#include "json/fields.h"

static size_t find_member(const struct fields *fields, struct span name)
{
	size_t i = 0;

	while (i < fields->n_members && !span_is(fields->members[i].name, name))
		i++;
	return i;
}

int fields_add(struct fields *fields, const char *path)
{
	struct json_path *parsed = &fields->paths[fields->n];
	size_t at;

	if (fields->n == FIELDS_MAX || json_path_parse(span_text(path), parsed) < 0)
		return -1;
	at = find_member(fields, parsed->names[0]);
	if (at == fields->n_members)
		fields->members[fields->n_members++] =
			(struct json_member){.name = parsed->names[0]};
	fields->first[fields->n] = at;
	return (int)fields->n++;
}

/* Members that are not there come last. */
static bool comes_before(const struct json_value *a, const struct json_value *b)
{
	if (a->type == JSON_NONE)
		return false;
	return b->type == JSON_NONE || a->raw.p < b->raw.p;
}

static void swap(struct fields *fields, size_t a, size_t b)
{
	struct json_member member = fields->members[a];

	fields->members[a] = fields->members[b];
	fields->members[b] = member;
	for (size_t i = 0; i < fields->n; i++) {
		if (fields->first[i] == a)
			fields->first[i] = b;
		else if (fields->first[i] == b)
			fields->first[i] = a;
	}
}

/* json_object() is fastest where members are listed as they come. One pass a record gets there
 * within a few of them, and costs next to nothing from then on. */
static void follow_order(struct fields *fields)
{
	struct json_member *members = fields->members;

	for (size_t i = 1; i < fields->n_members; i++)
		if (comes_before(&members[i].value, &members[i - 1].value))
			swap(fields, i - 1, i);
}

int fields_read(struct fields *fields, struct span record, struct json_fault *fault)
{
	if (json_object(record, fields->members, fields->n_members, fault) < 0)
		return -1;
	follow_order(fields);
	return 0;
}

struct json_value fields_value(const struct fields *fields, int field)
{
	const struct json_path *path = &fields->paths[field];
	struct json_member member = fields->members[fields->first[field]];
	struct json_fault fault;

	for (size_t i = 1; i < path->n; i++) {
		struct json_value object = member.value;
		member = (struct json_member){.name = path->names[i]};
		/* The record as a whole has been checked, so that a part of it cannot fail. */
		if (object.type == JSON_OBJECT)
			json_object(object.raw, &member, 1, &fault);
	}
	return member.value;
}

int part_parse(struct part *part, const char *text, struct fields *fields)
{
	part->text = text;
	part->literal = span_text(text);
	if (*text == '@') {
		part->field = -1;
		part->literal = span_text(text + 1);
		return 0;
	}
	part->field = fields_add(fields, text);
	return part->field < 0 ? -1 : 0;
}

enum part_result part_read(const struct part *part, const struct fields *fields,
	struct buf *scratch, struct span *text)
{
	struct json_value value;

	buf_clear(scratch);
	*text = part->literal;
	if (part->field < 0)
		return PART_TEXT;
	value = fields_value(fields, part->field);
	*text = value.raw;
	switch (value.type) {
	case JSON_NONE:
	case JSON_NULL:
		return PART_ABSENT;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return PART_NO_TEXT;
	case JSON_STRING:
		*text = json_text(&value, scratch);
		return text->p ? PART_TEXT : PART_NO_TEXT;
	default:
		return PART_TEXT;
	}
}
