#include "market/binance_pages.h"

#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "tap.h"
#include "written.h"

#define BEGIN_US INT64_C(1735689600000000)
#define BEGIN_NS (BEGIN_US * 1000)
#define NOW_NS (BEGIN_NS + 3600 * STAMP_NS_PER_S)

/* Trade n happens n milliseconds after the beginning. Steps are "ASKED=ANSWER", one behind the other:
 * what must be asked for, as "t5x1" (startTime of trade 5, one row) or "5x10" (from id 5), and ids
 * "5-9 11", of which "7v" is void, "7m" in milliseconds, "7b" no trade, "7+" an hour late; or "#503",
 * or a body as it is. */
struct sample {
	const char *name;
	int64_t cursor;	      /* the id that is due; -1: the chain has not begun */
	int64_t since, until; /* trades */
	int64_t bound;	      /* -1: none */
	uint64_t page_size;
	const char *steps;
	const char *ids;
	const char *counts; /* read written passed repeated bad lost */
	enum binance_verdict verdict;
};

#define TWICE(step) step "|" step
#define THRICE(step) step "|" step "|" step
#define BAD(id) THRICE(id "x1=" id "b")

static const struct sample samples[] = {
	{"pages", 5, 0, 9, -1, 3, "5x3=5-7|8x3=8-10|11x3=11-13", "5-8 ", "9 4 5 0 0 0", 0},
	{"a short page, and the end", 5, 0, 90, -1, 3, "5x3=5-7|8x3=8|9x3=|9x3=|9x3=", "5-8 ",
		"4 4 0 0 0 0", 0},
	{"a short page that is none", 5, 0, 90, -1, 3,
		"5x3=5|6x3=6-8|9x3=|9x3=9-10|11x3=|11x3=|11x3=", "5-10 ", "6 6 0 0 0 0", 0},
	{"nothing", 5, 0, 90, -1, 3, THRICE("5x3="), "", "0 0 0 0 0 0", 0},
	{"a page behind the end", 5, 0, 4, -1, 3, "5x3=5-7", "", "3 0 3 0 0 0", 0},
	{"one that is short", 5, 0, 4, -1, 3, "5x3=5", "", "1 0 1 0 0 0", 0},
	{"a late one does not end it", 5, 0, 9, -1, 3, "5x3=5 6+ 7|8x3=8-10|11x3=11-13", "5 7-8 ",
		"9 3 6 0 0 0", 0},
	{"rows that come again", 5, 0, 9, -1, 4, "5x4=3-6|7x4=6-9|10x4=10-13", "5-8 ",
		"12 4 5 3 0 0", 0},
	{"rows out of order", 5, 0, 9, -1, 4, "5x4=6 5 8 7|9x4=9-12", "5-8 ", "8 4 4 0 0 0", 0},
	{"a hole that fills", 5, 0, 9, -1, 4, "5x4=5 8-10|6x4=6-9|10x4=10-13", "5-8 ",
		"9 4 5 0 0 0", 0},
	{"a hole that stays", 5, 0, 12, -1, 4, "5x4=5 8-10|" TWICE("6x4=8-11") "|12x4=12-15",
		"5 8-11 ", "9 5 4 0 0 2", 0},
	{"two of them", 5, 0, 12, -1, 4,
		"5x4=6 8 9|5x4=6 8 9|5x4=6 8 9|7x4=8-11|7x4=8-11|12x4=12-15", "6 8-11 ",
		"9 5 4 0 0 2", 0},
	{"void ones", 5, 0, 8, -1, 3, "5x3=5 6v 7|8x3=8-10", "5-7 ", "6 3 3 0 0 0", 0},
	{"a row that is none once", 5, 0, 8, -1, 3, "5x3=5 6b 7|6x3=6-8|9x3=9-11", "5-7 ",
		"7 3 4 0 0 0", 0},
	{"one that stays so", 5, 0, 8, -1, 3, "5x3=5 6b 7|" TWICE("6x3=6b 7 8") "|9x3=9-11", "5 7 ",
		"7 2 4 0 1 1", 0},
	{"one that stays so at a page's end", 5, 0, 8, -1, 3,
		"5x3=5 6 7b|" TWICE("7x3=7b 8b 9b") "|10x3=10", "5-6 ", "6 2 1 0 3 3", 0},
	{"... alone on it", 5, 0, 8, -1, 1, "5x1=5|" THRICE("6x1=6b") "|7x1=7|" THRICE("8x1="),
		"5 7 ", "3 2 0 0 1 1", 0},
	{"nothing but such", 5, 0, 90, -1, 1,
		BAD("5") "|" BAD("6") "|" BAD("7") "|" BAD("8") "|" BAD("9") "|" BAD("10"), "",
		"6 0 0 0 6 6", BINANCE_FAILED},
	{"... before an id", 5, 0, 90, 7, 3, "5x2=5 6b|" TWICE("6x1=6b"), "5 ", "2 1 0 0 1 1", 0},
	{"a late one that is alone on its page", 5, 0, 9, -1, 1,
		"5x1=5|6x1=6+|7x1=7|8x1=8+|9x1=9+|10x1=10", "5 7 ", "6 2 4 0 0 0", 0},
	{"old pages, and then the right one", 5, 0, 9, -1, 3,
		"5x3=2 3|5x3=1-3|5x3=5-7|8x3=8-10|11x3=11", "5-8 ", "12 4 3 5 0 0", 0},
	{"short pages that are none but old", 5, 0, 9, -1, 3, "5x3=3|5x3=3|5x3=3|5x3=3|5x3=3|5x3=3",
		"", "6 0 0 6 0 0", BINANCE_FAILED},
	{"... before an id", 5, 0, 90, 8, 3, "5x3=3|5x3=3|5x3=3|5x3=3|5x3=3|5x3=3", "",
		"6 0 0 6 0 0", BINANCE_FAILED},
	{"the same page again and again", 5, 0, 9, -1, 2,
		"5x2=3 4|5x2=3 4|5x2=3 4|5x2=3 4|5x2=3 4|5x2=3 4", "", "12 0 0 12 0 0",
		BINANCE_FAILED},
	{"milliseconds", 5, 0, 9, -1, 3, "5x3=5m 6m 7m", "", "0 0 0 0 0 0", BINANCE_FAILED},

	{"up to an id", 5, 0, 90, 8, 3, "5x3=5-7", "5-7 ", "3 3 0 0 0 0", 0},
	{"... of which fewer are asked for", 5, 0, 90, 7, 3, "5x2=5-6", "5-6 ", "2 2 0 0 0 0", 0},
	{"... and more come", 5, 0, 90, 7, 3, "5x2=5-9", "5-6 ", "2 2 0 0 0 0", 0},
	{"... which is there", 5, 0, 90, 5, 3, "", "", "0 0 0 0 0 0", 0},
	{"... a short page", 5, 0, 90, 8, 3, "5x3=5|6x2=6-7", "5-7 ", "3 3 0 0 0 0", 0},
	{"... none at all", 5, 0, 90, 8, 3, THRICE("5x3="), "", "0 0 0 0 0 3", 0},
	{"... a hole before it", 5, 0, 90, 8, 3, "5x3=5 6 8|" TWICE("7x1=8"), "5-6 ", "2 2 0 0 0 1",
		0},
	{"... that is wrong", 5, 0, 5000000, 4000000, 3, "5x3=5 6 3600007", "5-6 ", "2 2 0 0 0 0",
		0},

	{"the first one", -1, 5, 9, -1, 3, "t5x1=5|4x1=4|5x3=5-7|8x3=8-10|11x3=11", "5-8 ",
		"7 4 3 0 0 0", 0},
	{"... of all", -1, 5, 7, -1, 3, "t5x1=0+|0x3=0+ 1+ 2+", "", "3 0 3 0 0 0", 0},
	{"... from the beginning", -1, -1, 7, -1, 3, "0x1=3|3x3=3-5|6x3=6-8|9x3=9", "3-6 ",
		"7 4 3 0 0 0", 0},
	{"... that is not", -1, 5, 7, -1, 3, "t5x1=8|7x1=7|t5x1=5|4x1=4|5x3=5-7|8x3=8", "5-6 ",
		"4 2 2 0 0 0", 0},
	{"... behind a hole", -1, 5, 7, -1, 3,
		"t5x1=5|4x1=5|t5x1=5|4x1=5|t5x1=5|4x1=5|5x3=5-7|8x3=8", "5-6 ", "4 2 2 0 0 0", 0},
	{"... behind a row that is none", -1, 5, 7, -1, 3,
		"t5x1=5|4x1=4b|t5x1=5|4x1=4b|t5x1=5|4x1=4b|5x3=5-7|8x3=8", "5-6 ", "4 2 2 0 0 0",
		0},
	{"... none, none, one", -1, 5, 7, -1, 3, "t5x1=|t5x1=|t5x1=5|4x1=4|5x3=5-7|8x3=8", "5-6 ",
		"4 2 2 0 0 0", 0},
	{"... none", -1, 5, 7, -1, 3, THRICE("t5x1="), "", "0 0 0 0 0 0", 0},

	{"a status", 5, 0, 9, -1, 3, "5x3=#503", "", "0 0 0 0 0 0", BINANCE_AGAIN},
	{"an empty body", 5, 0, 9, -1, 3, "5x3=#200", "", "0 0 0 0 0 0", BINANCE_AGAIN},
	{"an object", 5, 0, 9, -1, 3, "5x3={}", "", "0 0 0 0 0 0", BINANCE_AGAIN},
};

