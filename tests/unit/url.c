/*
 * Addresses: their parts, and what is refused.
 */
#include <string.h>

#include "net/url.h"
#include "tap.h"

static void test_parts(void)
{
	static const struct {
		const char *text, *scheme, *user, *host;
		unsigned port;
		const char *target;
	} cases[] = {
		{"wss://ws.kraken.com/v2", "wss", "", "ws.kraken.com", 0, "/v2"},
		{"WS://Localhost:8080", "ws", "", "Localhost", 8080, "/"},
		{"http://h:00080/a/b?c=/d:e@f", "http", "", "h", 80, "/a/b?c=/d:e@f"},
		{"http://h?q", "http", "", "h", 0, "/?q"},
		{"http://u:p%40w@h:1/", "http", "u:p%40w", "h", 1, "/"},
		{"http://u:p@w@h", "http", "u:p@w", "h", 0, "/"},
		{"wss://[::1]:443/x", "wss", "", "::1", 443, "/x"},
		{"wss://[2001:db8::7]", "wss", "", "2001:db8::7", 0, "/"},
		{"ws://127.0.0.1:65535/", "ws", "", "127.0.0.1", 65535, "/"},
		{"ws://a_b-c.d./", "ws", "", "a_b-c.d.", 0, "/"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *reason = "";
		struct url url;
		bool parsed = url_parse(span_text(cases[i].text), &url, &reason) == 0;

		TAP_OK(parsed && strcmp(url.scheme, cases[i].scheme) == 0 &&
				strcmp(url.user, cases[i].user) == 0 &&
				strcmp(url.host, cases[i].host) == 0 && url.port == cases[i].port &&
				strcmp(url.target, cases[i].target) == 0 &&
				url.is_ipv6 == (strchr(url.host, ':') != NULL),
			"%s %s", cases[i].text, reason);
	}
}

static void test_refusals(void)
{
	static const char *const cases[] = {"", "localhost", "localhost:80", "//h", "://h", "ws:/h",
		"ws:h", "ws://", "ws:///x", "ws://:80", "ws://h:", "ws://h:0", "ws://h:65536",
		"ws://h:8x", "ws://h:-1", "ws://h:1:2", "ws://[::1", "ws://[]", "ws://[::1]x",
		"ws://[::1%lo]", "ws://[127.0.0.1]", "ws://h h", "ws://h/ x", "ws://h/\n",
		"ws://h/\x7f", "ws://h/\xc3\xa4", "ws://h#f", "ws://h/#", "ws://h%41", "ws://h\\x",
		"ws://u@"};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *reason = NULL;
		struct url url;
		bool refused = url_parse(span_text(cases[i]), &url, &reason) < 0;

		TAP_OK(refused && reason, "refused: case %zu, %s", i, refused ? reason : cases[i]);
	}
}

/* A text of one byte repeated between two others, at a part's bound and beyond it. */
static bool parses(const char *before, size_t n, const char *behind)
{
	char text[4096];
	const char *reason;
	struct url url;

	snprintf(text, sizeof text, "%s%s", before, behind);
	memmove(text + strlen(before) + n, text + strlen(before), strlen(behind) + 1);
	memset(text + strlen(before), 'a', n);
	return url_parse(span_text(text), &url, &reason) == 0;
}

static void test_bounds(void)
{
	static const struct {
		const char *before, *behind, *name;
		size_t max;
	} cases[] = {
		{"", "://h", "scheme", URL_SCHEME_MAX},
		{"ws://", "/", "host", URL_HOST_MAX},
		{"ws://", "@h", "user", URL_USER_MAX},
		{"ws://h/", "", "target", URL_TARGET_MAX - 1},
		{"ws://h?", "", "target without a path", URL_TARGET_MAX - 2},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		TAP_OK(parses(cases[i].before, cases[i].max, cases[i].behind), "the longest %s",
			cases[i].name);
		TAP_OK(!parses(cases[i].before, cases[i].max + 1, cases[i].behind),
			"a %s that is longer", cases[i].name);
	}
}

static void test_spans(void)
{
	const char *reason;
	struct url url;

	TAP_OK(url_parse(span_make("ws://host:1/pathXX", 16), &url, &reason) == 0 &&
			strcmp(url.target, "/path") == 0,
		"no byte behind the span is read");
	TAP_OK(url_parse(span_make("ws://h/\0x", 9), &url, &reason) < 0, "a NUL is refused");
}

static void test_shown(void)
{
	TAP_OK(strcmp(url_shown("wss://user:secret@host:bad/"), "host:bad/") == 0,
		"a password is not shown");
	TAP_OK(strcmp(url_shown("wss://host:bad/"), "wss://host:bad/") == 0, "all else is");
}

int main(void)
{
	test_shown();
	test_parts();
	test_refusals();
	test_bounds();
	test_spans();
	return tap_end();
}
