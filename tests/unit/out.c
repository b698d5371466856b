/* Records to a pipe, a file and a device that is full. */
#include "base/out.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"

#include "child.h"
#include "tap.h"

static char path[] = "/tmp/out.XXXXXX";

static void put_file(const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
	close(fd);
}

static size_t get_file(char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, size);
	close(fd);
	return n < 0 ? 0 : (size_t)n;
}

/* Opens the output, writes one record, closes it. */
static int run_record(const void *arg)
{
	struct err err;
	struct out *out;
	uint64_t unwritten;

	diag_init("out");
	out = out_open(arg, &err);
	if (!out)
		return diag_err(&err);
	out_record(out, span_text("new"));
	return out_close(out, EXIT_DONE, &unwritten);
}

/* What becomes of a file of `whole` bytes that end with a newline and `torn` that do not. */
static bool cuts(size_t whole, size_t torn)
{
	static char bytes[32 * 1024], after[32 * 1024];
	char warning[128] = "";
	struct child child;
	size_t n;

	memset(bytes, 'x', whole + torn);
	if (whole)
		bytes[whole - 1] = '\n';
	put_file(bytes, whole + torn);
	if (torn)
		snprintf(warning, sizeof warning,
			"out: warning: cut the torn last line of '%s': %zu bytes\n", path, torn);
	child_run(&child, run_record, path);
	n = get_file(after, sizeof after);
	return child.status == EXIT_DONE && strcmp(child.err, warning) == 0 && n == whole + 4 &&
		memcmp(after, bytes, whole) == 0 && memcmp(after + whole, "new\n", 4) == 0;
}

static void test_torn_lines(void)
{
	static const size_t sizes[] = {0, 1, 2, 4095, 4096, 4097, 8191, 8192, 8193};
	enum { SIZES = sizeof sizes / sizeof *sizes };

	for (size_t torn = 0; torn < SIZES; torn++) {
		bool good = true;
		for (size_t whole = 0; whole < SIZES; whole++)
			good = cuts(sizes[whole], sizes[torn]) && good;
		TAP_OK(good, "a torn last line of %zu bytes is cut", sizes[torn]);
	}
}

/* The disk takes its time, for once, in place of the call of the library. */
static int64_t sync_ns;

int fdatasync(int fd)
{
	int64_t end = stamp_monotonic() + sync_ns;

	while (stamp_monotonic() < end)
		poll(NULL, 0, 1);
	return fsync(fd);
}

static void test_sync(void)
{
	struct err err;
	struct out *out = out_open(path, &err);
	uint64_t unwritten;

	sync_ns = 50 * STAMP_NS_PER_MS;
	out_record(out, span_text("record"));
	TAP_OK(out_flush(out) == 0 && out_spent_ns(out) >= sync_ns,
		"the time of a sync is spent as that of a write is");
	sync_ns = 0;
	out_close(out, EXIT_DONE, &unwritten);
}

static void test_open(void)
{
	struct child child;
	struct err err;
	struct stat status;
	char wanted[128];
	struct out *out;
	uint64_t unwritten;

	unlink(path);
	out = out_open(path, &err);
	TAP_OK(out && stat(path, &status) == 0 && status.st_size == 0, "a file is made");
	out_record(out, span_text("first"));
	out_flush(out);
	TAP_OK(stat(path, &status) == 0 && status.st_size == 6, "a flush writes it out");
	child_run(&child, run_record, path);
	snprintf(wanted, sizeof wanted, "out: cannot write '%s': process %ld is writing to it\n",
		path, (long)getpid());
	TAP_OK(child.status == EXIT_FAILED && strcmp(child.err, wanted) == 0,
		"a second writer is refused by name");
	TAP_OK(out_close(out, EXIT_PARTIAL, &unwritten) == EXIT_PARTIAL && unwritten == 0,
		"the caller's exit code stays");
	child_run(&child, run_record, path);
	TAP_OK(child.status == EXIT_DONE, "the next one after it is not");
	TAP_OK(!out_open("no/such/folder/file", &err) && err.code == EXIT_FAILED &&
			strstr(err.text, "'no/such/folder/file'"),
		"a file that cannot be made is named");
	TAP_OK(!out_open(".", &err) && err.code == EXIT_FAILED, "a folder is no output");
}

