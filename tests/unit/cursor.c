/* Which ids were published, and how that is written as text and read back. */
#include "market/cursor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/stamp.h"

#include "tap.h"

#define MS STAMP_NS_PER_MS
#define FIELDS "exchange,product_id"

static struct cursor *fresh(size_t parts)
{
	return cursor_open(span_text(FIELDS), 0xabc, parts, NULL);
}

static enum cursor_verdict judge(struct cursor *c, const char *product, uint64_t id,
	int64_t time_ns, char reason[CURSOR_REASON_MAX])
{
	const struct span values[] = {span_text("kraken"), span_text(product)};
	const struct cursor_record record = {values, true, id, time_ns};
	enum cursor_verdict verdict = cursor_judge(c, &record, reason);

	if (verdict == CURSOR_NEXT || verdict == CURSOR_GAP)
		cursor_advance(c, &record);
	return verdict;
}

/* Records in turn; gaps are passed. */
static const struct {
	const char *name, *product;
	uint64_t id;
	int64_t time_ns;
	enum cursor_verdict verdict;
	const char *reason;
} steps[] = {
	{"a stream begins", "A", 100, 10 * MS, CURSOR_NEXT, ""},
	{"the next one", "A", 101, 11 * MS, CURSOR_NEXT, ""},
	{"the last one again", "A", 101, 11 * MS, CURSOR_SKIP, ""},
	{"the first one again", "A", 100, 10 * MS, CURSOR_SKIP, ""},
	{"again without a time", "A", 100, 0, CURSOR_SKIP, ""},
	{"another stream", "B", 7, 1 * MS, CURSOR_NEXT, ""},
	{"before the first", "A", 99, 9 * MS, CURSOR_BELOW,
		"id 99 of 'kraken,A' is below 100, where it begins"},
	{"one is missing", "A", 103, 12 * MS, CURSOR_GAP,
		"ids 102 to 102 of 'kraken,A' are missing before id 103"},
	{"it is no longer asked for", "A", 102, 12 * MS, CURSOR_SKIP, ""},
	{"earlier by its time", "A", 104, 9 * MS, CURSOR_NEXT, ""},
	{"the latest time counts, to the millisecond", "A", 103, 13 * MS, CURSOR_SKIP, ""},
	{"later than that", "A", 103, 13 * MS + 1, CURSOR_LATER,
		"id 103 of 'kraken,A' is not above the last one, 104, but later than its time, "
		"1970-01-01T00:00:00.012000Z: its sequence seems to have begun anew"},
	{"a new sequence from below the first", "A", 1, 1000 * MS, CURSOR_LATER,
		"id 1 of 'kraken,A' is not above the last one, 104, but later than its time, "
		"1970-01-01T00:00:00.012000Z: its sequence seems to have begun anew"},
	{"the other one is as it was", "B", 8, 2 * MS, CURSOR_NEXT, ""},
	{"without a time from the beginning", "C", 0, 0, CURSOR_NEXT, ""},
	{"nothing is later than no time", "C", 0, 9 * MS, CURSOR_SKIP, ""},
	{"the last id there is", "C", UINT64_MAX, 9 * MS, CURSOR_GAP,
		"ids 1 to 18446744073709551614 of 'kraken,C' are missing before id "
		"18446744073709551615"},
	{"again", "C", UINT64_MAX, 9 * MS, CURSOR_SKIP, ""},
	{"the last time there is", "C", 3, INT64_MAX, CURSOR_LATER, NULL},
	{"names that need escapes", "a b,%\xc3\xa9", 1, 0, CURSOR_NEXT, ""},
	{"are told in them", "a b,%\xc3\xa9", 0, 0, CURSOR_BELOW,
		"id 0 of 'kraken,a%20b%2C%25%C3%A9' is below 1, where it begins"},
};

static void test_judge(void)
{
	struct cursor *c = fresh(1);
	const struct span values[] = {span_text("kraken"), span_text("A")};
	const struct cursor_record none = {values, false, 0, 0};
	char reason[CURSOR_REASON_MAX];

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		enum cursor_verdict verdict;
		*reason = '\0';
		verdict = judge(c, steps[i].product, steps[i].id, steps[i].time_ns, reason);
		if (!TAP_OK(verdict == steps[i].verdict &&
				    (!steps[i].reason || strcmp(reason, steps[i].reason) == 0),
			    "%s", steps[i].name))
			printf("# verdict %d, %s\n", (int)verdict, reason);
	}
	TAP_OK(cursor_judge(c, &none, reason) == CURSOR_NO_ID &&
			strcmp(reason, "it has no id") == 0,
		"no id");
	TAP_OK(cursor_judge(c, &none, NULL) == CURSOR_NO_ID, "nobody has to be told why");
	cursor_close(c);
}

