/*
 * The files of one run must not be each other: what is read is not written as well, and nothing is
 * written by two. Checked before any of them is opened. Pipes, terminals and devices may be used
 * as often as one likes.
 */
#ifndef TRADEPIPE_BASE_GUARD_H
#define TRADEPIPE_BASE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum { GUARD_WRITERS_MAX = 8 };

/* Which file it is: by itself, or, where there is none yet, by its folder and its name there. */
struct guard_file {
	const char *name;    /* for messages */
	const char *purpose; /* "records go"; NULL: it is read */
	const char *base;    /* its name in the folder; NULL: it is there */
	dev_t dev;
	ino_t ino;
};

struct guard {
	struct guard_file writers[GUARD_WRITERS_MAX];
	size_t n;
};

/* A file that will be written, where `purpose` goes on "it is where ...". Zeroed at first, a guard
 * knows none. A path of NULL is none, one of "-" is standard output. 0, or -1 and *err (EXIT_USAGE)
 * where another writer has it. */
int guard_writes(struct guard *guard, const char *path, const char *purpose, struct err *err);

/* A file that will be read, after all writers have been named: -1 and *err (EXIT_USAGE) where one
 * of them has it. NULL is none, "-" is standard input. */
int guard_reads(const struct guard *guard, const char *path, struct err *err);

/* The same for the operands of a filter, NULL at the end: none at all is standard input. */
int guard_reads_all(const struct guard *guard, char *const *files, struct err *err);

#endif
