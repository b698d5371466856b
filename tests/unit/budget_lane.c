/* What becomes of a lane at a moment, by a clock of our own. */
#include "base/budget_lane.h"

#include <string.h>

#include "tap.h"

#define US INT64_C(1000)
#define MS (1000 * US)
#define S (1000 * MS)
#define H (3600 * S)
#define T0 (INT64_C(1790732090) * S) /* at the beginning of a second, and of a window */

static const struct budget_lane paced = {.name = "p", .interval_us = 1000000};
static const struct budget_lane metered = {.name = "m", .units = 100, .window_ms = 10000};
static const struct budget_lane neither = {.name = "n"};

enum { TAKE, SAW, HOLD };

struct step {
	int64_t at; /* from T0 */
	int op;
	int64_t n;    /* units, or how long it is held */
	int64_t wait; /* what taking gives */
};

#define TAKES(at, wait)                                                                            \
	{                                                                                          \
		(at), TAKE, 1, (wait)                                                              \
	}
#define TAKES_N(at, n, wait)                                                                       \
	{                                                                                          \
		(at), TAKE, (n), (wait)                                                            \
	}
#define SEES(at, n)                                                                                \
	{                                                                                          \
		(at), SAW, (n), 0                                                                  \
	}
#define HOLDS(at, ns)                                                                              \
	{                                                                                          \
		(at), HOLD, (ns), 0                                                                \
	}
#define END                                                                                        \
	{                                                                                          \
		0, TAKE, 0, -1                                                                     \
	}

