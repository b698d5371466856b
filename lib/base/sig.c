#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/stamp.h"

/* What handlers note. A handler can only reach the process's own state, hence a static. */
static struct {
	volatile sig_atomic_t stops;
	volatile sig_atomic_t first;
	volatile sig_atomic_t account;
	int pipe[2];
	uint64_t drain_ms;
	int64_t since_ns; /* when the first stop was first looked at; 0 before */
	int64_t end_ns;	  /* of sig_end_at(); 0: none */
	sigset_t shielded;
} sig = {.pipe = {-1, -1}};

static const int stop_signals[] = {SIGTERM, SIGINT, SIGHUP};
enum { STOP_SIGNALS = sizeof stop_signals / sizeof *stop_signals };

static void default_action(int number)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;

	sigaction(number, &action, NULL);
	raise(number);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A full pipe holds enough wake-ups, so a failure to write is none. */
static void wake(void)
{
	ssize_t n = write(sig.pipe[1], "", 1);
	(void)n;
}

static void on_signal(int number)
{
	int saved = errno;

	if (number == SIGUSR1) {
		sig.account = 1;
	} else if (sig.stops < 2) {
		if (!sig.stops)
			sig.first = number;
		sig.stops++;
		alarm(1);
	} else {
		default_action(number);
		_exit(128 + number);
	}
	wake();
	errno = saved;
}

/* Whatever began to block between the look at a flag and the system call comes back once a second,
 * so that no signal waits for longer. */
static void on_alarm(int number)
{
	(void)number;
	alarm(1);
}

static void on_child(int number)
{
	int saved = errno;

	(void)number;
	wake();
	errno = saved;
}

static void handle_with(int number, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void handle(int number, void (*handler)(int))
{
	handle_with(number, handler, 0);
}

static bool is_ignored(int number)
{
	struct sigaction action;
	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void sig_init(uint64_t drain_ms)
{
	sig.drain_ms = drain_ms;
	if (pipe(sig.pipe) < 0)
		diag_die(EXIT_FAILED, "cannot make a pipe for signals: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(sig.pipe[i], F_SETFL, O_NONBLOCK);
		fcntl(sig.pipe[i], F_SETFD, FD_CLOEXEC);
	}
	handle(SIGPIPE, SIG_IGN);
	handle(SIGALRM, on_alarm);
	handle(SIGUSR1, on_signal);
	handle(SIGTERM, on_signal);
	if (!is_ignored(SIGINT))
		handle(SIGINT, on_signal);
	if (!is_ignored(SIGHUP))
		handle(SIGHUP, on_signal);
}

int sig_stops(void)
{
	return sig.stops;
}

int sig_number(void)
{
	return sig.first;
}

int64_t sig_left_ms(void)
{
	int64_t passed_ms;

	if (!sig.stops)
		return -1;
	if (!sig.since_ns)
		sig.since_ns = stamp_monotonic();
	passed_ms = (stamp_monotonic() - sig.since_ns) / STAMP_NS_PER_MS;
	if (sig.stops > 1 || passed_ms >= (int64_t)sig.drain_ms)
		return 0;
	return (int64_t)sig.drain_ms - passed_ms;
}

void sig_end_at(int64_t ns)
{
	sig.end_ns = ns;
	sig_beat();
}

static bool is_late(void)
{
	return sig.end_ns &&
		(stamp_monotonic() - sig.end_ns) / STAMP_NS_PER_MS >= (int64_t)sig.drain_ms;
}

bool sig_expired(void)
{
	return (sig.stops && sig_left_ms() == 0) || is_late();
}

bool sig_account_due(void)
{
	return sig.account;
}

bool sig_account_asked(void)
{
	bool asked = sig.account;
	sig.account = 0;
	return asked;
}

int sig_fd(void)
{
	return sig.pipe[0];
}

void sig_consume(void)
{
	char bytes[64];
	while (read(sig.pipe[0], bytes, sizeof bytes) > 0)
		;
}

void sig_beat(void)
{
	alarm(1);
}

/* Whoever waits is woken by the descriptor; what merely blocks has no business with children. */
void sig_watch_children(void)
{
	handle_with(SIGCHLD, on_child, SA_RESTART | SA_NOCLDSTOP);
}

void sig_reset(void)
{
	static const int others[] = {SIGPIPE, SIGALRM, SIGUSR1, SIGCHLD};
	sigset_t none;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		handle(others[i], SIG_DFL);
	for (size_t i = 0; i < STOP_SIGNALS; i++)
		if (!is_ignored(stop_signals[i]))
			handle(stop_signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void sig_shield(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < STOP_SIGNALS; i++)
		sigaddset(&set, stop_signals[i]);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, &sig.shielded);
}

void sig_unshield(void)
{
	pthread_sigmask(SIG_SETMASK, &sig.shielded, NULL);
}

_Noreturn void sig_die(int number)
{
	default_action(number);
	_exit(128 + number);
}
