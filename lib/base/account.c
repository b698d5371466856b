#include "base/account.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/num.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"

enum {
	SUPERVISOR_MS = 1000,		/* between accounts for TRADEPIPE_ACCOUNT_FD */
	FINAL_WAIT_MS = 1000,		/* for a supervisor that is slow to read, at the end */
	METRICS_MS = 5000,		/* between versions of the metrics file */
	TEXT_MAX = 64 * 1024,		/* bytes of an account as text or JSON */
	METRICS_MAX = 16 * 1024 * 1024, /* bytes of the metrics file */
	NAME_MAX_BYTES = 128,		/* of a metric's name */
};

struct account {
	const struct account_row *rows;
	size_t n;
	struct metrics *metrics;
	void (*more)(void *arg, struct buf *text); /* or NULL */
	void *more_arg;
	int supervisor; /* a descriptor, or -1 */
	int64_t supervisor_due, metrics_due;
};

static uint64_t sum(const struct account *a, bool in)
{
	uint64_t total = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct account_row *row = &a->rows[i];
		bool is_in = row->role == ACCOUNT_IN;
		bool is_fate = row->role == ACCOUNT_FATE || row->role == ACCOUNT_WAITING ||
			(row->role == ACCOUNT_LOSS && !row->outside);
		if (in ? is_in : is_fate)
			total += *row->value;
	}
	return total;
}

/* What came in and has no fate yet. */
static uint64_t pending(const struct account *a)
{
	uint64_t in = sum(a, true), out = sum(a, false);
	return in > out ? in - out : 0;
}

static bool is_loss(enum account_role role)
{
	return role == ACCOUNT_LOSS || role == ACCOUNT_WANT;
}

static bool is_gauge(enum account_role role)
{
	return role == ACCOUNT_GAUGE || role == ACCOUNT_WAITING || role == ACCOUNT_WANT;
}

static bool is_shown(const struct account_row *row)
{
	if (row->role == ACCOUNT_GAUGE || row->role == ACCOUNT_COUNTER)
		return false;
	return *row->value || !(row->rare || row->role == ACCOUNT_MEMO);
}

/* How counts are spelled: for people, and as the members of a JSON object. */
struct form {
	const char *before_name, *behind_name, *between;
};

static const struct form text_form = {"", "=", " "};
static const struct form json_form = {"\"", "\":", ","};

static void add_count(struct buf *to, const struct form *form, const char *between,
	const char *name, uint64_t value)
{
	buf_printf(to, "%s%s%s%s", between, form->before_name, name, form->behind_name);
	buf_add_u64(to, value);
}

static void add_counts(struct buf *to, const struct account *a, bool final, const struct form *form)
{
	const char *between = "";

	for (size_t i = 0; i < a->n; i++) {
		if (!is_shown(&a->rows[i]))
			continue;
		add_count(to, form, between, a->rows[i].name, *a->rows[i].value);
		between = form->between;
	}
	if (!final && pending(a))
		add_count(to, form, between, "pending", pending(a));
}

static void add_json(struct buf *to, const struct account *a, bool final)
{
	buf_add_text(to, "{");
	add_counts(to, a, final, &json_form);
	buf_add_text(to, "}");
}

static void show(const struct account *a, bool final)
{
	struct buf text, json;

	buf_init(&text, TEXT_MAX);
	buf_init(&json, TEXT_MAX);
	buf_add_text(&text, "account: ");
	add_counts(&text, a, final, &text_form);
	buf_add(&text, span_make("", 1));
	add_json(&json, a, final);
	buf_add(&json, span_make("", 1));
	diag_account(text.data, json.data);
	buf_release(&json);
	buf_release(&text);
}

/* A supervisor that does not listen any more is its own affair: it must not hold up the work. A
 * pipe that poll() calls writable takes a line as a whole. */
static void tell_supervisor(const struct account *a, bool final)
{
	struct pollfd polled = {.fd = a->supervisor, .events = POLLOUT};
	struct buf line;

	if (a->supervisor < 0 || poll(&polled, 1, final ? FINAL_WAIT_MS : 0) <= 0)
		return;
	buf_init(&line, TEXT_MAX);
	buf_printf(&line, "{\"program\":\"%s\",\"final\":%s,\"account\":", diag_program(),
		final ? "true" : "false");
	add_json(&line, a, final);
	buf_add_text(&line, "}\n");
	(void)file_write(a->supervisor, buf_span(&line));
	buf_release(&line);
}

static void write_metrics(const struct account *a)
{
	struct buf text;
	char name[NAME_MAX_BYTES];

	if (!a->metrics)
		return;
	buf_init(&text, METRICS_MAX);
	for (size_t i = 0; i < a->n; i++) {
		bool gauge = is_gauge(a->rows[i].role);
		snprintf(name, sizeof name, "tradepipe_%s%s", a->rows[i].name,
			gauge ? "" : "_total");
		metrics_add(&text, name, gauge ? "gauge" : "counter", a->rows[i].help,
			*a->rows[i].value);
	}
	if (a->more)
		a->more(a->more_arg, &text);
	metrics_write(a->metrics, buf_span(&text));
	buf_release(&text);
}

static void on_duty(void *arg)
{
	struct account *a = arg;
	int64_t now = stamp_monotonic();

	if (sig_account_asked())
		show(a, false);
	if (now >= a->supervisor_due) {
		a->supervisor_due = now + SUPERVISOR_MS * STAMP_NS_PER_MS;
		tell_supervisor(a, false);
	}
	if (now >= a->metrics_due) {
		a->metrics_due = now + METRICS_MS * STAMP_NS_PER_MS;
		write_metrics(a);
	}
}

static int supervisor_descriptor(void)
{
	const char *text = getenv("TRADEPIPE_ACCOUNT_FD");
	uint64_t fd;

	if (!text || num_u64(span_text(text), &fd) < 0 || fd > INT16_MAX)
		return -1;
	return (int)fd;
}

struct account *account_open(
	const struct account_row *rows, size_t n, const char *metrics_path, struct err *err)
{
	struct account *a = mem_alloc(1, sizeof *a);

	a->rows = rows;
	a->n = n;
	a->supervisor = supervisor_descriptor();
	if (metrics_path && !(a->metrics = metrics_open(metrics_path, err))) {
		free(a);
		return NULL;
	}
	wait_set_duty(on_duty, a);
	if (a->metrics || a->supervisor >= 0)
		sig_beat();
	return a;
}

void account_set_more(struct account *a, void (*more)(void *arg, struct buf *text), void *arg)
{
	a->more = more;
	a->more_arg = arg;
}

static bool has_loss(const struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (is_loss(a->rows[i].role) && *a->rows[i].value)
			return true;
	return false;
}

/* Whether people are told at the end. A run that never began has no account to give. */
static bool is_told(const struct account *a, int code, bool quiet)
{
	if (code == PROG_BROKEN_PIPE || (quiet && code == EXIT_DONE))
		return false;
	return code != EXIT_USAGE || sum(a, true) > 0;
}

int account_close(struct account *a, int code, bool quiet)
{
	if (code == EXIT_DONE && has_loss(a))
		code = EXIT_PARTIAL;
	if (sum(a, true) != sum(a, false)) {
		diag_error("the account does not add up: this is a fault of the program");
		code = EXIT_FAILED;
	}
	if (is_told(a, code, quiet))
		show(a, true);
	tell_supervisor(a, true);
	write_metrics(a);
	wait_set_duty(NULL, NULL);
	if (a->metrics)
		metrics_close(a->metrics);
	free(a);
	return code;
}
