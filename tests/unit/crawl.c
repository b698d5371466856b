/* What crawl decides without a network: which answers are no answers, when to try again, and whose turn
 * it is. */
#include "net/crawl.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/crawl_attempts.h"
#include "tap.h"

static const struct {
	long status;
	const char *body;
	const char *reason; /* NULL: it is the API's own word */
} answers[] = {
	{200, "[]", NULL},
	{200, "{\"error\":[\"EService:Unavailable\"]}", NULL},
	{200, " \r\n\t[]", NULL},
	{200, "busy", NULL},
	{200, "", "the answer is empty"},
	{200, " \r\n", "the answer is empty"},
	{200, "<!DOCTYPE html><p>busy", "the answer is a page of HTML"},
	{200, "\xef\xbb\xbf \n<html>", "the answer is a page of HTML"},
	{200, "<?xml version=\"1.0\"?><Error/>", "the answer is markup"},
	{204, "", NULL},
	{301, "<html>moved", NULL},
	{400, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}", NULL},
	{403, "{\"code\":0}", NULL},
	{403, "", NULL},
	{403, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", NULL},
	{403, "<!doctype HTML><title>Attention Required!", "status 403, a page of HTML"},
	{403, "\n<HTML>", "status 403, a page of HTML"},
	{404, "<html>", NULL},
	{408, "", "status 408"},
	{418, "{\"code\":-1003}", NULL},
	{425, "", "status 425"},
	{429, "<html>", NULL},
	{451, "{\"code\":0}", NULL},
	{500, "", "status 500"},
	{501, "", NULL},
	{502, "<html>Bad Gateway", "status 502, a page of HTML"},
	{503, "{}", "status 503"},
	{504, "[]", "status 504"},
	{505, "", NULL},
	{520, "", "status 520"},
	{524, "error code: 524", "status 524"},
	{599, "", "status 599"},
	{600, "", NULL},
};

static void test_answers(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct crawl_answer answer = {.url = "https://user:secret@a.example/x",
			.status = answers[i].status,
			.body = span_text(answers[i].body)};
		struct err err = {.code = EXIT_DONE};
		bool temporary = crawl_temporary(&answer, &err);
		TAP_OK(temporary == (answers[i].reason != NULL) &&
				(!temporary ||
					(err.code == EXIT_FAILED &&
						strncmp(err.text,
							"cannot get 'a.example/x': ", 26) == 0 &&
						strcmp(err.text + 26, answers[i].reason) == 0)),
			"answer %zu, of status %ld", i, answers[i].status);
	}
}

static void test_growth(void)
{
	static const struct {
		int64_t least, most;
	} bounds[] = {{250, 500}, {500, 1000}, {1000, 2000}, {2000, 4000}, {4000, 8000},
		{8000, 16000}, {15000, 30000}, {15000, 30000}};
	struct crawl_attempts a;
	int64_t now = 5, pause;

	crawl_attempts_init(&a, NUM_DURATION_MAX);
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		pause = crawl_attempts_fail(&a, -1, now);
		TAP_OK(pause >= bounds[i].least && pause <= bounds[i].most,
			"pause %zu is %" PRId64 " ms", i + 1, pause);
		now += pause * STAMP_NS_PER_MS;
	}
	crawl_attempts_succeed(&a);
	pause = crawl_attempts_fail(&a, -1, now);
	TAP_OK(pause <= 500 && a.failures == 1, "a success begins it anew");
	TAP_OK(crawl_attempts_fail(&a, 90000, now) == 90000, "a pause that is asked for");
}

static void test_refusals(void)
{
	static const int64_t holds[] = {3000, 6000, 12000, 24000, 48000, 60000, 60000};
	struct crawl_attempts a;
	int64_t hold;

	crawl_attempts_init(&a, NUM_DURATION_MAX);
	for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
		TAP_OK(crawl_attempts_refuse(&a, -1, 1, &hold) == holds[i] && hold == holds[i],
			"refusal %zu", i + 1);
	TAP_OK(crawl_attempts_refuse(&a, 7000, 1, &hold) == 7000 && hold == 7000,
		"a pause that is asked for");
	crawl_attempts_succeed(&a);
	TAP_OK(crawl_attempts_refuse(&a, 0, 1, &hold) == 3000 && hold == 3000,
		"a pause of nothing is none, after a success");
}

static int64_t at(int64_t ms)
{
	return 1 + ms * STAMP_NS_PER_MS;
}

static void test_limit(void)
{
	struct crawl_attempts a;
	int64_t hold;

	crawl_attempts_init(&a, 0);
	TAP_OK(crawl_attempts_fail(&a, -1, at(0)) == -1,
		"no time at all: the first failure ends it");
	crawl_attempts_init(&a, 100);
	TAP_OK(crawl_attempts_fail(&a, -1, at(0)) == 100 &&
			crawl_attempts_fail(&a, -1, at(99)) == 1 &&
			crawl_attempts_fail(&a, -1, at(100)) == -1 && a.failures == 3,
		"the last attempt comes at the end of the limit");
	crawl_attempts_init(&a, 1000);
	TAP_OK(crawl_attempts_fail(&a, 1001, at(0)) == -1,
		"a pause beyond the limit ends it at once");
	crawl_attempts_init(&a, 1000);
	TAP_OK(crawl_attempts_fail(&a, 1000, at(0)) == 1000,
		"... and one up to the limit does not");
	crawl_attempts_init(&a, 1000);
	TAP_OK(crawl_attempts_refuse(&a, -1, at(0), &hold) == 1000 && hold == 3000,
		"a refusal holds for as long, and is tried at the limit");
	TAP_OK(crawl_attempts_refuse(&a, 5000, at(500), &hold) == -1 && hold == 5000,
		"... and holds where it ends it");
}

/* What a server asks for ends nothing, and only what would have been waited anyway is counted. */
static void test_has_time(void)
{
	static const struct {
		int64_t retry_after, least, most;
		bool is_refusal;
	} pauses[] = {{-1, 250, 500, false}, {7000, 7000, 7000, false},
		{86400000, 900000, 900000, false}, {NUM_DURATION_MAX, 900000, 900000, true},
		{-1, 3000, 3000, true}, {20, 20, 20, true}, {2999, 2999, 2999, true}};
	struct crawl_attempts a;
	int64_t hold = 0, pause, now = 0;
	unsigned tries = 0;

	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		crawl_attempts_init(&a, 4000);
		a.has_time = true;
		pause = pauses[i].is_refusal
			? crawl_attempts_refuse(&a, pauses[i].retry_after, at(0), &hold)
			: crawl_attempts_fail(&a, pauses[i].retry_after, at(0));
		TAP_OK(pause >= pauses[i].least && pause <= pauses[i].most &&
				(!pauses[i].is_refusal || hold == pause),
			"time for a Retry-After of %" PRId64 " ms", pauses[i].retry_after);
		TAP_OK(a.beyond_ms >= 0 &&
				pause - a.beyond_ms <= (pauses[i].is_refusal ? 3000 : 500),
			"... beyond a pause of its own");
	}
	crawl_attempts_init(&a, 4000);
	a.has_time = true;
	do {
		pause = crawl_attempts_fail(&a, 600000, at(now));
		now += pause < 0 ? 0 : pause;
		crawl_attempts_excuse(&a, a.beyond_ms * STAMP_NS_PER_MS, at(now));
		tries++;
	} while (pause >= 0 && tries < 100);
	TAP_OK(pause == -1 && tries >= 4 && tries <= 6, "... but %u times, not for ever", tries);
	TAP_OK(crawl_attempts_refuse(&a, 600000, at(now), &hold) == -1 && hold == 600000,
		"... and the lane is held where it ends");
}

static void test_excuse(void)
{
	struct crawl_attempts a;

	crawl_attempts_init(&a, 1000);
	crawl_attempts_excuse(&a, 5000 * STAMP_NS_PER_MS, at(6000));
	crawl_attempts_fail(&a, -1, at(7000));
	crawl_attempts_excuse(&a, 5000 * STAMP_NS_PER_MS, at(12300));
	TAP_OK(crawl_attempts_fail(&a, 700, at(12300)) == 700 &&
			crawl_attempts_fail(&a, -1, at(13000)) == -1,
		"time in which nothing could be asked is not counted");
	crawl_attempts_succeed(&a);
	crawl_attempts_fail(&a, -1, at(20000));
	crawl_attempts_excuse(&a, 5000 * STAMP_NS_PER_MS, at(20100));
	TAP_OK(crawl_attempts_fail(&a, 1000, at(20100)) == 1000, "... from before it neither");
	TAP_OK(crawl_attempts_fail(&a, -1, at(21100)) == -1, "... and not given in advance");
}

