#include "job/job.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/out.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "job/command.h"
#include "job/telemetry.h"
#include "net/kafka_control.h"

enum {
	QUEUE_ID_MAX = 200,
	GROUP_MAX = QUEUE_ID_MAX + 32,
	SHOWN_MAX = 1 << 20,
	MESSAGE_MAX = 4096, /* bytes of what an event says */
	PROGRESS_MS = 1000, /* between two events for want of nothing but progress */
	SERVE_MS = 200,	    /* between two looks at events under way */
	COMMIT_MS = 5000,   /* for the position in the control topic, at the end */
};

/* All of it is in the account. */
struct counts {
	uint64_t read; /* messages of the control topic; the sum of what they were: */
	uint64_t obeyed;
	uint64_t ignored; /* for others, or not understood */
	uint64_t events;  /* acknowledged */
	uint64_t events_lost;
	uint64_t written; /* records acknowledged, as the stages say */
};

struct job {
	struct job_settings settings;
	uint64_t drain_ms;
	struct telemetry *telemetry;   /* NULL: nobody is told */
	struct kafka_control *control; /* NULL: nobody can stop it but by a signal */
	char group[GROUP_MAX];
	struct counts counts;
	uint64_t read_before; /* records that the first stage had written at the last event */
	uint64_t confirmed;   /* records, as the last such message had it */
	int64_t told_ns;      /* when the last event was */
	int stops;	      /* signals that were passed on */
	bool commanded;
};

const char *job_check_queue_id(const char *text)
{
	return strlen(text) <= QUEUE_ID_MAX ? NULL : "it is over 200 bytes long";
}

/* A stop is for the next run too, until it is carried out. */
static bool on_message(void *arg, struct span value)
{
	struct job *job = arg;

	job->counts.read++;
	if (command_read(value, job->settings.options->queue_id) != COMMAND_STOP) {
		job->counts.ignored++;
		return true;
	}
	job->counts.obeyed++;
	job->commanded = true;
	return false;
}

static int open_control(struct job *job, struct err *err)
{
	const struct kafka_control_settings settings = {
		.connection = job->settings.connection,
		.topic = job->settings.options->control_topic,
		.group = job->group,
		.since_ms = job->settings.began_ns / STAMP_NS_PER_MS,
		.seen = on_message,
		.arg = job,
	};

	if (!settings.topic)
		return 0;
	snprintf(job->group, sizeof job->group, "control-listener-%s",
		job->settings.options->queue_id);
	job->control = kafka_control_open(&settings, err);
	return job->control ? 0 : -1;
}

static int open_telemetry(struct job *job, struct err *err)
{
	const struct job_options *o = job->settings.options;
	const struct telemetry_settings settings = {
		.connection = job->settings.connection,
		.topic = o->events_topic,
		.source = {.queue_id = o->queue_id,
			.symbol = o->symbol,
			.type = o->type,
			.producer = o->producer,
			.kafka = job->settings.connection->brokers,
			.kafka_user = job->settings.kafka_user,
			.kafka_topic = job->settings.kafka_topic},
		.format = (enum event_format)o->events_format,
	};

	if (!settings.topic)
		return 0;
	job->telemetry = telemetry_open(&settings, err);
	return job->telemetry ? 0 : -1;
}

static int open_topics(struct job *job, struct err *err)
{
	return open_telemetry(job, err) == 0 ? open_control(job, err) : -1;
}

static void close_topics(struct job *job)
{
	kafka_control_free(job->control);
	telemetry_free(job->telemetry);
}

static void tell(struct job *job, enum event_status status, const char *message)
{
	job->told_ns = stamp_monotonic();
	if (job->telemetry)
		telemetry_tell(job->telemetry, status, message, job->counts.written);
}

static void count(struct job *job, const struct pipeline *pipeline)
{
	job->counts.written = pipeline_count(pipeline, "acked");
	if (!job->telemetry)
		return;
	job->counts.events = telemetry_counts(job->telemetry)->acked;
	job->counts.events_lost = telemetry_counts(job->telemetry)->lost;
}

