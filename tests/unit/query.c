/* Programs of jq over JSON texts. */
#include "json/query.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "child.h"
#include "json/query_words.h"
#include "tap.h"

enum { LONG_MS = 60 * 1000 };

static struct query *open_or_say(const char *program, uint64_t timeout_ms)
{
	struct err err = {0};
	struct query *query = query_open("map.jq", span_text(program), timeout_ms, &err);

	if (!query)
		printf("# %s\n", err.text);
	return query;
}

/* All outputs on a text, with a blank behind each, and "!MESSAGE" where it fails. */
static const char *outputs(struct query *query, const char *text)
{
	static char all[4096];
	size_t n = 0;
	struct span output;
	enum query_result result;

	query_start(query, span_text(text));
	while ((result = query_next(query, &output)) == QUERY_VALUE)
		n += (size_t)snprintf(all + n, sizeof all - n, "%.*s ", (int)output.n, output.p);
	if (result != QUERY_END)
		n += (size_t)snprintf(all + n, sizeof all - n, "%c%.*s",
			result == QUERY_ERROR ? '!' : '?', (int)output.n, output.p);
	all[n] = '\0';
	return all;
}

static const struct {
	const char *program, *text, *outputs;
} runs[] = {
	{".", "{\"b\":1,\"a\":[1.5,\"x\",null,true,false,{}]}",
		"{\"b\":1,\"a\":[1.5,\"x\",null,true,false,{}]} "},
	{"", "[1]", "[1] "},
	{"# nothing", "[1]", "[1] "},
	{"def f: 1;", "[2]", "[2] "},
	{". # a comment without its end", "1", "1 "},
	{".[]", "[1,2,3]", "1 2 3 "},
	{"empty", "1", ""},
	{".a", " {\"a\":1,\"a\":2} ", "2 "},
	{".", "\"\\u00e9\\n\\ud83d\\ude00\\\\\\/\"", "\"\xc3\xa9\\n\xf0\x9f\x98\x80\\\\/\" "},
	{".", "{\"\\u0061\\\"\":0}", "{\"a\\\"\":0} "},
	{".|length", "\"\\u0000x\"", "2 "},
	{".", "-12.5e-1", "-1.25 "},
	{".", "\"\"", "\"\" "},
	{".[0] + .[1]", "[0.5,0.25]", "0.75 "},
	{"{env, input: .env, \"halt\": 1}", "{\"env\":2}", "{\"env\":2,\"input\":2,\"halt\":1} "},
	{".env, .debug, \"input $ENV\", @text \"halt\" # $ENV", "{}",
		"null null \"input $ENV\" \"halt\" "},
	{"def env: 7; env", "1", "7 "},
	{"def f(debug): debug; f(.)", "1", "1 "},
	{"1, error(\"a\\nb\")", "1", "1 !map.jq: a b"},
	{"error({a: 1})", "1", "!map.jq: {\"a\":1}"},
	/* Errors that libjq 1.6 would lose, and those that it uses itself. */
	{"1, error(null), 2", "1", "1 !map.jq: null (null)"},
	{"error", "null", "!map.jq: null (null)"},
	{"null | error", "1", "!map.jq: null (null)"},
	{"map(error(null))", "[1]", "!map.jq: null (null)"},
	{"error", "\"x\"", "!map.jq: x"},
	{"try error(null) catch .", "1", "\"null (null)\" "},
	{"try error({a: 1}) catch .a", "1", "1 "},
	{"error(empty), 2", "1", "2 "},
	{"[.[] | error(null)?]", "[1]", "[] "},
	{"label $out | 1, break $out, 2", "1", "1 "},
	{"first(range(5; 9))", "1", "5 "},
	{"[limit(3; repeat(1))]", "null", "[1,1,1] "},
	{".[0]|test(\"^B.C$\")", "[\"BTC\"]", "true "},
};

