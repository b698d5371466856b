/*
 * Drives lib/net/http for tests/net/http.t: all each address in turn over one session, or all of
 * them side by side, and writes what became of each to standard output.
 *
 * usage: http-get [NAME=VALUE ...] URL ...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "net/http.h"

enum { HEADERS_MAX = 8 };

struct client {
	struct http_settings settings;
	struct http *http;
	uint64_t ceiling;
	uint64_t side;	  /* not 0: all at once, and each outcome with its number in front */
	uint64_t turn_ms; /* of http_turn() */
	uint64_t turns;	  /* after which those under way are given up; 0: never */
	uint64_t ready;	  /* not 0: http_turn() gets a descriptor that can be read all the time */
	uint64_t wake;	  /* not 0: http_wake() by each header, and once before all */
	uint64_t for_ms;  /* after which those under way are given up; 0: never */
	uint64_t warm;	  /* not 0: the first one is over before the others begin */
	uint64_t drop;	  /* not 0: the first one to be over ends the first one that is not */
	uint64_t identity;
	uint64_t sink; /* not 0: takes the body in pieces and refuses what comes after so many */
	uint64_t limit_ms; /* of the first request alone */
	const char *headers[HEADERS_MAX + 1];
	size_t n_headers;
};

struct get {
	struct http_answer answer;
	struct http_call *call;
	const struct client *client;
	uint64_t taken;
};

static void on_header(void *arg, struct span name, struct span value)
{
	struct get *get = arg;

	if (get->client->wake)
		http_wake(get->client->http);
	printf("header %.*s=%.*s\n", (int)name.n, name.p, (int)value.n, value.p);
}

static int on_piece(void *arg, struct span piece)
{
	struct get *get = arg;

	printf("piece %ld %zu\n", get->answer.status, piece.n);
	get->taken += piece.n;
	return get->taken > get->client->sink;
}

static void begin(const struct client *client, struct get *get)
{
	*get = (struct get){.client = client, .answer = {.header = on_header, .arg = get}};
	if (client->sink)
		get->answer.piece = on_piece;
	buf_init(&get->answer.body, client->ceiling);
}

static void show(struct get *get, enum http_result result, const struct err *err)
{
	static const char *const results[] = {"answered", "transient", "truncated", "untrusted",
		"too long", "interrupted", "failed"};
	const struct buf *body = &get->answer.body;

	printf("%s %ld %zu %.*s\n", results[result], get->answer.status, body->len,
		span_shown(buf_span(body)), body->len ? body->data : "");
	if (result != HTTP_ANSWERED)
		printf("error %d %s\n", err->code, err->text);
	fflush(stdout);
	buf_release(&get->answer.body);
}

static void get_one(const struct client *client, const char *url)
{
	struct err err = {.code = EXIT_DONE};
	struct get get;

	begin(client, &get);
	show(&get, http_get(client->http, url, &get.answer, &err), &err);
}

static void end(const struct client *client, struct get *all, struct get *get)
{
	struct err err = {.code = EXIT_DONE};
	enum http_result result = http_end(client->http, get->call, &err);

	printf("%zu ", (size_t)(get - all));
	show(get, result, &err);
	get->call = NULL;
}

static size_t start_all(const struct client *client, struct get *all, char **urls, size_t n)
{
	struct err err = {.code = EXIT_DONE};
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		struct http_request request = {.url = urls[i],
			.headers = client->headers,
			.identity = client->identity,
			.total_ms = i ? 0 : client->limit_ms,
			.answer = &all[i].answer};
		begin(client, &all[i]);
		all[i].call = http_start(client->http, &request, &err);
		left += all[i].call != NULL;
		if (!all[i].call)
			show(&all[i], HTTP_FAILED, &err);
	}
	return left;
}

/* Ends `call`, or the first one that is under way where it is NULL. */
static size_t end_one(
	const struct client *client, struct get *all, size_t n, const struct http_call *call)
{
	for (size_t i = 0; i < n; i++) {
		if (!all[i].call || (call && all[i].call != call))
			continue;
		end(client, all, &all[i]);
		return 1;
	}
	return 0;
}

static void get_all(struct client *client, char **urls, size_t n)
{
	struct get *all = calloc(n, sizeof *all);
	int ends[2] = {-1, -1};
	int64_t until_ns = stamp_monotonic() + (int64_t)client->for_ms * STAMP_NS_PER_MS;
	size_t left = start_all(client, all, urls, n), turns = 0;

	if (client->ready && (pipe(ends) < 0 || write(ends[1], "", 1) != 1))
		diag_die(EXIT_FAILED, "no pipe");
	if (client->wake)
		http_wake(client->http);
	while (left && !sig_stops() && (!client->for_ms || stamp_monotonic() < until_ns) &&
		(!client->turns || turns < client->turns)) {
		struct http_call *call = http_turn(client->http, ends[0], (int64_t)client->turn_ms);
		turns++;
		if (call)
			left -= end_one(client, all, n, call);
		if (call && client->drop)
			left -= end_one(client, all, n, NULL);
		if (call)
			client->drop = 0;
	}
	while (end_one(client, all, n, NULL))
		;
	printf("turns %zu\n", turns);
	free(all);
}

static int number(const char *word, const char *name, uint64_t *value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return -1;
	return num_u64(span_text(word + n), value);
}

static void read_word(struct client *client, const char *word)
{
	struct http_settings *settings = &client->settings;

	if (strncmp(word, "ca=", 3) == 0)
		settings->ca_file = word + 3;
	else if (strncmp(word, "header=", 7) == 0 && client->n_headers < HEADERS_MAX)
		client->headers[client->n_headers++] = word + 7;
	else if (number(word, "connect=", &settings->connect_ms) < 0 &&
		number(word, "idle=", &settings->idle_ms) < 0 &&
		number(word, "total=", &settings->total_ms) < 0 &&
		number(word, "ceiling=", &client->ceiling) < 0 &&
		number(word, "side=", &client->side) < 0 &&
		number(word, "turn=", &client->turn_ms) < 0 &&
		number(word, "for=", &client->for_ms) < 0 &&
		number(word, "turns=", &client->turns) < 0 &&
		number(word, "ready=", &client->ready) < 0 &&
		number(word, "wake=", &client->wake) < 0 &&
		number(word, "warm=", &client->warm) < 0 &&
		number(word, "drop=", &client->drop) < 0 &&
		number(word, "limit=", &client->limit_ms) < 0 &&
		number(word, "identity=", &client->identity) < 0 &&
		number(word, "sink=", &client->sink) < 0)
		diag_die(EXIT_USAGE, "cannot read '%s': no such word", word);
}

int main(int argc, char **argv)
{
	struct client client = {.ceiling = 1 << 20,
		.turn_ms = 1000,
		.settings = {.connect_ms = 3000, .idle_ms = 5000, .total_ms = 8000}};
	struct err err;
	int i;

	diag_init("http-get");
	sig_init(10000);
	for (i = 1; i < argc && strchr(argv[i], '=') && !strstr(argv[i], "://"); i++)
		read_word(&client, argv[i]);
	client.http = http_new(&client.settings, &err);
	if (!client.http) {
		printf("error %d %s\n", err.code, err.text);
		return err.code;
	}
	if (client.warm && i < argc)
		get_one(&client, argv[i++]);
	if (client.side)
		get_all(&client, argv + i, (size_t)(argc - i));
	for (; i < argc && !client.side; i++)
		get_one(&client, argv[i]);
	http_free(client.http);
	return 0;
}
