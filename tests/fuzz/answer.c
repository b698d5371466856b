/* Answers of Kraken's are told apart without a fault, and their rows are trades within bounds. */
#include "market/kraken_answer.h"

#include <string.h>

#include "fuzz.h"

static bool is_string_or_none(const struct json_value *value)
{
	return value->type == JSON_NONE || value->type == JSON_STRING;
}

static void check_row(struct span row, struct span product)
{
	char canonical[DECIMAL_TEXT_MAX];
	struct kraken_row read;
	struct trade trade;
	const char *reason = NULL;

	if (kraken_row_read(row, &read, &reason) < 0) {
		FUZZ_REQUIRE(reason && *reason);
		return;
	}
	FUZZ_REQUIRE(read.time_ns > 0 && read.taker != TRADE_SIDE_UNKNOWN);
	kraken_row_convert(&read, product, &trade);
	FUZZ_REQUIRE(decimal_write(canonical, &trade.price) > 0 &&
		decimal_write(canonical, &trade.quantity) > 0);
	FUZZ_REQUIRE(trade.has_id == (trade.id != 0) && !trade.voided && !trade.time_text.p);
	FUZZ_REQUIRE(trade.time_ns < 1000 || product.n == 0 || product.n > TRADE_NAME_MAX ||
		!trade_check(&trade));
}

static void check_rows(const struct kraken_answer *answer)
{
	struct json_walk walk = json_walk_start(answer->rows.raw);
	struct json_value row;

	while (json_walk_next(&walk, &row))
		if (row.type == JSON_ARRAY)
			check_row(row.raw, answer->pair.raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct kraken_answer answer;
	struct json_value value;
	struct json_fault fault;

	if (json_scan(text, &value, &fault) < 0)
		return 0;
	if (value.type == JSON_ARRAY)
		check_row(value.raw, span_text("X"));
	if (value.type != JSON_OBJECT)
		return 0;
	kraken_answer_read(value.raw, &answer);
	FUZZ_REQUIRE(is_string_or_none(&answer.error) && is_string_or_none(&answer.last));
	if (answer.kind != KRAKEN_ANSWER_TRADES)
		return 0;
	FUZZ_REQUIRE(answer.pair.type == JSON_STRING && answer.rows.type == JSON_ARRAY);
	FUZZ_REQUIRE(answer.error.type == JSON_NONE);
	check_rows(&answer);
	return 0;
}
