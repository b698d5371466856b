/* The runner of pipelines, where it is not a matter of processes: those are in tests/cli/pipeline.t. */
#include "job/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/sig.h"
#include "job/pipeline_lines.h"
#include "job/pipeline_priv.h"

#include "child.h"
#include "tap.h"

enum { WORDS_MAX = 64 };

/* Status words of waitpid() as Linux makes them. */
#define EXITED(code) ((code) << 8)
#define KILLED(number) (number)

static struct pipeline *parse(
	const char *text, char *words[WORDS_MAX], char *bytes, struct err *err)
{
	static const struct pipeline_settings settings = {.out = -1};
	size_t n = 0;

	for (char *at = bytes; *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");
		words[n++] = at;
		memcpy(at, text, length);
		at[length] = '\0';
		at += length + 1;
		text += length;
	}
	words[n] = NULL;
	return pipeline_parse(words, &settings, err);
}

static const struct {
	const char *words, *names; /* names NULL: it is refused */
} parse_cases[] = {
	{"a", "a"},
	{"a b c", "a"},
	{"/usr/bin/a x | b | ../c", "a b c"},
	{"a | ./a | b | /bin/a", "a a.2 b a.3"},
	{"a ||", "a"},
	{"a|b", "a|b"},
	{"/", "/"},
	{"", NULL},
	{"|", NULL},
	{"a |", NULL},
	{"| a", NULL},
	{"a | | b", NULL},
	{"a|a|a | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17", NULL},
};

static void test_parse(void)
{
	for (size_t i = 0; i < sizeof parse_cases / sizeof *parse_cases; i++) {
		char *words[WORDS_MAX], bytes[256], names[256] = "";
		struct err err = {.code = EXIT_DONE};
		struct pipeline *p = parse(parse_cases[i].words, words, bytes, &err);
		size_t n = 0, length = 0;

		if (!p) {
			TAP_OK(!parse_cases[i].names && err.code == EXIT_USAGE, "'%s': %s",
				parse_cases[i].words, err.text);
			continue;
		}
		pipeline_stages(p, &n);
		for (size_t k = 0; k < n; k++)
			length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
				k ? " " : "", pipeline_stages(p, &n)[k].name);
		TAP_OK(parse_cases[i].names && strcmp(names, parse_cases[i].names) == 0,
			"'%s' is '%s'", parse_cases[i].words, names);
		pipeline_free(p);
	}
}

static void test_show(void)
{
	char *words[WORDS_MAX], bytes[64];
	struct pipeline *p = parse("a 'b | c=d", words, bytes, NULL);
	static const char wanted[] = "a ''\\''b' | 'c=d'";
	struct buf to;

	for (size_t ceiling = 0; ceiling < sizeof wanted - 1; ceiling++) {
		buf_init(&to, ceiling);
		if (pipeline_show(p, &to) == 0)
			break;
		buf_release(&to);
		if (ceiling == sizeof wanted - 2)
			TAP_OK(true, "a buffer that is too small is told of");
	}
	buf_init(&to, sizeof wanted - 1);
	TAP_OK(pipeline_show(p, &to) == 0 && span_is_text(buf_span(&to), wanted), "one that fits");
	buf_release(&to);
	pipeline_free(p);
}

/* Stages that failed, with their status and the order of their ends. */
static const struct {
	const char *name;
	struct {
		int status;
		unsigned order;
	} failed[3]; /* order 0: not failed */
	int culprit;
	enum exit_code code;
} culprit_cases[] = {
	{"none", {{0, 0}}, -1, EXIT_DONE},
	{"one with 1", {{0, 0}, {EXITED(1), 2}}, 1, EXIT_FAILED},
	{"one with 2", {{0, 0}, {EXITED(2), 2}}, 1, EXIT_USAGE},
	{"one with 3", {{EXITED(3), 2}}, 0, EXIT_PARTIAL},
	{"one with 77", {{EXITED(77), 2}}, 0, EXIT_FAILED},
	{"one that was killed", {{KILLED(3), 2}}, 0, EXIT_FAILED},
	{"the first of two", {{EXITED(1), 2}, {EXITED(2), 1}}, 1, EXIT_USAGE},
	{"not the 3", {{EXITED(3), 1}, {EXITED(2), 2}}, 1, EXIT_USAGE},
	{"not the 3 behind it", {{EXITED(2), 2}, {EXITED(3), 1}}, 0, EXIT_USAGE},
	{"the first 3", {{EXITED(3), 3}, {EXITED(3), 2}, {EXITED(3), 1}}, 2, EXIT_PARTIAL},
};

static void test_culprit(void)
{
	for (size_t i = 0; i < sizeof culprit_cases / sizeof *culprit_cases; i++) {
		struct pipeline p = {.n = 3};
		const struct pipeline_stage *culprit;

		for (size_t k = 0; k < p.n; k++)
			p.stages[k] = (struct pipeline_stage){
				.end = culprit_cases[i].failed[k].order ? PIPELINE_FAILED
									: PIPELINE_WELL,
				.status = culprit_cases[i].failed[k].status,
				.order = culprit_cases[i].failed[k].order};
		culprit = pipeline_culprit(&p);
		if (!culprit)
			TAP_OK(culprit_cases[i].culprit == -1, "%s", culprit_cases[i].name);
		else
			TAP_OK(culprit == &p.stages[culprit_cases[i].culprit] &&
					pipeline_code(culprit) == culprit_cases[i].code,
				"%s", culprit_cases[i].name);
	}
}

#define TALLY .tally = {.n = 2, .counts = {{"read", 9}, {"lost", 2}}}
#define ERROR .last_error = (char *)"cannot x"

