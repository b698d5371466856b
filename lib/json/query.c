#include "json/query.h"

#include <jq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "json/json.h"
#include "json/literals.h"
#include "json/query_words.h"

enum {
	TICKS = 10,		       /* looks at a program within its time */
	TEXT_MAX = 64 * 1024 * 1024,   /* bytes of a text: libjq counts in int */
	PROGRAM_MAX = 8 * 1024 * 1024, /* bytes of a program */
	REASON_MAX = 400,	       /* bytes of what libjq has to say */
};

struct query {
	jq_state *jq;
	const char *name;
	uint64_t timeout_ms;
	jv output;	    /* the text of the last output */
	struct buf scratch; /* a string, unescaped */
	struct buf message;
	char reason[REASON_MAX + 1]; /* the first error of the compiler, "" for none */
	size_t reason_line;	     /* 0: unknown */
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
	struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
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

/* libjq aborts when it is out of memory; it ends here as for all others instead. */
static void on_no_memory(void *arg)
{
	(void)arg;
	mem_resize(NULL, SIZE_MAX, 2);
}

/* What a program is not to use. */
static const char *const switched_off[] = {"env", "input", "inputs", "input_filename",
	"input_line_number", "halt", "halt_error", "halt_error(f)", "debug", "debug(f)", "stderr",
	"get_search_list", "get_jq_origin", "get_prog_origin", "modulemeta", NULL};

#define OFF "__off_"

/* Goes ahead of the program's first line. libjq compiles definitions only where they are used, and
 * these do not compile. Behind definitions no module can be imported. */
static void add_definitions(struct buf *text)
{
	for (const char *const *what = switched_off; *what; what++)
		buf_printf(text, "def %s:$" OFF "%.*s;", *what, (int)strcspn(*what, "("), *what);
}

/* Keeps the first error; "jq: error: REASON at <top-level>, line N:" and the line itself. */
static void on_compile_error(void *arg, jv message)
{
	static const char error[] = "jq: error: ", where[] = " at <top-level>, line ";
	static const char guess[] = " (Unix shell quoting issues?)";
	struct query *query = arg;
	const char *text, *end, *at;

	message = jq_format_error(message);
	text = jv_string_value(message);
	if (query->reason[0] == '\0') {
		if (strncmp(text, error, sizeof error - 1) == 0)
			text += sizeof error - 1;
		end = text + strcspn(text, "\n");
		at = strstr(text, where);
		if (at && at < end) {
			query->reason_line = strtoul(at + sizeof where - 1, NULL, 10);
			end = at;
		}
		at = strstr(text, guess);
		if (at && at < end)
			end = at;
		snprintf(query->reason, sizeof query->reason, "%.*s", (int)(end - text), text);
	}
	jv_free(message);
}

static int refuse(const struct query *query, size_t line, const char *reason, struct err *err)
{
	if (line == 0)
		return err_set(err, EXIT_USAGE, "cannot compile '%s': %s", query->name, reason);
	return err_set(
		err, EXIT_USAGE, "cannot compile '%s': line %zu: %s", query->name, line, reason);
}

static int refuse_off(
	const struct query *query, struct span program, struct span what, struct err *err)
{
	char reason[64];

	snprintf(reason, sizeof reason, "'%.*s' is switched off", span_shown(what), what.p);
	return refuse(query, query_words_find(program, what, false), reason, err);
}

/* Says in a user's words what the compiler said about what add_definitions() brought about. */
static int explain(const struct query *query, struct span program, struct err *err)
{
	static const char *const directives[] = {"import", "include", "module", NULL};
	static const char undefined[] = "$" OFF, unexpected[] = "syntax error, unexpected ";
	const char *reason = query->reason;
	size_t n;

	if (strncmp(reason, undefined, sizeof undefined - 1) == 0) {
		reason += sizeof undefined - 1;
		return refuse_off(query, program, span_make(reason, strcspn(reason, " ")), err);
	}
	if (strncmp(reason, unexpected, sizeof unexpected - 1) == 0) {
		n = strcspn(reason + sizeof unexpected - 1, ", ");
		for (size_t i = 0; directives[i]; i++)
			if (span_is_text(
				    span_make(reason + sizeof unexpected - 1, n), directives[i]))
				return refuse_off(query, program, span_text(directives[i]), err);
	}
	return refuse(query, query->reason_line, reason[0] ? reason : "no program of jq", err);
}

extern char **environ;

/* libjq looks into the environment while it compiles, for $ENV and for the folder of a ~/.jq that
 * it would read (without HOME it may ask the user database). */
static int compile_apart(struct query *query, const char *text)
{
	static char home[] = "HOME=/dev/null";
	char *apart[] = {home, NULL};
	char **before = environ;
	int compiled;

	environ = apart;
	compiled = jq_compile(query->jq, text);
	environ = before;
	return compiled ? 0 : -1;
}

/* Compiles a text that ends in "\n." from `end` on. What it does not need that for is compiled
 * without; but libjq from 1.7 on refuses a program of definitions alone. */
static int compile_text(struct query *query, char *text, size_t end)
{
	static const char no_program[] = "Top-level program not given";
	char newline = text[end];

	text[end] = '\0';
	if (compile_apart(query, text) == 0)
		return 0;
	if (strncmp(query->reason, no_program, sizeof no_program - 1) != 0)
		return -1;
	text[end] = newline;
	query->reason[0] = '\0';
	return compile_apart(query, text);
}

/* What libjq would let pass, or would complain about in a way that helps nobody. */
static int check_program(const struct query *query, struct span program, struct err *err)
{
	size_t line = query_words_find(program, span_text("ENV"), true);

	if (line > 0)
		return refuse(query, line, "'$ENV' is switched off", err);
	line = query_words_open_string(program);
	if (line > 0)
		return refuse(query, line, "a string without its end", err);
	if (memchr(program.p, '\0', program.n))
		return refuse(query, 0, "a NUL byte in it", err);
	return 0;
}

static int compile(struct query *query, struct span program, struct err *err)
{
	struct buf text;
	int result;

	if (check_program(query, program, err) < 0)
		return -1;
	buf_init(&text, PROGRAM_MAX);
	add_definitions(&text);
	if (buf_add(&text, program) < 0 || buf_add_text(&text, "\n.") < 0 ||
		buf_add(&text, span_make("", 1)) < 0)
		result = refuse(query, 0, "more than 8388608 bytes", err);
	else if (compile_text(query, text.data, text.len - sizeof "\n.") < 0)
		result = explain(query, program, err);
	else
		result = 0;
	buf_release(&text);
	return result;
}

struct query *query_open(
	const char *name, struct span program, uint64_t timeout_ms, struct err *err)
{
	struct query *query = mem_alloc(1, sizeof *query);

	if (!program.p)
		program = span_make("", 0);
	query->name = name;
	query->timeout_ms = timeout_ms;
	query->output = jv_invalid();
	buf_init(&query->scratch, TEXT_MAX);
	buf_init(&query->message, ERR_TEXT_MAX);
	query->jq = jq_init();
	if (!query->jq)
		on_no_memory(NULL);
	jq_set_nomem_handler(query->jq, on_no_memory, NULL);
	jq_set_error_cb(query->jq, on_compile_error, query);
	start_timer(query);
	if (compile(query, program, err) < 0) {
		query_close(query);
		return NULL;
	}
	return query;
}

void query_close(struct query *query)
{
	stop_timer();
	jv_free(query->output);
	jq_teardown(&query->jq);
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

void query_start(struct query *query, struct span text)
{
	struct json_value value;
	struct json_fault fault;

	query->refusal = NULL;
	query->ticks = 0;
	if (text.n > TEXT_MAX)
		query->refusal = "a text of more than 67108864 bytes";
	else if (json_scan(text, &value, &fault) < 0)
		query->refusal = fault.reason;
	else if (!query->timed_out)
		jq_start(query->jq, make_value(query, &value), 0);
}

static void keep_output(struct query *query, jv output)
{
	jv_free(query->output);
	query->output = output;
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

/* What an output that is none means. */
static enum query_result end_text(struct query *query, jv invalid, struct span *message)
{
	jv reason;

	if (query->timed_out) {
		jv_free(invalid);
		*message = say_timeout(query);
		return QUERY_TIMEOUT;
	}
	if (!jv_invalid_has_msg(jv_copy(invalid))) {
		jv_free(invalid);
		return QUERY_END;
	}
	reason = jv_invalid_get_msg(invalid);
	if (jv_get_kind(reason) != JV_KIND_STRING)
		reason = jv_dump_string(reason, 0);
	*message = say(query,
		span_make(
			jv_string_value(reason), (size_t)jv_string_length_bytes(jv_copy(reason))));
	jv_free(reason);
	return QUERY_ERROR;
}

/* The next output; where that is not QUERY_VALUE there is none to be freed. */
static enum query_result step(struct query *query, jv *output, struct span *message)
{
	if (query->refusal) {
		*message = say(query, span_text(query->refusal));
		return QUERY_ERROR;
	}
	*output = jv_invalid();
	if (!query->timed_out) {
		timer.running = query;
		*output = jq_next(query->jq);
		timer.running = NULL;
	}
	if (jv_is_valid(*output) && !query->timed_out)
		return QUERY_VALUE;
	return end_text(query, *output, message);
}

enum query_result query_next(struct query *query, struct span *output)
{
	jv value;
	enum query_result result = step(query, &value, output);

	if (result != QUERY_VALUE)
		return result;
	keep_output(query, jv_dump_string(value, 0));
	*output = string_span(query->output);
	return QUERY_VALUE;
}

enum query_result query_test(
	struct query *query, struct span text, bool *holds, struct span *message)
{
	jv value;
	enum query_result result;
	jv_kind kind;

	query_start(query, text);
	result = step(query, &value, message);
	*holds = false;
	if (result != QUERY_VALUE)
		return result == QUERY_END ? QUERY_VALUE : result;
	kind = jv_get_kind(value);
	*holds = kind != JV_KIND_FALSE && kind != JV_KIND_NULL;
	jv_free(value);
	return QUERY_VALUE;
}
