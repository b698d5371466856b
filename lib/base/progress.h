/*
 * Progress of long work for people: on a terminal a bar in one line that is redrawn, otherwise,
 * where it is asked for (--progress), a line now and then. It moves only when work does. It is
 * drawn from within the waits (see wait.h) and calls of progress_step(), and wiped before each
 * message of diag and at the end. JSON messages are for programs: among those there is no bar, on
 * a terminal either.
 */
#ifndef TRADEPIPE_BASE_PROGRESS_H
#define TRADEPIPE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/opt.h"

/* What the options of all programs with long work hold; their row is progress_options. */
struct progress_options {
	bool progress; /* --progress: also where standard error is no terminal */
};

extern const struct opt progress_options[];

/* What is shown, read each time it is drawn; the pointers live as long as the progress. */
struct progress_view {
	const uint64_t *done;	/* units of work done: records, say */
	const char *unit;	/* "records" */
	const uint64_t *part;	/* of `whole`, in whatever unit; NULL: unknown, no bar is drawn */
	const uint64_t *whole;	/* 0: unknown (yet) */
	const uint64_t *behind; /* units read and not yet done ("in flight"); NULL: not shown */
	/* Adds what else there is to say, such as "12 requests", in front of the time left; nothing
	 * where there is nothing to say. NULL: there never is. */
	void (*more)(struct buf *to, const void *arg);
	const void *arg;
};

/* Add a number, or milliseconds as a duration, to words as the other ones are written: 1,234 and
 * 3 m 20 s. */
void progress_add_number(struct buf *to, uint64_t value);
void progress_add_duration(struct buf *to, uint64_t ms);

/* Begins where standard error is a terminal or it is asked for, and not with `quiet`; else all of
 * these do nothing. One at a time. Signals are set up before (prog_begin()): it has them beat. */
void progress_begin(
	const struct progress_options *options, bool quiet, const struct progress_view *view);

/* Looks whether it is time to draw; cheap enough for every few records. */
void progress_step(void);

/* The same where it is known how late it is (stamp_monotonic()). */
void progress_step_at(int64_t now_ns);

void progress_end(void);

/* How far things were at a moment before. */
struct progress_sample {
	int64_t ns; /* monotonic */
	uint64_t done, part;
};

/* Puts what is shown into `to` in place of what that held: `before`, the share with a bar, counts,
 * the rate and the time left as they follow from an earlier sample. It fits a terminal so many
 * columns wide: what matters less is left out, and never is the last column used. 0 columns: no
 * bar, and no limit. */
void progress_compose(struct buf *to, const char *before, const struct progress_view *view,
	const struct progress_sample *since, int64_t now_ns, size_t columns);

#endif
