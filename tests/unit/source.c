/* Lines of all sources, told apart. */
#include "market/source.h"

#include "market/kraken_trade.h"

#include "heard.h"
#include "source_table.h"
#include "tap.h"

static int read_line(const struct line *line, size_t most, struct heard *heard)
{
	const struct source_sink sink = {on_trade, on_passed, on_bad, heard};
	struct source source;
	int result;

	*heard = (struct heard){.left = most};
	source_init(&source, line->pinned, line->product, line->exchange, &sink);
	result = source_read(&source, span_text(line->line));
	source_release(&source);
	return result;
}

static void test_lines(const struct line *table, size_t n)
{
	static struct heard heard;

	for (size_t i = 0; i < n; i++) {
		int result = read_line(&table[i], SIZE_MAX, &heard);
		if (!TAP_OK(result == 0 && strcmp(heard.calls, table[i].calls) == 0, "%s: %s",
			    source_names[table[i].pinned], table[i].line))
			printf("# %s# not\n# %s", heard.calls, table[i].calls);
	}
}

static bool takes(size_t shape, enum source_kind kind)
{
	for (size_t i = 0; shapes[shape].kinds[i] != SOURCE_AUTO; i++)
		if (shapes[shape].kinds[i] == kind)
			return true;
	return false;
}

/* Members that have no place in a line with trades do not keep it from being read. */
static void test_other_members(void)
{
	static const char *const with_trades[] = {KRAKEN("1"), RECORD(""), UPDATE(KRAKEN("1")),
		ANSWER(ROW), AGG_EVENT, STREAM(AGG_EVENT), NATIVE};
	static const char *const others[] = {"\"method\":\"x\"", "\"channel\":\"x\"",
		"\"result\":1,\"id\":2", "\"event\":\"x\"", "\"stream\":\"x\"", "\"error\":\"\"",
		"\"error\":[]", "\"error\":{}", "\"Error\":\"x\"", "\"code\":-1,\"msg\":\"x\"",
		"\"symbol\":\"x\"", "\"a\":1,\"p\":\"1\"", "\"count\":1", "\"e\":\"x\""};
	enum { N = sizeof others / sizeof *others };
	static struct heard heard, wanted;
	char text[1024];

	for (size_t i = 0; i < sizeof with_trades / sizeof *with_trades; i++) {
		const char *own = with_trades[i];
		/* an event of another name is none of a trade */
		size_t n = own[2] == 's' && own[3] == '"' ? N - 1 : N;
		read_line(&(struct line){.line = own}, SIZE_MAX, &wanted);
		for (size_t j = 0; j < n; j++) {
			snprintf(text, sizeof text, "{%s,%s", others[j], own + 1);
			read_line(&(struct line){.line = text}, SIZE_MAX, &heard);
			TAP_OK(strchr("01", *heard.calls) && !strcmp(heard.calls, wanted.calls),
				"no worse with %s: %s# %s", others[j], heard.calls, text);
		}
	}
}

/* Each shape under each source that can be pinned. */
static void test_pinned(void)
{
	static struct heard heard, unpinned;
	char refused[64];

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct line line = {SOURCE_AUTO, "X", "y", shapes[i].line, NULL};
		bool right = true;
		read_line(&line, SIZE_MAX, &unpinned);
		for (line.pinned = SOURCE_KRAKEN; source_names[line.pinned]; line.pinned++) {
			if (line.pinned == SOURCE_BINANCE_CSV && line.line[0] == '1')
				continue; /* 17 is an archive line of too few columns */
			read_line(&line, SIZE_MAX, &heard);
			snprintf(refused, sizeof refused, "bad 0: not a %s line\n",
				source_names[line.pinned]);
			if (!strcmp(heard.calls, takes(i, line.pinned) ? unpinned.calls : refused))
				continue;
			right = false;
			printf("# %s: %s", source_names[line.pinned], heard.calls);
		}
		TAP_OK(right, "taken where it is pinned, refused elsewhere: %s", line.line);
	}
}

/* The two ways to a line, of which a blank behind the brace shows the longer one, must agree. */
static bool ways_agree(const char *line)
{
	static struct heard usual, longer;
	char spaced[1024];

	snprintf(spaced, sizeof spaced, "{ %s", line + 1);
	read_line(&(struct line){.line = line}, SIZE_MAX, &usual);
	read_line(&(struct line){.line = spaced}, SIZE_MAX, &longer);
	return strcmp(usual.calls, longer.calls) == 0;
}

