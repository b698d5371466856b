/* Progress: what is shown, where, and when. */
#include "base/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/diag.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "child.h"
#include "tap.h"

/* POSIX, but only with _XOPEN_SOURCE, for which it is too late behind banned.h. */
int posix_openpt(int flags);
int grantpt(int fd);
int unlockpt(int fd);
char *ptsname(int fd);

enum { MS = 1000 * 1000 };

#define BAR_40 "########################                "

/* What has been done is also the part of the whole here. */
static const struct {
	const char *name;
	uint64_t done, whole, behind; /* whole 0: unknown */
	uint64_t done_before;
	int64_t elapsed_ms;
	size_t columns;
	const char *shown;
} cases[] = {
	{"wide", 620000, 1000000, 12000, 200000, 2000, 200,
		"p: 62% |" BAR_40
		"| 620,000 of 1,000,000 records, 210,000/s, 12,000 in flight, 1.8 s left"},
	{"narrower: a shorter bar", 620000, 1000000, 12000, 200000, 2000, 100,
		"p: 62% |############        | "
		"620,000 of 1,000,000 records, 210,000/s, 12,000 in flight, 1.8 s left"},
	{"the shortest bar", 620000, 1000000, 12000, 200000, 2000, 88,
		"p: 62% |####    | "
		"620,000 of 1,000,000 records, 210,000/s, 12,000 in flight, 1.8 s left"},
	{"without what is in flight", 620000, 1000000, 12000, 200000, 2000, 87,
		"p: 62% |###############          | "
		"620,000 of 1,000,000 records, 210,000/s, 1.8 s left"},
	{"without the whole", 620000, 1000000, 12000, 200000, 2000, 68,
		"p: 62% |###########        | 620,000 records, 210,000/s, 1.8 s left"},
	{"without the rate", 620000, 1000000, 12000, 200000, 2000, 55,
		"p: 62% |##########       | 620,000 records, 1.8 s left"},
	{"without the time left", 620000, 1000000, 12000, 200000, 2000, 40,
		"p: 62% |########      | 620,000 records"},
	{"without a bar", 620000, 1000000, 12000, 200000, 2000, 33, "p: 62%, 620,000 records"},
	{"cut", 620000, 1000000, 12000, 200000, 2000, 12, "p: 62%, 620"},
	{"one column", 620000, 1000000, 12000, 200000, 2000, 1, ""},
	{"a line", 620000, 1000000, 12000, 200000, 2000, 0,
		"p: 62%, 620,000 of 1,000,000 records, 210,000/s, 12,000 in flight, 1.8 s left"},
	{"no whole known", 1234567, 0, 0, 234567, 4000, 80,
		"p: 1,234,567 records, 250,000/s, 0 in flight"},
	{"no whole known, a line", 999, 0, 1, 0, 4000, 0, "p: 999 records, 249/s, 1 in flight"},
	{"no time has passed", 5, 10, 1, 5, 0, 0, "p: 50%, 5 of 10 records, 1 in flight"},
	{"nothing moved", 5, 10, 1, 5, 1000, 0, "p: 50%, 5 of 10 records, 0.0/s, 1 in flight"},
	{"slow", 7, 10, 1, 2, 2000, 0, "p: 70%, 7 of 10 records, 2.5/s, 1 in flight, 1.2 s left"},
	{"all is done", 10, 10, 0, 0, 1000, 0, "p: 100%, 10 of 10 records, 10/s, 0 in flight"},
	{"more than all is done", 11, 10, 0, 0, 1000, 80,
		"p: 100% |#################################| 11 of 10 records, 11/s, 0 in flight"},
	{"fewer than before", 1, 10, 0, 5, 1000, 0, "p: 10%, 1 of 10 records, 0.0/s, 0 in flight"},
	{"seconds left", 1, 60, 0, 0, 1000, 0,
		"p: 1%, 1 of 60 records, 1.0/s, 0 in flight, 59 s left"},
	{"minutes left", 1, 3600, 0, 0, 1000, 0,
		"p: 0%, 1 of 3,600 records, 1.0/s, 0 in flight, 59 m 59 s left"},
	{"hours left", 1, 86400, 0, 0, 1000, 0,
		"p: 0%, 1 of 86,400 records, 1.0/s, 0 in flight, 23 h 59 m left"},
	{"days left", 1, 864001, 0, 0, 1000, 0,
		"p: 0%, 1 of 864,001 records, 1.0/s, 0 in flight, 10 d 0 h left"},
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct progress_view view = {.done = &cases[i].done,
			.unit = "records",
			.part = &cases[i].done,
			.whole = &cases[i].whole,
			.behind = &cases[i].behind};
		struct progress_sample since = {
			.done = cases[i].done_before, .part = cases[i].done_before};
		struct buf text;
		buf_init(&text, 1024);
		progress_compose(
			&text, "p: ", &view, &since, cases[i].elapsed_ms * MS, cases[i].columns);
		TAP_OK(span_is_text(buf_span(&text), cases[i].shown) &&
				(cases[i].columns == 0 || text.len < cases[i].columns),
			"%s: '%.*s'", cases[i].name, (int)text.len, text.data);
		buf_release(&text);
	}
}

