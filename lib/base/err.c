#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, enum exit_code code, const char *format, ...)
{
	va_list args;

	if (!e)
		return -1;
	e->code = code;
	e->superseded = false;
	va_start(args, format);
	vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	return -1;
}

/* Faults of the machine and not of what was asked for: running it again may well help. */
static bool is_of_machine(int why)
{
	return why == EIO || why == EMFILE || why == ENFILE || why == ENOMEM;
}

int err_errno(struct err *e, enum exit_code code, const char *format, ...)
{
	int saved = errno;
	va_list args;
	int n;

	if (!e)
		return -1;
	e->code = code == EXIT_USAGE && is_of_machine(saved) ? EXIT_FAILED : code;
	e->superseded = false;
	va_start(args, format);
	n = vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof e->text)
		snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", strerror(saved));
	errno = saved;
	return -1;
}
