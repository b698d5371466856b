#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum { FIRST_CAP = 128 * 1024 }; /* bytes: twice what a pipe holds */

struct out {
	int fd;
	const char *name;
	bool is_file; /* a regular file of --output: locked, synced, cut back to whole records */
	bool unsynced;
	off_t size; /* of that file, as far as we wrote it */
	char *data;
	size_t len, cap;
	uint64_t unwritten;
	int64_t spent_ns;
	struct err failure; /* code EXIT_DONE: none so far */
	bool broken_pipe;
	void (*lost)(void *arg, struct span records); /* or NULL */
	void *lost_arg;
};

static int lock(struct out *out, struct err *err)
{
	struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(out->fd, F_SETLK, &wanted) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return err_errno(err, EXIT_FAILED, "cannot lock '%s'", out->name);
	if (fcntl(out->fd, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK)
		return err_set(err, EXIT_FAILED, "cannot write '%s': process %ld is writing to it",
			out->name, (long)wanted.l_pid);
	return err_set(
		err, EXIT_FAILED, "cannot write '%s': another process is writing to it", out->name);
}

off_t out_whole(int fd, off_t size)
{
	char bytes[4096];

	while (size > 0) {
		size_t n = size < (off_t)sizeof bytes ? (size_t)size : sizeof bytes;
		ssize_t got = file_pread(fd, bytes, n, size - (off_t)n);
		if (got < 0)
			return -1;
		size -= (off_t)n;
		for (; got > 0; got--)
			if (bytes[got - 1] == '\n')
				return size + got;
	}
	return 0;
}

/* A writer that was killed may have left half a record behind. */
static int cut_torn_line(struct out *out, struct err *err)
{
	off_t whole = out_whole(out->fd, out->size);

	if (whole < 0)
		return err_errno(err, EXIT_FAILED, "cannot read '%s'", out->name);
	if (whole == out->size)
		return 0;
	if (ftruncate(out->fd, whole) < 0)
		return err_errno(
			err, EXIT_FAILED, "cannot cut the torn last line of '%s'", out->name);
	diag_warning("cut the torn last line of '%s': %lld bytes", out->name,
		(long long)(out->size - whole));
	out->size = whole;
	return 0;
}

/* A pipe is opened for writing alone: being a reader of it ourselves, we would never be told that
 * there is none. */
static int open_path(const char *path)
{
	struct stat status;
	bool is_pipe = stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
	int flags = (is_pipe ? O_WRONLY : O_RDWR) | O_APPEND | O_CREAT | O_CLOEXEC;
	int fd;

	do
		fd = open(path, flags, 0666);
	while (fd < 0 && errno == EINTR && !sig_stops() && !sig_expired());
	return fd;
}

static int open_file(struct out *out, struct err *err)
{
	struct stat status;

	out->fd = open_path(out->name);
	if (out->fd < 0 && errno == EINTR)
		return err_set(err, EXIT_FAILED, "cannot open '%s': it has no reader", out->name);
	if (out->fd < 0 || fstat(out->fd, &status) < 0)
		return err_errno(err, EXIT_FAILED, "cannot open '%s'", out->name);
	out->is_file = S_ISREG(status.st_mode);
	if (!out->is_file)
		return 0;
	if (lock(out, err) < 0)
		return -1;
	/* The size as it is now that nobody else writes. */
	if (fstat(out->fd, &status) < 0)
		return err_errno(err, EXIT_FAILED, "cannot read '%s'", out->name);
	out->size = status.st_size;
	return cut_torn_line(out, err);
}

struct out *out_open(const char *path, struct err *err)
{
	struct out *out = mem_alloc(1, sizeof *out);

	out->fd = STDOUT_FILENO;
	out->name = path ? path : "standard output";
	if (path && open_file(out, err) < 0) {
		if (out->fd >= 0)
			close(out->fd);
		free(out);
		return NULL;
	}
	out->cap = FIRST_CAP;
	out->data = mem_alloc(out->cap, 1);
	return out;
}

void out_on_loss(struct out *out, void (*lost)(void *arg, struct span records), void *arg)
{
	out->lost = lost;
	out->lost_arg = arg;
}

/* What was held and is now lost is counted in records; a file ends with a whole one. */
static int fail(struct out *out, size_t written)
{
	size_t begin = written;
	off_t whole;

	while (begin > 0 && out->data[begin - 1] != '\n')
		begin--;
	for (size_t i = written; i < out->len; i++)
		out->unwritten += out->data[i] == '\n';
	if (out->lost)
		out->lost(out->lost_arg, span_make(out->data + begin, out->len - begin));
	out->len = 0;
	if (out->is_file && (whole = out_whole(out->fd, out->size)) >= 0 &&
		ftruncate(out->fd, whole) == 0)
		out->size = whole;
	return -1;
}

/* A write came back early: -1 where that is the end of it. */
static int interrupted(struct out *out, int why)
{
	struct pollfd polled = {.fd = out->fd, .events = POLLOUT};

	if (why == EAGAIN) { /* somebody who shares the pipe has made it non-blocking */
		poll(&polled, 1, 1000);
	} else if (why != EINTR) {
		out->broken_pipe = why == EPIPE;
		return err_errno(&out->failure, EXIT_FAILED, "cannot write '%s'", out->name);
	}
	wait_duty();
	if (sig_expired())
		return err_set(&out->failure, EXIT_PARTIAL,
			"cannot write '%s': its reader did not take it within the drain time",
			out->name);
	return 0;
}

static int write_all(struct out *out)
{
	size_t written = 0;

	while (written < out->len) {
		ssize_t n = write(out->fd, out->data + written, out->len - written);
		if (n >= 0) {
			written += (size_t)n;
			out->size += n;
		}
		/* A signal may also cut a write short. */
		if (written < out->len && interrupted(out, n < 0 ? errno : EINTR) < 0)
			return fail(out, written);
	}
	out->len = 0;
	return 0;
}

static int write_held(struct out *out)
{
	int64_t begun;
	int result;

	if (out->failure.code)
		return -1;
	if (out->len == 0)
		return 0;
	begun = stamp_monotonic();
	result = write_all(out);
	out->spent_ns += stamp_monotonic() - begun;
	out->unsynced = true;
	return result;
}

char *out_room(struct out *out, size_t n)
{
	if (n > out->cap - out->len) {
		if (write_held(out) < 0)
			return NULL;
		if (n > OUT_CEILING) {
			err_set(&out->failure, EXIT_FAILED,
				"cannot write '%s': a record is longer than %d bytes", out->name,
				OUT_CEILING);
			return NULL;
		}
		if (n > out->cap) {
			out->data = mem_resize(out->data, n, 1);
			out->cap = n;
		}
	}
	return out->failure.code ? NULL : out->data + out->len;
}

void out_wrote(struct out *out, size_t n)
{
	out->len += n;
}

int out_record(struct out *out, struct span record)
{
	char *to = out_room(out, record.n + 1);

	if (!to)
		return -1;
	memcpy(to, record.p, record.n);
	to[record.n] = '\n';
	out_wrote(out, record.n + 1);
	return 0;
}

int out_flush(struct out *out)
{
	int64_t begun;
	int result;

	if (write_held(out) < 0)
		return -1;
	if (!out->is_file || !out->unsynced)
		return 0;
	begun = stamp_monotonic();
	result = fdatasync(out->fd);
	if (result < 0)
		err_errno(&out->failure, EXIT_FAILED, "cannot write '%s'", out->name);
	out->spent_ns += stamp_monotonic() - begun;
	out->unsynced = false;
	return result;
}

off_t out_size(const struct out *out)
{
	return out->size;
}

int64_t out_spent_ns(const struct out *out)
{
	return out->spent_ns;
}

bool out_has_failed(const struct out *out)
{
	return out->failure.code != EXIT_DONE;
}

int out_close(struct out *out, int code, uint64_t *unwritten)
{
	out_flush(out);
	if (close(out->fd) < 0 && !out->failure.code)
		err_errno(&out->failure, EXIT_FAILED, "cannot write '%s'", out->name);
	*unwritten = out->unwritten;
	if (out->broken_pipe)
		code = PROG_BROKEN_PIPE;
	else if (out->failure.code)
		code = diag_err(&out->failure);
	free(out->data);
	free(out);
	return code;
}

int out_print(struct span text)
{
	uint64_t unwritten;
	struct err err;
	struct out *out = out_open(NULL, &err);

	if (!out)
		return diag_err(&err);
	text.n -= text.n > 0 && text.p[text.n - 1] == '\n';
	out_record(out, text);
	return out_close(out, EXIT_DONE, &unwritten);
}
