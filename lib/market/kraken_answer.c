#include "market/kraken_answer.h"

#include <string.h>

#include "base/num.h"

enum { NS_DIGITS = 9 };

/* The first entry that is no warning, and the first that is one; false where `errors` is not an array
 * of strings. */
static bool read_errors(const struct json_value *errors, struct kraken_answer *answer)
{
	struct json_value entry;
	struct json_walk walk;

	if (errors->type != JSON_ARRAY)
		return false;
	walk = json_walk_start(errors->raw);
	while (json_walk_next(&walk, &entry)) {
		bool is_warning = entry.raw.n > 0 && entry.raw.p[0] == 'W';
		struct json_value *first = is_warning ? &answer->warning : &answer->error;

		if (entry.type != JSON_STRING)
			return false;
		if (first->type == JSON_NONE)
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
		!read_errors(&members[ERROR].value, answer))
		return;
	answer->result = *result;
	if (answer->error.type != JSON_NONE || result->type == JSON_NONE ||
		result->type == JSON_NULL)
		answer->kind = KRAKEN_ANSWER_REFUSED;
	else
		read_result(result, answer);
	if (answer->last.type != JSON_STRING)
		answer->last = (struct json_value){.type = JSON_NONE};
}

/* Errors by how they begin; the first that fits counts. What is not here is permanent.
 * Source: Kraken API documentation, "REST errors" (read in 2026). */
static const struct {
	const char *begins;
	enum kraken_verdict verdict;
	enum exit_code code;
} errors[] = {
	{"EGeneral:Too many requests", KRAKEN_TOO_FAST, EXIT_FAILED},
	{"EAPI:Rate limit exceeded", KRAKEN_TOO_FAST, EXIT_FAILED},
	{"EGeneral:Temporary lockout", KRAKEN_LOCKED, EXIT_FAILED},
	{"EGeneral:Internal error", KRAKEN_AGAIN, EXIT_FAILED},
	{"EService:", KRAKEN_AGAIN, EXIT_FAILED},
	{"EQuery:Unknown asset pair", KRAKEN_FAILED, EXIT_USAGE},
	{"", KRAKEN_FAILED, EXIT_FAILED},
};

static bool begins_with(struct span text, const char *with)
{
	size_t n = strlen(with);

	return text.n >= n && memcmp(text.p, with, n) == 0;
}

/* What is left until the moment that "EService:Throttled:UNIX TIME" names; 0 where it names none that
 * makes sense. */
static int64_t throttled_ns(struct span error, int64_t now_ns)
{
	static const struct span name = SPAN("EService:Throttled:");
	const int64_t longest_s = 24 * 60 * 60;
	int64_t now_s = now_ns / STAMP_NS_PER_S;
	uint64_t seconds;
	int64_t left;

	if (!begins_with(error, name.p) ||
		num_take_u64(span_make(error.p + name.n, error.n - name.n), &seconds) == 0 ||
		seconds > (uint64_t)(now_s + longest_s))
		return 0;
	left = (int64_t)seconds * STAMP_NS_PER_S - now_ns;
	return left > 0 ? left : 0;
}

static enum kraken_verdict judge_error(
	const struct json_value *error, int64_t now_ns, int64_t *wait_ns, struct err *err)
{
	size_t i = 0;

	if (error->type == JSON_NONE) {
		err_set(err, EXIT_FAILED, "the answer has neither a result nor an error");
		return KRAKEN_AGAIN;
	}
	while (!begins_with(error->raw, errors[i].begins))
		i++;
	*wait_ns = throttled_ns(error->raw, now_ns);
	err_set(err, errors[i].code, "Kraken says: %.*s", span_shown(error->raw), error->raw.p);
	return errors[i].verdict;
}

/* Of an answer without an error of Kraken's, which its edge has made, such as a page of HTML. */
static enum kraken_verdict judge_status(long status, struct err *err)
{
	enum {
		MOVED = 301,
		MOVED_TOO = 308,
		FORBIDDEN = 403, /* Cloudflare's, while it thinks that we might be a robot */
		TIMEOUT = 408,
		TOO_EARLY = 425,
		TOO_MANY = 429,
	};

	err_set(err, EXIT_FAILED, "status %ld", status);
	if (status == TOO_MANY)
		return KRAKEN_TOO_FAST;
	if (status == MOVED || status == MOVED_TOO) {
		err_set(err, EXIT_USAGE, "status %ld: it has moved to another address", status);
		return KRAKEN_FAILED;
	}
	if (status < 400 || status >= 500 || status == FORBIDDEN || status == TIMEOUT ||
		status == TOO_EARLY)
		return KRAKEN_AGAIN;
	return KRAKEN_FAILED;
}

enum kraken_verdict kraken_answer_judge(long status, struct span body, int64_t now_ns,
	struct kraken_answer *answer, int64_t *wait_ns, struct err *err)
{
	struct json_value value;
	struct json_fault fault = {.reason = "no JSON object"};
	bool is_object = json_scan(body, &value, &fault) == 0 && value.type == JSON_OBJECT;

