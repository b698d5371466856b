#include "base/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/sig.h"
#include "base/stamp.h"

enum {
	DRAW_MS = 200,	  /* between drawings of the bar */
	LINE_MS = 5000,	  /* between lines where there is no terminal */
	SAMPLE_MS = 500,  /* between samples; the oldest one is what the rate counts from */
	SAMPLES = 10,	  /* that are kept: five seconds */
	BAR_MIN = 8,	  /* columns of a bar that says anything */
	BAR_MAX = 40,	  /* and of one that is not for show */
	COLUMNS = 80,	  /* of a terminal that does not tell */
	TEXT_MAX = 4096,  /* bytes of what is shown */
	BEFORE_MAX = 128, /* and of the program's name in it */
	MS_PER_S = 1000,
	S_PER_MINUTE = 60,
	S_PER_HOUR = 3600,
	S_PER_DAY = 86400,
};

const struct opt progress_options[] = {
	{.kind = OPT_FLAG,
		.name = "progress",
		.help = "show progress also where standard error is no terminal",
		.at = offsetof(struct progress_options, progress)},
	{.name = NULL},
};

/* Like the messages, it concerns the one terminal that there is. */
static struct {
	bool active;
	bool terminal;
	struct progress_view view;
	int64_t due_ns;
	uint64_t shown; /* units done when it was shown last */
	struct progress_sample samples[SAMPLES];
	size_t n_samples; /* taken so far; the newest ones are kept */
	struct buf drawn; /* what stands in the terminal */
} progress;

/* What is left out first has the highest number. */
enum detail {
	DETAIL_COUNT,
	DETAIL_LEFT,
	DETAIL_RATE,
	DETAIL_WHOLE,
	DETAIL_BEHIND,
	DETAIL_MORE,
};

struct figures {
	const struct progress_view *view;
	uint64_t part, whole; /* whole 0: unknown */
	int64_t elapsed_ms;
	uint64_t moved, part_moved; /* in that time */
};

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static struct figures figures_of(
	const struct progress_view *view, const struct progress_sample *since, int64_t now_ns)
{
	struct figures f = {.view = view};

	if (view->part && view->whole) {
		f.whole = *view->whole;
		f.part = *view->part < f.whole ? *view->part : f.whole;
		f.part_moved = grown(*view->part, since->part);
	}
	f.elapsed_ms = (now_ns - since->ns) / STAMP_NS_PER_MS;
	f.moved = grown(*view->done, since->done);
	return f;
}

/* value * factor / divisor, roughly where the product is too large; neither of the latter is 0. */
static uint64_t scaled(uint64_t value, uint64_t factor, uint64_t divisor)
{
	return value > UINT64_MAX / factor ? value / divisor * factor : value * factor / divisor;
}

/* 1,234,567 */
void progress_add_number(struct buf *to, uint64_t value)
{
	if (value < 1000) {
		buf_add_u64(to, value);
		return;
	}
	progress_add_number(to, value / 1000);
	buf_printf(to, ",%03u", (unsigned)(value % 1000));
}

/* What is below ten shows a tenth. */
static void add_tenths(struct buf *to, uint64_t tenths)
{
	if (tenths < 100)
		buf_printf(to, "%u.%u", (unsigned)tenths / 10, (unsigned)tenths % 10);
	else
		progress_add_number(to, tenths / 10);
}

void progress_add_duration(struct buf *to, uint64_t ms)
{
	unsigned long long s = ms / MS_PER_S;

	if (s < S_PER_MINUTE) {
		add_tenths(to, ms / (MS_PER_S / 10));
		buf_add_text(to, " s");
	} else if (s < S_PER_HOUR) {
		buf_printf(to, "%llu m %llu s", s / S_PER_MINUTE, s % S_PER_MINUTE);
	} else if (s < S_PER_DAY) {
		buf_printf(to, "%llu h %llu m", s / S_PER_HOUR, s % S_PER_HOUR / S_PER_MINUTE);
	} else {
		buf_printf(to, "%llu d %llu h", s / S_PER_DAY, s % S_PER_DAY / S_PER_HOUR);
	}
}

static void add_more(struct buf *to, const struct progress_view *view)
{
	size_t before = to->len, begin;

	buf_add_text(to, ", ");
	begin = to->len;
	view->more(to, view->arg);
	if (to->len == begin)
		to->len = before;
}

static void add_figures(struct buf *to, const struct figures *f, enum detail detail)
{
	const struct progress_view *view = f->view;
	uint64_t elapsed_ms = (uint64_t)f->elapsed_ms;
	bool timed = f->elapsed_ms > 0;

	progress_add_number(to, *view->done);
	if (f->whole && view->part == view->done && detail >= DETAIL_WHOLE) {
		buf_add_text(to, " of ");
		progress_add_number(to, f->whole);
	}
	buf_printf(to, " %s", view->unit);
	if (timed && detail >= DETAIL_RATE) {
		buf_add_text(to, ", ");
		add_tenths(to, scaled(f->moved, UINT64_C(10) * MS_PER_S, elapsed_ms));
		buf_add_text(to, "/s");
	}
	if (view->behind && detail >= DETAIL_BEHIND) {
		buf_add_text(to, ", ");
		progress_add_number(to, *view->behind);
		buf_add_text(to, " in flight");
	}
	if (view->more && detail >= DETAIL_MORE)
		add_more(to, view);
	if (timed && f->part_moved && f->part < f->whole && detail >= DETAIL_LEFT) {
		buf_add_text(to, ", ");
		progress_add_duration(to, scaled(f->whole - f->part, elapsed_ms, f->part_moved));
		buf_add_text(to, " left");
	}
}

