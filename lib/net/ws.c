#include "net/ws.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/trust.h"
#include "net/ws_priv.h"

enum { FAREWELL_MS = 200 }; /* for a close frame's way out */

struct ws *ws_new(const struct ws_events *events, void *arg, const char *ca_file, struct err *err)
{
	struct ws *ws = mem_alloc(1, sizeof *ws);

	ws->events = *events;
	ws->arg = arg;
	ws_message_init(ws);
	ws->trust = trust_new(ca_file, err);
	if (!ws->trust)
		goto fail;
	ws->lws = ws_context_new(ws->trust);
	if (!ws->lws) {
		err_set(err, EXIT_FAILED, "cannot set up libwebsockets");
		goto fail;
	}
	ws->vhost = lws_get_vhost_by_name(ws->lws, "default");
	return ws;
fail:
	ws_free(ws);
	return NULL;
}

int ws_connect(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err)
{
	ws_disconnect(ws);
	ws->end = WS_END_NONE;
	ws->reason[0] = '\0';
	ws->fault = 0;
	ws->heard_ns = 0;
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
	struct lws *wsi = ws->wsi;

	resolve_abandon(ws->lookup);
	ws->lookup = NULL;
	ws->wsi = NULL;
	ws->phase = WS_IDLE;
	ws_message_clear(ws);
	if (!wsi)
		return;
	lws_set_opaque_user_data(wsi, NULL);
	if (!ws->serving)
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
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

static int socket_fault(int fd)
{
	int fault = 0;
	socklen_t size = sizeof fault;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 ? fault : errno;
}

/* Takes note of what poll() says of the socket. Returns whether libwebsockets shall look. */
static bool look(struct ws *ws, struct pollfd polled)
{
	if (ws->phase == WS_CONNECTING && polled.revents)
		return ws_dial_connected(ws, socket_fault(polled.fd));
	if (ws->phase == WS_TUNNELLING && polled.revents)
		return ws_dial_tunnelled(ws, polled.fd);
	if (polled.revents & POLLERR)
		ws->fault = socket_fault(polled.fd);
	return true;
}

static short awaited(const struct ws *ws)
{
	if (ws->phase == WS_CONNECTING)
		return POLLOUT;
	if (ws->phase == WS_OPEN &&
		(ws->look_out || ws->queue.len || lws_partial_buffered(ws->wsi)))
		return POLLIN | POLLOUT;
	return POLLIN;
}

/* How long to wait: no longer than the caller wants, than the attempt may take, and not at all
 * where libwebsockets holds bytes that it has read already. */
static int wait_ms(const struct ws *ws, int64_t timeout_ms)
{
	if (ws->phase != WS_OPEN)
		timeout_ms = ws_dial_wait_ms(ws, timeout_ms);
	if (timeout_ms < 0 || timeout_ms > INT32_MAX)
		timeout_ms = INT32_MAX;
	return lws_service_adjust_timeout(ws->lws, (int)timeout_ms, 0);
}

/* Sends a close frame and waits for the server's, for a moment. */
static void leave(struct ws *ws)
{
	int64_t deadline = stamp_monotonic() + FAREWELL_MS * STAMP_NS_PER_MS;
	struct pollfd polled = {.fd = lws_get_socket_fd(ws->wsi), .events = POLLIN | POLLOUT};
	bool too_long = ws->end == WS_END_TOO_LONG;

	lws_close_reason(ws->wsi,
		too_long ? LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE : LWS_CLOSE_STATUS_NORMAL, NULL, 0);
	lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	while (ws->wsi && ws_ms_until(deadline)) {
		poll(&polled, 1, (int)ws_ms_until(deadline));
		lws_service(ws->lws, -1);
		polled.events = POLLIN;
	}
}

static void part(struct ws *ws)
{
	if (ws->phase == WS_LEAVING && ws->wsi)
		leave(ws);
	ws_drop(ws);
}

/* We wait ourselves and have libwebsockets only do what there is to do: its own wait would know
 * neither our timeout nor our signals, and hides what is wrong with a socket. */
static void serve_socket(struct ws *ws, int64_t timeout_ms)
{
	struct pollfd polled[] = {
		{.fd = lws_get_socket_fd(ws->wsi), .events = awaited(ws)},
		{.fd = sig_fd(), .events = POLLIN},
	};
	int n = poll(polled, 2, wait_ms(ws, timeout_ms));

	if (n < 0 || polled[1].revents) {
		sig_consume();
		return;
	}
	if (!look(ws, polled[0]))
		return;
	ws->serving = true;
	lws_service(ws->lws, -1);
	ws->serving = false;
	ws->look_out = polled[0].revents & POLLIN;
	if (ws->phase == WS_OPEN && ws->look_out)
		ws->heard_ns = stamp_monotonic();
	if (ws->phase == WS_LEAVING)
		part(ws);
	else if (ws->phase == WS_CONNECTING && !ws->wsi)
		ws_dial_next(ws);
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

enum ws_end ws_end(const struct ws *ws)
{
	return ws->end;
}

const char *ws_end_reason(const struct ws *ws)
{
	return ws->reason;
}

int64_t ws_last_heard(const struct ws *ws)
{
	return ws->heard_ns;
}

int ws_send(struct ws *ws, struct span text)
{
	if (ws->phase != WS_OPEN || ws_message_queue(ws, text) < 0)
		return -1;
	lws_callback_on_writable(ws->wsi);
	return 0;
}

void ws_disconnect(struct ws *ws)
{
	if (ws->phase == WS_OPEN)
		ws->phase = WS_LEAVING;
	if (!ws->serving) /* else ws_serve() does it once the event is over */
		part(ws);
}

void ws_free(struct ws *ws)
{
	if (!ws)
		return;
	ws_disconnect(ws);
	lws_context_destroy(ws->lws);
	trust_free(ws->trust);
	ws_message_release(ws);
	free(ws);
}