/* When the next event is due, by the clock of stamp_monotonic(). */
static int64_t next_event(const struct job *job, const struct pipeline *pipeline)
{
	uint64_t pause_ms = job->settings.options->interval_ms;
	size_t n;
	const struct pipeline_stage *source = pipeline_stages(pipeline, &n);

	if (job->telemetry && pause_ms > PROGRESS_MS &&
		tally_get(&source->tally, "written") != job->read_before)
		pause_ms = PROGRESS_MS;
	return job->told_ns + (int64_t)pause_ms * STAMP_NS_PER_MS;
}

static void tell_progress(struct job *job, const struct pipeline *pipeline)
{
	char text[64];
	size_t n;

	if (stamp_monotonic() < next_event(job, pipeline))
		return;
	job->read_before = tally_get(&pipeline_stages(pipeline, &n)->tally, "written");
	snprintf(
		text, sizeof text, "%llu records written", (unsigned long long)job->counts.written);
	if (job->settings.confirms && job->counts.written != job->confirmed)
		diag_event(DIAG_INFO, "publication_confirmed", "%s", text);
	job->confirmed = job->counts.written;
	tell(job, EVENT_LOADING, text);
}

/* Signals and commands, each passed on once. */
static void pass_on_stops(struct job *job, struct pipeline *pipeline, bool *obeyed)
{
	if (job->commanded && !*obeyed) {
		*obeyed = true;
		diag_info("stopped by a command");
		pipeline_stop(pipeline);
	}
	for (; job->stops < sig_stops(); job->stops++)
		pipeline_stop(pipeline);
}

static int64_t wait_ms(const struct job *job, const struct pipeline *pipeline)
{
	int64_t left_ms;

	if (!job->telemetry && !job->settings.confirms)
		return -1;
	left_ms = (next_event(job, pipeline) - stamp_monotonic()) / STAMP_NS_PER_MS + 1;
	if (left_ms > SERVE_MS)
		return SERVE_MS;
	return left_ms > 0 ? left_ms : 0;
}

static void watch(struct job *job, struct pipeline *pipeline)
{
	bool obeyed = false;

	while (!pipeline_has_ended(pipeline)) {
		pass_on_stops(job, pipeline, &obeyed);
		pipeline_wait(pipeline, job->control ? kafka_control_fd(job->control) : -1,
			wait_ms(job, pipeline));
		if (job->control)
			kafka_control_serve(job->control);
		if (job->telemetry)
			telemetry_serve(job->telemetry);
		count(job, pipeline);
		if (!pipeline_has_ended(pipeline))
			tell_progress(job, pipeline);
	}
}

/* Whether a restart is not to be expected, by which the job would go on although it was stopped. */
static bool ends_for_good(enum exit_code code)
{
	return code == EXIT_USAGE || code == EXIT_PARTIAL || (code == EXIT_DONE && !sig_stops());
}

static void commit(struct job *job, enum exit_code code)
{
	struct err err;

	if (!job->control)
		return;
	kafka_control_serve(job->control); /* a command that was given twice */
	if (ends_for_good(code))
		kafka_control_release(job->control);
	if (kafka_control_commit(job->control, COMMIT_MS, &err) < 0)
		diag_warning("%s: what was read of it may be read again", err.text);
}

/* Says how it ended, and sees that delivered. */
static enum exit_code end(
	struct job *job, enum event_status status, const char *message, enum exit_code code)
{
	struct err err;

	tell(job, status, message);
	if (job->telemetry && telemetry_finish(job->telemetry, job->drain_ms, &err) < 0) {
		enum exit_code failed = diag_err(&err);
		code = code ? code : failed;
	}
	commit(job, code);
	return code;
}

static enum exit_code conclude(struct job *job, const struct pipeline *pipeline)
{
	const struct pipeline_stage *culprit = pipeline_culprit(pipeline);
	enum exit_code code = EXIT_DONE;
	struct buf text;

