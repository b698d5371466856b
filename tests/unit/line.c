/* Lines out of files and pipes, however their bytes come. */
#include "base/line.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/sig.h"

#include "child.h"
#include "tap.h"

enum { LOG_MAX = 64 * 1024 };

/* Feeds standard input piece by piece, always just before the loop would wait for it, and notes
 * what the loop hands out: each line in brackets. */
struct feeder {
	struct line_loop loop;
	struct span left; /* of the input */
	size_t piece;	  /* bytes at a time */
	int to;		  /* the writing end of the pipe, or -1 */
	struct buf log;
	size_t longest;	 /* line or head seen */
	unsigned waits;	 /* calls of wait() */
	unsigned idle;	 /* in so many of them nothing is fed */
	int64_t wait_ms; /* what the loop is told then, with event_fd */
	int event_fd;
	unsigned stop_at; /* raise SIGTERM in this call of wait(), and with this record; 0: never */
	unsigned stop_with;
	unsigned refuse_at; /* record() ends the loop with this record; 0: never */
	unsigned records;
};

static int on_record(void *arg, struct span line)
{
	struct feeder *f = arg;

	if (++f->records == f->stop_with)
		raise(SIGTERM);
	if (line.n > f->longest)
		f->longest = line.n;
	if (line.n < 100) {
		buf_printf(&f->log, "[%llu:", (unsigned long long)f->loop.line);
		buf_add(&f->log, line);
		buf_add_text(&f->log, "]");
	}
	return f->records == f->refuse_at;
}

static int on_too_long(void *arg, struct span head)
{
	struct feeder *f = arg;

	f->longest = head.n;
	buf_printf(&f->log, "[%llu too long]", (unsigned long long)f->loop.line);
	return 0;
}

static int on_wait(void *arg)
{
	struct feeder *f = arg;
	size_t n = f->left.n < f->piece ? f->left.n : f->piece;

	if (++f->waits == f->stop_at)
		raise(SIGTERM);
	f->loop.wait_ms = f->wait_ms;
	f->loop.event_fd = f->waits <= f->idle ? f->event_fd : -1;
	if (f->to < 0 || f->waits <= f->idle)
		return 0;
	if (n == 0) {
		close(f->to);
		f->to = -1;
		return 0;
	}
	ssize_t written = write(f->to, f->left.p, n);
	f->left = span_make(f->left.p + written, f->left.n - (size_t)written);
	return 0;
}

static void feeder_init(struct feeder *f, struct span input, size_t piece, char *const *files)
{
	int ends[2];

	*f = (struct feeder){
		.left = input, .piece = piece, .to = -1, .wait_ms = -1, .event_fd = -1};
	line_init(&f->loop, files, f);
	f->loop.record = on_record;
	f->loop.too_long = on_too_long;
	f->loop.wait = on_wait;
	buf_init(&f->log, LOG_MAX);
	if (files && *files)
		return;
	if (pipe(ends) < 0 || dup2(ends[0], STDIN_FILENO) < 0)
		abort();
	close(ends[0]);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	f->to = ends[1];
}

static void feeder_release(struct feeder *f)
{
	if (f->to >= 0)
		close(f->to);
	buf_release(&f->log);
}

static const struct {
	const char *name;
	struct span input;
	const char *log; /* a NUL is shown as 0 */
	unsigned empty;
} cases[] = {
	{"nothing", SPAN(""), "", 0},
	{"one line", SPAN("a\n"), "[1:a]", 0},
	{"a last line without its newline", SPAN("one\ntwo"), "[1:one][2:two]", 0},
	{"blank lines are counted, and number the lines", SPAN("\na\n\n\r\nb\n\n"), "[2:a][5:b]",
		4},
	{"only newlines", SPAN("\n\n\n"), "", 3},
	{"CRLF", SPAN("one\r\ntwo\r\n"), "[1:one][2:two]", 0},
	{"a CR in the middle or doubled stays", SPAN("a\rb\nc\r\r\n"), "[1:a\rb][2:c\r]", 0},
	{"a CR as the last byte", SPAN("a\r"), "[1:a]", 0},
	{"a blank is no blank line", SPAN(" \n"), "[1: ]", 0},
	{"NUL bytes", SPAN("a\0b\n\0\nc"), "[1:a0b][2:0][3:c]", 0},
	{"bytes that are no UTF-8", SPAN("\xff\xfe\n\x80\n"), "[1:\xff\xfe][2:\x80]", 0},
};

