#include "net/proxy.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/span.h"

enum { CURL_PORT = 1080 }; /* curl's choice where a proxy's address names no port */

/* The value of the first of these variables that is set and not empty, as curl looks. */
static const char *first_set(const char *const *names, const char **name)
{
	for (; *names; names++) {
		const char *value = getenv(*names);
		if (value && *value) {
			*name = *names;
			return value;
		}
	}
	return NULL;
}

static const char *proxy_of(const struct url *to, const char **name)
{
	static const char *const for_tls[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
	static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
	bool tls = strcmp(to->scheme, "wss") == 0 || strcmp(to->scheme, "https") == 0;

	return first_set(tls ? for_tls : plain, name);
}

/* Whether a host's name is the one listed or lies below it; dots at the ends do not count. */
static bool name_matches(struct span host, struct span listed)
{
	if (host.n && host.p[host.n - 1] == '.')
		host.n--;
	if (listed.n && listed.p[listed.n - 1] == '.')
		listed.n--;
	if (listed.n && listed.p[0] == '.')
		listed = span_make(listed.p + 1, listed.n - 1);
	if (listed.n == 0 || listed.n > host.n ||
		strncasecmp(host.p + host.n - listed.n, listed.p, listed.n) != 0)
		return false;
	return listed.n == host.n || host.p[host.n - listed.n - 1] == '.';
}

static bool bits_equal(const unsigned char *a, const unsigned char *b, size_t bits)
{
	unsigned char mask = (unsigned char)(0xff00u >> bits % 8);

	return memcmp(a, b, bits / 8) == 0 &&
		(bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

/* Whether an address is the one listed or lies in the network listed ("10.0.0.0/8"). */
static bool address_matches(int family, const unsigned char *host, struct span listed)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	uint64_t bits = family == AF_INET ? 32 : 128, given;
	const char *slash = memchr(listed.p, '/', listed.n);

	if (slash) {
		size_t n = (size_t)(slash - listed.p);
		if (num_u64(span_make(slash + 1, listed.n - n - 1), &given) < 0 || given > bits)
			return false;
		bits = given;
		listed.n = n;
	}
	if (listed.n >= sizeof text)
		return false;
	memcpy(text, listed.p, listed.n);
	text[listed.n] = '\0';
	return inet_pton(family, text, address) == 1 && bits_equal(host, address, bits);
}

static bool matches(const struct url *to, struct span listed)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, to->host, address) == 1)
		return address_matches(AF_INET, address, listed);
	if (inet_pton(AF_INET6, to->host, address) == 1)
		return address_matches(AF_INET6, address, listed);
	return name_matches(span_text(to->host), listed);
}

static bool is_exempt(const struct url *to)
{
	static const char *const names[] = {"no_proxy", "NO_PROXY", NULL};
	const char *name, *list = first_set(names, &name);

	if (!list)
		return false;
	if (strcmp(list, "*") == 0)
		return true;
	while (*list) {
		size_t n = strcspn(list, ", \t");
		if (n && matches(to, span_make(list, n)))
			return true;
		list += n ? n : 1;
	}
	return false;
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

/* Replaces "%41" by "A", in place. */
static void percent_decode(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*to++ = (char)(hex(text[1]) * 16 + hex(text[2]));
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Decodes "name:password", and puts the colon where there is no password: RFC 7617 wants it, and a
 * colon that is encoded belongs to the name. -1 where it finds no room. */
static int complete_user(char *user)
{
	bool lacks_colon = *user && !strchr(user, ':');
	size_t n;

	percent_decode(user);
	n = strlen(user);
	if (!lacks_colon)
		return 0;
	if (n == URL_USER_MAX)
		return -1;
	user[n] = ':';
	user[n + 1] = '\0';
	return 0;
}

static int parse(const char *value, const char *name, struct url *proxy, struct err *err)
{
	static const char assumed[] = "http://";
	const char *reason;
	struct buf text;
	int result;

	buf_init(&text, sizeof assumed + strlen(value));
	if (!strstr(value, "://"))
		buf_add_text(&text, assumed);
	buf_add_text(&text, value);
	result = url_parse(buf_span(&text), proxy, &reason);
	buf_release(&text);
	if (result < 0)
		return err_set(err, EXIT_USAGE, "cannot use the proxy in %s: %s", name, reason);
	if (strcmp(proxy->scheme, "http") != 0)
		return err_set(err, EXIT_USAGE,
			"cannot use the proxy in %s: '%s' is not supported, only 'http' is", name,
			proxy->scheme);
	if (!proxy->port)
		proxy->port = CURL_PORT;
	if (complete_user(proxy->user) < 0)
		return err_set(err, EXIT_USAGE,
			"cannot use the proxy in %s: its user name is too long", name);
	return 1;
}

int proxy_find(const struct url *to, struct url *proxy, struct err *err)
{
	const char *name, *value = proxy_of(to, &name);

	if (!value || is_exempt(to))
		return 0;
	return parse(value, name, proxy, err);
}
