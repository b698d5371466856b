/*
 * One program started beside others, with descriptors of its own and nothing of the runner's.
 */
#ifndef TRADEPIPE_JOB_PIPELINE_SPAWN_H
#define TRADEPIPE_JOB_PIPELINE_SPAWN_H

#include <sys/types.h>

#include "base/err.h"

/* All of these are close-on-exec, as are all descriptors of the runner that are not for
 * its children. in, out and err become 0 to 2 and may be these already; account becomes
 * a small number. */
struct pipeline_spawn {
	char *const *argv;
	const char *path; /* as pipeline_find() has it */
	int in, out, err, account;
};

/* The file that a name stands for, as the shell looks for it: free() releases it. NULL and *err
 * (EXIT_USAGE) where there is none that may be run. */
char *pipeline_find(const char *name, struct err *err);

/* Both ends close-on-exec. -1 and *err (EXIT_FAILED). */
int pipeline_pipe(int ends[2], struct err *err);

/* Starts it as a process group of its own, and waits until it runs. Its environment is the runner's
 * but for TRADEPIPE_ACCOUNT_FD. -1 and *err: EXIT_USAGE where it cannot be run, EXIT_FAILED where
 * there can be no more processes; no process is left then. */
pid_t pipeline_spawn(const struct pipeline_spawn *spawn, struct err *err);

#endif
