/*
 * A JSON record as a message: what of it is the key, which fields go along as headers, which one is
 * its time, and which members the value leaves out. The plan is made once, and each record is
 * scanned once.
 */
#ifndef TRADEPIPE_JSON_MESSAGE_H
#define TRADEPIPE_JSON_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"

enum { MESSAGE_HEADERS_MAX = 32 };

/* As the user writes it; the texts live as long as the plan. */
struct message_wish {
	const char *key;	 /* FIELD, @LITERAL, or "none" */
	struct opt_list headers; /* NAME, NAME=FIELD or NAME=@LITERAL */
	const char *timestamp;	 /* a field; NULL: none */
	const char *omit;	 /* FIELD,... at the top level; NULL: none */
};

/* --key, --header, --timestamp, --omit. */
extern const struct opt message_rows[];

struct message_header {
	const char *name;
	struct span value;
};

/* The spans point into the record or the plan, and live until the plan's next record. */
struct message {
	struct span key; /* p NULL: none */
	struct span value;
	struct message_header headers[MESSAGE_HEADERS_MAX];
	size_t n_headers;
	int64_t timestamp_ms; /* since 1970; 0: none */
};

struct message_plan;

/* NULL and *err (EXIT_USAGE) where a wish cannot be read. */
struct message_plan *message_plan_open(const struct message_wish *wish, struct err *err);
void message_plan_close(struct message_plan *plan);

/*
 * Reads a record. NULL, or why it cannot be published, a text that lives until the next record: it
 * is no JSON object; the key is there neither as a string nor as a number; a header is an array or
 * an object (one that is absent or null is left out); the time is neither RFC 3339 nor an integer
 * of milliseconds, or does not lie between 1970 and 5138.
 */
const char *message_read(struct message_plan *plan, struct span record, struct message *message);

/* Appends the message as one JSON object:
 *   {"topic":...,"partition":N,"key":...,"headers":{...},"timestamp_ms":N,"value":"..."}
 * without the members that it has not got; partition -1 is none. 0, or -1 at the buffer's
 * ceiling. */
int message_show(
	const struct message *message, const char *topic, int32_t partition, struct buf *to);

#endif