static bool is_log(const struct buf *log, const char *wanted)
{
	for (size_t i = 0; i < log->len; i++)
		if ((log->data[i] ? log->data[i] : '0') != wanted[i])
			return false;
	return strlen(wanted) == log->len;
}

/* Every size of pieces: so every position of the input is the end of a read once. */
static void test_splits(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool good = true;
		for (size_t piece = 1; piece <= cases[i].input.n + 1; piece++) {
			struct feeder f;
			struct err err;
			feeder_init(&f, cases[i].input, piece, NULL);
			good = line_run(&f.loop, &err) == LINE_END_INPUT &&
				is_log(&f.log, cases[i].log) && f.loop.empty == cases[i].empty &&
				good;
			feeder_release(&f);
		}
		TAP_OK(good, "%s, in pieces of every size", cases[i].name);
	}
}

/* n bytes of 'x', then the tail. */
static void test_long(const char *name, size_t n, const char *tail, const char *log, size_t longest)
{
	size_t length = n + strlen(tail);
	char *input = malloc(length + 1);
	struct feeder f;
	struct err err;

	memset(input, 'x', n);
	memcpy(input + n, tail, length - n + 1);
	feeder_init(&f, span_make(input, length), 65536, NULL);
	TAP_OK(line_run(&f.loop, &err) == LINE_END_INPUT && is_log(&f.log, log) &&
			(longest ? f.longest == longest : f.longest > LINE_CEILING),
		"%s", name);
	feeder_release(&f);
	free(input);
}

static void test_ceiling(void)
{
	static const size_t edges[] = {65535, 65536, 65537, 256 * 1024 - 1, 256 * 1024,
		256 * 1024 + 1, 512 * 1024, LINE_CEILING - 1};

	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		char name[64];
		snprintf(name, sizeof name, "a line of %zu bytes", edges[i]);
		test_long(name, edges[i], "\nb\n", "[2:b]", edges[i]);
	}
	test_long("a line at the ceiling", LINE_CEILING, "\nb\n", "[2:b]", LINE_CEILING);
	test_long("a line at the ceiling, without newline", LINE_CEILING, "", "", LINE_CEILING);
	test_long("a line one over", LINE_CEILING + 1, "\n\nb\n", "[1 too long][3:b]", 0);
	test_long("a line one over, without newline", LINE_CEILING + 1, "", "[1 too long]", 0);
	test_long("a line of twice the ceiling", 2 * LINE_CEILING, "\nb", "[1 too long][2:b]", 0);
	test_long("a line of thrice the ceiling and some", 3 * LINE_CEILING + 4711, "\r\n\r\nb\n",
		"[1 too long][3:b]", 0);
}

static char *file_with(const char *text)
{
	static char names[8][20];
	static int n;
	char *name = names[n++];
	int fd;

	memcpy(name, "/tmp/line.XXXXXX", 17);
	fd = mkstemp(name);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
	return name;
}

