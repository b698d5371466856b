#include "base/line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/wait.h"

enum {
	FIRST_CAP = 256 * 1024, /* bytes: four times what a pipe holds */
	RESERVE_MS = 20,	/* of the drain, in which what was read last is used */
};

/* One input being read. Bytes from `at` to `len` are held; those before `scanned`
 * hold no newline. */
struct reader {
	struct line_loop *loop;
	int fd;
	bool drains;   /* after a stop signal it is read to its end: what a writer sent is not
			* abandoned */
	bool skipping; /* within a line that was too long */
	char *data;
	size_t at, scanned, len, cap;
};

enum { GO_ON = -1 }; /* beside the values of enum line_end */

void line_init(struct line_loop *loop, char *const *files, void *arg)
{
	*loop = (struct line_loop){.files = files, .event_fd = -1, .wait_ms = -1, .arg = arg};
}

static int give(struct reader *r, size_t length)
{
	struct line_loop *loop = r->loop;
	struct span line = span_make(r->data + r->at, length);

	if (r->skipping) {
		r->skipping = false;
		return GO_ON;
	}
	loop->line++;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0) {
		loop->empty++;
		return GO_ON;
	}
	return loop->record(loop->arg, line) ? LINE_END_RECORD : GO_ON;
}

/* What a pipe has given cannot be read again by the next one: it is counted, unlike what a file
 * holds. */
static int end_at_signal(struct reader *r)
{
	struct line_loop *loop = r->loop;
	size_t held = r->len - r->at;
	uint64_t whole = 0;

	if (!r->drains || r->skipping || held == 0)
		return LINE_END_STOP;
	for (size_t i = r->at; i < r->len; i++)
		whole += r->data[i] == '\n';
	loop->torn = whole + (r->data[r->len - 1] != '\n');
	if (whole > 0)
		diag_warning("%s: left lines behind that were read and not used: %llu", loop->file,
			(unsigned long long)loop->torn);
	else
		diag_warning("%s: left an unfinished line of %zu bytes behind", loop->file, held);
	return LINE_END_STOP;
}

static int give_lines(struct reader *r)
{
	char *newline;

	while ((newline = memchr(r->data + r->scanned, '\n', r->len - r->scanned))) {
		size_t end = (size_t)(newline - r->data);
		if (sig_stops() && (!r->drains || sig_expired()))
			return end_at_signal(r);
		if (sig_account_due())
			wait_duty();
		int result = give(r, end - r->at);
		r->at = r->scanned = end + 1;
		if (result != GO_ON)
			return result;
	}
	r->scanned = r->len;
	return GO_ON;
}

/* Moves what is held to the front; at the ceiling the line is refused and skipped. */
static int make_room(struct reader *r)
{
	int result = GO_ON;

	if (r->at > 0 && (r->len == r->cap || r->len - r->at < r->cap / 2)) {
		memmove(r->data, r->data + r->at, r->len - r->at);
		r->len -= r->at;
		r->at = 0;
	}
	if (r->len < r->cap) {
		r->scanned = r->len;
		return GO_ON;
	}
	if (r->skipping || r->cap > LINE_CEILING) {
		if (!r->skipping) {
			r->loop->line++;
			if (r->loop->too_long(r->loop->arg, span_make(r->data, r->len)))
				result = LINE_END_RECORD;
		}
		r->skipping = true;
		r->at = r->len = 0;
	} else {
		r->cap = r->cap ? r->cap * 2 : FIRST_CAP;
		if (r->cap > LINE_CEILING)
			r->cap = LINE_CEILING + 1; /* for the newline */
		r->data = mem_resize(r->data, r->cap, 1);
	}
	r->scanned = r->len;
	return result;
}

/* How long to wait at most; -1: without a limit. */
static int64_t limit_ms(const struct line_loop *loop)
{
	int64_t left_ms = sig_left_ms();

	if (left_ms < 0 || (loop->wait_ms >= 0 && loop->wait_ms < left_ms))
		return loop->wait_ms;
	return left_ms;
}

/* Input that is there already is read without writing out first: bulk stays bulk. */
static int await(struct reader *r)
{
	struct line_loop *loop = r->loop;
	int64_t timeout_ms = 0;

	for (;;) {
		if (sig_stops() && (!r->drains || sig_left_ms() <= RESERVE_MS))
			return end_at_signal(r);
		if (wait_readable(r->fd, loop->event_fd, timeout_ms) == WAIT_READY)
			return GO_ON;
		if (loop->wait(loop->arg))
			return LINE_END_RECORD;
		timeout_ms = limit_ms(loop);
	}
}

static int read_all(struct reader *r, struct err *err)
{
	for (;;) {
		int result = give_lines(r);
		if (result == GO_ON)
			result = make_room(r);
		if (result == GO_ON)
			result = await(r);
		if (result != GO_ON)
			return result;
		ssize_t n = read(r->fd, r->data + r->len, r->cap - r->len);
		if (n > 0) {
			r->len += (size_t)n;
		} else if (n == 0) {
			return r->len > r->at ? give(r, r->len - r->at) : GO_ON;
		} else if (errno != EINTR && errno != EAGAIN) {
			err_errno(err, errno == EISDIR ? EXIT_USAGE : EXIT_FAILED,
				"cannot read '%s'", r->loop->file);
			return LINE_END_ERROR;
		}
	}
}

/* The descriptor, or -1 - X where the result of the input is X. Opening a FIFO takes until it has a
 * writer, so that signals and duties come in between, and wait() as often as a beat is. */
static int open_input(struct line_loop *loop, const char *file, struct err *err)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int fd;

	loop->file = is_stdin ? "standard input" : file;
	loop->line = 0;
	if (is_stdin)
		return STDIN_FILENO;
	do {
		if (loop->wait(loop->arg))
			return -1 - LINE_END_RECORD;
		if (sig_stops())
			return -1 - LINE_END_STOP;
		if (loop->wait_ms >= 0)
			sig_beat();
		wait_duty();
		fd = open(file, O_RDONLY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd >= 0)
		return fd;
	err_errno(err, EXIT_USAGE, "cannot open '%s'", file);
	return -1 - LINE_END_ERROR;
}

static int run_input(struct line_loop *loop, const char *file, struct err *err)
{
	struct reader r = {.loop = loop};
	struct stat status;
	int result;

	r.fd = open_input(loop, file, err);
	if (r.fd < 0)
		return -1 - r.fd;
	r.drains = fstat(r.fd, &status) == 0 && !S_ISREG(status.st_mode) && !isatty(r.fd);
	result = make_room(&r) == GO_ON ? read_all(&r, err) : LINE_END_RECORD;
	free(r.data);
	if (r.fd != STDIN_FILENO)
		close(r.fd);
	return result;
}

enum line_end line_run(struct line_loop *loop, struct err *err)
{
	char dash[] = "-";
	char *const standard_input[] = {dash, NULL};
	char *const *files = loop->files && *loop->files ? loop->files : standard_input;

	for (; *files; files++) {
		int result = run_input(loop, *files, err);
		if (result != GO_ON)
			return (enum line_end)result;
	}
	return LINE_END_INPUT;
}