static void test_news(void)
{
	struct crawl_attempts a;
	unsigned told = 0;

	crawl_attempts_init(&a, NUM_DURATION_MAX);
	for (int64_t s = 0; s < 3600; s++) {
		crawl_attempts_fail(&a, -1, at(s * 1000));
		told += crawl_attempts_is_news(&a, at(s * 1000));
	}
	TAP_OK(told == 7, "%u of 3600 failures in an hour are told", told);
	for (int64_t s = 3600; s < 24 * 3600; s++)
		told += crawl_attempts_is_news(&a, at(s * 1000));
	TAP_OK(told > 25 && told < 35, "... and %u in a day", told);
	crawl_attempts_succeed(&a);
	crawl_attempts_fail(&a, -1, at(24 * 3600 * 1000));
	TAP_OK(crawl_attempts_is_news(&a, at(24 * 3600 * 1000)),
		"... and the first one after a success");
}

/* Chains that ask for nothing: each takes so many steps, of which the last is its end. */
enum { SCRIPTED_MAX = 40, HOUR_S = 3600 };

struct script {
	struct crawl *crawl;
	int64_t not_before; /* where it waits */
	enum crawl_step step;
	int64_t held_ns;
	int64_t blocks_ns; /* the next flush() */
	size_t adds;	   /* that its chains have yet to make */
	size_t added, steps, done, flushes;
	int flushed; /* what flush() returns */
	bool adds_by_flush;
	struct crawl_counts counts;
};

static enum crawl_step scripted(void *arg, struct crawl_ask *ask);

static void add_scripted(struct script *s)
{
	struct crawl_chain chain = {.name = "scripted", .next = scripted, .arg = s};

	s->added++;
	crawl_add(s->crawl, &chain);
}

static enum crawl_step scripted(void *arg, struct crawl_ask *ask)
{
	struct script *s = arg;

	s->steps++;
	if (s->adds) {
		s->adds--;
		add_scripted(s);
	}
	ask->not_before = s->not_before;
	ask->held_ns = &s->held_ns;
	s->done += s->step == CRAWL_DONE;
	return s->step;
}

static int on_flush(void *arg)
{
	struct script *s = arg;
	struct timespec block = {s->blocks_ns / STAMP_NS_PER_S, s->blocks_ns % STAMP_NS_PER_S};

	s->flushes++;
	s->blocks_ns = 0;
	nanosleep(&block, NULL);
	if (s->adds_by_flush)
		add_scripted(s);
	s->adds_by_flush = false;
	return s->flushed;
}

/* Opens a crawl with chains that all take the same step. */
static void open_scripted(struct script *s, struct crawl_settings *settings, size_t jobs, size_t n)
{
	static const struct http_settings http = {.connect_ms = 1000};

	*settings =
		(struct crawl_settings){.http = &http, .jobs = jobs, .flush = on_flush, .arg = s};
	s->crawl = crawl_open(settings, &s->counts, NULL);
	for (size_t i = 0; i < n; i++)
		add_scripted(s);
}

static void test_places(void)
{
	static const struct {
		size_t jobs, chains, begun;
		enum crawl_step step;
	} places[] = {{2, 5, 2, CRAWL_WAIT}, {8, 5, 5, CRAWL_WAIT}, {0, 3, 1, CRAWL_WAIT},
		{1, 0, 0, CRAWL_WAIT}, {20, SCRIPTED_MAX, 20, CRAWL_WAIT}, {2, 5, 5, CRAWL_ASIDE},
		{8, 5, 5, CRAWL_ASIDE}, {1, SCRIPTED_MAX, SCRIPTED_MAX, CRAWL_ASIDE}};
	struct crawl_settings settings;
	struct err err;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct script s = {.step = places[i].step,
			.not_before = stamp_monotonic() + HOUR_S * STAMP_NS_PER_S};
		open_scripted(&s, &settings, places[i].jobs, places[i].chains);
		for (size_t turns = 0; turns <= places[i].begun; turns++)
			crawl_turn(s.crawl, -1, 0, &err);
		TAP_OK(s.steps == places[i].begun && crawl_count(s.crawl) == places[i].chains,
			"%zu chains on %zu places", places[i].chains, places[i].jobs);
		TAP_OK(crawl_turn(s.crawl, -1, 1, &err) == 0 && s.steps == places[i].begun,
			"... wait as they said");
		crawl_close(s.crawl);
		TAP_OK(s.steps == places[i].begun, "... and hear nothing of the end");
	}
	crawl_close(NULL);
}

