/*
 * A download on its way into a file, with its SHA-256: into an unnamed one in $TMPDIR, which
 * is gone when it is closed, or into a folder, where it gets its name once it has been found
 * to be right.
 */
#ifndef TRADEPIPE_NET_SPOOL_H
#define TRADEPIPE_NET_SPOOL_H

#include "base/digest.h"
#include "base/err.h"
#include "base/span.h"

struct spool;

/* An empty file; with `path`, one that will have that name: missing folders above it are made, and
 * what is left of it from a process that was killed is cleared away. NULL and *err (EXIT_FAILED) on
 * failure, "cannot write 'PATH': reason". */
struct spool *spool_new(const char *path, struct err *err);

/* The file of that name as it is; NULL where there is none that could be read. Nothing of it is in
 * the digest before spool_read(). */
struct spool *spool_open(const char *path);

/* Puts the next megabyte of an opened file into the digest: 1; 0 at its end; -1 and *err. */
int spool_read(struct spool *spool, struct err *err);

/* Appends; 0, or -1 and *err. */
int spool_add(struct spool *spool, struct span piece, struct err *err);

/* The digest of what was added or read. */
void spool_hex(const struct spool *spool, char hex[DIGEST_HEX]);

/* Gives the file its name, in place of another that has it. 0, or -1 and *err; nothing to do
 * without a path. */
int spool_keep(struct spool *spool, struct err *err);

/* The file's descriptor, which is the spool's. */
int spool_fd(const struct spool *spool);

/* Closes it; what was not kept is gone. NULL is allowed. */
void spool_close(struct spool *spool);

#endif