static size_t write_row(char *to, int64_t id, char kind)
{
	const char *amounts = kind == 'v' ? "\"p\":\"0\",\"q\":\"0\",\"f\":-1,\"l\":-1"
					  : "\"p\":\"1.50\",\"q\":\"2\",\"f\":3,\"l\":4";
	int64_t us = BEGIN_US + id * 1000 + (kind == '+' ? INT64_C(3600000000) : 0);

	if (kind == 'b')
		return (size_t)snprintf(to, 256, "{\"a\":%" PRId64 "}", id);
	return (size_t)snprintf(to, 256, "{\"a\":%" PRId64 ",%s,\"T\":%" PRId64 ",\"m\":true}", id,
		amounts, kind == 'm' ? us / 1000 : us);
}

/* The body for the answer of a step, which ends at a bar. */
static long answer(const char *step, char *body)
{
	size_t n = 1;
	char *end;

	body[0] = '[';
	if (*step == '#') {
		body[0] = '\0';
		return strtol(step + 1, NULL, 10);
	}
	if (*step == '{') {
		snprintf(body, 1024, "%.*s", (int)strcspn(step, "|"), step);
		return 200;
	}
	while (*step && *step != '|') {
		int64_t first = strtoll(step, &end, 10);
		int64_t last = *end == '-' ? strtoll(end + 1, &end, 10) : first;
		for (; first <= last; first++) {
			n += write_row(body + n, first, *end);
			body[n++] = ',';
		}
		step = end + strspn(end, "vmb+ ");
	}
	snprintf(body + n - (n > 1), 2, "]");
	return 200;
}

