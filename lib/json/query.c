#include "json/query.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/json.h"
#include "json/literals.h"
#include "json/query_compile.h"
#include "json/query_crash.h"

enum {
	TICKS = 10,		     /* looks at a program within its time */
	TEXT_MAX = 64 * 1024 * 1024, /* bytes of a text: libjq counts in int */
	REASON_MAX = 400,	     /* bytes of what libjq has to say */
};

struct query {
	jq_state *jq;
	const char *name;
	uint64_t timeout_ms;
	jv input;
	bool testing;		  /* outputs are not written, only looked at */
	enum query_result result; /* of the last step */
	bool holds;		  /* the last output is neither false nor null */
	jv output;		  /* its text, or that of the error; invalid for none */
	const char *crashed;	  /* by what; libjq's memory must not be touched then */
	struct buf scratch;	  /* a string, unescaped */
	struct buf message;
	const char *refusal;	     /* why the text is not looked at, NULL where it is */
	volatile sig_atomic_t ticks; /* that the text has taken */
	volatile sig_atomic_t timed_out;
};

/* A handler can only reach the process's own state, hence a static. */
static struct {
	struct query *volatile running; /* inside libjq */
	unsigned open;
	uint64_t tick_us;
	struct sigaction before;
} timer;

/* A tick that began before the text did is one more than its share. libjq looks at what jq_halt()
 * sets before each instruction. */
static void on_tick(int number)
{
	struct query *query = timer.running;

	(void)number;
	if (!query || query->timed_out ||
		(uint64_t)++query->ticks <= query->timeout_ms * 1000 / timer.tick_us)
		return;
	query->timed_out = 1;
	jq_halt(query->jq, jv_invalid(), jv_invalid());
}

static void set_timer(uint64_t tick_us)
{
	enum { US = 1000000, SECONDS_MAX = 100000000 };
	struct itimerval value = {.it_interval = {.tv_usec = (suseconds_t)(tick_us % US)}};

	value.it_interval.tv_sec =
		tick_us / US < SECONDS_MAX ? (time_t)(tick_us / US) : SECONDS_MAX;
	value.it_value = value.it_interval;
	setitimer(ITIMER_PROF, &value, NULL);
}

/* Processor time, so that a process that was stopped or had to wait is not blamed. The query with
 * the shortest time says how often to look. */
static void start_timer(const struct query *query)
{
	struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART | SA_ONSTACK};
	uint64_t tick_us = query->timeout_ms * (1000 / TICKS);

	if (timer.open++ == 0) {
		sigemptyset(&action.sa_mask);
		sigaction(SIGPROF, &action, &timer.before);
	} else if (tick_us >= timer.tick_us) {
		return;
	}
	timer.tick_us = tick_us;
	set_timer(tick_us);
}

static void stop_timer(void)
{
	if (--timer.open > 0)
		return;
	set_timer(0);
	sigaction(SIGPROF, &timer.before, NULL);
}

/* libjq aborts when it is out of memory. A program that took it all is left in the middle; while
 * none runs, it ends here as for all others. */
static void on_no_memory(void *arg)
{
	(void)arg;
	query_crash_leave("out of memory");
	mem_resize(NULL, SIZE_MAX, 2);
}

struct query *query_open(
	const char *name, struct span program, uint64_t timeout_ms, struct err *err)
{
	struct query *query = mem_alloc(1, sizeof *query);

	if (!program.p)
		program = span_make("", 0);
	query->name = name;
	query->timeout_ms = timeout_ms;
	query->input = jv_null();
	query->output = jv_invalid();
	buf_init(&query->scratch, TEXT_MAX);
	buf_init(&query->message, ERR_TEXT_MAX);
	query->jq = jq_init();
	if (!query->jq)
		on_no_memory(NULL);
	jq_set_nomem_handler(query->jq, on_no_memory, NULL);
	start_timer(query);
	query_crash_open();
	if (query_compile(query->jq, name, program, &query->crashed, err) < 0) {
		query_close(query);
		return NULL;
	}
	return query;
}

static void run_close(void *arg)
{
	struct query *query = arg;

	jv_free(query->output);
	jq_teardown(&query->jq);
}

void query_close(struct query *query)
{
	if (!query->crashed)
		query_crash_run(run_close, query);
	query_crash_close();
	stop_timer();
	buf_release(&query->scratch);
	buf_release(&query->message);
	free(query);
}

/* The text of a string, which lives as long as that. */
static struct span string_span(jv string)
{
	return span_make(jv_string_value(string), (size_t)jv_string_length_bytes(jv_copy(string)));
}

static jv make_string(struct query *query, const struct json_value *string)
{
	struct span text = json_text(string, &query->scratch);

	return jv_string_sized(text.p, (int)text.n);
}

