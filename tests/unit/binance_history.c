#include "market/binance_history.h"

#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "tap.h"
#include "written.h"

enum { DAYS = 3, PER_DAY = 10, FIRST_DAY = 20000, RECORDS_MAX = 64 };

#define NS_PER_US INT64_C(1000)
#define NS_PER_HOUR (3600 * STAMP_NS_PER_S)
#define BEGIN_NS (FIRST_DAY * 24 * NS_PER_HOUR)
#define NOW_NS (BEGIN_NS + 100 * 24 * NS_PER_HOUR)

/* Ten trades a day, hourly from 01:00 on: ids 0 to 29. What is listed is "5-9 11", of which "7x" is
 * another trade of that id, "7>" a day late, "7<" early, "7b" no trade, "7|" without a newline; "h" is
 * a header, "n" an empty line. Records from archives have milliseconds,
 * those of the API microseconds. */
struct sample {
	const char *name;
	const char *source;   /* auto, archive or api */
	int64_t since, until; /* hours */
	const char
		*archives[DAYS]; /* NULL: right; "-" none; "!" of no use; "10-12!" damaged behind */
	const char *api;	 /* NULL: all; "0-12 failing": and then it fails */
	const char *records;	 /* "archive:0-9 api:10-19" */
	const char *counts;	 /* read written passed repeated bad lost days_lost days edges */
	uint64_t limit;
};

#define ALL "archive:0-29 "

