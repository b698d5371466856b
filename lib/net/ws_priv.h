/*
 * A WebSocket connection, as the ws files share it. Private to lib/net: this is the one file that
 * includes libwebsockets' header, and its users are
 *
 *   ws.c          the functions of ws.h: a connection is made, served and ended
 *   ws_dial.c     the attempt: from an address to a connection that stands, or a refusal in words
 *   ws_message.c  messages, in and out
 *   ws_context.c  libwebsockets, how it is set up and what it tells
 */
#ifndef TRADEPIPE_NET_WS_PRIV_H
#define TRADEPIPE_NET_WS_PRIV_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "net/resolve.h"
#include "net/url.h"
#include "net/ws.h"

enum { WS_REASON_MAX = 512 };

enum ws_phase {
	WS_IDLE,
	WS_RESOLVING,	  /* the name is being looked up */
	WS_CONNECTING,	  /* TCP, to one address after the other */
	WS_TUNNELLING,	  /* the proxy has been asked for a tunnel */
	WS_SHAKING_HANDS, /* TLS and HTTP */
	WS_OPEN,
	WS_LEAVING, /* our close frame is on its way */
};

struct ws {
	struct ws_events events;
	void *arg;
	SSL_CTX *trust;
	struct lws_context *lws;
	struct lws_vhost *vhost;
	struct lws *wsi; /* the connection, as libwebsockets calls it, or NULL */
	enum ws_phase phase;
	bool serving; /* libwebsockets is running, so that its callbacks are */

	/* The attempt. */
	struct url url;
	struct url proxy;
	bool via_proxy;
	struct resolve *lookup;
	struct resolve_list addresses;
	size_t tried; /* addresses so far */
	uint64_t timeout_ms;
	int64_t deadline_ns;	     /* of the attempt as a whole */
	int64_t address_deadline_ns; /* of the address being tried */
	char refusal[WS_REASON_MAX]; /* why the certificate was not accepted, or empty */

	/* Messages. */
	struct buf partial; /* one of which more is to come */
	struct buf queue;   /* those to be sent, as ws_message.c lays them out */
	size_t queue_at;    /* where the first of them begins */

	/* The connection that stands, and its end. */
	int64_t heard_ns;
	bool look_out; /* what was read may have to be answered: wait for room to write */
	int fault;     /* errno of the socket, once it has one */
	enum ws_end end;
	char reason[WS_REASON_MAX];
};

/* What ws_end_reason() is to say. */
void ws_note(struct ws *ws, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gives up a connection: whatever libwebsockets still says of it finds no owner. */
void ws_drop(struct ws *ws);

/* The same, and says why; ws_note() has been called. */
void ws_finish(struct ws *ws, enum ws_end why);

/* Milliseconds until a moment of stamp_monotonic(), rounded up; 0 once it is over. */
int64_t ws_ms_until(int64_t deadline_ns);

/* Begins an attempt, as ws_connect() says, and leaves the lookup of the name under way. */
int ws_dial_begin(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err);

/* Waits for the name's addresses, as ws_serve() does, and then tries the first. Like the steps
 * below, it may end the attempt. */
void ws_dial_resolve(struct ws *ws, int64_t timeout_ms);

/* Tries the next of the addresses that does not fail at once. */
void ws_dial_next(struct ws *ws);

/* TCP is connected, or not where the socket has a fault (errno, or 0). Returns whether
 * libwebsockets shall go on with the socket. */
bool ws_dial_connected(struct ws *ws, int fault);

/* The proxy has answered, on the socket fd. Returns whether the tunnel stands. */
bool ws_dial_tunnelled(struct ws *ws, int fd);

/* libwebsockets has given up, and says why. */
void ws_dial_failed(struct ws *ws, struct lws *wsi, struct span why);

/* How long to wait at most during an attempt, where the caller wants timeout_ms (-1: no limit). */
int64_t ws_dial_wait_ms(const struct ws *ws, int64_t timeout_ms);

/* Ends an attempt, or goes on with the next address, where it takes too long; for any phase. */
void ws_dial_watch(struct ws *ws);

void ws_message_init(struct ws *ws);

/* Hands a message on once the piece that has come is its last. One that is too long ends the
 * connection: the phase is WS_LEAVING then. */
void ws_message_take(struct ws *ws, struct lws *wsi, struct span piece);

/* Queues a text message. 0, or -1 where the queue is full. */
int ws_message_queue(struct ws *ws, struct span text);

/* Writes the first message of the queue, if there is one, and asks for more room where there are
 * others. 0, or -1 where the connection is broken. */
int ws_message_write(struct ws *ws, struct lws *wsi);

/* Forgets messages that are not complete or not sent. */
void ws_message_clear(struct ws *ws);

void ws_message_release(struct ws *ws);

/* Starts libwebsockets, which connects with the settings of `trust`. What happens to a connection
 * is told to the struct ws that is its opaque user data; the log goes to diag. NULL on failure. */
struct lws_context *ws_context_new(SSL_CTX *trust);

#endif
