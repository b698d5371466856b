#include "net/crawl.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/crawl_priv.h"

/* All places of a run. */
struct crawl_places {
	struct crawl_place *all;
	size_t n;
};

/* The place that has waited longest of those that the budget may have something for now, or NULL. */
static struct crawl_place *first_in_line(const struct crawl_places *places, int64_t now_ns)
{
	struct crawl_place *first = NULL;

	for (size_t i = 0; i < places->n; i++) {
		struct crawl_place *place = &places->all[i];
		if (place->state == CRAWL_STATE_BUDGET && place->due_ns <= now_ns &&
			(!first || place->asked_ns < first->asked_ns))
			first = place;
	}
	return first;
}

/* Without this the first places would leave nothing of a shared lane to the others. */
static int step_waiting(const struct crawl_places *places, struct err *err)
{
	int64_t now_ns = stamp_monotonic();
	struct crawl_place *place;

	while ((place = first_in_line(places, now_ns)))
		if (crawl_place_step(place, now_ns, err) < 0)
			return -1;
	return 0;
}

/* Gives each place its turn. 1 while there are chains under way, 0 where none is, or all have been
 * told to stop; -1 and *err. */
static int step_all(const struct crawl *crawl, const struct crawl_places *places, struct err *err)
{
	int under_way = 0;

	if (crawl->is_banned || sig_stops())
		return 0;
	if (step_waiting(places, err) < 0)
		return -1;
	for (size_t i = 0; i < places->n; i++) {
		struct crawl_place *place = &places->all[i];
		if (sig_stops())
			return 0;
		if (crawl_place_step(place, stamp_monotonic(), err) < 0)
			return -1;
		under_way |= place->state != CRAWL_STATE_EMPTY;
	}
	return under_way;
}

/* The milliseconds until the first place has something to do; -1 where all wait for answers. */
static int64_t pause_of(const struct crawl_places *places)
{
	int64_t due_ns = INT64_MAX, left_ns;

	for (size_t i = 0; i < places->n; i++)
		if (places->all[i].due_ns < due_ns)
			due_ns = places->all[i].due_ns;
	if (due_ns == INT64_MAX)
		return -1;
	left_ns = due_ns - stamp_monotonic();
	return left_ns <= 0 ? 0 : (left_ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
}

/* Waits, for all chains in one place, and goes on with the answer that ends the wait, if one does. */
static int turn(const struct crawl *crawl, const struct crawl_places *places, struct err *err)
{
	const struct crawl_settings *settings = crawl->settings;
	int64_t pause_ms = pause_of(places);
	const struct http_call *call;

	if (pause_ms != 0 && settings->flush && settings->flush(settings->arg) != 0) {
		*err = (struct err){.code = EXIT_DONE};
		return -1;
	}
	call = http_turn(crawl->http, pause_ms);
	for (size_t i = 0; i < places->n; i++)
		crawl_place_tick(&places->all[i], stamp_monotonic());
	for (size_t i = 0; call && i < places->n; i++)
		if (places->all[i].call == call)
			return crawl_place_answer(&places->all[i], err);
	return 0;
}

/* A server that has banned one has banned all: those that have ended before are not told again. */
static void end_all(const struct crawl *crawl, const struct crawl_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		if (places->all[i].chain)
			places->all[i].chain->ended(places->all[i].chain->arg, &crawl->ban);
	for (size_t i = crawl->begun; i < crawl->n; i++)
		crawl->chains[i].ended(crawl->chains[i].arg, &crawl->ban);
}

static int run(struct crawl *crawl, const struct crawl_places *places, struct err *err)
{
	int under_way = step_all(crawl, places, err);

	while (under_way > 0) {
		if (turn(crawl, places, err) < 0)
			return -1;
		under_way = step_all(crawl, places, err);
	}
	if (crawl->is_banned)
		end_all(crawl, places);
	return under_way;
}

int crawl_run(const struct crawl_settings *settings, const struct crawl_chain *chains, size_t n,
	struct crawl_counts *counts, struct err *err)
{
	struct crawl crawl = {.settings = settings, .counts = counts, .chains = chains, .n = n};
	struct crawl_places places = {.n = settings->jobs < n ? settings->jobs : n};
	int result;

	crawl.http = http_new(settings->http, err);
	if (!crawl.http)
		return -1;
	if (n && !places.n)
		places.n = 1;
	places.all = mem_alloc(places.n + 1, sizeof *places.all);
	for (size_t i = 0; i < places.n; i++)
		crawl_place_init(&places.all[i], &crawl);
	result = run(&crawl, &places, err);
	for (size_t i = 0; i < places.n; i++)
		crawl_place_release(&places.all[i]);
	free(places.all);
	http_free(crawl.http);
	return result;
}

void crawl_counts_say(struct buf *to, const void *arg)
{
	const struct crawl_counts *counts = arg;

	if (counts->requests == 0)
		return;
	progress_add_number(to, counts->requests);
	buf_add_text(to, counts->requests == 1 ? " request" : " requests");
	if (counts->waits_ms == 0)
		return;
	buf_add_text(to, ", ");
	progress_add_duration(to, counts->waits_ms);
	buf_add_text(to, " waited");
}
