/* Which trade is next, which came before, and which is missing. */
#include "market/feed.h"

#include <stdlib.h>

#include "base/stamp.h"

#include "tap.h"

#define MS STAMP_NS_PER_MS

/* Trades of one product in turn; what feed_judge() says to each. What is missing is lost then. */
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

/* A feed of one product, which is returned. */
static struct feed_product *init_one(struct feed *feed)
{
	static char name[] = "A";
	char *names[] = {name};
	const char *twice;

	feed_init(feed, names, 1, &twice);
	return feed->products;
}

static void test_judge(void)
{
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint64_t last_id = product->last_id, missing = 0;
		int64_t last_ns = product->last_ns;
		enum feed_verdict verdict = feed_judge(product, steps[i].id, steps[i].time_ns);
		bool stays = product->last_id == last_id && product->last_ns == last_ns;

		if (verdict == FEED_GAP) {
			stays = stays && product->seen_id == steps[i].id &&
				feed_missing_to(product) == steps[i].id;
			missing = last_id + 1;
			feed_move(product, steps[i].id, steps[i].time_ns);
		}
		if (!TAP_OK(verdict == steps[i].verdict && missing == steps[i].missing &&
				    (stays || verdict == FEED_NEXT),
			    "%s", steps[i].name))
			printf("# verdict %d, missing %llu\n", (int)verdict,
				(unsigned long long)missing);
	}
	feed_release(&feed);
}

static void test_last_time(void)
{
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	feed_judge(product, 100, INT64_MAX);
	TAP_OK(feed_judge(product, 100, INT64_MAX) == FEED_REPEATED &&
			feed_judge(product, 99, 1) == FEED_REPEATED,
		"nothing is later than the last time there is");
	feed_release(&feed);
}

static void test_begin(void)
{
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	TAP_OK(!product->begun, "a product has not begun");
	feed_begin_after(product, 100, 10 * MS);
	TAP_OK(product->begun && feed_missing_to(product) == 100, "then it has, without a hole");
	TAP_OK(feed_judge(product, 99, 9 * MS) == FEED_BEFORE &&
			feed_judge(product, 100, 10 * MS) == FEED_BEFORE,
		"what lies before its beginning");
	TAP_OK(feed_judge(product, 101, 10 * MS) == FEED_NEXT, "what lies behind it");
	TAP_OK(feed_judge(product, 100, 10 * MS) == FEED_BEFORE &&
			feed_judge(product, 101, 10 * MS) == FEED_REPEATED,
		"still before, and repeated");
	feed_begin_after(product, 200, 10 * MS);
	TAP_OK(feed_judge(product, 199, 60010 * MS) == FEED_BEFORE &&
			feed_judge(product, 199, 60011 * MS + 1) == FEED_ANEW,
		"at first its time need not be the latest of them");
	TAP_OK(feed_judge(product, 203, 10 * MS) == FEED_GAP && product->last_id == 200,
		"a hole right at its beginning");
	feed_release(&feed);
}

/* Before the first trade of all. */
static void test_from_one(void)
{
	char a[] = "A", b[] = "B", *names[] = {a, b};
	struct feed feed;
	const char *twice;

	feed_init(&feed, names, 2, &twice);
	TAP_OK(feed_judge(&feed.products[0], 3, MS) == FEED_NEXT, "a stream begins anywhere");
	feed.products[1].from_one = true;
	TAP_OK(feed_judge(&feed.products[1], 3, MS) == FEED_GAP &&
			feed_judge(&feed.products[1], 1, MS) == FEED_NEXT &&
			feed_judge(&feed.products[1], 2, MS) == FEED_NEXT,
		"but one from its first trade on");
	feed_release(&feed);
}

/* What is missing before the held ones, and before those that were forgotten. */
static void test_missing(void)
{
	struct hold_room room = {.ceiling = 1 << 20};
	struct held held = {.id = 0, .object = SPAN("x")};
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	feed_begin_after(product, 10, MS);
	for (held.id = 13; held.id < 16; held.id++) {
		feed_judge(product, held.id, MS);
		hold_add(&product->hold, &room, &held);
	}
	TAP_OK(feed_missing_to(product) == 12 && product->last_id == 10, "up to what is held");
	hold_forget(&product->hold, &room);
	TAP_OK(feed_missing_to(product) == 15, "up to what was forgotten");
	held.id = 18;
	feed_judge(product, held.id, MS);
	hold_add(&product->hold, &room, &held);
	TAP_OK(feed_missing_to(product) == 17, "up to what was held later");
	feed_move(product, 11, 2 * MS);
	TAP_OK(product->last_id == 11 && product->last_ns == 2 * MS && product->seen_id == 18,
		"moves on");
	feed_move(product, 18, MS);
	hold_forget(&product->hold, &room);
	TAP_OK(feed_missing_to(product) == 18 && product->last_ns == 2 * MS, "up to the end");
	feed_release(&feed);
}

