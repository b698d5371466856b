/* Settings of every kind out of the environment and a file; faults; names that nobody reads. */
#include "job/env.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "job/env_priv.h"

#include "child.h"
#include "tap.h"

struct settings {
	char canary[8];
	const char *text, *file, *secret, *other;
	uint64_t number, least, any;
	bool flag;
	int choice;
};

static const char *const colours[] = {"red", "Green", NULL};

static const char *check_even(const char *value)
{
	return strlen(value) % 2 ? "not of even length" : NULL;
}

#define ROW(member) .at = offsetof(struct settings, member), .help = "h"

static const struct env_row rows[] = {
	{ENV_TEXT, "T_TEXT", ROW(text), .preset = "preset"},
	{ENV_FILE, "T_FILE", ROW(file)},
	{ENV_SECRET, "T_SECRET", ROW(secret), .check = check_even},
	{ENV_U64, "T_NUMBER", ROW(number), .preset = "7", .lo = 1, .hi = 1000},
	{ENV_U64, "T_LEAST", ROW(least), .lo = 2},
	{ENV_U64, "T_ANY", ROW(any)},
	{ENV_BOOL, "T_FLAG", ROW(flag), .preset = "yes"},
	{ENV_CHOICE, "T_CHOICE", ROW(choice), .preset = "green", .choices = colours},
	{ENV_OTHER, "T_OTHER", ROW(other), .preset = "even", .check = check_even},
	{.name = NULL},
};
static const struct env_program program = {.rows = rows};

static const struct env_row required_rows[] = {
	{ENV_TEXT, "T_TEXT", ROW(text), .required = true},
	{ENV_FILE, "T_FILE", ROW(file), .required = true},
	{ENV_SECRET, "T_SECRET", ROW(secret), .required = true},
	{ENV_U64, "T_NUMBER", ROW(number), .required = true},
	{ENV_BOOL, "T_FLAG", ROW(flag), .required = true},
	{ENV_CHOICE, "T_CHOICE", ROW(choice), .required = true, .choices = colours},
	{ENV_OTHER, "T_OTHER", ROW(other), .required = true, .check = check_even},
	{.name = NULL},
};
static const struct env_program required = {.rows = required_rows};

static const struct env_program any_case = {.rows = rows, .any_case = true};

/* What is read, and what is said. */
struct run {
	const struct env_program *program;
	const char *environment; /* NAME=VALUE; ... */
	const char *file;	 /* its text; NULL: none */
};

static void set_environment(const char *list)
{
	char text[1024];
	char *at = text;

	snprintf(text, sizeof text, "%s", list);
	while (*at) {
		char *end = at + strcspn(at, ";");
		char *behind = *end ? end + 1 : end;
		char *equals = strchr(at, '=');
		*equals = *end = '\0';
		setenv(at, equals + 1, 1);
		at = behind;
	}
}

extern char **environ;

static int run_read(const void *arg)
{
	static char *nothing[] = {NULL};
	const struct run *run = arg;
	struct settings settings;
	const char *reason;
	struct env_file *file = NULL;
	struct buf text;
	size_t line;

	environ = nothing;
	set_environment(run->environment);
	if (run->file)
		file = env_file_parse(span_text(run->file), &line, &reason);
	diag_init("name");
	memset(&settings, 0x5a, sizeof settings); /* as a variable on the stack is */
	size_t faults = env_read(run->program, file, &settings);
	buf_init(&text, 4096);
	if (faults == 0) {
		env_show(run->program, &settings, &text);
		printf("%.*s", (int)text.len, text.data);
	}
	if (faults == 0 && run->program == &program && settings.secret)
		printf(" %s", settings.secret);
	fflush(stdout);
	buf_release(&text);
	env_file_free(file);
	return (int)faults;
}

#define SHOWN(text, file, secret, number, least, any, flag, choice, other)                         \
	"{\"T_TEXT\":" text ",\"T_FILE\":" file ",\"T_SECRET\":" secret ",\"T_NUMBER\":" number    \
	",\"T_LEAST\":" least ",\"T_ANY\":" any ",\"T_FLAG\":" flag ",\"T_CHOICE\":" choice        \
	",\"T_OTHER\":" other "}"
#define PRESETS                                                                                    \
	SHOWN("\"preset\"", "null", "null", "7", "null", "null", "true", "\"Green\"", "\"even\"")

