#include "market/binance_message.h"
#include "market/source_priv.h"

static int read_trade(struct source *source, struct span object, size_t index)
{
	struct binance_trade trade;
	const char *reason;

	if (binance_trade_read(object, &trade, &reason) < 0)
		return source_refuse(source, index, reason);
	return source_give_binance(source, &trade, index);
}

/* A message, or an element of an answer, which can only be a trade. */
static int read_object(struct source *source, struct span object, size_t index)
{
	struct binance_message message;

	binance_message_read(object, &message);
	switch (message.kind) {
	case BINANCE_AGGTRADE:
		return read_trade(source, message.trade, index);
	case BINANCE_PLAIN_TRADE:
		return source_refuse(source, index,
			"a plain trade of Binance, whose ids are other ones: only aggTrades are "
			"read");
	case BINANCE_FOREIGN: /* the member that is missing tells why */
		return read_trade(source, object, index);
	default:
		break;
	}
	if (index > 0)
		return source_refuse(source, index, "not a trade of Binance");
	if (message.kind == BINANCE_ERROR)
		return source_refuse_quoting(
			source, "an error answer of Binance", &message.code, &message.text);
	return source_pass(source);
}

int source_read_binance_message(struct source *source, struct span line)
{
	return read_object(source, line, 0);
}

int source_read_binance_answer(struct source *source, struct span line)
{
	struct json_walk walk = json_walk_start(line);
	struct json_value element;
	size_t index = 0;
	int result = 0;

	while (result == 0 && json_walk_next(&walk, &element)) {
		index++;
		result = element.type == JSON_OBJECT
			? read_object(source, element.raw, index)
			: source_refuse(source, index, "not a JSON object");
	}
	return index ? result : source_pass(source);
}

int source_read_csv(struct source *source, struct span line)
{
	struct binance_trade trade;
	const char *reason;

	switch (binance_trade_read_csv(line, &trade, &reason)) {
	case 0:
		return source_give_binance(source, &trade, 0);
	case 1:
		return source_pass(source);
	default:
		return source_refuse(source, 0, reason);
	}
}