static void test_runs(void)
{
	char wanted[4096];

	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct query *query = open_or_say(runs[i].program, LONG_MS);
		if (!TAP_OK(query != NULL, "'%s' compiles", runs[i].program))
			continue;
		snprintf(wanted, sizeof wanted, "%s", outputs(query, runs[i].text));
		TAP_OK(strcmp(wanted, runs[i].outputs) == 0, "'%s' of %s: %s", runs[i].program,
			runs[i].text, wanted);
		TAP_OK(strcmp(outputs(query, runs[i].text), wanted) == 0, "... and again");
		query_close(query);
	}
}

static void test_errors(void)
{
	struct query *query = open_or_say(".a, error(\"x\" * 1000)", LONG_MS);
	struct span output = {0};

	TAP_OK(strncmp(outputs(query, "[1]"), "!map.jq: Cannot index array with", 32) == 0,
		"an error of a program is told");
	query_start(query, span_text("{\"a\":1}"));
	TAP_OK(query_next(query, &output) == QUERY_VALUE && span_is_text(output, "1"),
		"and the next text is read");
	TAP_OK(query_next(query, &output) == QUERY_ERROR && output.n == 8 + 400,
		"what an error says is bounded");
	query_close(query);
	query = open_or_say("error(\"xy\" + \"\xc3\xa9\" * 1000)", LONG_MS);
	query_start(query, span_text("1"));
	TAP_OK(query_next(query, &output) == QUERY_ERROR && output.n == 8 + 400,
		"and cut between characters");
	query_close(query);
	query = open_or_say("error(\"x\" + \"\xc3\xa9\" * 1000)", LONG_MS);
	query_start(query, span_text("1"));
	TAP_OK(query_next(query, &output) == QUERY_ERROR && output.n == 8 + 399,
		"wherever they lie");
	query_close(query);
}

static const struct {
	const char *program, *reason; /* what follows "cannot compile 'map.jq': " begins so */
} refused[] = {
	{".\n| foo\n| bar(1)", "line 2: foo/0 is not defined"},
	{"$x", "line 1: $x is not defined"},
	{".\n\n|%%", "line 3: syntax error, unexpected '%'"},
	{".[", "line 1: syntax error, unexpected "},
	{"1\n| \"abc\n.", "line 2: a string without its end"},
	{"\"a\\(1) b", "line 1: a string without its end"},
	{"\"a\\\"", "line 1: a string without its end"},
	{"\"a\\(1", "line 1: a string without its end"},
	{"env", "line 1: 'env' is switched off"},
	{".\n| {env: 1}\n| .a", NULL},
	{"1\n| env.PATH", "line 2: 'env' is switched off"},
	{"\"\\(\nenv)\"", "line 2: 'env' is switched off"},
	{"input", "line 1: 'input' is switched off"},
	{"[inputs]", "line 1: 'inputs' is switched off"},
	{"input_filename", "line 1: 'input_filename' is switched off"},
	{"input_line_number", "line 1: 'input_line_number' is switched off"},
	{"halt", "line 1: 'halt' is switched off"},
	{"halt_error", "line 1: 'halt_error' is switched off"},
	{"halt_error(1)", "line 1: 'halt_error' is switched off"},
	{"debug", "line 1: 'debug' is switched off"},
	{"debug(\"x\")", "line 1: 'debug' is switched off"},
	{"stderr", "line 1: 'stderr' is switched off"},
	{"get_search_list", "line 1: 'get_search_list' is switched off"},
	{"\"m\" | modulemeta", "line 1: 'modulemeta' is switched off"},
	{"# a map\nimport \"m\" as m; .", "line 2: 'import' is switched off"},
	{"include \"m\"; .", "line 1: 'include' is switched off"},
	{"module {}; .", "line 1: 'module' is switched off"},
	{".a\n| $ENV.HOME", "line 2: '$ENV' is switched off"},
	{"$ENV", "line 1: '$ENV' is switched off"},
	{"$ # behind a comment\n ENV", "line 2: '$ENV' is switched off"},
	{"{$ENV}", "line 1: '$ENV' is switched off"},
	{"\"a \\\"\\(1 + (2) | \"\\($ENV)\")\"", "line 1: '$ENV' is switched off"},
	{"$ENVY", "line 1: $ENVY is not defined"},
	{"\"$ENV \\\\($ENV) \\\"$ENV\" | .ENV, .x$ENV_", "line 1: "},
	{"\"$ENV \\\\($ENV) \\\"$ENV\" | .ENV # $ENV", NULL},
};

