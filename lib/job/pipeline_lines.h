/*
 * Lines out of a pipe that is read without blocking.
 */
#ifndef TRADEPIPE_JOB_PIPELINE_LINES_H
#define TRADEPIPE_JOB_PIPELINE_LINES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum { PIPELINE_LINE_MAX = 64 * 1024 }; /* bytes; a longer line is cut into several */

struct pipeline_lines {
	int fd;		 /* -1: closed */
	struct buf held; /* the beginning of a line */

	/* Each line, without its newline; it lives until this returns. Also the last one that lacks
	 * its newline. */
	void (*line)(void *arg, struct span line);
	void *arg;
};

/* Takes over fd, whose O_NONBLOCK it sets. */
void pipeline_lines_open(
	struct pipeline_lines *lines, int fd, void (*line)(void *arg, struct span line), void *arg);

/* Reads what is there, some 64 KiB at most. True where there may be more at once. At the end of the
 * pipe, and at errors, closes it. */
bool pipeline_lines_read(struct pipeline_lines *lines);

/* Hands on what is held and closes it; harmless where that was done. */
void pipeline_lines_close(struct pipeline_lines *lines);

#endif
