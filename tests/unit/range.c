/* What of a history is asked for: by options, by a cursor, by the program's own output. */
#include "market/range.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/sig.h"
#include "child.h"
#include "range_table.h"
#include "tap.h"

static char folder[] = "/tmp/range.XXXXXX";

static void put(const char *name, const char *text)
{
	FILE *file;

	unlink(name);
	if (!text)
		return;
	file = fopen(name, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

/* Moments as seconds from T0, without zeros at the end. */
static void print_seconds(int64_t ns)
{
	int64_t tenths = (ns - T0) / (S / 10);

	printf("%lld", (long long)(tenths / 10));
	if (tenths % 10)
		printf(".%lld", (long long)(tenths % 10));
}

static void print_range(const struct range *r)
{
	printf("%s ", r->product);
	if (r->by_ids) {
		printf("ids %llu-%llu", (unsigned long long)r->first_id,
			(unsigned long long)r->last_id);
	} else if (r->has_cursor && r->cursor_has_id) {
		printf("behind %llu at ", (unsigned long long)r->cursor_id);
		print_seconds(r->cursor_ns);
	} else if (r->has_cursor) {
		printf("behind %llu of ", (unsigned long long)r->cursor_same);
		print_seconds(r->cursor_ns);
	} else {
		print_seconds(r->since_ns);
		printf("..");
		print_seconds(r->until_ns);
	}
	printf("\n");
}

enum { PRODUCTS_MAX = 4 };

static int read_range(const void *arg)
{
	const struct row *row = arg;
	const char *letters = row->products ? row->products : "A";
	const char *exchange = row->exchange ? row->exchange : "kraken";
	char names[PRODUCTS_MAX][2] = {{0}}, *products[PRODUCTS_MAX];
	struct range ranges[PRODUCTS_MAX];
	size_t n = strlen(letters);
	struct err err;

	for (size_t i = 0; i < n; i++) {
		names[i][0] = letters[i];
		products[i] = names[i];
	}
	diag_init("t");
	if (range_read(&row->options, exchange, "output", NOW, products, n, ranges, &err) < 0) {
		printf("%s\n", err.text);
		fflush(stdout);
		return err.code;
	}
	for (size_t i = 0; i < n; i++)
		print_range(&ranges[i]);
	fflush(stdout);
	return 0;
}

static void check(const struct row *row)
{
	bool is_fault = row->wanted[1] != ' '; /* what is read begins with a product */
	struct child child;

	child_run(&child, read_range, row);
	if (!TAP_OK(strcmp(child.out, row->wanted) == 0 &&
			    strcmp(child.err, row->said ? row->said : "") == 0 &&
			    child.status == (is_fault ? EXIT_USAGE : 0),
		    "%s", row->name))
		printf("# %d %s# %s\n", child.status, child.out, child.err);
}

/* From standard input, in pieces. */
static int read_stdin(const void *arg)
{
	const struct row *row = arg;
	const char *text = row->resume ? row->resume : LEAST("A", "7", "01") LEAST("A", "8", "02");
	int ends[2];

	if (pipe(ends) < 0)
		return 9;
	if (fork() == 0) {
		for (const char *p = text; *p; p++)
			if (write(ends[1], p, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	return read_range(arg);
}

static void check_stdin(void)
{
	static const struct row row = {"-", {.resume = "-"}, .wanted = "A behind 8 at 2\n"};
	static const struct row none = {"-", {.resume = "-"}, .products = "B"};
	static const struct row torn = {"-", {.resume = "-", .since = "2026-01-02"},
		.resume = "{\"product_id\":\"A\"," AT("01") "}"};
	static const struct row nothing = {"-", {.resume = "-", .since = "2026-01-02"},
		.resume = "", .wanted = "A 86400..8640000\n"};
	struct child child;

	child_run(&child, read_stdin, &torn);
	TAP_OK(strcmp(child.out, "cannot resume from 'standard input': it is one torn line\n") == 0,
		"a torn line alone is no cursor, and not none either");
	child_run(&child, read_stdin, &nothing);
	TAP_OK(strcmp(child.out, nothing.wanted) == 0, "nothing is none");
	child_run(&child, read_stdin, &row);
	TAP_OK(strcmp(child.out, row.wanted) == 0, "standard input");
	child_run(&child, read_stdin, &none);
	TAP_OK(strstr(child.out, "cannot resume 'B': 'standard input' has no record of it") != NULL,
		"by its name");
}

static int read_stopped(const void *arg)
{
	sig_init(1000);
	raise(SIGTERM);
	return read_range(arg);
}

static void check_stop(void)
{
	static const struct row row = {.options.resume = "-"};
	struct child child;

	child_run(&child, read_stopped, &row);
	TAP_OK(strcmp(child.out, "cannot read 'standard input': Interrupted system call\n") == 0,
		"a stop signal ends it");
}

/* What is no regular file has no end to read from. */
static void check_others(void)
{
	static const struct row row = {"", {.since = "2026-01-02"}, .wanted = "A 86400..8640000\n"};
	struct child child;

	mkfifo("output", 0600);
	child_run(&child, read_range, &row);
	TAP_OK(strcmp(child.out, row.wanted) == 0, "an output that is a pipe");
	unlink("output");
	symlink("/dev/null", "output");
	child_run(&child, read_range, &row);
	TAP_OK(strcmp(child.out, row.wanted) == 0, "an output that is a device");
	unlink("output");
}

/* Files of many blocks: product C at the very beginning, A and B by turns, B not in the last ones. */
static void put_large(const char *name, long n, bool is_torn)
{
	FILE *file = fopen(name, "w");

	if (!file)
		abort();
	fputs(KRAKEN("C", "3", "01") OLD("D", "01") OLD("D", "02"), file);
	for (long i = 1; i <= n; i++) {
		char product = i % 2 && i < n / 2 ? 'B' : 'A';
		fprintf(file, NATIVE("%c", "03") ",\"trade_id\":%ld}\n", product, i);
	}
	for (long i = 0; is_torn && i < 700000; i++)
		fputc('x', file);
	fclose(file);
}

static void check_large(void)
{
	static const struct row row = {"", {.since = NULL}, .products = "ABCD",
		.wanted = "A behind 350000 at 3\nB behind 174999 at 3\nC behind 3 at 1\n"
			  "D behind 1 of 2\n"};
	static const struct row same = {"", {.since = NULL}, .products = "DA",
		.wanted = "D behind 20000 of 5\nA behind 4 at 1\n"};
	struct child child;
	FILE *file;

	for (int torn = 0; torn <= 1; torn++) {
		put_large("output", 350000, torn);
		child_run(&child, read_range, &row);
		TAP_OK(strcmp(child.out, row.wanted) == 0, "an output of 50 MB%s",
			torn ? ", torn over several blocks" : "");
	}
	file = fopen("output", "w");
	fputs(KRAKEN("A", "4", "01"), file);
	for (int i = 0; i < 20000; i++)
		fputs(OLD("D", "05"), file);
	fclose(file);
	child_run(&child, read_range, &same);
	TAP_OK(strcmp(child.out, same.wanted) == 0, "one time over several blocks");
	unlink("output");
}

static void check_long(void)
{
	static const char too_long[] = "it has more than 8388608 bytes\n";
	static const struct row output = {.options.since = NULL};
	static const struct row resume = {.options.resume = "resume"};
	FILE *file = fopen("output", "w");
	struct child child;

	if (!file)
		abort();
	fprintf(file, "%s%9000000s\n", LEAST("A", "4", "01"), "");
	fclose(file);
	child_run(&child, read_range, &output);
	TAP_OK(strstr(child.out, "'output': the line at byte ") && strstr(child.out, too_long),
		"a line that is too long");
	rename("output", "resume");
	child_run(&child, read_range, &resume);
	TAP_OK(strstr(child.out, "'resume': line 2: ") && strstr(child.out, too_long),
		"also on the way from the beginning");
	unlink("resume");
}

int main(void)
{
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put("resume", rows[i].resume);
		put("output", rows[i].output);
		check(&rows[i]);
	}
	put("resume", NULL);
	put("output", NULL);
	check_stdin();
	check_stop();
	check_others();
	check_large();
	check_long();
	rmdir(folder);
	return tap_end();
}
