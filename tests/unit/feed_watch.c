/* Which products are looked at, and which are mute. */
#include "market/feed_watch.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

/*
 * What happens, in steps: a time in seconds, a letter, and a product or more:
 *   a A      its subscription is acknowledged
 *   t A 7    this trade comes
 *   q        who is due? The answer is a part of `told`: "5q:A" or "5q:-"
 *   s A 7    others show this one; with a grace of 5 s
 *   m        who is mute? likewise, with how often: "9m:A1"
 *   o A      it is known since when its trades are to come
 *   d A      its subscription is dropped
 *   r A      it is under repair; R A: it is no more
 *   x A      it is refused
 *   f A      others could not be asked
 *   e A      is it at its end? "9e:A" or "9e:-"
 * Products are A to E; silence becomes suspicious after 60 s.
 */
static const struct {
	const char *name, *steps, *told;
} cases[] = {
	{"nobody is asked about before its time", "0aA;59q", "59q:-"},
	{"silence since the acknowledgement", "0aA;60q", "60q:A"},
	{"silence since the last trade", "0aA;10tA1;60q;70q", "60q:- 70q:A"},
	{"who is not acknowledged is not mute", "60q", "60q:-"},
	{"nor is who was dropped", "0aA;1dA;100q", "100q:-"},
	{"nor who is under repair", "0aA;1rA;100q;100RA;100q", "100q:- 100q:A"},
	{"four at a time", "0aA;0aB;0aC;0aD;0aE;60q;60q;60q;60q;60q;61sB0;61q",
		"60q:A 60q:B 60q:C 60q:D 60q:- 61q:E"},
	{"one that is never answered keeps nobody waiting", "0aA;60q;60aB;120q;999aC;1059q;1059q",
		"60q:A 120q:B 1059q:C 1059q:-"},
	{"the one first that waits longest", "0aB;1aA;90q;91sB0;91q", "90q:B 91q:A"},
	{"a look that shows nothing new makes the next one later",
		"0tA5;0aA;60q;60sA5;179q;180q;180sA5;419q;420q",
		"60q:A 179q:- 180q:A 419q:- 420q:A"},
	{"as does one that failed", "0tA5;0aA;60q;61fA;180q;181q", "60q:A 180q:- 181q:A"},
	{"up to 32 times as long",
		"0tA5;0aA;60q;60sA5;180q;180sA5;420q;420sA5;900q;900sA5;1860q;1860sA5;3779q;"
		"3780q;3780sA5;5699q;5700q",
		"60q:A 180q:A 420q:A 900q:A 1860q:A 3779q:- 3780q:A 5699q:- 5700q:A"},
	{"a trade makes it as short as before", "0tA5;0aA;60q;60sA5;180q;180sA5;200tA6;259q;260q",
		"60q:A 180q:A 259q:- 260q:A"},

	{"what was shown does not come", "0aA;0tA5;60q;61sA7;65m;66m", "60q:A 65m:- 66m:A1+7"},
	{"nobody looks in the meantime", "0aA;0tA5;60q;61sA7;65q;66m", "60q:A 65q:- 66m:A1+7"},
	{"it comes in time", "0aA;0tA5;60q;61sA7;62tA6;66m", "60q:A 66m:-"},
	{"it came before it was shown", "0aA;0tA5;60q;61tA6;62sA7;70m", "60q:A 70m:-"},
	{"the subscription is made anew meanwhile", "0aA;0tA5;60q;61sA7;62aA;70m;121q;122q",
		"60q:A 70m:- 121q:- 122q:A"},
	{"it is made anew while others are asked", "0aA;0tA5;60q;61aA;62sA7;70m", "60q:A 70m:-"},
	{"it is dropped meanwhile", "0aA;0tA5;60q;61sA7;62dA;70m", "60q:A 70m:-"},
	{"what is shown was there already", "0aA;0tA5;60q;61sA4;70m", "60q:A 70m:-"},
	{"mute is who has never shown a trade, but for what was there before",
		"0aA;60q;60sA7;70m;180q;180sA7;190m;420q;420sA8;425m;425aA;485q;485sA8;490m",
		"60q:A 70m:- 180q:A 190m:- 420q:A 425m:A1+0 485q:A 490m:-"},
	{"mute is who has never shown a trade, though there is one since then",
		"0aA;0oA;60q;60sA0;70m;180q;180sA7;185m;185aA;245q;245sA7;250m",
		"60q:A 70m:- 180q:A 185m:A1+7 245q:A 250m:-"},
	{"mute once more", "0aA;0tA5;60q;60sA7;65m;65aA;125q;125sA8;130m",
		"60q:A 65m:A1+7 125q:A 130m:A2+8"},
	{"not once more where it was only what is known", "0aA;0tA5;60q;60sA7;65m;125q;125sA7;130m",
		"60q:A 65m:A1+7 125q:A 130m:-"},
	{"a trade ends the row", "0aA;0tA5;60q;60sA7;65m;65aA;66tA8;126q;126sA9;131m",
		"60q:A 65m:A1+7 126q:A 131m:A1+9"},
	{"who is refused is looked at at once, and every two seconds, until half a minute shows nothing",
		"0aA;0tA5;10xA;10q;11sA5;12q;13q;13sA5;39eA;39q;40sA5;40eA;42q;100q",
		"10q:A 12q:- 13q:A 39e:- 39q:A 40e:A 42q:- 100q:A"},
	{"that others cannot be asked settles nothing", "0aA;0tA5;10xA;45q;46fA;46eA;47q;48q",
		"45q:A 46e:- 47q:- 48q:A"},
	{"what is shown of it is there at once, and is no sign that it is mute",
		"0aA;0tA5;10xA;10q;11sA7;11m;45q;45sA7;45eA", "10q:A 11m:A0+7 45q:A 45e:A"},
	{"what is shown of it late makes the half a minute anew",
		"0aA;0tA5;10xA;35q;35sA7;35m;41q;41sA7;41eA;64q;64sA7;64eA;66q;66sA7;66eA",
		"35q:A 35m:A0+7 41q:A 41e:- 64q:A 64e:- 66q:A 66e:A"},
	{"likewise much later", "0aA;0tA5;10xA;45q;45sA5;45eA;104q;105q;105sA9;105m;105eA;105q",
		"45q:A 45e:A 104q:- 105q:A 105m:A0+9 105e:- 105q:A"},
	{"it is refused once more", "0aA;0tA5;10xA;45q;45sA5;45eA;50aA;60xA;60eA;60q",
		"45q:A 45e:A 60e:- 60q:A"},
	{"two are mute", "0aA;0aB;0tA5;0tB5;60q;60sA7;60q;60sB8;65m;65m;65m",
		"60q:A 60q:B 65m:A1+7 65m:B1+8 65m:-"},
};

