#include "net/crawl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/crawl_priv.h"

/* Work that keeps the caller from its turns for so long is a slow reader's, or a stopped
 * process's. */
#define AWAY_NS STAMP_NS_PER_S

struct crawl *crawl_open(
	const struct crawl_settings *settings, struct crawl_counts *counts, struct err *err)
{
	struct http *http = http_new(settings->http, err);
	struct crawl *crawl;

	if (!http)
		return NULL;
	crawl = mem_alloc(1, sizeof *crawl);
	crawl->settings = settings;
	crawl->counts = counts;
	crawl->http = http;
	return crawl;
}

/* Puts those still waiting to the front, or finds more room. */
static void make_room(struct crawl_queue *queue)
{
	if (queue->first > queue->room / 2) {
		memmove(queue->all, queue->all + queue->first, queue->n * sizeof *queue->all);
		queue->first = 0;
		return;
	}
	queue->room = queue->room ? queue->room * 2 : 8;
	queue->all = mem_resize(queue->all, queue->room, sizeof *queue->all);
}

void crawl_queue_add(struct crawl *crawl, const struct crawl_queued *queued)
{
	struct crawl_queue *queue = &crawl->queue;

	if (queue->first + queue->n == queue->room)
		make_room(queue);
	queue->all[queue->first + queue->n++] = *queued;
}

void crawl_add(struct crawl *crawl, const struct crawl_chain *chain)
{
	struct crawl_queued queued = {.chain = *chain};

	crawl_attempts_init(&queued.attempts, crawl->settings->retry_ms);
	crawl_queue_add(crawl, &queued);
	http_wake(crawl->http);
}

/* Takes the first one that is due out of the queue. */
static bool queue_take(struct crawl_queue *queue, int64_t now_ns, struct crawl_queued *queued)
{
	struct crawl_queued *first = queue->all + queue->first;
	size_t i = 0;

	while (i < queue->n && first[i].not_before_ns > now_ns)
		i++;
	if (i == queue->n)
		return false;
	*queued = first[i];
	memmove(first + 1, first, i * sizeof *first);
	queue->first++;
	queue->n--;
	return true;
}

static int64_t queue_due(const struct crawl_queue *queue)
{
	int64_t due_ns = INT64_MAX;

	for (size_t i = 0; i < queue->n; i++)
		if (queue->all[queue->first + i].not_before_ns < due_ns)
			due_ns = queue->all[queue->first + i].not_before_ns;
	return due_ns;
}

static bool may_grow(const struct crawl *crawl)
{
	return crawl->n_places == 0 || crawl->n_places < crawl->settings->jobs;
}

static struct crawl_place *new_place(struct crawl *crawl)
{
	struct crawl_place *place = mem_alloc(1, sizeof *place);

	crawl->places =
		mem_resize(crawl->places, crawl->n_places + 1, sizeof(struct crawl_place *));
	crawl->places[crawl->n_places++] = place;
	crawl_place_init(place, crawl);
	return place;
}

static struct crawl_place *empty_place(const struct crawl *crawl)
{
	for (size_t i = 0; i < crawl->n_places; i++)
		if (crawl->places[i]->state == CRAWL_STATE_EMPTY)
			return crawl->places[i];
	return NULL;
}

void crawl_count_wait(struct crawl *crawl, int64_t *waiting_ns, int64_t now_ns)
{
	if (!*waiting_ns)
		return;
	crawl->waited_ns += now_ns - *waiting_ns;
	crawl->counts->waits_ms = (uint64_t)(crawl->waited_ns / STAMP_NS_PER_MS);
	*waiting_ns = now_ns;
}

/* A chain comes out of the queue. */
static void stop_standing_aside(struct crawl *crawl, struct crawl_queued *queued, int64_t now_ns)
{
	int64_t kept_ns = now_ns - queued->since_ns;

	crawl_count_wait(crawl, &queued->waiting_ns, now_ns);
	if (!queued->since_ns || kept_ns <= 0)
		return;
	crawl_attempts_excuse(&queued->attempts, kept_ns, now_ns);
	if (queued->held_ns)
		*queued->held_ns += kept_ns;
}

/* Begins the chains that there are places for. */
static void begin_chains(struct crawl *crawl)
{
	int64_t now_ns = stamp_monotonic();

	while (crawl->queue.n) {
		struct crawl_place *place = empty_place(crawl);
		struct crawl_queued queued;

		if ((!place && !may_grow(crawl)) || !queue_take(&crawl->queue, now_ns, &queued))
			return;
		stop_standing_aside(crawl, &queued, now_ns);
		crawl_place_begin(place ? place : new_place(crawl), &queued);
	}
}

/* The place that has waited longest of those that the budget may have something for
 * now, or NULL. */
static struct crawl_place *first_in_line(const struct crawl *crawl, int64_t now_ns)
{
	struct crawl_place *first = NULL;

	for (size_t i = 0; i < crawl->n_places; i++) {
		struct crawl_place *place = crawl->places[i];
		if (place->state == CRAWL_STATE_BUDGET && place->due_ns <= now_ns &&
			(!first || place->asked_ns < first->asked_ns))
			first = place;
	}
	return first;
}

/* Without this the first places would leave nothing of a shared lane to the others. */
static int step_waiting(const struct crawl *crawl, struct err *err)
{
	int64_t now_ns = stamp_monotonic();
	struct crawl_place *place;

	while ((place = first_in_line(crawl, now_ns)))
		if (crawl_place_step(place, now_ns, err) < 0)
			return -1;
	return 0;
}

