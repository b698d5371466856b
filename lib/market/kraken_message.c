#include "market/kraken_message.h"

#include <string.h>

#include "base/quote.h"

/* The members that tell messages apart. */
enum member {
	CHANNEL,
	TYPE,
	DATA,
	METHOD,
	RESULT,
	SUCCESS,
	ERROR,
	ERROR_CAPITAL, /* {"Error":"Exceeded msg rate"} is written like this */
	SYMBOL,
	EVENT, /* of WebSocket v1 */
	MEMBERS
};

static const char v1_reason[] =
	"a message of Kraken WebSocket v1, which gives trades no ids: only v2 is read";

/* Messages of WebSocket v1 are arrays [channel number, ...] or objects with an `event`. */
static bool is_v1_array(struct span frame)
{
	struct json_value array, first;
	struct json_fault fault;
	struct json_walk walk;

	if (json_scan(frame, &array, &fault) < 0 || array.type != JSON_ARRAY)
		return false;
	walk = json_walk_start(array.raw);
	return json_walk_next(&walk, &first) && first.type == JSON_NUMBER;
}

static bool member_is(const struct json_member *member, const char *text)
{
	return json_is(&member->value, span_text(text));
}

/* A string, or JSON_NONE in place of anything else. */
static struct json_value string_of(const struct json_value *value)
{
	return value->type == JSON_STRING ? *value : (struct json_value){.type = JSON_NONE};
}

/* The value of one member of an object that was validated; JSON_NONE where it has none. */
static struct json_value member_of(const struct json_value *object, const char *name)
{
	struct json_member member = {.name = span_text(name)};
	struct json_fault fault;

	if (object->type == JSON_OBJECT)
		json_object(object->raw, &member, 1, &fault);
	return member.value;
}

static void malformed(struct kraken_message *message, const char *reason)
{
	message->kind = KRAKEN_MALFORMED;
	message->reason = reason;
}

static void read_trades(const struct json_member *members, struct kraken_message *message)
{
	message->kind = KRAKEN_TRADES;
	message->snapshot = member_is(&members[TYPE], "snapshot");
	message->data = members[DATA].value;
	if (message->data.type == JSON_NONE)
		malformed(message, "data is missing");
	else if (message->data.type != JSON_ARRAY)
		malformed(message, "data is not an array");
}

/* One that names no state says nothing, and is like a message of any other channel. */
static void read_status(const struct json_member *members, struct kraken_message *message)
{
	const struct json_value *data = &members[DATA].value;
	struct json_value first, system;
	struct json_walk walk;

	message->text = members[CHANNEL].value;
	if (data->type != JSON_ARRAY)
		return;
	walk = json_walk_start(data->raw);
	if (!json_walk_next(&walk, &first))
		return;
	system = member_of(&first, "system");
	if (system.type != JSON_STRING)
		return;
	message->kind = KRAKEN_STATUS;
	message->text = system;
}

static void read_channel(const struct json_member *members, struct kraken_message *message)
{
	if (members[CHANNEL].value.type != JSON_STRING) {
		malformed(message, "channel is not a string");
	} else if (member_is(&members[CHANNEL], "trade")) {
		read_trades(members, message);
	} else if (member_is(&members[CHANNEL], "status")) {
		read_status(members, message);
	} else if (member_is(&members[CHANNEL], "heartbeat")) {
		message->kind = KRAKEN_HEARTBEAT;
	} else {
		message->kind = KRAKEN_OTHER;
		message->text = members[CHANNEL].value;
	}
}

static void read_acknowledgement(
	const struct json_member *members, enum kraken_kind kind, struct kraken_message *message)
{
	struct json_value symbol = member_of(&members[RESULT].value, "symbol");

	if (members[SUCCESS].value.type != JSON_TRUE) {
		malformed(message, "an acknowledgement without success");
		return;
	}
	message->kind = kind;
	message->symbol = string_of(&symbol);
}

static bool is_absent(const struct json_value *value)
{
	return value->type == JSON_NONE || value->type == JSON_NULL;
}

static bool is_error(const struct json_member *members)
{
	return members[ERROR].value.type == JSON_STRING ||
		members[ERROR_CAPITAL].value.type == JSON_STRING ||
		members[SUCCESS].value.type == JSON_FALSE;
}

static void read_error(
	const struct json_member *members, enum kraken_kind kind, struct kraken_message *message)
{
	enum member error = members[ERROR].value.type == JSON_STRING ? ERROR : ERROR_CAPITAL;

	message->kind = kind;
	message->text = string_of(&members[error].value);
	message->symbol = string_of(&members[SYMBOL].value);
}

