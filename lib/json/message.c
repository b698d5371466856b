#include "json/message.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/line.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/stamp.h"
#include "json/fields.h"
#include "json/omit.h"

/* What is larger was meant as microseconds or nanoseconds. */
#define TIMESTAMP_END INT64_C(100000000000000)

enum { REASON_MAX = 512 };

const struct opt message_rows[] = {
	{.kind = OPT_TEXT,
		.letter = 'k',
		.name = "key",
		.arg = "field|@literal|none",
		.help = "the field that holds each record's key, one text for all, or none",
		.more = "Dots lead into objects:\n.Ql trade.symbol .\n"
			"The key of a string is its text, that of a number its literal.",
		.preset = "product_id",
		.at = offsetof(struct message_wish, key)},
	{.kind = OPT_LIST,
		.name = "header",
		.arg = "name[=field|@literal]",
		.help = "a header, from the field of its name if none is given (may be repeated)",
		.more = "Where the field is absent or null the header is left out.",
		.at = offsetof(struct message_wish, headers)},
	{.kind = OPT_TEXT,
		.name = "timestamp",
		.arg = "field",
		.help = "the field that holds each record's time: RFC 3339, or milliseconds",
		.more = "Without it the time is the moment of sending.",
		.at = offsetof(struct message_wish, timestamp)},
	{.kind = OPT_TEXT,
		.name = "omit",
		.arg = "field,...",
		.help = "leave these members out of the value",
		.more = "They may still be key, header and time.",
		.at = offsetof(struct message_wish, omit)},
	{.name = NULL},
};

struct header_plan {
	char *name;
	struct part part;
	struct buf text; /* one once unescaped */
};

struct message_plan {
	struct fields fields;
	bool has_key;
	struct part key;
	struct buf key_text;
	struct header_plan headers[MESSAGE_HEADERS_MAX];
	size_t n_headers;
	int timestamp; /* its field; -1: none */
	const char *timestamp_name;
	struct buf timestamp_text;
	struct omit omit;
	struct buf value; /* a copy without what is omitted */
	char reason[REASON_MAX];
};

static int plan_key(struct message_plan *plan, const char *key, struct err *err)
{
	if (strcmp(key, "none") == 0)
		return 0;
	plan->has_key = true;
	if (part_parse(&plan->key, key, &plan->fields) < 0)
		return err_set(err, EXIT_USAGE, "'%s' is not a field that a key can be", key);
	return 0;
}

static int plan_header(struct message_plan *plan, const char *text, struct err *err)
{
	struct header_plan *header = &plan->headers[plan->n_headers];
	size_t n = strcspn(text, "=");
	const char *source = text[n] ? text + n + 1 : text;

	if (plan->n_headers == MESSAGE_HEADERS_MAX)
		return err_set(err, EXIT_USAGE, "more than %d headers", MESSAGE_HEADERS_MAX);
	if (n == 0 || (source == text && *text == '@') || !quote_is_utf8(span_text(text)) ||
		part_parse(&header->part, source, &plan->fields) < 0)
		return err_set(err, EXIT_USAGE,
			"'%s' is not NAME[=FIELD|@LITERAL], as --header needs", text);
	header->name = mem_text(text);
	header->name[n] = '\0';
	buf_init(&header->text, LINE_CEILING);
	plan->n_headers++;
	return 0;
}

static int plan_rest(struct message_plan *plan, const struct message_wish *wish, struct err *err)
{
	plan->timestamp = -1;
	plan->timestamp_name = wish->timestamp;
	if (wish->timestamp) {
		plan->timestamp = fields_add(&plan->fields, wish->timestamp);
		if (plan->timestamp < 0)
			return err_set(err, EXIT_USAGE, "'%s' is not a field that a time can be",
				wish->timestamp);
	}
	if (wish->omit && omit_parse(wish->omit, &plan->omit) < 0)
		return err_set(
			err, EXIT_USAGE, "'%s' is not FIELD,..., as --omit needs", wish->omit);
	return 0;
}

static int make_plan(struct message_plan *plan, const struct message_wish *wish, struct err *err)
{
	if (!quote_is_utf8(span_text(wish->key)))
		return err_set(err, EXIT_USAGE, "the key is not UTF-8");
	if (plan_key(plan, wish->key, err) < 0)
		return -1;
	for (size_t i = 0; i < wish->headers.n; i++)
		if (plan_header(plan, wish->headers.items[i], err) < 0)
			return -1;
	return plan_rest(plan, wish, err);
}

struct message_plan *message_plan_open(const struct message_wish *wish, struct err *err)
{
	struct message_plan *plan = mem_alloc(1, sizeof *plan);

	/* What is unescaped or left out only makes a line shorter. */
	buf_init(&plan->key_text, LINE_CEILING);
	buf_init(&plan->timestamp_text, LINE_CEILING);
	buf_init(&plan->value, LINE_CEILING);
	if (make_plan(plan, wish, err) == 0)
		return plan;
	message_plan_close(plan);
	return NULL;
}

