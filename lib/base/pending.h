/*
 * Lines on their way: kept, in the order in which they were read, until each one has met its fate,
 * and handed back in that order. Memory is bounded by the caller, who stops adding.
 */
#ifndef TRADEPIPE_BASE_PENDING_H
#define TRADEPIPE_BASE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct pending_line {
	uint64_t tag;
	struct span line; /* lives until pending_drop() */
	bool settled;
	int fate;	    /* the caller's, once settled */
	const char *reason; /* likewise; a text that lives on, or NULL */
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms;
};

struct pending;

struct pending *pending_open(void);
void pending_close(struct pending *pending);

/* Bytes that are held: the lines, and what is noted of each. */
size_t pending_bytes(const struct pending *pending);

/* Keeps a copy of the line. Tags grow from call to call. */
void pending_add(struct pending *pending, uint64_t tag, struct span line);

/* The line of that tag, for the caller to settle by filling in its members; NULL where
 * there is none or it was settled before. What is handed out here and below lives until
 * the next pending_add(). */
struct pending_line *pending_find(struct pending *pending, uint64_t tag);

/* The oldest line where it is settled (pending_drop() ends it then), else NULL. */
const struct pending_line *pending_first(const struct pending *pending);
void pending_drop(struct pending *pending);

#endif