	*wait_ns = 0;
	*answer = (struct kraken_answer){.kind = KRAKEN_ANSWER_FOREIGN};
	if (is_object)
		kraken_answer_read(value.raw, answer);
	if (answer->kind == KRAKEN_ANSWER_REFUSED &&
		(status == 200 || answer->error.type != JSON_NONE))
		return judge_error(&answer->error, now_ns, wait_ns, err);
	if (status != 200)
		return judge_status(status, err);
	if (answer->kind != KRAKEN_ANSWER_FOREIGN)
		return KRAKEN_TAKEN;
	err_set(err, EXIT_FAILED, "the answer is none of Kraken's%s%s", is_object ? "" : ": ",
		is_object ? "" : fault.reason);
	return KRAKEN_AGAIN;
}

/* The functions that read a value of a row return NULL, or the reason why it will not do. What is
 * escaped in a number's string is no number. */

/* Digits of the fraction that a number was written with, zeros at its end included. */
static unsigned count_digits(const struct decimal *seconds)
{
	char canonical[DECIMAL_TEXT_MAX];
	struct span text = seconds->token;
	const char *point;
	size_t n;

	if (memchr(text.p, 'e', text.n) || memchr(text.p, 'E', text.n))
		text = span_make(canonical, decimal_write(canonical, seconds));
	point = memchr(text.p, '.', text.n);
	n = point ? (size_t)(text.p + text.n - point) - 1 : 0;
	return n < NS_DIGITS ? (unsigned)n : NS_DIGITS;
}

static const char *read_time(const struct json_value *time, struct kraken_row *to)
{
	enum { US_DIGITS = 6 };
	struct decimal seconds;

	if (time->type != JSON_NUMBER || decimal_read(time->raw, &seconds) != DECIMAL_OK ||
		stamp_from_seconds(&seconds, &to->time_ns) < 0)
		return "time is not a number of seconds between 1970 and 2262 with at most 9 "
		       "fractional digits";
	to->time_digits = count_digits(&seconds);
	if (to->time_digits < US_DIGITS)
		to->time_digits = US_DIGITS;
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

enum { PRICE, VOLUME, TIME, SIDE, TYPE, MISC, ID, VALUES, VALUES_MIN = ID };

static const char *read_values(const struct json_value *values, struct kraken_row *to)
{
	const char *reason;

	if (values[PRICE].type != JSON_STRING)
		return "price is not a string";
	if (values[VOLUME].type != JSON_STRING)
		return "volume is not a string";
	if ((reason = trade_read_amount("price", values[PRICE].raw, &to->price)) ||
		(reason = trade_read_amount("volume", values[VOLUME].raw, &to->volume)) ||
		(reason = read_time(&values[TIME], to)) ||
		(reason = read_side(&values[SIDE], &to->taker)))
		return reason;
	if (values[TYPE].type != JSON_STRING)
		return "type is not a string";
	if (values[MISC].type != JSON_STRING)
		return "misc is not a string";
	to->type = values[TYPE];
	to->misc = values[MISC];
	return read_id(&values[ID], &to->id);
}

static size_t split_row(struct span row, struct json_value values[VALUES])
{
	struct json_walk walk = json_walk_start(row);
	size_t n = 0;

	while (n < VALUES && json_walk_next(&walk, &values[n]))
		n++;
	return n;
}

int kraken_row_read(struct span row, struct kraken_row *to, const char **reason)
{
	struct json_value values[VALUES] = {{.type = JSON_NONE}};
	size_t n = split_row(row, values);

	*reason = n < VALUES_MIN ? "a row of fewer than 6 values" : read_values(values, to);
	return *reason ? -1 : 0;
}

uint64_t kraken_row_id(struct span row)
{
	struct json_value values[VALUES] = {{.type = JSON_NONE}};
	uint64_t id;

	return split_row(row, values) == VALUES && !read_id(&values[ID], &id) ? id : 0;
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

void kraken_row_trade(const struct kraken_row *from, struct span product, char time[STAMP_TEXT_MAX],
	struct kraken_trade *to)
{
	static const struct span sides[] = {[TRADE_BUY] = SPAN("buy"), [TRADE_SELL] = SPAN("sell")};
	static const struct span limit = SPAN("l"), market = SPAN("m");
	static const struct json_value none = {.type = JSON_NONE};
	struct json_value text = {.type = JSON_STRING};

	*to = (struct kraken_trade){
		.symbol = {.type = JSON_STRING, .raw = product},
		.side = {.type = JSON_STRING, .raw = sides[from->taker]},
		.price = from->price,
		.qty = from->volume,
		.ord_type = from->type.raw.n > 0 ? from->type : none,
		.timestamp = {.type = JSON_STRING,
			.raw = span_make(
				time, stamp_write(time, from->time_ns, from->time_digits))},
		.misc = from->misc,
		.taker = from->taker,
		.time_ns = from->time_ns,
		.id = from->id,
	};
	if (json_is(&from->type, limit) || json_is(&from->type, market)) {
		text.raw = span_text(json_is(&from->type, limit) ? "limit" : "market");
		to->ord_type = text;
	}
}
