#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/line.h"
#include "base/mem.h"
#include "base/sig.h"
#include "base/wait.h"
#include "market/range_priv.h"

enum { BLOCK = 256 * 1024 };

static const char too_long[] = "it has more than 8388608 bytes";

/* A file being read: `data` holds `len` bytes of it from `from` on. */
struct reader {
	const char *name;
	int fd;
	struct range_ends *ends;
	struct err *err;
	char *data;
	size_t len, cap;
	off_t from;
	uint64_t line;
	bool is_whole; /* backward: a newline was met, what is held is the beginning of a line */
};

static int fail(struct reader *r)
{
	return err_errno(r->err, EXIT_USAGE, "cannot read '%s'", r->name);
}

static int open_patiently(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR && !sig_stops());
	return fd;
}

/* As pread(), or where `at` is -1 as read(), and goes on where it was interrupted, but not after a
 * stop signal. */
static ssize_t read_patiently(int fd, char *to, size_t n, off_t at)
{
	ssize_t got;

	wait_duty();
	do {
		errno = EINTR;
		if (sig_stops())
			return -1;
		got = at < 0 ? read(fd, to, n) : pread(fd, to, n, at);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* The line without CR, if it is not blank: NULL, or the reason why it is no record. */
static const char *give(struct reader *r, const char *p, size_t n)
{
	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (n > LINE_CEILING)
		return too_long;
	return n ? range_ends_take(r->ends, span_make(p, n)) : NULL;
}

static int refuse_line(struct reader *r, const char *reason)
{
	return err_set(r->err, EXIT_USAGE, "cannot resume from '%s': line %llu: %s", r->name,
		(unsigned long long)r->line, reason);
}

/* A file of some size has no numbers for lines that are met from its end. */
static int refuse_place(struct reader *r, size_t at, const char *reason)
{
	return err_set(r->err, EXIT_USAGE, "cannot resume from '%s': the line at byte %lld: %s",
		r->name, (long long)r->from + (long long)at, reason);
}

/* Gives the lines that are held and keeps what is behind the last newline. */
static int give_lines(struct reader *r, size_t scanned)
{
	size_t at = 0;
	char *newline;

	while ((newline = memchr(r->data + scanned, '\n', r->len - scanned))) {
		size_t end = (size_t)(newline - r->data);
		r->line++;
		const char *reason = give(r, r->data + at, end - at);
		if (reason)
			return refuse_line(r, reason);
		at = scanned = end + 1;
	}
	r->len -= at;
	memmove(r->data, r->data + at, r->len);
	r->line += r->len > LINE_CEILING;
	return r->len > LINE_CEILING ? refuse_line(r, too_long) : 0;
}

/* What a writer that was killed left behind is no record; nor is it kept by one that appends. */
static void tell_torn(const struct reader *r)
{
	if (r->len > 0)
		diag_warning("passed over the torn last line of '%s': %zu bytes", r->name, r->len);
}

/* A cursor that is piped in must not be as if there were none. */
static int read_forward(struct reader *r)
{
	for (;;) {
		size_t held = r->len;
		if (r->cap < held + BLOCK) {
			r->cap = held + (held > BLOCK ? held : BLOCK);
			r->data = mem_resize(r->data, r->cap, 1);
		}
		ssize_t n = read_patiently(r->fd, r->data + held, BLOCK, -1);
		if (n < 0)
			return fail(r);
		if (n == 0)
			break;
		r->len += (size_t)n;
		if (give_lines(r, held) < 0)
			return -1;
	}
	if (r->len > 0 && r->line == 0 && r->fd == STDIN_FILENO)
		return err_set(r->err, EXIT_USAGE, "cannot resume from '%s': it is one torn line",
			r->name);
	tell_torn(r);
	return 0;
}

int range_file_forward(const char *path, struct range_ends *ends, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct reader r = {.name = is_stdin ? "standard input" : path, .ends = ends, .err = err};
	int result;

	r.fd = is_stdin ? STDIN_FILENO : open_patiently(path);
	if (r.fd < 0)
		return fail(&r);
	result = read_forward(&r);
	if (!is_stdin)
		close(r.fd);
	free(r.data);
	return result;
}

/* Puts the block of n bytes that lies before what is held in front of it. */
static int prepend(struct reader *r, size_t n)
{
	if (r->cap < r->len + n) {
		r->cap = r->len + n;
		r->data = mem_resize(r->data, r->cap, 1);
	}
	memmove(r->data + n, r->data, r->len);
	r->from -= (off_t)n;
	r->len += n;
	for (size_t at = 0; at < n;) {
		ssize_t got = read_patiently(r->fd, r->data + at, n - at, r->from + (off_t)at);
		if (got == 0)
			errno = EIO;
		if (got <= 0)
			return fail(r);
		at += (size_t)got;
	}
	return 0;
}

/* Gives the lines that begin within the first n bytes held, from the last one on, and keeps what is
 * before the first newline: but not before any was met, since that belongs to a torn line. */
static int give_lines_back(struct reader *r, size_t n)
{
	for (size_t i = n; i > 0 && r->ends->unsettled > 0; i--) {
		if (r->data[i - 1] != '\n')
			continue;
		const char *reason = r->is_whole ? give(r, r->data + i, r->len - i) : NULL;
		if (reason)
			return refuse_place(r, i, reason);
		r->is_whole = true;
		r->len = i - 1;
	}
	if (!r->is_whole)
		r->len = 0;
	return r->len > LINE_CEILING ? refuse_place(r, 0, too_long) : 0;
}

static int read_backward(struct reader *r)
{
	const char *reason;

	while (r->from > 0 && r->ends->unsettled > 0) {
		size_t n = r->from < BLOCK ? (size_t)r->from : BLOCK;
		if (prepend(r, n) < 0 || give_lines_back(r, n) < 0)
			return -1;
	}
	reason = r->ends->unsettled > 0 ? give(r, r->data, r->len) : NULL;
	return reason ? refuse_place(r, 0, reason) : 0;
}

int range_file_backward(const char *path, struct range_ends *ends, struct err *err)
{
	struct reader r = {.name = path, .ends = ends, .err = err};
	struct stat status;
	int result = 0;

	if (stat(path, &status) < 0)
		return errno == ENOENT ? 0 : fail(&r);
	if (!S_ISREG(status.st_mode))
		return 0;
	r.fd = open_patiently(path);
	if (r.fd < 0)
		return fail(&r);
	if (fstat(r.fd, &status) < 0)
		result = fail(&r);
	r.from = status.st_size;
	if (result == 0)
		result = read_backward(&r);
	close(r.fd);
	free(r.data);
	return result;
}