/* What a path asks for, as steps have it. */
static void show_asked(const char *path, char to[64])
{
	const char *from = strstr(path, "&fromId="), *start = strstr(path, "&startTime=");
	uint64_t limit = strtoull(strstr(path, "&limit=") + 7, NULL, 10);

	if (from)
		snprintf(to, 64, "%" PRIu64 "x%" PRIu64, (uint64_t)strtoull(from + 8, NULL, 10),
			limit);
	else
		snprintf(to, 64, "t%" PRId64 "x%" PRIu64,
			(int64_t)strtoll(start + 11, NULL, 10) - BEGIN_US / 1000, limit);
}

/* Goes through the steps, beginning with the first trade where that is not known: the verdict on the
 * last one, or -1 where another request was made. */
static int go(struct binance_pages *pages, const char *steps, char asked[64], struct err *err)
{
	static char body[64 * 1024];
	enum binance_verdict verdict = BINANCE_TAKEN;
	bool finds = !pages->chain->begun;
	int64_t now_ns = NOW_NS, wait_ns;
	struct buf path;

	buf_init(&path, 1024);
	while (verdict == BINANCE_TAKEN) {
		enum binance_pages_step step = binance_pages_next(pages, now_ns, &path, &wait_ns);
		long status;
		snprintf(asked, 64, "done");
		if (step == BINANCE_PAGES_DONE && (!finds || !pages->chain->begun))
			break;
		if (step == BINANCE_PAGES_DONE) {
			finds = false;
			binance_pages_fill(pages, UINT64_MAX, INT64_MAX);
			continue;
		}
		now_ns += step == BINANCE_PAGES_WAIT ? wait_ns : 0;
		if (step == BINANCE_PAGES_WAIT)
			continue;
		show_asked(path.data, asked);
		if (strncmp(steps, asked, strlen(asked)) != 0 || steps[strlen(asked)] != '=')
			break;
		status = answer(steps + strlen(asked) + 1, body);
		verdict = binance_pages_take(pages, now_ns, status, span_text(body), &wait_ns, err);
		steps += strcspn(steps, "|");
		steps += *steps == '|';
	}
	buf_release(&path);
	if (verdict == BINANCE_TAKEN && strcmp(asked, "done") != 0)
		return -1;
	return *steps ? -1 : (int)verdict;
}

