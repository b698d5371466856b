#include "market/kraken_answer.h"
#include "market/kraken_message.h"
#include "market/source_priv.h"

static int read_trade(struct source *source, struct span object, size_t index)
{
	struct kraken_trade trade;
	const char *reason;

	if (kraken_trade_read(object, &trade, &reason) < 0)
		return source_refuse(source, index, reason);
	return source_give_kraken(source, &trade, index);
}

int source_read_kraken_native(struct source *source, struct span line)
{
	return read_trade(source, line, 0);
}

static int read_data(struct source *source, struct span array)
{
	struct json_walk walk = json_walk_start(array);
	struct json_value element;
	size_t index = 0;
	int result = 0;

	while (result == 0 && json_walk_next(&walk, &element)) {
		index++;
		result = element.type == JSON_OBJECT
			? read_trade(source, element.raw, index)
			: source_refuse(source, index, "not a JSON object");
	}
	return index ? result : source_pass(source);
}

int source_read_kraken_message(struct source *source, struct span line)
{
	static const struct json_value no_code = {.type = JSON_NONE};
	struct kraken_message message;

	kraken_message_read(line, &message);
	switch (message.kind) {
	case KRAKEN_MALFORMED:
		return source_refuse(source, 0, message.reason);
	case KRAKEN_TRADES:
		return read_data(source, message.data.raw);
	case KRAKEN_REFUSED:
	case KRAKEN_ERROR:
		return source_refuse_quoting(
			source, "an error message of Kraken", &no_code, &message.text);
	case KRAKEN_OTHER:
		if (message.text.type == JSON_NONE)
			return source_refuse(source, 0, "channel is missing");
		return source_pass(source);
	default:
		return source_pass(source);
	}
}

static int read_row(
	struct source *source, const struct json_value *value, struct span product, size_t index)
{
	struct kraken_row row;
	struct trade trade;
	const char *reason;

	if (value->type != JSON_ARRAY)
		return source_refuse(source, index, "a row that is no array");
	if (kraken_row_read(value->raw, &row, &reason) < 0)
		return source_refuse(source, index, reason);
	kraken_row_convert(&row, product, &trade);
	return source_give(source, &trade, index);
}

static int read_rows(struct source *source, const struct kraken_answer *answer)
{
	struct json_walk walk = json_walk_start(answer->rows.raw);
	struct span product = source->product;
	struct json_value row;
	size_t index = 0;
	int result = 0;

	if (product.n == 0)
		product = json_text(&answer->pair, &source->names);
	while (result == 0 && json_walk_next(&walk, &row))
		result = read_row(source, &row, product, ++index);
	return index ? result : source_pass(source);
}

int source_read_kraken_answer(struct source *source, struct span line)
{
	static const struct json_value no_code = {.type = JSON_NONE};
	struct kraken_answer answer;

	kraken_answer_read(line, &answer);
	switch (answer.kind) {
	case KRAKEN_ANSWER_TRADES:
		return read_rows(source, &answer);
	case KRAKEN_ANSWER_NOTHING:
		return source_pass(source);
	case KRAKEN_ANSWER_REFUSED:
		if (answer.error.type == JSON_NONE)
			return source_refuse(source, 0, "an answer of Kraken without result");
		return source_refuse_quoting(
			source, "an error answer of Kraken", &no_code, &answer.error);
	default:
		return source_refuse(
			source, 0, "no answer of Kraken to a request for the trades of a pair");
	}
}
