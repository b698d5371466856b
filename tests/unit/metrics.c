/* The metrics file: whole at any time, one writer, and never the end of a program. */
#include "base/metrics.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"

#include "child.h"
#include "tap.h"

static char folder[] = "/tmp/metrics.XXXXXX";
static char path[64], lock[72], fresh[72];

static bool is_there(const char *name)
{
	return access(name, F_OK) == 0;
}

static bool holds(const char *wanted)
{
	char text[CHILD_TEXT_MAX];

	child_read(fopen(path, "r"), text);
	return strcmp(text, wanted) == 0;
}

static int run_open(const void *arg)
{
	struct err err;
	struct metrics *m = metrics_open(arg, &err);

	if (!m)
		return diag_err(&err);
	metrics_write(m, span_text("b\n"));
	metrics_write(m, span_text("c\n"));
	metrics_close(m);
	return 0;
}

static void test_file(void)
{
	struct metrics *m;
	struct stat first, second;
	struct child child;
	struct err err;

	m = metrics_open(path, &err);
	TAP_OK(m && !is_there(path), "there is no file before there is something in it");
	metrics_write(m, span_text("one\ntwo\n"));
	TAP_OK(holds("one\ntwo\n"), "it is written");
	stat(path, &first);
	metrics_write(m, span_text("3\n"));
	stat(path, &second);
	TAP_OK(holds("3\n") && first.st_ino != second.st_ino, "and replaced as a whole");
	child_run(&child, run_open, path);
	TAP_OK(child.status == EXIT_USAGE && strstr(child.err, path) && holds("3\n"),
		"a second writer is refused");
	child_run(&child, run_open, "/dev/null");
	stat("/dev/null", &first);
	TAP_OK(child.status == EXIT_USAGE && strstr(child.err, "no regular file") &&
			S_ISCHR(first.st_mode),
		"a device is not replaced");
	child_run(&child, run_open, path);
	TAP_OK(child.status == EXIT_USAGE, "every time");
	metrics_close(m);
	TAP_OK(holds("3\n") && !is_there(lock) && !is_there(fresh), "only the file stays");
	child_run(&child, run_open, path);
	TAP_OK(child.status == 0 && holds("c\n"), "the next writer may");
}

static void test_failure(void)
{
	struct child child;
	char wanted[256];

	child_run(&child, run_open, "no/such/folder/x.prom");
	snprintf(wanted, sizeof wanted, "tradepipe: warning: cannot write metrics to '%s': %s\n",
		"no/such/folder/x.prom", "No such file or directory");
	TAP_OK(child.status == 0 && strcmp(child.err, wanted) == 0,
		"a missing folder is a warning, once");
	unlink(path);
	mkdir(path, 0777);
	child_run(&child, run_open, path);
	TAP_OK(child.status == 0 && strstr(child.err, "warning: cannot write metrics"),
		"so is what cannot be replaced");
	rmdir(path);
	TAP_OK(!is_there(fresh), "which leaves nothing behind");
	unlink(fresh);
}

static void test_sample(void)
{
	struct buf text;

	buf_init(&text, 1024);
	diag_init("name");
	metrics_add(&text, "a_total", "counter", "what it is", UINT64_MAX);
	TAP_OK(span_is_text(buf_span(&text),
		       "# HELP a_total what it is\n# TYPE a_total counter\n"
		       "a_total{program=\"name\"} 18446744073709551615\n"),
		"a sample");
	buf_release(&text);
}

/* What a value of a label becomes. */
static const struct {
	struct span value;
	const char *wanted;
} labels[] = {
	{SPAN("BTC/USD"), "BTC/USD"},
	{SPAN(""), ""},
	{SPAN("a\"b"), "a\\\"b"},
	{SPAN("a\\b"), "a\\\\b"},
	{SPAN("a\nb"), "a\\nb"},
	{SPAN("\\\n\""), "\\\\\\n\\\""},
	{SPAN("\xC3\xA9{},=\t "), "\xC3\xA9{},=\t "},
};

static void test_labels(void)
{
	char wanted[128];
	struct buf text;

	buf_init(&text, 1024);
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		buf_clear(&text);
		metrics_sample(&text, "a", "product", labels[i].value, 7);
		snprintf(wanted, sizeof wanted, "a{program=\"name\",product=\"%s\"} 7\n",
			labels[i].wanted);
		if (!TAP_OK(span_is_text(buf_span(&text), wanted), "a label, %zu", i + 1))
			printf("# %.*s", span_shown(buf_span(&text)), text.data);
	}
	buf_clear(&text);
	metrics_head(&text, "a", "gauge", "what it is");
	metrics_sample(&text, "a", "p", span_text("x"), 0);
	metrics_sample(&text, "a", "p", span_text("y"), UINT64_MAX);
	TAP_OK(span_is_text(buf_span(&text),
		       "# HELP a what it is\n# TYPE a gauge\na{program=\"name\",p=\"x\"} 0\n"
		       "a{program=\"name\",p=\"y\"} 18446744073709551615\n"),
		"several samples behind one head");
	buf_release(&text);
}

/* Whatever the room, there are only whole lines. */
static void test_ceiling(void)
{
	struct buf text;
	bool whole = true;
	size_t room;

	for (room = 0; room < 128; room++) {
		buf_init(&text, room);
		metrics_add(&text, "a", "gauge", "what it is", 1);
		metrics_sample(&text, "a", "p", span_text("\"\n\\"), 2);
		metrics_sample(&text, "b", "p", span_text("y"), 3);
		whole = whole && (text.len == 0 || text.data[text.len - 1] == '\n');
		buf_release(&text);
	}
	TAP_OK(whole, "what does not fit is left out as a whole");
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof path, "%s/x.prom", folder);
	snprintf(lock, sizeof lock, "%s.lock", path);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	test_file();
	test_failure();
	test_sample();
	test_labels();
	test_ceiling();
	TAP_OK(rmdir(folder) == 0, "the folder is empty at the end");
	return tap_end();
}