static bool writes(const struct cursor *c, const char *wanted)
{
	static struct cursor_text text;
	bool same;

	cursor_write(c, &text);
	same = text.n == 1 && span_is_text(text.spans[0], wanted);
	if (!same)
		printf("# %zu parts: %.*s\n", text.n, (int)text.spans[0].n, text.spans[0].p);
	cursor_text_release(&text);
	return same;
}

#define HEAD(counter) "tradepipe-cursor/1 " counter " 0000000000000abc 1/1 exchange,product_id\n"

static void test_rollback(void)
{
	struct cursor *c = fresh(1);

	TAP_OK(writes(c, HEAD("1")), "a cursor without streams is a text");
	judge(c, "A", 1, 5, NULL);
	judge(c, "A", 2, 6, NULL);
	cursor_commit(c);
	judge(c, "A", 3, 7, NULL);
	judge(c, "A", 4, 8, NULL);
	judge(c, "B", 9, 0, NULL);
	TAP_OK(writes(c, HEAD("2") "kraken,A 1 4 8\nkraken,B 9 9 0\n"), "what is to be committed");
	cursor_rollback(c);
	TAP_OK(writes(c, HEAD("2") "kraken,A 1 2 6\n") && cursor_streams(c) == 1, "is undone");
	TAP_OK(judge(c, "B", 3, 0, NULL) == CURSOR_NEXT && judge(c, "A", 3, 7, NULL) == CURSOR_NEXT,
		"and goes another way");
	cursor_commit(c);
	cursor_rollback(c);
	TAP_OK(writes(c, HEAD("3") "kraken,A 1 3 7\nkraken,B 3 3 0\n"),
		"what was committed is not undone");
	cursor_close(c);
}

/* Texts of partitions, "" for none; what reading them says. */
#define PART(counter, run, part) "tradepipe-cursor/1 " counter " " run " " part " " FIELDS "\n"
#define RUN "0123456789abcdef"
static const struct {
	const char *name, *texts[3];
	int result;
	const char *said; /* the error, or the cursor as it is written next */
} readings[] = {
	{"no text anywhere", {"", "", ""}, 0, HEAD("1")},
	{"one part", {PART("41", RUN, "1/1") "kraken,A 1 2 3\n", "", ""}, 1,
		HEAD("42") "kraken,A 1 2 3\n"},
	{"without streams", {PART("7", RUN, "1/1"), "", ""}, 1, HEAD("8")},
	{"in another partition", {"", "", PART("7", RUN, "1/1") "kraken,A%20 1 2 3\n"}, 1,
		HEAD("8") "kraken,A%20 1 2 3\n"},
	{"the highest counter wins, two parts in any order",
		{PART("9", RUN, "1/1") "kraken,A 1 2 3\n",
			PART("10", RUN, "2/2") "kraken,B 3 4 5\n",
			PART("10", RUN, "1/2") "kraken,A 1 9 3\n"},
		1, HEAD("11") "kraken,A 1 9 3\nkraken,B 3 4 5\n"},
	{"a part is missing", {PART("10", RUN, "2/2") "kraken,B 3 4 5\n", "", ""}, -1,
		"cannot use the cursor: of its 2 parts 1 are missing"},
	{"an older one does not stand in",
		{PART("10", RUN, "2/2") "kraken,B 3 4 5\n", PART("9", RUN, "1/2"), ""}, -1,
		"cannot use the cursor: of its 2 parts 1 are missing"},
	{"a part twice", {PART("10", RUN, "1/2"), PART("10", RUN, "1/2"), ""}, -1,
		"cannot use the cursor: its part in partition 1 belongs to another one with the same "
		"counter"},
	{"parts of two runs", {PART("10", RUN, "1/2"), PART("10", "fedcba9876543210", "2/2"), ""},
		-1,
		"cannot use the cursor: its part in partition 1 belongs to another one with the same "
		"counter"},
	{"somebody else's", {PART("10", RUN, "1/1"), "{\"a\":1}", ""}, -1,
		"cannot use the cursor: its part in partition 1 is not of tradepipe's making"},
	{"a later release's", {"tradepipe-cursor/2 what it may say", "", ""}, -1,
		"cannot use the cursor: its part in partition 0 was written by another release of "
		"tradepipe"},
	{"other fields", {"tradepipe-cursor/1 1 " RUN " 1/1 product_id\nA 1 2 3\n", "", ""}, -1,
		"cannot use the cursor: it is of streams by product_id, not by exchange,product_id"},
	{"a stream twice", {PART("1", RUN, "1/1") "x,A 1 2 3\nx,A 1 2 3\n", "", ""}, -1,
		"cannot use the cursor: its part in partition 0 names a stream twice"},
	{"cut short", {PART("1", RUN, "1/1") "x,A 1 2 3", "", ""}, -1, NULL},
	{"cut within the head", {"tradepipe-cursor/1 1 " RUN " 1/1 x", "", ""}, -1, NULL},
	{"nothing but the tag", {"tradepipe-cursor/", "", ""}, -1, NULL},
	{"a run that is none", {PART("1", "123", "1/1"), "", ""}, -1, NULL},
	{"part 0", {PART("1", RUN, "0/1"), "", ""}, -1, NULL},
	{"part 2 of 1", {PART("1", RUN, "2/1"), "", ""}, -1, NULL},
	{"more parts than there are", {PART("1", RUN, "1/201"), "", ""}, -1, NULL},
	{"too few values", {PART("1", RUN, "1/1") "A 1 2 3\n", "", ""}, -1, NULL},
	{"too many", {PART("1", RUN, "1/1") "x,y,A 1 2 3\n", "", ""}, -1, NULL},
	{"first above last", {PART("1", RUN, "1/1") "x,A 3 2 3\n", "", ""}, -1, NULL},
	{"a time beyond time", {PART("1", RUN, "1/1") "x,A 1 2 9223372036854775808\n", "", ""}, -1,
		NULL},
	{"an escape that is none", {PART("1", RUN, "1/1") "x,A%2g 1 2 3\n", "", ""}, -1, NULL},
	{"half an escape", {PART("1", RUN, "1/1") "x,A%2 1 2 3\n", "", ""}, -1, NULL},
	{"something behind", {PART("1", RUN, "1/1") "x,A 1 2 3 4\n", "", ""}, -1, NULL},
};

