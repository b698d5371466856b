#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

enum { FIRST_CAP = 256 };

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){.ceiling = ceiling};
}

char *buf_room(struct buf *b, size_t n)
{
	if (n > b->ceiling - b->len)
		return NULL;
	if (n > b->cap - b->len || !b->data) {
		size_t cap = b->cap ? b->cap : FIRST_CAP;
		while (cap < b->len + n)
			cap *= 2;
		if (cap > b->ceiling)
			cap = b->ceiling;
		b->data = mem_resize(b->data, cap, 1);
		b->cap = cap;
	}
	return b->data + b->len;
}

void buf_added(struct buf *b, size_t n)
{
	b->len += n;
}

int buf_add(struct buf *b, struct span bytes)
{
	char *to = buf_room(b, bytes.n);
	if (!to)
		return -1;
	if (bytes.n)
		memcpy(to, bytes.p, bytes.n);
	buf_added(b, bytes.n);
	return 0;
}

int buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, span_text(text));
}

int buf_add_u64(struct buf *b, uint64_t value)
{
	char digits[NUM_U64_MAX];
	return buf_add(b, span_make(digits, num_write_u64(digits, value)));
}

int buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;
	char *to;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !(to = buf_room(b, (size_t)n + 1)))
		return -1;
	va_start(args, format);
	vsnprintf(to, (size_t)n + 1, format, args);
	va_end(args);
	buf_added(b, (size_t)n);
	return 0;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
}

void buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b, b->ceiling);
}
