#include "base/append.h"

#include <stdint.h>
#include <sys/stat.h>

static off_t size_of(const char *path)
{
	struct stat is;

	return path && stat(path, &is) == 0 && S_ISREG(is.st_mode) ? is.st_size : 0;
}

void append_look(struct append *append, const char *path)
{
	*append = (struct append){.path = path, .size = size_of(path)};
}

struct out *append_open(const struct append *append, struct err *err)
{
	struct out *out = out_open(append->path, err);
	uint64_t none;

	if (!out || size_of(append->path) <= append->size)
		return out;
	out_close(out, EXIT_FAILED, &none);
	err_set(err, EXIT_FAILED, "cannot write '%s': another process has written to it meanwhile",
		append->path);
	return NULL;
}
