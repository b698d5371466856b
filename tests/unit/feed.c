/* Which trade is next, which came before, and which is missing. */
#include "market/feed.h"

#include <stdlib.h>

#include "base/stamp.h"

#include "tap.h"

#define MS STAMP_NS_PER_MS

/* Trades of one product in turn; what feed_judge() says to each. */
static const struct {
	const char *name;
	uint64_t id;
	int64_t time_ns;
	enum feed_verdict verdict;
	uint64_t missing;
} steps[] = {
	{"the first trade", 100, 10 * MS, FEED_NEXT, 0},
	{"the next one", 101, 11 * MS, FEED_NEXT, 0},
	{"at the same time", 102, 11 * MS, FEED_NEXT, 0},
	{"earlier by its time, later by its id", 103, 9 * MS, FEED_NEXT, 0},
	{"the last one again", 103, 9 * MS, FEED_REPEATED, 0},
	{"an older one again, though later by its time", 102, 11 * MS, FEED_REPEATED, 0},
	{"one that nobody saw, from before", 50, 1 * MS, FEED_REPEATED, 0},
	{"without an id", 0, 12 * MS, FEED_NEXT, 0},
	{"which moves nothing", 104, 12 * MS, FEED_NEXT, 0},
	{"one is missing", 106, 13 * MS, FEED_GAP, 105},
	{"goes on behind the hole", 107, 13 * MS, FEED_NEXT, 0},
	{"one out of the hole, late", 105, 13 * MS, FEED_REPEATED, 0},
	{"many are missing", 1000, 14 * MS, FEED_GAP, 108},
	{"again, a microsecond later", 1000, 14 * MS + 1100, FEED_REPEATED, 0},
	{"again, at the edge", 1000, 15 * MS, FEED_REPEATED, 0},
	{"the same id, clearly later", 1000, 15 * MS + 1, FEED_ANEW, 0},
	{"a sequence that began anew", 1, 60 * 1000 * MS, FEED_ANEW, 0},
	{"does not move the old one", 1001, 60 * 1000 * MS, FEED_NEXT, 0},
	{"the last id there is", UINT64_MAX, 61 * 1000 * MS, FEED_GAP, 1002},
	{"and again", UINT64_MAX, 61 * 1000 * MS, FEED_REPEATED, 0},
	{"clearly later than ever, up to the last time there is", UINT64_MAX, INT64_MAX, FEED_ANEW,
		0},
};

static void test_judge(void)
{
	char name[] = "A", *names[] = {name};
	struct feed feed;
	const char *twice;

	feed_init(&feed, names, 1, &twice);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint64_t missing = 0;
		enum feed_verdict verdict =
			feed_judge(&feed.products[0], steps[i].id, steps[i].time_ns, &missing);
		if (!TAP_OK(verdict == steps[i].verdict && missing == steps[i].missing, "%s",
			    steps[i].name))
			printf("# verdict %d, missing %llu\n", (int)verdict,
				(unsigned long long)missing);
	}
	feed_release(&feed);
}

static void test_last_time(void)
{
	char name[] = "A", *names[] = {name};
	struct feed feed;
	const char *twice;
	uint64_t missing;

	feed_init(&feed, names, 1, &twice);
	feed_judge(feed.products, 100, INT64_MAX, &missing);
	TAP_OK(feed_judge(feed.products, 100, INT64_MAX, &missing) == FEED_REPEATED &&
			feed_judge(feed.products, 99, 1, &missing) == FEED_REPEATED,
		"nothing is later than the last time there is");
	feed_release(&feed);
}

