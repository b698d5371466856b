/*
 * What the files of the pipeline share.
 */
#ifndef TRADEPIPE_JOB_PIPELINE_PRIV_H
#define TRADEPIPE_JOB_PIPELINE_PRIV_H

#include <sys/types.h>

#include "job/pipeline.h"
#include "job/pipeline_lines.h"
#include "job/pipeline_voice.h"

/* The process of a stage. */
struct pipeline_process {
	pid_t pid; /* and the number of its process group; 0: not started */
	bool ended;
	bool group_gone; /* nothing is left of its group, whose number may stand for others now */
	int64_t ended_ns;
	int64_t told_ns; /* when it was sent SIGTERM first; 0: never */
	bool killed;	 /* it was sent SIGKILL, and had not ended */
	struct pipeline_lines messages, accounts;
	struct pipeline_voice voice;
};

/* Once all stages have ended: what becomes of what they have left behind. */
enum pipeline_rest { REST_WAIT, REST_TERM, REST_KILL, REST_GONE };

struct pipeline {
	struct pipeline_settings settings;
	struct pipeline_stage stages[PIPELINE_STAGES_MAX];
	struct pipeline_process processes[PIPELINE_STAGES_MAX];
	char *names[PIPELINE_STAGES_MAX]; /* of stages that are not called as their programs are */
	size_t n;
	unsigned n_ended;
	int64_t stopped_ns; /* when pipeline_stop() was called first; 0: never */
	enum pipeline_rest rest;
	int64_t rest_ns; /* since when */
};

/* pipeline_ends.c: what the end of a stage leads to. */

/* Takes note of the stages that have ended, and of what is left of their groups. */
void pipeline_reap(struct pipeline *pipeline);

/* Does what has fallen due. */
void pipeline_step(struct pipeline *pipeline);

/* When the next step is due by the clock of stamp_monotonic(); INT64_MAX: none is. */
int64_t pipeline_due(const struct pipeline *pipeline);

/* Sends the group of a stage a signal, where there is one. */
void pipeline_signal(struct pipeline *pipeline, size_t i, int number);

#endif
