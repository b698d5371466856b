/*
 * Test Anything Protocol for unit tests: one file, one table, one line a case.
 */
#ifndef TRADEPIPE_TESTS_TAP_H
#define TRADEPIPE_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count;
static int tap_failures;

__attribute__((format(printf, 4, 5))) static inline bool tap_ok(
	bool passed, const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (!passed) {
		tap_failures++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return passed;
}

#define TAP_OK(condition, ...) tap_ok((condition), __FILE__, __LINE__, __VA_ARGS__)

/* The plan, at the end; returns the exit status of main. */
static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif
