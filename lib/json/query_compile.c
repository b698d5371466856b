#include "json/query_compile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/query_crash.h"
#include "json/query_words.h"

enum {
	PROGRAM_MAX = 8 * 1024 * 1024, /* bytes of a program */
	REASON_MAX = 400,	       /* bytes of what libjq has to say */
};

struct compiler {
	jq_state *jq;
	const char *name;
	const char *text;
	int compiled;
	const char *crashed;	     /* by what */
	char reason[REASON_MAX + 1]; /* the first error, "" for none */
	size_t reason_line;	     /* 0: unknown */
};

/* What a program is not to use. */
static const char *const switched_off[] = {"env", "input", "inputs", "input_filename",
	"input_line_number", "halt", "halt_error", "halt_error(f)", "debug", "debug(f)", "stderr",
	"get_search_list", "get_jq_origin", "get_prog_origin", "modulemeta", NULL};

#define OFF "__off_"

/* Goes ahead of the program's first line. libjq compiles definitions only where they are used, and
 * those of what is switched off do not compile. Behind definitions no module can be imported. */
static void add_definitions(struct buf *text)
{
	buf_add_text(text,
		"def __error(f):error(f);"
		"def error(f):f|if .==null then __error(\"null (null)\")else __error(.)end;"
		"def error:error(.);");
	for (const char *const *what = switched_off; *what; what++)
		buf_printf(text, "def %s:$" OFF "%.*s;", *what, (int)strcspn(*what, "("), *what);
}

/* Keeps the first error; "jq: error: REASON at <top-level>, line N:" and the line itself. */
static void on_compile_error(void *arg, jv message)
{
	static const char error[] = "jq: error: ", where[] = " at <top-level>, line ";
	static const char guess[] = " (Unix shell quoting issues?)";
	struct compiler *compiler = arg;
	const char *text, *end, *at;

	message = jq_format_error(message);
	text = jv_string_value(message);
	if (compiler->reason[0] == '\0') {
		if (strncmp(text, error, sizeof error - 1) == 0)
			text += sizeof error - 1;
		end = text + strcspn(text, "\n");
		at = strstr(text, where);
		if (at && at < end) {
			compiler->reason_line = strtoul(at + sizeof where - 1, NULL, 10);
			end = at;
		}
		at = strstr(text, guess);
		if (at && at < end)
			end = at;
		snprintf(
			compiler->reason, sizeof compiler->reason, "%.*s", (int)(end - text), text);
	}
	jv_free(message);
}

static int refuse(const struct compiler *compiler, size_t line, const char *reason, struct err *err)
{
	if (line == 0)
		return err_set(err, EXIT_USAGE, "cannot compile '%s': %s", compiler->name, reason);
	return err_set(
		err, EXIT_USAGE, "cannot compile '%s': line %zu: %s", compiler->name, line, reason);
}

static int refuse_off(
	const struct compiler *compiler, struct span program, struct span what, struct err *err)
{
	char reason[64];

	snprintf(reason, sizeof reason, "'%.*s' is switched off", span_shown(what), what.p);
	return refuse(compiler, query_words_find(program, what, false), reason, err);
}

/* Says in a user's words what the compiler said about what add_definitions() brought about. */
static int explain(const struct compiler *compiler, struct span program, struct err *err)
{
	static const char *const directives[] = {"import", "include", "module", NULL};
	static const char undefined[] = "$" OFF, unexpected[] = "syntax error, unexpected ";
	const char *reason = compiler->reason;
	size_t n;

	if (strncmp(reason, undefined, sizeof undefined - 1) == 0) {
		reason += sizeof undefined - 1;
		return refuse_off(compiler, program, span_make(reason, strcspn(reason, " ")), err);
	}
	if (strncmp(reason, unexpected, sizeof unexpected - 1) == 0) {
		n = strcspn(reason + sizeof unexpected - 1, ", ");
		for (size_t i = 0; directives[i]; i++)
			if (span_is_text(
				    span_make(reason + sizeof unexpected - 1, n), directives[i]))
				return refuse_off(compiler, program, span_text(directives[i]), err);
	}
	return refuse(
		compiler, compiler->reason_line, reason[0] ? reason : "no program of jq", err);
}

extern char **environ;

static void run_compile(void *arg)
{
	struct compiler *compiler = arg;

	compiler->compiled = jq_compile(compiler->jq, compiler->text);
}

/* libjq looks into the environment while it compiles, for $ENV and for the folder of a ~/.jq that
 * it would read (without HOME it may ask the user database). */
static int compile_apart(struct compiler *compiler, const char *text)
{
	static char home[] = "HOME=/dev/null";
	char *apart[] = {home, NULL};
	char **before = environ;

	compiler->text = text;
	compiler->compiled = 0;
	environ = apart;
	compiler->crashed = query_crash_run(run_compile, compiler);
	environ = before;
	if (compiler->crashed) {
		compiler->reason_line = 0;
		snprintf(compiler->reason, sizeof compiler->reason, QUERY_CRASH_TEXT,
			compiler->crashed);
	}
	return compiler->compiled ? 0 : -1;
}

/* Compiles a text that ends in "\n." from `end` on. What it does not need that for is compiled
 * without; but libjq from 1.7 on refuses a program of definitions alone. */
static int compile_text(struct compiler *compiler, char *text, size_t end)
{
	static const char no_program[] = "Top-level program not given";
	char newline = text[end];

	text[end] = '\0';
	if (compile_apart(compiler, text) == 0)
		return 0;
	if (strncmp(compiler->reason, no_program, sizeof no_program - 1) != 0)
		return -1;
	text[end] = newline;
	compiler->reason[0] = '\0';
	return compile_apart(compiler, text);
}

/* What libjq would let pass, or would complain about in a way that helps nobody. */
static int check_program(const struct compiler *compiler, struct span program, struct err *err)
{
	size_t line = query_words_find(program, span_text("ENV"), true);

	if (line > 0)
		return refuse(compiler, line, "'$ENV' is switched off", err);
	line = query_words_open_string(program);
	if (line > 0)
		return refuse(compiler, line, "a string without its end", err);
	if (memchr(program.p, '\0', program.n))
		return refuse(compiler, 0, "a NUL byte in it", err);
	return 0;
}

static int compile(struct compiler *compiler, struct span program, struct err *err)
{
	struct buf text;
	int result;

	if (check_program(compiler, program, err) < 0)
		return -1;
	buf_init(&text, PROGRAM_MAX);
	add_definitions(&text);
	if (buf_add(&text, program) < 0 || buf_add_text(&text, "\n.") < 0 ||
		buf_add(&text, span_make("", 1)) < 0)
		result = refuse(compiler, 0, "more than 8388608 bytes", err);
	else if (compile_text(compiler, text.data, text.len - sizeof "\n.") < 0)
		result = explain(compiler, program, err);
	else
		result = 0;
	buf_release(&text);
	return result;
}

/* libjq would print it. */
static void ignore_error(void *arg, jv message)
{
	(void)arg;
	jv_free(message);
}

int query_compile(
	jq_state *jq, const char *name, struct span program, const char **crashed, struct err *err)
{
	struct compiler compiler = {.jq = jq, .name = name};
	int result;

	jq_set_error_cb(jq, on_compile_error, &compiler);
	result = compile(&compiler, program, err);
	*crashed = compiler.crashed;
	if (!compiler.crashed)
		jq_set_error_cb(jq, ignore_error, NULL);
	return result;
}
