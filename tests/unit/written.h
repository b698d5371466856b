/*
 * What a function writes to a struct out, as text: through a temporary file that is gone at once.
 */
#ifndef TRADEPIPE_TESTS_WRITTEN_H
#define TRADEPIPE_TESTS_WRITTEN_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/out.h"

struct written {
	struct out *out;
	FILE *file;
	char text[64 * 1024];
};

static inline void written_open(struct written *w)
{
	char path[] = "/tmp/tradepipe-unit-XXXXXX";
	int fd = mkstemp(path);

	w->file = fd < 0 ? NULL : fdopen(fd, "r");
	w->out = w->file ? out_open(path, NULL) : NULL;
	unlink(path);
	if (!w->out)
		abort();
}

/* What was written since the last call, NUL-terminated. */
static inline const char *written_text(struct written *w)
{
	size_t n;

	out_flush(w->out);
	clearerr(w->file);
	n = fread(w->text, 1, sizeof w->text - 1, w->file);
	w->text[n] = '\0';
	return w->text;
}

static inline void written_close(struct written *w)
{
	uint64_t unwritten;

	out_close(w->out, 0, &unwritten);
	fclose(w->file);
}

#endif
