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
#include "tap.h"

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S) /* 2026-01-01 */
#define DAY (24 * 3600 * S)
#define NOW (T0 + 100 * DAY)

#define AT(time) "\"timestamp\":\"2026-01-01T00:00:" time ".000000Z\""
#define NATIVE(product, time)                                                                      \
	"{\"symbol\":\"" product "\",\"side\":\"buy\",\"price\":83320.60,"                         \
	"\"qty\":0.00034127,\"ord_type\":\"limit\"," AT(time)
#define KRAKEN(product, id, time)                                                                  \
	"{\"symbol\":\"" product "\",\"side\":\"buy\",\"price\":83320.60,\"qty\":0.00034127,"      \
	"\"ord_type\":\"limit\",\"trade_id\":" id "," AT(time) "}\n"
#define OLD(product, time) NATIVE(product, time) "}\n"
#define TRADE(product, id, time, exchange)                                                         \
	"{\"product_id\":\"" product                                                               \
	"\",\"price\":1,\"quantity\":2," AT(time) ",\"timestamp_ms\":"                             \
						  "17672256" time "000,\"trade_id\":" id           \
						  ",\"side\":\"buy\",\"exchange\":\"" exchange     \
						  "\"}\n"
#define LEAST(product, id, time)                                                                   \
	"{\"product_id\":\"" product "\"," AT(time) ",\"trade_id\":" id "}\n"
#define LEAST_OF(product, id, time, exchange)                                                      \
	"{\"product_id\":\"" product "\"," AT(time) ",\"trade_id\":" id                            \
						    ",\"exchange\":\"" exchange "\"}\n"
#define BINANCE(symbol, market, id, time)                                                          \
	"{\"s\":\"" symbol "\"," market "\"a\":" id ",\"p\":\"1.5\",\"q\":\"2\",\"f\":1,\"l\":1,"  \
	"\"T\":17672256" time "000,\"m\":true,\"M\":true}\n"
#define VOID(symbol, id, time)                                                                     \
	"{\"s\":\"" symbol "\",\"a\":" id ",\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1,"            \
	"\"T\":17672256" time "000,\"m\":true,\"M\":true}\n"
#define UM "\"market\":\"um\","

