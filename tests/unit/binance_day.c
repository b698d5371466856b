#include "market/binance_day.h"

#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "tap.h"
#include "written.h"

#define DAY INT64_C(20088) /* 2024-12-31 */
#define DAY_NS (24 * 60 * 60 * STAMP_NS_PER_S)

enum { TEXT_MAX = 60 * 1024 };

/* One archive out of a small language, a word a line: "5-9" are lines of these ids, "7m" one whose time
 * is in ms, "7v" a void one, "7d" one of the next day, "7<" of the one before, "7q" quoted, "7c" of seven columns; anything
 * else stands for itself. */
static size_t write_line(char *to, uint64_t id, char kind)
{
	int64_t us = DAY * 86400000000 + (int64_t)id * 1000 +
		((kind == 'd') - (kind == '<')) * INT64_C(86400000000);
	const char *amounts = kind == 'v' ? "0,0.00000000,-1,-1" : "0.01633102,4.70,27781,27782";
	char time[32];

	snprintf(time, sizeof time, "%" PRId64, kind == 'm' ? us / 1000 : us);
	return (size_t)snprintf(to, 256,
		kind == 'q'	      ? "\"%" PRIu64 "\",%s,%s,True,%s\n"
			: kind == 'c' ? "%" PRIu64 ",%s,%s,true\n"
				      : "%" PRIu64 ",%s,%s,True,%s\n",
		id, amounts, time, id % 2 ? "True" : "False");
}

static size_t compose(const char *words, char *text)
{
	size_t n = 0;

	for (; *words; words += strcspn(words, " "), words += *words == ' ') {
		size_t length = strcspn(words, " ");
		uint64_t first, last;
		char *end;
		first = last = strtoull(words, &end, 10);
		if (end > words && *end == '-')
			last = strtoull(end + 1, &end, 10);
		if (length == 0 || end == words || end + 1 < words + length ||
			(*end && !strchr("mvd<qc ", *end))) {
			n += (size_t)snprintf(text + n, 256, "%.*s\n", (int)length, words);
			continue;
		}
		for (; first <= last; first++)
			n += write_line(text + n, first, *end);
	}
	return n;
}

static size_t show_run(char *to, uint64_t first, uint64_t last)
{
	return (size_t)snprintf(
		to, 64, first == last ? "%" PRIu64 " " : "%" PRIu64 "-%" PRIu64 " ", first, last);
}

/* The ids of records, runs of them as 5-9. */
static void show_ids(const char *records, char *to)
{
	uint64_t first = 0, last = 0, n = 0;

	*to = '\0';
	for (const char *p = records; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		const char *a = strstr(p, "\"a\":");
		uint64_t id = a ? strtoull(a + 4, NULL, 10) : UINT64_MAX;
		if (n++ && id == last + 1) {
			last = id;
			continue;
		}
		if (n > 1)
			to += show_run(to, first, last);
		first = last = id;
	}
	if (n)
		show_run(to, first, last);
}

struct sample {
	const char *name, *words;
	bool alone;
	int64_t next; /* the id that is due; -1: the chain has not begun */
	const char *ids;
	const char *reason; /* why it is broken; NULL: it is not */
	const char *counts;
};

