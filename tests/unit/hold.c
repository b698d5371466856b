/* Trades that wait in the order of their ids, within a room that all share. */
#include "market/hold.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "child.h"
#include "tap.h"

enum { PLENTY = 1 << 30 };

/* Whether memory is watched over by what takes far more of it. */
#if defined(__SANITIZE_ADDRESS__)
enum { CHECKED = 1 };
#elif defined(__has_feature)
enum { CHECKED = __has_feature(address_sanitizer) };
#else
enum { CHECKED = 0 };
#endif

static enum hold_result add(
	struct hold *hold, struct hold_room *room, uint64_t id, const char *text)
{
	const struct held held = {id, (int64_t)id * 10, span_text(text)};

	return hold_add(hold, room, &held);
}

/* The ids in turn, each checked for its bytes and time; the hold is empty then. */
static const char *drained(struct hold *hold, struct hold_room *room, char *to, size_t size)
{
	struct held held;
	size_t n = 0;

	to[0] = '\0';
	while (hold_first(hold, &held)) {
		char text[32];
		bool right;

		snprintf(text, sizeof text, "t%llu", (unsigned long long)held.id);
		right = span_is_text(held.object, text) &&
			held.received_ns == (int64_t)held.id * 10;
		n += (size_t)snprintf(to + n, size - n, "%s%llu%s", n ? " " : "",
			(unsigned long long)held.id, right ? "" : "!");
		hold_drop_first(hold, room);
	}
	return to;
}

static void test_order(void)
{
	static const struct {
		const char *name;
		unsigned ids[8];
		const char *order;
		unsigned twice;
	} cases[] = {
		{"in order", {3, 4, 5}, "3 4 5", 0},
		{"in no order", {5, 3, 9, 4, 1}, "1 3 4 5 9", 0},
		{"backwards", {5, 4, 3, 2, 1}, "1 2 3 4 5", 0},
		{"the last one twice", {5, 5}, "5", 1},
		{"all of them twice", {5, 6, 7, 6, 5, 7}, "5 6 7", 3},
		{"none", {0}, "", 0},
	};
	char order[256];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hold_room room = {.ceiling = PLENTY};
		struct hold hold = {.places = NULL};
		unsigned n = 0, twice = 0;

		for (; cases[i].ids[n]; n++) {
			char text[32];

			snprintf(text, sizeof text, "t%u", cases[i].ids[n]);
			twice += add(&hold, &room, cases[i].ids[n], text) == HOLD_TWICE;
		}
		TAP_OK(twice == cases[i].twice && hold_count(&hold) == n - twice &&
				room.trades == n - twice && room.used == hold_size(&hold),
			"%s: counted", cases[i].name);
		drained(&hold, &room, order, sizeof order);
		if (!TAP_OK(strcmp(order, cases[i].order) == 0, "%s: kept", cases[i].name))
			printf("# %s\n", order);
		TAP_OK(room.used == 0 && room.trades == 0 && hold_size(&hold) == 0,
			"%s: the room is free again", cases[i].name);
	}
}

static void test_room(void)
{
	struct hold a = {.places = NULL}, b = {.places = NULL};
	struct hold_room room = {.ceiling = PLENTY};
	uint64_t one;

	add(&a, &room, 1, "t1");
	one = room.used;
	TAP_OK(one > 2, "what is kept beside a trade counts, too");
	room.ceiling = 3 * one;
	TAP_OK(add(&b, &room, 1, "t1") == HOLD_TAKEN && add(&a, &room, 2, "t2") == HOLD_TAKEN,
		"as many as there is room for");
	TAP_OK(add(&b, &room, 7, "t7") == HOLD_FULL && hold_count(&b) == 1 &&
			room.used == 3 * one && room.trades == 3,
		"no more");
	TAP_OK(add(&a, &room, 2, "t2") == HOLD_TWICE, "one that is there is, even so");
	TAP_OK(hold_forget(&a, &room) == 2 && room.used == one && room.trades == 1 &&
			hold_size(&a) == 0 && hold_count(&a) == 0,
		"one is forgotten");
	TAP_OK(add(&b, &room, 7, "t7") == HOLD_TAKEN, "there is room for the other");
	TAP_OK(hold_forget(&a, &room) == 0, "there is nothing left to forget");
	hold_forget(&b, &room);
	room.ceiling = one - 1;
	TAP_OK(add(&b, &room, 7, "t7") == HOLD_FULL && hold_count(&b) == 0, "less than for one");
	hold_forget(&b, &room);
}

