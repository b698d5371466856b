/* Messages: one line each, whatever is in them. */
#include "base/diag.h"

#include "child.h"
#include "tap.h"

static const struct {
	const char *name, *text, *line, *json; /* json: the message's string */
} cases[] = {
	{"plain text", "cannot open 'x': none", "cannot open 'x': none", "cannot open 'x': none"},
	{"nothing", "", "", ""},
	{"control bytes", "a\nb\r\tc\033[31m\177", "a\\x0ab\\x0d\\x09c\\x1b[31m\\x7f",
		"a\\\\x0ab\\\\x0d\\\\x09c\\\\x1b[31m\\\\x7f"},
	{"quotes and backslashes", "\"a\\b\"", "\"a\\b\"", "\\\"a\\\\b\\\""},
	{"UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"bytes that are no UTF-8", "a\xff\xc3", "a\\xff\\xc3", "a\\\\xff\\\\xc3"},
	{"control characters above ASCII",
		"a\xc2\x9b"
		"31m\xc2\xa0",
		"a\\xc2\\x9b31m\xc2\xa0", "a\\\\xc2\\\\x9b31m\xc2\xa0"},
	{"a percent sign", "%s %n", "%s %n", "%s %n"},
};

static int run_text(const void *arg)
{
	diag_init("name");
	diag_error("%s", (const char *)arg);
	return 0;
}

static int run_json(const void *arg)
{
	diag_init("name");
	diag_configure(DIAG_WARNING, true);
	diag_error("%s", (const char *)arg);
	return 0;
}

static void test_text(void)
{
	struct child child;
	char wanted[256];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		child_run(&child, run_text, cases[i].text);
		snprintf(wanted, sizeof wanted, "name: %s\n", cases[i].line);
		TAP_OK(strcmp(child.err, wanted) == 0 && !*child.out, "%s", cases[i].name);
		child_run(&child, run_json, cases[i].text);
		snprintf(wanted, sizeof wanted,
			"\"level\":\"error\",\"program\":\"name\",\"message\":\"%s\"}\n",
			cases[i].json);
		TAP_OK(strncmp(child.err, "{\"time\":\"20", 11) == 0 && strstr(child.err, wanted),
			"%s, as JSON", cases[i].name);
	}
}

/* One message of each level. */
static int run_levels(const void *arg)
{
	const enum diag_level *level = arg;

	diag_init("name");
	diag_configure(*level, false);
	diag_error("e");
	diag_warning("w");
	diag_info("i");
	diag_debug("d");
	diag_account("account: a=1", "{\"a\":1}");
	return diag_shows(DIAG_INFO);
}

static void test_levels(void)
{
	static const char *const wanted[] = {"name: e\n", "name: warning: w\n", "name: i\n",
		"name: d\n", "name: account: a=1\n"};
	struct child child;

	for (enum diag_level level = DIAG_ERROR; level <= DIAG_DEBUG; level++) {
		char all[128] = "";
		size_t n = 0;
		for (unsigned i = 0; i < 5; i++)
			if (i <= level || i == 4)
				n += (size_t)snprintf(all + n, sizeof all - n, "%s", wanted[i]);
		child_run(&child, run_levels, &level);
		TAP_OK(strcmp(child.err, all) == 0 && child.status == (level >= DIAG_INFO),
			"level %u", level);
	}
}

static int run_long(const void *arg)
{
	char text[100 * 1000];

	(void)arg;
	diag_init("name");
	memset(text, '\001', sizeof text);
	text[sizeof text - 1] = '\0';
	diag_error("%s", text);
	diag_configure(DIAG_ERROR, true);
	diag_error("%s", text);
	return 0;
}

static int run_account_json(const void *arg)
{
	(void)arg;
	diag_init("name");
	diag_configure(DIAG_ERROR, true);
	diag_account("account: a=1", "{\"a\":1}");
	return 0;
}

static int run_event(const void *arg)
{
	const bool *json = arg;

	diag_init("name");
	diag_configure(DIAG_INFO, *json);
	diag_event(DIAG_DEBUG, "unseen", "unseen");
	diag_event(DIAG_INFO, "event_name", "text %d", 1);
	return 0;
}

