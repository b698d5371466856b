#include "base/guard.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* What a path that leads nowhere yet will be: a name in a folder. */
static bool find_place(const char *path, struct guard_file *file)
{
	const char *slash = strrchr(path, '/');
	char *folder = mem_text(slash ? path : ".");
	struct stat status;
	bool found;

	if (slash)
		folder[slash - path + 1] = '\0';
	found = stat(folder, &status) == 0;
	free(folder);
	if (!found)
		return false;
	file->base = slash ? slash + 1 : path;
	file->dev = status.st_dev;
	file->ino = status.st_ino;
	return true;
}

/* False for what may be used as often as one likes. */
static bool find(const char *path, int standard, struct guard_file *file)
{
	bool is_standard = strcmp(path, "-") == 0;
	struct stat status;

	if ((is_standard ? fstat(standard, &status) : stat(path, &status)) < 0)
		return !is_standard && find_place(path, file);
	file->dev = status.st_dev;
	file->ino = status.st_ino;
	return S_ISREG(status.st_mode);
}

static int check(const struct guard *guard, const struct guard_file *file, struct err *err)
{
	for (size_t i = 0; i < guard->n; i++) {
		const struct guard_file *other = &guard->writers[i];
		if (file->dev != other->dev || file->ino != other->ino ||
			!file->base != !other->base ||
			(file->base && strcmp(file->base, other->base) != 0))
			continue;
		return err_set(err, EXIT_USAGE, "cannot use '%s' as well: it is where %s",
			file->name, other->purpose);
	}
	return 0;
}

int guard_writes(struct guard *guard, const char *path, const char *purpose, struct err *err)
{
	struct guard_file file = {.name = path, .purpose = purpose};

	if (!path || !find(path, STDOUT_FILENO, &file))
		return 0;
	if (strcmp(path, "-") == 0)
		file.name = "standard output";
	if (check(guard, &file, err) < 0)
		return -1;
	if (guard->n == GUARD_WRITERS_MAX)
		abort();
	guard->writers[guard->n++] = file;
	return 0;
}

int guard_reads(const struct guard *guard, const char *path, struct err *err)
{
	struct guard_file file = {.name = path};

	if (!path || !find(path, STDIN_FILENO, &file))
		return 0;
	if (strcmp(path, "-") == 0)
		file.name = "standard input";
	return check(guard, &file, err);
}

int guard_reads_all(const struct guard *guard, char *const *files, struct err *err)
{
	if (!*files)
		return guard_reads(guard, "-", err);
	for (; *files; files++)
		if (guard_reads(guard, *files, err) < 0)
			return -1;
	return 0;
}
