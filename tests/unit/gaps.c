/* What is missing: cases by hand, and random ones against a list of all ids. */
#include "market/gaps.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define TOP UINT64_MAX

enum { GAPS_MAX = 4, STEPS_MAX = 8 };

/* Ids in turn, each with ten times its place (from 1) as its time, and what is demanded then. */
static const struct {
	const char *name;
	size_t n;
	struct {
		uint64_t id;
		enum gaps_verdict verdict;
	} steps[STEPS_MAX];
	bool expects;
	uint64_t first, last;
	uint64_t total;
	size_t gaps;
	struct gap items[GAPS_MAX];
} cases[] = {
	{"nothing", 0, {{0}}, false, 0, 0, 0, 0, {{0}}},
	{"one", 1, {{7, GAPS_FIRST}}, false, 0, 0, 0, 0, {{0}}},
	{"in order", 3, {{7, GAPS_FIRST}, {8, GAPS_NEXT}, {9, GAPS_NEXT}}, false, 0, 0, 0, 0,
		{{0}}},
	{"a jump", 2, {{7, GAPS_FIRST}, {9, GAPS_JUMP}}, false, 0, 0, 1, 1, {{8, 8, 10, 20}}},
	{"repeated", 4, {{7, GAPS_FIRST}, {7, GAPS_REPEATED}, {9, GAPS_JUMP}, {7, GAPS_REPEATED}},
		false, 0, 0, 1, 1, {{8, 8, 10, 30}}},
	{"a gap filled", 3, {{7, GAPS_FIRST}, {9, GAPS_JUMP}, {8, GAPS_LATE}}, false, 0, 0, 0, 0,
		{{0}}},
	{"and repeated", 4, {{7, GAPS_FIRST}, {9, GAPS_JUMP}, {8, GAPS_LATE}, {8, GAPS_REPEATED}},
		false, 0, 0, 0, 0, {{0}}},
	{"from below", 3, {{1, GAPS_FIRST}, {5, GAPS_JUMP}, {2, GAPS_LATE}}, false, 0, 0, 2, 1,
		{{3, 4, 30, 20}}},
	{"from above", 3, {{1, GAPS_FIRST}, {5, GAPS_JUMP}, {4, GAPS_LATE}}, false, 0, 0, 2, 1,
		{{2, 3, 10, 30}}},
	{"split", 3, {{1, GAPS_FIRST}, {5, GAPS_JUMP}, {3, GAPS_LATE}}, false, 0, 0, 2, 2,
		{{2, 2, 10, 30}, {4, 4, 30, 20}}},
	{"below the first", 2, {{7, GAPS_FIRST}, {6, GAPS_LATE}}, false, 0, 0, 0, 0, {{0}}},
	{"far below the first", 3, {{7, GAPS_FIRST}, {4, GAPS_LATE}, {8, GAPS_NEXT}}, false, 0, 0,
		2, 1, {{5, 6, 20, 10}}},
	{"from end to end", 2, {{0, GAPS_FIRST}, {TOP, GAPS_JUMP}}, false, 0, 0, TOP - 1, 1,
		{{1, TOP - 1, 10, 20}}},
	{"backwards", 2, {{TOP, GAPS_FIRST}, {0, GAPS_LATE}}, false, 0, 0, TOP - 1, 1,
		{{1, TOP - 1, 20, 10}}},
	{"and cut", 4, {{TOP, GAPS_FIRST}, {0, GAPS_LATE}, {1, GAPS_LATE}, {TOP - 1, GAPS_LATE}},
		false, 0, 0, TOP - 3, 1, {{2, TOP - 2, 30, 40}}},
	{"the whole range demanded", 0, {{0}}, true, 0, TOP, TOP, 1, {{0, TOP, 0, 0}}},
	{"a range demanded of nothing", 0, {{0}}, true, 5, 9, 5, 1, {{5, 9, 0, 0}}},
	{"one demanded of nothing", 0, {{0}}, true, TOP, TOP, 1, 1, {{TOP, TOP, 0, 0}}},
	{"what came is demanded", 2, {{5, GAPS_FIRST}, {6, GAPS_NEXT}}, true, 5, 6, 0, 0, {{0}}},
	{"an empty range", 2, {{5, GAPS_FIRST}, {6, GAPS_NEXT}}, true, 9, 8, 0, 0, {{0}}},
	{"more at both ends", 3, {{5, GAPS_FIRST}, {6, GAPS_NEXT}, {8, GAPS_JUMP}}, true, 3, 9, 4,
		3, {{3, 4, 0, 10}, {7, 7, 20, 30}, {9, 9, 30, 0}}},
	{"all of them", 1, {{5, GAPS_FIRST}}, true, 0, TOP, TOP, 2,
		{{0, 4, 0, 10}, {6, TOP, 10, 0}}},
	{"apart from what came, below", 1, {{5, GAPS_FIRST}}, true, 0, 2, 3, 1, {{0, 2, 0, 10}}},
	{"apart from what came, above", 1, {{5, GAPS_FIRST}}, true, 8, 9, 2, 1, {{8, 9, 10, 0}}},
	{"nothing beyond the ends", 2, {{0, GAPS_FIRST}, {TOP, GAPS_JUMP}}, true, 0, TOP, TOP - 1,
		1, {{1, TOP - 1, 10, 20}}},
};

