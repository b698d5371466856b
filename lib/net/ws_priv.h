/*
 * A WebSocket connection, as the ws files share it. Private to lib/net; its users are
 *
 *   ws.c          the functions of ws.h: a connection is made, served and ended
 *   ws_dial.c     the attempt: from an address to a connection that stands, or a refusal in words
 *   ws_message.c  messages, in and out
 *
 * ws_handshake.h and ws_frame.h are the protocol, wire.h is what carries it.
 */
#ifndef TRADEPIPE_NET_WS_PRIV_H
#define TRADEPIPE_NET_WS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "net/resolve.h"
#include "net/url.h"
#include "net/wire.h"
#include "net/ws.h"
#include "net/ws_frame.h"
#include "net/ws_handshake.h"

enum {
	WS_REASON_MAX = 512,
	WS_READ_SIZE = 64 * 1024, /* bytes a read; larger ones did not make it faster */
	WS_OUTPUT_MAX = WS_QUEUE_MAX + 16 * 1024, /* messages, and room for control frames */
};

enum ws_phase {
	WS_IDLE,
	WS_RESOLVING,	  /* the name is being looked up */
	WS_CONNECTING,	  /* TCP, to one address after the other */
	WS_TUNNELLING,	  /* the proxy has been asked for a tunnel */
	WS_SECURING,	  /* TLS */
	WS_SHAKING_HANDS, /* HTTP */
	WS_OPEN,
	WS_LEAVING, /* our close frame is to be sent */
};

/* Codes of close frames (RFC 6455 section 7.4.1). */
enum ws_code { WS_CODE_NORMAL = 1000, WS_CODE_PROTOCOL = 1002, WS_CODE_TOO_LONG = 1009 };

/* A ping whose answer has to wait. */
struct ws_ping {
	bool waits;
	size_t n;
	char payload[WS_FRAME_CONTROL_MAX];
};

struct ws {
	struct ws_events events;
	void *arg;
	struct ssl_ctx_st *trust;
	struct wire wire;
	enum ws_phase phase;
	bool serving; /* events may be under way */

	/* The attempt. */
	struct url url; /* its host is looked up with a dot at its end, where it has one, and is
			 * without it for all else */
	struct url proxy;
	bool via_proxy;
	struct resolve *lookup;
	struct resolve_list addresses;
	size_t tried;		  /* addresses so far */
	struct resolve_list vain; /* those that no message came from when they were tried last, the
				   * latest last: they come behind the others */
	bool has_spoken;	  /* a message has come from the one tried last */
	struct ws_handshake_key key;
	int64_t retry_after_ms; /* -1: the server has not asked for a pause */
	uint64_t timeout_ms;
	int64_t deadline_ns;	     /* of the attempt as a whole */
	int64_t address_deadline_ns; /* of the address being tried */

	/* What was read, and is not dealt with yet; and what is to be written. */
	char *input; /* WS_READ_SIZE bytes, once there is a connection */
	size_t input_n;
	struct ws_frame_reader frames;
	struct buf output;
	size_t output_at; /* bytes of it that are written */
	struct ws_ping ping;
	int mute; /* errno: nothing can be written any more */

	/* The connection that stands, and its end. */
	int64_t heard_ns;
	unsigned code;	    /* of our close frame, 0: one without */
	bool server_closed; /* its close frame has come, or nothing will */
	enum ws_end end;
	char reason[WS_REASON_MAX];
};

/* What ws_end_reason() is to say. */
void ws_note(struct ws *ws, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gives up a connection, without a word to the server. */
void ws_drop(struct ws *ws);

/* The same, and says why; ws_note() has been called. */
void ws_finish(struct ws *ws, enum ws_end why);

/* Milliseconds until a moment of stamp_monotonic(), rounded up; 0 once it is over. */
int64_t ws_ms_until(int64_t deadline_ns);

/* Begins an attempt, as ws_connect() says, and leaves the lookup of the name under way. */
int ws_dial_begin(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err);

/* Waits for the name's addresses, as ws_serve() does, and then tries the first. Like the step
 * below, it may end the attempt. */
void ws_dial_resolve(struct ws *ws, int64_t timeout_ms);

/* Goes on with the attempt, once poll() has said something of ws_dial_awaits(). */
void ws_dial_step(struct ws *ws);
short ws_dial_awaits(const struct ws *ws);

/* The address is of use: a message has come from it. */
void ws_dial_approve(struct ws *ws);

/* How long to wait at most during an attempt, where the caller wants timeout_ms (-1: no limit). */
int64_t ws_dial_wait_ms(const struct ws *ws, int64_t timeout_ms);

/* Ends an attempt, or goes on with the next address, where it takes too long; for any phase. */
void ws_dial_watch(struct ws *ws);

void ws_message_init(struct ws *ws);

/* Reads once, behind what is there. The bytes read; 0 at the end; or -1 and errno. */
ssize_t ws_message_read(struct ws *ws);

/* Takes n bytes off the front of what was read. */
void ws_message_used(struct ws *ws, size_t n);

/* Hands on what has come as a whole, answers pings. The end of the connection, by the server or
 * because of what it sent, is noted: the phase is WS_LEAVING then. */
void ws_message_deliver(struct ws *ws);

/* Reads past what the server sends: server_closed is set once it says goodbye, or will not. */
void ws_message_discard(struct ws *ws);

/* Queues a text message. 0, or -1 where the queue is full. */
int ws_message_queue(struct ws *ws, struct span text);

/* Draws at most 256 random bytes, or ends the program where the kernel has none. */
void ws_message_draw(unsigned char *bytes, size_t n);

/* Queues our close frame. */
void ws_message_queue_close(struct ws *ws);

/* Writes as much of what is queued as finds room. */
void ws_message_flush(struct ws *ws);

/* Whether something is still to be written. */
bool ws_message_is_due(const struct ws *ws);

/* Forgets what is not complete or not sent. */
void ws_message_clear(struct ws *ws);

void ws_message_release(struct ws *ws);

#endif