	buf_init(&text, MESSAGE_MAX);
	if (culprit) {
		pipeline_explain(culprit, &text);
		buf_add(&text, span_make("", 1));
		diag_error("%s", text.data);
		code = pipeline_code(culprit);
		if (!pipeline_was_fenced(pipeline))
			code = end(job, EVENT_ERROR, text.data, code);
	} else if (job->commanded) {
		code = end(job, EVENT_INTERRUPTED, "stopped by a command", code);
	} else if (sig_stops()) {
		code = end(job, EVENT_INTERRUPTED, "stopped by a signal", code);
	} else {
		code = end(job, EVENT_FINISHED, "finished", code);
	}
	buf_release(&text);
	count(job, pipeline);
	return code;
}

/* It has ended before it began. */
static enum exit_code fail(struct job *job, const struct err *err)
{
	if (err->code == EXIT_DONE)
		return end(job, EVENT_INTERRUPTED, err->text, EXIT_DONE);
	if (err->superseded)
		return diag_err(err);
	return end(job, EVENT_ERROR, err->text, diag_err(err));
}

static enum exit_code run(
	struct job *job, struct pipeline *(*make)(void *arg, struct err *err), void *arg)
{
	struct err err;
	struct pipeline *pipeline;
	enum exit_code code;

	tell(job, EVENT_STARTED, "started");
	pipeline = make(arg, &err);
	if (!pipeline)
		return fail(job, &err);
	if (pipeline_start(pipeline, &err) < 0) {
		code = fail(job, &err);
	} else {
		tell(job, EVENT_LOADING, "loading");
		watch(job, pipeline);
		code = conclude(job, pipeline);
	}
	pipeline_free(pipeline);
	return code;
}

static int with_account(struct job *job, const struct prog_options *common,
	struct pipeline *(*make)(void *arg, struct err *err), void *arg)
{
	const struct counts *n = &job->counts;
	const struct account_row rows[] = {
		{"read", ACCOUNT_IN, &n->read, "messages of the control topic", false, false},
		{"obeyed", ACCOUNT_FATE, &n->obeyed, "commands obeyed", false, false},
		{"ignored", ACCOUNT_FATE, &n->ignored, "messages for others, or not understood",
			false, false},
		{"events", ACCOUNT_MEMO, &n->events, "events acknowledged", false, false},
		{"events_lost", ACCOUNT_MEMO, &n->events_lost, "events not acknowledged", false,
			false},
		{"written", ACCOUNT_MEMO, &n->written, "records acknowledged, as the stages say",
			false, false},
	};
	struct account *account;
	struct err err;

	account = account_open(rows, sizeof rows / sizeof *rows, common->metrics_file, &err);
	if (!account)
		return diag_err(&err);
	return account_close(account, (int)run(job, make, arg), common->quiet);
}

int job_execute(const struct job_settings *settings, const struct prog_options *common,
	struct pipeline *(*make)(void *arg, struct err *err), void *arg)
{
	struct job job = {.settings = *settings, .drain_ms = common->drain_ms};
	struct err err;
	int code;

	if (open_topics(&job, &err) < 0)
		code = err.code == EXIT_DONE ? EXIT_DONE : (int)diag_err(&err);
	else
		code = with_account(&job, common, make, arg);
	close_topics(&job);
	return code;
}

struct pipeline *job_parse(char **words, const struct prog_options *common, struct err *err)
{
	const struct pipeline_settings settings = {
		.json = diag_is_json(), .out = -1, .drain_ms = common->drain_ms};

	return pipeline_parse(words, &settings, err);
}

int job_show(struct pipeline *pipeline)
{
	struct buf text;
	int code = EXIT_FAILED;

	buf_init(&text, SHOWN_MAX);
	if (pipeline_show(pipeline, &text) < 0)
		diag_error("cannot print the pipeline: it is over %d bytes long", SHOWN_MAX);
	else
		code = out_print(buf_span(&text));
	buf_release(&text);
	pipeline_free(pipeline);
	return code;
}
