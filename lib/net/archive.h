/*
 * The one file that a zip archive holds, out of a file descriptor, by libarchive: its CRC and the
 * central directory are checked.
 */
#ifndef TRADEPIPE_NET_ARCHIVE_H
#define TRADEPIPE_NET_ARCHIVE_H

#include "base/err.h"
#include "base/span.h"

struct archive_file;

/* Reads the zip in `fd`, a regular file, from its beginning; the descriptor stays the caller's, but
 * its offset is moved until archive_close(). NULL and *err (EXIT_FAILED), "cannot read 'NAME':
 * reason", where it is no zip, or holds anything but one regular file. `name` is for messages and
 * lives as long as this does. */
struct archive_file *archive_open(int fd, const char *name, struct err *err);

/* The name of the file inside. */
const char *archive_member(const struct archive_file *file);

/* The next bytes, at most some 256 KiB, which live until the next call: 1; 0 at the end, when the
 * CRC has been found to be right; -1 and *err where it has not, or the archive is damaged or ends
 * early. */
int archive_read(struct archive_file *file, struct span *bytes, struct err *err);

/* NULL is allowed. */
void archive_close(struct archive_file *file);

#endif
