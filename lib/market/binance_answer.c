#include "market/binance_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/stamp.h"

enum { OK = 200, TEAPOT = 418, TOO_MANY = 429, RESTRICTED = 451 };

/* By code, in its text; the last one stands for all others. */
static const struct {
	const char *code;
	enum binance_verdict verdict;
	enum exit_code exit;
} codes[] = {
	{"-1000", BINANCE_AGAIN, EXIT_FAILED},
	{"-1001", BINANCE_AGAIN, EXIT_FAILED},
	{"-1003", BINANCE_TOO_FAST, EXIT_FAILED},
	{"-1006", BINANCE_AGAIN, EXIT_FAILED},
	{"-1007", BINANCE_AGAIN, EXIT_FAILED},
	{"-1008", BINANCE_AGAIN, EXIT_FAILED},
	{"-1016", BINANCE_AGAIN, EXIT_FAILED},
	{"-1100", BINANCE_FAILED, EXIT_USAGE}, /* of parameters only the symbol is not ours */
	{"-1121", BINANCE_FAILED, EXIT_USAGE},
	{NULL, BINANCE_FAILED, EXIT_FAILED},
};

/* "Way too much request weight used; IP banned until 1671234567890. Please ..." */
static int64_t banned_ns(struct span text, int64_t now_ns)
{
	static const struct span until = SPAN("banned until ");
	uint64_t ms;
	int64_t ns;

	for (size_t i = 0; i + until.n < text.n; i++) {
		size_t at = i + until.n;
		if (memcmp(text.p + i, until.p, until.n) != 0)
			continue;
		if (num_take_u64(span_make(text.p + at, text.n - at), &ms) == 0 ||
			ms > (uint64_t)(INT64_MAX / STAMP_NS_PER_MS))
			return 0;
		ns = (int64_t)ms * STAMP_NS_PER_MS - now_ns;
		return ns > 0 ? ns : 0;
	}
	return 0;
}

/* An answer that is no word of the API's. */
static enum binance_verdict judge_status(long status, struct err *err)
{
	enum { MOVED = 301, MOVED_TOO = 308, FORBIDDEN = 403, TIMEOUT = 408, TOO_EARLY = 425 };

	err_set(err, EXIT_FAILED, "HTTP status %ld", status);
	if (status == TEAPOT)
		return BINANCE_BANNED;
	if (status == TOO_MANY)
		return BINANCE_TOO_FAST;
	if (status == MOVED || status == MOVED_TOO) {
		err_set(err, EXIT_USAGE, "HTTP status %ld: it has moved to another address",
			status);
		return BINANCE_FAILED;
	}
	if (status < 400 || status >= 500 || status == FORBIDDEN || status == TIMEOUT ||
		status == TOO_EARLY)
		return BINANCE_AGAIN;
	return BINANCE_FAILED;
}

static enum binance_verdict judge_code(
	long status, const struct json_value *code, const struct json_value *msg, struct err *err)
{
	struct span text = msg->type == JSON_STRING ? msg->raw : code->raw;
	size_t i = 0;

	while (codes[i].code && !span_is_text(code->raw, codes[i].code))
		i++;
	err_set(err, codes[i].exit, "Binance says: %.*s", span_shown(text), text.p);
	if (status == RESTRICTED) /* its words are long, and say where to turn to */
		err_set(err, EXIT_FAILED, "Binance says: %.*s", (int)(text.n < 400 ? text.n : 400),
			text.p);
	if (status == TEAPOT)
		return BINANCE_BANNED;
	if (status == TOO_MANY)
		return BINANCE_TOO_FAST;
	return status >= 500 ? BINANCE_AGAIN : codes[i].verdict;
}

