/*
 * Frames of RFC 6455, as a client meets them: bytes in, messages out, and the other way round.
 * Pure: no descriptor, no clock, no source of random bytes.
 *
 * Text is not checked to be UTF-8: whoever reads it as JSON does that where it matters.
 */
#ifndef TRADEPIPE_NET_WS_FRAME_H
#define TRADEPIPE_NET_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	WS_FRAME_CONTROL_MAX = 125,	 /* bytes of a control frame's payload (section 5.5) */
	WS_FRAME_HEAD_MAX = 14,		 /* bytes in front of a payload */
	WS_FRAME_AHEAD_MAX = 16 * 1024,	 /* bytes of a frame that are left with the caller until it
					   is whole */
	WS_FRAME_KEPT_MAX = 1024 * 1024, /* bytes of memory that a reader keeps between messages */
};

enum ws_frame_kind {
	WS_FRAME_MORE,	 /* more bytes are needed */
	WS_FRAME_TEXT,	 /* a whole message */
	WS_FRAME_BINARY, /* likewise */
	WS_FRAME_CLOSE,	 /* control frames, which may come between the pieces of a message */
	WS_FRAME_PING,
	WS_FRAME_PONG,
	WS_FRAME_TOO_LONG, /* a message passes the ceiling: nothing more can be read */
	WS_FRAME_BROKEN,   /* the protocol is broken: nothing more can be read */
};

struct ws_frame_reader {
	struct buf message; /* what has come of the message under way */
	bool begun;	    /* there is one, of which further fragments are to come */
	bool binary;
	bool handed_on;	    /* `message` was handed on by the last call */
	bool in_payload;    /* of a data frame too long to be left with the caller */
	bool last;	    /* that frame ends its message */
	uint64_t left;	    /* bytes of its payload that are to come */
	const char *reason; /* what is broken, a constant phrase: "a frame is masked" */
};

/* A reader of messages of at most message_max bytes. */
void ws_frame_init(struct ws_frame_reader *reader, size_t message_max);

/* Takes the next message or control frame from the front of *bytes. WS_FRAME_MORE: what is left of
 * *bytes, at most WS_FRAME_AHEAD_MAX, must be there again in front of what comes next. The payload
 * lies in *bytes, or in the reader until the next call. However bytes are cut into calls, the same
 * comes out. */
enum ws_frame_kind ws_frame_next(
	struct ws_frame_reader *reader, struct span *bytes, struct span *payload);

/* Forgets what has come, for another connection. */
void ws_frame_clear(struct ws_frame_reader *reader);

void ws_frame_release(struct ws_frame_reader *reader);

/* Appends a client's frame, whole and masked (section 5.3: with four bytes that nobody can
 * foresee); the kind is one from TEXT to PONG. 0, or -1 where it would pass the buffer's
 * ceiling. */
int ws_frame_write(
	struct buf *to, enum ws_frame_kind kind, struct span payload, const unsigned char mask[4]);

#endif
