/* What signals do to a program, each case in a process of its own. */
#include "base/sig.h"

#include <signal.h>

#include "base/stamp.h"
#include "base/wait.h"

#include "child.h"
#include "tap.h"

enum { DRAIN_MS = 100 };

static int run_first(const void *arg)
{
	const int *number = arg;

	sig_init(DRAIN_MS);
	if (sig_stops() || sig_number() || sig_expired() || sig_left_ms() != -1)
		return 1;
	raise(*number);
	if (sig_stops() != 1 || sig_number() != *number || sig_expired())
		return 2;
	if (sig_left_ms() < 1 || sig_left_ms() > DRAIN_MS)
		return 3;
	while (!sig_expired())
		if (wait_readable(-1, -1, sig_left_ms()) == WAIT_READY)
			return 4;
	return sig_left_ms() == 0 ? 0 : 5;
}

static int run_second(const void *arg)
{
	(void)arg;
	sig_init(60 * 1000);
	raise(SIGINT);
	raise(SIGTERM);
	return sig_stops() == 2 && sig_number() == SIGINT && sig_expired() ? 0 : 1;
}

static int run_third(const void *arg)
{
	(void)arg;
	sig_init(60 * 1000);
	raise(SIGTERM);
	raise(SIGTERM);
	raise(SIGHUP);
	return 0;
}

static int run_no_drain(const void *arg)
{
	(void)arg;
	sig_init(0);
	raise(SIGTERM);
	return sig_expired() ? 0 : 1;
}

static int run_ignored(const void *arg)
{
	(void)arg;
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sig_init(DRAIN_MS);
	raise(SIGINT);
	raise(SIGHUP);
	if (sig_stops())
		return 1;
	raise(SIGTERM);
	return sig_stops() == 1 ? 0 : 2;
}

static int run_account(const void *arg)
{
	(void)arg;
	sig_init(DRAIN_MS);
	if (sig_account_asked())
		return 1;
	raise(SIGUSR1);
	if (wait_readable(-1, -1, 1000) != WAIT_SIGNAL || sig_stops())
		return 2;
	return sig_account_asked() && !sig_account_asked() ? 0 : 3;
}

static int run_sigpipe(const void *arg)
{
	(void)arg;
	sig_init(DRAIN_MS);
	raise(SIGPIPE);
	return sig_stops();
}

static int run_die(const void *arg)
{
	const int *number = arg;

	sig_init(DRAIN_MS);
	sig_die(*number);
}

/* A signal must not be lost that comes just before the program waits. */
static int run_before_wait(const void *arg)
{
	(void)arg;
	sig_init(DRAIN_MS);
	raise(SIGTERM);
	return wait_readable(-1, -1, 10 * 1000) == WAIT_SIGNAL ? 0 : 1;
}

/* A system call that blocks for good comes back within a second, again and again. */
static int run_beat(const void *arg)
{
	int64_t start;
	char byte;
	int ends[2];

	(void)arg;
	sig_init(60 * 1000);
	if (pipe(ends) < 0)
		return 1;
	start = stamp_monotonic();
	raise(SIGTERM);
	for (int i = 0; i < 2; i++)
		if (read(ends[0], &byte, 1) >= 0)
			return 2;
	return stamp_monotonic() - start < 4 * STAMP_NS_PER_S ? 0 : 3;
}

/* Past its end and the drain time, what a program does must stop, though no signal has come; and
 * what blocks comes back to see that. */
static int run_end(const void *arg)
{
	char byte;
	int ends[2];

	(void)arg;
	sig_init(DRAIN_MS);
	if (pipe(ends) < 0)
		return 1;
	sig_end_at(stamp_monotonic() + 3600 * STAMP_NS_PER_S);
	if (sig_expired())
		return 2;
	sig_end_at(stamp_monotonic() - DRAIN_MS * STAMP_NS_PER_MS);
	if (!sig_expired() || sig_stops() || sig_number() || sig_left_ms() != -1)
		return 3;
	if (read(ends[0], &byte, 1) >= 0)
		return 4;
	raise(SIGTERM);
	return sig_expired() ? 0 : 5;
}

