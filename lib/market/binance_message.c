#include "market/binance_message.h"

/* The members that tell messages apart. */
enum member { EVENT, STREAM, DATA, CODE, TEXT, ERROR, RESULT, ID, PRICE, QTY, TIME, A, P, MEMBERS };

enum {
	STREAM_NAME_MAX = 512
}; /* bytes of a stream's name that is looked at where it has escapes */

static bool has(const struct json_member *members, enum member member)
{
	return members[member].value.type != JSON_NONE;
}

/* A value of a type, or JSON_NONE in place of anything else. */
static struct json_value only(const struct json_value *value, enum json_type type)
{
	return value->type == type ? *value : (struct json_value){.type = JSON_NONE};
}

static enum binance_kind event_kind(const struct json_value *event)
{
	static const struct span aggregate = SPAN("aggTrade");
	static const struct span plain = SPAN("trade");

	if (json_is(event, aggregate))
		return BINANCE_AGGTRADE;
	return json_is(event, plain) ? BINANCE_PLAIN_TRADE : BINANCE_OTHER;
}

static bool ends_with(struct span text, const char *end)
{
	size_t n = strlen(end);

	return text.n >= n && memcmp(text.p + text.n - n, end, n) == 0;
}

/* By the name of its stream, such as "btcusdt@aggTrade". */
static enum binance_kind stream_kind(const struct json_value *stream)
{
	char unescaped[STREAM_NAME_MAX];
	struct span name = stream->raw;

	if (stream->type != JSON_STRING)
		return BINANCE_OTHER;
	if (stream->escaped && name.n <= sizeof unescaped)
		name = span_make(unescaped, json_write(unescaped, stream));
	if (ends_with(name, "@aggTrade"))
		return BINANCE_AGGTRADE;
	return ends_with(name, "@trade") ? BINANCE_PLAIN_TRADE : BINANCE_OTHER;
}

/* What a combined stream wraps up. */
static enum binance_kind wrapped_kind(
	const struct json_value *stream, const struct json_value *data)
{
	struct json_member event = {.name = SPAN("e")};
	struct json_fault fault;

	if (data->type != JSON_OBJECT || json_object(data->raw, &event, 1, &fault) < 0)
		return BINANCE_OTHER;
	return event.value.type == JSON_NONE ? stream_kind(stream) : event_kind(&event.value);
}

static void read_error(const struct json_value *code, const struct json_value *text,
	struct binance_message *message)
{
	message->kind = BINANCE_ERROR;
	message->code = only(code, JSON_NUMBER);
	message->text = only(text, JSON_STRING);
}

/* {"error":{"code":2,"msg":"..."},"id":1}; other exchanges have other things behind "error". */
static bool read_nested_error(const struct json_value *error, struct binance_message *message)
{
	struct json_member members[] = {{.name = SPAN("code")}, {.name = SPAN("msg")}};
	struct json_fault fault;

	if (error->type != JSON_OBJECT || json_object(error->raw, members, 2, &fault) < 0)
		return false;
	if (members[0].value.type != JSON_NUMBER || !has(members, 1))
		return false;
	read_error(&members[0].value, &members[1].value, message);
	return true;
}

/* An object without "e" and without a wrapper. */
static enum binance_kind bare_kind(const struct json_member *members)
{
	if (has(members, RESULT) && has(members, ID))
		return BINANCE_OTHER;
	if (has(members, ID) && has(members, PRICE) && has(members, QTY) && has(members, TIME))
		return BINANCE_PLAIN_TRADE;
	return has(members, A) && has(members, P) ? BINANCE_AGGTRADE : BINANCE_FOREIGN;
}

/* "e" goes first: in old recordings of `trade` events "a" is an order's id. */
static void classify(
	struct span object, const struct json_member *members, struct binance_message *message)
{
	const struct json_value *event = &members[EVENT].value;

	message->trade = object;
	if (event->type != JSON_NONE) {
		message->kind = event->type == JSON_STRING ? event_kind(event) : BINANCE_FOREIGN;
	} else if (has(members, STREAM) && has(members, DATA)) {
		message->trade = members[DATA].value.raw;
		message->kind = wrapped_kind(&members[STREAM].value, &members[DATA].value);
	} else if (members[CODE].value.type == JSON_NUMBER && has(members, TEXT)) {
		read_error(&members[CODE].value, &members[TEXT].value, message);
	} else if (!read_nested_error(&members[ERROR].value, message)) {
		message->kind = bare_kind(members);
	}
	if (message->kind != BINANCE_AGGTRADE)
		message->trade = span_make(NULL, 0);
}

void binance_message_read(struct span object, struct binance_message *message)
{
	struct json_member members[MEMBERS] = {
		[EVENT] = {.name = SPAN("e")},
		[STREAM] = {.name = SPAN("stream")},
		[DATA] = {.name = SPAN("data")},
		[CODE] = {.name = SPAN("code")},
		[TEXT] = {.name = SPAN("msg")},
		[ERROR] = {.name = SPAN("error")},
		[RESULT] = {.name = SPAN("result")},
		[ID] = {.name = SPAN("id")},
		[PRICE] = {.name = SPAN("price")},
		[QTY] = {.name = SPAN("qty")},
		[TIME] = {.name = SPAN("time")},
		[A] = {.name = SPAN("a")},
		[P] = {.name = SPAN("p")},
	};
	struct json_fault fault;

	*message = (struct binance_message){.kind = BINANCE_FOREIGN};
	if (json_object(object, members, MEMBERS, &fault) == 0)
		classify(object, members, message);
}