/* One setting and its value; the others have their presets. */
#define TEXT(v) SHOWN(v, "null", "null", "7", "null", "null", "true", "\"Green\"", "\"even\"")
#define FILE_(v)                                                                                   \
	SHOWN("\"preset\"", v, "null", "7", "null", "null", "true", "\"Green\"", "\"even\"")
#define SECRET(v)                                                                                  \
	SHOWN("\"preset\"", "null", "\"***\"", "7", "null", "null", "true", "\"Green\"",           \
		"\"even\"")                                                                        \
	" " v
#define NUMBER(v)                                                                                  \
	SHOWN("\"preset\"", "null", "null", v, "null", "null", "true", "\"Green\"", "\"even\"")
#define LEAST(v)                                                                                   \
	SHOWN("\"preset\"", "null", "null", "7", v, "null", "true", "\"Green\"", "\"even\"")
#define ANY(v) SHOWN("\"preset\"", "null", "null", "7", "null", v, "true", "\"Green\"", "\"even\"")
#define FLAG(v) SHOWN("\"preset\"", "null", "null", "7", "null", "null", v, "\"Green\"", "\"even\"")
#define CHOICE(v) SHOWN("\"preset\"", "null", "null", "7", "null", "null", "true", v, "\"even\"")
#define OTHER(v) SHOWN("\"preset\"", "null", "null", "7", "null", "null", "true", "\"Green\"", v)

static const struct {
	const char *name, *value, *wanted;
} good[] = {
	{"T_NOTHING", "", PRESETS}, /* absent, all of them */
	{"T_TEXT", "", PRESETS},
	{"T_TEXT", "a b", TEXT("\"a b\"")},
	{"T_TEXT", " ", TEXT("\" \"")},
	{"T_TEXT", "\"\\\n\xff", TEXT("\"\\\"\\\\\\n\xef\xbf\xbd\"")},
	{"T_FILE", "", PRESETS},
	{"T_FILE", "/dev/null", FILE_("\"/dev/null\"")},
	{"T_SECRET", "", PRESETS},
	{"T_SECRET", "hush", SECRET("hush")},
	{"T_NUMBER", "", PRESETS},
	{"T_NUMBER", "1", NUMBER("1")},
	{"T_NUMBER", "1000", NUMBER("1000")},
	{"T_NUMBER", "0012", NUMBER("12")},
	{"T_NUMBER", " 12\n", NUMBER("12")},
	{"T_LEAST", "", PRESETS},
	{"T_LEAST", "18446744073709551615", LEAST("18446744073709551615")},
	{"T_ANY", "0", ANY("null")},
	{"T_ANY", "3", ANY("3")},
	{"T_FLAG", "", PRESETS},
	{"T_FLAG", "1", FLAG("true")},
	{"T_FLAG", "true", FLAG("true")},
	{"T_FLAG", "TRUE", FLAG("true")},
	{"T_FLAG", "Yes", FLAG("true")},
	{"T_FLAG", "on", FLAG("true")},
	{"T_FLAG", "t", FLAG("true")},
	{"T_FLAG", "Y", FLAG("true")},
	{"T_FLAG", "0", FLAG("false")},
	{"T_FLAG", "false", FLAG("false")},
	{"T_FLAG", "No", FLAG("false")},
	{"T_FLAG", "OFF", FLAG("false")},
	{"T_FLAG", "f", FLAG("false")},
	{"T_FLAG", "n", FLAG("false")},
	{"T_CHOICE", "", PRESETS},
	{"T_CHOICE", "red", CHOICE("\"red\"")},
	{"T_CHOICE", "RED", CHOICE("\"red\"")},
	{"T_OTHER", "", PRESETS},
	{"T_OTHER", "ab", OTHER("\"ab\"")},
};

#define NO_NUMBER "not a whole number from 1 to 1000"
#define NO_FLAG "not one of true, false, yes, no, on, off, t, f, y, n, 1, 0"