void message_plan_close(struct message_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n_headers; i++) {
		free(plan->headers[i].name);
		buf_release(&plan->headers[i].text);
	}
	buf_release(&plan->key_text);
	buf_release(&plan->timestamp_text);
	buf_release(&plan->value);
	free(plan);
}

/* "'NAME', the ROLE, FAULT" */
static const char *objection(
	struct message_plan *plan, const char *name, const char *role, const char *fault)
{
	snprintf(plan->reason, sizeof plan->reason, "'%s', the %s, %s", name, role, fault);
	return plan->reason;
}

static const char *read_key(struct message_plan *plan, struct span *key)
{
	enum json_type type;

	*key = span_make(NULL, 0);
	if (!plan->has_key)
		return NULL;
	type = plan->key.field < 0 ? JSON_STRING
				   : fields_value(&plan->fields, plan->key.field).type;
	if (type == JSON_NONE)
		return objection(plan, plan->key.text, "key", "is missing");
	if ((type != JSON_STRING && type != JSON_NUMBER) ||
		part_read(&plan->key, &plan->fields, &plan->key_text, key) != PART_TEXT)
		return objection(plan, plan->key.text, "key", "is neither a string nor a number");
	return NULL;
}

static const char *read_headers(struct message_plan *plan, struct message *message)
{
	message->n_headers = 0;
	for (size_t i = 0; i < plan->n_headers; i++) {
		struct header_plan *header = &plan->headers[i];
		struct message_header *to = &message->headers[message->n_headers];
		switch (part_read(&header->part, &plan->fields, &header->text, &to->value)) {
		case PART_NO_TEXT:
			return objection(
				plan, header->part.text, "header", "is an array or an object");
		case PART_ABSENT:
			break;
		default:
			to->name = header->name;
			message->n_headers++;
		}
	}
	return NULL;
}

/* 0, or -1 where it is neither of the two forms. */
static int read_time(struct message_plan *plan, const struct json_value *value, int64_t *ms)
{
	struct span text;
	uint64_t number;

	if (value->type == JSON_STRING) {
		text = json_text(value, &plan->timestamp_text);
		if (!text.p || stamp_parse(text, ms, NULL) < 0)
			return -1;
		*ms /= STAMP_NS_PER_MS;
		return 0;
	}
	if (value->type != JSON_NUMBER || json_u64(value, &number) < 0)
		return -1;
	*ms = number < (uint64_t)TIMESTAMP_END ? (int64_t)number : TIMESTAMP_END;
	return 0;
}

static const char *read_timestamp(struct message_plan *plan, int64_t *ms)
{
	const char *name = plan->timestamp_name;
	struct json_value value;

	*ms = 0;
	if (plan->timestamp < 0)
		return NULL;
	value = fields_value(&plan->fields, plan->timestamp);
	if (value.type == JSON_NONE)
		return objection(plan, name, "time", "is missing");
	if (read_time(plan, &value, ms) < 0 || *ms <= 0)
		return objection(
			plan, name, "time", "is neither RFC 3339 nor milliseconds since 1970");
	if (*ms == TIMESTAMP_END)
		return objection(plan, name, "time", "is too large for milliseconds since 1970");
	return NULL;
}

const char *message_read(struct message_plan *plan, struct span record, struct message *message)
{
	struct json_fault fault;
	const char *reason;

	if (fields_read(&plan->fields, record, &fault) < 0) {
		snprintf(plan->reason, sizeof plan->reason, "%s, byte %zu", fault.reason,
			fault.at + 1);
		return plan->reason;
	}
	reason = read_key(plan, &message->key);
	if (!reason)
		reason = read_headers(plan, message);
	if (!reason)
		reason = read_timestamp(plan, &message->timestamp_ms);
	if (reason)
		return reason;
	message->value = record;
	if (plan->omit.n == 0)
		return NULL;
	if (omit_write(&plan->omit, record, &plan->value) < 0)
		return "what is left of the record is too long";
	message->value = buf_span(&plan->value);
	return NULL;
}

static int show_headers(const struct message *message, struct buf *to)
{
	int result = buf_add_text(to, ",\"headers\":{");

	for (size_t i = 0; i < message->n_headers; i++) {
		result |= buf_add_text(to, i ? "," : "");
		result |= quote_json(to, span_text(message->headers[i].name));
		result |= buf_add_text(to, ":");
		result |= quote_json(to, message->headers[i].value);
	}
	return result | buf_add_text(to, "}");
}

int message_show(
	const struct message *message, const char *topic, int32_t partition, struct buf *to)
{
	int result = buf_add_text(to, "{\"topic\":");

	result |= quote_json(to, span_text(topic));
	if (partition >= 0)
		result |= buf_printf(to, ",\"partition\":%d", (int)partition);
	if (message->key.p) {
		result |= buf_add_text(to, ",\"key\":");
		result |= quote_json(to, message->key);
	}
	if (message->n_headers)
		result |= show_headers(message, to);
	if (message->timestamp_ms)
		result |=
			buf_printf(to, ",\"timestamp_ms\":%lld", (long long)message->timestamp_ms);
	result |= buf_add_text(to, ",\"value\":");
	result |= quote_json(to, message->value);
	return result | buf_add_text(to, "}");
}
