#include "job/pipeline_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"

enum { ENTRY_MAX = 64 }; /* bytes of a variable that holds a descriptor */

static const char account_name[] = "TRADEPIPE_ACCOUNT_FD=";

extern char **environ;

/* 0, or why it may not be run. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) < 0 ? errno : 0;
}

/* The first file of that name in a list of folders, of which an empty one is the current one. What
 * may not be run is passed over, and is the reason only where there is no other. */
static int search(const char *folders, const char *name, struct buf *path)
{
	int reason = ENOENT, fault;
	const char *at = folders;
	size_t n;

	for (;;) {
		n = strcspn(at, ":");
		buf_clear(path);
		buf_add(path, span_make(at, n));
		buf_add_text(path, n ? "/" : "./");
		buf_add_text(path, name);
		buf_add(path, span_make("", 1));
		fault = check_file(path->data);
		if (!fault)
			return 0;
		if (fault == EACCES)
			reason = EACCES;
		if (!at[n])
			return reason;
		at += n + 1;
	}
}

char *pipeline_find(const char *name, struct err *err)
{
	const char *folders = getenv("PATH");
	struct buf path;
	int fault;

	if (!folders)
		folders = "/bin:/usr/bin";
	buf_init(&path, strlen(folders) + strlen(name) + sizeof "./");
	buf_add(&path, span_make(name, strlen(name) + 1));
	if (!*name)
		fault = ENOENT;
	else if (strchr(name, '/'))
		fault = check_file(name);
	else
		fault = search(folders, name, &path);
	if (!fault)
		return path.data;
	buf_release(&path);
	err_set(err, EXIT_USAGE, "cannot run '%s': %s", name, strerror(fault));
	return NULL;
}

int pipeline_pipe(int ends[2], struct err *err)
{
	if (pipe(ends) < 0)
		return err_errno(err, EXIT_FAILED, "cannot make a pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

/* All that the child needs, since between fork() and exec() it can allocate nothing: other threads
 * of the runner may have held the allocator's lock. */
struct plan {
	const struct pipeline_spawn *spawn;
	char **environment; /* the last is the account's */
	char **script;	    /* as a shell runs it where it names no interpreter */
	char account[ENTRY_MAX];
	int account_fd; /* in the child */
	int report[2];	/* takes errno where exec() fails */
	pid_t runner;
};

static size_t count_words(char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* The least number that the child has no other use for: some shells know numbers of
 * one digit only. */
static int choose_account(const struct plan *plan)
{
	for (int fd = STDERR_FILENO + 1; fd < 10; fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (fd != plan->report[1] && (flags < 0 || (flags & FD_CLOEXEC)))
			return fd;
	}
	return plan->spawn->account;
}

static void plan_environment(struct plan *plan)
{
	size_t n = 0;

	snprintf(plan->account, sizeof plan->account, "%s%d", account_name, plan->account_fd);
	plan->environment = mem_alloc(count_words(environ) + 2, sizeof *plan->environment);
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, account_name, sizeof account_name - 1) != 0)
			plan->environment[n++] = *entry;
	plan->environment[n] = plan->account;
}

static void plan_script(struct plan *plan)
{
	size_t n = count_words(plan->spawn->argv);

	plan->script = mem_alloc(n + 2, sizeof *plan->script);
	plan->script[0] = (char *)"/bin/sh";
	plan->script[1] = (char *)plan->spawn->path;
	for (size_t i = 1; i < n; i++)
		plan->script[i + 1] = plan->spawn->argv[i];
}

/* Async-signal-safe, as all that follows up to exec(). */
static int put_descriptor(int from, int to)
{
	return from == to ? fcntl(to, F_SETFD, 0) : dup2(from, to);
}

static int arrange(const struct plan *plan)
{
	const struct pipeline_spawn *spawn = plan->spawn;

	setpgid(0, 0);
	sig_reset();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -1;
	/* One that died before that call sends nothing. */
	if (getppid() != plan->runner)
		_exit(EXIT_FAILED);
	if (put_descriptor(spawn->in, STDIN_FILENO) < 0 ||
		put_descriptor(spawn->out, STDOUT_FILENO) < 0 ||
		put_descriptor(spawn->err, STDERR_FILENO) < 0)
		return -1;
	return put_descriptor(spawn->account, plan->account_fd) < 0 ? -1 : 0;
}

static _Noreturn void become(const struct plan *plan)
{
	int fault;
	ssize_t n;

	if (arrange(plan) == 0) {
		execve(plan->spawn->path, plan->spawn->argv, plan->environment);
		if (errno == ENOEXEC)
			execve(plan->script[0], plan->script, plan->environment);
	}
	fault = errno;
	n = write(plan->report[1], &fault, sizeof fault);
	(void)n;
	_exit(EXIT_FAILED);
}

/* A signal that came to the child before it is itself would be noted there as one to the runner. */
static pid_t fork_quietly(const struct plan *plan)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(plan);
	if (pid > 0)
		setpgid(pid, pid);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* Waits until the child has become its program: 0, or the reason why it has not; it
 * is gone then. */
static int await_exec(const struct plan *plan, pid_t pid)
{
	int fault = 0;
	ssize_t n;

	do {
		n = read(plan->report[0], &fault, sizeof fault);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof fault)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fault;
}

/* The runner's own supervisor is not the stage's. */
static void keep_supervisor(void)
{
	const char *text = getenv("TRADEPIPE_ACCOUNT_FD");
	uint64_t fd;

	if (text && num_u64(span_text(text), &fd) == 0 && fd > STDERR_FILENO && fd <= INT16_MAX)
		fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

static pid_t run_plan(struct plan *plan, struct err *err)
{
	const char *name = plan->spawn->argv[0];
	pid_t pid = fork_quietly(plan);
	int fault;

	close(plan->report[1]);
	if (pid < 0)
		return err_errno(err, EXIT_FAILED, "cannot run '%s'", name);
	fault = await_exec(plan, pid);
	if (fault)
		return err_set(err, EXIT_USAGE, "cannot run '%s': %s", name, strerror(fault));
	return pid;
}

pid_t pipeline_spawn(const struct pipeline_spawn *spawn, struct err *err)
{
	struct plan plan = {.spawn = spawn, .runner = getpid()};
	pid_t pid;

	if (pipeline_pipe(plan.report, err) < 0)
		return -1;
	keep_supervisor();
	plan.account_fd = choose_account(&plan);
	plan_environment(&plan);
	plan_script(&plan);
	pid = run_plan(&plan, err);
	close(plan.report[0]);
	free(plan.environment);
	free(plan.script);
	return pid;
}
