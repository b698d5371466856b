/*
 * A span: a view of bytes that somebody else owns. It may hold NULs and is not terminated; it
 * lives as long as the buffer it points into, which each function that hands one out names.
 */
#ifndef TRADEPIPE_BASE_SPAN_H
#define TRADEPIPE_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

/* A span of a string literal, for initialisers; its closing NUL is left out. */
#define SPAN(literal)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

static inline struct span span_make(const char *p, size_t n)
{
	return (struct span){p, n};
}

static inline struct span span_text(const char *text)
{
	return (struct span){text, strlen(text)};
}

static inline bool span_is(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is_text(struct span a, const char *text)
{
	return span_is(a, span_text(text));
}

/* The number of bytes for a "%.*s" in a message; long spans are shown by their beginning. */
static inline int span_shown(struct span a)
{
	return a.n > 120 ? 120 : (int)a.n;
}

#endif
