/*
 * Drives lib/net/ws for tests/net/ws*.t: connects once, or again where that ended; writes each
 * event to standard output as a line, and at the end why it ended and how long the longest call of
 * ws_serve() took. With poll=1 it waits by itself once the connection stands.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/ws.h"

enum { TURN_MS = 50 };

struct client {
	struct ws *ws;
	const char *url;
	const char *ca_file;
	const char *send; /* once open; "@N" is N bytes */
	uint64_t connect_ms;
	uint64_t for_ms;   /* after which, once open, the client ends the connection */
	uint64_t count;	   /* messages after which it does so */
	uint64_t pause_ms; /* spent in the first message's event */
	uint64_t turn_ms;
	uint64_t raise;	   /* not 0: raise SIGUSR1 in the first message's event, then end */
	uint64_t poll;	   /* not 0: waits for ws_fd(), and for nothing else */
	const char *late;  /* sent outside of events, once a message has come */
	uint64_t again;	   /* attempts after one that has ended */
	uint64_t idle_ms;  /* not 0: ends a connection that looks mute for so long */
	uint64_t stall_ms; /* spent outside of events, once a message has come */
	uint64_t beat;	   /* not 0: calls sig_beat() */
	unsigned more;	   /* turns to take in any case */
	uint64_t messages;
	int64_t opened_ms; /* 0 before */
};

static int64_t now_ms(void)
{
	return stamp_monotonic() / STAMP_NS_PER_MS;
}

static void send_text(struct client *c, const char *what)
{
	uint64_t n;
	char *text;

	if (what[0] != '@' || num_u64(span_text(what + 1), &n) < 0) {
		printf("sent %d\n", ws_send(c->ws, span_text(what)));
		return;
	}
	text = malloc(n);
	memset(text, 'x', n);
	printf("sent %d\n", ws_send(c->ws, span_make(text, n)));
	free(text);
}

static void on_open(void *arg)
{
	struct client *c = arg;

	printf("open\n");
	c->opened_ms = now_ms();
	if (c->send)
		send_text(c, c->send);
}

static void on_message(void *arg, struct span message, bool binary)
{
	struct client *c = arg;

	printf("%s %zu %.*s\n", binary ? "binary" : "text", message.n, span_shown(message),
		message.p);
	if (c->pause_ms && !c->messages)
		poll(NULL, 0, (int)c->pause_ms);
	if (c->raise && !c->messages) {
		kill(getpid(), SIGUSR1);
		c->for_ms = 0;
		c->more = 2; /* the first would not wait anyway: an answer may have to go out */
	}
	if (++c->messages == c->count)
		ws_disconnect(c->ws);
}

static bool looks_mute(const struct client *c)
{
	int64_t heard_ms = ws_last_heard(c->ws) / STAMP_NS_PER_MS;

	if (!c->idle_ms || !ws_is_open(c->ws) || now_ms() - heard_ms <= (int64_t)c->idle_ms)
		return false;
	printf("mute\n");
	return true;
}

static bool goes_on(struct client *c)
{
	bool over = c->opened_ms && now_ms() - c->opened_ms >= (int64_t)c->for_ms;

	if (c->more) {
		c->more--;
		return true;
	}
	return ws_end(c->ws) == WS_END_NONE && c->messages < c->count && !sig_stops() && !over &&
		!looks_mute(c);
}

/* As a caller does it who waits for other things as well. */
static void serve_by_poll(struct client *c)
{
	struct pollfd polled[] = {
		{.fd = ws_fd(c->ws), .events = POLLIN}, {.fd = sig_fd(), .events = POLLIN}};

	if (poll(polled, 2, (int)c->for_ms) == 0)
		printf("nothing came\n");
	do
		ws_serve(c->ws, 0);
	while (ws_is_ready(c->ws));
}

