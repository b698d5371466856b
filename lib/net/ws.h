/*
 * One WebSocket client connection at a time (RFC 6455). Messages are assembled across fragments
 * before anybody sees them; whether text is UTF-8 is left to whoever reads it. TLS is always
 * verified, host name included (see trust.h); a dot at the end of a name is for its lookup alone; a
 * plain ws:// address is taken at its word. Proxies are chosen as proxy.h says. No extension is
 * offered, pings are answered.
 *
 * It knows nothing of reconnecting: the caller decides when to connect again. Nor does it watch
 * over a connection that stands: it lasts until the server ends it or the caller does, however long
 * a callback takes. While one blocks (writing to a slow reader), nothing is read, and TCP makes the
 * server wait.
 */
#ifndef TRADEPIPE_NET_WS_H
#define TRADEPIPE_NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
	WS_MESSAGE_MAX = 16 * 1024 * 1024, /* bytes: no message of an exchange comes near */
	WS_QUEUE_MAX = 1024 * 1024,	   /* bytes of messages waiting to be sent */
};

enum ws_end {
	WS_END_NONE,	  /* it stands, is being made, was ended by the caller, or never was */
	WS_END_REFUSED,	  /* could not connect, or the handshake was not answered with 101 */
	WS_END_UNTRUSTED, /* TLS: the certificate was not accepted; trying again cannot help */
	WS_END_CLOSED,	  /* it stood and ended */
	WS_END_TOO_LONG,  /* a message passed WS_MESSAGE_MAX */
};

/* Called by ws_serve() only. They may call ws_send() and ws_disconnect(), but no other function
 * that changes the connection. */
struct ws_events {
	/* The connection stands. */
	void (*open)(void *arg);

	/* A whole text or binary message; the span lives until the call returns. */
	void (*message)(void *arg, struct span message, bool binary);
};

struct ws;

/* ca_file: a PEM file that replaces the system's certificates, or NULL. NULL and *err on failure,
 * EXIT_USAGE where ca_file is at fault. */
struct ws *ws_new(const struct ws_events *events, void *arg, const char *ca_file, struct err *err);

/* Begins to connect to a ws:// or wss:// address, once a connection there was is ended; ws_serve()
 * goes on with it. Names are looked up without blocking, and their addresses tried in turn until
 * one takes the connection; those that no message came from when they were tried last come behind
 * the others. The attempt ends by itself after timeout_ms, a day at most, the lookup, TLS and the
 * handshake included; or at once, where the system has no thread or descriptor to spare. -1 and
 * *err: EXIT_USAGE where the address, or the proxy's, is none. */
int ws_connect(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err);

/* Waits for at most timeout_ms (-1: no limit) until there is something to do, does it, calls the
 * events; each call reads once, so that the caller can write out what it holds before it waits.
 * Comes back at a signal, at once where that asks to stop, and may come back early for nothing.
 * Does the duties of wait.h. Without a connection it just waits. */
void ws_serve(struct ws *ws, int64_t timeout_ms);

bool ws_is_open(const struct ws *ws);

/* For callers who wait themselves, for other things as well: the descriptor that is readable when
 * ws_serve(ws, 0) has something to do, and whether it has without that: bytes were read already, or
 * something is to be sent and there is room. Ask before each wait, and serve until it is false;
 * what finds no room to be sent is tried again by the next call of ws_serve(). -1 and false where
 * no connection stands: an attempt must be served without such waits. */
int ws_fd(const struct ws *ws);
bool ws_is_ready(const struct ws *ws);

/* Why the last connection ended, and a phrase for a message ("the server closed the connection with
 * code 1012: Service Restart"), which lives until the next call of ws_connect(). It may hold bytes
 * of the server's. */
enum ws_end ws_end(const struct ws *ws);
const char *ws_end_reason(const struct ws *ws);

/* How long the server wants to be left alone, which has refused the last attempt: its Retry-After
 * in milliseconds from then on, RETRY_AFTER_MOST_MS at most; -1 where it has not said so. */
int64_t ws_retry_after_ms(const struct ws *ws);

/* Queues a text message. 0, or -1 where there is no connection or the queue is full. */
int ws_send(struct ws *ws, struct span text);

/* Monotonic nanoseconds (stamp_monotonic) at which the last bytes of this connection were read and
 * dealt with, be they a message, a part of one, a ping or a pong, or now, where some wait to be
 * read; 0 before it stands. A time spent in a callback, or elsewhere, does not make it look old. */
int64_t ws_last_heard(const struct ws *ws);

/* Ends the connection or the attempt, if there is one; where it stands, with close code 1000, for
 * whose way out it waits a moment at most. No event follows. */
void ws_disconnect(struct ws *ws);

/* Disconnects and frees; NULL is allowed. */
void ws_free(struct ws *ws);

#endif