static const struct sample samples[] = {
	{"as it should be", "5-9", false, 5, "5-9 ", NULL, "5 5 0 0 0 0"},
	{"... in bulk", "0-99", false, 0, "0-99 ", NULL, "100 100 0 0 0 0"},
	{"a carry", "98-102 999-1001", false, 98, "98-102 ", "line 6: id 999 follows id 102",
		"5 5 0 0 0 0"},
	{"what was there before", "5-60", false, 50, "50-60 ", NULL, "56 11 45 0 0 0"},
	{"ms, void, quoted", "5 6m 7v 8q 9", false, 5, "5-9 ", NULL, "5 5 0 0 0 0"},
	{"a header", "agg_trade_id,price,quantity,a,b,c,d,e 5-9", false, 5, "5-9 ", NULL,
		"5 5 0 0 0 0"},
	{"a header within", "5 agg_trade_id,price,quantity,a,b,c,d,e 6", false, 5, "5 ",
		"line 2: a header within the text", "1 1 0 0 0 0"},
	{"empty lines", "5  6", false, 5, "5-6 ", NULL, "2 2 0 0 0 0"},
	{"a hole", "5-9 12-14", false, 5, "5-9 ", "line 6: id 12 follows id 9", "5 5 0 0 0 0"},
	{"twice", "5-9 9-14", false, 5, "5-9 ", "line 6: id 9 follows id 9", "5 5 0 0 0 0"},
	{"backwards", "5-9 8", false, 5, "5-9 ", "line 6: id 8 follows id 9", "5 5 0 0 0 0"},
	{"another day", "5-9 10d", false, 5, "5-9 ", "line 6: id 10 is of another day",
		"5 5 0 0 0 0"},
	{"no trade", "5-9 nothing", false, 5, "5-9 ",
		"line 6: an archive line of 1 column, not 7 or 8", "5 5 0 0 0 0"},
	{"other columns", "5-9 10c", false, 5, "5-9 ",
		"line 6: it has another number of columns than those before", "5 5 0 0 0 0"},
	{"seven of them", "5c 6c 7c", false, 5, "5-7 ", NULL, "3 3 0 0 0 0"},
	{"what is due is not there", "7-9", false, 5, "", "id 7 stands where 5 is due",
		"0 0 0 0 0 0"},

	{"alone", "5-9", true, 5, "5-9 ", NULL, "5 5 0 0 0 0"},
	{"... in bulk", "0-499", true, 0, "0-499 ", NULL, "500 500 0 0 0 0"},
	{"... a hole", "5-9 12-14", true, 5, "5-9 12-14 ", NULL, "8 8 0 0 0 2"},
	{"... before it", "7-9", true, 5, "7-9 ", NULL, "3 3 0 0 0 2"},
	{"... twice", "5-9 9-14 14", true, 5, "5-14 ", NULL, "12 10 0 2 0 0"},
	{"... backwards", "5-9 14 13 12 11 10 15", true, 5, "5-15 ", NULL, "11 11 0 0 0 0"},
	{"... from the first line on", "9 8 7 6 5 10", true, 5, "5-10 ", NULL, "6 6 0 0 0 0"},
	{"... where it begins itself", "9 8 7 6 5 10", true, -1, "5-10 ", NULL, "6 6 0 0 0 0"},
	{"... parked ones twice", "5 7 7 6 8", true, 5, "5-8 ", NULL, "5 4 0 1 0 0"},
	{"... far off", "300-500 0-299", true, 0, "0-500 ", NULL, "501 501 0 0 0 0"},
	{"... no trade", "5 nothing 7", true, 5, "5 7 ", NULL, "3 2 0 0 1 1"},
	{"... another day", "5 6d 7", true, 5, "5 7 ", NULL, "3 2 1 0 0 0"},
	{"... before the range", "5< 6< 7-9", true, -1, "7-9 ", NULL, "5 3 2 0 0 0"},
	{"... a hole there", "5< 7< 8-9", true, -1, "8-9 ", NULL, "4 2 2 0 0 0"},
	{"... where it begins", "5< 6< 9-10", true, -1, "9-10 ", NULL, "4 2 2 0 0 2"},
	{"... instead of it", "5< 9d", true, -1, "", NULL, "2 0 2 0 0 3"},
	{"... disordered there", "9 6< 5< 7 8 10", true, -1, "7-10 ", NULL, "6 4 2 0 0 0"},
};

static void show_counts(const struct binance_run *run, char *to)
{
	snprintf(to, 128, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
		run->read, run->written, run->passed, run->repeated, run->bad, run->lost);
}

/* Takes the text in pieces; the step that it ended with. */
static enum binance_day_step take(struct binance_day *day, const char *text, size_t n, size_t piece)
{
	enum binance_day_step step = BINANCE_DAY_MORE;

	for (size_t at = 0; at < n && step == BINANCE_DAY_MORE; at += piece)
		step = binance_day_take(day, span_make(text + at, n - at < piece ? n - at : piece));
	return step == BINANCE_DAY_MORE ? binance_day_end(day) : step;
}

static void test_sample(const struct sample *sample, size_t piece)
{
	const struct range range = {
		.product = "BTCUSDT", .since_ns = DAY * DAY_NS, .until_ns = (DAY + 1) * DAY_NS};
	struct binance_run run = {.market = BINANCE_SPOT};
	char text[TEXT_MAX], ids[1024], counts[128];
	struct binance_chain chain;
	struct binance_day day;
	struct written written;
	enum binance_day_step step;
	bool right;

	written_open(&written);
	run.out = written.out;
	binance_chain_init(&chain, &run, &range, NULL);
	if (sample->next >= 0)
		binance_chain_begin(&chain, (uint64_t)sample->next, range.since_ns);
	binance_day_init(&day, &chain, "2024-12-31", DAY, sample->alone);
	step = take(&day, text, compose(sample->words, text), piece);
	show_ids(written_text(&written), ids);
	show_counts(&run, counts);
	right = step == (sample->reason ? BINANCE_DAY_BROKEN : BINANCE_DAY_MORE) &&
		strcmp(ids, sample->ids) == 0 && strcmp(counts, sample->counts) == 0 &&
		(!sample->reason || strcmp(day.reason, sample->reason) == 0);
	TAP_OK(right, "%s, in pieces of %zu: %s(%s)%s%s", sample->name, piece, ids, counts,
		step == BINANCE_DAY_BROKEN ? " " : "",
		step == BINANCE_DAY_BROKEN ? day.reason : "");
	binance_day_release(&day);
	written_close(&written);
}