static void serve(struct client *c)
{
	if (c->late && c->messages) {
		send_text(c, c->late);
		c->late = NULL;
	}
	while (c->poll && ws_is_ready(c->ws))
		ws_serve(c->ws, 0);
	if (!goes_on(c))
		return;
	if (c->poll && ws_fd(c->ws) >= 0)
		serve_by_poll(c);
	else
		ws_serve(c->ws, (int64_t)c->turn_ms);
	if (c->stall_ms && c->messages) {
		poll(NULL, 0, (int)c->stall_ms);
		c->stall_ms = 0;
	}
}

/* Whether there is another attempt. */
static bool comes_again(struct client *c)
{
	struct err err;

	if (ws_end(c->ws) == WS_END_NONE || !c->again)
		return false;
	c->again--;
	printf("ended %s\n", ws_end_reason(c->ws));
	return ws_connect(c->ws, c->url, c->connect_ms, &err) == 0;
}

static int run(struct client *c)
{
	static const char *const ends[] = {"none", "refused", "untrusted", "closed", "too long"};
	static const struct ws_events events = {.open = on_open, .message = on_message};
	int64_t began, longest = 0, heard;
	struct err err;

	c->ws = ws_new(&events, c, c->ca_file, &err);
	if (!c->ws || ws_connect(c->ws, c->url, c->connect_ms, &err) < 0) {
		ws_free(c->ws);
		printf("error %d %s\n", err.code, err.text);
		return err.code;
	}
	began = now_ms();
	while (goes_on(c) || comes_again(c)) {
		int64_t before = now_ms();
		fflush(stdout);
		serve(c);
		if (now_ms() - before > longest)
			longest = now_ms() - before;
	}
	if (c->poll)
		printf("fd %s %s\n", ws_fd(c->ws) < 0 ? "none" : "some",
			ws_is_ready(c->ws) ? "ready" : "not ready");
	heard = ws_last_heard(c->ws);
	printf("end %s: %s\n", ends[ws_end(c->ws)], ws_end_reason(c->ws));
	printf("retry %lld\n", (long long)ws_retry_after_ms(c->ws));
	printf("signal %d\n", sig_number());
	printf("heard %lld\n", heard ? (long long)(now_ms() - heard / STAMP_NS_PER_MS) : -1);
	printf("longest %lld\n", (long long)longest);
	printf("took %lld\n", (long long)(now_ms() - began));
	ws_free(c->ws);
	return 0;
}

/* A word NAME=VALUE of the command line. */
static void set(struct client *c, const char *word)
{
	const struct {
		const char *name;
		uint64_t *number;
		const char **text;
	} all[] = {{"ca=", NULL, &c->ca_file}, {"send=", NULL, &c->send},
		{"connect=", &c->connect_ms, NULL}, {"for=", &c->for_ms, NULL},
		{"count=", &c->count, NULL}, {"pause=", &c->pause_ms, NULL},
		{"turn=", &c->turn_ms, NULL}, {"raise=", &c->raise, NULL},
		{"poll=", &c->poll, NULL}, {"late=", NULL, &c->late}, {"again=", &c->again, NULL},
		{"idle=", &c->idle_ms, NULL}, {"stall=", &c->stall_ms, NULL},
		{"beat=", &c->beat, NULL}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		size_t n = strlen(all[i].name);
		if (strncmp(word, all[i].name, n) != 0)
			continue;
		if (all[i].text)
			*all[i].text = word + n;
		else if (num_u64(span_text(word + n), all[i].number) < 0)
			diag_die(EXIT_USAGE, "no number: '%s'", word);
		return;
	}
	c->url = word;
}

int main(int argc, char **argv)
{
	struct client client = {
		.connect_ms = 5000, .for_ms = 10000, .count = UINT64_MAX, .turn_ms = TURN_MS};

	diag_init("ws-client");
	diag_configure(getenv("WS_CLIENT_DEBUG") ? DIAG_DEBUG : DIAG_WARNING, false);
	sig_init(10000);
	for (int i = 1; i < argc; i++)
		set(&client, argv[i]);
	if (client.beat)
		sig_beat();
	return run(&client);
}
