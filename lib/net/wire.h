/*
 * Bytes to and from a peer: over TCP and, once asked for, TLS on top of it. Nothing blocks: what
 * cannot be done yet fails with EAGAIN, and wire_awaits() says what to wait for.
 */
#ifndef TRADEPIPE_NET_WIRE_H
#define TRADEPIPE_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX: trust.h makes them */
struct ssl_st;

enum { WIRE_FAULT_MAX = 448 };

struct wire {
	int fd; /* -1: there is no connection */
	struct ssl_st *tls;
	const char *host;	    /* whom TLS is to prove */
	short awaits;		    /* what TLS cannot go on without: POLLIN, POLLOUT or 0 */
	bool more;		    /* TLS may hold bytes that poll() does not see */
	int later;		    /* errno that the next reading fails with, or 0 */
	bool untrusted;		    /* the certificate was refused */
	bool failed;		    /* TLS is beyond use: not even a goodbye can be said */
	char fault[WIRE_FAULT_MAX]; /* what is wrong with TLS, or empty */
};

void wire_init(struct wire *wire);

/* Begins to connect to a numeric address. 0, or -1 and errno. */
int wire_connect(struct wire *wire, const char *address, uint16_t port);

/* How that went, once poll() says something: 0, or an errno. Also what became of a socket that
 * stood. */
int wire_socket_fault(const struct wire *wire);

/* Wants TLS from now on, with the peer that is `host`, which must live as long as the connection
 * and be what trust_expect() was told. 0, or -1 where OpenSSL has no memory. */
int wire_begin_tls(struct wire *wire, struct ssl_ctx_st *trust, const char *host);

/* Goes on with TLS's handshake, which must be over before anything is read or written. 0 once it
 * is, or -1 and errno: EAGAIN, or what went wrong, which wire_why() puts in words. */
int wire_shake_hands(struct wire *wire);

/* Bytes that were read, at most n; 0 at the end; or -1 and errno. */
ssize_t wire_read(struct wire *wire, char *to, size_t n);

/* Bytes that were written; or -1 and errno. Those that were not must come again. */
ssize_t wire_write(struct wire *wire, struct span bytes);

/* What poll() is to look for, where it would be `events` without TLS. */
short wire_awaits(const struct wire *wire, short events);

/* Whether something can be read that poll() does not see. */
bool wire_has_more(const struct wire *wire);

/* What went wrong, where a call has failed with `fault` (errno): "Connection reset by peer". */
const char *wire_why(const struct wire *wire, int fault);

/* Closes the connection, if there is one. */
void wire_close(struct wire *wire);

#endif
