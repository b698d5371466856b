/*
 * The parts of an absolute address, scheme://[user@]host[:port][/path][?query], as RFC 3986 has
 * them. Whatever could not go into a request as it stands (blanks, control bytes, bytes above
 * ASCII) is refused, and so is a fragment, which is never sent.
 */
#ifndef TRADEPIPE_NET_URL_H
#define TRADEPIPE_NET_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Far above any address of an exchange. */
enum { URL_SCHEME_MAX = 15, URL_USER_MAX = 90, URL_HOST_MAX = 100, URL_TARGET_MAX = 1900 };

struct url {
	char scheme[URL_SCHEME_MAX + 1]; /* lower case */
	char user[URL_USER_MAX + 1];	 /* what stands before the "@", still percent-encoded */
	char host[URL_HOST_MAX + 1];	 /* a name or an address, without brackets */
	bool is_ipv6;			 /* the host is an IPv6 address */
	uint16_t port;			 /* 0: none given */
	char target[URL_TARGET_MAX + 1]; /* path and query; "/" where there is no path */
};

/* 0, or -1 and *reason, a constant phrase such as "it has no host". */
int url_parse(struct span text, struct url *url, const char **reason);

/* An address for a message: without what stands before an "@", which may be a password. */
const char *url_shown(const char *text);

#endif