/* The answer to a request. A request that was granted has no error, or null. */
static void read_answer(const struct json_member *members, struct kraken_message *message)
{
	bool ends = member_is(&members[METHOD], "unsubscribe");

	if (members[METHOD].value.type != JSON_STRING) {
		malformed(message, "method is not a string");
	} else if (is_error(members) || !is_absent(&members[ERROR].value)) {
		read_error(members, KRAKEN_REFUSED, message);
		message->ending = ends;
	} else if (member_is(&members[METHOD], "subscribe")) {
		read_acknowledgement(members, KRAKEN_SUBSCRIBED, message);
	} else if (ends) {
		read_acknowledgement(members, KRAKEN_UNSUBSCRIBED, message);
	} else if (member_is(&members[METHOD], "pong")) {
		message->kind = KRAKEN_PONG;
	} else {
		message->kind = KRAKEN_OTHER;
		message->text = members[METHOD].value;
	}
}

void kraken_message_read(struct span frame, struct kraken_message *message)
{
	struct json_member members[MEMBERS] = {
		[CHANNEL] = {.name = SPAN("channel")},
		[TYPE] = {.name = SPAN("type")},
		[DATA] = {.name = SPAN("data")},
		[METHOD] = {.name = SPAN("method")},
		[RESULT] = {.name = SPAN("result")},
		[SUCCESS] = {.name = SPAN("success")},
		[ERROR] = {.name = SPAN("error")},
		[ERROR_CAPITAL] = {.name = SPAN("Error")},
		[SYMBOL] = {.name = SPAN("symbol")},
		[EVENT] = {.name = SPAN("event")},
	};
	struct json_fault fault;

	*message = (struct kraken_message){.kind = KRAKEN_OTHER};
	if (json_object(frame, members, MEMBERS, &fault) < 0)
		malformed(message, is_v1_array(frame) ? v1_reason : fault.reason);
	else if (members[CHANNEL].value.type != JSON_NONE)
		read_channel(members, message);
	else if (members[METHOD].value.type != JSON_NONE)
		read_answer(members, message);
	else if (is_error(members))
		read_error(members, KRAKEN_ERROR, message);
	else if (members[EVENT].value.type == JSON_STRING)
		malformed(message, v1_reason);
}

static int write_symbols(struct buf *to, const char *const *symbols, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && buf_add_text(to, ",") < 0)
			return -1;
		if (quote_json(to, span_text(symbols[i])) < 0)
			return -1;
	}
	return 0;
}

static int write_request(struct buf *to, const char *method, const char *const *symbols, size_t n,
	const char *params, uint64_t req_id)
{
	size_t before = to->len;

	if (buf_add_text(to, "{\"method\":\"") < 0 || buf_add_text(to, method) < 0 ||
		buf_add_text(to, "\",\"params\":{\"channel\":\"trade\",\"symbol\":[") < 0 ||
		write_symbols(to, symbols, n) < 0 || buf_add_text(to, "]") < 0 ||
		buf_add_text(to, params) < 0 || buf_add_text(to, "},\"req_id\":") < 0 ||
		buf_add_u64(to, req_id) < 0 || buf_add_text(to, "}") < 0) {
		to->len = before;
		return -1;
	}
	return 0;
}

int kraken_subscribe_write(struct buf *to, const char *const *symbols, size_t n, uint64_t req_id)
{
	return write_request(to, "subscribe", symbols, n, ",\"snapshot\":true", req_id);
}

int kraken_unsubscribe_write(struct buf *to, const char *const *symbols, size_t n, uint64_t req_id)
{
	return write_request(to, "unsubscribe", symbols, n, "", req_id);
}

/* One side of a pair, under the name that WebSocket v2 has for it. */
static struct span v2_leg(struct span leg)
{
	static const struct span bitcoin = SPAN("BTC");
	static const struct span dogecoin = SPAN("DOGE");

	if (span_is_text(leg, "XBT"))
		return bitcoin;
	return span_is_text(leg, "XDG") ? dogecoin : leg;
}

bool kraken_v2_name(struct span symbol, struct buf *to)
{
	const char *slash = symbol.n ? memchr(symbol.p, '/', symbol.n) : NULL;
	struct span base, quote;

	if (!slash)
		return false;
	base = v2_leg(span_make(symbol.p, (size_t)(slash - symbol.p)));
	quote = v2_leg(span_make(slash + 1, symbol.n - (size_t)(slash - symbol.p) - 1));
	buf_clear(to);
	if (buf_add(to, base) < 0 || buf_add_text(to, "/") < 0 || buf_add(to, quote) < 0)
		return false;
	return !span_is(buf_span(to), symbol);
}
