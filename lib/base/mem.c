#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/diag.h"

/* Without diag, whose messages are put together in buffers: those would end here again. */
static _Noreturn void exhausted(void)
{
	static const char text[] = ": out of memory\n";
	const char *program = diag_program();
	struct iovec parts[] = {
		{.iov_base = (void *)(uintptr_t)program, .iov_len = strlen(program)},
		{.iov_base = (void *)(uintptr_t)text, .iov_len = sizeof text - 1},
	};

	(void)!writev(STDERR_FILENO, parts, 2);
	_exit(EXIT_FAILED);
}

void *mem_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		exhausted();
	return p;
}

void *mem_resize(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		exhausted();
	p = realloc(p, n && size ? n * size : 1);
	if (!p)
		exhausted();
	return p;
}

char *mem_text(const char *text)
{
	size_t n = strlen(text) + 1;
	return memcpy(mem_alloc(n, 1), text, n);
}

void mem_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
