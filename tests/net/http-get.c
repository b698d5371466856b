/*
 * Drives lib/net/http for tests/net/http.t: gets each address in turn over one session and writes
 * what became of it to standard output.
 *
 * usage: http-get [NAME=VALUE ...] URL ...
 */
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/sig.h"
#include "net/http.h"

static void on_header(void *arg, struct span name, struct span value)
{
	(void)arg;
	printf("header %.*s=%.*s\n", (int)name.n, name.p, (int)value.n, value.p);
}

static void get(struct http *http, const char *url, uint64_t ceiling)
{
	static const char *const results[] = {"answered", "transient", "truncated", "untrusted",
		"too long", "interrupted", "failed"};
	struct http_answer answer = {.header = on_header};
	struct err err = {.code = EXIT_DONE};
	enum http_result result;

	buf_init(&answer.body, ceiling);
	result = http_get(http, url, &answer, &err);
	printf("%s %ld %zu %.*s\n", results[result], answer.status, answer.body.len,
		span_shown(buf_span(&answer.body)), answer.body.len ? answer.body.data : "");
	if (result != HTTP_ANSWERED)
		printf("error %d %s\n", err.code, err.text);
	fflush(stdout);
	buf_release(&answer.body);
}

static int number(const char *word, const char *name, uint64_t *value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return -1;
	return num_u64(span_text(word + n), value);
}

int main(int argc, char **argv)
{
	struct http_settings settings = {.connect_ms = 3000, .idle_ms = 5000, .total_ms = 8000};
	uint64_t ceiling = 1 << 20;
	struct http *http;
	struct err err;
	int i;

	diag_init("http-get");
	sig_init(10000);
	for (i = 1; i < argc && strchr(argv[i], '=') && !strstr(argv[i], "://"); i++) {
		if (strncmp(argv[i], "ca=", 3) == 0)
			settings.ca_file = argv[i] + 3;
		else if (number(argv[i], "connect=", &settings.connect_ms) < 0 &&
			number(argv[i], "idle=", &settings.idle_ms) < 0 &&
			number(argv[i], "total=", &settings.total_ms) < 0 &&
			number(argv[i], "ceiling=", &ceiling) < 0)
			diag_die(EXIT_USAGE, "cannot read '%s': no such word", argv[i]);
	}
	http = http_new(&settings, &err);
	if (!http) {
		printf("error %d %s\n", err.code, err.text);
		return err.code;
	}
	for (; i < argc; i++)
		get(http, argv[i], ceiling);
	http_free(http);
	return 0;
}
