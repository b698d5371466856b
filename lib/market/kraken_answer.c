#include "market/kraken_answer.h"

#include "base/stamp.h"

/* The first entry that is no warning, JSON_NONE where there is none; false where `errors` is not an
 * array of strings. */
static bool read_errors(const struct json_value *errors, struct json_value *first)
{
	struct json_value entry;
	struct json_walk walk;

	*first = (struct json_value){.type = JSON_NONE};
	if (errors->type != JSON_ARRAY)
		return false;
	walk = json_walk_start(errors->raw);
	while (json_walk_next(&walk, &entry)) {
		if (entry.type != JSON_STRING)
			return false;
		if (first->type == JSON_NONE && (entry.raw.n == 0 || entry.raw.p[0] != 'W'))
			*first = entry;
	}
	return true;
}

/* Members that are no arrays are none of the rows: `last`, or what may come in the future. So many
 * rows that there are several names for them are refused rather than left out. */
static void read_result(const struct json_value *result, struct kraken_answer *answer)
{
	static const struct span last_name = SPAN("last");
	struct json_value name, value;
	struct json_walk walk;
	size_t arrays = 0;

	if (result->type != JSON_OBJECT)
		return;
	walk = json_walk_members(result->raw);
	while (json_walk_member(&walk, &name, &value)) {
		if (value.type == JSON_ARRAY) {
			answer->pair = name;
			answer->rows = value;
			arrays++;
		} else if (json_is(&name, last_name)) {
			answer->last = value;
		}
	}
	if (arrays <= 1)
		answer->kind = arrays == 1 ? KRAKEN_ANSWER_TRADES : KRAKEN_ANSWER_NOTHING;
}

void kraken_answer_read(struct span object, struct kraken_answer *answer)
{
	enum { ERROR, RESULT, MEMBERS };
	struct json_member members[MEMBERS] = {
		[ERROR] = {.name = SPAN("error")},
		[RESULT] = {.name = SPAN("result")},
	};
	const struct json_value *result = &members[RESULT].value;
	struct json_fault fault;

	*answer = (struct kraken_answer){.kind = KRAKEN_ANSWER_FOREIGN};
	if (json_object(object, members, MEMBERS, &fault) < 0 ||
		!read_errors(&members[ERROR].value, &answer->error))
		return;
	if (answer->error.type != JSON_NONE || result->type == JSON_NONE ||
		result->type == JSON_NULL)
		answer->kind = KRAKEN_ANSWER_REFUSED;
	else
		read_result(result, answer);
	if (answer->last.type != JSON_STRING)
		answer->last = (struct json_value){.type = JSON_NONE};
}

/* The functions that read a value of a row return NULL, or the reason why it will not do. What is
 * escaped in a number's string is no number. */

static const char *read_time(const struct json_value *time, int64_t *ns)
{
	struct decimal seconds;

	if (time->type != JSON_NUMBER || decimal_read(time->raw, &seconds) != DECIMAL_OK ||
		stamp_from_seconds(&seconds, ns) < 0)
		return "time is not a number of seconds between 1970 and 2262 with at most 9 "
		       "fractional digits";
	return NULL;
}

static const char *read_side(const struct json_value *side, enum trade_side *taker)
{
	static const struct span buy = SPAN("b");
	static const struct span sell = SPAN("s");

	*taker = json_is(side, buy) ? TRADE_BUY : TRADE_SELL;
	return *taker == TRADE_BUY || json_is(side, sell) ? NULL : "side is neither b nor s";
}

static const char *read_id(const struct json_value *value, uint64_t *id)
{
	*id = 0;
	if (value->type == JSON_NONE || value->type == JSON_NULL || json_u64(value, id) == 0)
		return NULL;
	return "trade_id is not an integer from 0 to 18446744073709551615";
}

static const char *read_values(const struct json_value *values, struct kraken_row *to)
{
	enum { PRICE, VOLUME, TIME, SIDE, TYPE, MISC, ID };
	const char *reason;

	if (values[PRICE].type != JSON_STRING)
		return "price is not a string";
	if (values[VOLUME].type != JSON_STRING)
		return "volume is not a string";
	if ((reason = trade_read_amount("price", values[PRICE].raw, &to->price)) ||
		(reason = trade_read_amount("volume", values[VOLUME].raw, &to->volume)) ||
		(reason = read_time(&values[TIME], &to->time_ns)) ||
		(reason = read_side(&values[SIDE], &to->taker)))
		return reason;
	if (values[TYPE].type != JSON_STRING)
		return "type is not a string";
	if (values[MISC].type != JSON_STRING)
		return "misc is not a string";
	return read_id(&values[ID], &to->id);
}

int kraken_row_read(struct span row, struct kraken_row *to, const char **reason)
{
	enum { VALUES_MIN = 6, VALUES = 7 };
	struct json_value values[VALUES] = {{.type = JSON_NONE}};
	struct json_walk walk = json_walk_start(row);
	size_t n = 0;

	while (n < VALUES && json_walk_next(&walk, &values[n]))
		n++;
	*reason = n < VALUES_MIN ? "a row of fewer than 6 values" : read_values(values, to);
	return *reason ? -1 : 0;
}

void kraken_row_convert(const struct kraken_row *from, struct span product, struct trade *to)
{
	*to = (struct trade){
		.product = product,
		.exchange = SPAN("kraken"),
		.price = from->price,
		.quantity = from->volume,
		.time_ns = from->time_ns,
		.id = from->id,
		.has_id = from->id != 0,
		.side = from->taker,
	};
}