static bool is(const struct gap *gap, const struct gap *wanted)
{
	return gap->first == wanted->first && gap->last == wanted->last &&
		gap->after_ns == wanted->after_ns && gap->before_ns == wanted->before_ns;
}

static void show(const struct gaps *gaps)
{
	struct gaps_walk walk = gaps_walk_start(gaps);
	const struct gap *gap;

	while ((gap = gaps_walk_next(&walk)))
		printf("# from %llu to %llu, after %lld, before %lld\n",
			(unsigned long long)gap->first, (unsigned long long)gap->last,
			(long long)gap->after_ns, (long long)gap->before_ns);
}

static bool are(const struct gaps *gaps, const struct gap *items, size_t n)
{
	struct gaps_walk walk = gaps_walk_start(gaps);
	const struct gap *gap;
	size_t met = 0;
	bool same = gaps->n == n;

	for (; (gap = gaps_walk_next(&walk)); met++)
		same = met < n && is(gap, &items[met]) && same;
	same = same && met == n;
	if (!same)
		show(gaps);
	return same;
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gaps gaps = {.chunks = NULL};
		bool good = true;
		for (size_t k = 0; k < cases[i].n; k++)
			good = gaps_add(&gaps, cases[i].steps[k].id, 10 * (int64_t)(k + 1)) ==
					cases[i].steps[k].verdict &&
				good;
		if (cases[i].expects)
			gaps_expect(&gaps, cases[i].first, cases[i].last);
		good = are(&gaps, cases[i].items, cases[i].gaps) && good;
		TAP_OK(good && gaps_total(&gaps) == cases[i].total, "%s", cases[i].name);
		gaps_release(&gaps);
	}
}

static void test_demands(void)
{
	static const struct gap touching[] = {{0, 9, 0, 0}};
	static const struct gap outside[] = {
		{1, 3, 0, 10}, {6, 9, 0, 10}, {11, 12, 10, 20}, {14, 17, 20, 0}, {TOP, TOP, 20, 0}};
	struct gaps gaps = {.chunks = NULL};

	gaps_expect(&gaps, 0, 2);
	gaps_expect(&gaps, 6, 9);
	TAP_OK(gaps.n == 2 && gaps_total(&gaps) == 7, "demands that do not touch");
	gaps_expect(&gaps, 3, 5);
	TAP_OK(are(&gaps, touching, 1) && gaps_total(&gaps) == 10, "demands that touch");
	gaps_expect(&gaps, 4, 7);
	TAP_OK(are(&gaps, touching, 1) && gaps_total(&gaps) == 10, "a demand said twice");
	gaps_expect(&gaps, TOP, TOP);
	gaps_expect(&gaps, 0, TOP);
	TAP_OK(gaps.n == 1 && gaps_total(&gaps) == TOP, "one for all");
	gaps_release(&gaps);

	gaps_add(&gaps, 10, 10);
	gaps_add(&gaps, 13, 20);
	gaps_expect(&gaps, 8, 15);
	gaps_expect(&gaps, 6, 11);
	gaps_expect(&gaps, 12, 17);
	gaps_expect(&gaps, 1, 3);
	gaps_expect(&gaps, TOP, TOP);
	TAP_OK(are(&gaps, outside, 5) && gaps_total(&gaps) == 14, "demands around what came");
	gaps_release(&gaps);
}