static size_t show_run(char *to, uint64_t first, uint64_t last)
{
	return (size_t)snprintf(
		to, 64, first == last ? "%" PRIu64 " " : "%" PRIu64 "-%" PRIu64 " ", first, last);
}

static void show_ids(const char *records, char *to)
{
	uint64_t first = 0, last = 0, n = 0;

	*to = '\0';
	for (const char *p = strstr(records, "\"a\":"); p; p = strstr(p + 1, "\"a\":")) {
		uint64_t id = strtoull(p + 4, NULL, 10);
		if (n > 0 && id != last + 1)
			to += show_run(to, first, last);
		if (n++ == 0 || id != last + 1)
			first = id;
		last = id;
	}
	if (n)
		show_run(to, first, last);
}

static void test_sample(const struct sample *sample)
{
	const struct range range = {.product = "BTCUSDT",
		.since_ns = sample->since < 0 ? 0 : BEGIN_NS + sample->since * STAMP_NS_PER_MS,
		.until_ns = BEGIN_NS + sample->until * STAMP_NS_PER_MS};
	struct binance_run run = {.market = BINANCE_SPOT};
	struct err err = {.text = ""};
	struct binance_chain chain;
	struct binance_pages pages;
	struct written written;
	char ids[256], counts[128], asked[64];
	int verdict;

	written_open(&written);
	run.out = written.out;
	binance_chain_init(&chain, &run, &range, NULL);
	if (sample->cursor >= 0) {
		binance_chain_begin(&chain, (uint64_t)sample->cursor, range.since_ns);
		chain.floor = 0;
	}
	binance_pages_init(&pages, &chain, sample->page_size, range.until_ns);
	if (sample->cursor >= 0)
		binance_pages_fill(&pages, sample->bound < 0 ? UINT64_MAX : (uint64_t)sample->bound,
			BEGIN_NS + 3600 * STAMP_NS_PER_S);
	verdict = go(&pages, sample->steps, asked, &err);
	show_ids(written_text(&written), ids);
	snprintf(counts, sizeof counts,
		"%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, run.read,
		run.written, run.passed, run.repeated, run.bad, run.lost);
	TAP_OK(verdict == (int)sample->verdict && strcmp(ids, sample->ids) == 0 &&
			strcmp(counts, sample->counts) == 0,
		"%s: %s(%s) %s %d %s", sample->name, ids, counts, asked, verdict, err.text);
	binance_pages_release(&pages);
	written_close(&written);
}