/* Writes to /dev/full: the number of records that it did not take is what out_close() says. */
static int run_full(const void *arg)
{
	struct err err;
	struct out *out = out_open("/dev/full", &err);
	uint64_t unwritten;
	int code;

	(void)arg;
	diag_init("out");
	for (int i = 0; i < 3; i++)
		out_record(out, span_text("record"));
	if (out_flush(out) == 0 || out_record(out, span_text("record")) == 0 || out_room(out, 1) ||
		!out_has_failed(out))
		return 100;
	code = out_close(out, EXIT_PARTIAL, &unwritten);
	return unwritten == 3 ? code : 101;
}

static void test_full(void)
{
	struct child child;

	child_run(&child, run_full, NULL);
	TAP_OK(child.status == EXIT_FAILED &&
			strcmp(child.err,
				"out: cannot write '/dev/full': No space left on device\n") == 0,
		"a full device fails, once, and the records are counted");
}

enum { RECORD = 100 * 1000, RECORDS = 30 };

/* The record of number i: its length and its bytes follow from i. */
static size_t make_record(char *to, unsigned i)
{
	size_t n = i % 3 ? i * 7 : RECORD - i;
	memset(to, 'a' + (int)(i % 26), n);
	return n;
}

static int write_records(struct out *out)
{
	static char record[RECORD];

	for (unsigned i = 0; i < RECORDS; i++)
		if (out_record(out, span_make(record, make_record(record, i))) < 0)
			return -1;
	return out_flush(out);
}

/* A reader that takes its time; whether it got exactly the records. */
static int read_records(int fd)
{
	static char wanted[(RECORD + 1) * RECORDS];
	char bytes[1000];
	size_t length = 0, at = 0;
	ssize_t n;

	for (unsigned i = 0; i < RECORDS; i++) {
		length += make_record(wanted + length, i);
		wanted[length++] = '\n';
	}
	while ((n = read(fd, bytes, sizeof bytes)) > 0) {
		if (at + (size_t)n > length || memcmp(bytes, wanted + at, (size_t)n) != 0)
			return 1;
		at += (size_t)n;
		poll(NULL, 0, at % 100000 < 1000);
	}
	return at == length ? 0 : 2;
}

/* Standard output is a pipe whose reader is a process of its own; blocking or not. */
static int run_pipe(const void *arg)
{
	const int *flags = arg;
	int ends[2], status;
	struct out *out;
	uint64_t unwritten;
	pid_t reader;

	if (pipe(ends) < 0 || (reader = fork()) < 0)
		return 100;
	if (reader == 0) {
		close(ends[1]);
		_exit(read_records(ends[0]));
	}
	fcntl(ends[1], F_SETFL, *flags);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	out = out_open(NULL, NULL);
	if (write_records(out) < 0 || out_spent_ns(out) <= 0)
		return 101;
	if (out_close(out, EXIT_DONE, &unwritten) != EXIT_DONE || unwritten)
		return 102;
	waitpid(reader, &status, 0);
	return WEXITSTATUS(status);
}

static void test_pipe(void)
{
	struct child child;
	int blocking = 0, non_blocking = O_NONBLOCK;

	child_run(&child, run_pipe, &blocking);
	TAP_OK(child.status == 0, "records in pieces through a pipe");
	child_run(&child, run_pipe, &non_blocking);
	TAP_OK(child.status == 0, "and through one that somebody has made non-blocking");
}

/* A named pipe whose reader takes one byte and goes away. */
static int run_named_pipe(const void *arg)
{
	const char *name = arg;
	struct err err;
	struct out *out;
	uint64_t unwritten;
	pid_t reader;
	char byte;

	signal(SIGPIPE, SIG_IGN);
	alarm(10);
	reader = fork();
	if (reader == 0)
		_exit(read(open(name, O_RDONLY), &byte, 1) != 1);
	out = out_open(name, &err);
	if (!out || out_record(out, span_text("record")) < 0 || out_flush(out) < 0)
		return 100;
	waitpid(reader, NULL, 0);
	if (write_records(out) == 0)
		return 101;
	return out_close(out, EXIT_DONE, &unwritten) == PROG_BROKEN_PIPE ? 0 : 102;
}

