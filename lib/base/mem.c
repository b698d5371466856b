#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

static _Noreturn void exhausted(size_t n, size_t size)
{
	diag_die(EXIT_FAILED, "cannot allocate %zu times %zu bytes: out of memory", n, size);
}

void *mem_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		exhausted(n, size);
	return p;
}

void *mem_resize(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		exhausted(n, size);
	p = realloc(p, n && size ? n * size : 1);
	if (!p)
		exhausted(n, size);
	return p;
}

char *mem_text(const char *text)
{
	size_t n = strlen(text) + 1;
	return memcpy(mem_alloc(n, 1), text, n);
}