/* The share and the time left come from bytes, say, of a file that was read. */
static void test_other_unit(void)
{
	uint64_t done = 30, part = 2500, whole = 10000;
	struct progress_view view = {
		.done = &done, .unit = "trades", .part = &part, .whole = &whole};
	struct progress_sample since = {.ns = 5 * (int64_t)MS, .done = 10, .part = 500};
	struct buf text;

	buf_init(&text, 1024);
	progress_compose(&text, "", &view, &since, 1005 * (int64_t)MS, 0);
	TAP_OK(span_is_text(buf_span(&text), "25%, 30 trades, 20/s, 3.7 s left"),
		"a share in another unit: '%.*s'", (int)text.len, text.data);
	buf_release(&text);
}

static void say_requests(struct buf *to, const void *arg)
{
	const uint64_t *requests = arg;

	if (!*requests)
		return;
	progress_add_number(to, *requests);
	buf_add_text(to, " requests in ");
	progress_add_duration(to, 200000);
}

/* What a program has to say besides. */
static void test_more(void)
{
	static const struct {
		uint64_t requests;
		size_t columns;
		const char *shown;
	} mores[] = {
		{1234, 0, "25%, 30 records, 20/s, 1,234 requests in 3 m 20 s, 3.7 s left"},
		{0, 0, "25%, 30 records, 20/s, 3.7 s left"},
		{1234, 72,
			"25% |##      | 30 records, 20/s, 1,234 requests in 3 m 20 s, 3.7 s left"},
		{1234, 71,
			"25% |########                           | 30 records, 20/s, 3.7 s left"},
	};

	for (size_t i = 0; i < sizeof mores / sizeof *mores; i++) {
		uint64_t done = 30, part = 2500, whole = 10000;
		struct progress_view view = {.done = &done,
			.unit = "records",
			.part = &part,
			.whole = &whole,
			.more = say_requests,
			.arg = &mores[i].requests};
		struct progress_sample since = {.done = 10, .part = 500};
		struct buf text;

		buf_init(&text, 1024);
		progress_compose(&text, "", &view, &since, 1000 * (int64_t)MS, mores[i].columns);
		TAP_OK(span_is_text(buf_span(&text), mores[i].shown), "more to say: '%.*s'",
			(int)text.len, text.data);
		buf_release(&text);
	}
}

/* A run: whether it is asked for, and the messages. */
struct run {
	bool quiet, progress, json, dies;
};

static int run_work(const void *arg)
{
	const struct run *run = arg;
	const struct progress_options options = {.progress = run->progress};
	uint64_t done = 0, whole = 1000, behind = 5;
	struct progress_view view = {.done = &done,
		.unit = "records",
		.part = &done,
		.whole = &whole,
		.behind = &behind};
	int64_t begin;

	diag_init("name");
	diag_configure(DIAG_WARNING, run->json);
	sig_init(1000);
	progress_step(); /* not begun: nothing happens */
	progress_begin(&options, run->quiet, &view);
	begin = stamp_monotonic();
	progress_step_at(begin + 6000 * (int64_t)MS); /* due, but nothing was done */
	done = 100;
	progress_step(); /* not due */
	progress_step_at(begin + 7000 * (int64_t)MS);
	done = 200;
	progress_step_at(begin + 7100 * (int64_t)MS); /* too early for all */
	progress_step_at(begin + 7250 * (int64_t)MS); /* for lines */
	diag_warning("a message");
	diag_info("not shown");
	if (run->dies)
		diag_die(EXIT_FAILED, "the end");
	progress_step_at(begin + 20000 * (int64_t)MS);
	progress_end();
	progress_end();
	done = 300;
	progress_step_at(begin + 40000 * (int64_t)MS);
	diag_error("the end");
	return 0;
}

/* Ten seconds at 20 records a second, then ten at 200. */
static int run_faster(const void *arg)
{
	const struct progress_options options = {.progress = true};
	uint64_t done = 0;
	struct progress_view view = {.done = &done, .unit = "records"};
	int64_t begin;

	(void)arg;
	diag_init("name");
	sig_init(1000);
	progress_begin(&options, false, &view);
	begin = stamp_monotonic();
	for (int64_t i = 1; i <= 40; i++) {
		done += i <= 20 ? 10 : 100;
		progress_step_at(begin + i * 500 * MS);
	}
	progress_end();
	return alarm(0) ? 0 : 1; /* set by sig_beat() */
}

/* The rest of the text behind what is looked for; NULL where it is not there. */
static const char *behind(const char *text, const char *wanted)
{
	const char *found = text ? strstr(text, wanted) : NULL;

	return found ? found + strlen(wanted) : NULL;
}

static size_t count(const char *text, const char *wanted)
{
	size_t n = 0;

	while ((text = behind(text, wanted)))
		n++;
	return n;
}