enum { IDS = 40 };

struct model {
	uint64_t base;
	bool came[IDS];
	bool demanded[IDS];
	int64_t time[IDS];
	int first, last; /* below 0: none */
};

static unsigned random_below(unsigned n)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % n;
}

static enum gaps_verdict model_add(struct model *model, int i, int64_t time_ns)
{
	int last = model->last;

	if (model->came[i])
		return GAPS_REPEATED;
	model->came[i] = true;
	model->time[i] = time_ns;
	if (last < 0 || i < model->first)
		model->first = i;
	if (last < i)
		model->last = i;
	if (last < 0)
		return GAPS_FIRST;
	return i < last ? GAPS_LATE : i == last + 1 ? GAPS_NEXT : GAPS_JUMP;
}

static bool is_missing(const struct model *model, int i)
{
	bool within = model->last >= 0 && i >= model->first && i <= model->last;

	return !model->came[i] && (within || model->demanded[i]);
}

/* The time of the nearest trade on that side, or 0. */
static int64_t time_beside(const struct model *model, int i, int step)
{
	for (; i >= 0 && i < IDS; i += step)
		if (model->came[i])
			return model->time[i];
	return 0;
}

static bool agrees(const struct gaps *gaps, const struct model *model)
{
	struct gap items[IDS];
	size_t n = 0;
	uint64_t total = 0;

	for (int i = 0; i < IDS; i++) {
		uint64_t id = model->base + (uint64_t)i;
		if (!is_missing(model, i))
			continue;
		total++;
		if (i == 0 || !is_missing(model, i - 1))
			items[n++] = (struct gap){id, id, time_beside(model, i, -1), 0};
		items[n - 1].last = id;
		items[n - 1].before_ns = time_beside(model, i, 1);
	}
	return are(gaps, items, n) && gaps_total(gaps) == total;
}

static bool run_random(uint64_t base, unsigned adds)
{
	struct gaps gaps = {.chunks = NULL};
	struct model model = {.base = base, .first = -1, .last = -1};
	bool good = true;

	for (unsigned k = 0; k < adds && good; k++) {
		int i = (int)random_below(IDS);
		int64_t time_ns = 1 + (int64_t)random_below(1000);
		enum gaps_verdict verdict = model_add(&model, i, time_ns);
		good = gaps_add(&gaps, base + (uint64_t)i, time_ns) == verdict &&
			agrees(&gaps, &model);
	}
	for (unsigned k = 0; k < 4 && good; k++) {
		unsigned first = random_below(IDS), last = first + random_below(IDS - first);
		for (unsigned i = first; i <= last; i++)
			model.demanded[i] = true;
		gaps_expect(&gaps, base + first, base + last);
		good = agrees(&gaps, &model);
	}
	gaps_release(&gaps);
	return good;
}

static void test_random(void)
{
	static const uint64_t bases[] = {0, 1, UINT64_C(109583109), TOP - IDS + 1};

	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
		bool good = true;
		for (unsigned k = 0; k < 400 && good; k++)
			good = run_random(bases[i], random_below(2 * IDS));
		TAP_OK(good, "as a list of all ids from %llu on", (unsigned long long)bases[i]);
	}
}

/* Gaps for which there is memory. */
static size_t room(const struct gaps *gaps)
{
	size_t sum = 0;

	for (size_t i = 0; i < gaps->n_chunks; i++)
		sum += gaps->chunks[i].cap;
	return sum;
}

