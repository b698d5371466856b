#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sig.h"

enum { PIECE = 64 * 1024 };

/* Opening a FIFO takes until it has another end; a stop signal ends that. */
static int open_patiently(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR && !sig_stops());
	return fd;
}

/* As read(), and goes on where it was interrupted, unless by a stop signal. */
static ssize_t read_patiently(int fd, char *to, size_t n)
{
	ssize_t got;

	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR && !sig_stops());
	return got;
}

/* The number of bytes of the next piece, 0 at the end, or -1. At the ceiling only the end will do,
 * and errno is EFBIG otherwise. */
static ssize_t read_piece(int fd, struct buf *to)
{
	size_t left = to->ceiling - to->len;
	size_t wanted = left < PIECE ? left : PIECE;
	char beyond;
	ssize_t n;

	if (wanted == 0) {
		n = read_patiently(fd, &beyond, 1);
		errno = n > 0 ? EFBIG : errno;
		return n > 0 ? -1 : n;
	}
	n = read_patiently(fd, buf_room(to, wanted), wanted);
	if (n > 0)
		buf_added(to, (size_t)n);
	return n;
}

int file_read(const char *path, struct buf *to, struct err *err)
{
	int fd = open_patiently(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return err_errno(err, EXIT_USAGE, "cannot read '%s'", path);
	do
		n = read_piece(fd, to);
	while (n > 0);
	if (n < 0 && errno == EFBIG)
		err_set(err, EXIT_USAGE, "cannot read '%s': it has more than %zu bytes", path,
			to->ceiling);
	else if (n < 0)
		err_errno(err, EXIT_USAGE, "cannot read '%s'", path);
	close(fd);
	return n < 0 ? -1 : 0;
}

int file_write(int fd, struct span content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);
		if (n < 0 && (errno != EINTR || sig_expired()))
			return -1;
		if (n > 0)
			content = span_make(content.p + n, content.n - (size_t)n);
	}
	return 0;
}

ssize_t file_pread(int fd, void *to, size_t n, off_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t more = pread(fd, (char *)to + got, n - got, at + (off_t)got);
		if (more < 0 && errno != EINTR)
			return -1;
		if (more == 0)
			break;
		got += more > 0 ? (size_t)more : 0;
	}
	return (ssize_t)got;
}

int file_close(int fd, int result)
{
	int saved = errno;

	if (close(fd) < 0 && result == 0)
		return -1;
	errno = saved;
	return result;
}

static int write_in_place(const char *path, struct span content)
{
	int fd = open_patiently(path, O_WRONLY);

	return fd < 0 ? -1 : file_close(fd, file_write(fd, content));
}

static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static int write_fresh(char *fresh, mode_t mode, struct span content)
{
	int fd = mkstemp(fresh);
	int result;

	if (fd < 0)
		return -1;
	result = fchmod(fd, mode) < 0 || file_write(fd, content) < 0 || fsync(fd) < 0 ? -1 : 0;
	return file_close(fd, result);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_text(slash ? path : ".");

	if (slash)
		folder[slash - path + 1] = '\0';
	return folder;
}

/* So that the new name is on disk as well. Not all file systems can; the file itself is safe. */
static void sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(folder);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int write_beside(const char *path, mode_t mode, struct span content)
{
	size_t size = strlen(path) + sizeof ".XXXXXX";
	char *fresh = mem_alloc(size, 1);
	int result, saved;

	snprintf(fresh, size, "%s.XXXXXX", path);
	result = write_fresh(fresh, mode, content);
	if (result == 0)
		result = rename(fresh, path);
	saved = errno;
	if (result < 0)
		unlink(fresh);
	else
		sync_folder(path);
	free(fresh);
	errno = saved;
	return result;
}

/* Standard output or error, where the path leads to what that is; else -1. */
static int standard_descriptor(const char *path)
{
	struct stat wanted, ours;

	if (strcmp(path, "-") == 0)
		return STDOUT_FILENO;
	if (stat(path, &wanted) < 0)
		return -1;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &ours) == 0 && ours.st_dev == wanted.st_dev &&
			ours.st_ino == wanted.st_ino)
			return fd;
	return -1;
}

/* What is there is replaced where it is, a link's target and not the link. */
static int replace(const char *path, struct span content)
{
	struct stat status;
	char *target;
	int result;

	if (stat(path, &status) < 0)
		return write_beside(path, new_file_mode(), content);
	if (!S_ISREG(status.st_mode))
		return write_in_place(path, content);
	target = realpath(path, NULL);
	if (!target)
		return -1;
	result = write_beside(target, status.st_mode & 0777, content);
	free(target);
	return result;
}

int file_replace(const char *path, struct span content, struct err *err)
{
	int fd = standard_descriptor(path);
	int result = fd < 0 ? replace(path, content) : file_write(fd, content);

	return result < 0 ? err_errno(err, EXIT_FAILED, "cannot write '%s'", path) : 0;
}

int file_can_replace(const char *path, struct err *err)
{
	struct stat status;
	char *folder;
	int result;

	if (standard_descriptor(path) >= 0)
		return 0;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return err_errno(err, EXIT_USAGE, "cannot write '%s'", path);
	}
	folder = folder_of(path);
	result = *path ? access(folder, W_OK | X_OK) : access(path, F_OK);
	free(folder);
	return result < 0 ? err_errno(err, EXIT_USAGE, "cannot write '%s'", path) : 0;
}