/* Answers as a whole. */
static void test_answers(void)
{
	static const struct {
		long status;
		const char *body;
		enum binance_verdict verdict;
		enum exit_code code;
		int64_t wait_ms;
		const char *reason;
	} cases[] = {
		{200, "[]", BINANCE_TAKEN, EXIT_DONE, 0, ""},
		{200, "", BINANCE_AGAIN, EXIT_FAILED, 0,
			"the answer is none of Binance's: it is empty"},
		{200, "[", BINANCE_AGAIN, EXIT_FAILED, 0, NULL},
		{200, "<html>", BINANCE_AGAIN, EXIT_FAILED, 0, NULL},
		{200, "{}", BINANCE_AGAIN, EXIT_FAILED, 0,
			"the answer is none of Binance's: it is of another kind"},
		{200, "{\"code\":-1003,\"msg\":\"x\"}", BINANCE_TOO_FAST, EXIT_FAILED, 0,
			"Binance says: x"},
		{400, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}", BINANCE_FAILED, EXIT_USAGE, 0,
			"Binance says: Invalid symbol."},
		{400, "{\"code\":-1130,\"msg\":\"Invalid data.\"}", BINANCE_FAILED, EXIT_FAILED, 0,
			"Binance says: Invalid data."},
		{400, "{\"code\":-1000}", BINANCE_AGAIN, EXIT_FAILED, 0, "Binance says: -1000"},
		{503, "{\"code\":-9999,\"msg\":\"x\"}", BINANCE_AGAIN, EXIT_FAILED, 0,
			"Binance says: x"},
		{429, "{\"code\":-1003,\"msg\":\"x\"}", BINANCE_TOO_FAST, EXIT_FAILED, 0,
			"Binance says: x"},
		{429, "", BINANCE_TOO_FAST, EXIT_FAILED, 0, "HTTP status 429"},
		{418, "", BINANCE_BANNED, EXIT_FAILED, 0, "HTTP status 418"},
		{418, "{\"code\":-1003,\"msg\":\"IP banned until 1735693205000. Please\"}",
			BINANCE_BANNED, EXIT_FAILED, 5000,
			"Binance says: IP banned until 1735693205000. Please"},
		{451, "{\"code\":0,\"msg\":\"Service unavailable\"}", BINANCE_FAILED, EXIT_FAILED,
			0, "Binance says: Service unavailable"},
		{404, "no", BINANCE_FAILED, EXIT_FAILED, 0, "HTTP status 404"},
		{301, "", BINANCE_FAILED, EXIT_USAGE, 0, NULL},
		{302, "", BINANCE_AGAIN, EXIT_FAILED, 0, "HTTP status 302"},
		{403, "<html>", BINANCE_AGAIN, EXIT_FAILED, 0, "HTTP status 403"},
		{502, "<html>", BINANCE_AGAIN, EXIT_FAILED, 0, "HTTP status 502"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {.text = ""};
		struct json_value value;
		int64_t wait_ns;
		enum binance_verdict verdict = binance_answer_judge(cases[i].status,
			span_text(cases[i].body), JSON_ARRAY, NOW_NS, &value, &wait_ns, &err);
		TAP_OK(verdict == cases[i].verdict &&
				(verdict == BINANCE_TAKEN || err.code == cases[i].code) &&
				wait_ns == cases[i].wait_ms * STAMP_NS_PER_MS &&
				(!cases[i].reason || strcmp(err.text, cases[i].reason) == 0),
			"%ld '%s': %s", cases[i].status, cases[i].body, err.text);
	}
}