/* Those that stand aside have their turn when their time comes, and know how late that was. */
static void test_aside(void)
{
	struct script s = {
		.step = CRAWL_ASIDE, .not_before = stamp_monotonic() + STAMP_NS_PER_S / 50};
	struct crawl_settings settings;
	int64_t due_ns = s.not_before;
	struct err err;

	open_scripted(&s, &settings, 2, 5);
	for (size_t turns = 0; s.steps < 5 && turns < 100; turns++)
		crawl_turn(s.crawl, -1, 0, &err);
	s.step = CRAWL_DONE;
	for (size_t turns = 0; crawl_count(s.crawl) && turns < 100; turns++)
		crawl_turn(s.crawl, -1, -1, &err);
	TAP_OK(s.done == 5 && stamp_monotonic() >= due_ns, "those that stood aside come back");
	TAP_OK(s.held_ns > 0 && s.held_ns <= 5 * (stamp_monotonic() - due_ns),
		"... a bit late, as they know");
	crawl_close(s.crawl);
}

/* A slow reader keeps everybody from their work. */
static void test_away(void)
{
	struct script s = {
		.step = CRAWL_WAIT, .not_before = stamp_monotonic() + HOUR_S * STAMP_NS_PER_S};
	struct crawl_settings settings;
	struct err err;

	open_scripted(&s, &settings, 2, 1);
	crawl_turn(s.crawl, -1, 0, &err);
	crawl_turn(s.crawl, -1, 1, &err);
	s.held_ns = 0;
	s.blocks_ns = STAMP_NS_PER_S + STAMP_NS_PER_S / 10;
	crawl_turn(s.crawl, -1, 1, &err);
	TAP_OK(s.held_ns > STAMP_NS_PER_S, "time without turns is known as such");
	crawl_close(s.crawl);
}

static void test_queue(void)
{
	struct crawl_settings settings;
	struct script s = {.step = CRAWL_DONE};
	struct err err;

	open_scripted(&s, &settings, 3, 1);
	for (size_t round = 0; round < 50; round++) {
		s.adds = 2 + round % SCRIPTED_MAX;
		for (size_t i = 0; i < round % 7; i++)
			add_scripted(&s);
		for (size_t turns = 0; crawl_count(s.crawl) && turns < 1000; turns++)
			crawl_turn(s.crawl, -1, -1, &err);
		add_scripted(&s);
	}
	TAP_OK(s.done == s.added - 1 && s.done > 1000 && s.adds == 0, "chains that add others: %zu",
		s.done);
	TAP_OK(crawl_count(s.crawl) == 1, "... and the last one waits for a turn");
	crawl_close(s.crawl);
}

static void test_turn(void)
{
	struct crawl_settings settings;
	struct script s = {.step = CRAWL_BUSY};
	struct err err;
	int ends[2] = {-1, -1};

	open_scripted(&s, &settings, 2, 2);
	for (size_t i = 1; i <= 3; i++)
		TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == 0 && s.steps == 2 * i && !s.flushes,
			"a turn is one piece of work of each");
	s.step = CRAWL_DONE;
	TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == 0 && s.done == 2 && !crawl_count(s.crawl),
		"... and comes back at the last end");
	TAP_OK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1 &&
			crawl_turn(s.crawl, ends[0], -1, &err) == 0 && s.flushes == 1,
		"without chains it waits for the descriptor, what is held being written out");
	TAP_OK(crawl_turn(s.crawl, ends[0], 0, &err) == 0 && s.flushes == 1,
		"... which it does not before no wait");
	TAP_OK(crawl_turn(s.crawl, -1, 1, &err) == 0 && s.flushes == 2, "... or for its time");
	s.adds_by_flush = true;
	TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == 0 && s.done == 3, "a chain that flush() adds");
	s.flushed = -1;
	TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == -1 && err.code == EXIT_DONE,
		"a flush that fails");
	crawl_close(s.crawl);
	close(ends[0]);
	close(ends[1]);
}

static void test_stop(void)
{
	struct crawl_settings settings;
	struct script s = {.step = CRAWL_BUSY};
	struct err err;

	sig_init(10000);
	open_scripted(&s, &settings, 2, 2);
	raise(SIGUSR1);
	TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == 0 && s.steps == 2, "a signal of another kind");
	raise(SIGTERM);
	TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == 0 && s.steps == 2 && !s.flushes &&
			crawl_count(s.crawl) == 2,
		"after a stop signal nobody is called");
	crawl_close(s.crawl);
	open_scripted(&s, &settings, 2, 0);
	TAP_OK(crawl_turn(s.crawl, -1, -1, &err) == 0 && !s.flushes,
		"... nor is anything waited for");
	crawl_close(s.crawl);
}

int main(void)
{
	alarm(60); /* a wait without end is a failure */
	test_answers();
	test_growth();
	test_refusals();
	test_limit();
	test_has_time();
	test_excuse();
	test_news();
	test_places();
	test_aside();
	test_away();
	test_queue();
	test_turn();
	test_stop();
	return tap_end();
}