static void test_event(void)
{
	static const bool is_json = true, is_text = false;
	struct child child;

	child_run(&child, run_event, &is_text);
	TAP_OK(strcmp(child.err, "name: text 1\n") == 0, "an event as text");
	child_run(&child, run_event, &is_json);
	TAP_OK(strstr(child.err,
		       "\"program\":\"name\",\"event\":\"event_name\","
		       "\"message\":\"text 1\"}\n") &&
			!strstr(child.err, "unseen"),
		"and in a JSON log");
}

static int run_die(const void *arg)
{
	(void)arg;
	diag_init("name");
	diag_die(EXIT_USAGE, "cannot %s", "go on");
}

/* Lines of others, and one of our own between them. */
static int run_pass(const void *arg)
{
	(void)arg;
	diag_init("name");
	diag_configure(DIAG_ERROR, false);
	diag_pass(span_text("other: a\033[m"));
	diag_pass(span_text(""));
	diag_error("e");
	return 0;
}

static int run_pass_json(const void *arg)
{
	const char *text = arg;

	diag_init("name");
	diag_configure(DIAG_ERROR, true);
	diag_pass_json("o\"ther", DIAG_WARNING, span_text(text));
	return 0;
}

/* A standard error that nobody reads costs a second once; then it is read, and what is missing told. */
static int run_stuck(const void *arg)
{
	static char text[100 * 1000];
	char line[] = "x";
	int ends[2];
	ssize_t n;

	(void)arg;
	diag_init("name");
	diag_configure(DIAG_ERROR, false);
	if (pipe(ends) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return 1;
	memset(text, 'a', sizeof text);
	diag_pass(span_make(text, sizeof text));
	for (int i = 0; i < 1000; i++)
		diag_pass(span_text(line));
	n = read(ends[0], text, sizeof text);
	if (n <= 0 || n == sizeof text || memchr(text, '\n', (size_t)n))
		return 2;
	diag_pass(span_text(line));
	n = read(ends[0], text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	return strcmp(text,
		       "\nname: warning: dropped 1001 lines of others: standard error took "
		       "nothing\nx\n") == 0
		? 0
		: 3;
}

static void test_pass(void)
{
	struct child child;

	child_run(&child, run_pass, NULL);
	TAP_OK(strcmp(child.err, "other: a\033[m\n\nname: e\n") == 0, "lines of others pass");
	child_run(&child, run_pass_json, "a\n\"b\"");
	TAP_OK(strstr(child.err,
		       "\"level\":\"warning\",\"program\":\"o\\\"ther\","
		       "\"message\":\"a\\\\x0a\\\"b\\\"\"}\n"),
		"and as JSON");
	child_run(&child, run_pass_json, "\001");
	TAP_OK(strstr(child.err, "\"message\":\"\\\\x01\"}\n"), "a control byte as JSON");
	child_run(&child, run_stuck, NULL);
	TAP_OK(child.status == 0, "a standard error that takes nothing: %d", child.status);
}

int main(void)
{
	const struct err err = {.code = EXIT_PARTIAL, .text = "text of an error"};
	struct child child;
	size_t lines = 0;

	test_text();
	test_levels();
	test_pass();
	test_event();
	child_run(&child, run_long, NULL);
	for (const char *c = child.err; *c; c++)
		lines += *c == '\n';
	TAP_OK(child.status == 0 && lines > 0 && strncmp(child.err, "name: \\x01\\x01", 14) == 0,
		"a message of any length is a line");
	child_run(&child, run_account_json, NULL);
	TAP_OK(strstr(child.err,
		       "\"level\":\"info\",\"program\":\"name\",\"event\":\"account\","
		       "\"message\":\"account: a=1\","
		       "\"account\":{\"a\":1}}\n"),
		"the account in a JSON log");
	child_run(&child, run_die, NULL);
	TAP_OK(child.status == EXIT_USAGE && strcmp(child.err, "name: cannot go on\n") == 0,
		"diag_die");
	child_run(&child, (int (*)(const void *))diag_err, &err);
	TAP_OK(child.status == EXIT_PARTIAL &&
			strcmp(child.err, "tradepipe: text of an error\n") == 0,
		"diag_err");
	return tap_end();
}
