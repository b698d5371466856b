#include "market/binance_message.h"

/* The members that tell messages apart. */
enum member {
	EVENT,
	STREAM,
	DATA,
	CODE,
	TEXT,
	ERROR,
	RESULT,
	ID,
	PRICE,
	QTY,
	TIME,
	S,
	A,
	P,
	Q,
	T,
	M,
	MEMBERS
};

enum {
	STREAM_NAME_MAX = 512
}; /* bytes of a stream's name that is looked at where it has escapes */

static bool read_members(struct span object, struct json_member *members)
{
	static const struct json_member wanted[MEMBERS] = {
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
		[S] = {.name = SPAN("s")},
		[A] = {.name = SPAN("a")},
		[P] = {.name = SPAN("p")},
		[Q] = {.name = SPAN("q")},
		[T] = {.name = SPAN("T")},
		[M] = {.name = SPAN("m")},
	};
	struct json_fault fault;

	memcpy(members, wanted, sizeof wanted);
	return json_object(object, members, MEMBERS, &fault) == 0;
}

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

/* Whether an object is an aggregate trade, even if it lacks one member or two: nothing else without
 * the name of an event has four of them. */
static bool is_row(const struct json_member *members)
{
	enum { ENOUGH = 4 };

	return !has(members, EVENT) &&
		has(members, S) + has(members, A) + has(members, P) + has(members, Q) +
			has(members, T) + has(members, M) >=
		ENOUGH;
}

/* Data without the name of an event. */
static enum binance_kind nameless_kind(enum binance_kind kind, struct span data)
{
	struct json_member members[MEMBERS];

	return kind == BINANCE_OTHER && read_members(data, members) && is_row(members)
		? BINANCE_AGGTRADE
		: kind;
}

/* What a combined stream wraps up. */
static enum binance_kind wrapped_kind(
	const struct json_value *stream, const struct json_value *data)
{
	struct json_member event = {.name = SPAN("e")};
	enum binance_kind kind;
	struct json_fault fault;

	if (data->type == JSON_OBJECT && json_object(data->raw, &event, 1, &fault) == 0 &&
		event.value.type == JSON_STRING)
		return event_kind(&event.value);
	kind = stream_kind(stream);
	if (data->type == JSON_OBJECT && event.value.type == JSON_NONE)
		return nameless_kind(kind, data->raw);
	return kind == BINANCE_AGGTRADE ? BINANCE_NO_TRADE : kind;
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

/* An object without "e", a wrapper or an error. */
static enum binance_kind bare_kind(const struct json_member *members)
{
	if (has(members, ID) && has(members, PRICE) && has(members, QTY) && has(members, TIME))
		return BINANCE_PLAIN_TRADE;
	if (has(members, RESULT) && has(members, ID) && !has(members, ERROR))
		return BINANCE_OTHER;
	return has(members, A) && has(members, P) ? BINANCE_AGGTRADE : BINANCE_FOREIGN;
}

/* An object without the name of an event, and without a wrapper. */
static void read_other(const struct json_member *members, struct binance_message *message)
{
	if (has(members, EVENT))
		message->kind = BINANCE_FOREIGN;
	else if (members[CODE].value.type == JSON_NUMBER && has(members, TEXT))
		read_error(&members[CODE].value, &members[TEXT].value, message);
	else if (!read_nested_error(&members[ERROR].value, message))
		message->kind = bare_kind(members);
}

/* What the name of an event says of a trade goes first: in old recordings of `trade` events "a" is an
 * order's id. */
static void classify(
	struct span object, const struct json_member *members, struct binance_message *message)
{
	const struct json_value *event = &members[EVENT].value;

	message->trade = object;
	message->kind = is_row(members) ? BINANCE_AGGTRADE : event_kind(event);
	if (message->kind == BINANCE_OTHER && has(members, STREAM) && has(members, DATA)) {
		message->trade = members[DATA].value.raw;
		message->kind = wrapped_kind(&members[STREAM].value, &members[DATA].value);
	} else if (message->kind == BINANCE_OTHER && event->type != JSON_STRING) {
		read_other(members, message);
	}
	if (message->kind != BINANCE_AGGTRADE)
		message->trade = span_make(NULL, 0);
}

void binance_message_read(struct span object, struct binance_message *message)
{
	struct json_member members[MEMBERS];

	*message = (struct binance_message){.kind = BINANCE_FOREIGN};
	if (read_members(object, members))
		classify(object, members, message);
}