/* Faster than libjq's own parser. The depth is bounded by the scanner's. */
static jv make_value(struct query *query, const struct json_value *value)
{
	struct json_value name, inner;
	struct json_walk walk;
	jv made;

	switch (value->type) {
	case JSON_FALSE:
		return jv_false();
	case JSON_TRUE:
		return jv_true();
	case JSON_NUMBER:
		return jv_number(literals_key(value->raw));
	case JSON_STRING:
		return make_string(query, value);
	case JSON_ARRAY:
		made = jv_array();
		walk = json_walk_start(value->raw);
		while (json_walk_next(&walk, &inner))
			made = jv_array_append(made, make_value(query, &inner));
		return made;
	case JSON_OBJECT:
		made = jv_object();
		walk = json_walk_members(value->raw);
		while (json_walk_member(&walk, &name, &inner)) {
			jv key = make_string(query, &name);
			made = jv_object_set(made, key, make_value(query, &inner));
		}
		return made;
	default:
		return jv_null();
	}
}

/* What a program left behind on the text before may be too deep to be freed. */
static void run_start(void *arg)
{
	struct query *query = arg;

	jq_start(query->jq, query->input, 0);
}

void query_start(struct query *query, struct span text)
{
	struct json_value value;
	struct json_fault fault;

	query->refusal = NULL;
	query->ticks = 0;
	query->testing = false;
	if (query->timed_out || query->crashed)
		return;
	if (text.n > TEXT_MAX) {
		query->refusal = "a text of more than 67108864 bytes";
	} else if (json_scan(text, &value, &fault) < 0) {
		query->refusal = fault.reason;
	} else {
		query->input = make_value(query, &value);
		query->crashed = query_crash_run(run_start, query);
	}
}

/* "NAME: REASON" on one line, cut at the end of a character. */
static struct span say(struct query *query, struct span reason)
{
	size_t n = reason.n;

	if (n > REASON_MAX)
		for (n = REASON_MAX; n > 0 && ((unsigned char)reason.p[n] & 0xC0) == 0x80;)
			n--;
	buf_clear(&query->message);
	if (buf_printf(&query->message, "%.*s: ", ERR_TEXT_MAX / 2, query->name) == 0)
		buf_add(&query->message, span_make(reason.p, n));
	for (size_t i = 0; i < query->message.len; i++)
		if ((unsigned char)query->message.data[i] < ' ')
			query->message.data[i] = ' ';
	return buf_span(&query->message);
}

static struct span say_timeout(struct query *query)
{
	char reason[64];

	snprintf(reason, sizeof reason, "still running after %llu ms",
		(unsigned long long)query->timeout_ms);
	return say(query, span_text(reason));
}

static struct span say_crash(struct query *query)
{
	char reason[64];

	snprintf(reason, sizeof reason, QUERY_CRASH_TEXT, query->crashed);
	return say(query, span_text(reason));
}

static void keep_output(struct query *query, jv output)
{
	jv_free(query->output);
	query->output = output;
}

/* What an output that is none means. */
static void take_end(struct query *query, jv invalid)
{
	jv reason = jv_invalid_get_msg(invalid);

	query->result = jv_is_valid(reason) && jv_get_kind(reason) != JV_KIND_NULL ? QUERY_ERROR
										   : QUERY_END;
	if (query->result == QUERY_ERROR && jv_get_kind(reason) != JV_KIND_STRING)
		reason = jv_dump_string(reason, 0);
	keep_output(query, reason);
}

static void take_value(struct query *query, jv value)
{
	jv_kind kind = jv_get_kind(value);

	query->result = QUERY_VALUE;
	query->holds = kind != JV_KIND_FALSE && kind != JV_KIND_NULL;
	if (!query->testing)
		keep_output(query, jv_dump_string(value, 0));
	else
		jv_free(value);
}

static void run_next(void *arg)
{
	struct query *query = arg;
	jv output;

	timer.running = query;
	output = jq_next(query->jq);
	timer.running = NULL;
	if (!jv_is_valid(output))
		take_end(query, output);
	else
		take_value(query, output);
}

/* The next output, or the message. */
static enum query_result step(struct query *query, struct span *output)
{
	if (!query->refusal && !query->timed_out && !query->crashed) {
		query->crashed = query_crash_run(run_next, query);
		timer.running = NULL;
	}
	if (query->crashed) {
		*output = say_crash(query);
		return QUERY_CRASHED;
	}
	if (query->timed_out) {
		*output = say_timeout(query);
		return QUERY_TIMEOUT;
	}
	if (query->refusal) {
		*output = say(query, span_text(query->refusal));
		return QUERY_ERROR;
	}
	if (query->result == QUERY_ERROR)
		*output = say(query, string_span(query->output));
	return query->result;
}

enum query_result query_next(struct query *query, struct span *output)
{
	enum query_result result = step(query, output);

	if (result == QUERY_VALUE)
		*output = string_span(query->output);
	return result;
}

enum query_result query_test(
	struct query *query, struct span text, bool *holds, struct span *message)
{
	enum query_result result;

	query_start(query, text);
	query->testing = true;
	result = step(query, message);
	*holds = result == QUERY_VALUE && query->holds;
	return result == QUERY_END ? QUERY_VALUE : result;
}