static void test_limits(void)
{
	static const struct {
		const char *limits;
		uint32_t units, window_ms; /* 0: it does not say */
	} cases[] = {
		{"[{\"rateLimitType\":\"RAW_REQUESTS\",\"interval\":\"MINUTE\",\"intervalNum\":5,"
		 "\"limit\":300000},{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
		 "\"intervalNum\":1,\"limit\":6000}]",
			6000, 60000},
		{"[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"SECOND\",\"intervalNum\":10,"
		 "\"limit\":7,\"new\":{}}]",
			7, 10000},
		{"[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"YEAR\",\"intervalNum\":1,"
		 "\"limit\":7}]",
			0, 0},
		{"[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"DAY\",\"intervalNum\":2,"
		 "\"limit\":7}]",
			0, 0},
		{"[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,"
		 "\"limit\":0}]",
			0, 0},
		{"[7]", 0, 0},
		{"7", 0, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_value info;
		struct json_fault fault;
		uint32_t units = 0, window_ms = 0;
		char text[1024];
		int n = snprintf(text, sizeof text, "{\"a\":1,\"rateLimits\":%s}", cases[i].limits);
		json_scan(span_make(text, (size_t)n), &info, &fault);
		TAP_OK((binance_answer_limits(&info, &units, &window_ms) == 0) ==
					(cases[i].units > 0) &&
				units == cases[i].units && window_ms == cases[i].window_ms,
			"limits %zu: %" PRIu32 " in %" PRIu32 " ms", i, units, window_ms);
	}
}

static void test_used(void)
{
	static const struct {
		const char *name, *value;
		int64_t used; /* -1: it is another header */
	} cases[] = {
		{"X-MBX-USED-WEIGHT-1M", "12", 12},
		{"x-mbx-used-weight-1m", "0", 0},
		{"X-Mbx-Used-Weight-1m", "x", -1},
		{"X-MBX-USED-WEIGHT-1M", "99999999999", -1},
		{"X-MBX-USED-WEIGHT", "12", -1},
		{"X-MBX-USED-WEIGHT-1D", "12", -1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t used = 77;
		int is = binance_answer_used(
			span_text(cases[i].name), span_text(cases[i].value), &used);
		TAP_OK(cases[i].used < 0 ? !is : is && used == cases[i].used, "%s: %s",
			cases[i].name, cases[i].value);
	}
}

static void test_symbols(void)
{
	static const struct {
		const char *symbol, *path; /* path NULL: there is no such symbol */
	} cases[] = {
		{"BTCUSDT", "symbol=BTCUSDT&"},
		{"BTCUSD_PERP", "symbol=BTCUSD_PERP&"},
		{"1000\xE5\xB8\x81USDT", "symbol=1000%E5%B8%81USDT&"},
		{"A&B=C+D", "symbol=A%26B%3DC%2BD&"},
		{"..A", "symbol=..A&"},
		{"", NULL},
		{"..", NULL},
		{"A/B", NULL},
		{"A\\B", NULL},
		{"A\"B", NULL},
		{"A B", NULL},
		{"A\x01", NULL},
		{"\xE5\xB8", NULL},
		{"01234567890123456789012345678901234567890123456789012345678901234", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct range range = {.product = cases[i].symbol, .until_ns = 1};
		struct binance_run run = {.market = BINANCE_SPOT};
		struct binance_chain chain;
		struct binance_pages pages;
		struct err err;
		struct buf path;
		int64_t wait_ns;
		bool right = binance_chain_init(&chain, &run, &range, &err) < 0;
		buf_init(&path, 1024);
		if (!right) {
			binance_pages_init(&pages, &chain, 10, 1);
			binance_pages_next(&pages, NOW_NS, &path, &wait_ns);
		}
		TAP_OK(cases[i].path ? !right && strstr(path.data, cases[i].path) != NULL
				     : right && err.code == EXIT_USAGE,
			"the symbol %zu", i);
		buf_release(&path);
	}
}

int main(void)
{
	diag_init("binance_pages");
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		test_sample(&samples[i]);
	test_answers();
	test_limits();
	test_used();
	test_symbols();
	return tap_end();
}
