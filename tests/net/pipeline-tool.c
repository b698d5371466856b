/*
 * Drives lib/job/pipeline for tests/cli/pipeline.t: runs a pipeline, stopped by each SIGTERM as the
 * option says, and writes how each stage ended, what is to blame, and the counts asked for.
 *
 * usage: pipeline-tool [NAME=VALUE ...] -- WORD...
 *   report=FILE   where that goes; and "started" as soon as all run
 *   show=1        prints the pipeline for a shell instead
 *   json=1  drain=MS  count=NAME
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "job/pipeline.h"

struct tool {
	struct pipeline_settings settings;
	FILE *report;
	const char *count;
	bool show;
};

static void read_word(struct tool *tool, const char *word)
{
	if (strncmp(word, "report=", 7) == 0)
		tool->report = fopen(word + 7, "we");
	else if (strcmp(word, "json=1") == 0)
		tool->settings.json = true;
	else if (strcmp(word, "show=1") == 0)
		tool->show = true;
	else if (strncmp(word, "count=", 6) == 0)
		tool->count = word + 6;
	else if (strncmp(word, "drain=", 6) != 0 ||
		num_u64(span_text(word + 6), &tool->settings.drain_ms) < 0)
		diag_die(EXIT_USAGE, "cannot read '%s': no such word", word);
}

static void report_stage(FILE *report, const struct pipeline_stage *stage)
{
	static const char *const ends[] = {"runs", "well", "unread", "failed"};

	fprintf(report, "%s %s", stage->name, ends[stage->end]);
	if (WIFSIGNALED(stage->status))
		fprintf(report, " signal %d", WTERMSIG(stage->status));
	else
		fprintf(report, " exit %d", WEXITSTATUS(stage->status));
	fprintf(report, "%s%s%s\n", stage->tally.final ? " final" : "",
		stage->last_error ? " error: " : "", stage->last_error ? stage->last_error : "");
}

static enum exit_code report_end(const struct tool *tool, const struct pipeline *pipeline)
{
	const struct pipeline_stage *stages, *culprit = pipeline_culprit(pipeline);
	struct buf text;
	size_t n;

	stages = pipeline_stages(pipeline, &n);
	for (size_t i = 0; i < n; i++)
		report_stage(tool->report, &stages[i]);
	if (tool->count)
		fprintf(tool->report, "%s %" PRIu64 "\n", tool->count,
			pipeline_count(pipeline, tool->count));
	if (pipeline_was_fenced(pipeline))
		fprintf(tool->report, "fenced\n");
	if (!culprit)
		return EXIT_DONE;
	buf_init(&text, 4096);
	pipeline_explain(culprit, &text);
	fprintf(tool->report, "culprit: %.*s\n", (int)text.len, text.data);
	buf_release(&text);
	return pipeline_code(culprit);
}

static enum exit_code run(const struct tool *tool, struct pipeline *pipeline)
{
	struct err err;
	int stops = 0;

	if (pipeline_start(pipeline, &err) < 0)
		return diag_err(&err);
	fprintf(tool->report, "started\n");
	fflush(tool->report);
	while (!pipeline_has_ended(pipeline)) {
		pipeline_wait(pipeline, -1, -1);
		for (; stops < sig_stops(); stops++)
			pipeline_stop(pipeline);
	}
	return report_end(tool, pipeline);
}

static enum exit_code show(const struct pipeline *pipeline)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	if (pipeline_show(pipeline, &text) < 0)
		diag_die(EXIT_FAILED, "cannot show it");
	printf("%.*s\n", (int)text.len, text.data);
	buf_release(&text);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct tool tool = {.settings = {.out = -1, .drain_ms = 10 * 1000}};
	struct pipeline *pipeline;
	enum exit_code code;
	struct err err;
	int i = 1;

	diag_init("pipeline-tool");
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		read_word(&tool, argv[i]);
	if (!tool.report)
		tool.report = fopen("/dev/null", "we");
	diag_configure(DIAG_WARNING, tool.settings.json);
	sig_init(60 * 1000);
	pipeline = pipeline_parse(argv + (i < argc ? i + 1 : i), &tool.settings, &err);
	if (!pipeline)
		return (int)diag_err(&err);
	code = tool.show ? show(pipeline) : run(&tool, pipeline);
	pipeline_free(pipeline);
	fclose(tool.report);
	return (int)code;
}
