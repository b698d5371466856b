/*
 * Writing records: to standard output, or to the file of --output. Bytes are held in a buffer and
 * written when it is full and before every wait (out_flush), always in whole records, so that a
 * reader never sees half of one unless the process is killed in the middle of a write.
 *
 * The first failure sticks: later calls do nothing and fail. A reader that went away (EPIPE) is a
 * quiet end, all else is an error with a message; out_close() makes the exit code of it.
 */
#ifndef TRADEPIPE_BASE_OUT_H
#define TRADEPIPE_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

/* Bytes of the longest record: a line of input at its ceiling with each byte escaped. */
enum { OUT_CEILING = 64 * 1024 * 1024 };

struct out;

/* Standard output, or, where path is not NULL, that file: it is appended to, a last line that
 * lacks its newline is cut off first (with a warning), and it stays locked as long as the process
 * runs: a second writer is refused with EXIT_FAILED. It is synced to disk at every flush and at the
 * end. A named pipe is waited for until it has a reader, a stop signal comes, or sig_expired().
 * NULL and *err on failure. */
struct out *out_open(const char *path, struct err *err);

/* For those who must know what was lost: `lost` is called at a failure with the records that did
 * not reach the descriptor whole, each ended by its newline. They live until it returns. */
void out_on_loss(struct out *out, void (*lost)(void *arg, struct span records), void *arg);

/* Room for a record of at most n bytes, n <= OUT_CEILING, its newline included; out_wrote() says
 * how many were written there and ends the record. NULL after a failure. */
char *out_room(struct out *out, size_t n);
void out_wrote(struct out *out, size_t n);

/* Adds a record: the bytes and a newline. 0, or -1 after a failure. */
int out_record(struct out *out, struct span record);

/* Writes what is held. Blocks while the reader is slow; a stop signal, or the moment of
 * sig_end_at(), bounds that by the drain time. 0, or -1 after a failure. */
int out_flush(struct out *out);

/* Nanoseconds spent in writes and syncs so far: time in which a slow reader or disk kept the
 * program from everything else, so that it can leave them out of its own deadlines. */
int64_t out_spent_ns(const struct out *out);

/* Bytes of the file: those that out_open() left in it, and those written since. */
off_t out_size(const struct out *out);

/* Where the last whole record of a file ends, of its first `size` bytes: behind the last newline,
 * or at 0; -1 and errno where it cannot be read. */
off_t out_whole(int fd, off_t size);

/* Whether a write has failed. */
bool out_has_failed(const struct out *out);

/* Flushes, syncs, closes and frees. *unwritten is how many records were handed over and did not
 * reach the descriptor whole. Returns `code`, or what the output's own failure calls for, and
 * prints its reason: PROG_BROKEN_PIPE (prog.h) for a reader that went away, without a message;
 * EXIT_PARTIAL for one that was too slow after a stop signal; else EXIT_FAILED. A regular file that
 * out_open() was given, and whose last record did not fit, is cut back to its last whole one; one
 * that standard output was led to (`>file`) is not, and may end with half a record. */
int out_close(struct out *out, int code, uint64_t *unwritten);

/* Writes a text to standard output, whose last newline is not needed, as a program does that has
 * nothing else to do. Returns the exit code, as out_close() does. */
int out_print(struct span text);

#endif
