#include "net/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 64 * 1024, PIECES = 16 };

struct spool {
	int fd;
	char *path;	 /* what it will be called, or is; NULL: nothing */
	char *temporary; /* what it is called until then; NULL: nothing */
	struct digest *digest;
};

static struct spool *spool_alloc(const char *path)
{
	struct spool *spool = mem_alloc(1, sizeof *spool);

	spool->fd = -1;
	spool->path = path ? mem_text(path) : NULL;
	spool->digest = digest_open();
	return spool;
}

/* The folders above a file. */
static int make_folders(const char *path, struct err *err)
{
	char *folder = mem_text(path);
	int result = 0;

	for (char *p = folder + 1; result == 0 && *p && (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(folder, 0777) < 0 && errno != EEXIST)
			result = err_errno(err, EXIT_FAILED, "cannot make the folder '%s'", folder);
		*p = '/';
	}
	free(folder);
	return result;
}

static const char *folder_of_unnamed(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

static int refuse(const struct spool *spool, struct err *err)
{
	if (spool->path)
		return err_errno(err, EXIT_FAILED, "cannot write '%s'", spool->path);
	return err_errno(
		err, EXIT_FAILED, "cannot write a temporary file in '%s'", folder_of_unnamed());
}

/* A name for mkstemp(): beside the file, or in $TMPDIR. */
static char *template_for(const char *path)
{
	const char *begin = path ? path : folder_of_unnamed();
	size_t n = strlen(begin) + sizeof "/tradepipe.part-XXXXXX";
	char *name = mem_alloc(n, 1);

	snprintf(name, n, "%s%s.part-XXXXXX", begin, path ? "" : "/tradepipe");
	return name;
}

/* For glob(): what mkstemp() makes of that. */
static char *pattern_for(const char *path)
{
	static const char end[] = ".part-??????";
	char *pattern = mem_alloc(2 * strlen(path) + sizeof end, 1);
	char *to = pattern;

	for (; *path; *to++ = *path++)
		if (strchr("*?[\\", *path))
			*to++ = '\\';
	memcpy(to, end, sizeof end);
	return pattern;
}

/* Whether its writer is gone: it is locked before there is anything in it. */
static bool is_left_over(const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat is;
	bool alone;

	if (fd < 0)
		return false;
	alone = fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_size > 0 &&
		fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
	close(fd);
	return alone;
}

/* Clears away what was left of the file by those that were killed. */
static void sweep(const char *path)
{
	char *pattern = pattern_for(path);
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (is_left_over(found.gl_pathv[i]))
				unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	free(pattern);
}

static void lock(int fd)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_SETLK, &all) < 0)
		return; /* then nobody else can tell either, and leaves it alone */
}

/* mkstemp() lets nobody else read, but archives are no secret. */
static void open_to_others(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) < 0)
		return;
}

static int make_file(struct spool *spool, struct err *err)
{
	if (spool->path && make_folders(spool->path, err) < 0)
		return -1;
	if (spool->path)
		sweep(spool->path);
	spool->temporary = template_for(spool->path);
	spool->fd = mkstemp(spool->temporary);
	if (spool->fd >= 0 && spool->path) {
		lock(spool->fd);
		open_to_others(spool->fd);
	}
	if (spool->fd >= 0 && (spool->path || unlink(spool->temporary) < 0))
		return 0;
	if (spool->fd < 0)
		refuse(spool, err);
	free(spool->temporary);
	spool->temporary = NULL;
	return spool->fd < 0 ? -1 : 0;
}

struct spool *spool_new(const char *path, struct err *err)
{
	struct spool *spool = spool_alloc(path);

	if (make_file(spool, err) == 0)
		return spool;
	spool_close(spool);
	return NULL;
}

struct spool *spool_open(const char *path)
{
	struct spool *spool = spool_alloc(path);
	struct stat is;

	spool->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (spool->fd >= 0 && fstat(spool->fd, &is) == 0 && S_ISREG(is.st_mode))
		return spool;
	spool_close(spool);
	return NULL;
}

int spool_read(struct spool *spool, struct err *err)
{
	char bytes[PIECE];

	for (int i = 0; i < PIECES; i++) {
		ssize_t n = read(spool->fd, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, EXIT_FAILED, "cannot read '%s'", spool->path);
		if (n == 0)
			return 0;
		digest_add(spool->digest, span_make(bytes, (size_t)n));
	}
	return 1;
}

int spool_add(struct spool *spool, struct span piece, struct err *err)
{
	digest_add(spool->digest, piece);
	while (piece.n > 0) {
		ssize_t n = write(spool->fd, piece.p, piece.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse(spool, err);
		piece = span_make(piece.p + n, piece.n - (size_t)n);
	}
	return 0;
}

void spool_hex(const struct spool *spool, char hex[DIGEST_HEX])
{
	digest_hex(spool->digest, hex);
}

int spool_keep(struct spool *spool, struct err *err)
{
	if (!spool->temporary)
		return 0;
	if (fsync(spool->fd) < 0 || rename(spool->temporary, spool->path) < 0)
		return err_errno(err, EXIT_FAILED, "cannot write '%s'", spool->path);
	free(spool->temporary);
	spool->temporary = NULL;
	return 0;
}

int spool_fd(const struct spool *spool)
{
	return spool->fd;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->fd >= 0)
		close(spool->fd);
	if (spool->temporary)
		unlink(spool->temporary);
	free(spool->temporary);
	free(spool->path);
	digest_close(spool->digest);
	free(spool);
}
