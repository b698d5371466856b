#include "net/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/num.h"

static int refuse(const char **reason, const char *why)
{
	*reason = why;
	return -1;
}

/* Copies a span that must fit, with a NUL; -1 where it does not. */
static int keep(char *to, size_t max, struct span part)
{
	if (part.n > max)
		return -1;
	if (part.n)
		memcpy(to, part.p, part.n);
	to[part.n] = '\0';
	return 0;
}

/* The offset of the first byte that is one of `set`, or the length. */
static size_t find(struct span text, const char *set)
{
	size_t i = 0;

	while (i < text.n && !strchr(set, text.p[i]))
		i++;
	return i;
}

static struct span before(struct span text, size_t n)
{
	return span_make(text.p, n);
}

static struct span behind(struct span text, size_t n)
{
	return span_make(text.p + n, text.n - n);
}

static bool is_sendable(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	return true;
}

static int take_scheme(struct span *text, struct url *url)
{
	size_t n = find(*text, ":/?#@");

	if (n == 0 || text->n < n + 3 || memcmp(text->p + n, "://", 3) != 0 ||
		keep(url->scheme, URL_SCHEME_MAX, before(*text, n)) < 0)
		return -1;
	for (char *c = url->scheme; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*text = behind(*text, n + 3);
	return 0;
}

static int take_port(struct span text, struct url *url)
{
	uint64_t port;

	if (text.n == 0)
		return 0;
	if (num_u64(behind(text, 1), &port) < 0 || port < 1 || port > UINT16_MAX)
		return -1;
	url->port = (uint16_t)port;
	return 0;
}

static int take_ipv6(struct span authority, struct url *url, const char **reason)
{
	struct in6_addr address;
	size_t n = find(authority, "]");

	if (n == authority.n ||
		keep(url->host, URL_HOST_MAX, before(behind(authority, 1), n - 1)) < 0 ||
		inet_pton(AF_INET6, url->host, &address) != 1)
		return refuse(reason, "its brackets hold no IPv6 address");
	url->is_ipv6 = true;
	authority = behind(authority, n + 1);
	if (authority.n && authority.p[0] != ':')
		return refuse(reason, "there is something between its host and its port");
	return take_port(authority, url) < 0 ? refuse(reason, "its port is none") : 0;
}

static int take_host(struct span authority, struct url *url, const char **reason)
{
	size_t n = find(authority, ":");

	if (authority.n && authority.p[0] == '[')
		return take_ipv6(authority, url, reason);
	if (n == 0)
		return refuse(reason, "it has no host");
	if (keep(url->host, URL_HOST_MAX, before(authority, n)) < 0)
		return refuse(reason, "its host is too long");
	for (const char *c = url->host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return refuse(reason, "its host is no name");
	return take_port(behind(authority, n), url) < 0 ? refuse(reason, "its port is none") : 0;
}

/* The last "@" counts: curl's reading, which lets a password hold one. */
static int take_user(struct span *authority, struct url *url)
{
	size_t n = authority->n;

	while (n && authority->p[n - 1] != '@')
		n--;
	if (n == 0)
		return 0;
	if (keep(url->user, URL_USER_MAX, before(*authority, n - 1)) < 0)
		return -1;
	*authority = behind(*authority, n);
	return 0;
}

static int take_target(struct span text, struct url *url)
{
	if (text.n && text.p[0] == '/')
		return keep(url->target, URL_TARGET_MAX, text);
	url->target[0] = '/';
	return keep(url->target + 1, URL_TARGET_MAX - 1, text);
}

int url_parse(struct span text, struct url *url, const char **reason)
{
	struct span authority;

	*url = (struct url){.port = 0};
	if (!is_sendable(text))
		return refuse(reason, "it holds a blank or a byte that is not printable ASCII");
	if (take_scheme(&text, url) < 0)
		return refuse(reason, "it does not begin with a scheme and \"://\"");
	if (find(text, "#") < text.n)
		return refuse(reason, "it has a fragment");
	authority = before(text, find(text, "/?"));
	text = behind(text, authority.n);
	if (take_user(&authority, url) < 0)
		return refuse(reason, "its user name is too long");
	if (take_host(authority, url, reason) < 0)
		return -1;
	if (take_target(text, url) < 0)
		return refuse(reason, "its path is too long");
	return 0;
}

const char *url_shown(const char *text)
{
	const char *at = strrchr(text, '@');

	return at ? at + 1 : text;
}
