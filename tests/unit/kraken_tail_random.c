/*
 * A small Kraken that leaves out trades, repeats them, loses connections and forgets subscriptions,
 * all at random, with REST behind it that supplies trades at random moments or gives them up: each
 * trade comes out once, in order, but for those that were lost by name, and all is accounted for.
 *
 * With a number, only the run with that seed.
 */
#include "market/kraken_tail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"

#include "kraken_tail_steps.h"
#include "tap.h"

enum { PAIRS = 2, IDS_MAX = 1000, STEPS = 250, SEEDS = 400, MESSAGE_MAX = 12 };

static const char letters[PAIRS] = {'B', 'E'};

struct pair {
	unsigned top;		/* the exchange's last trade */
	unsigned next;		/* that has to come out; 0: any */
	bool lost[IDS_MAX + 2]; /* given up */
	bool repairing;		/* the call came, */
	uint64_t hole_to;	/* for what was missing up to here */
};

struct world {
	uint64_t seed, state;
	struct kraken_tail tail;
	struct out *out; /* into a pipe, whose other end is this: */
	int fd;
	struct pair pairs[PAIRS];
	uint64_t lost, calls;
	const char *fault; /* what went wrong first */
};

/* xorshift64*; a number below n. */
static unsigned roll(struct world *w, unsigned n)
{
	w->state ^= w->state >> 12;
	w->state ^= w->state << 25;
	w->state ^= w->state >> 27;
	return (unsigned)((w->state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static void fail(struct world *w, const char *fault)
{
	if (!w->fault)
		w->fault = fault;
}

static struct feed_product *product(struct world *w, unsigned pair)
{
	return product_of(&w->tail, letters[pair]);
}

static void on_hole(void *arg, struct feed_product *hole)
{
	struct world *w = arg;
	struct pair *pair = &w->pairs[*hole->name == 'E'];

	if (!hole->repairing || feed_missing_to(hole) <= hole->last_id ||
		hole->last_id < pair->hole_to)
		fail(w, "a call for no new hole");
	pair->repairing = true;
	pair->hole_to = feed_missing_to(hole);
	w->calls++;
}

/* Each record must be the one that is next. */
static void check_output(struct world *w)
{
	char text[32 * 1024];
	const char *line = text, *id;
	ssize_t n;

	out_flush(w->out);
	n = read(w->fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	for (; *line && (id = strstr(line, "\"trade_id\":")); line = strchr(line, '\n') + 1) {
		struct pair *pair = &w->pairs[line[strlen("{\"symbol\":\"")] == 'E'];
		unsigned long found = strtoul(id + strlen("\"trade_id\":"), NULL, 10);

		while (pair->next && pair->lost[pair->next])
			pair->next++;
		if (pair->next && found != pair->next)
			fail(w, "a trade that is not the next one");
		pair->next = (unsigned)found + 1;
	}
}

static void check_account(struct world *w)
{
	const struct kraken_tail_counts *n = &w->tail.n;
	uint64_t held = 0, repairing = 0;

	for (unsigned i = 0; i < PAIRS; i++) {
		const struct feed_product *p = product(w, i);

		held += hold_count(&p->hold);
		repairing += p->repairing;
		if (!p->repairing && hold_count(&p->hold))
			fail(w, "trades wait for nothing");
		if (p->repairing && (!w->pairs[i].repairing || feed_missing_to(p) <= p->last_id))
			fail(w, "a repair of nothing");
		w->pairs[i].repairing = p->repairing;
	}
	if (n->read !=
		n->written + n->repeated + n->passed + n->forgotten + n->held + n->bad +
			n->unwritten)
		fail(w, "the account does not add up");
	if (held != n->held || held != w->tail.room.trades || repairing != n->repairing ||
		n->lost != w->lost || n->gaps < w->calls)
		fail(w, "a count is wrong");
	if (w->tail.room.used > w->tail.room.ceiling)
		fail(w, "more room was used than there is");
}

static void step(struct world *w, const char *text)
{
	char copy[1024];
	struct err err;

	snprintf(copy, sizeof copy, "%s", text);
	if (take_step(&w->tail, copy, &err) != KRAKEN_TAIL_GO_ON)
		fail(w, "the tail does not go on");
	check_output(w);
	check_account(w);
}

/* Trades of a pair from one id on; some are left out, come twice, cannot be read, or have changed
 * places. */
static void show(
	struct world *w, char kind, unsigned pair, unsigned from, unsigned to, unsigned faults)
{
	char text[1024], words[MESSAGE_MAX * 2][8];
	size_t used = (size_t)snprintf(text, sizeof text, "%c", kind), n = 0;

	for (unsigned id = from; id <= to; id++) {
		unsigned what = roll(w, 100);

		if (what < faults)
			continue;
		snprintf(words[n++], sizeof *words, "%c%u", letters[pair], id);
		if (what > 100 - faults)
			snprintf(words[n++], sizeof *words, "%c%u", letters[pair], id);
		else if (what == 100 - faults)
			snprintf(words[n - 1], sizeof *words, "!");
	}
	for (size_t i = 0; i < n; i++) {
		size_t place = faults && roll(w, 10) == 0 ? roll(w, (unsigned)n) : i;
		char word[8];

		memcpy(word, words[i], sizeof word);
		memcpy(words[i], words[place], sizeof word);
		memcpy(words[place], word, sizeof word);
	}
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, " %s", words[i]);
	step(w, text);
}

static void show_snapshot(struct world *w, unsigned pair, unsigned faults)
{
	unsigned top = w->pairs[pair].top, n = roll(w, MESSAGE_MAX);

	if (n > 0)
		show(w, 'S', pair, top > n ? top - n + 1 : 1, top, faults);
}

static void trade(struct world *w, unsigned pair, unsigned faults)
{
	unsigned from = w->pairs[pair].top + 1, n = 1 + roll(w, 4);

	if (from + n > IDS_MAX)
		return;
	w->pairs[pair].top += n;
	show(w, 'U', pair, from, from + n - 1, faults);
}

/* From now on a pair that had no trade when it began is to miss none. */
static void interrupt(struct world *w, unsigned pair)
{
	if (!w->pairs[pair].next && !product(w, pair)->begun)
		w->pairs[pair].next = 1;
}

static void reconnect(struct world *w)
{
	unsigned first = roll(w, PAIRS);

	for (unsigned i = 0; i < PAIRS; i++)
		interrupt(w, i);
	for (unsigned i = 0; i < PAIRS; i++)
		if (w->pairs[i].top + 30 < IDS_MAX)
			w->pairs[i].top += roll(w, 2) ? roll(w, 30) : 0;
	step(w, "C");
	for (unsigned i = 0; i < PAIRS; i++) {
		unsigned pair = (first + i) % PAIRS;
		const char ack[] = {'a', ' ', letters[pair], '\0'};

		if (roll(w, 4) == 0)
			trade(w, pair, 10);
		step(w, ack);
		if (roll(w, 4))
			show_snapshot(w, pair, roll(w, 2) ? 0 : 15);
	}
}

/* A subscription ends, by Kraken or since it is mute. */
static void resubscribe(struct world *w)
{
	unsigned pair = roll(w, PAIRS);
	bool mute = roll(w, 2) && product(w, pair)->last_id;
	char text[16];

	if (mute)
		snprintf(text, sizeof text, "m %c%u", letters[pair], w->pairs[pair].top);
	else
		snprintf(text, sizeof text, "D %c", letters[pair]);
	step(w, text);
	interrupt(w, pair);
	if (roll(w, 3) == 0)
		trade(w, pair, 30);
	step(w, "G");
	snprintf(text, sizeof text, "a %c", letters[pair]);
	step(w, text);
	if (roll(w, 3))
		show_snapshot(w, pair, 10);
}

static void repair(struct world *w, unsigned pair, unsigned most)
{
	struct feed_product *p = product(w, pair);
	char text[16];

	for (; p->repairing && most > 0; most--) {
		snprintf(text, sizeof text, "+ %c%llu", letters[pair],
			(unsigned long long)p->last_id + 1);
		step(w, text);
	}
}

static void lose(struct world *w, unsigned pair)
{
	const struct feed_product *p = product(w, pair);
	unsigned to = (unsigned)p->last_id + roll(w, 10);
	char text[16];

	if (p->adrift) { /* REST has them all */
		snprintf(text, sizeof text, "F %c1", letters[pair]);
		step(w, text);
		return;
	}
	for (uint64_t id = p->last_id + 1; id <= to && id <= feed_missing_to(p); id++) {
		w->pairs[pair].lost[id] = true;
		w->lost++;
	}
	snprintf(text, sizeof text, "- %c%u", letters[pair], to);
	step(w, text);
}

/* Not a file, which would be synced to disk step by step. */
static void open_pipe(struct world *w)
{
	char path[] = "/tmp/kraken_tail.XXXXXX";

	close(mkstemp(path));
	unlink(path);
	if (mkfifo(path, 0600) < 0 || (w->fd = open(path, O_RDONLY | O_NONBLOCK)) < 0 ||
		!(w->out = out_open(path, NULL)))
		abort();
	unlink(path);
}

static void begin(struct world *w)
{
	char *pairs[] = {btc, eth, NULL};
	static const uint64_t rooms[] = {10, 230, 500, 1300, 1 << 20};
	struct err err;

	kraken_tail_init(&w->tail, pairs, PAIRS, &err);
	open_pipe(w);
	w->tail.settings = (struct kraken_tail_settings){
		.out = w->out,
		.last = roll(w, 5),
		.hold_bytes = rooms[roll(w, sizeof rooms / sizeof *rooms)],
		.repair = on_hole,
		.arg = w,
	};
	w->tail.room.ceiling = w->tail.settings.hold_bytes;
	step(w, "C");
	step(w, "a B");
	step(w, "a E");
	for (unsigned i = 0; i < PAIRS; i++) {
		struct pair *pair = &w->pairs[i];
		unsigned last = (unsigned)w->tail.settings.last;

		pair->top = roll(w, 8);
		pair->next = pair->top > last ? pair->top - last + 1 : pair->top ? 1 : 0;
		show(w, 'S', i, 1, pair->top, 0);
	}
}

/* All that is missing comes at last. */
static void settle(struct world *w)
{
	for (unsigned i = 0; i < PAIRS; i++)
		trade(w, i, 0);
	for (unsigned i = 0; i < PAIRS; i++)
		repair(w, i, IDS_MAX);
	for (unsigned i = 0; i < PAIRS; i++) {
		struct pair *pair = &w->pairs[i];

		while (pair->lost[pair->next])
			pair->next++;
		if (pair->next != pair->top + 1 || product(w, i)->repairing)
			fail(w, "not all came out");
	}
	if (w->tail.n.held)
		fail(w, "something is still held");
}

static const char *run(uint64_t seed)
{
	struct world w = {.seed = seed, .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
	unsigned faults = roll(&w, 40);
	uint64_t unwritten;

	begin(&w);
	for (unsigned i = 0; i < STEPS && !w.fault; i++) {
		unsigned what = roll(&w, 100), pair = roll(&w, PAIRS);

		if (what < 50)
			trade(&w, pair, faults);
		else if (what < 55)
			show_snapshot(&w, pair, faults);
		else if (what < 60)
			reconnect(&w);
		else if (what < 64)
			resubscribe(&w);
		else if (what < 66)
			lose(&w, pair);
		else
			repair(&w, pair, 1 + roll(&w, 20));
	}
	settle(&w);
	out_close(w.out, EXIT_DONE, &unwritten);
	close(w.fd);
	kraken_tail_release(&w.tail);
	return w.fault;
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	uint64_t last = argc > 1 ? first : SEEDS;
	unsigned failed = 0;

	diag_init("random");
	diag_configure(DIAG_ERROR, false);
	for (uint64_t seed = first; seed <= last; seed++) {
		const char *fault = run(seed);

		failed += fault != NULL;
		if (fault)
			TAP_OK(false, "seed %llu: %s", (unsigned long long)seed, fault);
	}
	TAP_OK(failed == 0, "%d runs, each with its faults", (int)(last - first + 1));
	return tap_end();
}