static const int64_t second = 1000000000;

struct stage {
	struct feed feed;
	char told[512];
	size_t n;
};

static void tell(struct stage *s, unsigned long at, char what, const struct feed_product *product)
{
	size_t left = sizeof s->told - s->n;
	char *to = s->told + s->n;

	if (!product)
		s->n += (size_t)snprintf(to, left, "%s%lu%c:-", s->n ? " " : "", at, what);
	else if (what != 'm')
		s->n += (size_t)snprintf(
			to, left, "%s%lu%c:%s", s->n ? " " : "", at, what, product->name);
	else
		s->n += (size_t)snprintf(to, left, "%s%lum:%s%u+%llu", s->n ? " " : "", at,
			product->name, product->watch.mutes, (unsigned long long)product->seen_id);
}

static void take_step(struct stage *s, const char *step)
{
	char *p;
	unsigned long at = strtoul(step, &p, 10);
	struct feed_product *product = p[1] ? feed_find(&s->feed, span_make(p + 1, 1)) : NULL;
	uint64_t id = product ? strtoul(p + 2, NULL, 10) : 0;
	int64_t now = (int64_t)at * second;

	if (*p == 'q')
		tell(s, at, 'q', feed_watch_due(&s->feed, 60 * second, now));
	if (*p == 'm')
		tell(s, at, 'm', feed_watch_mute(&s->feed, now));
	if (!product)
		return;
	if (*p == 'a') {
		product->state = FEED_ACKNOWLEDGED;
		feed_watch_begin(product, now);
	} else if (*p == 't') {
		feed_judge(product, id, now);
		feed_watch_heard(product, now);
	} else if (*p == 's') {
		feed_watch_shown(product, id, now, 5 * second);
	} else if (*p == 'o') {
		feed_open(product, second);
	} else if (*p == 'f') {
		feed_watch_failed(product, now);
	} else if (*p == 'x') {
		product->state = FEED_REFUSED;
		feed_watch_refuse(product, now);
	} else if (*p == 'e') {
		tell(s, at, 'e', product->watch.settled ? product : NULL);
	} else if (*p == 'd') {
		product->state = FEED_DROPPED;
	} else if (*p == 'r' || *p == 'R') {
		product->repairing = *p == 'r';
	}
}

static void test_watch(size_t i)
{
	char a[] = "A", b[] = "B", c[] = "C", d[] = "D", e[] = "E";
	char *names[] = {a, b, c, d, e}, steps[512];
	struct stage s = {.n = 0};
	const char *twice;

	feed_init(&s.feed, names, 5, &twice);
	snprintf(steps, sizeof steps, "%s", cases[i].steps);
	for (char *step = steps; step;) {
		char *end = strchr(step, ';');

		if (end)
			*end++ = '\0';
		take_step(&s, step);
		step = end;
	}
	if (!TAP_OK(strcmp(s.told, cases[i].told) == 0, "%s", cases[i].name))
		printf("# %s\n# wanted: %s\n", s.told, cases[i].told);
	feed_release(&s.feed);
}

/* Where looks follow each other faster than what was shown has time to come. */
static void test_short(void)
{
	char a[] = "A", *names[] = {a};
	struct feed feed;
	const char *twice;

	feed_init(&feed, names, 1, &twice);
	feed.products->state = FEED_ACKNOWLEDGED;
	feed_judge(feed.products, 5, second);
	feed_watch_heard(feed.products, second);
	feed_watch_due(&feed, second, 2 * second);
	feed_watch_shown(feed.products, 7, 2 * second, 60 * second);
	TAP_OK(!feed_watch_due(&feed, second, 61 * second) &&
			feed_watch_mute(&feed, 62 * second) == feed.products,
		"one that should show a trade is not looked at again");
	feed_release(&feed);
}

/* The longest durations there are do not pass the end of time. */
static void test_long(void)
{
	char a[] = "A", *names[] = {a};
	struct feed feed;
	const char *twice;
	bool quiet = true;

	feed_init(&feed, names, 1, &twice);
	feed.products->state = FEED_ACKNOWLEDGED;
	feed_judge(feed.products, 5, 1);
	feed_watch_heard(feed.products, 1);
	quiet = !feed_watch_due(&feed, INT64_MAX / 2, INT64_MAX / 2);
	TAP_OK(quiet && feed_watch_due(&feed, INT64_MAX / 2, INT64_MAX / 2 + 1), "a long silence");
	feed_watch_shown(feed.products, 5, INT64_MAX / 2 + 1, 1);
	TAP_OK(!feed_watch_due(&feed, INT64_MAX / 2, INT64_MAX), "and an endless one");
	feed_release(&feed);
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		test_watch(i);
	test_short();
	test_long();
	return tap_end();
}
