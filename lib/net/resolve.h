/*
 * Looking up a host name without waiting for it: getaddrinfo() blocks, for half a minute where
 * name servers do not answer, and so runs in a thread of its own. A lookup that nobody waits for
 * any more ends by itself and frees what it holds.
 */
#ifndef TRADEPIPE_NET_RESOLVE_H
#define TRADEPIPE_NET_RESOLVE_H

#include <stddef.h>

#include "base/err.h"

enum {
	RESOLVE_ADDRESSES_MAX = 16, /* more are not tried */
	RESOLVE_TEXT_MAX = 64,	    /* an IPv6 address with the name of an interface */
};

/* Addresses in the order in which they are to be tried (RFC 6724), as numeric text. */
struct resolve_list {
	char text[RESOLVE_ADDRESSES_MAX][RESOLVE_TEXT_MAX];
	size_t n;
};

struct resolve;

/* Begins to look up a name; numeric addresses are taken as they are. NULL and *err on failure. */
struct resolve *resolve_start(const char *host, struct err *err);

/* A descriptor that can be read once the answer is there. */
int resolve_fd(const struct resolve *r);

/* The answer, once resolve_fd() can be read; frees the lookup. 0, or -1 and *err, whose text is
 * the bare reason: "Name or service not known". */
int resolve_finish(struct resolve *r, struct resolve_list *list, struct err *err);

/* Gives up a lookup under way, NULL included. */
void resolve_abandon(struct resolve *r);

#endif
