#include "job/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "job/pipeline_priv.h"
#include "job/pipeline_spawn.h"

enum { NUMBER_MAX = 16 }; /* bytes of ".2" */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

static void name_stage(struct pipeline *p, size_t i)
{
	const char *program = base_name(p->stages[i].argv[0]);
	size_t size = strlen(program) + NUMBER_MAX;
	unsigned number = 1;

	for (size_t k = 0; k < i; k++)
		number += strcmp(base_name(p->stages[k].argv[0]), program) == 0;
	p->stages[i].name = program;
	if (number > 1) {
		p->names[i] = mem_alloc(size, 1);
		snprintf(p->names[i], size, "%s.%u", program, number);
		p->stages[i].name = p->names[i];
	}
	p->processes[i].voice = (struct pipeline_voice){.program = program,
		.name = p->stages[i].name,
		.json = p->settings.json,
		.last_error = &p->stages[i].last_error};
}

static int add_stage(struct pipeline *p, char **words, struct err *err)
{
	if (!*words)
		return err_set(
			err, EXIT_USAGE, "cannot read the pipeline: stage %zu is empty", p->n + 1);
	if (p->n == PIPELINE_STAGES_MAX)
		return err_set(err, EXIT_USAGE, "cannot read the pipeline: more than %d stages",
			PIPELINE_STAGES_MAX);
	p->stages[p->n].argv = words;
	name_stage(p, p->n++);
	return 0;
}

static int split(struct pipeline *p, char **words, struct err *err)
{
	char **stage = words;

	for (char **word = words; *word; word++) {
		if (strcmp(*word, "|") != 0)
			continue;
		*word = NULL;
		if (add_stage(p, stage, err) < 0)
			return -1;
		stage = word + 1;
	}
	return add_stage(p, stage, err);
}

struct pipeline *pipeline_parse(
	char **words, const struct pipeline_settings *settings, struct err *err)
{
	struct pipeline *p = mem_alloc(1, sizeof *p);

	p->settings = *settings;
	for (size_t i = 0; i < PIPELINE_STAGES_MAX; i++)
		p->processes[i].messages.fd = p->processes[i].accounts.fd = -1;
	if (split(p, words, err) == 0)
		return p;
	pipeline_free(p);
	return NULL;
}

static void kill_all(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++) {
		pipeline_signal(p, i, SIGKILL);
		if (p->processes[i].pid > 0 && !p->processes[i].ended)
			while (waitpid(p->processes[i].pid, NULL, 0) < 0 && errno == EINTR)
				;
		p->processes[i].pid = 0;
		pipeline_lines_close(&p->processes[i].messages);
		pipeline_lines_close(&p->processes[i].accounts);
	}
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	kill_all(p);
	for (size_t i = 0; i < p->n; i++) {
		free(p->stages[i].last_error);
		free(p->names[i]);
	}
	free(p);
}

static void on_message(void *arg, struct span line)
{
	pipeline_voice_say(arg, line);
}

static void on_account(void *arg, struct span line)
{
	tally_take(arg, line);
}

