/*
 * What becomes of a record that is refused: --on-bad fail|skip|FILE. Each one is reported; none is
 * lost: under `fail` the first one ends the run, under a FILE it is appended there as one JSON line
 *   {"reason":...,"line":N,"time":RFC 3339,"record":"the input line"}
 * with "index":K where it is the K-th trade (from 1) in a line, and "record_base64" where the bytes
 * are no UTF-8.
 */
#ifndef TRADEPIPE_BASE_REJECT_H
#define TRADEPIPE_BASE_REJECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"
#include "base/span.h"

struct reject;

/* policy is "fail", "skip", or a file's name ("./fail" for a file of that name), and lives as long
 * as this. NULL and *err where the file cannot be opened. */
struct reject *reject_open(const char *policy, struct err *err);

/* The file of a policy, for guard.h; NULL where it names none. */
const char *reject_path(const char *policy);

/* Reports and keeps one record. `what` is the input's name, line its line number there (0: none),
 * index the trade's place within it (0: the line as a whole). Returns 0 to go on, or -1 where the
 * run must end: by policy, or because the file cannot take it (said then). */
int reject_record(struct reject *reject, struct span record, const char *what, uint64_t line,
	size_t index, const char *reason);

/* Appends one entry as it stands in the file, without its newline. 0, or -1 at the buffer's ceiling
 * (nothing is appended then). */
int reject_entry(
	struct buf *to, struct span record, uint64_t line, size_t index, const char *reason);

/* Writes out what is held, as before every wait. 0, or -1 where the file could not take it. */
int reject_flush(struct reject *reject);

/* Writes out and frees. Returns code, or what out_close() makes of a file that could not take what
 * it got; a reader that went away is EXIT_FAILED here, with a message. */
int reject_close(struct reject *reject, int code);

#endif
