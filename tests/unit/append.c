/* A file that is looked at, and what others do to it before it is locked. */
#include "base/append.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"

#include "child.h"
#include "tap.h"

static char path[] = "/tmp/append.XXXXXX";

static const struct {
	const char *what;
	const char *seen, *found; /* of the file at the look, and when it is opened; NULL: none */
	bool taken;
} cases[] = {
	{"no file", NULL, NULL, true},
	{"an empty file", "", "", true},
	{"a file as it was", "one\ntwo\n", "one\ntwo\n", true},
	{"a torn end as it was", "one\ntorn", "one\ntorn", true},
	{"a torn end that was cut", "one\ntorn", "one\n", true},
	{"a torn end that is new", "one\n", "one\ntorn", true},
	{"nothing but a torn end", "torn", "torn", true},
	{"a file that is new", NULL, "one\n", false},
	{"a record more", "one\n", "one\ntwo\n", false},
	{"the first record", "", "one\n", false},
	{"a record in place of a torn end that was longer", "one\nlong torn end", "one\ntwo\n",
		false},
	{"a record in place of one that was as long", "one\ntorn", "one\ntwo\n", false},
	{"a torn end that became whole", "one\ntorn", "one\ntorn\n", false},
	{"a record less", "one\ntwo\n", "one\n", false},
	{"a file that was removed", "one\n", NULL, false},
};

static void put_file(const char *text)
{
	FILE *file;

	unlink(path);
	if (!text)
		return;
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) < 0)
		abort();
}

/* In a process of its own, since what it says of a torn end is not for the test's output. */
static int run_case(const void *arg)
{
	const char *found = *(const char *const *)arg;
	struct append append;
	struct err err;
	struct out *out;
	uint64_t none;

	diag_init("append");
	append_look(&append, path);
	put_file(found);
	out = append_open(&append, &err);
	if (!out)
		return diag_err(&err);
	return out_close(out, EXIT_DONE, &none);
}

static void test_cases(void)
{
	char refusal[128];

	snprintf(refusal, sizeof refusal,
		"append: cannot write '%s': another process has written to it meanwhile\n", path);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct child child;
		put_file(cases[i].seen);
		child_run(&child, run_case, &cases[i].found);
		TAP_OK((child.status == EXIT_DONE) == cases[i].taken &&
				!strstr(child.err, refusal) == cases[i].taken,
			"%s is %s", cases[i].what, cases[i].taken ? "taken" : "refused");
	}
}

/* A look at what is no regular file must neither wait nor count. */
static int run_other(const void *arg)
{
	struct append append;
	struct err err;
	struct out *out;
	uint64_t none;

	alarm(10);
	append_look(&append, arg);
	if (arg && strcmp(arg, path) == 0) /* a named pipe: it would wait for its reader */
		return EXIT_DONE;
	out = append_open(&append, &err);
	if (!out)
		return EXIT_FAILED;
	return out_close(out, EXIT_DONE, &none);
}

static void test_others(void)
{
	struct child child;

	child_run(&child, run_other, NULL);
	TAP_OK(child.status == EXIT_DONE, "standard output");
	child_run(&child, run_other, "/dev/null");
	TAP_OK(child.status == EXIT_DONE, "a device");
	put_file(NULL);
	if (mkfifo(path, 0600) < 0)
		abort();
	child_run(&child, run_other, path);
	TAP_OK(child.status == EXIT_DONE, "a named pipe is not waited for");
}

int main(void)
{
	close(mkstemp(path));
	test_cases();
	test_others();
	unlink(path);
	return tap_end();
}