static const struct {
	const char *name, *value, *wanted; /* behind "cannot use NAME" */
} bad[] = {
	{"T_FILE", "/nowhere/x", " '/nowhere/x': No such file or directory"},
	{"T_FILE", "/tmp", " '/tmp': Is a directory"},
	{"T_SECRET", "odd", ": not of even length"},
	{"T_NUMBER", "abc", " 'abc': " NO_NUMBER},
	{"T_NUMBER", "0", " '0': " NO_NUMBER},
	{"T_NUMBER", "1001", " '1001': " NO_NUMBER},
	{"T_NUMBER", "-1", " '-1': " NO_NUMBER},
	{"T_NUMBER", "+1", " '+1': " NO_NUMBER},
	{"T_NUMBER", "1.0", " '1.0': " NO_NUMBER},
	{"T_NUMBER", "1e2", " '1e2': " NO_NUMBER},
	{"T_NUMBER", "1 0", " '1 0': " NO_NUMBER},
	{"T_NUMBER", "0x10", " '0x10': " NO_NUMBER},
	{"T_NUMBER", "18446744073709551617", " '18446744073709551617': " NO_NUMBER},
	{"T_NUMBER", " ", " ' ': " NO_NUMBER},
	{"T_LEAST", "1", " '1': not a whole number of 2 or more"},
	{"T_ANY", "x", " 'x': not a whole number"},
	{"T_FLAG", "2", " '2': " NO_FLAG},
	{"T_FLAG", "tru", " 'tru': " NO_FLAG},
	{"T_FLAG", "true ", " 'true ': " NO_FLAG},
	{"T_CHOICE", "blue", " 'blue': not one of red, Green"},
	{"T_CHOICE", "re", " 're': not one of red, Green"},
	{"T_OTHER", "odd", " 'odd': not of even length"},
};

static void test(
	const char *name, const struct run *run, int status, const char *out, const char *err)
{
	struct child child;

	child_run(&child, run_read, run);
	if (!TAP_OK(child.status == status && strcmp(child.out, out) == 0 &&
			    strcmp(child.err, err) == 0,
		    "%s", name))
		printf("# %d: %s\n# %s", child.status, child.out, child.err);
}

/* Out of the environment, and out of a file. */
static void test_both(
	const char *name, const char *value, int status, const char *out, const char *err)
{
	char title[128], line[256];
	struct run run = {.program = &program, .environment = line};

	snprintf(line, sizeof line, "%s=%s", name, value);
	snprintf(title, sizeof title, "%s '%s'", name, strchr(value, '\n') ? "lines" : value);
	test(title, &run, status, out, err);
	if (strchr(value, '"')) /* which the file would have to quote */
		return;
	snprintf(line, sizeof line, "%s=\"%s\"", name, value);
	snprintf(title, sizeof title, "%s '%s', in the file", name,
		strchr(value, '\n') ? "lines" : value);
	run = (struct run){.program = &program, .environment = "", .file = line};
	test(title, &run, status, out, err);
}

static const struct {
	const char *name;
	struct run run;
	int status;
	const char *out, *err;
} cases[] = {
	{"the environment wins over the file", {&program, "T_TEXT=outer", "T_TEXT=inner"}, 0,
		TEXT("\"outer\""), ""},
	{"an empty variable hides the file's", {&program, "T_TEXT=", "T_TEXT=inner"}, 0, PRESETS,
		""},
	{"what the environment hides may be bad", {&program, "T_NUMBER=3", "T_NUMBER=x"}, 0,
		NUMBER("3"), ""},
	{"the last line of a file wins", {&program, "", "T_TEXT=1\nT_TEXT=2"}, 0, TEXT("\"2\""),
		""},
	{"a name without a value is none", {&program, "", "T_TEXT=1\nT_TEXT"}, 0, PRESETS, ""},
	{"names are as they are", {&program, "t_text=outer", "t_Text=inner"}, 0, PRESETS, ""},
	{"in any case, from the environment", {&any_case, "t_text=outer", "T_TEXT=inner"}, 0,
		TEXT("\"outer\""), ""},
	{"in any case, from the file", {&any_case, "", "t_Text=inner"}, 0, TEXT("\"inner\""), ""},
	{"in any case, the name as it is first", {&any_case, "t_text=1;T_TEXT=2;T_text=3", NULL}, 0,
		TEXT("\"2\""), ""},
	{"in any case, not a longer name", {&any_case, "t_texts=1;t_tex=2", "t_texts=3"}, 0,
		PRESETS, ""},
	{"all faults are told at once",
		{&program, "T_NUMBER=x;T_OTHER=odd", "T_SECRET=odd\nT_FLAG=3"}, 4, "",
		"name: cannot use T_SECRET: not of even length\n"
		"name: cannot use T_NUMBER 'x': " NO_NUMBER "\n"
		"name: cannot use T_FLAG '3': " NO_FLAG "\n"
		"name: cannot use T_OTHER 'odd': not of even length\n"},
#define MISSING                                                                                    \
	"name: cannot use T_TEXT '': it must be given\n"                                           \
	"name: cannot use T_FILE '': it must be given\n"                                           \
	"name: cannot use T_SECRET: it must be given\n"                                            \
	"name: cannot use T_NUMBER '': it must be given\n"                                         \
	"name: cannot use T_FLAG '': it must be given\n"                                           \
	"name: cannot use T_CHOICE '': it must be given\n"                                         \
	"name: cannot use T_OTHER '': it must be given\n"
	{"required and absent", {&required, "", NULL}, 7, "", MISSING},
	{"required and empty",
		{&required, "T_TEXT=;T_FILE=;T_SECRET=;T_NUMBER=;T_FLAG=;T_CHOICE=;T_OTHER=", NULL},
		7, "", MISSING},
	{"required and empty in the file",
		{&required, "", "T_TEXT=\nT_FILE=''\nT_SECRET\nT_NUMBER=\nT_OTHER="}, 7, "",
		MISSING},
	{"required and given",
		{&required, "T_TEXT=a;T_FILE=/dev/null;T_SECRET=b;T_NUMBER=1;T_FLAG=n;T_CHOICE=red",
			"T_OTHER=cd"},
		0,
		"{\"T_TEXT\":\"a\",\"T_FILE\":\"/dev/null\",\"T_SECRET\":\"***\",\"T_NUMBER\":1,"
		"\"T_FLAG\":false,\"T_CHOICE\":\"red\",\"T_OTHER\":\"cd\"}",
		""},
};