/* It was interrupted before anything came. */
static void test_adrift(void)
{
	char a[] = "A", b[] = "B", *names[] = {a, b};
	struct feed_product *product;
	struct feed feed;
	const char *twice;

	feed_init(&feed, names, 2, &twice);
	product = feed.products;
	feed_open(product, 5 * MS);
	feed_interrupt(product);
	TAP_OK(product->adrift && feed_judge(product, 7, 9 * MS) == FEED_GAP &&
			feed_missing_to(product) == 7,
		"nothing tells what is missing before the first trade");
	feed_begin_after(product, 6, product->last_ns);
	TAP_OK(!product->adrift && product->seen_id == 7 && product->since_ns == 5 * MS &&
			feed_judge(product, 7, 3 * MS) == FEED_NEXT && product->since_ns == 0 &&
			product->last_ns == 3 * MS,
		"until it is told; the first trade gives the time");
	feed_open(product, 8 * MS);
	feed_interrupt(product);
	TAP_OK(!product->adrift && product->since_ns == 0, "once it has begun it is not");
	feed_interrupt(&feed.products[1]);
	TAP_OK(feed_judge(&feed.products[1], 1, MS) == FEED_NEXT && !feed.products[1].adrift,
		"nor with the first trade of all");
	feed_release(&feed);
}

/* It is known since when it is to have trades: an answer may tell that our clock is ahead. */
static void test_since(void)
{
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	feed_begin_since(product, 5 * MS);
	feed_open(product, 0);
	feed_open(product, 9 * MS);
	TAP_OK(product->adrift && !product->begun && product->since_ns == 5 * MS &&
			product->last_ns == 5 * MS,
		"a later acknowledgement changes nothing, nor one without a time");
	feed_open(product, 3 * MS);
	TAP_OK(product->since_ns == 3 * MS && product->last_ns == 3 * MS, "an earlier one does");
	feed_begin_since(product, 0);
	TAP_OK(product->since_ns > 0, "since ever");
	feed_release(&feed);
}

/* It begins with this one for want of a better one: those before it may come after all. */
static void test_doubt(void)
{
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	feed_begin_since(product, 5 * MS);
	feed_doubt(product, 5000);
	TAP_OK(product->last_id == 4999 && !product->adrift && product->since_ns == 5 * MS,
		"where it begins");
	TAP_OK(feed_judge(product, 4999, 90 * MS) == FEED_REPEATED &&
			feed_judge(product, 1, 90 * MS) == FEED_REPEATED,
		"those before it are no new sequence");
	feed_judge(product, 5000, 95 * MS);
	TAP_OK(feed_judge(product, 4999, 97 * MS) == FEED_REPEATED &&
			feed_judge(product, 1, 90 * MS) == FEED_BEFORE &&
			feed_judge(product, 1, 97 * MS) == FEED_ANEW,
		"nor are, once there are later ones, the last of them");
	feed_doubt(product, 1);
	TAP_OK(product->from_one && product->last_id == 0, "from the first of all on");
	feed_release(&feed);
}

/* Those that were given up come after all. */
static void test_lost(void)
{
	struct feed feed;
	struct feed_product *product = init_one(&feed);

	feed_judge(product, 10, 10 * MS);
	feed_lose(product, 12);
	feed_lose(product, 15);
	TAP_OK(feed_judge(product, 11, 90 * MS) == FEED_REPEATED &&
			feed_judge(product, 15, 90 * MS) == FEED_REPEATED,
		"what was lost is no new sequence");
	TAP_OK(feed_judge(product, 10, 90 * MS) == FEED_ANEW, "what was not is");
	feed_judge(product, 16, 16 * MS);
	feed_lose(product, 18);
	TAP_OK(feed_judge(product, 17, 90 * MS) == FEED_REPEATED &&
			feed_judge(product, 12, 12 * MS) == FEED_REPEATED &&
			feed_judge(product, 16, 90 * MS) == FEED_ANEW,
		"also of another hole");
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
	TAP_OK(feed_find(&feed, span_text("C"))->state == FEED_ASKED &&
			feed_count(&feed, FEED_ASKED) == 1 &&
			feed_count(&feed, FEED_ACKNOWLEDGED) == 1,
		"answers are told apart");
	feed_ask_again(&feed);
	TAP_OK(feed_count(&feed, FEED_ASKED) == 3 && feed_count(&feed, FEED_REFUSED) == 0,
		"all are asked for again");
	TAP_OK(feed_count(&feed, FEED_ACKNOWLEDGED) == 0, "none is acknowledged then");
	feed_release(&feed);
}

int main(void)
{
	test_judge();
	test_last_time();
	test_begin();
	test_from_one();
	test_missing();
	test_adrift();
	test_since();
	test_doubt();
	test_lost();
	test_names();
	test_states();
	return tap_end();
}
