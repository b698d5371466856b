/* Variables of a file, as python-dotenv reads them, and where it cannot. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/env_priv.h"

#include "tap.h"

/* The environment has ENV_FILE_OUTER=outer, ENV_FILE_EMPTY= and nothing else that is named here. */
static const struct {
	const char *text, *wanted; /* of each line "NAME=VALUE;", the value that it has at last */
} good[] = {
	{"", ""},
	{" \n\t\n", ""},
	{"# A=1\n  # B=2", ""},
	{"A=1", "A=1;"},
	{"A=1\n", "A=1;"},
	{"A=1\nB=2\n\n\nC=3", "A=1;B=2;C=3;"},
	{"A=1\r\nB=2\r\n", "A=1;B=2;"},
	{"A=1\rB=2\r", "A=1;B=2;"},
	{"\xef\xbb\xbf"
	 "A=1",
		"A=1;"},
	{"  A  =  1  \n\tB\t=\t2\t", "A=1;B=2;"},
	{"A=a b\tc", "A=a b\tc;"},
	{"A=", "A=;"},
	{"A=\nB=2", "A=;B=2;"},
	{"A= \nB=2", "A=;B=2;"},
	{"A=1=2", "A=1=2;"},
	{"A=\xc3\xa9", "A=\xc3\xa9;"},
	{"a.b-c=1", "a.b-c=1;"},
	{"A=1\nA=2", "A=2;A=2;"},
	{"A=1\nA", "A;A;"},
	{"A # why", "A;"},
	/* export */
	{"export A=1", "A=1;"},
	{"  export \t A=1", "A=1;"},
	{"export=1", "export=1;"},
	{"export", "export;"},
	{"exported=1", "exported=1;"},
	{"export A", "A;"},
	/* comments */
	{"A=1 # why", "A=1;"},
	{"A=1\t#why", "A=1;"},
	{"A=1# why", "A=1# why;"},
	{"A=1#2 #3 #4", "A=1#2;"},
	{"A=#1", "A=#1;"},
	{"A=##1 #2", "A=##1;"},
	{"A= # why", "A=;"},
	{"A= #1", "A=;"},
	{"A='1' # why", "A=1;"},
	{"A=\"1\"# why", "A=1;"},
	{"A='1 # 2'", "A=1 # 2;"},
	/* quotes */
	{"A=''", "A=;"},
	{"A=\"\"", "A=;"},
	{"A='  1  '", "A=  1  ;"},
	{"A=\"  1  \"  ", "A=  1  ;"},
	{"A='\"'", "A=\";"},
	{"A=\"'\"", "A=';"},
	{"A=x'1'", "A=x'1';"},
	{"A=1'", "A=1';"},
	{"A='\\n\\\"'", "A=\\n\\\";"},
	{"A='\\'\\\\x'", "A='\\x;"},
	{"A=\"\\n\\t\\r\\\\x\\\"\\'\"", "A=\n\t\r\\x\"';"},
	{"A=\"\\a\\b\\f\\v\"", "A=\a\b\f\v;"},
	{"A=\"\\x\\$\"", "A=\\x\\$;"},
	{"A=\\n\\\"", "A=\\n\\\";"},
	{"A='1\n2'\nB=3", "A=1\n2;B=3;"},
	{"A=\"1\r\n2\"\nB=3", "A=1\n2;B=3;"},
	{"'A B'=1", "A B=1;"},
	{"'A'", "A;"},
	/* the first quote that has no backslash in front, or else the last one */
	{"A='1\\\\'", "A=1\\;"},
	{"A='1\\'", "A=1\\;"},
	{"A='1\\'\\'", "A=1'\\;"},
	/* variables */
	{"A=${ENV_FILE_OUTER}", "A=outer;"},
	{"A=<${ENV_FILE_OUTER}${ENV_FILE_OUTER}>", "A=<outerouter>;"},
	{"A='${ENV_FILE_OUTER}'", "A=outer;"},
	{"A=\"${ENV_FILE_OUTER}\"", "A=outer;"},
	{"A=${ENV_FILE_NONE}", "A=;"},
	{"A=${ENV_FILE_NONE:-x}", "A=x;"},
	{"A=${ENV_FILE_NONE:-}", "A=;"},
	{"A=${ENV_FILE_NONE:-a:-b{c}", "A=a:-b{c;"},
	{"A=${ENV_FILE_EMPTY:-x}", "A=;"},
	{"A=${ENV_FILE_OUTER:-x}", "A=outer;"},
	{"B=1\nA=${B}${B}", "B=1;A=11;"},
	{"B=1\nB=2\nA=${B}", "B=2;B=2;A=2;"},
	{"B=1\nB\nA=${B:-x}", "B;B;A=;"},
	{"A=${B}\nB=1", "A=;B=1;"},
	{"ENV_FILE_OUTER=inner\nA=${ENV_FILE_OUTER}", "ENV_FILE_OUTER=inner;A=outer;"},
	{"B='$'\nA=${B}{B}", "B=$;A=${B};"},
	{"A=$ENV_FILE_OUTER", "A=$ENV_FILE_OUTER;"},
	{"A=${ENV_FILE_OUTER", "A=${ENV_FILE_OUTER;"},
	{"A=${ENV_FILE_NONE:-x", "A=${ENV_FILE_NONE:-x;"},
	{"A=${ENV_FILE_NONE:x}${ENV_FILE_OUTER}", "A=${ENV_FILE_NONE:x}outer;"},
	{"A=${}", "A=;"},
	{"A=$${ENV_FILE_OUTER}$", "A=$outer$;"},
	{"A=${ENV_FILE_${ENV_FILE_OUTER}}", "A=};"},
};

