/* Refused records: reported, counted on by nobody else, and kept where that is asked for. */
#include "base/reject.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"

#include "child.h"
#include "tap.h"

static char path[] = "/tmp/reject.XXXXXX";

static const struct {
	struct span record;
	const char *what;
	uint64_t line;
	size_t index;
	const char *report;
	const char *before, *after; /* what stands in the file around the time */
} cases[] = {
	{SPAN("{\"a\":1}"), "", 7, 0, "line 7: bad", "{\"reason\":\"bad\",\"line\":7,\"time\":\"",
		"\",\"record\":\"{\\\"a\\\":1}\"}\n"},
	{SPAN("x"), "in.json", 7, 3, "in.json: line 7, trade 3: bad",
		"{\"reason\":\"bad\",\"line\":7,\"index\":3,\"time\":\"", "\",\"record\":\"x\"}\n"},
	{SPAN("a\0\n\033"), "in.json", 0, 0, "in.json: bad", "{\"reason\":\"bad\",\"time\":\"",
		"\",\"record\":\"a\\u0000\\n\\u001b\"}\n"},
	{SPAN("\xff\xfe\xfd"), "", UINT64_MAX, 0, "line 18446744073709551615: bad",
		"{\"reason\":\"bad\",\"line\":18446744073709551615,\"time\":\"",
		"\",\"record_base64\":\"//79\"}\n"},
	{SPAN(""), "", 1, 0, "line 1: bad", "{\"reason\":\"bad\",\"line\":1,\"time\":\"",
		"\",\"record\":\"\"}\n"},
};
enum { CASES = sizeof cases / sizeof *cases };

static int run_policy(const void *arg)
{
	struct err err;
	struct reject *r = reject_open(arg, &err);

	diag_init("name");
	if (!r)
		return diag_err(&err);
	for (size_t i = 0; i < CASES; i++)
		if (reject_record(r, cases[i].record, cases[i].what, cases[i].line, cases[i].index,
			    "bad") < 0)
			return reject_close(r, 90 + (int)i);
	return reject_flush(r) < 0 ? 99 : reject_close(r, EXIT_PARTIAL);
}

static bool is_entry(const char *entry, size_t i)
{
	size_t stamp = strlen("2026-09-30T01:34:50.331350Z"), before = strlen(cases[i].before);

	return strncmp(entry, cases[i].before, before) == 0 && entry[before + 10] == 'T' &&
		entry[before + stamp - 1] == 'Z' &&
		strncmp(entry + before + stamp, cases[i].after, strlen(cases[i].after)) == 0;
}

static void test_reports(const char *text)
{
	char wanted[128];

	for (size_t i = 0; i < CASES; i++) {
		const char *end = strchr(text, '\n');
		snprintf(wanted, sizeof wanted, "name: warning: %s\n", cases[i].report);
		TAP_OK(strncmp(text, wanted, strlen(wanted)) == 0, "%s", cases[i].report);
		text = end ? end + 1 : text;
	}
}

static void test_file(void)
{
	char text[CHILD_TEXT_MAX], *entry = text;
	struct child child;

	child_run(&child, run_policy, path);
	TAP_OK(child.status == EXIT_PARTIAL, "a file takes them");
	test_reports(child.err);
	child_run(&child, run_policy, path);
	child_read(fopen(path, "r"), text);
	for (size_t i = 0; i < 2 * CASES; i++) {
		char *end = strchr(entry, '\n');
		TAP_OK(is_entry(entry, i % CASES), "entry %zu of the file", i + 1);
		entry = end ? end + 1 : entry;
	}
	TAP_OK(!*entry, "there are no others: the second run appended");
}

static void test_entries(void)
{
	struct buf entry;

	for (size_t i = 0; i < CASES; i++) {
		buf_init(&entry, 1024);
		buf_add_text(&entry, "before");
		int result =
			reject_entry(&entry, cases[i].record, cases[i].line, cases[i].index, "bad");
		size_t n = entry.len;
		TAP_OK(result == 0 && !memchr(entry.data, '\n', n), "entry %zu", i + 1);
		buf_add(&entry, span_make("\n", 2));
		TAP_OK(is_entry(entry.data + strlen("before"), i), "it is that of the file");
		buf_release(&entry);
		buf_init(&entry, n - 1);
		buf_add_text(&entry, "before");
		TAP_OK(reject_entry(&entry, cases[i].record, cases[i].line, cases[i].index, "bad") <
					0 &&
				span_is_text(buf_span(&entry), "before"),
			"nothing is added where it does not fit");
		buf_release(&entry);
	}
}

int main(void)
{
	struct child child;

	test_entries();
	child_run(&child, run_policy, "fail");
	TAP_OK(child.status == 90 && strcmp(child.err, "name: line 7: bad\n") == 0,
		"fail: the first one ends the run");
	child_run(&child, run_policy, "skip");
	TAP_OK(child.status == EXIT_PARTIAL, "skip: the run goes on");
	test_reports(child.err);
	close(mkstemp(path));
	test_file();
	unlink(path);
	child_run(&child, run_policy, "/dev/full");
	TAP_OK(child.status == 99, "a file that takes nothing is a failure when it is flushed");
	child_run(&child, run_policy, "no/such/folder/file");
	TAP_OK(child.status == EXIT_FAILED && strstr(child.err, "'no/such/folder/file'"),
		"a file that cannot be opened is named");
	return tap_end();
}
