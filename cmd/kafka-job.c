/*
 * kafka-job: a pipeline as a job, which tells Kafka what becomes of it and can be
 * stopped from there.
 *
 * stdin: the first stage's. stdout: the last stage's; with --dry-run the pipeline as
 * a shell command.
 * Exit: 0 all stages ended well, or a command stopped them; else that of the stage at fault: 1
 * failed, 2 usage or configuration, 3 finished with records missing. 1 as well where the last event
 * could not be delivered.
 */
#include "base/buf.h"
#include "base/diag.h"
#include "base/out.h"
#include "base/prog.h"
#include "base/stamp.h"
#include "job/job.h"
#include "job/pipeline.h"
#include "net/kafka_config.h"
#include "net/kafka_preset.h"

enum { SHOWN_MAX = 1 << 20 };

struct options {
	struct job_options job;
	struct kafka_options connection;
	struct job_runner runner;
};

static const struct opt_program program = {
	.name = "kafka-job",
	.operands = "command [argument ...]",
	.summary = "Run a pipeline as a job that Kafka is told of and can stop.",
	.operands_min = 1,
	.tables = {{job_rows, offsetof(struct options, job)},
		{job_runner_rows, offsetof(struct options, runner)},
		{kafka_options, offsetof(struct options, connection)},
		{prog_options, offsetof(struct options, runner.common)}},
};

static int print_config(const struct options *o)
{
	const struct kafka_producer_settings settings = {
		.connection = &o->connection, .topic = o->job.events_topic, .compression = "none"};
	struct buf text;
	struct err err;
	int code;

	buf_init(&text, SHOWN_MAX);
	code = kafka_preset_print(&settings, &text, &err) < 0 ? (int)diag_err(&err)
							      : out_print(buf_span(&text));
	buf_release(&text);
	return code;
}

/* Hands the pipeline over, once. */
static struct pipeline *make(void *arg, struct err *err)
{
	struct pipeline **made = arg, *pipeline = *made;

	(void)err;
	*made = NULL;
	return pipeline;
}

static int run(const struct options *o, char **words)
{
	const struct job_settings settings = {
		.options = &o->job, .connection = &o->connection, .began_ns = stamp_now()};
	struct pipeline *pipeline;
	const char *reason;
	struct err err;
	int code;

	if (o->connection.print_config)
		return print_config(o);
	if ((o->job.events_topic || o->job.control_topic) && !o->job.queue_id)
		opt_usage_error("option --queue-id is missing");
	reason = o->job.queue_id ? job_check_queue_id(o->job.queue_id) : NULL;
	if (reason)
		opt_usage_error("cannot use '%s' for --queue-id: %s", o->job.queue_id, reason);
	pipeline = job_parse(words, &o->runner.common, &err);
	if (!pipeline)
		opt_usage_error("%s", err.text);
	if (o->runner.dry_run)
		return job_show(pipeline);
	code = job_execute(&settings, &o->runner.common, make, &pipeline);
	pipeline_free(pipeline);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {.runner = {.dry_run = false}};
	char **words = prog_begin(&program, &options, &options.runner.common, argc, argv);

	return prog_end(run(&options, words));
}
