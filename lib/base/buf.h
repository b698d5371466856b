/*
 * A buffer that grows up to a ceiling chosen where it is created. Reaching the ceiling is an error
 * that the caller names; nothing is ever cut short.
 */
#ifndef TRADEPIPE_BASE_BUF_H
#define TRADEPIPE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct buf {
	char *data; /* NULL until something is added */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated, never above ceiling */
	size_t ceiling;
};

/* An empty buffer that will hold at most `ceiling` bytes; allocates nothing. */
void buf_init(struct buf *b, size_t ceiling);

/* Makes room for n more bytes and returns where they go, or NULL where that would pass the ceiling;
 * the buffer is unchanged then. buf_added() says how many were written there. */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

/* Appends bytes; 0, or -1 where they would pass the ceiling (nothing is appended then). */
int buf_add(struct buf *b, struct span bytes);
int buf_add_text(struct buf *b, const char *text);
int buf_add_u64(struct buf *b, uint64_t value);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content; lives until the buffer is next changed. */
static inline struct span buf_span(const struct buf *b)
{
	return span_make(b->data, b->len);
}

/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);

/* Frees it; it is empty then, and releasing it again is safe. */
void buf_release(struct buf *b);

#endif