/* Stamped lines, whole, cut short, and with other bytes. */
static void test_stamped(void)
{
	static const char *const stamped[] = {FRAME(UPDATE(KRAKEN("1") "," KRAKEN("2"))),
		FRAME(KRAKEN("1")), FRAME(RECORD("")), FRAME(NATIVE), FRAME(FRAME(KRAKEN("1"))),
		KRAKEN_STAMPED};
	static const char bytes[] = "09-. \"\\{}[],:ns\x80";
	struct kraken_trade trade;
	char text[1024];

	TAP_OK(kraken_trade_read_native(span_text(KRAKEN_STAMPED), &trade) && !trade.native,
		"a stamped record of Kraken's goes the usual way");
	for (size_t i = 0; i < sizeof stamped / sizeof *stamped; i++) {
		size_t n = strlen(stamped[i]), wrong = !ways_agree(stamped[i]);
		for (size_t at = 1; at < n; at++) {
			memcpy(text, stamped[i], n + 1);
			for (size_t c = 0; c < sizeof bytes; c++) {
				text[at] = bytes[c];
				wrong += !ways_agree(text);
			}
		}
		TAP_OK(wrong == 0, "both ways agree, %zu times not: %s", wrong, stamped[i]);
	}
}

/* A sink that wants no more gets no more, and source_read() says so. */
static void test_leaving(void)
{
	static const char *const texts[] = {
		UPDATE(KRAKEN("1") "," KRAKEN("2") "," KRAKEN("3")),
		SNAPSHOT(KRAKEN("1") "," KRAKEN("2") "," KRAKEN("3")),
		SNAPSHOT("1,2,3"),
		ANSWER(ROW "," ROW "," ROW),
		ANSWER("1,2,3"),
		"[" AGG("", "5") "," AGG("", "6") "," AGG("", "7") "]",
		"[{},1,{}]",
	};
	static struct heard heard;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct line line = {SOURCE_AUTO, "X", NULL, texts[i], NULL};
		int result = read_line(&line, 2, &heard);
		const char *first = strchr(heard.calls, '\n');
		const char *second = first ? strchr(first + 1, '\n') : NULL;
		TAP_OK(result == -1 && second && second[1] == '\0', "left after two of: %s",
			texts[i]);
	}
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (strchr(lines[i].calls, '\n')[1] == '\0' &&
			read_line(&lines[i], 1, &heard) != -1)
			TAP_OK(false, "the sink's answer is handed on: %s", lines[i].line);
}

static int on_name(void *arg, const struct trade *trade, size_t index)
{
	size_t *n = arg;

	(void)index;
	*n += trade->product.n;
	return 0;
}

static int on_nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int on_reason(void *arg, size_t index, const char *reason)
{
	size_t *n = arg;

	(void)index;
	*n += strlen(reason);
	return 0;
}

static size_t read_long(const char *before, size_t n, const char *behind)
{
	size_t sum = 0;
	const struct source_sink sink = {on_name, on_nothing, on_reason, &sum};
	struct source source;
	struct buf line;

	buf_init(&line, n + 1024);
	buf_add_text(&line, before);
	memset(buf_room(&line, n), 'x', n);
	buf_added(&line, n);
	buf_add_text(&line, behind);
	source_init(&source, SOURCE_AUTO, NULL, NULL, &sink);
	source_read(&source, buf_span(&line));
	source_release(&source);
	buf_release(&line);
	return sum;
}

/* Texts of any length go through, or are left out of a reason. */
static void test_long(void)
{
	TAP_OK(read_long("{\"error\":[\"E\\n", 1000, "\"]}") ==
			strlen("an error answer of Kraken: E\n") + 1000,
		"an error of 1000 bytes is quoted");
	TAP_OK(read_long("{\"error\":[\"E\\n", 1000000, "\"]}") ==
			strlen("an error answer of Kraken"),
		"one of 1000000 is not");
	TAP_OK(read_long("{\"error\":[\"E", 1000000, "\"]}") == strlen("an error answer of Kraken"),
		"be it escaped or not");
	TAP_OK(read_long("{\"error\":[],\"result\":{\"\\u0058", 1000, "\":[" ROW "]}}") == 1001,
		"a name of 1001 bytes is handed on");
	TAP_OK(read_long("{\"error\":[],\"result\":{\"\\u0058", 1000000, "\":[" ROW "]}}") == 0,
		"one of 1000001 is none");
}

int main(void)
{
	test_lines(lines, sizeof lines / sizeof *lines);
	test_lines(pinned_lines, sizeof pinned_lines / sizeof *pinned_lines);
	test_other_members();
	test_pinned();
	test_stamped();
	test_leaving();
	test_long();
	return tap_end();
}