/* A signal's drain does not outlast that of the end, nor the other way round. */
static int run_end_later(const void *arg)
{
	(void)arg;
	sig_init(60 * 1000);
	sig_end_at(stamp_monotonic());
	if (sig_expired())
		return 1;
	raise(SIGTERM);
	if (sig_expired())
		return 2;
	raise(SIGTERM);
	return sig_expired() ? 0 : 3;
}

/* Within the shield a signal waits. */
static int run_shield(const void *arg)
{
	(void)arg;
	sig_init(60 * 1000);
	sig_shield();
	raise(SIGTERM);
	if (sig_stops())
		return 1;
	sig_unshield();
	return sig_stops() == 1 ? 0 : 2;
}

/* The end of a child wakes a wait once that was asked for, and is no stop. */
static int run_child(const void *arg)
{
	pid_t pid;

	(void)arg;
	sig_init(60 * 1000);
	sig_watch_children();
	pid = fork();
	if (pid == 0)
		_exit(7);
	if (wait_readable(-1, -1, 60 * 1000) != WAIT_SIGNAL || sig_stops())
		return 1;
	return waitpid(pid, NULL, WNOHANG) == pid ? 0 : 2;
}

static bool acts_by_default(int number)
{
	struct sigaction action;
	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

/* What a program is started with is not what its parent has taken over. */
static int run_reset(const void *arg)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGPIPE, SIGALRM, SIGUSR1, SIGCHLD};
	sigset_t set;

	(void)arg;
	signal(SIGHUP, SIG_IGN);
	sig_init(60 * 1000);
	sig_watch_children();
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sig_reset();
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (!acts_by_default(ours[i]))
			return 1;
	sigprocmask(SIG_SETMASK, NULL, &set);
	if (sigismember(&set, SIGTERM) || sigismember(&set, SIGUSR2))
		return 2;
	return acts_by_default(SIGHUP) ? 3 : 0;
}

static const int sigterm = SIGTERM, sigint = SIGINT, sighup = SIGHUP, sigpipe = SIGPIPE;

static const struct {
	const char *name;
	int (*run)(const void *arg);
	const int *arg;
	int status;
} cases[] = {
	{"SIGTERM starts the drain, which ends", run_first, &sigterm, 0},
	{"SIGINT likewise", run_first, &sigint, 0},
	{"SIGHUP likewise", run_first, &sighup, 0},
	{"a second signal ends the drain, the first is the one that counts", run_second, NULL, 0},
	{"a third one kills", run_third, NULL, -SIGHUP},
	{"no drain time is none", run_no_drain, NULL, 0},
	{"what the caller had ignored stays so, SIGTERM excepted", run_ignored, NULL, 0},
	{"SIGUSR1 asks for an account, once", run_account, NULL, 0},
	{"SIGPIPE does nothing", run_sigpipe, NULL, 0},
	{"dying of SIGTERM", run_die, &sigterm, -SIGTERM},
	{"dying of SIGPIPE, which is ignored", run_die, &sigpipe, -SIGPIPE},
	{"a signal before a wait ends it", run_before_wait, NULL, 0},
	{"what blocks comes back once a second after a signal", run_beat, NULL, 0},
	{"a program that has an end of its own has the drain time behind it", run_end, NULL, 0},
	{"... also after a signal, until there is a second one", run_end_later, NULL, 0},
	{"the shield holds a signal back", run_shield, NULL, 0},
	{"the end of a child wakes a wait", run_child, NULL, 0},
	{"a reset gives signals back, ignored ones excepted", run_reset, NULL, 0},
};

int main(void)
{
	struct child child;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		child_run(&child, cases[i].run, cases[i].arg);
		TAP_OK(child.status == cases[i].status, "%s: %d", cases[i].name, child.status);
	}
	return tap_end();
}