/* Every other one, then the others from the middle outwards. */
static void test_many(void)
{
	enum { MANY = 2000 };
	struct gaps gaps = {.chunks = NULL};
	bool good = true;

	for (uint64_t i = 0; i <= 2 * MANY; i += 2)
		gaps_add(&gaps, i, 1);
	TAP_OK(gaps.n == MANY && gaps_total(&gaps) == MANY, "many gaps");
	TAP_OK(room(&gaps) <= MANY + GAPS_CHUNK, "in order, in no more memory than they need");
	for (uint64_t i = 0; i < MANY; i++) {
		uint64_t id = i % 2 ? MANY - i : MANY + 1 + i;
		good = gaps_add(&gaps, id, 1) == GAPS_LATE && gaps_total(&gaps) == MANY - 1 - i &&
			good;
	}
	TAP_OK(good && gaps.n == 0, "filled from the middle outwards");
	for (uint64_t i = 2 * MANY + 1; i < 100000; i++)
		gaps_add(&gaps, i, 1);
	TAP_OK(room(&gaps) == 0, "memory follows the number of gaps, not of ids");
	gaps_release(&gaps);
	TAP_OK(!gaps.chunks && !gaps.begun, "released, nothing has come");
}

enum { LARGE = 200000 };

/* Ids that leave a gap beside each of them, or fill all of these, in an order in which a list as a
 * whole would be moved for each one. */
static bool add_large(struct gaps *gaps, uint64_t first, int64_t step, bool fill)
{
	bool good = true;

	for (uint64_t i = 0; i < LARGE; i++) {
		gaps_add(gaps, first + i * (uint64_t)step, 1);
		good = gaps->n == (fill ? LARGE - 1 - i : i) && good;
	}
	return good;
}

static void test_large(void)
{
	struct gaps gaps = {.chunks = NULL};

	TAP_OK(add_large(&gaps, (uint64_t)2 * LARGE, -2, false), "growing downwards");
	TAP_OK(room(&gaps) <= LARGE + GAPS_CHUNK, "in no more memory than they need");
	gaps_release(&gaps);
	TAP_OK(add_large(&gaps, 0, 2, false), "growing upwards");
	gaps_add(&gaps, (uint64_t)2 * LARGE, 1);
	TAP_OK(add_large(&gaps, 1, 2, true) && gaps_total(&gaps) == 0, "filled upwards");
	gaps_release(&gaps);
	add_large(&gaps, 2, 2, false);
	gaps_add(&gaps, 0, 1);
	TAP_OK(add_large(&gaps, (uint64_t)2 * LARGE - 1, -2, true), "filled downwards");
	gaps_release(&gaps);
}

/* Whether these are gaps as told by a list of all ids that came, each with its id as its time. */
static bool are_of(const struct gaps *gaps, const bool *came, uint64_t n)
{
	struct gaps_walk walk = gaps_walk_start(gaps);
	uint64_t total = 0, before = TOP;
	bool good = true;

	for (uint64_t id = 0; id < n && good; id++) {
		if (!came[id])
			continue;
		if (before < id && before != id - 1) {
			const struct gap *gap = gaps_walk_next(&walk);
			struct gap wanted = {before + 1, id - 1, (int64_t)before, (int64_t)id};
			good = gap && is(gap, &wanted);
			total += id - 1 - before;
		}
		before = id;
	}
	return good && !gaps_walk_next(&walk) && gaps_total(gaps) == total;
}

/* All ids below a number, none twice, in no order. */
static void test_shuffled(void)
{
	struct gaps gaps = {.chunks = NULL};
	uint64_t *ids = calloc(LARGE, sizeof *ids);
	bool *came = calloc(LARGE, sizeof *came);
	bool good = true;

	if (!ids || !came)
		abort();
	for (unsigned i = 0; i < LARGE; i++) {
		unsigned k = random_below(i + 1);
		ids[i] = ids[k];
		ids[k] = i;
	}
	for (size_t i = 0; i < LARGE; i++) {
		enum gaps_verdict verdict = gaps_add(&gaps, ids[i], (int64_t)ids[i]);
		came[ids[i]] = true;
		good = verdict != GAPS_REPEATED && room(&gaps) <= 4 * gaps.n + 2 * GAPS_CHUNK &&
			good;
		if (i % (LARGE / 20) == 0)
			good = are_of(&gaps, came, LARGE) && good;
		if (i % 10 == 0)
			good = gaps_add(&gaps, ids[i / 2], 0) == GAPS_REPEATED && good;
	}
	TAP_OK(good && gaps.n == 0 && gaps_total(&gaps) == 0, "in random order");
	gaps_release(&gaps);
	free(came);
	free(ids);
}

int main(void)
{
	test_cases();
	test_demands();
	test_random();
	test_many();
	test_large();
	test_shuffled();
	return tap_end();
}
