/*
 * Which ids of each stream a flow has published: a contiguous run from a first to a last one, with
 * the latest time in it. A stream is told by the values of a few fields, say exchange and product.
 * Pure bookkeeping: what becomes of the text is the caller's.
 *
 * Advances are provisional until cursor_commit(), and undone by cursor_rollback().
 *
 * The text goes into the metadata of a consumer group's offsets, in parts of which a broker takes
 * CURSOR_PART_MAX characters each (offset.metadata.max.bytes; Java counts UTF-16 units, the text is
 * ASCII) and some CURSOR_PARTS_MAX at a time. A part is a line of what it is a part of,
 *     tradepipe-cursor/1 COUNTER RUN PART/PARTS FIELDS
 * and one for each stream: VALUES FIRST LAST TIME. COUNTER grows from commit to commit, RUN (16
 * hexadecimal digits) tells who wrote it, PART is from 1; FIELDS and VALUES are separated by commas,
 * what is not plain in them is %XX; TIME is in nanoseconds since 1970, 0 where none was known.
 */
#ifndef TRADEPIPE_MARKET_CURSOR_H
#define TRADEPIPE_MARKET_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
	CURSOR_PART_MAX = 4096, /* characters: Kafka's preset, "Broker Configs" 3.9 */
	/* All parts of a commit are one batch of the topic __consumer_offsets, which takes a megabyte:
	 * of parts this long, brokers (3.9.1, 4.1.0) took 200 and refused 300 (tried in 2026). */
	CURSOR_PARTS_MAX = 200,
	CURSOR_FIELDS_MAX = 8,
	CURSOR_REASON_MAX = 512,
};

/* What becomes of a record; all but the first two, and where gaps are allowed the third, refuse it. */
enum cursor_verdict {
	CURSOR_NEXT,  /* it follows the last one, or begins a stream */
	CURSOR_SKIP,  /* it was published before */
	CURSOR_GAP,   /* ids before it are missing */
	CURSOR_BELOW, /* it lies before the first one */
	CURSOR_NO_ID, /* it has no id */
	CURSOR_LATER, /* its id lies behind, its time ahead: a sequence that began anew */
	CURSOR_FULL,  /* it begins a stream for which the cursor has no room */
};

struct cursor_record {
	const struct span *values; /* as many as the cursor has fields */
	bool has_id;
	uint64_t id;
	int64_t time_ns; /* 0: it has none, and is never later */
};

struct cursor;

/*
 * A cursor without streams. `fields` are their names, or "@LITERAL" for what is the same in all
 * records, separated by commas; `run` is a number that no other run has; `parts` is how many there
 * may be: the topic's partitions, of which CURSOR_PARTS_MAX are used at most. NULL and *err
 * (EXIT_USAGE) where there are too many fields or their names are too long.
 */
struct cursor *cursor_open(struct span fields, uint64_t run, size_t parts, struct err *err);
void cursor_close(struct cursor *cursor);

size_t cursor_fields(const struct cursor *cursor);
size_t cursor_streams(const struct cursor *cursor);

/* Judges a record. `reason`, which may be NULL, is filled in where it is neither the next one nor to
 * be skipped: a phrase with the ids, as for a message. A time counts as later from a millisecond on:
 * interfaces of one exchange round it differently. */
enum cursor_verdict cursor_judge(
	struct cursor *cursor, const struct cursor_record *record, char reason[CURSOR_REASON_MAX]);

/* Moves on to a record that was judged as CURSOR_NEXT or CURSOR_GAP just now. */
void cursor_advance(struct cursor *cursor, const struct cursor_record *record);

/* What was advanced since the last commit stands, or is undone. */
void cursor_commit(struct cursor *cursor);
void cursor_rollback(struct cursor *cursor);

/* The parts of the text as it is to be committed next; at least one. */
struct cursor_text {
	struct buf parts[CURSOR_PARTS_MAX];
	struct span spans[CURSOR_PARTS_MAX]; /* the same */
	size_t n;
};

/* Writes the text, over what the zeroed struct held before. */
void cursor_write(const struct cursor *cursor, struct cursor_text *text);
void cursor_text_release(struct cursor_text *text);

/*
 * Reads back what was committed into a cursor without streams: one text for each partition, p NULL
 * where it has none. Of texts with different counters the highest counts. 1; or 0 where there is no
 * cursor at all; or -1 and *err (EXIT_USAGE) where a text is none of ours, is damaged or incomplete,
 * was written for other fields, or does not fit.
 */
int cursor_read(struct cursor *cursor, const struct span *texts, size_t n, struct err *err);

/* A fresh cursor that takes its fields from the texts: for who only reads. *cursor is NULL where
 * there is none. Otherwise as above. */
int cursor_load(struct cursor **cursor, const struct span *texts, size_t n, struct err *err);

/* Appends one stream's last record: {"product_id","timestamp","trade_id","exchange"} and a newline.
 * A literal is the exchange, any other field than exchange the product. NULL, or the reason why it
 * cannot be written, a constant: fields that are not those two, the buffer's ceiling. */
const char *cursor_write_record(const struct cursor *cursor, size_t stream, struct buf *to);

/* Takes such a record, or a whole Trade record, into a cursor that does not know the stream: its
 * first and last id are that of the record. Fields are found by their own names, and where a record
 * has none, by those two. NULL, or the reason why not, a constant. */
const char *cursor_adopt(struct cursor *cursor, struct span record);

#endif
