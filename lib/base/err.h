/*
 * What went wrong, as a library function tells its caller: the exit code that the fault deserves
 * should it end the program, and one line of text for a person. Functions of lib/ return 0 or -1
 * and fill one of these; only diag prints.
 */
#ifndef TRADEPIPE_BASE_ERR_H
#define TRADEPIPE_BASE_ERR_H

#include <stdbool.h>

/* The exit codes of all programs; every manual lists them. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,  /* the work could not be done */
	EXIT_USAGE = 2,	  /* usage or configuration: running it again unchanged cannot help */
	EXIT_PARTIAL = 3, /* finished, but records were refused, lost or undelivered */
};

enum { ERR_TEXT_MAX = 1024 };

struct err {
	enum exit_code code;
	char text[ERR_TEXT_MAX];
	bool superseded; /* another run has taken this one's place, and speaks for it */
};

/* Fills *e (which may be NULL) from a printf format; returns -1, so that callers can return it. */
int err_set(struct err *e, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of errno behind it; errno itself is kept. EXIT_USAGE becomes
 * EXIT_FAILED where that is no fault of who asked: EIO, EMFILE, ENFILE, ENOMEM. */
int err_errno(struct err *e, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