static void add_bar(struct buf *to, const struct figures *f, size_t columns)
{
	size_t full;

	if (columns == 0) {
		buf_add_text(to, ", ");
		return;
	}
	full = (size_t)scaled(f->part, columns, f->whole);
	buf_add_text(to, " |");
	for (size_t i = 0; i < columns; i++)
		buf_add_text(to, i < full ? "#" : " ");
	buf_add_text(to, "| ");
}

static void add_line(
	struct buf *to, const char *before, const struct figures *f, enum detail detail, size_t bar)
{
	buf_clear(to);
	buf_add_text(to, before);
	if (f->whole) {
		buf_add_u64(to, scaled(f->part, 100, f->whole));
		buf_add_text(to, "%");
		add_bar(to, f, bar);
	}
	add_figures(to, f, detail);
}

/* Leaves out as little as it must. */
static bool fit(
	struct buf *to, const char *before, const struct figures *f, size_t columns, size_t bar)
{
	for (int detail = DETAIL_MORE; detail >= DETAIL_COUNT; detail--) {
		add_line(to, before, f, (enum detail)detail, bar);
		if (to->len >= columns)
			continue;
		if (bar) {
			bar += columns - 1 - to->len;
			add_line(to, before, f, (enum detail)detail, bar < BAR_MAX ? bar : BAR_MAX);
		}
		return true;
	}
	return false;
}

void progress_compose(struct buf *to, const char *before, const struct progress_view *view,
	const struct progress_sample *since, int64_t now_ns, size_t columns)
{
	struct figures f = figures_of(view, since, now_ns);

	if (columns == 0)
		add_line(to, before, &f, DETAIL_MORE, 0);
	else if (!fit(to, before, &f, columns, f.whole ? BAR_MIN : 0) &&
		!fit(to, before, &f, columns, 0))
		to->len = columns - 1;
}

/* Nobody can be told that standard error is gone. */
static void put(struct span bytes)
{
	(void)!write(STDERR_FILENO, bytes.p, bytes.n);
}

/* Back to the first column, and all that stands there erased. */
static void wipe(void)
{
	if (progress.drawn.len)
		put(span_text("\r\033[K"));
}

static void draw(void)
{
	if (progress.drawn.len)
		put(buf_span(&progress.drawn));
}

static size_t terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : COLUMNS;
}

static const struct progress_sample *oldest_sample(void)
{
	return &progress.samples[progress.n_samples <= SAMPLES ? 0 : progress.n_samples % SAMPLES];
}

static const struct progress_sample *newest_sample(void)
{
	return &progress.samples[(progress.n_samples - 1) % SAMPLES];
}

static void take_sample(int64_t now_ns)
{
	const struct progress_view *view = &progress.view;

	progress.samples[progress.n_samples++ % SAMPLES] = (struct progress_sample){
		.ns = now_ns, .done = *view->done, .part = view->part ? *view->part : 0};
}

static void show_bar(int64_t now_ns)
{
	char before[BEFORE_MAX];
	struct buf text;

	buf_init(&text, TEXT_MAX);
	snprintf(before, sizeof before, "%s: ", diag_program());
	progress_compose(
		&text, before, &progress.view, oldest_sample(), now_ns, terminal_columns());
	buf_clear(&progress.drawn);
	buf_add_text(&progress.drawn, "\r");
	buf_add(&progress.drawn, buf_span(&text));
	buf_add_text(&progress.drawn, "\033[K");
	buf_release(&text);
	draw();
}

static void show_line(int64_t now_ns)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	progress_compose(&text, "progress: ", &progress.view, oldest_sample(), now_ns, 0);
	buf_add(&text, span_make("", 1));
	diag_shown("progress", text.data);
	buf_release(&text);
}

static void fall_due(int64_t now_ns)
{
	progress.due_ns = now_ns + (progress.terminal ? DRAW_MS : LINE_MS) * STAMP_NS_PER_MS;
	progress.shown = *progress.view.done;
}

void progress_begin(
	const struct progress_options *options, bool quiet, const struct progress_view *view)
{
	int64_t now_ns = stamp_monotonic();

	progress.terminal = isatty(STDERR_FILENO) && !diag_is_json();
	progress.active = !quiet && (progress.terminal || options->progress);
	if (!progress.active)
		return;
	progress.view = *view;
	progress.n_samples = 0;
	take_sample(now_ns);
	fall_due(now_ns);
	buf_init(&progress.drawn, TEXT_MAX);
	if (progress.terminal)
		diag_set_curtain(wipe, draw);
	sig_beat();
}

void progress_step_at(int64_t now_ns)
{
	if (!progress.active)
		return;
	if (now_ns - newest_sample()->ns >= SAMPLE_MS * STAMP_NS_PER_MS)
		take_sample(now_ns);
	if (now_ns < progress.due_ns || *progress.view.done == progress.shown)
		return;
	fall_due(now_ns);
	if (progress.terminal)
		show_bar(now_ns);
	else
		show_line(now_ns);
}

void progress_step(void)
{
	if (progress.active)
		progress_step_at(stamp_monotonic());
}

void progress_end(void)
{
	if (!progress.active)
		return;
	wipe();
	diag_set_curtain(NULL, NULL);
	buf_release(&progress.drawn);
	progress.active = false;
}