static const struct {
	struct pipeline_stage stage;
	const char *text;
} explain_cases[] = {
	{{.status = EXITED(3), TALLY, ERROR}, "n ended with exit code 3: read=9 lost=2"},
	{{.status = EXITED(3), ERROR}, "n ended with exit code 3: cannot x"},
	{{.status = EXITED(1), TALLY, ERROR}, "n ended with exit code 1: cannot x"},
	{{.status = EXITED(1), TALLY}, "n ended with exit code 1: read=9 lost=2"},
	{{.status = EXITED(1)}, "n ended with exit code 1"},
	{{.status = KILLED(9), ERROR}, "n was killed by signal 9: cannot x"},
	{{.status = KILLED(9), .late = true, .late_ms = 10000}, "n did not end within 10s"},
	{{.status = KILLED(9), .late = true, .late_ms = 1500}, "n did not end within 1500ms"},
};

static void test_explain(void)
{
	struct buf text;

	buf_init(&text, 1024);
	for (size_t i = 0; i < sizeof explain_cases / sizeof *explain_cases; i++) {
		struct pipeline_stage stage = explain_cases[i].stage;
		stage.name = "n";
		buf_clear(&text);
		pipeline_explain(&stage, &text);
		TAP_OK(span_is_text(buf_span(&text), explain_cases[i].text), "%.*s", (int)text.len,
			text.data);
	}
	buf_release(&text);
}

/* --- lines out of a pipe */
struct heard {
	unsigned n;
	size_t longest, sum;
	char last[16];
};

static void hear(void *arg, struct span line)
{
	struct heard *heard = arg;
	size_t n = line.n < sizeof heard->last - 1 ? line.n : sizeof heard->last - 1;

	heard->n++;
	heard->sum += line.n;
	if (line.n > heard->longest)
		heard->longest = line.n;
	memcpy(heard->last, line.p, n);
	heard->last[n] = '\0';
}

static void test_lines(void)
{
	static char bytes[PIPELINE_LINE_MAX];
	struct pipeline_lines lines;
	struct heard heard = {.n = 0};
	int ends[2];

	if (pipe(ends) < 0)
		return;
	pipeline_lines_open(&lines, ends[0], hear, &heard);
	TAP_OK(!pipeline_lines_read(&lines) && heard.n == 0,
		"nothing is there, and none is awaited");
	TAP_OK(write(ends[1], "a\n\nb", 4) == 4 && pipeline_lines_read(&lines) && heard.n == 2,
		"whole lines, empty ones too");
	TAP_OK(write(ends[1], "c\n", 2) == 2 && pipeline_lines_read(&lines) &&
			strcmp(heard.last, "bc") == 0,
		"a line in two parts");
	memset(bytes, 'x', sizeof bytes);
	bytes[sizeof bytes - 1] = '\n';
	TAP_OK(write(ends[1], bytes, sizeof bytes) == (ssize_t)sizeof bytes &&
			pipeline_lines_read(&lines) && heard.longest == sizeof bytes - 1,
		"the longest line");
	bytes[sizeof bytes - 1] = '\xc3';
	heard.n = 0;
	TAP_OK(write(ends[1], bytes, sizeof bytes) == (ssize_t)sizeof bytes &&
			pipeline_lines_read(&lines) && heard.n == 1,
		"a longer one in pieces");
	TAP_OK(write(ends[1], "\xa9", 1) == 1 && close(ends[1]) == 0, "whose end lacks a newline");
	while (pipeline_lines_read(&lines))
		;
	TAP_OK(heard.n == 2 && strcmp(heard.last, "\xc3\xa9") == 0 && lines.fd == -1,
		"which is handed on at the end of the pipe, no character torn");
}

/* Descriptor 3 takes what the pipeline writes. */
static int run_to(const void *arg)
{
	char *words[WORDS_MAX], bytes[256];
	struct pipeline *p = parse(arg, words, bytes, NULL);
	int ends[2], result = 1;
	char text[16];
	struct err err;

	sig_init(1000);
	if (pipe(ends) < 0)
		return 2;
	p->settings.out = ends[1];
	if (pipeline_start(p, &err) < 0)
		return 3;
	close(ends[1]);
	while (!pipeline_has_ended(p))
		pipeline_wait(p, -1, -1);
	if (read(ends[0], text, sizeof text) == 3 && memcmp(text, "hi\n", 3) == 0)
		result = read(ends[0], text, sizeof text) == 0 ? 0 : 4;
	pipeline_free(p);
	return result;
}

/* A wait ends by itself, by the descriptor, and freeing what runs leaves nothing. */
static int run_waits(const void *arg)
{
	char *words[WORDS_MAX], bytes[256];
	struct pipeline *p = parse(arg, words, bytes, NULL);
	struct err err;
	int ends[2];

	sig_init(1000);
	if (pipe(ends) < 0 || pipeline_start(p, &err) < 0)
		return 1;
	pipeline_wait(p, -1, 0);
	pipeline_wait(p, ends[0], 10);
	if (pipeline_has_ended(p) || write(ends[1], "", 1) != 1)
		return 2;
	pipeline_wait(p, ends[0], -1);
	if (pipeline_has_ended(p))
		return 3;
	pipeline_free(p);
	return waitpid(-1, NULL, WNOHANG) < 0 ? 0 : 4;
}

static void test_processes(void)
{
	struct child child;

	child_run(&child, run_to, "echo hi | cat");
	TAP_OK(child.status == 0, "output to a descriptor: %d", child.status);
	child_run(&child, run_waits, "sleep 1000 | sleep 1000");
	TAP_OK(child.status == 0, "waits end, and what is freed is gone: %d", child.status);
}

int main(void)
{
	test_parse();
	test_show();
	test_culprit();
	test_explain();
	test_lines();
	test_processes();
	return tap_end();
}
