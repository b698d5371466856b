/*
 * An archive that is inflated by a thread of its own, a little ahead of who reads it: inflating
 * takes about as long as all that is done with the bytes.
 */
#ifndef TRADEPIPE_NET_AHEAD_H
#define TRADEPIPE_NET_AHEAD_H

#include "base/err.h"
#include "base/span.h"
#include "net/archive.h"

struct ahead;

/* Takes the archive over, of which nothing has been read. Where no thread can be had it is inflated
 * by who reads it. */
struct ahead *ahead_open(struct archive_file *archive);

/* As archive_read(), but a megabyte or a little more at once, where there is as much; waits for the
 * thread. */
int ahead_read(struct ahead *ahead, struct span *bytes, struct err *err);

/* Closes the archive, too. NULL is allowed. */
void ahead_close(struct ahead *ahead);

#endif
