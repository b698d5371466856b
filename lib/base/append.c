#include "base/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

void append_look(struct append *append, const char *path)
{
	struct stat is;
	int fd;

	*append = (struct append){.path = path};
	if (!path || stat(path, &is) < 0 || !S_ISREG(is.st_mode))
		return;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	append->whole = fd < 0 || fstat(fd, &is) < 0 ? -1 : out_whole(fd, is.st_size);
	if (append->whole < 0)
		append->why = errno;
	if (fd >= 0)
		close(fd);
}

struct out *append_open(const struct append *append, struct err *err)
{
	struct out *out = out_open(append->path, err);
	uint64_t none;

	if (!out || out_size(out) == append->whole)
		return out;
	out_close(out, EXIT_FAILED, &none);
	errno = append->why;
	if (append->whole < 0)
		err_errno(err, EXIT_FAILED, "cannot read '%s'", append->path);
	else
		err_set(err, EXIT_FAILED,
			"cannot write '%s': another process has written to it meanwhile",
			append->path);
	return NULL;
}