/* What becomes of lines of 2025-01-01; record NULL: they are refused. */
static const struct {
	enum binance_market market;
	const char *line, *record;
} records[] = {
	{BINANCE_SPOT, "7,0.20000000,50.00000000,0,0,1735689600010866,False,True",
		"{\"s\":\"BTCUSDT\",\"a\":7,\"p\":\"0.20000000\",\"q\":\"50.00000000\",\"f\":0,"
		"\"l\":0,\"T\":1735689600010866,\"m\":false,\"M\":true}"},
	{BINANCE_SPOT, "7,1,2,3,4,1735689600010,True,False",
		"{\"s\":\"BTCUSDT\",\"a\":7,\"p\":\"1\",\"q\":\"2\",\"f\":3,\"l\":4,"
		"\"T\":1735689600010,\"m\":true,\"M\":false}"},
	{BINANCE_UM, "7,7189.43,0.030,25247504,25247504,1735689600010,true",
		"{\"s\":\"BTCUSDT\",\"market\":\"um\",\"a\":7,\"p\":\"7189.43\",\"q\":\"0.030\","
		"\"f\":25247504,\"l\":25247504,\"T\":1735689600010,\"m\":true}"},
	{BINANCE_CM, "7,7189.4,3,25247504,25247509,1735689600010,false",
		"{\"s\":\"BTCUSDT\",\"market\":\"cm\",\"a\":7,\"p\":\"7189.4\",\"q\":\"3\","
		"\"f\":25247504,\"l\":25247509,\"T\":1735689600010,\"m\":false}"},
	{BINANCE_SPOT, "7,0,0.00000000,-1,-1,1735689600010866,False,True",
		"{\"s\":\"BTCUSDT\",\"a\":7,\"p\":\"0\",\"q\":\"0.00000000\",\"f\":-1,\"l\":-1,"
		"\"T\":1735689600010866,\"m\":false,\"M\":true}"},
	{BINANCE_SPOT,
		"7,123456789012345678901.5,0.00000001,18446744073709551615,0,1735689600010866,"
		"False,True",
		"{\"s\":\"BTCUSDT\",\"a\":7,\"p\":\"123456789012345678901.5\",\"q\":\"0.00000001\","
		"\"f\":18446744073709551615,\"l\":0,\"T\":1735689600010866,\"m\":false,"
		"\"M\":true}"},
	{BINANCE_SPOT, "7,0.00000000,1,1,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,0,1,1,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,01,1,1,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,1.,1,1,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,.1,1,1,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,1,-1,1,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,1,1,01,1,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,1,1,1,18446744073709551616,1735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,1,1,1,1,17356896000108,False,True", NULL},
	{BINANCE_SPOT, "7,1,1,1,1,0735689600010866,False,True", NULL},
	{BINANCE_SPOT, "7,1,1,1,1,1735689600010866,Falsy,True", NULL},
	{BINANCE_SPOT, "7,1,1,1,1,1735689600010866,False,True,", NULL},
	{BINANCE_SPOT, "7,1,1,1,1,1735689600010866,False,Truee", NULL},
	{BINANCE_SPOT, "7,1,1,1,1,1735689600010866,False,", NULL},
	{BINANCE_SPOT, "7x,1,1,1,1,1735689600010866,False,True", NULL},
};

