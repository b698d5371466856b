/* Accounts: what they show, whom they tell, and what exit code they lead to. */
#include "base/account.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/metrics.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

#include "child.h"
#include "tap.h"

/* The counts of an account with a row of each kind. */
struct counts {
	uint64_t in, done, loss, rare, lost, memo, gauge, counter, want;
};

struct close_case {
	const char *name;
	struct counts n;
	int code; /* handed to account_close() */
	bool quiet;
	int status;	  /* what it returns */
	const char *text; /* on standard error */
};

static const struct close_case cases[] = {
	{"nothing", {.gauge = 9, .counter = 9}, EXIT_DONE, false, EXIT_DONE,
		"in=0 done=0 loss=0 lost=0"},
	{"all done", {.in = 5, .done = 5}, EXIT_DONE, false, EXIT_DONE,
		"in=5 done=5 loss=0 lost=0"},
	{"a loss", {.in = 5, .done = 4, .loss = 1}, EXIT_DONE, false, EXIT_PARTIAL,
		"in=5 done=4 loss=1 lost=0"},
	{"a rare loss", {.in = 5, .done = 4, .rare = 1}, EXIT_DONE, false, EXIT_PARTIAL,
		"in=5 done=4 loss=0 rare=1 lost=0"},
	{"a loss outside the sum", {.in = 5, .done = 5, .lost = 7}, EXIT_DONE, false, EXIT_PARTIAL,
		"in=5 done=5 loss=0 lost=7"},
	{"what may be made good", {.in = 5, .done = 5, .want = 2}, EXIT_DONE, false, EXIT_PARTIAL,
		"in=5 done=5 loss=0 lost=0 want=2"},
	{"a memo", {.in = 5, .done = 5, .memo = 3}, EXIT_DONE, false, EXIT_DONE,
		"in=5 done=5 loss=0 lost=0 memo=3"},
	{"a failure", {.in = 5, .done = 4, .loss = 1}, EXIT_FAILED, false, EXIT_FAILED,
		"in=5 done=4 loss=1 lost=0"},
	{"the largest counts", {.in = UINT64_MAX, .done = UINT64_MAX}, EXIT_DONE, false, EXIT_DONE,
		"in=18446744073709551615 done=18446744073709551615 loss=0 lost=0"},
	{"quiet, all done", {.in = 5, .done = 5}, EXIT_DONE, true, EXIT_DONE, NULL},
	{"quiet, with a loss", {.in = 5, .done = 5, .lost = 1}, EXIT_DONE, true, EXIT_PARTIAL,
		"in=5 done=5 loss=0 lost=1"},
	{"quiet, with a failure", {.in = 0}, EXIT_FAILED, true, EXIT_FAILED,
		"in=0 done=0 loss=0 lost=0"},
	{"a reader that went away", {.in = 5, .done = 4, .loss = 1}, PROG_BROKEN_PIPE, false,
		PROG_BROKEN_PIPE, NULL},
};

static struct account *open_account(const struct counts *n, const char *metrics)
{
	static struct account_row rows[9];
	struct err err;

	rows[0] = (struct account_row){"in", ACCOUNT_IN, &n->in, .help = "i"};
	rows[1] = (struct account_row){"done", ACCOUNT_FATE, &n->done, .help = "d"};
	rows[2] = (struct account_row){"loss", ACCOUNT_LOSS, &n->loss, .help = "l"};
	rows[3] = (struct account_row){"rare", ACCOUNT_LOSS, &n->rare, .help = "r", .rare = true};
	rows[4] =
		(struct account_row){"lost", ACCOUNT_LOSS, &n->lost, .help = "o", .outside = true};
	rows[5] = (struct account_row){"memo", ACCOUNT_MEMO, &n->memo, .help = "m"};
	rows[6] = (struct account_row){"gauge", ACCOUNT_GAUGE, &n->gauge, .help = "g"};
	rows[7] = (struct account_row){"counter", ACCOUNT_COUNTER, &n->counter, .help = "c"};
	rows[8] = (struct account_row){"want", ACCOUNT_WANT, &n->want, .help = "w", .rare = true};
	diag_init("name");
	return account_open(rows, 9, metrics, &err);
}