static void test_lines(void)
{
	const struct run asked = {.progress = true}, not_asked = {0};
	const struct run quiet = {.progress = true, .quiet = true};
	const struct run json = {.progress = true, .json = true};
	static const char messages[] = "name: warning: a message\nname: the end\n";
	struct child child;
	const char *at;

	child_run(&child, run_work, &asked);
	at = behind(child.err, "name: progress: 10%, 100 of 1,000 records, ");
	at = behind(at, "name: warning: a message\nname: progress: 20%, 200 of 1,000 records, ");
	TAP_OK(behind(at, " left\nname: the end\n") && count(child.err, "\n") == 4 && !*child.out,
		"no terminal, --progress: lines now and then");
	TAP_OK(!strpbrk(child.err, "\r\033"), "without control characters");
	child_run(&child, run_work, &not_asked);
	TAP_OK(strcmp(child.err, messages) == 0 && !*child.out, "no terminal: none");
	child_run(&child, run_work, &quiet);
	TAP_OK(strcmp(child.err, messages) == 0 && !*child.out, "--quiet: none");
	child_run(&child, run_work, &json);
	at = behind(child.err,
		"\"level\":\"info\",\"program\":\"name\",\"event\":\"progress\",\"message\":\"progress: 10%, ");
	TAP_OK(behind(at, "\"}\n") && count(child.err, "\n{\"time\":") == 3,
		"JSON messages: lines among them");
}

static void test_rate(void)
{
	struct child child;
	const char *at;

	child_run(&child, run_faster, NULL);
	at = behind(child.err, "name: progress: 200 records, 20/s\n");
	at = behind(at, "name: progress: 1,200 records, 200/s\n");
	at = behind(at, "name: progress: 2,200 records, 200/s\n");
	TAP_OK(at && !*at, "the rate is that of the last few seconds");
	TAP_OK(child.status == 0, "waits are interrupted for it");
}

/* What the work writes to a terminal that many columns wide. */
static void run_terminal(const struct run *run, unsigned short columns, char text[CHILD_TEXT_MAX])
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios raw;
	size_t n = 0;
	ssize_t got;
	pid_t pid;
	int slave;

	text[0] = '\0';
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	tcgetattr(slave, &raw);
	raw.c_oflag &= ~(tcflag_t)OPOST; /* newlines as they are written */
	tcsetattr(slave, TCSANOW, &raw);
	ioctl(slave, TIOCSWINSZ, &size);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(slave, STDERR_FILENO);
		_exit(run_work(run));
	}
	close(slave);
	while (n < CHILD_TEXT_MAX - 1 && (got = read(master, text + n, CHILD_TEXT_MAX - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	waitpid(pid, NULL, 0);
	close(master);
}

/* The widest line that the terminal showed, in columns. */
static size_t widest(const char *text)
{
	size_t most = 0, n = 0;

	for (; *text; text++) {
		n = *text == '\r' || *text == '\n' || *text == '\033' ? 0 : n + 1;
		most = n > most ? n : most;
	}
	return most;
}

static void test_terminal(void)
{
	const struct run plain = {0}, quiet = {.quiet = true}, json = {.json = true};
	const struct run dies = {.dies = true};
	char text[CHILD_TEXT_MAX];
	const char *at;

	run_terminal(&plain, 120, text);
	at = behind(text, "\rname: 10% |####");
	at = behind(at, "| 100 of 1,000 records, ");
	at = behind(at, ", 5 in flight, ");
	at = behind(at, " left\033[K\rname: 20% |####");
	TAP_OK(at, "a terminal: a bar that is drawn over");
	at = behind(at, "\033[K\r\033[Kname: warning: a message\n\rname: 20% |####");
	TAP_OK(at, "wiped before a message, and drawn again behind it");
	TAP_OK(behind(at, "\033[K\r\033[Kname: the end\n"), "erased at the end");
	TAP_OK(count(text, "name: 10%") == 1 && count(text, "name: 20%") == 2,
		"drawn when something was done, and not too often");
	run_terminal(&dies, 120, text);
	at = behind(text, "\033[K\r\033[Kname: the end\n");
	TAP_OK(at && !*at, "nothing is drawn behind the last words of diag_die()");
	run_terminal(&plain, 60, text);
	TAP_OK(widest(text) == 59, "as wide as a narrow terminal");
	run_terminal(&plain, 0, text);
	TAP_OK(widest(text) == 79, "of 80 columns where it does not tell");
	run_terminal(&quiet, 120, text);
	TAP_OK(strcmp(text, "name: warning: a message\nname: the end\n") == 0, "--quiet: no bar");
	run_terminal(&json, 120, text);
	TAP_OK(count(text, "\n{\"time\":") == 1 && !strpbrk(text, "\r\033") &&
			!strstr(text, "records"),
		"JSON messages: no bar");
}

int main(void)
{
	test_cases();
	test_other_unit();
	test_more();
	test_lines();
	test_rate();
	test_terminal();
	return tap_end();
}
