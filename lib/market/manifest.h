/*
 * The verdict of trade-verify as a JSON document, and the comparison of one with another.
 *
 * {"whole":BOOL,"streams":[{"exchange","product_id","count","first_id","last_id","first_time",
 * "last_time","missing":[{"first","last","after","before"}],"duplicates","disordered",
 * "sum_quantity","sum_value","sha256","sha256_time"}]}
 *
 * Ids and counts are integers, sums are strings, times are RFC 3339 with nine fractional digits in
 * UTC, what is not known is null. A stream with trades that had no id has "without_id" at its end.
 */
#ifndef TRADEPIPE_MARKET_MANIFEST_H
#define TRADEPIPE_MARKET_MANIFEST_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "market/stream.h"

enum { MANIFEST_CEILING = 256 * 1024 * 1024 }; /* bytes: over two million gaps */

/* Appends the document, one line with its newline. 0, or -1 at the buffer's ceiling. */
int manifest_write(struct buf *to, struct streams *streams);

/* Appends what the document has of one stream. 0, or -1 likewise. */
int manifest_write_stream(struct buf *to, struct stream *stream);

/* Compares the streams with a manifest's text. For each difference `differs` is called with a line
 * such as "BTC/USD of kraken: count is 5, not 6". Where a time is all that differs on Kraken, and
 * by no more than STREAM_SKEW_US, it is none, nor is sha256_time there. Numbers are compared by
 * value, members that are not known here are not looked at. *n is the number of differences. 0, or
 * -1 and *err: EXIT_USAGE where the text, called `name` in messages, is no manifest, before any
 * difference is told, EXIT_FAILED where a stream has too many gaps to be compared, perhaps after
 * some. A manifest has each stream once, and the gaps of a stream in order, none reaching into the
 * next. */
int manifest_compare(struct span text, const char *name, struct streams *streams,
	void (*differs)(void *arg, const char *what), void *arg, size_t *n, struct err *err);

#endif