/* Names that nobody reads. */
static const struct env_row trades_rows[] = {
	{ENV_TEXT, "TRADES_KAFKA_TOPIC_NAME", ROW(text)},
	{ENV_SECRET, "TRADES_KAFKA_PASSWORD", ROW(secret)},
	{ENV_U64, "TRADES_LAST_N_DAYS", ROW(number), .preset = "1"},
	{ENV_BOOL, "TRADES_DEBUG", ROW(flag)},
	{ENV_TEXT, "TRADES_DEBIT", ROW(text)},
	{.name = NULL},
};
static const char *const meant[][2] = {{"TRADES_TOPIC", "TRADES_KAFKA_TOPIC_NAME"}, {NULL, NULL}};
static const struct env_program trades = {trades_rows, true, "TRADES_", meant};
static const struct env_program exact = {trades_rows, false, "TRADES_", NULL};

#define WARN "name: warning: "
#define UNREAD " is read by nobody"

static const struct {
	const char *name;
	struct run run;
	const char *err;
} unread[] = {
	{"all are read", {&trades, "TRADES_DEBUG=1;trades_last_n_days=2;DEBUG=1;MYTRADES_X=1", ""},
		""},
	{"what was meant is known", {&trades, "TRADES_TOPIC=x", ""},
		WARN "TRADES_TOPIC" UNREAD ": TRADES_KAFKA_TOPIC_NAME is meant\n"},
	{"in any case", {&trades, "trades_topic=x", ""},
		WARN "trades_topic" UNREAD ": TRADES_KAFKA_TOPIC_NAME is meant\n"},
	{"the nearest name", {&trades, "TRADES_KAFKA_TOPIC=x", NULL},
		WARN "TRADES_KAFKA_TOPIC" UNREAD ": the nearest name is TRADES_KAFKA_TOPIC_NAME\n"},
	{"the nearest name, whatever the case is", {&trades, "trades_last_days=x", NULL},
		WARN "trades_last_days" UNREAD ": the nearest name is TRADES_LAST_N_DAYS\n"},
	{"of a secret", {&trades, "TRADES_KAFKA_PASSWORT=hush", "TRADES_PASSWORD=hush"},
		WARN "TRADES_KAFKA_PASSWORT" UNREAD
		     ": the nearest name is TRADES_KAFKA_PASSWORD\n" WARN "TRADES_PASSWORD" UNREAD
		     ": the nearest name is TRADES_KAFKA_PASSWORD\n"},
	{"none is near", {&trades, "TRADES_WHATEVER_THIS_IS=x;TRADES_=x;TRADES_X=", NULL},
		WARN "TRADES_WHATEVER_THIS_IS" UNREAD "\n" WARN "TRADES_" UNREAD "\n" WARN
		     "TRADES_X" UNREAD "\n"},
	{"out of a file", {&trades, "", "TRADES_DEBUGS=1\nexport TRADES_DEBUK\nOTHER=1"},
		WARN "TRADES_DEBUGS" UNREAD ": the nearest name is TRADES_DEBUG\n" WARN
		     "TRADES_DEBUK" UNREAD ": the nearest name is TRADES_DEBUG\n"},
	{"once, though it is there three times",
		{&trades, "TRADES_DEBUGS=1", "TRADES_DEBUGS=1\nTRADES_DEBUGS=2"},
		WARN "TRADES_DEBUGS" UNREAD ": the nearest name is TRADES_DEBUG\n"},
	{"once, though it is in the file twice", {&trades, "", "TRADES_A_B=1\nTRADES_A_B=2"},
		WARN "TRADES_A_B" UNREAD "\n"},
	{"another case, where that counts", {&exact, "TRADES_Debug=1;trades_topic=1", NULL},
		WARN "TRADES_Debug" UNREAD ": the nearest name is TRADES_DEBUG\n"},
	{"a name without end",
		{&trades,
			"TRADES_"
			"DEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUG=1",
			NULL},
		WARN "TRADES_"
		     "DEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUGDEBUG" UNREAD
		     "\n"},
	{"what Kubernetes sets for a service",
		{&trades,
			"TRADES_SERVICE_HOST=10.0.0.1;TRADES_SERVICE_PORT=9090;"
			"TRADES_SERVICE_PORT_METRICS=9090;TRADES_PORT=tcp://10.0.0.1:9090;"
			"TRADES_PORT_9090_TCP=tcp://10.0.0.1:9090;TRADES_PORT_9090_TCP_PROTO=tcp;"
			"TRADES_PORT_9090_TCP_PORT=9090;TRADES_PORT_9090_TCP_ADDR=10.0.0.1;"
			"TRADES_UI_SERVICE_HOST=10.0.0.2;TRADES_UI_PORT_80_TCP_ADDR=10.0.0.2",
			NULL},
		""},
	{"what only looks like it", {&trades, "TRADES_PORT=9090;TRADES_SERVICE=x", NULL},
		WARN "TRADES_PORT" UNREAD "\n" WARN "TRADES_SERVICE" UNREAD "\n"},
};

