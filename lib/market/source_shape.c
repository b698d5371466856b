#include "market/source_priv.h"

/* The members by which objects are told apart. */
enum mark {
	PRODUCT_ID,
	RECEIVED_AT,
	FRAME,
	STREAM,
	E,
	S,
	A,
	P,
	Q,
	T,
	M,
	CODE,
	MSG,
	RESULT,
	ID,
	CHANNEL,
	METHOD,
	EVENT,
	ERROR,
	ERROR_CAPITAL,
	SYMBOL,
	SIDE,
	PRICE,
	QTY,
	QUANTITY,
	TRADE_ID,
	TIMESTAMP,
	TIMESTAMP_MS,
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

static bool has_all(const struct json_member *marks, const enum mark *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!has(marks, of[i]))
			return false;
	return true;
}

/* An object with all that makes a trade is one, whatever else it has. */
static enum source_shape trade_shape(const struct json_member *m)
{
	static const enum mark record[] = {PRODUCT_ID, PRICE, QUANTITY};
	static const enum mark kraken[] = {SYMBOL, SIDE, PRICE, QTY, TIMESTAMP};
	static const enum mark binance[] = {A, P, Q, T, M};
	static const enum mark plain[] = {ID, PRICE, QTY};
	static const enum mark aggtrade[] = {SYMBOL, PRICE, QUANTITY};
	static const struct span event = SPAN("aggTrade");

#define HAS_ALL(of) has_all(m, of, sizeof(of) / sizeof *(of))
	if (HAS_ALL(record) && (has(m, TIMESTAMP) || has(m, TIMESTAMP_MS)))
		return SOURCE_SHAPE_RECORD;
	if (HAS_ALL(kraken))
		return SOURCE_SHAPE_KRAKEN_NATIVE;
	if (HAS_ALL(binance) && json_is(&m[E].value, event))
		return SOURCE_SHAPE_BINANCE_EVENT;
	if (HAS_ALL(binance) && !has(m, E))
		return has(m, S) ? SOURCE_SHAPE_BINANCE_NATIVE : SOURCE_SHAPE_BINANCE_ROW;
	if (HAS_ALL(plain) && !has(m, SYMBOL) && !has(m, E) && !has(m, PRODUCT_ID))
		return SOURCE_SHAPE_BINANCE_ROW;
	if (HAS_ALL(aggtrade) && is(m, TIMESTAMP, JSON_NUMBER) && !has(m, SIDE))
		return SOURCE_SHAPE_AGGTRADE;
#undef HAS_ALL
	return SOURCE_SHAPE_UNKNOWN;
}

/* A trade of Kraken's, or a record, that lacks one or two of its members: no message has four. */
static bool is_kraken_part(const struct json_member *m)
{
	enum { ENOUGH = 4 };

	return has(m, SYMBOL) + has(m, SIDE) + has(m, PRICE) + has(m, QTY) + has(m, TRADE_ID) +
		has(m, TIMESTAMP) >=
		ENOUGH;
}

/* The same of Binance's. */
static bool is_binance_part(const struct json_member *m)
{
	enum { ENOUGH = 4 };

	return !has(m, E) &&
		has(m, S) + has(m, A) + has(m, P) + has(m, Q) + has(m, T) + has(m, M) >= ENOUGH;
}

static enum source_shape binance_shape(const struct json_member *m)
{
	if (is_binance_part(m))
		return has(m, S) ? SOURCE_SHAPE_BINANCE_NATIVE : SOURCE_SHAPE_BINANCE_ROW;
	if (has(m, STREAM) || is(m, E, JSON_STRING))
		return SOURCE_SHAPE_BINANCE_EVENT;
	if ((has(m, CODE) && has(m, MSG)) || is(m, ERROR, JSON_OBJECT))
		return SOURCE_SHAPE_BINANCE_ERROR;
	if (has(m, A) && has(m, P) && !has(m, E))
		return has(m, S) ? SOURCE_SHAPE_BINANCE_NATIVE : SOURCE_SHAPE_BINANCE_ROW;
	if (has(m, RESULT) && has(m, ID) && !has(m, METHOD) && !has(m, CHANNEL) && !has(m, ERROR))
		return SOURCE_SHAPE_BINANCE_EVENT;
	return SOURCE_SHAPE_UNKNOWN;
}

static enum source_shape kraken_shape(const struct json_member *m)
{
	if (has(m, CHANNEL) || has(m, METHOD) || is(m, EVENT, JSON_STRING) ||
		is(m, ERROR, JSON_STRING) || is(m, ERROR_CAPITAL, JSON_STRING))
		return SOURCE_SHAPE_KRAKEN_MESSAGE;
	return has(m, SYMBOL) ? SOURCE_SHAPE_KRAKEN_NATIVE : SOURCE_SHAPE_UNKNOWN;
}

/* What tells more goes first: nobody else has an array of errors, or a channel for trades. */
static enum source_shape shape_of(const struct json_member *m)
{
	static const struct span trades = SPAN("trade");
	enum source_shape shape = trade_shape(m);

	if (shape != SOURCE_SHAPE_UNKNOWN)
		return shape;
	if (has(m, PRODUCT_ID))
		return SOURCE_SHAPE_RECORD;
	if (has(m, RECEIVED_AT) && has(m, FRAME))
		return SOURCE_SHAPE_FRAME;
	if (json_is(&m[CHANNEL].value, trades))
		return SOURCE_SHAPE_KRAKEN_MESSAGE;
	if (is(m, ERROR, JSON_ARRAY) && (has(m, RESULT) || !has(m, STREAM)))
		return SOURCE_SHAPE_KRAKEN_ANSWER;
	if (is_kraken_part(m))
		return has(m, QUANTITY) && !has(m, QTY) ? SOURCE_SHAPE_RECORD
							: SOURCE_SHAPE_KRAKEN_NATIVE;
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
		[S] = {.name = SPAN("s")},
		[A] = {.name = SPAN("a")},
		[P] = {.name = SPAN("p")},
		[Q] = {.name = SPAN("q")},
		[T] = {.name = SPAN("T")},
		[M] = {.name = SPAN("m")},
		[CODE] = {.name = SPAN("code")},
		[MSG] = {.name = SPAN("msg")},
		[RESULT] = {.name = SPAN("result")},
		[ID] = {.name = SPAN("id")},
		[CHANNEL] = {.name = SPAN("channel")},
		[METHOD] = {.name = SPAN("method")},
		[EVENT] = {.name = SPAN("event")},
		[ERROR] = {.name = SPAN("error")},
		[ERROR_CAPITAL] = {.name = SPAN("Error")},
		[SYMBOL] = {.name = SPAN("symbol")},
		[SIDE] = {.name = SPAN("side")},
		[PRICE] = {.name = SPAN("price")},
		[QTY] = {.name = SPAN("qty")},
		[QUANTITY] = {.name = SPAN("quantity")},
		[TRADE_ID] = {.name = SPAN("trade_id")},
		[TIMESTAMP] = {.name = SPAN("timestamp")},
		[TIMESTAMP_MS] = {.name = SPAN("timestamp_ms")},
	};

	if (json_object(object, marks, MARKS, fault) < 0)
		return -1;
	*shape = shape_of(marks);
	*frame = marks[FRAME].value;
	return 0;
}