static const struct sample samples[] = {
	{"archives", "auto", 0, 72, {NULL}, NULL, ALL, "30 30 0 0 0 0 0 3 0", 0},
	{"archives alone", "archive", 0, 72, {NULL}, NULL, ALL, "30 30 0 0 0 0 0 3 1", 0},
	{"the API alone", "api", 0, 72, {NULL}, NULL, "api:0-29 ", "30 30 0 0 0 0 0 0 0", 0},
	{"parts of days", "auto", 5, 53, {NULL}, NULL, "archive:4-23 ", "30 20 10 0 0 0 0 3 0", 0},
	{"... alone", "archive", 5, 53, {NULL}, NULL, "archive:4-23 ", "30 20 10 0 0 0 0 3 0", 0},
	{"whole days", "auto", 24, 48, {NULL}, NULL, "archive:10-19 ", "13 10 3 0 0 0 0 1 0", 0},
	{"... alone", "archive", 24, 48, {NULL}, NULL, "archive:10-19 ", "10 10 0 0 0 0 0 1 2", 0},
	{"an hour", "auto", 26, 27, {NULL}, NULL, "archive:11 ", "13 1 12 0 0 0 0 1 0", 0},
	{"an hour without trades", "auto", 35, 36, {NULL}, NULL, "", "3 0 3 0 0 0 0 0 0", 0},
	{"behind all trades", "auto", 71, 72, {NULL}, NULL, "", "0 0 0 0 0 0 0 0 0", 0},
	{"no time at all", "auto", 24, 24, {NULL}, NULL, "", "0 0 0 0 0 0 0 0 0", 0},
	{"before the first trade", "auto", -48, 72, {NULL}, NULL, ALL, "30 30 0 0 0 0 0 3 0", 0},
	{"... alone", "archive", -48, 72, {NULL}, NULL, ALL, "30 30 0 0 0 0 0 3 1", 0},
	{"a limit at a day's end", "auto", 0, 72, {NULL}, NULL, "archive:0-9 ",
		"10 10 0 0 0 0 0 1 0", 10},
	{"... behind it", "auto", 0, 72, {NULL, "-"}, NULL, "archive:0-9 api:10 ",
		"11 11 0 0 0 0 0 1 0", 11},

	{"no archive in the middle", "auto", 0, 72, {NULL, "-"}, NULL,
		"archive:0-9 api:10-19 archive:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {NULL, "-"}, NULL, "archive:0-9 archive:20-29 ",
		"20 20 0 0 0 10 1 2 1", 0},
	{"... at the end", "auto", 0, 72, {NULL, NULL, "-"}, NULL, "archive:0-19 api:20-29 ",
		"30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {NULL, NULL, "-"}, NULL, "archive:0-19 ",
		"20 20 0 0 0 0 1 2 1", 0},
	{"... at the beginning", "auto", 0, 72, {"-"}, NULL, "api:0-9 archive:10-29 ",
		"30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {"-"}, NULL, "archive:10-29 ", "20 20 0 0 0 0 1 2 2", 0},
	{"... anywhere", "auto", 0, 72, {"-", "-", "-"}, NULL, "api:0-29 ", "30 30 0 0 0 0 0 0 0",
		0},
	{"... alone", "archive", 0, 72, {"-", "-", "-"}, NULL, "", "0 0 0 0 0 0 3 0 0", 0},
	{"a day without trades", "archive", 0, 72, {"0-9", "-", "10> 11> 12>"}, NULL,
		"archive:0-12 ", "13 13 0 0 0 0 0 2 1", 0},
	{"a time before the range within it", "archive", 5, 72, {"0-6 7< 8-9"}, NULL,
		"archive:4-6 archive:8-29 ", "30 25 5 0 0 0 0 3 1", 0},
	{"one of no use", "auto", 0, 72, {NULL, "!"}, NULL, "archive:0-9 api:10-19 archive:20-29 ",
		"30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {NULL, "!"}, NULL, "archive:0-9 archive:20-29 ",
		"20 20 0 0 0 10 1 2 1", 0},
	{"one that is empty", "auto", 0, 72, {NULL, ""}, NULL,
		"archive:0-9 api:10-19 archive:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {NULL, ""}, NULL, "archive:0-9 archive:20-29 ",
		"20 20 0 0 0 10 1 2 1", 0},
	{"one with a header alone", "auto", 0, 72, {NULL, NULL, "h"}, NULL,
		"archive:0-19 api:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {NULL, NULL, "h"}, NULL, "archive:0-19 ",
		"20 20 0 0 0 0 1 3 1", 0},
	{"... between ids that follow each other", "archive", 0, 72, {"0-9", "h", "10> 11> 12>"},
		NULL, "archive:0-12 ", "13 13 0 0 0 0 0 3 1", 0},
	{"one with an empty line alone", "auto", 0, 72, {NULL, NULL, "n"}, NULL,
		"archive:0-19 api:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {NULL, NULL, "n"}, NULL, "archive:0-19 ",
		"20 20 0 0 0 0 1 3 1", 0},
	{"one trade without a newline", "auto", 0, 72, {NULL, NULL, "20|"}, NULL,
		"archive:0-20 api:21-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"one that breaks off", "auto", 0, 72, {NULL, "10-12!"}, NULL,
		"archive:0-12 api:13-19 archive:20-29 ", "30 30 0 0 0 0 0 3 0", 0},

	{"a beginning that is missing", "auto", 0, 72, {NULL, "13-19"}, NULL,
		"archive:0-9 api:10-12 archive:13-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"an end that is missing", "auto", 0, 72, {NULL, "10-17"}, NULL,
		"archive:0-17 api:18-19 archive:20-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"a middle that is missing", "auto", 0, 72, {NULL, "10-13 16-19"}, NULL,
		"archive:0-13 api:14-19 archive:20-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"the very end", "auto", 0, 72, {NULL, NULL, "20-28"}, NULL, "archive:0-28 api:29 ",
		"30 30 0 0 0 0 0 3 0", 0},
	{"the very beginning", "auto", 0, 72, {"2-9"}, NULL, "api:0-1 archive:2-29 ",
		"30 30 0 0 0 0 0 3 0", 0},
	{"a line that is none", "auto", 0, 72, {NULL, "10 11b 12-19"}, NULL,
		"archive:0-10 api:11-19 archive:20-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"a first line that is none", "auto", 0, 72, {NULL, "10b 11-19"}, NULL,
		"archive:0-9 api:10-19 archive:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"rows out of order", "auto", 0, 72, {NULL, "10 12 11 13-19"}, NULL,
		"archive:0-10 api:11-19 archive:20-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"a first trade that contradicts the API", "auto", 0, 72, {NULL, "10x 11-19"}, NULL,
		"archive:0-9 api:10-19 archive:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"a first id that the API has not reached", "auto", 0, 72, {NULL, NULL, "40 41"}, NULL,
		"archive:0-19 api:20-29 ", "30 30 0 0 0 0 0 2 0", 0},
	{"one of a later day", "auto", 0, 72, {"20-29"}, NULL, "api:0-9 archive:10-29 ",
		"30 30 0 0 0 0 0 2 0", 0},
	{"... alone", "archive", 0, 72, {"20-29"}, NULL, "archive:20-29 ", "30 10 10 10 0 0 1 3 2",
		0},
	{"one of an earlier day", "auto", 0, 72, {NULL, NULL, "10-19"}, NULL,
		"archive:0-19 api:20-29 ", "30 30 0 0 0 0 0 3 0", 0},
	{"... alone", "archive", 0, 72, {NULL, NULL, "10-19"}, NULL, "archive:0-19 ",
		"30 20 0 10 0 0 1 3 1", 0},
	{"the same alone, at the beginning", "archive", 24, 72, {NULL, "0-9"}, NULL,
		"archive:20-29 ", "20 10 10 0 0 10 1 2 1", 0},
	{"a hole alone, where the range begins", "archive", 5, 72, {"0-2 6-9"}, NULL,
		"archive:6-29 ", "27 24 3 0 0 3 0 3 1", 0},
	{"... and a day", "archive", 23, 72, {NULL, "12-19"}, NULL, "archive:12-29 ",
		"28 18 10 0 0 2 0 3 1", 0},
	{"... and nothing is missing", "archive", 23, 72, {NULL}, NULL, "archive:10-29 ",
		"30 20 10 0 0 0 0 3 1", 0},
	{"... but trades of a day between", "archive", 23, 72, {"0-9", "-", "10> 11> 12>"}, NULL,
		"archive:10-12 ", "13 3 10 0 0 0 0 2 1", 0},
	{"... and all of the range", "archive", 5, 6, {"0-2 9"}, NULL, "", "4 0 4 0 0 6 0 1 0", 0},
	{"behind all trades, alone", "archive", 71, 72, {NULL}, NULL, "", "10 0 10 0 0 0 0 1 1", 0},
	{"a beginning behind the range's end", "auto", 24, 27, {NULL, "19"}, NULL, "api:10-11 ",
		"6 2 4 0 0 0 0 0 0", 0},

	{"what neither has", "auto", 0, 72, {NULL, "10-13 16-19"}, "0-13 16-29",
		"archive:0-13 api:16-19 archive:20-29 ", "28 28 0 0 0 2 0 3 0", 0},
	{"what the API does not have at an edge", "auto", 24, 72, {NULL, "12-19"}, "0-8 12-29",
		"archive:12-29 ", "18 18 0 0 0 0 0 2 1", 0},
	{"what only the archive has", "auto", 0, 72, {NULL}, "0-9 13-29", ALL,
		"30 30 0 0 0 0 0 3 0", 0},
	{"an API that fails with a hole", "auto", 0, 72, {NULL, "-"}, "0-9 12 failing",
		"archive:0-9 ", "10 10 0 0 0 0 0 1 0 EXIT_PARTIAL", 0},
};

/* What is run: a sample, or what of it follows a cursor. */
struct scene {
	const struct sample *sample;
	struct binance_history history;
	struct binance_run run;
	int64_t now_ns;
	struct err failure;
	struct buf text; /* of the day that is open; where its second piece begins: */
	size_t half;
};

static int64_t hours(int64_t n)
{
	return BEGIN_NS + n * NS_PER_HOUR;
}

static int64_t time_of(uint64_t id, char kind)
{
	uint64_t day = id / PER_DAY + (kind == '>') - (kind == '<');

	return hours((int64_t)(day * 24 + id % PER_DAY + 1)) + 123 * NS_PER_US;
}

/* The next id of a list, and its kind; false at the end. */
static bool next_id(const char **list, uint64_t *id, uint64_t *last, char *kind)
{
	char *end;

	if (*id < *last) {
		++*id;
		return true;
	}
	if (**list < '0' || **list > '9')
		return false;
	*id = *last = strtoull(*list, &end, 10);
	if (*end == '-')
		*last = strtoull(end + 1, &end, 10);
	*kind = *end;
	*list = end + strspn(end, "xb<>| ");
	return true;
}

static void write_line(struct buf *to, uint64_t id, char kind)
{
	if (kind == 'b')
		buf_printf(to, "%" PRIu64 ",x\n", id);
	else
		buf_printf(to, "%" PRIu64 ",1.5,2,%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%s,True\n",
			id, 2 * id, 2 * id + 1, time_of(id, kind) / STAMP_NS_PER_MS,
			kind == 'x' ? "True" : "False");
	to->len -= kind == '|';
}

/* The API's answer to a request, where it has the ids of a list. */
static void answer(const char *known, const char *path, struct buf *body)
{
	const char *from = strstr(path, "&fromId="), *start = strstr(path, "&startTime=");
	uint64_t limit = strtoull(strstr(path, "&limit=") + 7, NULL, 10);
	uint64_t first = from ? strtoull(from + 8, NULL, 10) : 0, id = 0, last = 0;
	int64_t since_ns =
		start ? (int64_t)strtoll(start + 11, NULL, 10) * STAMP_NS_PER_MS : INT64_MIN;
	char kind = 0;

	while (limit > 0 && next_id(&known, &id, &last, &kind)) {
		if (id < first || time_of(id, kind) < since_ns)
			continue;
		buf_printf(body,
			"%c{\"a\":%" PRIu64 ",\"p\":\"1.5\",\"q\":\"2\",\"f\":%" PRIu64
			",\"l\":%" PRIu64 ",\"T\":%" PRId64 ",\"m\":false,\"M\":true}",
			body->len ? ',' : '[', id, 2 * id, 2 * id + 1,
			time_of(id, kind) / NS_PER_US);
		limit--;
	}
	buf_add_text(body, body->len ? "]" : "[]");
}

static void ask(struct scene *scene, const char *path)
{
	const char *known = scene->sample->api ? scene->sample->api : "0-29";
	bool fails = strstr(known, "failing") && scene->history.pages.hole;
	enum binance_verdict verdict;
	struct buf body;
	int64_t wait_ns;

	buf_init(&body, 64 * 1024);
	if (strstr(path, "exchangeInfo"))
		buf_add_text(&body, "{}");
	else if (!fails)
		answer(known, path, &body);
	verdict = binance_history_take(&scene->history, scene->now_ns, fails ? 404 : 200,
		buf_span(&body), &wait_ns, &scene->failure);
	if (verdict != BINANCE_TAKEN)
		binance_history_give_up(&scene->history, &scene->failure);
	else
		scene->failure.code = EXIT_DONE;
	buf_release(&body);
}

static const char *archive_of(const struct scene *scene, int64_t day)
{
	static const char *const right[DAYS] = {"0-9", "10-19", "20-29"};

	if (day < FIRST_DAY || day >= FIRST_DAY + DAYS)
		return "-";
	day -= FIRST_DAY;
	return scene->sample->archives[day] ? scene->sample->archives[day] : right[day];
}

/* Hands over the next piece of a day's text: its first four lines and the beginning of another one, the
 * rest, and its end. The text lives on, as long as the day is open. */
static void hand_over(struct scene *scene, const char *list, unsigned at)
{
	struct buf *text = &scene->text;
	uint64_t id = 0, last = 0;
	size_t half = SIZE_MAX;
	char kind = 0;

	if (at == 0) {
		buf_clear(text);
		buf_add_text(text, *list == 'h' ? "a,p,q,f,l,t,m,b\n" : *list == 'n' ? "\n" : "");
	}
	for (unsigned i = 0; next_id(&list, &id, &last, &kind); i++) {
		half = i == 4 ? text->len + 5 : half;
		if (at == 0)
			write_line(text, id, kind);
	}
	scene->half = at == 0 ? (half < text->len ? half : text->len) : scene->half;
	if (at == 0 && text->len > 0)
		binance_history_read(&scene->history, span_make(text->data, scene->half));
	else if (at == 1 && scene->half < text->len)
		binance_history_read(&scene->history,
			span_make(text->data + scene->half, text->len - scene->half));
	else if (*list == '!')
		binance_history_damaged(&scene->history, "it is damaged");
	else
		binance_history_end(&scene->history);
}

static void next_day(struct scene *scene, struct binance_days *days)
{
	int64_t day = days->next++;
	const char *list = archive_of(scene, day);

	if (day > days->last)
		binance_history_last(&scene->history);
	else if (*list == '-' || *list == '!')
		binance_history_lack(&scene->history, day, *list == '-', "it is damaged");
	else
		binance_history_open(&scene->history, day);
}

static void play(struct scene *scene)
{
	enum binance_history_step step;
	struct binance_days days;
	bool has_days = false;
	unsigned pieces = 0;
	struct buf path;
	int64_t wait_ns;

	buf_init(&path, 1024);
	while ((step = binance_history_next(&scene->history, scene->now_ns, &path, &wait_ns)) !=
		BINANCE_HISTORY_DONE) {
		has_days = has_days || binance_history_days(&scene->history, &days);
		if (step == BINANCE_HISTORY_ASK)
			ask(scene, path.data);
		else if (step == BINANCE_HISTORY_WAIT)
			scene->now_ns += wait_ns;
		else if (step == BINANCE_HISTORY_BYTES)
			hand_over(scene, archive_of(scene, days.next - 1), pieces++);
		else
			next_day(scene, &days);
		pieces = step == BINANCE_HISTORY_DAY ? 0 : pieces;
	}
	buf_release(&path);
}

/* Runs a sample, behind a record where it is not the first time. */
static void run(const struct sample *sample, const char *cursor, struct scene *scene,
	struct written *written)
{
	static const char *const sources[] = {"auto", "archive", "api"};
	struct binance_options options = {.weight = strcmp(sample->source, "auto") ? 0 : 6000};
	struct range range = {.product = "BTCUSDT",
		.since_ns = hours(sample->since),
		.until_ns = hours(sample->until)};
	struct err err;

	while (strcmp(sources[options.source], sample->source) != 0)
		options.source++;
	if (cursor) {
		int64_t number = strtoll(strstr(cursor, "\"T\":") + 4, NULL, 10);
		range.has_cursor = range.cursor_has_id = true;
		range.cursor_id = strtoull(strstr(cursor, "\"a\":") + 4, NULL, 10);
		range.cursor_ns =
			number * (number < INT64_C(100000000000000) ? STAMP_NS_PER_MS : NS_PER_US);
	}
	*scene = (struct scene){.sample = sample, .now_ns = NOW_NS};
	binance_run_init(&scene->run, &options, false, sample->limit);
	scene->run.out = written->out;
	binance_history_init(&scene->history, &scene->run, &range, 3, NOW_NS, &err);
	buf_init(&scene->text, 4096);
	play(scene);
	buf_release(&scene->text);
	binance_history_release(&scene->history);
}

/* Records as lists of ids, by where they come from. */
static void show_records(const char *text, struct buf *to)
{
	uint64_t first = 0, last = UINT64_MAX;
	bool was_api = false;
	size_t at = 0;

	for (const char *p = strstr(text, "\"a\":"); p; p = strstr(p + 1, "\"a\":")) {
		uint64_t id = strtoull(p + 4, NULL, 10);
		bool is_api = strcspn(strstr(p, "\"T\":") + 4, ",") > 13;
		if (to->len == 0 || id != last + 1 || is_api != was_api) {
			at = to->len;
			first = id;
		}
		last = id;
		was_api = is_api;
		to->len = at;
		buf_printf(to, "%s:%" PRIu64, is_api ? "api" : "archive", first);
		if (last > first)
			buf_printf(to, "-%" PRIu64, last);
		buf_add_text(to, " ");
	}
	buf_add(to, span_make("", 1));
}

static void show_counts(const struct scene *scene, char *to, size_t n)
{
	const struct binance_run *r = &scene->run;

	snprintf(to, n,
		"%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" %" PRIu64 " %" PRIu64 "%s",
		r->read, r->written, r->passed, r->repeated, r->bad, r->lost, r->days_lost, r->days,
		r->edges_unverified, scene->failure.code == EXIT_PARTIAL ? " EXIT_PARTIAL" : "");
}

/* Whether a run that goes on behind each record in turn writes what followed it. */
static void test_resume(const struct sample *sample, const char *whole)
{
	const char *record = whole, *wrong = NULL;
	struct written written;
	struct scene scene;

	written_open(&written);
	while (*record && !wrong) {
		const char *next = strchr(record, '\n') + 1;
		run(sample, record, &scene, &written);
		if (strcmp(written_text(&written), next) != 0)
			wrong = record;
		record = next;
	}
	TAP_OK(!wrong, "... goes on%s%.*s", wrong ? ", but not behind " : "",
		wrong ? (int)strcspn(wrong, "\n") : 0, wrong ? wrong : "");
	written_close(&written);
}

static void test_sample(const struct sample *sample)
{
	struct written written;
	struct buf records;
	struct scene scene;
	char counts[128];

	written_open(&written);
	run(sample, NULL, &scene, &written);
	buf_init(&records, 1024);
	show_records(written_text(&written), &records);
	show_counts(&scene, counts, sizeof counts);
	TAP_OK(strcmp(records.data, sample->records) == 0 && strcmp(counts, sample->counts) == 0,
		"%s: %s(%s) %s", sample->name, records.data, counts, scene.failure.text);
	if (!sample->limit)
		test_resume(sample, written.text);
	buf_release(&records);
	written_close(&written);
}

int main(void)
{
	diag_init("binance_history");
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		test_sample(&samples[i]);
	return tap_end();
}
