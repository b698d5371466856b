/* Options of every kind, as users write them, and as they get them wrong. */
#include "base/opt.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/diag.h"

#include "child.h"
#include "tap.h"

struct options {
	char canary[8]; /* so that the tables lie at different places */
	struct own {
		bool flag;
		unsigned count;
		const char *text;
		const char *file;
		int choice;
		struct opt_list list;
	} own;
	struct numbers {
		uint64_t number;
		uint64_t any;
		uint64_t duration;
		uint64_t size;
	} numbers;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct opt own_options[] = {
	{.kind = OPT_FLAG,
		.letter = 'f',
		.name = "flag",
		.help = "h",
		.at = offsetof(struct own, flag)},
	{.kind = OPT_COUNT,
		.letter = 'v',
		.name = "verbose",
		.help = "h",
		.at = offsetof(struct own, count)},
	{.kind = OPT_TEXT,
		.letter = 't',
		.name = "text",
		.arg = "text",
		.help = "h",
		.env = "OPT_TEST_TEXT",
		.at = offsetof(struct own, text)},
	{.kind = OPT_FILE,
		.name = "file",
		.arg = "file",
		.help = "h",
		.at = offsetof(struct own, file)},
	{.kind = OPT_CHOICE,
		.letter = 'c',
		.name = "colour",
		.arg = "colour",
		.help = "h",
		.choices = colours,
		.preset = "green",
		.env = "OPT_TEST_COLOUR",
		.at = offsetof(struct own, choice)},
	{.kind = OPT_LIST,
		.letter = 'X',
		.name = "list",
		.arg = "item",
		.help = "h",
		.at = offsetof(struct own, list)},
	{.name = NULL},
};

static const struct opt number_options[] = {
	{.kind = OPT_U64,
		.letter = 'n',
		.name = "number",
		.arg = "n",
		.help = "h",
		.preset = "3",
		.lo = 2,
		.hi = 50,
		.at = offsetof(struct numbers, number)},
	{.kind = OPT_U64,
		.name = "any",
		.arg = "n",
		.help = "h",
		.at = offsetof(struct numbers, any)},
	{.kind = OPT_DURATION,
		.name = "duration",
		.arg = "d",
		.help = "h",
		.preset = "2m",
		.lo = 1,
		.at = offsetof(struct numbers, duration)},
	{.kind = OPT_SIZE,
		.name = "size",
		.arg = "s",
		.help = "h",
		.hi = 1024 * 1024,
		.at = offsetof(struct numbers, size)},
	{.kind = OPT_HELP, .letter = 'h', .name = "help", .help = "h"},
	{.kind = OPT_VERSION, .letter = 'V', .name = "version", .help = "h"},
	{.name = NULL},
};

static const struct opt_program program = {
	.name = "name",
	.operands = "operand ...",
	.summary = "Do it.",
	.operands_min = 1,
	.operands_max = 3,
	.tables = {{own_options, offsetof(struct options, own)},
		{number_options, offsetof(struct options, numbers)}},
};

enum { WORDS_MAX = 80 };

/* Splits at blanks; "''" is an empty word. */
static int split(char *line, char *argv[WORDS_MAX])
{
	int argc = 0;

	argv[argc++] = (char *)(uintptr_t) "name";
	while (*line) {
		char *word = line;
		size_t n = strcspn(line, " ");
		line += n;
		if (*line)
			*line++ = '\0';
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	argv[argc] = NULL;
	return argc;
}

/* What was understood, in one line. */
static int run_parse(const void *arg)
{
	char line[2048], *argv[WORDS_MAX + 1];
	char **operands;
	struct options o;
	int argc;

	snprintf(line, sizeof line, "%s", (const char *)arg);
	argc = split(line, argv);
	diag_init("name");
	memset(&o, 0x5a, sizeof o); /* as a variable on the stack is */
	operands = opt_parse(&program, &o, argc, argv);
	printf("f%d v%u t:%s F:%s c%d n%llu a%llu d%llu s%llu", o.own.flag, o.own.count,
		o.own.text ? o.own.text : "-", o.own.file ? o.own.file : "-", o.own.choice,
		(unsigned long long)o.numbers.number, (unsigned long long)o.numbers.any,
		(unsigned long long)o.numbers.duration, (unsigned long long)o.numbers.size);
	for (size_t i = 0; i < o.own.list.n; i++)
		printf(" X:%s", o.own.list.items[i]);
	for (; *operands; operands++)
		printf(" [%s]", *operands);
	fflush(stdout);
	return 0;
}

#define PRESETS "f0 v0 t:- F:- c1 n3 a0 d120000 s0"

static const struct {
	const char *line, *wanted;
} good[] = {
	{"a", PRESETS " [a]"},
	{"a b c", PRESETS " [a] [b] [c]"},
	{"-", PRESETS " [-]"},
	{"a -- -f --", PRESETS " [a] [-f] [--]"},
	{"-- a", PRESETS " [a]"},
	{"-f a", "f1 v0 t:- F:- c1 n3 a0 d120000 s0 [a]"},
	{"a --flag b -v c -v", "f1 v2 t:- F:- c1 n3 a0 d120000 s0 [a] [b] [c]"},
	{"-vfvv a", "f1 v3 t:- F:- c1 n3 a0 d120000 s0 [a]"},
	{"-tx a", "f0 v0 t:x F:- c1 n3 a0 d120000 s0 [a]"},
	{"-t x a", "f0 v0 t:x F:- c1 n3 a0 d120000 s0 [a]"},
	{"-vtv a", "f0 v1 t:v F:- c1 n3 a0 d120000 s0 [a]"},
	{"-t -f a", "f0 v0 t:-f F:- c1 n3 a0 d120000 s0 [a]"},
	{"-t -- a", "f0 v0 t:-- F:- c1 n3 a0 d120000 s0 [a]"},
	{"--text=x a", "f0 v0 t:x F:- c1 n3 a0 d120000 s0 [a]"},
	{"--text x a", "f0 v0 t:x F:- c1 n3 a0 d120000 s0 [a]"},
	{"--text= a", "f0 v0 t: F:- c1 n3 a0 d120000 s0 [a]"},
	{"--text '' a", "f0 v0 t: F:- c1 n3 a0 d120000 s0 [a]"},
	{"--text=a=b --text=c=d a", "f0 v0 t:c=d F:- c1 n3 a0 d120000 s0 [a]"},
	{"--file - -cred a", "f0 v0 t:- F:- c0 n3 a0 d120000 s0 [a]"},
	{"--colour blue a", "f0 v0 t:- F:- c2 n3 a0 d120000 s0 [a]"},
	{"-n2 a", "f0 v0 t:- F:- c1 n2 a0 d120000 s0 [a]"},
	{"-n 50 --any=18446744073709551615 a",
		"f0 v0 t:- F:- c1 n50 a18446744073709551615 d120000 s0 [a]"},
	{"--duration 1ms --size 1M a", "f0 v0 t:- F:- c1 n3 a0 d1 s1048576 [a]"},
	{"-Xa=b -X c --list=d a", PRESETS " X:a=b X:c X:d [a]"},
};

static const struct {
	const char *line, *fault;
} bad[] = {
	{"", "missing operand: operand ..."},
	{"-f", "missing operand: operand ..."},
	{"--", "missing operand: operand ..."},
	{"a b c d", "unexpected operand 'd'"},
	{"-x a", "unknown option '-x'"},
	{"-fx a", "unknown option '-x'"},
	{"-f- a", "unknown option '--'"},
	{"--unknown a", "unknown option '--unknown'"},
	{"--unknown=3 a", "unknown option '--unknown'"},
	{"--fla a", "unknown option '--fla'"},
	{"--flags a", "unknown option '--flags'"},
	{"--Flag a", "unknown option '--Flag'"},
	{"--=x a", "unknown option '--'"},
	{"--flag=1 a", "--flag takes no value"},
	{"--flag= a", "--flag takes no value"},
	{"a -t", "-t needs a value"},
	{"a --text", "--text needs a value"},
	{"a -vn", "-n needs a value"},
	{"-c pink a", "'pink' is none of the values of -c: red, green, blue"},
	{"--colour=RED a", "'RED' is none of the values of --colour: red, green, blue"},
	{"-n1 a", "'1' is not a whole number from 2 to 50, as -n needs"},
	{"-n 51 a", "'51' is not a whole number from 2 to 50, as -n needs"},
	{"--number=-3 a", "'-3' is not a whole number from 2 to 50, as --number needs"},
	{"--number= a", "'' is not a whole number from 2 to 50, as --number needs"},
	{"--any=18446744073709551616 a",
		"'18446744073709551616' is not a whole number, or not one that --any can be"},
	{"--duration=0 a",
		"'0' is not a duration such as 500ms, 10s, 2m, 1h or 7d, or not one that --duration "
		"can be"},
	{"--size=2M a",
		"'2M' is not a size such as 512, 64k, 10M or 1G, or not one that --size can be"},
	{"--dump-options=html a", "--dump-options takes mdoc, bash, zsh or fish"},
	{"--dump-options", "--dump-options needs a value"},
};

static void test_good(const char *line, const char *wanted)
{
	struct child child;

	child_run(&child, run_parse, line);
	if (!TAP_OK(child.status == 0 && strcmp(child.out, wanted) == 0 && !*child.err, "'%s'",
		    line))
		printf("# %d: %s\n# %s", child.status, child.out, child.err);
}

static void test_bad(const char *line, const char *fault)
{
	struct child child;
	char wanted[512];

	snprintf(wanted, sizeof wanted, "name: %s\nname: try 'name --help'\n", fault);
	child_run(&child, run_parse, line);
	if (!TAP_OK(child.status == EXIT_USAGE && strcmp(child.err, wanted) == 0 && !*child.out,
		    "'%s' is refused", line))
		printf("# %d: %s\n# %s", child.status, child.out, child.err);
}

static void test_environment(void)
{
	setenv("OPT_TEST_TEXT", "env", 1);
	setenv("OPT_TEST_COLOUR", "blue", 1);
	test_good("a", "f0 v0 t:env F:- c2 n3 a0 d120000 s0 [a]");
	test_good("-t x --colour red a", "f0 v0 t:x F:- c0 n3 a0 d120000 s0 [a]");
	setenv("OPT_TEST_TEXT", "", 1);
	setenv("OPT_TEST_COLOUR", "pink", 1);
	test_bad("a",
		"'pink' is none of the values of the variable OPT_TEST_COLOUR: red, green, blue");
	setenv("OPT_TEST_COLOUR", "", 1);
	test_good("a", PRESETS " [a]");
}

static void test_list(void)
{
	char line[1024] = "";

	for (int i = 0; i < OPT_LIST_MAX; i++)
		memcpy(line + 4 * i, "-Xy ", 5);
	snprintf(line + strlen(line), 8, "-Xz a");
	test_bad(line, "-X is given more than 64 times");
}

static void test_shown(void)
{
	static const char *const lines[] = {"--help", "-h", "a -fh --unknown", "--version", "-V"};
	struct child child;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		child_run(&child, run_parse, lines[i]);
		TAP_OK(child.status == 0 && !*child.err &&
				strstr(child.out,
					i < 3 ? "Usage: name [option ...] operand ...\n"
					      : "name (tradepipe) "),
			"'%s'", lines[i]);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		test_good(good[i].line, good[i].wanted);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		test_bad(bad[i].line, bad[i].fault);
	test_environment();
	test_list();
	test_shown();
	return tap_end();
}