static void test_files(void)
{
	char *a = file_with("1\n2"), *b = file_with("3\n"), *none = file_with("");
	char missing[] = "no/such/file", folder[] = ".", dash[] = "-";
	struct feeder f;
	struct err err;

	feeder_init(&f, span_make(NULL, 0), 1, (char *[]){a, none, b, NULL});
	TAP_OK(line_run(&f.loop, &err) == LINE_END_INPUT && is_log(&f.log, "[1:1][2:2][1:3]"),
		"files one after the other, each with its own line numbers");
	TAP_OK(strcmp(f.loop.file, b) == 0, "the loop says which file it reads");
	feeder_release(&f);

	feeder_init(&f, span_make("x\n", 2), 1, NULL);
	f.loop.files = (char *[]){a, dash, b, NULL};
	TAP_OK(line_run(&f.loop, &err) == LINE_END_INPUT && is_log(&f.log, "[1:1][2:2][1:x][1:3]"),
		"'-' is standard input");
	feeder_release(&f);

	feeder_init(&f, span_make(NULL, 0), 1, (char *[]){a, missing, b, NULL});
	TAP_OK(line_run(&f.loop, &err) == LINE_END_ERROR && is_log(&f.log, "[1:1][2:2]") &&
			err.code == EXIT_USAGE && strstr(err.text, "'no/such/file'"),
		"a missing file ends the loop by name");
	feeder_release(&f);

	feeder_init(&f, span_make(NULL, 0), 1, (char *[]){folder, NULL});
	TAP_OK(line_run(&f.loop, &err) == LINE_END_ERROR && err.code == EXIT_USAGE &&
			strstr(err.text, "'.'"),
		"a folder is no input");
	feeder_release(&f);

	feeder_init(&f, span_make(NULL, 0), 1, (char *[]){a, b, NULL});
	f.refuse_at = 2;
	TAP_OK(line_run(&f.loop, &err) == LINE_END_RECORD && is_log(&f.log, "[1:1][2:2]"),
		"a record can end the loop");
	feeder_release(&f);
	unlink(a);
	unlink(b);
	unlink(none);
}

static void test_wait(void)
{
	struct feeder f;
	struct err err;

	feeder_init(&f, span_text("1\n2\n3\n4\n"), 4, NULL);
	line_run(&f.loop, &err);
	TAP_OK(f.waits == 3 && f.records == 4, "it waits once for each piece and for the end");
	feeder_release(&f);
}

/* Nothing comes unless wait() is called again, and then nobody would end this but the alarm. */
static int run_idle(const void *arg)
{
	const bool *is_event = arg;
	struct feeder f;
	struct err err;
	int ends[2];

	alarm(20);
	feeder_init(&f, span_text("1\n2\n"), 2, NULL);
	f.idle = 3;
	if (pipe(ends) < 0 || write(ends[1], "", 1) < 0)
		return 100;
	if (*is_event)
		f.event_fd = ends[0];
	else
		f.wait_ms = 1;
	if (line_run(&f.loop, &err) != LINE_END_INPUT)
		return 101;
	return f.waits >= 6 && is_log(&f.log, "[1:1][2:2]") ? 0 : 102;
}

static void test_idle(void)
{
	static const bool is_event[] = {false, true};
	struct child child;
	struct line_loop loop;

	line_init(&loop, NULL, NULL);
	TAP_OK(loop.wait_ms == -1 && loop.event_fd == -1, "nothing but input is waited for");
	child_run(&child, run_idle, &is_event[0]);
	TAP_OK(child.status == 0, "wait() is called again when the time that it asked for is over");
	child_run(&child, run_idle, &is_event[1]);
	TAP_OK(child.status == 0, "or when the second descriptor can be read");
}

/* The rest needs processes of its own, since a stop is for ever. */
struct stop {
	const char *name;
	const char *text, *log;
	unsigned at, with; /* SIGTERM in this call of wait(), with this record */
	bool file;	   /* two files of this text, not a pipe */
	bool open;	   /* the pipe's writer does not go away */
	unsigned idle;	   /* as a feeder has them; 0 ms: -1 */
	int64_t wait_ms;
	enum line_end end;
	size_t torn;
};