#define BEHIND "something stands behind what should be its end"

static const struct {
	const char *text;
	size_t line;
	const char *reason;
} bad[] = {
	{"A=1\n\n  =2", 3, "it has no name"},
	{"=", 1, "it has no name"},
	{"export =1", 1, "it has no name"},
	{"A B=1", 1, BEHIND},
	{"A=1\r\nsecret words\r\n", 2, BEHIND},
	{"A='1'2", 1, BEHIND},
	{"A=\"1\" 2", 1, BEHIND},
	{"A='1''2'", 1, BEHIND},
	{"A=1\nB='1\n2", 2, "its quote is never closed"},
	{"A=\"1'", 1, "its quote is never closed"},
	{"A='", 1, "its quote is never closed"},
	{"'A=1", 1, "its name is not whole"},
	{"''=1", 1, "its name is not whole"},
	{"'A'B=1", 1, BEHIND},
	{"A='1\n2'\nB='1\n2' 3", 3, BEHIND},
	{"A=\xff", 0, "it is no UTF-8 text"},
};

static void test_good(size_t number, const char *text, const char *wanted)
{
	const char *name, *reason;
	char got[256] = "";
	size_t line, n = 0;
	struct env_file *file = env_file_parse(span_text(text), &line, &reason);

	for (size_t i = 0; file && (name = env_file_name(file, i)); i++) {
		const char *value = env_file_value(file, name, false);
		n += (size_t)snprintf(got + n, sizeof got - n, "%s%s%s;", name, value ? "=" : "",
			value ? value : "");
	}
	if (!TAP_OK(file && !reason && strcmp(got, wanted) == 0, "good: %zu", number))
		printf("# %s|%s\n", got, reason ? reason : "");
	env_file_free(file);
}

static void test_bad(const char *text, size_t wanted, const char *reason_wanted)
{
	const char *reason = NULL;
	size_t line = 99;
	struct env_file *file = env_file_parse(span_text(text), &line, &reason);

	if (!TAP_OK(!file && line == wanted && strcmp(reason, reason_wanted) == 0,
		    "bad: line %zu, %s", wanted, reason_wanted))
		printf("# %zu: %s\n", line, reason ? reason : "");
	env_file_free(file);
}