static void test_unread(size_t i)
{
	struct child child;

	child_run(&child, run_read, &unread[i].run);
	if (!TAP_OK(child.status == 0 && strcmp(child.err, unread[i].err) == 0, "unread: %s",
		    unread[i].name))
		printf("# %d: %s\n", child.status, child.err);
}

static void test_show(void)
{
	struct settings settings = {.text = "t", .choice = 1, .secret = "hush"};
	size_t n, kept = 0;
	struct buf to;

	buf_init(&to, 4096);
	buf_add_text(&to, "x");
	env_show(&required, &settings, &to);
	n = to.len - 1;
	TAP_OK(to.data[0] == 'x' && to.data[to.len - 1] == '}' && n > 2,
		"what is in effect is appended");
	buf_release(&to);
	for (size_t ceiling = 0; ceiling < n; ceiling++) {
		buf_init(&to, ceiling);
		kept += env_show(&required, &settings, &to) != -1 || to.len != 0;
		buf_release(&to);
	}
	TAP_OK(kept == 0, "less room is too little, and nothing is appended");
}

static int run_faults(const void *arg)
{
	static char endless[4096];

	(void)arg;
	memset(endless, 'x', sizeof endless - 1);
	diag_init("name");
	env_fault("A", "b", "c");
	env_fault("A", "", "c");
	env_fault("A", NULL, "c");
	env_fault("A", endless, "c");
	return 0;
}

static void test_faults(void)
{
	static const char wanted[] =
		"name: cannot use A 'b': c\nname: cannot use A '': c\nname: cannot use A: c\n";
	struct child child;

	child_run(&child, run_faults, NULL);
	TAP_OK(strncmp(child.err, wanted, strlen(wanted)) == 0, "faults that a program finds");
	TAP_OK(strstr(child.err, "xxx': c\n") && strlen(child.err) < 400,
		"a long value is shown by its beginning");
}

int main(void)
{
	char wanted[256];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		test_both(good[i].name, good[i].value, 0, good[i].wanted, "");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(wanted, sizeof wanted, "name: cannot use %s%s\n", bad[i].name,
			bad[i].wanted);
		test_both(bad[i].name, bad[i].value, 1, "", wanted);
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		test(cases[i].name, &cases[i].run, cases[i].status, cases[i].out, cases[i].err);
	for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
		test_unread(i);
	test_show();
	test_faults();
	return tap_end();
}
