/*
 * A file of records that is looked at before it is appended to: between the look and the lock
 * another process could have written what was not seen, and would be written twice.
 */
#ifndef TRADEPIPE_BASE_APPEND_H
#define TRADEPIPE_BASE_APPEND_H

#include <sys/types.h>

#include "base/err.h"
#include "base/out.h"

struct append {
	const char *path; /* lives on; NULL: standard output */
	off_t whole; /* where the last whole record ended at the look; -1: it cannot be read, */
	int why;     /* errno */
};

/* Before the file is read. */
void append_look(struct append *append, const char *path);

/* As out_open(), which it calls; NULL and *err (EXIT_FAILED) also where the file has other whole
 * records since, by their length: a torn end, which is cut off, may come and go. */
struct out *append_open(const struct append *append, struct err *err);

#endif