/* Strings within strings, deeper than is looked at: the environment stays out all the same. */
static void test_deep(void)
{
	enum { DEEP = QUERY_WORDS_DEPTH + 6 };
	char program[DEEP * 5 + 8] = "";
	struct query *query;

	for (unsigned i = 0; i < DEEP; i++)
		memcpy(program + strlen(program), "\"\\(", 4);
	memcpy(program + strlen(program), "$ENV", 5);
	for (unsigned i = 0; i < DEEP; i++)
		memcpy(program + strlen(program), ")\"", 3);
	query = open_or_say(program, LONG_MS);
	TAP_OK(!query || strcmp(outputs(query, "1"), "\"{\\\"HOME\\\":\\\"/dev/null\\\"}\" ") == 0,
		"nothing of the environment is seen: %s", query ? outputs(query, "1") : "");
	if (query)
		query_close(query);
}

static void test_refused(void)
{
	static const char start[] = "cannot compile 'map.jq': ";
	struct err err;

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct query *query =
			query_open("map.jq", span_text(refused[i].program), LONG_MS, &err);
		const char *reason = refused[i].reason;
		TAP_OK(reason ? !query && err.code == EXIT_USAGE &&
					strncmp(err.text, start, sizeof start - 1) == 0 &&
					strncmp(err.text + sizeof start - 1, reason,
						strlen(reason)) == 0 &&
					!strchr(err.text, '\n') && !strstr(err.text, "__off") &&
					!strstr(err.text, "Unix shell") &&
					!strstr(err.text, "<top-level>")
			      : query != NULL,
			"program %zu: %s", i, query ? "compiles" : err.text);
		if (query)
			query_close(query);
	}
	test_deep();
	TAP_OK(!query_open("map.jq", span_make(".\0.", 3), 1, &err) && strstr(err.text, "NUL"),
		"a NUL byte is refused");
}

/* A ~/.jq that would be read, in a folder of its own. */
static int in_a_home(const void *arg)
{
	char home[] = "/tmp/query.XXXXXX", path[sizeof home + 4];
	struct query *query;
	FILE *file;
	int status = 0;

	(void)arg;
	if (!mkdtemp(home))
		return 9;
	snprintf(path, sizeof path, "%s/.jq", home);
	file = fopen(path, "w");
	fputs("def map(f): \"broken\"; def mine: 42;\n", file);
	fclose(file);
	setenv("HOME", home, 1);
	query = query_open("map.jq", span_text("map(. + 1)"), LONG_MS, NULL);
	if (!query || strcmp(outputs(query, "[1]"), "[2] ") != 0)
		status |= 1;
	if (query)
		query_close(query);
	if (query_open("map.jq", span_text("mine"), LONG_MS, NULL))
		status |= 2;
	if (strcmp(getenv("HOME"), home) != 0)
		status |= 4;
	remove(path);
	remove(home);
	return status;
}

static void test_home(void)
{
	struct child child;

	child_run(&child, in_a_home, NULL);
	TAP_OK(child.status == 0, "~/.jq is not read, and HOME stays (%d)", child.status);
	TAP_OK(child.err[0] == '\0', "nothing is said about it: %s", child.err);
}

static const char *const endless[] = {
	"def f: f; f",
	"last(range(1e12))",
	"last(repeat(.))",
	"[limit(0; 1)] | until(false; .)",
	"1, (repeat(.) | select(false)), 2",
	"try (def f: f; f) catch .",
};