/* A hold that is drained at one end while it grows at the other keeps to its room. */
static void test_flow(void)
{
	enum { STEPS = 5000, HELD = 100 };
	struct hold_room room = {.ceiling = PLENTY};
	struct hold hold = {.places = NULL};
	struct held held;
	bool right = true;
	uint64_t most = 0;
	char text[32];

	for (uint64_t id = 1; id <= STEPS; id++) {
		snprintf(text, sizeof text, "t%llu", (unsigned long long)id);
		right = add(&hold, &room, id, text) == HOLD_TAKEN && right;
		most = room.used > most ? room.used : most;
		if (id <= HELD)
			continue;
		snprintf(text, sizeof text, "t%llu", (unsigned long long)(id - HELD));
		right = hold_first(&hold, &held) && held.id == id - HELD &&
			span_is_text(held.object, text) && right;
		hold_drop_first(&hold, &room);
	}
	TAP_OK(right && hold_count(&hold) == HELD, "first in, first out");
	TAP_OK(most <= room.used / HELD * (HELD + 1) && hold.cap < 2 * HELD,
		"what is gone is not kept: %llu bytes, %zu places", (unsigned long long)most,
		hold.cap);
	room.ceiling = room.used;
	hold_drop_first(&hold, &room);
	TAP_OK(add(&hold, &room, STEPS + 1, "t5001") == HOLD_TAKEN &&
			add(&hold, &room, STEPS + 2, "t5002") == HOLD_FULL,
		"its room is free at once");
	hold_forget(&hold, &room);
	TAP_OK(room.used == 0, "all is free again");
}

/* How many kilobytes the process has had at most. */
static long peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Holds of a length each, by turns filled to the ceiling and drained to a part, take no more than
 * that, and a twentieth. */
static int run_ceiling(const void *arg)
{
	enum { CEILING = 64 * 1024 * 1024, HOLDS = 3, ROUNDS = 3 };
	struct hold_room room = {.ceiling = CEILING};
	struct hold holds[HOLDS] = {{.places = NULL}};
	long before = peak(), most = CEILING / 1024 / 100 * 105;
	char text[256];
	uint64_t id = 0;

	memset(text, 'x', sizeof text);
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = *(const size_t *)arg;
		struct held held = {.object = span_make(text, n)};

		do
			held.id = ++id;
		while (hold_add(&holds[id % HOLDS], &room, &held) == HOLD_TAKEN);
		for (int i = 0; i < HOLDS; i++)
			while (hold_count(&holds[i]) > 1000)
				hold_drop_first(&holds[i], &room);
	}
	for (int i = 0; i < HOLDS; i++)
		hold_forget(&holds[i], &room);
	printf("%ld of %d", peak() - before, CEILING / 1024);
	fflush(stdout);
	return peak() - before <= most ? 0 : 1;
}

static void test_ceiling(void)
{
	static const size_t lengths[] = {160, 200, 255};
	struct child child;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		child_run(&child, run_ceiling, &lengths[i]);
		TAP_OK(CHECKED || child.status == 0, "trades of %zu bytes keep to the bound: %s",
			lengths[i], child.out);
	}
}

/* Kilobytes of the process that are in memory now; 0 where the machine does not tell. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A hold that was once filled to the ceiling leaves nothing of that behind, whatever else has taken
 * memory in the meantime. */
static int run_given_back(const void *arg)
{
	enum { CEILING = 64 * 1024 * 1024, BESIDE = 64, OFTEN = 1000 };
	struct hold_room room = {.ceiling = CEILING};
	struct hold hold = {.places = NULL};
	void *beside[CEILING / 200 / OFTEN];
	struct held held = {.object = span_text((const char *)arg)};
	size_t n = 0;
	long before = resident(), full, after;

	for (held.id = 1; hold_add(&hold, &room, &held) == HOLD_TAKEN; held.id++)
		if (held.id % OFTEN == 0)
			beside[n++] = mem_alloc(1, BESIDE);
	full = resident();
	while (hold_count(&hold))
		hold_drop_first(&hold, &room);
	after = resident();
	while (n)
		free(beside[--n]);
	printf("%ld kB before, %ld full, %ld after", before, full, after);
	fflush(stdout);
	return after - before <= (full - before) / 32 ? 0 : 1;
}

static void test_given_back(void)
{
	static const char text[] = "{\"symbol\":\"BTC/USD\",\"side\":\"sell\",\"price\":4136.4,"
				   "\"qty\":0.23374249,\"ord_type\":\"limit\",\"trade_id\":4665847,"
				   "\"timestamp\":\"2023-09-25T07:48:36.925533Z\"}";
	struct child child;

	child_run(&child, run_given_back, text);
	TAP_OK(CHECKED || child.status == 0, "memory is given back: %s", child.out);
}

int main(void)
{
	test_order();
	test_room();
	test_flow();
	test_ceiling();
	test_given_back();
	return tap_end();
}