static void test_read(void)
{
	static const char damaged[] = "cannot use the cursor: its part in partition 0 is damaged";

	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		const char *said = readings[i].said ? readings[i].said : damaged;
		struct cursor *c = fresh(1);
		struct span texts[3];
		struct err err = {.text = ""};
		int result;
		for (int k = 0; k < 3; k++)
			texts[k] = span_make(*readings[i].texts[k] ? readings[i].texts[k] : NULL,
				strlen(readings[i].texts[k]));
		result = cursor_read(c, texts, 3, &err);
		if (!TAP_OK(result == readings[i].result &&
				    (result < 0 ? strcmp(err.text, said) == 0 &&
							    err.code == EXIT_USAGE
						: writes(c, said)),
			    "%s", readings[i].name))
			printf("# %d, %s\n", result, err.text);
		cursor_close(c);
	}
}

static void test_empty_metadata(void)
{
	const struct span texts[] = {{"", 0}};
	struct cursor *c = fresh(1);
	struct err err;

	TAP_OK(cursor_read(c, texts, 1, &err) < 0, "an empty text is not ours");
	cursor_close(c);
}

/* As many streams as there is room for, with the longest ids and times: none outgrows its part. */
static void test_room(size_t parts, size_t least)
{
	static struct cursor_text text;
	struct cursor *c = fresh(parts), *again = fresh(parts);
	char reason[CURSOR_REASON_MAX], name[64];
	size_t n = 0, longest = 0;
	bool good = true;

	for (;; n++) {
		snprintf(name, sizeof name, "PRODUCT-%zu", n);
		if (judge(c, name, 1, 1, reason) != CURSOR_NEXT)
			break;
	}
	TAP_OK(n >= least && judge(c, name, 1, 1, reason) == CURSOR_FULL &&
			strncmp(reason, "the cursor has no room for the stream of 'PRODUCT-", 50) ==
				0,
		"%zu streams in %zu parts; the next one is refused by name", n, parts);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "PRODUCT-%zu", i);
		good = judge(c, name, UINT64_MAX, INT64_MAX, NULL) == CURSOR_GAP && good;
	}
	cursor_write(c, &text);
	for (size_t i = 0; i < text.n; i++)
		longest = text.spans[i].n > longest ? text.spans[i].n : longest;
	TAP_OK(good && text.n == (parts < CURSOR_PARTS_MAX ? parts : CURSOR_PARTS_MAX) &&
			longest <= CURSOR_PART_MAX,
		"no part outgrows a partition: %zu", longest);
	TAP_OK(cursor_read(again, text.spans, text.n, NULL) == 1 && cursor_streams(again) == n,
		"all of it is read back");
	cursor_commit(c);
	cursor_write(c, &text);
	TAP_OK(judge(again, "PRODUCT-0", UINT64_MAX, 0, NULL) == CURSOR_SKIP &&
			judge(again, "PRODUCT-none", 1, 1, NULL) == CURSOR_FULL,
		"and is as full");
	cursor_close(again);
	again = fresh(1);
	TAP_OK(parts == 1 || cursor_read(again, text.spans, text.n, NULL) < 0,
		"fewer partitions do not hold it");
	cursor_close(again);
	cursor_rollback(c);
	cursor_text_release(&text);
	cursor_close(c);
}

