/* Lines on their way. */
#include "base/pending.h"

#include <stdlib.h>

#include "base/num.h"
#include "tap.h"

/* What is done with lines: letters for steps, and what must come of them. A line's text is as long
 * as its tag says, and made of its number. */
static const struct {
	const char *name;
	const char
		*steps; /* "+N" adds, "=N" settles, "!N" finds none, "-N" drops, "?" none first */
} cases[] = {
	{"nothing is pending", "? !1"},
	{"one line", "+1 ? =1 -1 ? !1"},
	{"in order", "+1 +2 +3 =1 =2 -1 -2 ? =3 -3 ?"},
	{"out of order", "+1 +2 +3 =3 ? =2 ? =1 -1 -2 -3 ?"},
	{"settled twice", "+1 +2 =2 !2 =1 !1 -1 -2 ?"},
	{"tags that are left out",
		"+5 +7 +1000 +100000 !1 !6 !8 !99999 !100001 =7 =100000 =5 =1000 "
		"-5 -7 -1000 -100000"},
	{"added while others are dropped", "+1 +2 =1 -1 +3 =3 ? +4 =2 -2 -3 ? =4 -4 ? +9 =9 -9"},
	{"far tags",
		"+18446744073709551614 +18446744073709551615 !1 =18446744073709551615 "
		"=18446744073709551614 -18446744073709551614 -18446744073709551615"},
};

static struct span text_of(uint64_t tag)
{
	static char text[64];

	snprintf(text, sizeof text, "line %llu", (unsigned long long)tag);
	return span_make(text, tag % 7 ? strlen(text) : 0);
}

static bool settle(struct pending *pending, uint64_t tag)
{
	struct pending_line *line = pending_find(pending, tag);

	if (!line || line->tag != tag || !span_is(line->line, text_of(tag)))
		return false;
	line->settled = true;
	line->fate = (int)(tag % 5);
	line->offset = (int64_t)(tag / 2);
	return true;
}

static bool drop(struct pending *pending, uint64_t tag)
{
	const struct pending_line *line = pending_first(pending);
	size_t bytes = pending_bytes(pending);

	if (!line || line->tag != tag || !span_is(line->line, text_of(tag)) ||
		line->fate != (int)(tag % 5) || line->offset != (int64_t)(tag / 2))
		return false;
	pending_drop(pending);
	return pending_bytes(pending) == bytes - text_of(tag).n - sizeof(struct pending_line);
}

static bool step(struct pending *pending, char what, uint64_t tag)
{
	switch (what) {
	case '+':
		pending_add(pending, tag, text_of(tag));
		return true;
	case '=':
		return settle(pending, tag);
	case '!':
		return !pending_find(pending, tag);
	case '-':
		return drop(pending, tag);
	default:
		return !pending_first(pending);
	}
}

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pending *pending = pending_open();
		const char *at = cases[i].steps;
		bool all = true;
		while (all && *at) {
			size_t n = strcspn(at, " ");
			uint64_t tag = 0;
			num_u64(span_make(at + 1, n - 1), &tag);
			all = step(pending, *at, tag);
			at += n + (at[n] == ' ');
		}
		TAP_OK(all, "%s%s%s", cases[i].name, all ? "" : ": before ", all ? "" : at);
		pending_close(pending);
	}
}

/* Enough for the ring to grow, and to go round, with lines beyond any chunk in between. */
static void test_many(void)
{
	enum { LINES = 100000, LONG = 300 * 1000 };
	struct pending *pending = pending_open();
	char *huge = calloc(LONG, 1);
	const struct pending_line *first;
	uint64_t dropped = 0, tag;
	bool all = true;

	for (tag = 1; tag <= LINES; tag++) {
		bool is_long = tag % 9973 == 0;
		pending_add(pending, tag, is_long ? span_make(huge, LONG) : text_of(tag));
		if (tag % 3 == 0)
			all = pending_find(pending, tag / 3)->tag == tag / 3 && all;
		if (tag % 3 == 0)
			pending_find(pending, tag / 3)->settled = true;
		for (; tag % 1000 == 0 && (first = pending_first(pending)); pending_drop(pending))
			all = first->tag == ++dropped &&
				(first->tag % 9973 ? span_is(first->line, text_of(first->tag))
						   : first->line.n == LONG) &&
				all;
	}
	TAP_OK(all && dropped == LINES / 3, "many lines keep their order and bytes");
	pending_close(pending);
	free(huge);
}

static void test_stays(void)
{
	enum { LINES = 5000 };
	struct pending *pending = pending_open();
	struct span line;

	pending_add(pending, 1, text_of(1));
	line = pending_find(pending, 1)->line;
	for (uint64_t tag = 2; tag < LINES; tag++)
		pending_add(pending, tag, text_of(tag));
	TAP_OK(span_is(line, text_of(1)), "a line stays where it is while others are added");
	TAP_OK(pending_find(pending, 1)->line.p == line.p, "and is known there");
	pending_close(pending);
}

/* What was left of lines that are gone is used again only where it suffices. */
static void test_long_after_short(void)
{
	enum { LONG = 300 * 1000 };
	struct pending *pending = pending_open();
	char *huge = calloc(LONG, 1);

	for (uint64_t tag = 1; tag <= 5; tag++) {
		pending_add(pending, tag, tag % 2 ? text_of(tag) : span_make(huge, LONG));
		pending_find(pending, tag)->settled = true;
		pending_drop(pending);
	}
	pending_add(pending, 6, span_make(huge, LONG));
	TAP_OK(span_is(pending_find(pending, 6)->line, span_make(huge, LONG)) &&
			pending_bytes(pending) == LONG + sizeof(struct pending_line),
		"long lines behind short ones");
	pending_close(pending);
	free(huge);
}

int main(void)
{
	struct pending *pending = pending_open();

	TAP_OK(pending_bytes(pending) == 0, "no bytes are held at first");
	pending_drop(pending);
	TAP_OK(pending_bytes(pending) == 0 && !pending_first(pending),
		"nothing to drop is no harm");
	pending_close(pending);
	test_cases();
	test_many();
	test_stays();
	test_long_after_short();
	return tap_end();
}