static void close_ends(const int *ends, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

static int start_stage(struct pipeline *p, size_t i, struct pipeline_spawn *spawn, struct err *err)
{
	int ends[4] = {-1, -1, -1, -1}; /* of messages and accounts, to be read and written */
	struct pipeline_process *process = &p->processes[i];

	spawn->argv = p->stages[i].argv;
	if (pipeline_pipe(ends, err) == 0 && pipeline_pipe(ends + 2, err) == 0) {
		spawn->err = ends[1];
		spawn->account = ends[3];
		process->pid = pipeline_spawn(spawn, err);
	}
	if (process->pid <= 0) {
		process->pid = 0;
		close_ends(ends, 4);
		return -1;
	}
	close(ends[1]);
	close(ends[3]);
	pipeline_lines_open(&process->messages, ends[0], on_message, &process->voice);
	pipeline_lines_open(&process->accounts, ends[2], on_account, &p->stages[i].tally);
	return 0;
}

/* What the first stage reads: in the background, a terminal would stop it. */
static int open_input(struct err *err)
{
	int fd = isatty(STDIN_FILENO) ? open("/dev/null", O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

	if (fd < 0)
		return err_errno(err, EXIT_FAILED, "cannot open '/dev/null'");
	return fd;
}

/* The stage before has its input in *in, which is closed, and replaced by that of the next one. */
static int start_one(struct pipeline *p, size_t i, const char *path, int *in, struct err *err)
{
	struct pipeline_spawn spawn = {.path = path, .in = *in, .out = p->settings.out};
	int ends[2] = {-1, -1};
	int result = 0;

	if (i + 1 < p->n) {
		result = pipeline_pipe(ends, err);
		spawn.out = ends[1];
	} else if (spawn.out < 0) {
		spawn.out = STDOUT_FILENO;
	}
	if (result == 0)
		result = start_stage(p, i, &spawn, err);
	if (*in > STDIN_FILENO)
		close(*in);
	close_ends(ends + 1, 1);
	*in = ends[0];
	return result;
}

static int start_all(struct pipeline *p, char *const *paths, struct err *err)
{
	int in = open_input(err), result = in < 0 ? -1 : 0;

	for (size_t i = 0; result == 0 && i < p->n; i++)
		result = start_one(p, i, paths[i], &in, err);
	if (in > STDIN_FILENO)
		close(in);
	if (result < 0)
		kill_all(p);
	return result;
}

/* All are looked for before the first one runs, which may do things that cannot be undone. */
static int find_all(const struct pipeline *p, char **paths, struct err *err)
{
	for (size_t i = 0; i < p->n; i++)
		if (!(paths[i] = pipeline_find(p->stages[i].argv[0], err)))
			return -1;
	return 0;
}

int pipeline_start(struct pipeline *p, struct err *err)
{
	char *paths[PIPELINE_STAGES_MAX] = {NULL};
	int result;

	sig_watch_children();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (p->settings.out > STDERR_FILENO)
		fcntl(p->settings.out, F_SETFD, FD_CLOEXEC);
	result = find_all(p, paths, err);
	if (result == 0)
		result = start_all(p, paths, err);
	for (size_t i = 0; i < p->n; i++)
		free(paths[i]);
	return result;
}

/* Milliseconds for poll(), rounded up so that what is due is due then. */
static int pause_of(const struct pipeline *p, int64_t timeout_ms)
{
	int64_t left = pipeline_due(p), left_ms;

	if (left == INT64_MAX)
		left_ms = timeout_ms;
	else {
		left -= stamp_monotonic();
		left_ms = left > 0 ? (left + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS : 0;
		if (timeout_ms >= 0 && timeout_ms < left_ms)
			left_ms = timeout_ms;
	}
	return left_ms < 0 || left_ms > INT32_MAX ? -1 : (int)left_ms;
}

/* Waits only; what there is to read is found by reading. */
static void sleep_until(const struct pipeline *p, int event_fd, int pause_ms)
{
	struct pollfd polled[2 * PIPELINE_STAGES_MAX + 2];
	nfds_t n = 0;
	int result;

	polled[n++] = (struct pollfd){.fd = sig_fd(), .events = POLLIN};
	polled[n++] = (struct pollfd){.fd = event_fd, .events = POLLIN};
	for (size_t i = 0; i < p->n; i++) {
		polled[n++] = (struct pollfd){.fd = p->processes[i].messages.fd, .events = POLLIN};
		polled[n++] = (struct pollfd){.fd = p->processes[i].accounts.fd, .events = POLLIN};
	}
	result = poll(polled, n, pause_ms);
	if (result < 0 || polled[0].revents)
		sig_consume();
}

static void take_in(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++) {
		pipeline_lines_read(&p->processes[i].messages);
		pipeline_lines_read(&p->processes[i].accounts);
	}
}

void pipeline_wait(struct pipeline *p, int event_fd, int64_t timeout_ms)
{
	unsigned n_ended = p->n_ended;
	enum pipeline_rest rest = p->rest;

	/* Other waits of the runner may have taken the signal of a child's end. */
	pipeline_reap(p);
	pipeline_step(p);
	wait_duty();
	if (p->n_ended != n_ended || p->rest != rest || p->rest == REST_GONE)
		timeout_ms = 0;
	sleep_until(p, event_fd, pause_of(p, timeout_ms));
	wait_duty();
	take_in(p);
	pipeline_reap(p);
	pipeline_step(p);
}

void pipeline_stop(struct pipeline *p)
{
	size_t first = 0;

	if (!p->stopped_ns) {
		p->stopped_ns = stamp_monotonic();
		pipeline_reap(p); /* who has ended by now is not the one to tell */
		while (first + 1 < p->n && p->processes[first].ended)
			first++;
		pipeline_signal(p, first, SIGTERM);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		pipeline_signal(p, i, SIGTERM);
}

bool pipeline_has_ended(const struct pipeline *p)
{
	return p->rest == REST_GONE;
}

const struct pipeline_stage *pipeline_stages(const struct pipeline *p, size_t *n)
{
	*n = p->n;
	return p->stages;
}

uint64_t pipeline_count(const struct pipeline *p, const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n; i++)
		sum += tally_get(&p->stages[i].tally, name);
	return sum;
}

bool pipeline_was_fenced(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->stages[i].tally.fenced)
			return true;
	return false;
}
