#include "net/ws_priv.h"

#include <string.h>

/* What stands before each message in the queue: its length, a size_t, and room for the frame's
 * header, as lws_write() wants it. */
enum { QUEUED_HEAD = sizeof(size_t) + LWS_PRE };

void ws_message_init(struct ws *ws)
{
	buf_init(&ws->partial, WS_MESSAGE_MAX);
	buf_init(&ws->queue, WS_QUEUE_MAX);
}

void ws_message_take(struct ws *ws, struct lws *wsi, struct span piece)
{
	bool binary = lws_frame_is_binary(wsi), last = lws_is_final_fragment(wsi);

	if (last && ws->partial.len == 0) {
		ws->events.message(ws->arg, piece, binary);
		return;
	}
	if (ws->partial.len + piece.n + lws_remaining_packet_payload(wsi) > WS_MESSAGE_MAX) {
		ws_note(ws, "a message is longer than %d bytes", WS_MESSAGE_MAX);
		ws->end = WS_END_TOO_LONG;
		ws->phase = WS_LEAVING;
		return;
	}
	buf_add(&ws->partial, piece);
	if (!last)
		return;
	ws->events.message(ws->arg, buf_span(&ws->partial), binary);
	buf_clear(&ws->partial);
}

int ws_message_queue(struct ws *ws, struct span text)
{
	char *to;

	if (text.n > WS_QUEUE_MAX)
		return -1;
	to = buf_room(&ws->queue, QUEUED_HEAD + text.n);
	if (!to)
		return -1;
	memcpy(to, &text.n, sizeof text.n);
	if (text.n)
		memcpy(to + QUEUED_HEAD, text.p, text.n);
	buf_added(&ws->queue, QUEUED_HEAD + text.n);
	return 0;
}

int ws_message_write(struct ws *ws, struct lws *wsi)
{
	char *queued;
	size_t n;

	if (ws->queue_at == ws->queue.len)
		return 0;
	queued = ws->queue.data + ws->queue_at;
	memcpy(&n, queued, sizeof n);
	if (lws_write(wsi, (unsigned char *)queued + QUEUED_HEAD, n, LWS_WRITE_TEXT) < 0)
		return -1;
	ws->queue_at += QUEUED_HEAD + n;
	if (ws->queue_at < ws->queue.len) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	buf_clear(&ws->queue);
	ws->queue_at = 0;
	return 0;
}

void ws_message_clear(struct ws *ws)
{
	buf_clear(&ws->partial);
	buf_clear(&ws->queue);
	ws->queue_at = 0;
}

void ws_message_release(struct ws *ws)
{
	buf_release(&ws->partial);
	buf_release(&ws->queue);
}