/* Gives each place its turn, unless all have been told to stop. */
static int step_all(struct crawl *crawl, struct err *err)
{
	if (sig_stops())
		return 0;
	begin_chains(crawl);
	if (step_waiting(crawl, err) < 0)
		return -1;
	for (size_t i = 0; i < crawl->n_places && !sig_stops(); i++)
		if (crawl_place_step(crawl->places[i], stamp_monotonic(), err) < 0)
			return -1;
	return 0;
}

/* A server that has banned one has banned all. Those that are added by ended() come later. */
static void end_all(struct crawl *crawl)
{
	struct crawl_queued queued;
	size_t n = crawl->queue.n;

	crawl->is_banned = false;
	for (size_t i = 0; i < crawl->n_places; i++)
		if (crawl->places[i]->state != CRAWL_STATE_EMPTY)
			crawl_place_end(crawl->places[i], &crawl->ban);
	for (; n && queue_take(&crawl->queue, INT64_MAX, &queued); n--) {
		stop_standing_aside(crawl, &queued, stamp_monotonic());
		queued.chain.ended(queued.chain.arg, &crawl->ban);
	}
}

/* The milliseconds until something is due, timeout_ms at most; -1 where all wait for answers. */
static int64_t pause_of(const struct crawl *crawl, int64_t timeout_ms)
{
	int64_t due_ns = INT64_MAX, left_ns, left_ms;

	if (crawl->queue.n && (may_grow(crawl) || empty_place(crawl)))
		due_ns = queue_due(&crawl->queue);
	for (size_t i = 0; i < crawl->n_places; i++)
		if (crawl->places[i]->due_ns < due_ns)
			due_ns = crawl->places[i]->due_ns;
	if (due_ns == INT64_MAX)
		return timeout_ms;
	left_ns = due_ns - stamp_monotonic();
	left_ms = left_ns <= 0 ? 0 : (left_ns + STAMP_NS_PER_MS - 1) / STAMP_NS_PER_MS;
	return timeout_ms < 0 || left_ms < timeout_ms ? left_ms : timeout_ms;
}

/* What the caller and the chains have done since the last wait may have taken long. */
static void come_back(const struct crawl *crawl)
{
	int64_t now_ns = stamp_monotonic(), away_ns = now_ns - crawl->turned_ns;

	if (crawl->turned_ns == 0 || away_ns < AWAY_NS)
		return;
	for (size_t i = 0; i < crawl->n_places; i++)
		crawl_place_excuse(crawl->places[i], away_ns, now_ns);
}

/* A person who looks sees them grow. */
static void count_waits(struct crawl *crawl, int64_t now_ns)
{
	struct crawl_queued *queued = crawl->queue.all + crawl->queue.first;

	for (size_t i = 0; i < crawl->n_places; i++)
		crawl_count_wait(crawl, &crawl->places[i]->waiting_ns, now_ns);
	for (size_t i = 0; i < crawl->queue.n; i++)
		crawl_count_wait(crawl, &queued[i].waiting_ns, now_ns);
}

/* Waits, for all chains in one place. The request that ended the wait, if one did, is in *call. */
static int wait_for(struct crawl *crawl, int fd, int64_t timeout_ms, const struct http_call **call,
	struct err *err)
{
	const struct crawl_settings *settings = crawl->settings;

	if (pause_of(crawl, timeout_ms) != 0 && settings->flush &&
		settings->flush(settings->arg) != 0) {
		*err = (struct err){.code = EXIT_DONE};
		return -1;
	}
	come_back(crawl);
	*call = http_turn(crawl->http, fd, pause_of(crawl, timeout_ms));
	crawl->turned_ns = stamp_monotonic();
	count_waits(crawl, crawl->turned_ns);
	return 0;
}

static int take_answer(struct crawl *crawl, const struct http_call *call, struct err *err)
{
	for (size_t i = 0; i < crawl->n_places; i++)
		if (crawl->places[i]->call == call)
			return crawl_place_answer(crawl->places[i], err);
	return 0;
}

int crawl_turn(struct crawl *crawl, int fd, int64_t timeout_ms, struct err *err)
{
	const struct http_call *call;

	if (sig_stops())
		return 0;
	if (wait_for(crawl, fd, timeout_ms, &call, err) < 0)
		return -1;
	if (call && take_answer(crawl, call, err) < 0)
		return -1;
	if (crawl->is_banned)
		end_all(crawl);
	return step_all(crawl, err);
}

size_t crawl_count(const struct crawl *crawl)
{
	size_t n = crawl->queue.n;

	for (size_t i = 0; i < crawl->n_places; i++)
		n += crawl->places[i]->state != CRAWL_STATE_EMPTY;
	return n;
}

void crawl_close(struct crawl *crawl)
{
	if (!crawl)
		return;
	for (size_t i = 0; i < crawl->n_places; i++) {
		crawl_place_release(crawl->places[i]);
		free(crawl->places[i]);
	}
	free(crawl->places);
	free(crawl->queue.all);
	http_free(crawl->http);
	free(crawl);
}

int crawl_run(const struct crawl_settings *settings, const struct crawl_chain *chains, size_t n,
	struct crawl_counts *counts, struct err *err)
{
	struct crawl *crawl = crawl_open(settings, counts, err);
	int result = 0;

	if (!crawl)
		return -1;
	for (size_t i = 0; i < n; i++)
		crawl_add(crawl, &chains[i]);
	while (result == 0 && crawl_count(crawl) && !sig_stops())
		result = crawl_turn(crawl, -1, -1, err);
	crawl_close(crawl);
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