static void test_timeout(void)
{
	struct sigaction before, after;
	struct itimerval value;

	sigaction(SIGPROF, NULL, &before);
	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
		struct query *query = open_or_say(endless[i], 20);
		struct span output = {0};
		enum query_result result;
		query_start(query, span_text("1"));
		while ((result = query_next(query, &output)) == QUERY_VALUE)
			;
		TAP_OK(result == QUERY_TIMEOUT &&
				span_is_text(output, "map.jq: still running after 20 ms"),
			"'%s' ends: %.*s", endless[i], span_shown(output), output.p);
		query_start(query, span_text("1"));
		TAP_OK(query_next(query, &output) == QUERY_TIMEOUT, "... for good");
		query_close(query);
	}
	sigaction(SIGPROF, NULL, &after);
	getitimer(ITIMER_PROF, &value);
	TAP_OK(before.sa_handler == after.sa_handler, "SIGPROF is as it was");
	TAP_OK(value.it_interval.tv_sec == 0 && value.it_interval.tv_usec == 0,
		"the timer is off again");
}

/* Many texts that take longer together than one of them may. */
static void test_in_time(void)
{
	struct query *query = open_or_say("last(range(1000))", 100);
	struct span output;
	size_t wrong = 0;

	for (unsigned i = 0; i < 1500; i++) {
		query_start(query, span_text("1"));
		wrong += query_next(query, &output) != QUERY_VALUE || !span_is_text(output, "999");
	}
	TAP_OK(wrong == 0, "the time is that of one text");
	query_close(query);
}

static void test_two(void)
{
	struct query *a = open_or_say(".[]", LONG_MS), *b = open_or_say("def f: f; f", 20);
	struct span output = {0};
	bool holds;

	TAP_OK(query_test(b, span_text("1"), &holds, &output) == QUERY_TIMEOUT,
		"two at a time have their own times");
	query_close(b);
	TAP_OK(strcmp(outputs(a, "[1,2]"), "1 2 ") == 0, "and do not disturb each other");
	query_close(a);
}

static const struct {
	const char *program, *what;
} crashes[] = {
	{"reduce range(1000000) as $i (null; [.])", "SIGSEGV"},
	{"\"\xc3\xa9\" | [match(\"\"; \"g\")] | length > 0", "SIGSEGV"},
	{"1e300 | todate", "SIGABRT"},
	{"def f: {a: f}; f", "out of memory"},
	{"[range(1e9)]", "out of memory"},
};

/* Each ends differently in another libjq: it may also give something, raise an error, or need more
 * time; but the process lives, and so does the query that is not concerned. */
static int in_a_crash(const void *arg)
{
	enum { MEMORY = 192 * 1024 * 1024 };
	const struct rlimit memory = {MEMORY, MEMORY};
	const char *program = *(const char *const *)arg;
	struct query *other = query_open("other", span_text(".+1"), LONG_MS, NULL);
	struct query *query = query_open("map.jq", span_text(program), LONG_MS, NULL);
	struct span output = {0};
	enum query_result result;
	bool holds;

	setrlimit(RLIMIT_AS, &memory);
	query_start(query, span_text("1"));
	while ((result = query_next(query, &output)) == QUERY_VALUE)
		;
	printf("%.*s", (int)output.n, output.p);
	if (result == QUERY_CRASHED) {
		query_start(query, span_text("1"));
		if (query_next(query, &output) != QUERY_CRASHED ||
			query_test(query, span_text("1"), &holds, &output) != QUERY_CRASHED ||
			holds)
			return 2;
	}
	query_close(query);
	if (strcmp(outputs(other, "1"), "2 ") != 0)
		return 3;
	query_close(other);
	fflush(stdout);
	return result == QUERY_CRASHED ? 0 : 1;
}

static const struct {
	int signal;
	bool open; /* while there is a query */
} strays[] = {{SIGSEGV, true}, {SIGABRT, true}, {SIGBUS, true}, {SIGSEGV, false}, {SIGABRT, false}};

