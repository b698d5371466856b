#include "net/ws_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/diag.h"
#include "base/mem.h"

enum {
	PONGS_MAX = 4 * 1024, /* bytes waiting, beyond which only the latest ping is answered */
	CODE_SIZE = 2,
};

void ws_message_init(struct ws *ws)
{
	ws_frame_init(&ws->frames, WS_MESSAGE_MAX);
	buf_init(&ws->output, WS_OUTPUT_MAX);
}

ssize_t ws_message_read(struct ws *ws)
{
	ssize_t n;

	if (!ws->input)
		ws->input = mem_alloc(1, WS_READ_SIZE);
	n = wire_read(&ws->wire, ws->input + ws->input_n, WS_READ_SIZE - ws->input_n);
	if (n > 0)
		ws->input_n += (size_t)n;
	return n;
}

void ws_message_used(struct ws *ws, size_t n)
{
	ws->input_n -= n;
	if (n && ws->input_n)
		memmove(ws->input, ws->input + n, ws->input_n);
}

static bool is_registered(unsigned code)
{
	bool reserved = code >= 1004 && code <= 1006;

	return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

/* The end as the server wants it: answered with the same code, where it may be sent. */
static void take_close(struct ws *ws, struct span payload)
{
	const unsigned char *p = (const unsigned char *)payload.p;

	ws->end = WS_END_CLOSED;
	ws->phase = WS_LEAVING;
	ws->server_closed = true;
	ws->code = 0;
	if (payload.n < CODE_SIZE) {
		ws_note(ws, "the server closed the connection");
		return;
	}
	ws->code = p[0] * 256u + p[1];
	ws_note(ws, "the server closed the connection with code %u%s%.*s", ws->code,
		payload.n > CODE_SIZE ? ": " : "", (int)payload.n - CODE_SIZE,
		payload.p + CODE_SIZE);
	if (!is_registered(ws->code))
		ws->code = WS_CODE_PROTOCOL;
}

static void leave(struct ws *ws, enum ws_end why, enum ws_code code)
{
	ws->end = why;
	ws->code = code;
	ws->phase = WS_LEAVING;
}

void ws_message_draw(unsigned char *bytes, size_t n)
{
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		diag_die(EXIT_FAILED, "cannot draw random bytes: %s", strerror(errno));
}

static size_t waiting(const struct ws *ws)
{
	return ws->output.len - ws->output_at;
}

static int queue(struct ws *ws, enum ws_frame_kind kind, struct span payload)
{
	unsigned char mask[4];

	if (ws->output_at > 0) { /* what is written already takes no room */
		memmove(ws->output.data, ws->output.data + ws->output_at, waiting(ws));
		ws->output.len = waiting(ws);
		ws->output_at = 0;
	}
	ws_message_draw(mask, sizeof mask);
	return ws_frame_write(&ws->output, kind, payload, mask);
}

/* All pings are answered, as long as the server reads the answers (section 5.5.3). */
static void take_ping(struct ws *ws, struct span payload)
{
	if (!ws->ping.waits && waiting(ws) < PONGS_MAX && queue(ws, WS_FRAME_PONG, payload) == 0)
		return;
	ws->ping.waits = true;
	ws->ping.n = payload.n;
	if (payload.n)
		memcpy(ws->ping.payload, payload.p, payload.n);
}

static void take(struct ws *ws, enum ws_frame_kind kind, struct span payload)
{
	switch (kind) {
	case WS_FRAME_TEXT:
	case WS_FRAME_BINARY:
		if (!ws->has_spoken)
			ws_dial_approve(ws);
		ws->events.message(ws->arg, payload, kind == WS_FRAME_BINARY);
		return;
	case WS_FRAME_PING:
		take_ping(ws, payload);
		return;
	case WS_FRAME_CLOSE:
		take_close(ws, payload);
		return;
	case WS_FRAME_TOO_LONG:
		ws_note(ws, "a message is longer than %d bytes", WS_MESSAGE_MAX);
		leave(ws, WS_END_TOO_LONG, WS_CODE_TOO_LONG);
		return;
	case WS_FRAME_BROKEN:
		ws_note(ws, "the server broke the protocol: %s", ws->frames.reason);
		leave(ws, WS_END_CLOSED, WS_CODE_PROTOCOL);
		return;
	default:
		return;
	}
}

void ws_message_deliver(struct ws *ws)
{
	struct span rest = span_make(ws->input, ws->input_n), payload;
	enum ws_frame_kind kind;

	while (ws->phase == WS_OPEN) {
		kind = ws_frame_next(&ws->frames, &rest, &payload);
		if (kind == WS_FRAME_MORE)
			break;
		take(ws, kind, payload);
	}
	ws_message_used(ws, ws->input_n - rest.n);
}

/* What follows a message too long, or bytes that make no sense, has no frames that could be
 * told. */
static bool is_readable(const struct ws *ws)
{
	return ws->end == WS_END_NONE;
}

void ws_message_discard(struct ws *ws)
{
	struct span rest, payload;
	enum ws_frame_kind kind;
	ssize_t n = ws_message_read(ws);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		ws->server_closed = true;
	rest = span_make(ws->input, ws->input_n);
	do
		kind = is_readable(ws) ? ws_frame_next(&ws->frames, &rest, &payload)
				       : WS_FRAME_BROKEN;
	while (kind >= WS_FRAME_TEXT && kind <= WS_FRAME_PONG && kind != WS_FRAME_CLOSE);
	if (kind == WS_FRAME_CLOSE)
		ws->server_closed = true;
	ws_message_used(ws, kind == WS_FRAME_MORE ? ws->input_n - rest.n : ws->input_n);
}

int ws_message_queue(struct ws *ws, struct span text)
{
	size_t n = waiting(ws) + WS_FRAME_HEAD_MAX;

	if (n > WS_QUEUE_MAX || text.n > WS_QUEUE_MAX - n)
		return -1;
	return queue(ws, WS_FRAME_TEXT, text);
}

void ws_message_queue_close(struct ws *ws)
{
	char code[CODE_SIZE] = {(char)(ws->code >> 8), (char)(ws->code & 0xff)};

	ws->ping.waits = false; /* nothing follows it */
	queue(ws, WS_FRAME_CLOSE, span_make(code, ws->code ? sizeof code : 0));
}

void ws_message_flush(struct ws *ws)
{
	while (ws_message_is_due(ws)) {
		ssize_t n;

		if (waiting(ws) == 0) {
			ws->ping.waits = false;
			queue(ws, WS_FRAME_PONG, span_make(ws->ping.payload, ws->ping.n));
		}
		n = wire_write(&ws->wire, span_make(ws->output.data + ws->output_at, waiting(ws)));
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			ws->mute = errno;
		if (n < 0)
			return;
		ws->output_at += (size_t)n;
		if (waiting(ws) == 0) {
			buf_clear(&ws->output);
			ws->output_at = 0;
		}
	}
}

bool ws_message_is_due(const struct ws *ws)
{
	return !ws->mute && (waiting(ws) || ws->ping.waits);
}

void ws_message_clear(struct ws *ws)
{
	ws_frame_clear(&ws->frames);
	buf_clear(&ws->output);
	ws->output_at = 0;
	ws->input_n = 0;
	ws->ping.waits = false;
	ws->mute = 0;
}

void ws_message_release(struct ws *ws)
{
	ws_frame_release(&ws->frames);
	buf_release(&ws->output);
	free(ws->input);
}