enum binance_verdict binance_answer_judge(long status, struct span body, enum json_type due,
	int64_t now_ns, struct json_value *value, int64_t *wait_ns, struct err *err)
{
	enum { CODE, MSG, MEMBERS };
	struct json_member members[MEMBERS] = {
		[CODE] = {.name = SPAN("code")}, [MSG] = {.name = SPAN("msg")}};
	struct json_fault fault = {.reason = "it is empty"};
	bool is_json = body.n > 0 && json_scan(body, value, &fault) == 0;

	*wait_ns = 0;
	if (is_json && value->type == JSON_OBJECT &&
		json_object(value->raw, members, MEMBERS, &fault) == 0 &&
		members[CODE].value.type == JSON_NUMBER) {
		*wait_ns = banned_ns(members[MSG].value.raw, now_ns);
		return judge_code(status, &members[CODE].value, &members[MSG].value, err);
	}
	if (status != OK)
		return judge_status(status, err);
	if (is_json && value->type == due)
		return BINANCE_TAKEN;
	err_set(err, EXIT_FAILED, "the answer is none of Binance's: %s",
		is_json ? "it is of another kind" : fault.reason);
	return BINANCE_AGAIN;
}

/* The length of an interval, in milliseconds; 0: unknown, or beyond a day. */
static uint64_t interval_ms(const struct json_value *interval, const struct json_value *count)
{
	static const struct {
		struct span name;
		uint32_t ms;
	} units[] = {{SPAN("SECOND"), 1000}, {SPAN("MINUTE"), 60 * 1000},
		{SPAN("HOUR"), 60 * 60 * 1000}, {SPAN("DAY"), 24 * 60 * 60 * 1000}};
	uint64_t n;

	if (count->type != JSON_NUMBER || num_u64(count->raw, &n) < 0)
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (json_is(interval, units[i].name) && n <= units[3].ms / units[i].ms)
			return n * units[i].ms;
	return 0;
}

/* The same of one of the limits. */
static int read_limit(struct span limit, uint32_t *units, uint32_t *window_ms)
{
	enum { TYPE, INTERVAL, COUNT, LIMIT, MEMBERS };
	static const struct span weight = SPAN("REQUEST_WEIGHT");
	struct json_member members[MEMBERS] = {
		[TYPE] = {.name = SPAN("rateLimitType")},
		[INTERVAL] = {.name = SPAN("interval")},
		[COUNT] = {.name = SPAN("intervalNum")},
		[LIMIT] = {.name = SPAN("limit")},
	};
	struct json_fault ignored;
	uint64_t ms, most;

	if (json_object(limit, members, MEMBERS, &ignored) < 0 ||
		!json_is(&members[TYPE].value, weight) ||
		members[LIMIT].value.type != JSON_NUMBER ||
		num_u64(members[LIMIT].value.raw, &most) < 0 || most == 0 || most > UINT32_MAX)
		return -1;
	ms = interval_ms(&members[INTERVAL].value, &members[COUNT].value);
	if (ms == 0)
		return -1;
	*units = (uint32_t)most;
	*window_ms = (uint32_t)ms;
	return 0;
}

int binance_answer_limits(const struct json_value *info, uint32_t *units, uint32_t *window_ms)
{
	struct json_member limits = {.name = SPAN("rateLimits")};
	struct json_value limit;
	struct json_fault ignored;
	struct json_walk walk;

	if (json_object(info->raw, &limits, 1, &ignored) < 0 || limits.value.type != JSON_ARRAY)
		return -1;
	walk = json_walk_start(limits.value.raw);
	while (json_walk_next(&walk, &limit))
		if (limit.type == JSON_OBJECT && read_limit(limit.raw, units, window_ms) == 0)
			return 0;
	return -1;
}

/* Header names come in any case. */
static bool is_name(struct span name, struct span wanted)
{
	if (name.n != wanted.n)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != wanted.p[i])
			return false;
	}
	return true;
}

int binance_answer_used(struct span name, struct span value, uint32_t *units)
{
	static const struct span weight = SPAN("x-mbx-used-weight-1m");
	uint64_t used;

	if (!is_name(name, weight) || num_u64(value, &used) < 0 || used > UINT32_MAX)
		return 0;
	*units = (uint32_t)used;
	return 1;
}
