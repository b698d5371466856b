/*
 * Programs that run side by side, each reading what the one before it writes, with no shell in
 * between: started, watched, stopped from the left, and none of them left behind.
 *
 * Each stage has a process group of its own, so that a terminal's signals reach the runner alone;
 * what the runner sends goes to the whole group, since a stage may be a shell that runs others. A
 * stage is sent SIGTERM should the runner die, however it dies (Linux, PR_SET_PDEATHSIG); what it
 * has started itself notices by its pipes. What is left of the groups once all stages have ended
 * has a second to end by itself, then gets SIGTERM, and after another second SIGKILL; what has left
 * its group is let be, and is not waited for.
 */
#ifndef TRADEPIPE_JOB_PIPELINE_H
#define TRADEPIPE_JOB_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "job/tally.h"

enum { PIPELINE_STAGES_MAX = 16 };

enum pipeline_end {
	PIPELINE_RUNS,
	PIPELINE_WELL,	 /* with 0, or by a SIGTERM that the runner had sent it, or with 143 then */
	PIPELINE_UNREAD, /* by SIGPIPE, or with 141, after a stage behind it had ended: no
			  * failure */
	PIPELINE_FAILED,
};

/* One program of it. */
struct pipeline_stage {
	char *const *argv; /* NULL at the end */
	const char *name;  /* of the program without its folders, "NAME.2" for its second stage */
	enum pipeline_end end;
	int status;	/* once it has ended: as waitpid() has it */
	unsigned order; /* the how-manieth to end, from 1 */
	bool late;	/* it was killed: late_ms after it should have begun to end, it still ran */
	uint64_t late_ms;
	struct tally tally; /* what its accounts say; in a stage without any it is empty */
	char *last_error; /* the last line of its standard error that is no account and no warning,
			   * without the program's name; NULL: none */
};

struct pipeline_settings {
	bool json;	   /* its messages go through as JSON lines; what is none is made one */
	int out;	   /* where the last one writes; -1: where the runner does */
	uint64_t drain_ms; /* between pipeline_stop() and SIGKILL */
};

struct pipeline;

/* Splits words, NULL at the end, at each that is "|", into stages. The words live on; their array
 * is written to. NULL and *err (EXIT_USAGE) where a stage is empty or there are too many. */
struct pipeline *pipeline_parse(
	char **words, const struct pipeline_settings *settings, struct err *err);
void pipeline_free(struct pipeline *pipeline);

/* Appends the pipeline as a line for a POSIX shell, quoted where it has to be. -1 where it does not
 * fit. */
int pipeline_show(const struct pipeline *pipeline, struct buf *to);

/* Starts all, after sig_init() and with descriptors 0 to 2 open, as prog_begin() sees to. The first
 * reads what the runner would have read, or nothing where that is a terminal. From now on the
 * process reaps all its children, and the orphans among theirs. -1 and *err (EXIT_USAGE) where one
 * cannot be run, which is named; none is left then. */
int pipeline_start(struct pipeline *pipeline, struct err *err);

/* Waits for up to timeout_ms (-1: no limit) until something has happened: a message or an
 * account of a stage, which are taken in, the end of one, a signal to the runner, or event_fd
 * can be read (-1: there is none). Does what has fallen due: where a stage has ended, those
 * before it are stopped, unless they end by themselves at once; a while after pipeline_stop()
 * what is left is killed. */
void pipeline_wait(struct pipeline *pipeline, int event_fd, int64_t timeout_ms);

/* Stops the first stage that still runs by SIGTERM; the others read on to the end of what it has
 * written. Once more: all are sent SIGTERM, which ends their drain. */
void pipeline_stop(struct pipeline *pipeline);

/* Whether all have ended, and all that they had to say has been taken in. */
bool pipeline_has_ended(const struct pipeline *pipeline);

const struct pipeline_stage *pipeline_stages(const struct pipeline *pipeline, size_t *n);

/* Once it has ended. The stage that is the cause of a failure: the first to fail with anything but
 * 3, or else the first with 3; NULL: none failed. And the exit code for it: its own where that is
 * 1, 2 or 3, else 1. */
const struct pipeline_stage *pipeline_culprit(const struct pipeline *pipeline);
enum exit_code pipeline_code(const struct pipeline_stage *culprit);

/* Appends what happened to it, for people: "NAME ended with exit code 3: read=9 written=7 lost=2",
 * or "... was killed by signal 9: LAST ERROR". */
void pipeline_explain(const struct pipeline_stage *culprit, struct buf *to);

/* Over all stages: the sum of a count in their latest accounts, and whether any says that it was
 * fenced. */
uint64_t pipeline_count(const struct pipeline *pipeline, const char *name);
bool pipeline_was_fenced(const struct pipeline *pipeline);

#endif
