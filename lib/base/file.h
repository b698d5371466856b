/*
 * Small files as a whole: read into a buffer, or replaced so that a reader never sees half of one.
 * Reads and writes that are not cut short.
 */
#ifndef TRADEPIPE_BASE_FILE_H
#define TRADEPIPE_BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* Appends the whole file, which may be a pipe or a device too, up to the buffer's ceiling. 0, or -1
 * and *err (EXIT_USAGE), "cannot read 'PATH': REASON", also where the ceiling is too low. */
int file_read(const char *path, struct buf *to, struct err *err);

/* Makes `content` what the file holds: written beside it, synced to disk and renamed into place; a
 * symbolic link stays one. "-", and a path to what standard output or standard error is (as
 * /dev/stdout), is written to there. What is no regular file, such as a pipe or a device, is
 * written to instead of being replaced. 0, or -1 and *err (EXIT_FAILED), "cannot write 'PATH':
 * REASON"; a regular file is as it was then, and nothing is left beside it. */
int file_replace(const char *path, struct span content, struct err *err);

/* Looks ahead whether file_replace() has a chance: the folder is there and may be written to. 0, or
 * -1 and *err (EXIT_USAGE) in the same words. */
int file_can_replace(const char *path, struct err *err);

/* As write(), all of it: also where less was taken, or a signal came, unless the drain time is over
 * by then. 0, or -1 and errno. */
int file_write(int fd, struct span content);

/* Closes what was written to with that result, 0 or -1. Returns it, or -1 where only the closing has
 * failed; errno is that of the first failure. */
int file_close(int fd, int result);

/* As pread(), and less than n bytes only where the file ends. Signals do not end it. */
ssize_t file_pread(int fd, void *to, size_t n, off_t at);

#endif
