#include "json/query_crash.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

enum { STACK_SIZE = 64 * 1024 }; /* more than a signal's frame takes on any processor */

static const struct {
	int number;
	const char *name;
} signals[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGABRT, "SIGABRT"}};

enum { SIGNALS = sizeof signals / sizeof *signals };

/* A handler can only reach the process's own state, hence a static. */
static struct {
	unsigned open;
	volatile sig_atomic_t running;
	const char *volatile reason;
	sigjmp_buf back;
	stack_t stack, stack_before;
	struct sigaction before[SIGNALS];
} crash;

void query_crash_leave(const char *reason)
{
	if (!crash.running)
		return;
	crash.reason = reason;
	siglongjmp(crash.back, 1);
}

/* What is not libjq's doing happens again, or is sent again, with the action of before. */
static void on_crash(int number, siginfo_t *info, void *context)
{
	size_t i = 0;

	(void)context;
	while (i + 1 < SIGNALS && signals[i].number != number)
		i++;
	if (info->si_code != SI_USER || info->si_pid == getpid())
		query_crash_leave(signals[i].name);
	sigaction(number, &crash.before[i], NULL);
	if (info->si_code <= 0)
		raise(number);
}

/* SA_NODEFER, since the way out of the handler restores no mask: that would cost a system call for
 * each piece of work. */
void query_crash_open(void)
{
	struct sigaction action = {
		.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

	if (crash.open++ > 0)
		return;
	crash.stack = (stack_t){.ss_sp = mem_alloc(STACK_SIZE, 1), .ss_size = STACK_SIZE};
	sigaltstack(&crash.stack, &crash.stack_before);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i].number, &action, &crash.before[i]);
}

void query_crash_close(void)
{
	if (--crash.open > 0)
		return;
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i].number, &crash.before[i], NULL);
	sigaltstack(&crash.stack_before, NULL);
	free(crash.stack.ss_sp);
}

const char *query_crash_run(void (*work)(void *arg), void *arg)
{
	crash.reason = NULL;
	if (sigsetjmp(crash.back, 0) == 0) {
		crash.running = 1;
		work(arg);
	}
	crash.running = 0;
	return crash.reason;
}