/* The record of a line, by the way in bulk and by the other one. */
static void test_records(void)
{
	const int64_t day_of = 20089; /* 2025-01-01 */

	for (size_t i = 0; i < sizeof records / sizeof *records * 2; i++) {
		const char *line = records[i / 2].line, *record = records[i / 2].record, *got;
		const struct range range = {.product = "BTCUSDT", .until_ns = INT64_MAX};
		struct binance_run run = {.market = records[i / 2].market};
		bool bulk = i % 2, same;
		struct binance_chain chain;
		struct binance_day day;
		struct written written;
		char text[1024];
		int n = 0;

		written_open(&written);
		run.out = written.out;
		binance_chain_init(&chain, &run, &range, NULL);
		binance_chain_begin(&chain, 6, 0);
		binance_day_init(&day, &chain, "2025-01-01", day_of, false);
		/* What comes before it makes the columns known, so that it can go in bulk. */
		n = snprintf(text, sizeof text, "6,1,1,1,1,1735689600010,True%s\n%s\n",
			run.market == BINANCE_SPOT ? ",True" : "", line);
		if (bulk)
			memset(text + n, ' ', 512);
		binance_day_take(&day, span_make(text, (size_t)n + (bulk ? 512 : 0)));
		got = strchr(written_text(&written), '\n');
		same = record ? got && strncmp(got + 1, record, strlen(record)) == 0 &&
				strcmp(got + 1 + strlen(record), "\n") == 0
			      : got && got[1] == '\0';
		TAP_OK(same, "%s%s: %.*s", line, bulk ? ", in bulk" : "",
			got ? (int)strcspn(got + 1, "\n") : 0, got ? got + 1 : "");
		binance_day_release(&day);
		written_close(&written);
	}
}

static void test_first(void)
{
	static const struct {
		const char *text;
		int64_t id; /* -1: none */
	} cases[] = {
		{"7,1,1,3,4,1735689600010,True,True\n8,", 7},
		{"a,b,c,d,e,f,g\r\n7,1,1,3,4,1735689600010,True\r\n", 7},
		{"nothing\n7,1,1,3,4,1735689600010,True\n", -1},
		{"7,1,1,3,4,1735689600010,True", 7},
		{"a,b,c,d,e,f,g\n7,1,1,3,4,1735689600010,True,True", 7},
		{"\r\n\n7,1,1,3,4,1735689600010,True", 7},
		{"7,1,1,3,4,1735689600010,Tr", -1},
		{"a,b,c,d,e,f,g\n\n", -1},
		{"", -1},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct binance_mark mark = {.id = 99};
		int found = binance_day_first(span_text(cases[i].text), &mark);
		TAP_OK(cases[i].id < 0 ? found < 0
				       : found == 0 && mark.id == (uint64_t)cases[i].id &&
					mark.first == 3 && mark.last == 4 &&
					mark.time_ms == 1735689600010 && mark.buyer_is_maker,
			"the first line: %zu", i);
	}
}

static void test_limits(void)
{
	const struct range range = {.product = "BTCUSDT", .until_ns = DAY * DAY_NS + 80000000};
	struct binance_run run = {.market = BINANCE_SPOT, .limit = 50};
	struct binance_chain chain;
	struct binance_day day;
	struct written written;
	char text[TEXT_MAX], ids[1024];
	size_t n = compose("5-99", text);

	written_open(&written);
	run.out = written.out;
	binance_chain_init(&chain, &run, &range, NULL);
	binance_chain_begin(&chain, 5, 0);
	binance_day_init(&day, &chain, "2024-12-31", DAY, false);
	TAP_OK(take(&day, text, n, n) == BINANCE_DAY_FULL && run.written == 50, "a limit");
	binance_day_release(&day);
	run.limit = 0;
	binance_day_init(&day, &chain, "2024-12-31", DAY, false);
	TAP_OK(take(&day, text, n, n) == BINANCE_DAY_MORE, "the range's end is passed");
	show_ids(written_text(&written), ids);
	TAP_OK(strcmp(ids, "5-79 ") == 0 && run.passed == 20 && run.repeated == 50, "%s", ids);
	binance_day_release(&day);
	binance_day_init(&day, &chain, "2024-12-31", DAY, false);
	memset(text, '7', sizeof text);
	for (size_t i = 0; i < 3; i++)
		n = binance_day_take(&day, span_make(text, sizeof text)) == BINANCE_DAY_BROKEN;
	TAP_OK(n && strcmp(day.reason, "line 1: it is too long") == 0, "a line without end");
	binance_day_release(&day);
	written_close(&written);
}

static void hand_over(struct binance_day *day, uint64_t id)
{
	char line[256];

	binance_day_take(day, span_make(line, write_line(line, id, 'c')));
}