static int in_a_stray(const void *arg)
{
	const size_t i = *(const size_t *)arg;
	struct query *query = query_open("map.jq", span_text("."), LONG_MS, NULL);

	outputs(query, "1");
	if (!strays[i].open)
		query_close(query);
	raise(strays[i].signal);
	return 0;
}

static void test_crashes(void)
{
	struct child child;
	char wanted[80];

	if (getenv("SANITIZE")) {
		TAP_OK(true, "no crashes under sanitizers, whose own they would be");
		return;
	}
	for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
		child_run(&child, in_a_crash, &crashes[i].program);
		TAP_OK(child.status == 0 || child.status == 1, "'%s' is survived (%d)",
			crashes[i].program, child.status);
		snprintf(
			wanted, sizeof wanted, "map.jq: libjq crashed on it (%s)", crashes[i].what);
		TAP_OK(child.status == 1 || strcmp(child.out, wanted) == 0, "... and told: %s",
			child.out);
	}
	for (size_t i = 0; i < sizeof strays / sizeof *strays; i++) {
		child_run(&child, in_a_stray, &i);
		TAP_OK(child.status == -strays[i].signal, "a signal outside of libjq kills (%d)",
			child.status);
	}
}

static const struct {
	const char *program, *text;
	enum query_result result;
	bool holds;
} tests[] = {
	{".price > 83350", "{\"price\":83350.1}", QUERY_VALUE, true},
	{".price > 83350", "{\"price\":83350}", QUERY_VALUE, false},
	{".a", "{\"a\":0}", QUERY_VALUE, true},
	{".a", "{\"a\":\"\"}", QUERY_VALUE, true},
	{".a", "{\"a\":null}", QUERY_VALUE, false},
	{".a", "{\"a\":false}", QUERY_VALUE, false},
	{".a", "{}", QUERY_VALUE, false},
	{"empty", "{}", QUERY_VALUE, false},
	{"false, true", "{}", QUERY_VALUE, false},
	{"true, false", "{}", QUERY_VALUE, true},
	{"true, error(\"x\")", "{}", QUERY_VALUE, true},
	{".a", "[]", QUERY_ERROR, false},
	{"def f: f; f", "[]", QUERY_TIMEOUT, false},
};

static void test_tests(void)
{
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct query *query = open_or_say(tests[i].program, 100);
		struct span message = {0};
		bool holds = true;
		enum query_result result =
			query_test(query, span_text(tests[i].text), &holds, &message);
		TAP_OK(result == tests[i].result && holds == tests[i].holds &&
				(message.n > 0) == (result != QUERY_VALUE),
			"'%s' on %s", tests[i].program, tests[i].text);
		query_close(query);
	}
}

static void test_words(void)
{
	static const char program[] =
		"def f($a): .b.c | \"x \\(g(\"y\\(h)\")) z\" # no\n| 1e5 as $k | @text \"t\" $";
	static const char wanted[] = "def f $a g h as $k ";
	struct query_words words;
	struct span word;
	bool variable;
	char found[200];
	size_t n = 0;

	query_words_start(&words, span_text(program));
	while (query_words_next(&words, &word, &variable))
		n += (size_t)snprintf(found + n, sizeof found - n, "%s%.*s ", variable ? "$" : "",
			(int)word.n, word.p);
	TAP_OK(strcmp(found, wanted) == 0, "words of a program: %s", found);
	TAP_OK(query_words_find(span_text("a\nb\n\"\n\" b"), span_text("b"), false) == 2 &&
			query_words_find(span_text("\"\n\\(\n\n$b)"), span_text("b"), true) == 4 &&
			query_words_find(span_text("$b"), span_text("b"), false) == 0,
		"lines of words");
}

int main(void)
{
	test_runs();
	test_errors();
	test_refused();
	test_home();
	test_timeout();
	test_in_time();
	test_two();
	test_crashes();
	test_tests();
	test_words();
	return tap_end();
}
