/* Several hosts in one file of a budget, and files as older versions have written them. */
#include "base/budget.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/budget_lane.h"
#include "base/stamp.h"
#include "tap.h"

enum { HEAD_SIZE = 32, SLOTS_MAX = 1024 };

/* Intervals and windows that no test outlasts. */
static const struct budget_lane hour = {.name = "hour", .interval_us = UINT32_C(3600000000)};
static const struct budget_lane month = {.name = "month", .units = 1000, .window_ms = UINT32_MAX};

static char folder[] = "/tmp/budget.XXXXXX";
static char path[sizeof folder + sizeof "/file"];

static struct budget *open_for(const char *host)
{
	struct err err;
	struct budget *b = budget_open(path, span_text(host), &err);

	if (err.code == EXIT_DONE)
		return b;
	printf("# %s\n", err.text);
	exit(1);
}

static bool takes(struct budget *b, const struct budget_lane *lane)
{
	return budget_take(b, lane, 1) == 0;
}

/* Two hosts in one file, as with an option that names it. */
static void check_hosts(void)
{
	struct budget *a = open_for("one"), *b = open_for("two");

	TAP_OK(takes(a, &hour) && takes(b, &hour) && !takes(a, &hour) && !takes(b, &hour),
		"a lane of the same name, of each host in a file");
	budget_hold(a, NULL, 3600 * STAMP_NS_PER_S);
	TAP_OK(!takes(a, &month) && takes(b, &month), "one host is held, and not the other");
	budget_hold(b, NULL, 60 * STAMP_NS_PER_S);
	TAP_OK(!takes(b, &month), "until it is as well");
	budget_close(a);
	a = open_for("one");
	TAP_OK(budget_take(a, &month, 1) > 3000 * STAMP_NS_PER_S, "each for its own time");
	budget_close(a);
	budget_close(b);
	unlink(path);
}

/* What is held must not be displaced by lanes that are not. */
static void check_held_stays(void)
{
	struct budget *a = open_for("one"), *b = open_for("two");
	struct budget_lane lane = hour;
	char name[32];

	budget_hold(a, NULL, 600 * STAMP_NS_PER_S);
	lane.name = name;
	for (int i = 0; i < 2 * SLOTS_MAX; i++) {
		snprintf(name, sizeof name, "lane %d", i);
		takes(b, &lane);
	}
	TAP_OK(!takes(a, &month), "a host that is held stays held when there are many lanes");
	budget_close(a);
	budget_close(b);
	unlink(path);
}

/* A file of the former layout: the first slot is of the one host that it is for, and names of lanes are
 * hashed without a host. */
static void put_former(int64_t held_ns)
{
	static const char head[HEAD_SIZE] = "tradepipe budget 1, binary\n";
	struct budget_slot slots[2];
	FILE *file;

	memset(slots, 0, sizeof slots);
	slots[0].slow = slots[1].slow = 1000000;
	slots[0].held_ns = held_ns;
	slots[0].touched_ns = slots[1].touched_ns = stamp_now();
	slots[0].kept_ns = slots[1].kept_ns = INT64_MAX;
	slots[1].name = 1;
	slots[1].next_ns = INT64_MAX;
	budget_lane_seal(&slots[0]);
	budget_lane_seal(&slots[1]);
	file = fopen(path, "w");
	if (!file || fwrite(head, sizeof head, 1, file) != 1 ||
		fwrite(slots, sizeof slots, 1, file) != 1 || fclose(file) != 0)
		exit(1);
}

static void check_former(void)
{
	struct budget *b;

	put_former(0);
	b = open_for("one");
	TAP_OK(takes(b, &hour) && !takes(b, &hour), "a file of the former layout is used");
	budget_close(b);
	put_former(stamp_now() + 3600 * STAMP_NS_PER_S);
	b = open_for("one");
	TAP_OK(!takes(b, &hour), "and what it holds is held");
	budget_close(b);
	unlink(path);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/file", folder);
	check_hosts();
	check_held_stays();
	check_former();
	rmdir(folder);
	return tap_end();
}