static void test_begin(void)
{
	char name[] = "A", *names[] = {name};
	struct feed feed;
	const char *twice;
	uint64_t missing = 0;

	feed_init(&feed, names, 1, &twice);
	TAP_OK(!feed.products->begun, "a product has not begun");
	feed_begin_after(feed.products, 100, 10 * MS);
	TAP_OK(feed.products->begun, "then it has");
	TAP_OK(feed_judge(feed.products, 99, 9 * MS, &missing) == FEED_BEFORE &&
			feed_judge(feed.products, 100, 10 * MS, &missing) == FEED_BEFORE,
		"what lies before its beginning");
	TAP_OK(feed_judge(feed.products, 101, 10 * MS, &missing) == FEED_NEXT,
		"what lies behind it");
	TAP_OK(feed_judge(feed.products, 100, 10 * MS, &missing) == FEED_BEFORE &&
			feed_judge(feed.products, 101, 10 * MS, &missing) == FEED_REPEATED,
		"still before, and repeated");
	feed_begin_after(feed.products, 200, 10 * MS);
	TAP_OK(feed_judge(feed.products, 203, 10 * MS, &missing) == FEED_GAP && missing == 201,
		"a hole right at its beginning");
	feed_release(&feed);
}

static void test_names(void)
{
	enum { NAMES = 1000 };
	static char text[NAMES][8];
	char *names[NAMES], empty[] = "", longer[] = "N0000";
	struct feed feed;
	const char *twice = NULL;
	bool good = true;

	for (int i = 0; i < NAMES; i++) {
		snprintf(text[i], sizeof text[i], "N%d", i * 7 % NAMES);
		names[i] = text[i];
	}
	TAP_OK(feed_init(&feed, names, NAMES, &twice) == 0, "a thousand products");
	for (int i = 0; i < NAMES; i++) {
		struct feed_product *found = feed_find(&feed, span_text(text[i]));
		good = found && strcmp(found->name, text[i]) == 0 &&
			feed_find(&feed, span_text(text[i])) == found && good;
	}
	TAP_OK(good, "each is found");
	TAP_OK(!feed_find(&feed, span_text("N")) && !feed_find(&feed, span_text("N1000")) &&
			!feed_find(&feed, span_text("")) && !feed_find(&feed, span_text("A")) &&
			!feed_find(&feed, span_text("Z")) && !feed_find(&feed, span_text(longer)),
		"no other is");
	TAP_OK(!feed_find(&feed, span_make(NULL, 0)), "nor is no name at all");
	TAP_OK(!feed_find(&feed, span_make("N1\0", 3)), "a NUL is no end of a name");
	TAP_OK(feed_find(&feed, span_make("N12", 2)) == feed_find(&feed, span_text("N1")),
		"a span's end is");
	feed_release(&feed);
	names[500] = names[3];
	TAP_OK(feed_init(&feed, names, NAMES, &twice) < 0 && strcmp(twice, names[3]) == 0,
		"a name given twice is refused");
	names[0] = empty;
	TAP_OK(feed_init(&feed, names, 1, &twice) == 0 && feed_find(&feed, span_text("")),
		"an empty name is a name");
	feed_release(&feed);
}

static void test_states(void)
{
	char a[] = "A", b[] = "B", c[] = "C", *names[] = {c, a, b};
	struct feed feed;
	const char *twice;

	feed_init(&feed, names, 3, &twice);
	TAP_OK(feed_count(&feed, FEED_ASKED) == 3, "at first all are asked for");
	feed_find(&feed, span_text("A"))->state = FEED_ACKNOWLEDGED;
	feed_find(&feed, span_text("B"))->state = FEED_REFUSED;
	TAP_OK(strcmp(feed_first(&feed, FEED_ASKED)->name, "C") == 0 &&
			feed_count(&feed, FEED_ACKNOWLEDGED) == 1,
		"answers are told apart");
	feed_ask_again(&feed);
	TAP_OK(feed_count(&feed, FEED_ASKED) == 2 && feed_count(&feed, FEED_REFUSED) == 1,
		"all but the refused ones are asked for again");
	TAP_OK(!feed_first(&feed, FEED_ACKNOWLEDGED), "none is acknowledged then");
	feed_release(&feed);
}

int main(void)
{
	test_judge();
	test_last_time();
	test_begin();
	test_names();
	test_states();
	return tap_end();
}
