/*
 * A pipeline as a job: it tells a topic what becomes of it, and heeds a topic by which it can be
 * stopped. Both are left out where they have no name. A command to stop holds for the next run as
 * well, until a run has ended by it, or in a way that a restart does not help.
 *
 * Exactly one terminal event is the last one: finished; interrupted, where it was stopped, by a
 * command or a signal, and has drained; error, where a stage failed. A run whose ID another run has
 * taken over sends none: its successor speaks.
 */
#ifndef TRADEPIPE_JOB_JOB_H
#define TRADEPIPE_JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/prog.h"
#include "job/event.h"
#include "job/pipeline.h"
#include "net/kafka_config.h"

/* As the user writes them. */
struct job_options {
	const char *queue_id, *symbol, *type, *producer;
	const char *events_topic, *control_topic; /* NULL: none */
	int events_format;			  /* enum event_format */
	uint64_t interval_ms;			  /* of telemetry */
};

/* --queue-id, --symbol, --type, --producer, --events-topic, --control-topic, --events-format,
 * --telemetry-interval. */
extern const struct opt job_rows[];

/* Of every program that runs a pipeline. */
struct job_runner {
	bool dry_run;
	struct prog_options common; /* its rows are prog_options */
};

extern const struct opt job_runner_rows[]; /* --dry-run */

/* NULL, or why this cannot be one. Two jobs must not share a reader of the control topic, so its
 * name has all of the ID. */
const char *job_check_queue_id(const char *text);

struct job_settings {
	const struct job_options *options;
	const struct kafka_options *connection;
	const char *kafka_user, *kafka_topic; /* for EVENT_STREAMFORGE; NULL: not known */
	bool confirms;	  /* messages say now and then how many records were acknowledged */
	int64_t began_ns; /* since 1970: when the process did */
};

/* The pipeline of these words, for a runner of these options: see pipeline_parse(). */
struct pipeline *job_parse(char **words, const struct prog_options *common, struct err *err);

/*
 * The whole of a program that runs a job: reaches Kafka, where events or control have a name; has
 * `make` put the pipeline together, parsed and not started; runs it to its end, sees the
 * terminal event delivered, and writes the account. Where `make` returns NULL and *err the job
 * has ended before it began: an error, or, with EXIT_DONE, interrupted, or, superseded, silent.
 * It releases the pipeline.
 *
 * Returns the exit code for prog_end(): 0 where all was well or a command stopped it, the culprit's
 * code, or EXIT_FAILED where the terminal event could not be delivered.
 */
int job_execute(const struct job_settings *settings, const struct prog_options *common,
	struct pipeline *(*make)(void *arg, struct err *err), void *arg);

/* Prints the pipeline as a shell command, instead. Returns the exit code; releases it. */
int job_show(struct pipeline *pipeline);

#endif