/* One that nobody reads, and a stop signal. */
static int run_unread_pipe(const void *arg)
{
	struct err err;

	sig_init(200);
	raise(SIGTERM);
	return out_open(arg, &err) ? 100 : (int)err.code;
}

/* One that nobody reads, and the program's own end. */
static int run_late_pipe(const void *arg)
{
	struct err err;

	diag_init("out");
	sig_init(100);
	sig_end_at(stamp_monotonic());
	return out_open(arg, &err) ? 100 : (int)diag_err(&err);
}

static void test_named_pipe(void)
{
	char name[] = "/tmp/out-fifo.XXXXXX";
	struct child child;

	if (!mkdtemp(name) || rmdir(name) < 0 || mkfifo(name, 0600) < 0)
		abort();
	child_run(&child, run_named_pipe, name);
	TAP_OK(child.status == 0 && !*child.err, "a named pipe's reader that went away: %d",
		child.status);
	child_run(&child, run_unread_pipe, name);
	TAP_OK(child.status == EXIT_FAILED, "a stop signal ends the wait for its first: %d",
		child.status);
	child_run(&child, run_late_pipe, name);
	TAP_OK(child.status == EXIT_FAILED && strstr(child.err, "': it has no reader\n"),
		"... and so does the program's own end: %d %s", child.status, child.err);
	unlink(name);
}

/* The reader has gone away. */
static int run_broken_pipe(const void *arg)
{
	struct out *out;
	uint64_t unwritten;
	int ends[2];

	(void)arg;
	signal(SIGPIPE, SIG_IGN);
	if (pipe(ends) < 0)
		return 100;
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	out = out_open(NULL, NULL);
	out_record(out, span_text("record"));
	if (out_flush(out) == 0)
		return 101;
	return out_close(out, EXIT_DONE, &unwritten) == PROG_BROKEN_PIPE && unwritten == 1 ? 0
											   : 102;
}

/* The reader has stopped reading, and a stop signal comes, or the program's own end. */
static int run_stuck(const void *arg)
{
	const bool *signalled = arg;
	struct out *out;
	uint64_t unwritten;
	int ends[2], code;

	diag_init("out");
	sig_init(200);
	if (pipe(ends) < 0)
		return 100;
	dup2(ends[1], STDOUT_FILENO);
	out = out_open(NULL, NULL);
	if (*signalled)
		raise(SIGTERM);
	else
		sig_end_at(stamp_monotonic());
	if (write_records(out) == 0)
		return 101;
	code = out_close(out, EXIT_DONE, &unwritten);
	return unwritten > 0 && unwritten < RECORDS ? code : 102;
}

static void test_readers(void)
{
	static const bool signalled[] = {true, false};
	struct child child;

	child_run(&child, run_broken_pipe, NULL);
	TAP_OK(child.status == 0 && !*child.err, "a reader that went away is a quiet end");
	for (int i = 0; i < 2; i++) {
		child_run(&child, run_stuck, &signalled[i]);
		TAP_OK(child.status == EXIT_PARTIAL &&
				strstr(child.err, "'standard output': its reader did not take it"),
			"a stuck reader is left when the drain is over: %s",
			signalled[i] ? "after a signal" : "after the program's own end");
	}
}

/* Records of any length, up to the longest. */
static int run_ceiling(const void *arg)
{
	struct err err;
	struct out *out = out_open("/dev/null", &err);
	uint64_t unwritten;
	char *to;

	(void)arg;
	diag_init("out");
	to = out_room(out, OUT_CEILING);
	if (!to)
		return 100;
	memset(to, 'x', OUT_CEILING);
	out_wrote(out, OUT_CEILING);
	if (out_room(out, (size_t)OUT_CEILING + 1) || out_room(out, 1))
		return 101;
	return out_close(out, EXIT_DONE, &unwritten);
}

static void test_ceiling(void)
{
	struct child child;

	child_run(&child, run_ceiling, NULL);
	TAP_OK(child.status == EXIT_FAILED && strstr(child.err, "longer than 67108864 bytes"),
		"a record over the ceiling is refused");
}

int main(void)
{
	close(mkstemp(path));
	test_torn_lines();
	test_open();
	test_sync();
	test_full();
	test_pipe();
	test_named_pipe();
	test_readers();
	test_ceiling();
	unlink(path);
	return tap_end();
}
