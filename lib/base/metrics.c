#include "base/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"

struct metrics {
	const char *path;
	char *claim_path; /* a lock file beside the file: renaming replaces the file itself */
	char *fresh_path; /* where the next version is written */
	int claim;
	bool warned;
};

static char *beside(const char *path, const char *suffix)
{
	size_t n = strlen(path) + strlen(suffix) + 1;
	char *name = mem_alloc(n, 1);

	snprintf(name, n, "%s%s", path, suffix);
	return name;
}

/* The lock file may be removed by its owner between our opening and locking it: then we would hold
 * a lock that nobody else sees. */
static bool is_still_there(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
		ours.st_ino == theirs.st_ino;
}

static int claim(struct metrics *m, struct err *err)
{
	do {
		struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		if (m->claim >= 0)
			close(m->claim);
		m->claim = open(m->claim_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (m->claim < 0) {
			diag_warning("cannot write metrics to '%s': %s", m->path, strerror(errno));
			m->warned = true;
			return 0;
		}
		if (fcntl(m->claim, F_SETLK, &wanted) < 0 && (errno == EACCES || errno == EAGAIN))
			return err_set(err, EXIT_USAGE,
				"cannot write metrics to '%s': another process does", m->path);
	} while (!is_still_there(m->claim, m->claim_path));
	return 0;
}

static void release(struct metrics *m)
{
	if (m->claim >= 0)
		close(m->claim);
	free(m->claim_path);
	free(m->fresh_path);
	free(m);
}

/* What lies there is replaced: that must not be a device. (A folder cannot be.) */
static int check_file(const char *path, struct err *err)
{
	struct stat there;

	if (stat(path, &there) < 0 || S_ISREG(there.st_mode) || S_ISDIR(there.st_mode))
		return 0;
	return err_set(
		err, EXIT_USAGE, "cannot write metrics to '%s': it is no regular file", path);
}

struct metrics *metrics_open(const char *path, struct err *err)
{
	struct metrics *m;

	if (check_file(path, err) < 0)
		return NULL;
	m = mem_alloc(1, sizeof *m);
	m->path = path;
	m->claim = -1;
	m->claim_path = beside(path, ".lock");
	m->fresh_path = beside(path, ".new");
	if (claim(m, err) < 0) {
		release(m);
		return NULL;
	}
	return m;
}

void metrics_head(struct buf *text, const char *name, const char *type, const char *help)
{
	buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int add_escaped(struct buf *text, struct span value)
{
	const char *end = value.p + value.n;

	for (const char *p = value.p; p < end; p++) {
		bool quoted = *p == '\\' || *p == '"';
		struct span byte = *p == '\n' ? span_text("\\n") : span_make(p, 1);
		if ((quoted && buf_add_text(text, "\\") < 0) || buf_add(text, byte) < 0)
			return -1;
	}
	return 0;
}

static int add_label(struct buf *text, const char *label, struct span value)
{
	if (buf_add_text(text, ",") < 0 || buf_add_text(text, label) < 0 ||
		buf_add_text(text, "=\"") < 0 || add_escaped(text, value) < 0)
		return -1;
	return buf_add_text(text, "\"");
}

static int add_sample(
	struct buf *text, const char *name, const char *label, struct span of_label, uint64_t value)
{
	if (buf_add_text(text, name) < 0 || buf_add_text(text, "{program=\"") < 0 ||
		buf_add_text(text, diag_program()) < 0 || buf_add_text(text, "\"") < 0 ||
		(label && add_label(text, label, of_label) < 0) || buf_add_text(text, "} ") < 0 ||
		buf_add_u64(text, value) < 0)
		return -1;
	return buf_add_text(text, "\n");
}

void metrics_sample(struct buf *text, const char *name, const char *label,
	struct span value_of_label, uint64_t value)
{
	size_t before = text->len;

	/* half a line would spoil the file for its reader */
	if (add_sample(text, name, label, value_of_label, value) < 0)
		text->len = before;
}

void metrics_add(
	struct buf *text, const char *name, const char *type, const char *help, uint64_t value)
{
	metrics_head(text, name, type, help);
	metrics_sample(text, name, NULL, span_make(NULL, 0), value);
}

static int put_in_place(struct metrics *m, struct span text)
{
	int fd = open(m->fresh_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || file_close(fd, file_write(fd, text)) < 0)
		return -1;
	return rename(m->fresh_path, m->path);
}

void metrics_write(struct metrics *m, struct span text)
{
	if (put_in_place(m, text) == 0) {
		m->warned = false;
		return;
	}
	if (!m->warned)
		diag_warning("cannot write metrics to '%s': %s", m->path, strerror(errno));
	m->warned = true;
	unlink(m->fresh_path);
}

void metrics_close(struct metrics *m)
{
	unlink(m->claim_path);
	release(m);
}