static const struct {
	const char *name;
	const struct budget_lane *lane;
	struct step steps[12];
} cases[] = {
	/* What one comes late by, up to a tenth, the next one need not wait for. The first one ever is
	 * as late as can be. */
	{"one an interval", &paced,
		{TAKES(0, 0), TAKES(0, 900 * MS), TAKES(899 * MS, 1 * MS), TAKES(900 * MS, 0),
			TAKES(900 * MS, S), TAKES(1900 * MS, 0), TAKES(1901 * MS, 999 * MS), END}},
	{"a little late does not shift the raster", &paced,
		{TAKES(0, 0), TAKES(950 * MS, 0), TAKES(950 * MS, 950 * MS), TAKES(2000 * MS, 0),
			TAKES(2000 * MS, 900 * MS), END}},
	{"later shifts it, but for a tenth", &paced,
		{TAKES(0, 0), TAKES(1200 * MS, 0), TAKES(1200 * MS, 900 * MS), TAKES(2100 * MS, 0),
			TAKES(2100 * MS, S), END}},
	{"a pause saves nothing up", &paced,
		{TAKES(0, 0), TAKES(100 * S, 0), TAKES(100 * S, 900 * MS), TAKES(100900 * MS, 0),
			TAKES(100900 * MS, S), END}},
	{"held, then slower", &paced,
		{TAKES(0, 0), HOLDS(0, 5 * S), TAKES(1 * S, 4 * S), TAKES(5 * S, 0),
			TAKES(5 * S, 1350 * MS), END}},
	{"the longer hold counts", &paced,
		{HOLDS(0, 5 * S), HOLDS(1 * S, 2 * S), TAKES(1 * S, 4 * S), HOLDS(1 * S, 6 * S),
			TAKES(1 * S, 6 * S), END}},
	{"a hold has an end", &paced,
		{HOLDS(0, INT64_MAX), TAKES(0, 7 * 24 * H), TAKES(7 * 24 * H, 0), END}},
	{"the clock is set back by a little", &paced,
		{TAKES(0, 0), TAKES(-3 * S, S), TAKES(-2500 * MS, 500 * MS), TAKES(-2 * S, 0),
			END}},
	{"the clock is set back by much", &paced,
		{TAKES(0, 0), HOLDS(0, 3 * H), TAKES(-2 * H, 0), TAKES(-2 * H, 900 * MS), END}},
	{"the clock goes ahead", &paced,
		{TAKES(0, 0), TAKES(9000 * H, 0), TAKES(9000 * H, 900 * MS), END}},

	{"units in a window", &metered,
		{TAKES_N(0, 60, 0), TAKES_N(1 * S, 40, 0), TAKES(2 * S, 8100 * MS),
			TAKES(10 * S, 100 * MS), TAKES_N(10100 * MS, 100, 0), END}},
	{"no pause behind one that was not used up", &metered,
		{TAKES_N(9 * S, 50, 0), TAKES_N(9 * S, 51, 1 * S), TAKES_N(10 * S, 51, 0), END}},
	{"what is taken late counts twice", &metered,
		{TAKES_N(0, 50, 0), TAKES_N(9499 * MS, 10, 0), TAKES_N(9500 * MS, 20, 0),
			TAKES_N(10 * S, 81, 10 * S), TAKES_N(10 * S, 80, 0),
			TAKES_N(20 * S, 1, 100 * MS), TAKES_N(20100 * MS, 100, 0), END}},
	{"but for what the server has counted by then", &metered,
		{TAKES_N(9500 * MS, 20, 0), SEES(9600 * MS, 20), TAKES_N(9700 * MS, 8, 0),
			SEES(9800 * MS, 24), TAKES_N(10 * S, 97, 10 * S), TAKES_N(10 * S, 96, 0),
			END}},
	{"but in the next one only", &metered,
		{TAKES_N(9999 * MS, 50, 0), TAKES_N(20 * S, 100, 0), END}},
	{"nor behind one in which nobody asked", &metered,
		{TAKES_N(0, 100, 0), TAKES_N(20 * S, 100, 0), END}},
	{"more units than there are", &metered,
		{TAKES_N(5 * S, 1, 0), TAKES_N(5 * S, 101, 5 * S), TAKES_N(10 * S, 101, 0),
			TAKES(10 * S, 10100 * MS), END}},
	{"what the server saw counts", &metered,
		{TAKES_N(2 * S, 10, 0), SEES(2 * S, 97), TAKES_N(2 * S, 4, 8100 * MS),
			TAKES_N(2 * S, 3, 0), SEES(2 * S, 50), TAKES(2 * S, 8100 * MS), END}},
	{"also first of all", &metered, {SEES(0, 97), TAKES_N(0, 4, 10100 * MS), END}},
	{"and beyond the units", &metered, {SEES(0, 5000), TAKES(0, 10100 * MS), END}},
	{"an answer from the window before", &metered,
		{TAKES_N(2 * S, 80, 0), TAKES_N(10 * S, 4, 0), SEES(10 * S, 80), SEES(10 * S, 84),
			TAKES_N(10 * S, 96, 0), END}},
	{"later it is none", &metered,
		{TAKES_N(2 * S, 80, 0), TAKES_N(10 * S, 4, 0), SEES(11 * S, 84),
			TAKES_N(11 * S, 17, 9 * S), END}},
	{"nor is it if it does not fit", &metered,
		{TAKES_N(2 * S, 50, 0), TAKES_N(10 * S, 4, 0), SEES(10 * S, 84),
			TAKES_N(10 * S, 17, 10 * S), END}},
	{"a metered lane is held", &metered,
		{TAKES(0, 0), HOLDS(0, 3 * S), TAKES(1 * S, 2 * S), TAKES_N(3 * S, 99, 0), END}},
	{"a window goes on when the clock is set back", &metered,
		{TAKES_N(0, 100, 0), TAKES(-1 * S, 1 * S), TAKES(0, 10100 * MS),
			TAKES_N(10100 * MS, 100, 0), END}},
	{"but not beyond the one before", &metered,
		{TAKES_N(0, 100, 0), TAKES_N(-15 * S, 100, 0), END}},
	{"what costs nothing", &neither,
		{TAKES(0, 0), TAKES(0, 0), HOLDS(0, 1 * S), TAKES(0, 1 * S), TAKES(1 * S, 0), END}},
};

static bool run(const struct budget_lane *lane, const struct step *step)
{
	struct budget_slot slot;

	budget_lane_clear(&slot, budget_lane_hash("h", lane->name));
	for (int i = 0; step->wait >= 0; i++, step++) {
		int64_t now = T0 + step->at, wait = 0;
		if (step->op == TAKE)
			wait = budget_lane_take(&slot, lane, (uint32_t)step->n, now);
		else if (step->op == SAW)
			budget_lane_saw(&slot, lane, (uint32_t)step->n, now);
		else
			budget_lane_hold(&slot, step->n, now);
		if (wait != step->wait) {
			printf("# step %d: %lld us\n", i, (long long)(wait / US));
			return false;
		}
	}
	return true;
}

/* Numbers that look random, and are the same in each run. */
static int64_t some(uint32_t *state, int64_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (int64_t)(*state >> 8) % below;
}