/* Alone, with so many lines waiting for one that is due that there is no room for more. */
static void test_full_park(void)
{
	static const struct {
		const char *name;
		uint64_t parked,
			more;	   /* parked one by one: this id, and those from the other one on */
		uint64_t late;	   /* comes next, */
		uint64_t given_up; /* then this one, which was given up before it */
		uint64_t written, bad, lost;
	} cases[] = {
		{"before all that wait", 100, 101, 50, 10, BINANCE_PARK_LINES + 1, 1, 99},
		{"what is due then", 10, 12, 11, 5, BINANCE_PARK_LINES + 1, 1, 10},
		{"among them", 10, 12, 9999999, 5, BINANCE_PARK_LINES + 1, 1,
			9999999 - BINANCE_PARK_LINES},
	};
	const struct range range = {.product = "BTCUSDT", .until_ns = INT64_MAX};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct binance_run run = {.market = BINANCE_UM};
		struct binance_chain chain;
		struct binance_day day;
		struct written written;

		written_open(&written);
		run.out = written.out;
		binance_chain_init(&chain, &run, &range, NULL);
		binance_chain_begin(&chain, 0, 0);
		binance_day_init(&day, &chain, "2024-12-31", DAY, true);
		hand_over(&day, cases[i].parked);
		for (uint64_t n = 0; n < BINANCE_PARK_LINES - 1; n++)
			hand_over(&day, cases[i].more + n);
		hand_over(&day, cases[i].late);
		hand_over(&day, cases[i].given_up);
		binance_day_end(&day);
		TAP_OK(run.written == cases[i].written && run.bad == cases[i].bad &&
				run.lost == cases[i].lost && run.repeated == 0 &&
				chain.next == 1 + cases[i].lost + cases[i].written - 1 &&
				day.given_up[0].first <= day.given_up[0].last,
			"a line without room, %s: written %" PRIu64 ", bad %" PRIu64
			", lost %" PRIu64,
			cases[i].name, run.written, run.bad, run.lost);
		binance_day_release(&day);
		written_close(&written);
	}
}

/* Many long lines do not fit among the first ones. */
static void test_long_lines(void)
{
	enum { LINES = 100 };
	const struct range range = {.product = "BTCUSDT", .until_ns = INT64_MAX};
	static char text[BINANCE_TRADE_MAX + 1];
	char end[64];
	struct binance_run run = {.market = BINANCE_UM};
	struct binance_chain chain;
	struct binance_day day;
	struct written written;

	written_open(&written);
	run.out = written.out;
	binance_chain_init(&chain, &run, &range, NULL);
	binance_day_init(&day, &chain, "2024-12-31", DAY, true);
	for (int id = 0; id < LINES; id++) {
		int n = snprintf(text, sizeof text, "%d,1.", id);

		memset(text + n, '0', sizeof text - (size_t)n);
		n = snprintf(end, sizeof end, ",1,1,1,%" PRId64 ",true\n", DAY * 86400000);
		memcpy(text + sizeof text - n, end, (size_t)n);
		binance_day_take(&day, span_make(text, sizeof text));
	}
	binance_day_end(&day);
	TAP_OK(run.written == LINES, "long lines at the beginning: %" PRIu64 ", bad %" PRIu64,
		run.written, run.bad);
	binance_day_release(&day);
	written_close(&written);
}

/* A line that is too long ends the archive, in whatever pieces it comes and whoever else can be asked:
 * it may have no end. */
static void test_too_long(void)
{
	static const size_t pieces[] = {4096, BINANCE_TRADE_MAX, 2 * BINANCE_TRADE_MAX};
	const struct range range = {.product = "BTCUSDT", .until_ns = INT64_MAX};
	static char text[2 * BINANCE_TRADE_MAX];

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces * 4; i++) {
		size_t piece = pieces[i / 4], n = compose("5-9", text);
		struct binance_run run = {.market = BINANCE_SPOT};
		bool alone = i & 1, over = i & 2;
		struct binance_chain chain;
		struct binance_day day;
		struct written written;
		enum binance_day_step step;

		written_open(&written);
		run.out = written.out;
		binance_chain_init(&chain, &run, &range, NULL);
		binance_chain_begin(&chain, 5, 0);
		binance_day_init(&day, &chain, "2024-12-31", DAY, alone);
		memset(text + n, '7', BINANCE_TRADE_MAX + over);
		n += BINANCE_TRADE_MAX + over;
		text[n++] = '\n';
		step = take(&day, text, n, piece);
		TAP_OK(run.written == (alone && over ? 0 : 5) &&
				over == !strcmp(day.reason, "line 6: it is too long") &&
				(step == BINANCE_DAY_BROKEN) == (over || !alone),
			"a line of %zu bytes%s, in pieces of %zu: %s", n, alone ? ", alone" : "",
			piece, day.reason);
		binance_day_release(&day);
		written_close(&written);
	}
}

int main(void)
{
	static const size_t pieces[] = {1, 97, 4096, TEXT_MAX};

	diag_init("binance_day");
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
			test_sample(&samples[i], pieces[k]);
	test_records();
	test_first();
	test_limits();
	test_full_park();
	test_long_lines();
	test_too_long();
	return tap_end();
}