static int run_close(const void *arg)
{
	const struct close_case *c = arg;
	return account_close(open_account(&c->n, NULL), c->code, c->quiet);
}

static void test_close(const struct close_case *c)
{
	struct child child;
	char wanted[256] = "";

	child_run(&child, run_close, c);
	if (c->text)
		snprintf(wanted, sizeof wanted, "name: account: %s\n", c->text);
	if (!TAP_OK(child.status == c->status && strcmp(child.err, wanted) == 0, "%s", c->name))
		printf("# %d: %s", child.status, child.err);
}

static const struct close_case faults[] = {
	{.n = {.in = 5, .done = 4}},
	{.n = {.in = 4, .done = 5}, .code = EXIT_PARTIAL},
	{.n = {.in = 1, .memo = 1}, .quiet = true},
};

static void test_faults(void)
{
	struct child child;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		child_run(&child, run_close, &faults[i]);
		TAP_OK(child.status == EXIT_FAILED && strstr(child.err, "does not add up") &&
				strstr(child.err, "name: account: in="),
			"an account that does not add up is a fault, %zu", i + 1);
	}
}

/* SIGUSR1 in the middle of the work. */
static int run_asked(const void *arg)
{
	struct counts n = {.in = 5, .done = 2};
	struct account *account = open_account(&n, NULL);

	(void)arg;
	sig_init(1000);
	wait_duty();
	raise(SIGUSR1);
	wait_duty();
	wait_duty();
	n.done = 5;
	raise(SIGUSR1);
	wait_duty();
	return account_close(account, EXIT_DONE, true);
}

/* The supervisor's descriptor leads to standard output. */
static int run_told(const void *arg)
{
	struct counts n = {.in = 5, .done = 2};
	struct account *account;

	(void)arg;
	dup2(STDOUT_FILENO, 9);
	setenv("TRADEPIPE_ACCOUNT_FD", "9", 1);
	sig_init(1000);
	account = open_account(&n, NULL);
	wait_duty();
	wait_duty();
	n.done = 4;
	n.loss = 1;
	return account_close(account, EXIT_DONE, false);
}

/* A supervisor that has stopped reading must not hold up the program. */
static int run_stuck_supervisor(const void *arg)
{
	struct counts n = {0};
	int64_t start = stamp_monotonic();
	char fd[16];
	int ends[2];

	(void)arg;
	sig_init(1000);
	if (pipe(ends) < 0)
		return 100;
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], fd, sizeof fd) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	snprintf(fd, sizeof fd, "%d", ends[1]);
	setenv("TRADEPIPE_ACCOUNT_FD", fd, 1);
	struct account *account = open_account(&n, NULL);
	wait_duty();
	if (stamp_monotonic() - start > STAMP_NS_PER_S / 2)
		return 101;
	if (account_close(account, EXIT_DONE, true) != EXIT_DONE)
		return 102;
	return stamp_monotonic() - start < 5 * STAMP_NS_PER_S ? 0 : 103;
}

