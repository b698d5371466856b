/*
 * The choice of a proxy: curl's rules over its environment variables.
 */
#include <stdlib.h>
#include <string.h>

#include "net/proxy.h"
#include "tap.h"

enum { VARIABLES_MAX = 3 };

struct setting {
	const char *name, *value;
};

/* An environment that holds these variables and none of the others. */
static void set_up(const struct setting *settings)
{
	static const char *const all[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		unsetenv(all[i]);
	for (size_t i = 0; i < VARIABLES_MAX && settings[i].name; i++)
		setenv(settings[i].name, settings[i].value, 1);
}

static int find(const char *to, struct url *proxy, struct err *err)
{
	const char *reason;
	struct url url;

	if (url_parse(span_text(to), &url, &reason) < 0)
		return -2;
	return proxy_find(&url, proxy, err);
}

static void test_choice(void)
{
	static const struct {
		struct setting settings[VARIABLES_MAX];
		const char *to;
		const char *host; /* NULL: direct */
		unsigned port;
	} cases[] = {
		{{{NULL, NULL}}, "wss://h/", NULL, 0},
		{{{"https_proxy", "http://p:3128"}}, "wss://h/", "p", 3128},
		{{{"https_proxy", "http://p:3128/"}}, "https://h/", "p", 3128},
		{{{"HTTPS_PROXY", "p:3128"}}, "wss://h/", "p", 3128},
		{{{"https_proxy", "a:1"}, {"HTTPS_PROXY", "b:2"}}, "wss://h/", "a", 1},
		{{{"https_proxy", ""}, {"HTTPS_PROXY", "b:2"}}, "wss://h/", "b", 2},
		{{{"https_proxy", "a:1"}}, "ws://h/", NULL, 0},
		{{{"http_proxy", "a:1"}}, "ws://h/", "a", 1},
		{{{"http_proxy", "a:1"}}, "http://h/", "a", 1},
		{{{"http_proxy", "a:1"}}, "wss://h/", NULL, 0},
		{{{"HTTP_PROXY", "a:1"}}, "ws://h/", NULL, 0},
		{{{"all_proxy", "a:1"}}, "wss://h/", "a", 1},
		{{{"ALL_PROXY", "a:1"}}, "ws://h/", "a", 1},
		{{{"all_proxy", "a:1"}, {"https_proxy", "b:2"}}, "wss://h/", "b", 2},
		{{{"https_proxy", "p"}}, "wss://h/", "p", 1080},
		{{{"https_proxy", "[::1]:3128"}}, "wss://h/", "::1", 3128},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct url proxy;
		struct err err;
		int found;

		set_up(cases[i].settings);
		found = find(cases[i].to, &proxy, &err);
		TAP_OK(cases[i].host ? found == 1 && strcmp(proxy.host, cases[i].host) == 0 &&
					proxy.port == cases[i].port
				     : found == 0,
			"choice %zu: %s to %s", i,
			cases[i].settings[0].name ? cases[i].settings[0].name : "nothing",
			cases[i].to);
	}
}

static void test_exemptions(void)
{
	static const struct {
		const char *list, *to;
		bool exempt;
	} cases[] = {
		{"h", "wss://h/", true},
		{"H", "wss://h/", true},
		{"example.com", "wss://example.com/", true},
		{"example.com", "wss://www.example.com/", true},
		{"example.com", "wss://badexample.com/", false},
		{".example.com", "wss://example.com/", true},
		{".example.com", "wss://www.example.com:99/", true},
		{"example.com.", "wss://www.example.com/", true},
		{"example.com", "wss://www.example.com./", true},
		{"www.example.com", "wss://example.com/", false},
		{"a,b c,\td", "wss://d/", true},
		{"a, b ,c", "wss://b/", true},
		{"a,b,c", "wss://d/", false},
		{"*", "wss://anything/", true},
		{"*.example.com", "wss://www.example.com/", false},
		{"a,*", "wss://b/", false},
		{"", "wss://h/", false},
		{",", "wss://h/", false},
		{".", "wss://h/", false},
		{"localhost", "wss://127.0.0.1/", false},
		{"127.0.0.1", "wss://127.0.0.1/", true},
		{"127.0.0.0/8", "wss://127.9.9.9/", true},
		{"127.0.0.0/8", "wss://128.0.0.1/", false},
		{"10.16.0.0/12", "wss://10.31.255.255/", true},
		{"10.16.0.0/12", "wss://10.32.0.0/", false},
		{"10.0.0.0/33", "wss://10.0.0.1/", false},
		{"10.0.0.0/x", "wss://10.0.0.0/", false},
		{"0.0.1", "wss://10.0.0.1/", false},
		{"::1", "wss://[::1]/", true},
		{"0:0::1", "wss://[::1]/", true},
		{"2001:db8::/32", "wss://[2001:db8:1::7]/", true},
		{"2001:db8::/32", "wss://[2001:db9::7]/", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct setting settings[VARIABLES_MAX] = {
			{"https_proxy", "p:1"}, {i % 2 ? "no_proxy" : "NO_PROXY", cases[i].list}};
		struct url proxy;
		struct err err;

		set_up(settings);
		TAP_OK(find(cases[i].to, &proxy, &err) == (cases[i].exempt ? 0 : 1),
			"no_proxy '%s' and %s", cases[i].list, cases[i].to);
	}
}

/* As RFC 7617 joins them, and curl does. */
static void test_user(void)
{
	static const struct {
		const char *value, *user;
	} cases[] = {
		{"me%2B:p%40s%3as%@p:1", "me+:p@s:s%"},
		{"me@p:1", "me:"},
		{"http://me@p:1", "me:"},
		{"me:@p:1", "me:"},
		{":secret@p:1", ":secret"},
		{"me%3Ayou@p:1", "me:you:"},
		{"@p:1", ""},
		{"p:1", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct setting settings[VARIABLES_MAX] = {{"https_proxy", cases[i].value}};
		struct url proxy;
		struct err err;

		set_up(settings);
		TAP_OK(find("wss://h/", &proxy, &err) == 1 &&
				strcmp(proxy.user, cases[i].user) == 0,
			"the user of %s: %s", cases[i].value, proxy.user);
	}
}

/* There must be room for the colon. */
static void test_long_user(void)
{
	char value[URL_USER_MAX + 16];
	struct setting settings[VARIABLES_MAX] = {{"https_proxy", value}};
	struct url proxy;
	struct err err;

	memset(value, 'u', URL_USER_MAX);
	snprintf(value + URL_USER_MAX - 1, sizeof value - (URL_USER_MAX - 1), "@p:1");
	set_up(settings);
	TAP_OK(find("wss://h/", &proxy, &err) == 1 && strlen(proxy.user) == URL_USER_MAX,
		"a long user name");
	snprintf(value + URL_USER_MAX - 1, sizeof value - (URL_USER_MAX - 1), "u@p:1");
	set_up(settings);
	TAP_OK(find("wss://h/", &proxy, &err) == -1 && err.code == EXIT_USAGE &&
			strcmp(err.text,
				"cannot use the proxy in https_proxy: its user name is too long") ==
				0,
		"one that is too long");
}

static void test_refusals(void)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{"socks5://me:secret@p:1",
			"cannot use the proxy in https_proxy: 'socks5' is not supported, only 'http' is"},
		{"https://p:1",
			"cannot use the proxy in https_proxy: 'https' is not supported, only 'http' is"},
		{"http://me:secret@p:0", "cannot use the proxy in https_proxy: its port is none"},
		{"http://", "cannot use the proxy in https_proxy: it has no host"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct setting settings[VARIABLES_MAX] = {{"https_proxy", cases[i].value}};
		struct url proxy;
		struct err err;

		set_up(settings);
		TAP_OK(find("wss://h/", &proxy, &err) == -1 && err.code == EXIT_USAGE &&
				strcmp(err.text, cases[i].text) == 0,
			"refused: %s", cases[i].text);
	}
}

int main(void)
{
	test_choice();
	test_exemptions();
	test_user();
	test_long_user();
	test_refusals();
	return tap_end();
}
