/*
 * Which proxy a connection takes, by curl's environment variables: https_proxy or HTTPS_PROXY for
 * wss:// and https://, http_proxy (lower case only: CGI programs get HTTP_PROXY from the client)
 * for ws:// and http://, else all_proxy or ALL_PROXY; none for what no_proxy or NO_PROXY lists.
 * Source: curl(1), "ENVIRONMENT", of 7.88.
 */
#ifndef TRADEPIPE_NET_PROXY_H
#define TRADEPIPE_NET_PROXY_H

#include "base/err.h"
#include "net/url.h"

/* Returns 1 and the proxy: its host, its port, its user as "name:password", no longer
 * percent-encoded, with an empty password where there is none; or 0 where the connection is direct;
 * or -1 and *err (EXIT_USAGE) where the variable holds no address of a plain HTTP proxy. Values are
 * not quoted in messages: they may hold a password. */
int proxy_find(const struct url *to, struct url *proxy, struct err *err);

#endif