static void test_told(void)
{
	static const char *const odd[] = {"", "-1", "x", "1x", "99999999999999999999", "4096"};
	struct child child;

	child_run(&child, run_asked, NULL);
	TAP_OK(child.status == EXIT_DONE &&
			strcmp(child.err,
				"name: account: in=5 done=2 loss=0 lost=0 pending=3\n"
				"name: account: in=5 done=5 loss=0 lost=0\n") == 0,
		"SIGUSR1 shows the account so far, once");
	child_run(&child, run_told, NULL);
	TAP_OK(child.status == EXIT_PARTIAL &&
			strcmp(child.out,
				"{\"program\":\"name\",\"final\":false,\"account\":"
				"{\"in\":5,\"done\":2,\"loss\":0,\"lost\":0,\"pending\":3}}\n"
				"{\"program\":\"name\",\"final\":true,\"account\":"
				"{\"in\":5,\"done\":4,\"loss\":1,\"lost\":0}}\n") == 0,
		"a supervisor is told as JSON, not at every turn");
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		setenv("TRADEPIPE_ACCOUNT_FD", odd[i], 1);
		child_run(&child, run_close, &cases[1]);
		TAP_OK(child.status == EXIT_DONE, "TRADEPIPE_ACCOUNT_FD='%s' does no harm", odd[i]);
	}
	unsetenv("TRADEPIPE_ACCOUNT_FD");
	child_run(&child, run_stuck_supervisor, NULL);
	TAP_OK(child.status == 0, "a supervisor that does not read holds up nothing: %d",
		child.status);
}

static void add_more(void *arg, struct buf *text)
{
	int *calls = arg;

	metrics_head(text, "tradepipe_of_product", "gauge", "m");
	metrics_sample(
		text, "tradepipe_of_product", "product", span_text("X"), (uint64_t)++ * calls);
}

static int run_metrics(const void *arg)
{
	const struct counts n = {.in = 5, .done = 4, .loss = 1, .gauge = 7, .counter = 8};
	struct account *account = open_account(&n, arg);
	int calls = 0;

	account_set_more(account, add_more, &calls);
	wait_duty();
	wait_duty();
	return account_close(account, EXIT_DONE, true);
}

/* More than an account could have by itself. */
static void add_much(void *arg, struct buf *text)
{
	char name[16];

	(void)arg;
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "P%d", i);
		metrics_sample(text, "much", "product", span_text(name), 1);
	}
}

static int run_much(const void *arg)
{
	const struct counts n = {0};
	struct account *account = open_account(&n, arg);

	account_set_more(account, add_much, NULL);
	return account_close(account, EXIT_DONE, true);
}

static bool has_line(const char *path, const char *wanted)
{
	FILE *f = fopen(path, "r");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f))
		found = strcmp(line, wanted) == 0;
	if (f)
		fclose(f);
	return found;
}

static void test_metrics(void)
{
	static const char wanted[] = "# HELP tradepipe_in_total i\n"
				     "# TYPE tradepipe_in_total counter\n"
				     "tradepipe_in_total{program=\"name\"} 5\n";
	static const char gauge[] = "# TYPE tradepipe_gauge gauge\n"
				    "tradepipe_gauge{program=\"name\"} 7\n"
				    "# HELP tradepipe_counter_total c\n"
				    "# TYPE tradepipe_counter_total counter\n"
				    "tradepipe_counter_total{program=\"name\"} 8\n"
				    "# HELP tradepipe_want w\n"
				    "# TYPE tradepipe_want gauge\n"
				    "tradepipe_want{program=\"name\"} 0\n"
				    "# HELP tradepipe_of_product m\n"
				    "# TYPE tradepipe_of_product gauge\n"
				    "tradepipe_of_product{program=\"name\",product=\"X\"} 2\n";
	char folder[] = "/tmp/account.XXXXXX", path[64], text[CHILD_TEXT_MAX];
	struct child child;

	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof path, "%s/name.prom", folder);
	child_run(&child, run_metrics, path);
	child_read(fopen(path, "r"), text);
	TAP_OK(strncmp(text, wanted, strlen(wanted)) == 0 && strstr(text, gauge),
		"the metrics file has all counts, gauges as such, and more");
	child_run(&child, run_much, path);
	TAP_OK(child.status == EXIT_DONE &&
			has_line(path, "much{program=\"name\",product=\"P9999\"} 1\n"),
		"and much more");
	unlink(path);
	TAP_OK(rmdir(folder) == 0, "nothing else stays beside it");
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		test_close(&cases[i]);
	test_faults();
	test_told();
	test_metrics();
	return tap_end();
}