static void test_room_again(void)
{
	struct cursor *c = fresh(1);
	char name[3000];
	size_t first = 0, second = 0;

	cursor_commit(c);
	memset(name, 'x', sizeof name);
	for (int round = 0; round < 2; round++) {
		size_t *n = round ? &second : &first;
		for (name[200] = '\0'; *n < 100; ++*n) {
			name[0] = (char)('A' + *n);
			if (judge(c, name, 1, 1, NULL) != CURSOR_NEXT)
				break;
		}
		cursor_rollback(c);
	}
	TAP_OK(first > 5 && first == second, "room that is undone is room again");
	name[200] = 'x';
	name[2900] = '\0';
	TAP_OK(judge(c, name, 1, 1, NULL) == CURSOR_NEXT, "a long name");
	cursor_rollback(c);
	memset(name, ' ', 2900);
	TAP_OK(judge(c, name, 1, 1, NULL) == CURSOR_FULL, "too long when it is escaped");
	cursor_close(c);
}

static void test_fields(void)
{
	static const char *const bad[] = {"", ",a", "a,", "a,,b", "1,2,3,4,5,6,7,8,9"};
	char longest[1200];
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		TAP_OK(!cursor_open(span_text(bad[i]), 1, 1, &err) && err.code == EXIT_USAGE,
			"fields '%s'", bad[i]);
	memset(longest, 'a', sizeof longest);
	TAP_OK(!cursor_open(span_make(longest, sizeof longest), 1, 1, &err), "too long a field");
}

/* Fields, a record to adopt, the reason why not, and the record that is written then. */
static const struct {
	const char *fields, *record, *reason, *written;
} adoptions[] = {
	{FIELDS,
		"{\"product_id\":\"BTC/USD\",\"timestamp\":\"2026-09-30T01:34:50.331350Z\","
		"\"trade_id\":109583109,\"exchange\":\"kraken\"}",
		NULL,
		"{\"product_id\":\"BTC/USD\",\"timestamp\":\"2026-09-30T01:34:50.331350Z\","
		"\"trade_id\":109583109,\"exchange\":\"kraken\"}\n"},
	{FIELDS,
		"{\"product_id\":\"a\\\"\\u00e9\",\"timestamp\":\"2026-09-30T03:34:50.000000001+02:00\","
		"\"trade_id\":\"18446744073709551615\",\"exchange\":\"x\",\"price\":1}",
		NULL,
		"{\"product_id\":\"a\\\"\xc3\xa9\",\"timestamp\":\"2026-09-30T01:34:50.000000001Z\","
		"\"trade_id\":18446744073709551615,\"exchange\":\"x\"}\n"},
	{"@binance,symbol", "{\"product_id\":\"BTCUSDT\",\"timestamp_ms\":1000,\"trade_id\":1}",
		NULL,
		"{\"product_id\":\"BTCUSDT\",\"timestamp\":\"1970-01-01T00:00:01.000000Z\",\"trade_id\":"
		"1,\"exchange\":\"binance\"}\n"},
	{"@binance,symbol",
		"{\"symbol\":\"BTCUSDT\",\"product_id\":\"?\",\"timestamp\":\"1970-01-01T00:00:01Z\","
		"\"trade_id\":1}",
		NULL,
		"{\"product_id\":\"BTCUSDT\",\"timestamp\":\"1970-01-01T00:00:01.000000Z\",\"trade_id\":"
		"1,\"exchange\":\"binance\"}\n"},
	{"product_id", "{\"product_id\":\"P\",\"timestamp_ms\":1,\"trade_id\":1}", NULL,
		"{\"product_id\":\"P\",\"timestamp\":\"1970-01-01T00:00:00.001000Z\",\"trade_id\":1}\n"},
	{"a.b", "{\"a\":{\"b\":5},\"timestamp_ms\":1,\"trade_id\":1}", NULL,
		"{\"product_id\":\"5\",\"timestamp\":\"1970-01-01T00:00:00.001000Z\",\"trade_id\":1}\n"},
	{"a,b", "{\"a\":1,\"b\":2,\"timestamp_ms\":1,\"trade_id\":1}", NULL, NULL},
	{"exchange", "{\"exchange\":1,\"timestamp_ms\":1,\"trade_id\":1}", NULL, NULL},
	{FIELDS, "{\"product_id\":\"P\",\"timestamp_ms\":1,\"trade_id\":1}", "exchange is missing",
		NULL},
	{FIELDS, "{\"exchange\":\"P\",\"timestamp_ms\":1,\"trade_id\":1}", "the product is missing",
		NULL},
	{FIELDS, "{\"exchange\":\"P\",\"product_id\":[1],\"timestamp_ms\":1,\"trade_id\":1}",
		"a name in it is neither a string nor a number", NULL},
	{FIELDS, "{\"exchange\":\"x\",\"product_id\":\"P\",\"timestamp_ms\":1}",
		"trade_id is missing", NULL},
	{FIELDS, "{\"exchange\":\"x\",\"product_id\":\"P\",\"timestamp_ms\":1,\"trade_id\":1.5}",
		"trade_id is not an integer", NULL},
	{FIELDS, "{\"exchange\":\"x\",\"product_id\":\"P\",\"trade_id\":1}", "timestamp is missing",
		NULL},
	{FIELDS, "{\"exchange\":\"x\",\"product_id\":\"P\",\"trade_id\":1,\"timestamp\":\"today\"}",
		"timestamp is not RFC 3339", NULL},
	{FIELDS, "[]", "not a JSON object", NULL},
	{FIELDS, "oops", "not JSON: no value where one is due", NULL},
};

