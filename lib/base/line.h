/*
 * Reading lines: the operands' files one after the other, or standard input where there are none;
 * "-" is standard input. One call owns the loop, so that all filters behave alike: they write out
 * before they wait, process a last line that lacks its newline, drop the CR of a CRLF, count blank
 * lines, and end at signals as the suite promises.
 */
#ifndef TRADEPIPE_BASE_LINE_H
#define TRADEPIPE_BASE_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { LINE_CEILING = 8 * 1024 * 1024 }; /* bytes: fifty times a page of 1,000 trades */

/* Why line_loop() came back. */
enum line_end {
	LINE_END_INPUT,	 /* all input was read */
	LINE_END_STOP,	 /* a signal ended it: at the next record of a file, after the drain of a
			  * pipe */
	LINE_END_RECORD, /* record() or wait() asked for it */
	LINE_END_ERROR,	 /* an input could not be opened or read: *err says why */
};

struct line_loop {
	char *const *files; /* operands, NULL at the end; none at all: standard input */

	/* Called for each line that is not blank, without its newline. The span lives until the
	 * call returns. Anything but 0 ends the loop. */
	int (*record)(void *arg, struct span record);

	/* Called for a line longer than LINE_CEILING with the bytes that were held; the rest of the
	 * line is skipped. Anything but 0 ends the loop. */
	int (*too_long)(void *arg, struct span head);

	/* Called before the loop waits for input: write out what is held. Anything but 0 ends the
	 * loop. */
	int (*wait)(void *arg);

	/* A second descriptor to watch while waiting, or -1; wait() is called again when it can be
	 * read. */
	int event_fd;

	/* While waiting: wait() is called again after so many milliseconds; -1: not before
	 * something happens. Callbacks may change this, and event_fd. With files it needs
	 * sig_init(), since until a FIFO has a writer nothing but the beat of once a second
	 * comes in between. */
	int64_t wait_ms;

	void *arg;

	/* What the loop tells its callbacks: */
	const char *file; /* the name of the input being read, for messages */
	uint64_t line;	  /* the number of the line within that input, from 1 */
	uint64_t empty;	  /* blank lines so far */
	uint64_t torn;	  /* lines of a pipe left behind when a signal ended the drain, the last of
			   * which may be unfinished */
};

/* Fills in the members that a caller need not name. */
void line_init(struct line_loop *loop, char *const *files, void *arg);

enum line_end line_run(struct line_loop *loop, struct err *err);

#endif
