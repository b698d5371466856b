#include "market/binance_message.h"
#include "market/source_priv.h"

static const char plain_reason[] =
	"a plain trade of Binance, whose ids are other ones: only aggTrades are read";

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
		return source_refuse(source, index, plain_reason);
	case BINANCE_NO_TRADE:
		return source_refuse(
			source, index, "a message of an aggTrade stream without a trade");
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

int source_read_binance_native(struct source *source, struct span line)
{
	struct binance_message message;

	binance_message_read(line, &message);
	return message.kind == BINANCE_PLAIN_TRADE ? source_refuse(source, 0, plain_reason)
						   : read_trade(source, line, 0);
}

/* What an element of an answer is refused for that all of its kind are refused for: NULL, or the
 * reason. */
static const char *kind_fault(
	const struct source *source, const struct json_value *element, bool *trade)
{
	struct json_member symbol = {.name = SPAN("s")};
	struct binance_message message = {.kind = BINANCE_FOREIGN};
	struct json_fault fault;

	if (element->type == JSON_OBJECT)
		binance_message_read(element->raw, &message);
	if (message.kind == BINANCE_PLAIN_TRADE)
		return plain_reason;
	*trade = message.kind == BINANCE_AGGTRADE;
	if (!*trade || source->product.n > 0 ||
		json_object(message.trade, &symbol, 1, &fault) < 0 ||
		symbol.value.type != JSON_NONE)
		return NULL;
	return source_no_symbol;
}

/* Where no trade of an answer can be taken for the same reason, that is the fault of the whole: NULL,
 * or the reason. A thousand refusals, each of which keeps the line, would tell no more. */
static const char *answer_fault(const struct source *source, struct span line)
{
	struct json_walk walk = json_walk_start(line);
	struct json_value element;
	const char *first = NULL;
	bool trade = false;

	while (json_walk_next(&walk, &element)) {
		const char *reason = kind_fault(source, &element, &trade);
		if (!reason && trade)
			return NULL;
		if (!first)
			first = reason;
	}
	return first;
}

int source_read_binance_answer(struct source *source, struct span line)
{
	struct json_walk walk = json_walk_start(line);
	const char *reason = answer_fault(source, line);
	struct json_value element;
	size_t index = 0;
	int result = 0;

	if (reason)
		return source_refuse(source, 0, reason);
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
