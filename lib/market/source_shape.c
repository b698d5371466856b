#include "market/source_priv.h"

/* The members by which objects are told apart. */
enum mark {
	PRODUCT_ID,
	RECEIVED_AT,
	FRAME,
	STREAM,
	E,
	CODE,
	MSG,
	S,
	A,
	P,
	ID,
	PRICE,
	QTY,
	RESULT,
	CHANNEL,
	METHOD,
	EVENT,
	ERROR,
	ERROR_CAPITAL,
	SYMBOL,
	MARKS,
};

static bool has(const struct json_member *marks, enum mark mark)
{
	return marks[mark].value.type != JSON_NONE;
}

static bool is(const struct json_member *marks, enum mark mark, enum json_type type)
{
	return marks[mark].value.type == type;
}

static enum source_shape binance_shape(const struct json_member *m)
{
	if (has(m, STREAM) || is(m, E, JSON_STRING))
		return SOURCE_SHAPE_BINANCE_EVENT;
	if ((has(m, CODE) && has(m, MSG)) || is(m, ERROR, JSON_OBJECT))
		return SOURCE_SHAPE_BINANCE_ERROR;
	if (has(m, A) && has(m, P) && !has(m, E))
		return has(m, S) ? SOURCE_SHAPE_BINANCE_NATIVE : SOURCE_SHAPE_BINANCE_ROW;
	if (has(m, ID) && has(m, PRICE) && has(m, QTY) && !has(m, SYMBOL))
		return SOURCE_SHAPE_BINANCE_ROW;
	if (has(m, RESULT) && has(m, ID) && !has(m, METHOD))
		return SOURCE_SHAPE_BINANCE_EVENT;
	return SOURCE_SHAPE_UNKNOWN;
}

static enum source_shape kraken_shape(const struct json_member *m)
{
	if (has(m, CHANNEL) || has(m, METHOD) || is(m, EVENT, JSON_STRING) ||
		is(m, ERROR, JSON_STRING) || is(m, ERROR_CAPITAL, JSON_STRING))
		return SOURCE_SHAPE_KRAKEN_MESSAGE;
	if (is(m, ERROR, JSON_ARRAY))
		return SOURCE_SHAPE_KRAKEN_ANSWER;
	return has(m, SYMBOL) ? SOURCE_SHAPE_KRAKEN_NATIVE : SOURCE_SHAPE_UNKNOWN;
}

static enum source_shape shape_of(const struct json_member *m)
{
	enum source_shape shape;

	if (has(m, PRODUCT_ID))
		return SOURCE_SHAPE_RECORD;
	if (has(m, RECEIVED_AT) && has(m, FRAME))
		return SOURCE_SHAPE_FRAME;
	shape = binance_shape(m);
	if (shape == SOURCE_SHAPE_UNKNOWN)
		shape = kraken_shape(m);
	if (shape == SOURCE_SHAPE_UNKNOWN && has(m, S) && !has(m, E))
		shape = SOURCE_SHAPE_BINANCE_NATIVE;
	return shape;
}

int source_shape_read(struct span object, enum source_shape *shape, struct json_value *frame,
	struct json_fault *fault)
{
	struct json_member marks[MARKS] = {
		[PRODUCT_ID] = {.name = SPAN("product_id")},
		[RECEIVED_AT] = {.name = SPAN("received_at")},
		[FRAME] = {.name = SPAN("frame")},
		[STREAM] = {.name = SPAN("stream")},
		[E] = {.name = SPAN("e")},
		[CODE] = {.name = SPAN("code")},
		[MSG] = {.name = SPAN("msg")},
		[S] = {.name = SPAN("s")},
		[A] = {.name = SPAN("a")},
		[P] = {.name = SPAN("p")},
		[ID] = {.name = SPAN("id")},
		[PRICE] = {.name = SPAN("price")},
		[QTY] = {.name = SPAN("qty")},
		[RESULT] = {.name = SPAN("result")},
		[CHANNEL] = {.name = SPAN("channel")},
		[METHOD] = {.name = SPAN("method")},
		[EVENT] = {.name = SPAN("event")},
		[ERROR] = {.name = SPAN("error")},
		[ERROR_CAPITAL] = {.name = SPAN("Error")},
		[SYMBOL] = {.name = SPAN("symbol")},
	};

	if (json_object(object, marks, MARKS, fault) < 0)
		return -1;
	*shape = shape_of(marks);
	*frame = marks[FRAME].value;
	return 0;
}