static void test_adopt(void)
{
	for (size_t i = 0; i < sizeof adoptions / sizeof *adoptions; i++) {
		const char *wanted = adoptions[i].written, *reason, *why = "not adopted";
		struct cursor *c = cursor_open(span_text(adoptions[i].fields), 1, 1, NULL);
		struct buf line;
		bool good;
		buf_init(&line, 4096);
		reason = cursor_adopt(c, span_text(adoptions[i].record));
		good = adoptions[i].reason ? reason && strcmp(reason, adoptions[i].reason) == 0
					   : !reason && cursor_streams(c) == 1;
		if (!reason)
			why = cursor_write_record(c, 0, &line);
		good = good &&
			(wanted ? !why && span_is_text(buf_span(&line), wanted) : why != NULL);
		if (!TAP_OK(good, "adopted by %s: %s", adoptions[i].fields, adoptions[i].record))
			printf("# %s, %s, %.*s\n", reason ? reason : "", why ? why : "",
				(int)line.len, line.data ? line.data : "");
		if (!reason)
			reason = cursor_adopt(c, span_text(adoptions[i].record));
		TAP_OK(reason && (adoptions[i].reason || strstr(reason, "named before")),
			"and not again");
		buf_release(&line);
		cursor_close(c);
	}
}

static void test_load(void)
{
	static const char text[] =
		"tradepipe-cursor/1 5 " RUN " 1/1 @b%20c,symbol\nb%20c,P 1 2 0\n";
	const struct span texts[] = {{NULL, 0}, {text, sizeof text - 1}};
	struct cursor *c;
	struct buf line;

	buf_init(&line, 4096);
	TAP_OK(cursor_load(&c, texts, 1, NULL) == 0 && !c, "loading no cursor");
	TAP_OK(cursor_load(&c, texts, 2, NULL) == 1 && cursor_fields(c) == 2 &&
			!cursor_write_record(c, 0, &line) &&
			span_is_text(buf_span(&line),
				"{\"product_id\":\"P\",\"timestamp\":\"1970-01-01T00:00:00.000000Z\","
				"\"trade_id\":2,\"exchange\":\"b c\"}\n"),
		"loading one whatever its fields are");
	line.ceiling = line.len + 10;
	TAP_OK(cursor_write_record(c, 0, &line) != NULL && line.len == line.ceiling - 10,
		"a record that does not fit is not begun");
	buf_release(&line);
	cursor_close(c);
}

int main(void)
{
	test_judge();
	test_rollback();
	test_read();
	test_empty_metadata();
	test_room(1, 55);
	test_room(3, 165);
	test_room(300, 11000);
	test_room_again();
	test_fields();
	test_adopt();
	test_load();
	return tap_end();
}