static const struct row {
	const char *name;
	struct range_options options;
	const char *exchange;	     /* NULL: kraken */
	const char *products;	     /* one letter each; NULL: "A" */
	const char *resume, *output; /* what is in these files; NULL: there is none */
	const char *wanted;	     /* of each product, or the fault */
	const char *said;	     /* on standard error */
} rows[] = {
	{"since", {.since = "2026-01-02"}, .wanted = "A 86400..8640000\n"},
	{"since and until", {.since = "1767225601", .until = "2026-01-01T00:00:02.5Z"},
		.products = "AB", .wanted = "A 1..2.5\nB 1..2.5\n"},
	{"now", {.since = "now"}, .wanted = "A 8640000..8640000\n"},
	{"an end to come", {.since = "now", .until = "2027-01-01"},
		.wanted = "A 8640000..31536000\n"},
	{"all there is", {.since = "1970-01-01"}, .wanted = "A -1767225600..8640000\n"},
	{"last days", {.last_days = 7}, .wanted = "A 8035200..8640000\n"},
	{"last days up to a day", {.last_days = 7, .until = "2026-04-06"},
		.wanted = "A 8035200..8208000\n"},
	{"more days than there were", {.last_days = 36500}, .wanted = "A -1767225600..8640000\n"},

	{"ids", {.ids = "109583100-109583200"}, .products = "AB",
		.wanted = "A ids 109583100-109583200\nB ids 109583100-109583200\n"},
	{"one id", {.ids = "5"}, .wanted = "A ids 5-5\n"},
	{"the highest ids", {.ids = "1-18446744073709551615"},
		.wanted = "A ids 1-18446744073709551615\n"},
	{"id 0 of Binance", {.ids = "0-0"}, .exchange = "binance", .wanted = "A ids 0-0\n"},
	{"ids behind those of the output", {.ids = "8-9"}, .products = "AB",
		.output = KRAKEN("A", "7", "01"), .wanted = "A ids 8-9\nB ids 8-9\n"},
	{"ids that it has gone past", {.ids = "7-9"}, .products = "BA",
		.output = KRAKEN("A", "7", "01") KRAKEN("C", "9", "02"),
		.wanted = "cannot add --ids to 'output': its last record of 'A' has id 7 (write "
			  "them to another file)\n"},
	{"records without ids in it", {.ids = "7"}, .output = OLD("A", "01"),
		.wanted = "A ids 7-7\n"},
	{"id 0 of Kraken", {.ids = "0-5"},
		.wanted = "cannot fetch id 0 of --ids '0-5': they begin at 1\n"},
#define NO_IDS(text)                                                                               \
	{                                                                                          \
		"no ids: " text, {.ids = text},                                                    \
			.wanted = "'" text "' is not FIRST-LAST, as --ids needs\n"                 \
	}
	NO_IDS(""),
	NO_IDS("-"),
	NO_IDS("5-"),
	NO_IDS("-5"),
	NO_IDS("5-6-7"),
	NO_IDS("a-b"),
	NO_IDS("5 - 6"),
	NO_IDS("1-18446744073709551616"),
	NO_IDS("+1"),
	NO_IDS("1.5"),
	{"ids that go down", {.ids = "6-5"},
		.wanted = "'6-5' is not FIRST-LAST, as --ids needs: the first one is above the "
			  "last\n"},

#define EXCLUDE(one, other) "options --" one " and --" other " exclude each other\n"
	{"ids and since", {.ids = "5", .since = "now"}, .wanted = EXCLUDE("ids", "since")},
	{"ids and until", {.ids = "5", .until = "now"}, .wanted = EXCLUDE("ids", "until")},
	{"ids and last-days", {.ids = "5", .last_days = 1}, .wanted = EXCLUDE("ids", "last-days")},
	{"ids and resume", {.ids = "5", .resume = "resume"}, .wanted = EXCLUDE("ids", "resume")},
	{"since and last-days", {.since = "now", .last_days = 1},
		.wanted = EXCLUDE("since", "last-days")},
	{"a bad since", {.since = "2026-02-30"},
		.wanted = "cannot use '2026-02-30' for --since: it is no day between 1970 and "
			  "2262\n"},
	{"a bad until", {.since = "now", .until = "x"},
		.wanted = "cannot use 'x' for --until: it is no date, no time and no number of "
			  "seconds\n"},
	{"the end before the beginning", {.since = "2026-01-02", .until = "2026-01-01"},
		.wanted = "cannot end at '2026-01-01': it is before the beginning\n"},
	{"or before the last days", {.last_days = 1, .until = "2026-01-01"},
		.wanted = "cannot end at '2026-01-01': it is before the beginning\n"},
	{"a beginning to come", {.since = "2027-01-01"},
		.wanted = "cannot begin at '2027-01-01': it is in the future\n"},
	{"nothing that says where to begin", {.until = "now"},
		.wanted = "cannot tell where 'A' begins: one of --since, --last-days, --ids and "
			  "--resume is needed\n"},
	{"a product twice", {.since = "now"}, .products = "ABA",
		.wanted = "'A' is asked for twice\n"},

	{"a native record", {.resume = "resume"}, .resume = KRAKEN("A", "7", "01"),
		.wanted = "A behind 7 at 1\n"},
	{"a Trade record", {.resume = "resume"}, .resume = TRADE("A", "7", "01", "kraken"),
		.wanted = "A behind 7 at 1\n"},
	{"the least", {.resume = "resume"}, .resume = LEAST("A", "7", "01"),
		.wanted = "A behind 7 at 1\n"},
	{"one with an exchange", {.resume = "resume"}, .resume = LEAST_OF("A", "7", "01", "kraken"),
		.wanted = "A behind 7 at 1\n"},
	{"without an id", {.resume = "resume"},
		.resume = "{\"product_id\":\"A\"," AT("01") ",\"trade_id\":null}\n",
		.wanted = "A behind 1 of 1\n"},
	{"milliseconds alone", {.resume = "resume"},
		.resume =
			"{\"product_id\":\"A\",\"timestamp_ms\":1767225601000,\"trade_id\":\"7\"}\n",
		.wanted = "A behind 7 at 1\n"},
	{"names that are escaped", {.resume = "resume"},
		.resume = LEAST("\\u0041", "7", "01") KRAKEN("\\u0042", "8", "02"),
		.products = "AB", .wanted = "A behind 7 at 1\nB behind 8 at 2\n"},
	{"the highest id, wherever it is", {.resume = "resume"},
		.resume = KRAKEN("A", "7", "01") LEAST("A", "10", "03")
			TRADE("A", "9", "05", "kraken"),
		.wanted = "A behind 10 at 3\n"},
	{"an id rather than none", {.resume = "resume"},
		.resume = KRAKEN("A", "7", "01") OLD("A", "02"), .wanted = "A behind 7 at 1\n"},
	{"without ids the last ones", {.resume = "resume"},
		.resume = OLD("A", "05") OLD("A", "02") OLD("B", "02") OLD("A", "02"),
		.wanted = "A behind 2 of 2\n"},
	{"several products", {.resume = "resume"}, .products = "ABC",
		.resume = KRAKEN("C", "1", "01") KRAKEN("A", "7", "02") KRAKEN("B", "5", "03")
			KRAKEN("D", "9", "04") KRAKEN("A", "8", "05"),
		.wanted = "A behind 8 at 5\nB behind 5 at 3\nC behind 1 at 1\n"},
	{"the end counts with a cursor", {.resume = "resume", .until = "2026-01-05"},
		.resume = KRAKEN("A", "7", "01"), .wanted = "A behind 7 at 1\n"},
	{"CRLF and blank lines", {.resume = "resume"},
		.resume = "\r\n\n{\"product_id\":\"A\"," AT("01") ",\"trade_id\":7}\r\n\r\n",
		.wanted = "A behind 7 at 1\n"},
	{"records of others are passed over", {.resume = "resume"},
		.resume = LEAST_OF("A", "7", "01", "kraken") LEAST_OF("A", "9", "03", "binance")
			BINANCE("A", "", "8", "02"),
		.wanted = "A behind 7 at 1\n"},
	{"a market's own", {.resume = "resume"}, .exchange = "binance-um",
		.resume = BINANCE("A", UM, "7", "01") LEAST_OF("A", "9", "03", "binance"),
		.wanted = "A behind 7 at 1\n"},
	{"another market's", {.resume = "resume"}, .exchange = "binance",
		.resume = BINANCE("A", "", "7", "01") BINANCE("A", UM, "9", "03"),
		.wanted = "A behind 7 at 1\n"},
	{"a void record", {.resume = "resume"}, .exchange = "binance",
		.resume = BINANCE("A", "", "7", "01") VOID("A", "8", "02"),
		.wanted = "A behind 8 at 2\n"},
	{"id 0 is one of Binance's", {.resume = "resume"}, .exchange = "binance",
		.resume = LEAST("A", "0", "01"), .wanted = "A behind 0 at 1\n"},

	{"a product that is not named", {.resume = "resume"}, .products = "AB",
		.resume = LEAST("A", "7", "01"),
		.wanted = "cannot resume 'B': 'resume' has no record of it (--since says where "
			  "such products begin)\n"},
	{"begins where since says", {.resume = "resume", .since = "2026-01-02"}, .products = "AB",
		.resume = LEAST("A", "7", "01"), .wanted = "A behind 7 at 1\nB 86400..8640000\n"},
	{"or last-days", {.resume = "resume", .last_days = 7}, .products = "BA",
		.resume = LEAST("A", "7", "01"), .wanted = "B 8035200..8640000\nA behind 7 at 1\n"},
	{"an empty cursor", {.resume = "resume"}, .resume = "",
		.wanted = "cannot resume 'A': 'resume' has no record of it (--since says where "
			  "such products begin)\n"},
	{"a cursor that is not there", {.resume = "resume", .since = "now"},
		.wanted = "cannot read 'resume': No such file or directory\n"},
	{"a folder", {.resume = ".", .since = "now"},
		.wanted = "cannot read '.': Is a directory\n"},
	{"a torn last line", {.resume = "resume"},
		.resume =
			LEAST("A", "7", "01") "{\"product_id\":\"A\"," AT("01") ",\"trade_id\":8}",
		.wanted = "A behind 7 at 1\n",
		.said = "t: warning: passed over the torn last line of 'resume': 73 bytes\n"},
	{"and nothing else", {.resume = "resume"}, .resume = "{\"prod",
		.wanted = "cannot resume 'A': 'resume' has no record of it (--since says where "
			  "such products begin)\n",
		.said = "t: warning: passed over the torn last line of 'resume': 6 bytes\n"},
#define BAD(line, why) "cannot resume from 'resume': line " line ": " why "\n"
	{"what is no JSON", {.resume = "resume"}, .resume = LEAST("A", "7", "01") "\nnothing\n",
		.wanted = BAD("3", "not JSON: neither a value nor a word it knows")},
	{"what is no record", {.resume = "resume"}, .resume = "{\"x\":1}\n",
		.wanted = BAD("1", "neither a trade nor a message that is known")},
	{"no time", {.resume = "resume"}, .resume = "{\"product_id\":\"A\",\"trade_id\":1}\n",
		.wanted = BAD("1", "timestamp is missing")},
	{"no product", {.resume = "resume"}, .resume = "{" AT("01") ",\"trade_id\":1}\n",
		.wanted = BAD("1", "neither a trade nor a message that is known")},
	{"an id that is none", {.resume = "resume"}, .resume = LEAST("A", "1.5", "01"),
		.wanted = BAD("1", "trade_id is not an integer from 0 to 18446744073709551615")},
	{"an id of 0", {.resume = "resume"}, .resume = LEAST("A", "0", "01"),
		.wanted = BAD("1", "trade_id is 0")},
	{"a part of a native record", {.resume = "resume"},
		.resume = NATIVE("A", "01") ",\"qty\":0}\n",
		.wanted = BAD("1", "qty is not above zero")},

	{"our own output", {.since = NULL}, .output = KRAKEN("A", "7", "01") KRAKEN("A", "8", "02"),
		.wanted = "A behind 8 at 2\n"},
	{"rather than since", {.last_days = 7}, .products = "AB",
		.output = KRAKEN("A", "7", "01") KRAKEN("A", "8", "02"),
		.wanted = "A behind 8 at 2\nB 8035200..8640000\n"},
	{"products by turns", {.since = NULL}, .products = "ABC",
		.output = KRAKEN("C", "3", "01") KRAKEN("A", "7", "02") KRAKEN("B", "5", "03")
			KRAKEN("A", "8", "04") KRAKEN("B", "6", "05") KRAKEN("B", "7", "06"),
		.wanted = "A behind 8 at 4\nB behind 7 at 6\nC behind 3 at 1\n"},
	{"without ids", {.since = NULL}, .products = "AB",
		.output = OLD("A", "01") OLD("B", "02") OLD("A", "02") OLD("A", "02") OLD("B", "02")
			OLD("A", "02"),
		.wanted = "A behind 3 of 2\nB behind 2 of 2\n"},
	{"an output that is torn", {.since = NULL},
		.output = KRAKEN("A", "7", "01") NATIVE("A", "02") "}",
		.wanted = "A behind 7 at 1\n"},
	{"nothing but a torn line", {.since = "2026-01-02"}, .output = NATIVE("A", "02") "}",
		.wanted = "A 86400..8640000\n"},
	{"an empty one", {.since = "2026-01-02"}, .output = "", .wanted = "A 86400..8640000\n"},
	{"CRLF and blank lines at its end", {.since = NULL},
		.output = "\n{\"product_id\":\"A\"," AT("01") ",\"trade_id\":7}\r\n\r\n\n",
		.wanted = "A behind 7 at 1\n"},
	{"one that lacks the product", {.since = NULL}, .products = "AB",
		.output = KRAKEN("A", "7", "01"),
		.wanted = "cannot tell where 'B' begins: one of --since, --last-days, --ids and "
			  "--resume is needed\n"},
	{"a void record at its end", {.since = NULL}, .exchange = "binance",
		.output = BINANCE("A", "", "7", "01") VOID("A", "8", "02"),
		.wanted = "A behind 8 at 2\n"},
	{"a line of another kind", {.since = "now"}, .output = KRAKEN("B", "7", "01") "{}\n",
		.wanted = "cannot resume from 'output': the line at byte 136: neither a trade nor "
			  "a message that is known\n"},
	{"at its beginning", {.since = "now"}, .output = "{}\n" KRAKEN("B", "7", "01"),
		.wanted = "cannot resume from 'output': the line at byte 0: neither a trade nor a "
			  "message that is known\n"},
	{"behind which nothing is looked at", {.since = "now"},
		.output = "{}\n" KRAKEN("A", "7", "01"), .wanted = "A behind 7 at 1\n"},

	{"the output is further on", {.resume = "resume"}, .resume = LEAST("A", "7", "01"),
		.output = KRAKEN("A", "9", "03"), .wanted = "A behind 9 at 3\n"},
	{"the cursor is", {.resume = "resume"}, .resume = LEAST("A", "10", "04"),
		.output = KRAKEN("A", "9", "03"), .wanted = "A behind 10 at 4\n"},
	{"each has one product", {.resume = "resume"}, .products = "AB",
		.resume = LEAST("A", "7", "01"), .output = KRAKEN("B", "9", "03"),
		.wanted = "A behind 7 at 1\nB behind 9 at 3\n"},
	{"without ids the time tells", {.resume = "resume"}, .products = "AB",
		.resume = OLD("A", "01") OLD("A", "01") OLD("B", "05"),
		.output = OLD("A", "01") OLD("B", "04"),
		.wanted = "A behind 2 of 1\nB behind 1 of 5\n"},
};

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