static const struct stop stops[] = {
	{"files are left at the next record after SIGTERM", "1\n2\n3\n", "[1:1][2:2]", .with = 2,
		.file = true, .end = LINE_END_STOP},
	{"or before they are read at all", "1\n", "", .at = 1, .file = true, .end = LINE_END_STOP},
	{"a pipe is read to its end after SIGTERM", "1\n2\n3\n", "[1:1][2:2][3:3]", .at = 2,
		.end = LINE_END_INPUT},
	{"with its unfinished line, which is one then", "1\n2", "[1:1][2:2]", .at = 1,
		.end = LINE_END_INPUT},
	{"a pipe that stays open is left when the drain is over", "1\n2\n", "[1:1][2:2]", .at = 1,
		.open = true, .end = LINE_END_STOP},
	{"whatever wait() asks for, more", "1\n2\n", "[1:1][2:2]", .at = 1, .open = true,
		.wait_ms = INT64_MAX, .end = LINE_END_STOP},
	{"or less", "1\n2\n", "[1:1][2:2]", .at = 1, .open = true, .idle = 3, .wait_ms = 1,
		.end = LINE_END_STOP},
	{"an unfinished line is told", "1\nunfinished", "[1:1]", .at = 1, .open = true,
		.end = LINE_END_STOP, .torn = 1},
};

static int run_stop(const void *arg)
{
	const struct stop *stop = arg;
	char *files[] = {NULL, NULL, NULL};
	struct feeder f;
	struct err err;
	int keep;

	if (stop->file) {
		files[0] = file_with(stop->text);
		files[1] = file_with(stop->text);
	}
	sig_init(300);
	feeder_init(&f, span_text(stop->text), stop->open ? 1000 : 2, files);
	f.stop_at = stop->at;
	f.stop_with = stop->with;
	f.idle = stop->idle;
	if (stop->wait_ms) {
		f.wait_ms = stop->wait_ms;
		signal(SIGALRM, SIG_IGN); /* which else comes once a second */
	}
	keep = stop->open ? dup(f.to) : -1;
	printf("%d ", line_run(&f.loop, &err));
	printf("%llu %.*s", (unsigned long long)f.loop.torn, (int)f.log.len, f.log.data);
	fflush(stdout);
	close(keep);
	for (char **file = files; *file; file++)
		unlink(*file);
	return 0;
}

static void test_stop(const struct stop *stop)
{
	char wanted[256];
	struct child child;

	snprintf(wanted, sizeof wanted, "%d %zu %s", stop->end, stop->torn, stop->log);
	child_run(&child, run_stop, stop);
	if (!TAP_OK(child.status == 0 && strcmp(child.out, wanted) == 0, "%s", stop->name))
		printf("# %d: %s\n# wanted: %s\n", child.status, child.out, wanted);
}

/* Nobody opens the other end. */
static int run_fifo(const void *arg)
{
	const bool *asks = arg;
	char *file = file_with("");
	struct feeder f;
	struct err err;
	enum line_end end;

	unlink(file);
	if (mkfifo(file, 0600) < 0)
		return 100;
	sig_init(60 * 1000);
	feeder_init(&f, span_make(NULL, 0), 1, (char *[]){file, NULL});
	f.stop_at = 2;
	if (*asks)
		f.wait_ms = 10;
	else
		sig_beat();
	end = line_run(&f.loop, &err);
	unlink(file);
	return end == LINE_END_STOP ? 0 : 101;
}

int main(void)
{
	static const bool asks[] = {false, true};
	struct child child;

	test_splits();
	test_ceiling();
	test_files();
	test_wait();
	test_idle();
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		test_stop(&stops[i]);
	child_run(&child, run_fifo, &asks[0]);
	TAP_OK(child.status == 0, "a FIFO without a writer is waited for, but not after SIGTERM");
	child_run(&child, run_fifo, &asks[1]);
	TAP_OK(child.status == 0, "and wait() is called again when it asked for that");
	return tap_end();
}