static void test_case(void)
{
	const char *reason;
	size_t line;
	struct env_file *file = env_file_parse(span_text("a=1\nA=2\nab=3\nAb=4"), &line, &reason);

	TAP_OK(strcmp(env_file_value(file, "a", false), "1") == 0 &&
			strcmp(env_file_value(file, "A", false), "2") == 0 &&
			!env_file_value(file, "AB", false),
		"names are as they are");
	TAP_OK(strcmp(env_file_value(file, "AB", true), "4") == 0 &&
			!env_file_value(file, "abc", true) && !env_file_value(file, "", true),
		"or in any case");
	env_file_free(file);
}

static void test_growth(size_t n, const char *line, size_t at_least, size_t at_most)
{
	static char text[64 * 1024];
	const char *reason;
	struct env_file *file;
	size_t number;

	memset(text, 'x', n);
	memcpy(text, "A=", 2);
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "\n%s", line);
	file = env_file_parse(span_text(text), &number, &reason);
	if (!TAP_OK(!file && number >= at_least && number <= at_most &&
			    strcmp(reason, "with its variables replaced it is too long") == 0,
		    "values cannot grow without end by %s", line))
		printf("# line %zu: %s\n", number, reason ? reason : "");
	env_file_free(file);
}

/* What is read of a file with this content: -1 and *err, or the number of its names, or -2: none. */
static int read_file(const char *content, size_t n, struct err *err)
{
	char path[] = "/tmp/env_file.XXXXXX";
	int fd = mkstemp(path), names = 0;
	struct env_file *file;

	if (fd < 0 || write(fd, content, n) != (ssize_t)n)
		abort();
	close(fd);
	if (env_file_read(path, &file, err) < 0)
		names = -1;
	else if (!file)
		names = -2;
	while (names >= 0 && env_file_name(file, (size_t)names))
		names++;
	env_file_free(file);
	unlink(path);
	return names;
}

static void test_file(void)
{
	static char large[70000];
	struct env_file *file = (struct env_file *)&large;
	struct err err = {.code = EXIT_DONE};

	TAP_OK(read_file("A=1\nB=2", 7, &err) == 2, "a file");
	TAP_OK(read_file("", 0, &err) == 0, "an empty file");
	TAP_OK(read_file("A=1\nsecret words", 16, &err) == -1 && err.code == EXIT_USAGE &&
			strncmp(err.text, "cannot read '/tmp/env_file.", 27) == 0 &&
			strstr(err.text, "': line 2: " BEHIND) && !strstr(err.text, "secret"),
		"a line that cannot be read is named, and not shown");
	TAP_OK(read_file("A=1\0", 4, &err) == -1 && err.code == EXIT_USAGE &&
			strstr(err.text, "': it is no UTF-8 text"),
		"a NUL");
	memset(large, '\n', sizeof large);
	TAP_OK(read_file(large, 64 * 1024, &err) == 0 &&
			read_file(large, 64 * 1024 + 1, &err) == -1 && err.code == EXIT_USAGE,
		"a file that is too large");
	TAP_OK(env_file_read("/nowhere/.env", &file, &err) == 0 && !file, "no folder");
	file = (struct env_file *)&large;
	TAP_OK(env_file_read("/dev/null/.env", &file, &err) == 0 && !file, "a file for a folder");
	file = (struct env_file *)&large;
	TAP_OK(env_file_read("/tmp", &file, &err) == -1 && !file && err.code == EXIT_USAGE &&
			strcmp(err.text, "cannot read '/tmp': Is a directory") == 0,
		"a folder for a file");
}

int main(void)
{
	setenv("ENV_FILE_OUTER", "outer", 1);
	setenv("ENV_FILE_EMPTY", "", 1);
	unsetenv("A");
	unsetenv("B");
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		test_good(i + 1, good[i].text, good[i].wanted);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		test_bad(bad[i].text, bad[i].line, bad[i].reason);
	test_case();
	test_growth(12, "A=${A}${A}", 16, 20);
	test_growth(50002, "B=${A}", 21, 21);
	test_file();
	env_file_free(NULL);
	return tap_end();
}