struct run {
	int64_t taken, nearest; /* between two */
};

/* Callers who sleep as long as they are told, and wake up late by less than `late`. */
static struct run sleep_and_take(int callers, int64_t late, int64_t until)
{
	struct run run = {.nearest = INT64_MAX};
	int64_t wake[8] = {0}, last = -S;
	uint32_t state = 1;
	struct budget_slot slot;

	budget_lane_clear(&slot, 1);
	for (;;) {
		int first = 0;
		for (int i = 1; i < callers; i++)
			if (wake[i] < wake[first])
				first = i;
		int64_t now = wake[first];
		if (now >= until)
			return run;
		int64_t wait = budget_lane_take(&slot, &paced, 1, T0 + now);
		wake[first] = now + wait + some(&state, late);
		if (wait > 0)
			continue;
		run.taken++;
		run.nearest = now - last < run.nearest ? now - last : run.nearest;
		last = now;
	}
}

static void check_use(void)
{
	static const struct {
		int callers;
		int64_t late;
	} some_callers[] = {{1, 1}, {1, 3 * MS}, {1, 90 * MS}, {8, 3 * MS}, {8, 90 * MS}};

	for (size_t i = 0; i < sizeof some_callers / sizeof *some_callers; i++) {
		int n = some_callers[i].callers;
		int64_t late = some_callers[i].late;
		struct run got = sleep_and_take(n, late, 1000 * S);
		if (!TAP_OK(got.taken >= 990 && got.taken <= 1001 && got.nearest >= 900 * MS,
			    "%d callers, late by up to %d ms, use all of it, evenly", n,
			    (int)(late / MS)))
			printf("# %d, nearest %d ms\n", (int)got.taken, (int)(got.nearest / MS));
	}
}

/* The pause that follows a request, once the raster is met. */
static int64_t pace(struct budget_slot *slot, int64_t *now)
{
	*now += budget_lane_take(slot, &paced, 1, *now);
	budget_lane_take(slot, &paced, 1, *now);
	return budget_lane_take(slot, &paced, 1, *now);
}

static void check_slow(void)
{
	struct budget_slot slot;
	int64_t now = T0;
	int n = 0;

	budget_lane_clear(&slot, 1);
	for (int i = 0; i < 20; i++)
		budget_lane_hold(&slot, 0, now);
	TAP_OK(slot.slow == 10000000, "ten times slower, and no more");
	for (; slot.slow > 1000000 && n < 1000; n++)
		pace(&slot, &now);
	TAP_OK(n > 100 && n < 400 && pace(&slot, &now) == S, "back to its own after a while");
}

static void check_slots(void)
{
	struct budget_slot slot;

	budget_lane_clear(&slot, budget_lane_hash("h", "x"));
	TAP_OK(budget_lane_hash("h", "x") != budget_lane_hash("h", "y") &&
			budget_lane_hash("h", "") != budget_lane_hash("h", NULL),
		"names are told apart");
	TAP_OK(budget_lane_hash("h", "x") != budget_lane_hash("g", "x") &&
			budget_lane_hash("ab", "c") != budget_lane_hash("a", "bc") &&
			budget_lane_hash("h", NULL) != budget_lane_hash("g", NULL),
		"and hosts");
	budget_lane_take(&slot, &paced, 1, T0);
	TAP_OK(!budget_lane_is_over(&slot, T0) && !budget_lane_is_over(&slot, T0 + 600 * S) &&
			budget_lane_is_over(&slot, T0 + 602 * S),
		"over after ten minutes");
	TAP_OK(budget_lane_is_over(&slot, T0 - 2 * H), "or when it is ahead");
	budget_lane_hold(&slot, 5 * H, T0);
	TAP_OK(!budget_lane_is_over(&slot, T0 + 5 * H) && budget_lane_is_over(&slot, T0 + 6 * H),
		"not while it is held");
	budget_lane_seal(&slot);
	TAP_OK(budget_lane_is_sound(&slot), "it is sound");
	slot.used ^= 1;
	TAP_OK(!budget_lane_is_sound(&slot), "until it is damaged");
	memset(&slot, 0, sizeof slot);
	TAP_OK(!budget_lane_is_sound(&slot), "and so is nothing but zeros");
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		TAP_OK(run(cases[i].lane, cases[i].steps), "%s", cases[i].name);
	check_use();
	check_slow();
	check_slots();
	return tap_end();
}
