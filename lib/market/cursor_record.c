#include "base/quote.h"
#include "base/stamp.h"
#include "json/json.h"
#include "json/path.h"
#include "market/cursor_priv.h"

enum {
	TEXT_MAX = CURSOR_PART_MAX, /* of a value that has to be unescaped */
	DIGITS_MICRO = 6,
	DIGITS_NANO = 9,
	NS_PER_US = 1000,
};

static int add_member(struct buf *to, const char *name, struct span value)
{
	return buf_printf(to, ",\"%s\":", name) < 0 || quote_json(to, value) < 0 ? -1 : 0;
}

static int write_record(const struct cursor_run *run, const struct span *exchange,
	const struct span *product, struct buf *to)
{
	char time[STAMP_TEXT_MAX];
	unsigned digits = run->time_ns % NS_PER_US ? DIGITS_NANO : DIGITS_MICRO;
	size_t n = stamp_write(time, run->time_ns, digits);

	if (buf_add_text(to, "{\"product_id\":") < 0 || quote_json(to, *product) < 0 ||
		add_member(to, "timestamp", span_make(time, n)) < 0 ||
		buf_add_text(to, ",\"trade_id\":") < 0 || buf_add_u64(to, run->last) < 0)
		return -1;
	if (exchange && add_member(to, "exchange", *exchange) < 0)
		return -1;
	return buf_add_text(to, "}\n");
}

const char *cursor_write_record(const struct cursor *c, size_t stream, struct buf *to)
{
	const struct span *exchange = NULL, *product = NULL;
	size_t before = to->len;

	for (size_t i = 0; i < c->n_fields; i++) {
		const struct span *value = c->streams[stream].values + i;
		const struct span **at = cursor_is_exchange(c->fields[i]) ? &exchange : &product;
		if (*at)
			return "its streams are not told by exchange and product";
		*at = value;
		if (!quote_is_utf8(*value))
			return "a name in it is not UTF-8";
	}
	if (!product)
		return "its streams are not told by exchange and product";
	if (write_record(&c->streams[stream].now, exchange, product, to) == 0)
		return NULL;
	to->len = before;
	return "it is too long";
}

static struct json_value member(struct span record, struct span name)
{
	struct json_value value = {.type = JSON_NONE};
	struct json_path path;
	struct json_fault fault;

	if (json_path_parse(name, &path) < 0 || json_path_find(&path, record, &value, &fault) < 0)
		value.type = JSON_NONE;
	return value;
}

static bool is_there(const struct json_value *value)
{
	return value->type != JSON_NONE && value->type != JSON_NULL;
}

/* The value that a record has of a field of the cursor's. */
static const char *read_field(
	struct span record, struct span field, struct buf *text, struct span *to)
{
	bool is_exchange = cursor_is_exchange(field);
	struct json_value value;

	if (*field.p == '@') {
		*to = span_make(field.p + 1, field.n - 1);
		return NULL;
	}
	value = member(record, field);
	if (!is_there(&value))
		value = member(record, span_text(is_exchange ? "exchange" : "product_id"));
	if (!is_there(&value))
		return is_exchange ? "exchange is missing" : "the product is missing";
	if (value.type != JSON_STRING && value.type != JSON_NUMBER)
		return "a name in it is neither a string nor a number";
	*to = value.type == JSON_STRING ? json_text(&value, text) : value.raw;
	return to->p ? NULL : "a name in it is too long";
}

static const char *read_time(struct span record, int64_t *ns)
{
	struct json_value time = member(record, span_text("timestamp"));
	uint64_t ms;

	*ns = 0;
	if (time.type == JSON_STRING)
		return stamp_parse(time.raw, ns, NULL) < 0 ? "timestamp is not RFC 3339" : NULL;
	if (!is_there(&time))
		time = member(record, span_text("timestamp_ms"));
	if (!is_there(&time))
		return "timestamp is missing";
	if (json_u64(&time, &ms) < 0 || ms > INT64_MAX / STAMP_NS_PER_MS)
		return "timestamp is no time";
	*ns = (int64_t)ms * STAMP_NS_PER_MS;
	return NULL;
}

static const char *read_run(struct span record, struct cursor_run *run)
{
	struct json_value id = member(record, span_text("trade_id"));

	if (!is_there(&id))
		return "trade_id is missing";
	if ((id.type != JSON_STRING || num_u64(id.raw, &run->first) < 0) &&
		json_u64(&id, &run->first) < 0)
		return "trade_id is not an integer";
	run->last = run->first;
	return read_time(record, &run->time_ns);
}

static const char *adopt(struct cursor *c, struct span record, struct buf texts[CURSOR_FIELDS_MAX])
{
	struct span values[CURSOR_FIELDS_MAX];
	struct json_value value;
	struct json_fault fault;
	struct cursor_run run;
	const char *reason;

	if (json_scan(record, &value, &fault) < 0)
		return fault.reason;
	if (value.type != JSON_OBJECT)
		return "not a JSON object";
	reason = read_run(record, &run);
	for (size_t i = 0; i < c->n_fields && !reason; i++)
		reason = read_field(record, c->fields[i], &texts[i], &values[i]);
	if (reason)
		return reason;
	if (cursor_find(c, values))
		return "its stream has been named before";
	return cursor_add(c, values, &run) < 0 ? "the cursor has no room for it" : NULL;
}

const char *cursor_adopt(struct cursor *c, struct span record)
{
	struct buf texts[CURSOR_FIELDS_MAX];
	const char *reason;

	for (size_t i = 0; i < CURSOR_FIELDS_MAX; i++)
		buf_init(&texts[i], TEXT_MAX);
	reason = adopt(c, record, texts);
	for (size_t i = 0; i < CURSOR_FIELDS_MAX; i++)
		buf_release(&texts[i]);
	return reason;
}
