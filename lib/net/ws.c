#include "net/ws.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/trust.h"
#include "net/ws_priv.h"

enum {
	FAREWELL_MS = 200, /* for a close frame's way out */
	UNREAD_MS = 100,   /* after which bytes may have come that nobody has read */
};

struct ws *ws_new(const struct ws_events *events, void *arg, const char *ca_file, struct err *err)
{
	struct ws *ws = mem_alloc(1, sizeof *ws);

	ws->events = *events;
	ws->arg = arg;
	ws->retry_after_ms = -1;
	ws_message_init(ws);
	wire_init(&ws->wire);
	ws->trust = trust_new(ca_file, err);
	if (ws->trust)
		return ws;
	ws_free(ws);
	return NULL;
}

int ws_connect(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err)
{
	ws_disconnect(ws);
	ws->end = WS_END_NONE;
	ws->reason[0] = '\0';
	ws->heard_ns = 0;
	ws->retry_after_ms = -1;
	ws->server_closed = false;
	return ws_dial_begin(ws, url, timeout_ms, err);
}

void ws_note(struct ws *ws, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ws->reason, sizeof ws->reason, format, args);
	va_end(args);
}

void ws_drop(struct ws *ws)
{
	resolve_abandon(ws->lookup);
	ws->lookup = NULL;
	ws->phase = WS_IDLE;
	wire_close(&ws->wire);
	ws_message_clear(ws);
}

void ws_finish(struct ws *ws, enum ws_end why)
{
	ws->end = why;
	ws_drop(ws);
}

int64_t ws_ms_until(int64_t deadline_ns)
{
	int64_t left = deadline_ns - stamp_monotonic();

	return left > 0 ? left / STAMP_NS_PER_MS + 1 : 0;
}

/* Writes what is queued and our close frame, and waits for the server's, for a moment. */
static void leave(struct ws *ws)
{
	int64_t deadline = stamp_monotonic() + FAREWELL_MS * STAMP_NS_PER_MS;
	struct pollfd polled = {.fd = ws->wire.fd};

	ws_message_queue_close(ws);
	ws_message_flush(ws);
	while (ws_ms_until(deadline) && (!ws->server_closed || ws_message_is_due(ws))) {
		polled.events = (short)((ws->server_closed ? 0 : POLLIN) |
			(ws_message_is_due(ws) ? POLLOUT : 0));
		if (ws->server_closed || !wire_has_more(&ws->wire))
			poll(&polled, 1, (int)ws_ms_until(deadline));
		if (!ws->server_closed)
			ws_message_discard(ws);
		ws_message_flush(ws);
	}
}

static void part(struct ws *ws)
{
	if (ws->phase == WS_LEAVING)
		leave(ws);
	ws_drop(ws);
}

/* How long to wait: no longer than the caller wants, and than the attempt may take. */
static int wait_ms(const struct ws *ws, int64_t timeout_ms)
{
	if (wire_has_more(&ws->wire))
		return 0;
	if (ws->phase != WS_OPEN)
		timeout_ms = ws_dial_wait_ms(ws, timeout_ms);
	return timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
}

static short awaited(const struct ws *ws)
{
	if (ws->phase != WS_OPEN)
		return ws_dial_awaits(ws);
	return wire_awaits(&ws->wire, ws_message_is_due(ws) ? POLLIN | POLLOUT : POLLIN);
}

/* Reads once, and has the events told. */
static void hear(struct ws *ws)
{
	ssize_t n = ws_message_read(ws);

	if (n > 0) {
		ws_message_deliver(ws);
		ws->heard_ns = stamp_monotonic();
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		ws_note(ws, "the connection broke: %s", wire_why(&ws->wire, errno));
	else
		ws_note(ws, "the connection was closed without a close frame");
	ws_finish(ws, WS_END_CLOSED);
}

/* Waits until there is something to do. A wait that a signal has ended says nothing of the socket,
 * and the program may have stood still for long: no silence must be concluded from that. */
static bool is_due(const struct ws *ws, int64_t timeout_ms)
{
	struct pollfd polled[] = {
		{.fd = ws->wire.fd, .events = awaited(ws)},
		{.fd = sig_fd(), .events = POLLIN},
	};
	int n = poll(polled, 2, wait_ms(ws, timeout_ms));

	if (n < 0 || polled[1].revents) {
		sig_consume();
		if (sig_stops())
			return false;
		polled[0].revents = 0;
		poll(polled, 1, 0);
	}
	return polled[0].revents || wire_has_more(&ws->wire);
}

static void serve_socket(struct ws *ws, int64_t timeout_ms)
{
	if (!is_due(ws, timeout_ms))
		return;
	ws->serving = true;
	if (ws->phase == WS_OPEN)
		hear(ws);
	else
		ws_dial_step(ws);
	ws->serving = false;
	if (ws->phase == WS_OPEN)
		ws_message_flush(ws);
	else if (ws->phase == WS_LEAVING)
		part(ws);
}

void ws_serve(struct ws *ws, int64_t timeout_ms)
{
	wait_duty();
	if (ws->phase == WS_IDLE)
		wait_readable(-1, -1, timeout_ms);
	else if (ws->phase == WS_RESOLVING)
		ws_dial_resolve(ws, timeout_ms);
	else
		serve_socket(ws, timeout_ms);
	ws_dial_watch(ws);
	wait_duty();
}

bool ws_is_open(const struct ws *ws)
{
	return ws->phase == WS_OPEN;
}

int ws_fd(const struct ws *ws)
{
	return ws->phase == WS_OPEN ? ws->wire.fd : -1;
}

bool ws_is_ready(const struct ws *ws)
{
	struct pollfd polled = {.fd = ws_fd(ws), .events = POLLOUT};

	if (ws->phase != WS_OPEN)
		return false;
	return wire_has_more(&ws->wire) ||
		((ws_message_is_due(ws) || ws->wire.awaits & POLLOUT) && poll(&polled, 1, 0) > 0);
}

enum ws_end ws_end(const struct ws *ws)
{
	return ws->end;
}

const char *ws_end_reason(const struct ws *ws)
{
	return ws->reason;
}

int64_t ws_retry_after_ms(const struct ws *ws)
{
	return ws->retry_after_ms;
}

int64_t ws_last_heard(const struct ws *ws)
{
	struct pollfd polled = {.fd = ws_fd(ws), .events = POLLIN};
	int64_t now = stamp_monotonic();

	if (now - ws->heard_ns < UNREAD_MS * STAMP_NS_PER_MS || poll(&polled, 1, 0) <= 0)
		return ws->heard_ns;
	return now;
}

int ws_send(struct ws *ws, struct span text)
{
	return ws->phase == WS_OPEN ? ws_message_queue(ws, text) : -1;
}

void ws_disconnect(struct ws *ws)
{
	if (ws->phase == WS_OPEN) {
		ws->phase = WS_LEAVING;
		ws->code = WS_CODE_NORMAL;
	}
	if (!ws->serving) /* else ws_serve() does it once the event is over */
		part(ws);
}

void ws_free(struct ws *ws)
{
	if (!ws)
		return;
	ws_disconnect(ws);
	trust_free(ws->trust);
	ws_message_release(ws);
	free(ws);
}
