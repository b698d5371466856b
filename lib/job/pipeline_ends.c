#include "job/pipeline_priv.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/stamp.h"

enum {
	SETTLE_MS = 250,  /* for stages to end by themselves once one behind them has */
	UNREAD_MS = 1000, /* for a stage whose reader went away, until that is seen to have ended */
	REST_MS = 1000,	  /* for what stages leave behind: to end, after SIGTERM, after SIGKILL */
	SHELL_SIGNAL = 128, /* what a shell adds to the number of a signal */
};

void pipeline_signal(struct pipeline *p, size_t i, int number)
{
	struct pipeline_process *process = &p->processes[i];

	if (process->pid == 0 || process->group_gone)
		return;
	kill(-process->pid, number);
	if (number == SIGTERM && !process->told_ns)
		process->told_ns = stamp_monotonic();
}

/* Whether it ended as the signal would have it, itself or by the mouth of a shell. */
static bool ended_by(int status, int number)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == number;
	return WEXITSTATUS(status) == SHELL_SIGNAL + number;
}

/* Since when a stage has one behind it that has ended; 0: there is none. */
static int64_t unread_since(const struct pipeline *p, size_t i)
{
	int64_t since = 0;

	for (size_t k = i + 1; k < p->n; k++)
		if (p->processes[k].ended && (!since || p->processes[k].ended_ns < since))
			since = p->processes[k].ended_ns;
	return since;
}

/* PIPELINE_RUNS: that cannot be said yet. The reader of a pipe closes it before it is seen to have
 * ended, and what writes to it may be seen to have ended first. */
static enum pipeline_end judge(const struct pipeline *p, size_t i, int64_t now)
{
	const struct pipeline_process *process = &p->processes[i];
	int status = p->stages[i].status;

	if (p->stages[i].late)
		return PIPELINE_FAILED;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return PIPELINE_WELL;
	if (process->told_ns && ended_by(status, SIGTERM))
		return PIPELINE_WELL;
	if (!ended_by(status, SIGPIPE) || i + 1 == p->n)
		return PIPELINE_FAILED;
	if (unread_since(p, i))
		return PIPELINE_UNREAD;
	return now - process->ended_ns < UNREAD_MS * STAMP_NS_PER_MS ? PIPELINE_RUNS
								     : PIPELINE_FAILED;
}

static void note_end(struct pipeline *p, pid_t pid, int status)
{
	for (size_t i = 0; i < p->n; i++) {
		struct pipeline_process *process = &p->processes[i];
		if (process->pid != pid || process->ended)
			continue;
		process->ended = true;
		process->ended_ns = stamp_monotonic();
		p->stages[i].status = status;
		p->stages[i].order = ++p->n_ended;
		p->stages[i].late = process->killed && WIFSIGNALED(status);
	}
}

/* Orphans of the stages come to the runner, as do all orphans where it is process 1. */
void pipeline_reap(struct pipeline *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(p, pid, status);
	for (size_t i = 0; i < p->n; i++) {
		struct pipeline_process *process = &p->processes[i];
		if (process->ended && !process->group_gone)
			process->group_gone = kill(-process->pid, 0) < 0 && errno == ESRCH;
	}
}

static void judge_all(struct pipeline *p, int64_t now)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->processes[i].ended && p->stages[i].end == PIPELINE_RUNS)
			p->stages[i].end = judge(p, i, now);
}

/* When a stage is to be stopped since nobody reads what it writes. Most notice that themselves, or
 * were about to end anyway and are merely seen to do so later than their reader. */
static int64_t stop_due(const struct pipeline *p, size_t i)
{
	int64_t since = unread_since(p, i);

	if (!since || p->processes[i].ended || p->processes[i].told_ns)
		return INT64_MAX;
	return since + SETTLE_MS * STAMP_NS_PER_MS;
}

static void stop_unread(struct pipeline *p, int64_t now)
{
	for (size_t i = 0; i < p->n; i++)
		if (now >= stop_due(p, i))
			pipeline_signal(p, i, SIGTERM);
}

/* The moment by which a stage must have ended. */
static int64_t deadline(const struct pipeline *p, size_t i)
{
	int64_t since = p->processes[i].told_ns;

	if (p->stopped_ns && (!since || p->stopped_ns < since))
		since = p->stopped_ns;
	if (!since || p->processes[i].ended || p->processes[i].killed)
		return INT64_MAX;
	return since + (int64_t)p->settings.drain_ms * STAMP_NS_PER_MS;
}

static void kill_late(struct pipeline *p, int64_t now)
{
	for (size_t i = 0; i < p->n; i++) {
		if (now < deadline(p, i))
			continue;
		p->processes[i].killed = true;
		p->stages[i].late_ms = p->settings.drain_ms;
		pipeline_signal(p, i, SIGKILL);
	}
}

static bool is_silent(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->processes[i].messages.fd >= 0 || p->processes[i].accounts.fd >= 0)
			return false;
	return true;
}

static bool is_alone(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->processes[i].group_gone)
			return false;
	return true;
}

static bool is_judged(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->stages[i].end == PIPELINE_RUNS)
			return false;
	return true;
}

/* Their last words, of which what is left behind may hold the other end for ever. */
static void close_all(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++) {
		for (int turn = 0; turn < 2 && pipeline_lines_read(&p->processes[i].messages);)
			turn++;
		pipeline_lines_read(&p->processes[i].accounts);
		pipeline_lines_close(&p->processes[i].messages);
		pipeline_lines_close(&p->processes[i].accounts);
	}
}

static void enter(struct pipeline *p, enum pipeline_rest rest, int64_t now)
{
	static const int signals[] = {
		[REST_TERM] = SIGTERM, [REST_KILL] = SIGKILL, [REST_GONE] = 0};

	p->rest = rest;
	p->rest_ns = now;
	if (rest == REST_GONE)
		close_all(p);
	else
		for (size_t i = 0; i < p->n; i++)
			pipeline_signal(p, i, signals[rest]);
}

/* What stages have left behind may be about to end, and to say why. It is given its time, then a
 * signal, and then another one. */
static void step_rest(struct pipeline *p, int64_t now)
{
	if (p->rest == REST_GONE || p->n_ended < p->n || !is_judged(p))
		return;
	if (!p->rest_ns)
		p->rest_ns = now;
	if (is_alone(p) && (is_silent(p) || p->rest != REST_WAIT))
		enter(p, REST_GONE, now);
	else if (now >= p->rest_ns + REST_MS * STAMP_NS_PER_MS)
		enter(p, is_alone(p) ? REST_GONE : p->rest + 1, now);
}

void pipeline_step(struct pipeline *p)
{
	int64_t now = stamp_monotonic();

	judge_all(p, now);
	stop_unread(p, now);
	kill_late(p, now);
	step_rest(p, now);
}

int64_t pipeline_due(const struct pipeline *p)
{
	int64_t due = INT64_MAX, at;

	if (p->rest_ns && p->rest != REST_GONE)
		due = p->rest_ns + REST_MS * STAMP_NS_PER_MS;
	for (size_t i = 0; i < p->n; i++) {
		at = deadline(p, i);
		if (stop_due(p, i) < at)
			at = stop_due(p, i);
		if (p->processes[i].ended && p->stages[i].end == PIPELINE_RUNS)
			at = p->processes[i].ended_ns + UNREAD_MS * STAMP_NS_PER_MS;
		if (at < due)
			due = at;
	}
	return due;
}
