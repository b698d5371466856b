/*
 * A file of records that is looked at before it is appended to: between the look and the lock another
 * process could have written what was not seen, and would be written twice.
 */
#ifndef TRADEPIPE_BASE_APPEND_H
#define TRADEPIPE_BASE_APPEND_H

#include <sys/types.h>

#include "base/err.h"
#include "base/out.h"

struct append {
	const char *path; /* lives on; NULL: standard output */
	off_t size;	  /* at the look */
};

/* Before the file is read. */
void append_look(struct append *append, const char *path);

/* As out_open(), which it calls; NULL and *err (EXIT_FAILED) also where the file has grown since. */
struct out *append_open(const struct append *append, struct err *err);

#endif
