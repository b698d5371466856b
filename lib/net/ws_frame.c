#include "net/ws_frame.h"

#include <string.h>

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

enum {
	FINAL = 0x80,
	RESERVED = 0x70,
	OPCODE = 0x0f,
	MASKED = 0x80,
	LENGTH = 0x7f,
	LENGTH_16 = 126, /* the length follows in two bytes */
	LENGTH_64 = 127, /* in eight */
	MASK_SIZE = 4,
};

/* The beginning of a frame. */
struct head {
	uint64_t n; /* bytes of the payload */
	size_t size;
	unsigned opcode;
	bool final;
};

void ws_frame_init(struct ws_frame_reader *reader, size_t message_max)
{
	*reader = (struct ws_frame_reader){.begun = false};
	buf_init(&reader->message, message_max);
}

static enum ws_frame_kind broken(struct ws_frame_reader *reader, const char *reason)
{
	reader->reason = reason;
	return WS_FRAME_BROKEN;
}

static uint64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

/* 1, 0 where more bytes are needed, or -1 where the length is not as short as it can be, or no
 * number of RFC 6455. */
static int read_length(const unsigned char *p, size_t n, struct head *head)
{
	unsigned given = p[1] & LENGTH;

	head->n = given;
	head->size = 2;
	if (given < LENGTH_16)
		return 1;
	head->size += given == LENGTH_16 ? 2 : 8;
	if (n < head->size)
		return 0;
	head->n = big_endian(p + 2, head->size - 2);
	if (head->n > INT64_MAX)
		return -1;
	return head->n > (given == LENGTH_16 ? LENGTH_16 - 1 : UINT16_MAX) ? 1 : -1;
}

/* What is wrong with the first two bytes of a frame, or NULL. */
static const char *fault_of(const struct ws_frame_reader *reader, const unsigned char *p)
{
	unsigned opcode = p[0] & OPCODE;

	if (p[0] & RESERVED)
		return "a frame has reserved bits set";
	if (p[1] & MASKED)
		return "a frame is masked";
	if ((opcode > BINARY && opcode < CLOSE) || opcode > PONG)
		return "a frame is of an unknown kind";
	if (opcode >= CLOSE && !(p[0] & FINAL))
		return "a control frame is a fragment";
	if (opcode >= CLOSE && (p[1] & LENGTH) > WS_FRAME_CONTROL_MAX)
		return "a control frame is longer than 125 bytes";
	if (opcode == CLOSE && (p[1] & LENGTH) == 1)
		return "a close frame has half a code";
	if (opcode == CONTINUATION && !reader->begun)
		return "a fragment continues nothing";
	if ((opcode == TEXT || opcode == BINARY) && reader->begun)
		return "a message begins within another";
	return NULL;
}

static enum ws_frame_kind message_kind(const struct ws_frame_reader *reader)
{
	return reader->binary ? WS_FRAME_BINARY : WS_FRAME_TEXT;
}

/* A data frame has ended, and perhaps the message that was gathered. */
static enum ws_frame_kind end_piece(struct ws_frame_reader *reader, struct span *payload)
{
	reader->in_payload = false;
	if (!reader->last)
		return WS_FRAME_MORE;
	reader->begun = false;
	reader->handed_on = true;
	*payload = buf_span(&reader->message);
	return message_kind(reader);
}

/* Gathers what there is of a payload. */
static enum ws_frame_kind gather(
	struct ws_frame_reader *reader, struct span *bytes, struct span *payload)
{
	size_t n = bytes->n < reader->left ? bytes->n : (size_t)reader->left;

	buf_add(&reader->message, span_make(bytes->p, n)); /* its head was judged: there is room */
	*bytes = span_make(bytes->p + n, bytes->n - n);
	reader->left -= n;
	return reader->left ? WS_FRAME_MORE : end_piece(reader, payload);
}

static enum ws_frame_kind control(
	unsigned opcode, struct span *bytes, const struct head *head, struct span *payload)
{
	size_t n = (size_t)head->n;

	if (bytes->n < head->size + n)
		return WS_FRAME_MORE;
	*payload = span_make(bytes->p + head->size, n);
	*bytes = span_make(bytes->p + head->size + n, bytes->n - head->size - n);
	return opcode == CLOSE ? WS_FRAME_CLOSE : opcode == PING ? WS_FRAME_PING : WS_FRAME_PONG;
}

/* A data frame: handed on where it lies if it is a whole message, and else gathered. */
static enum ws_frame_kind data(struct ws_frame_reader *reader, struct span *bytes,
	const struct head *head, struct span *payload)
{
	bool whole = bytes->n - head->size >= head->n;

	if (head->n > reader->message.ceiling - reader->message.len)
		return WS_FRAME_TOO_LONG;
	if (!whole && head->size + head->n <= WS_FRAME_AHEAD_MAX)
		return WS_FRAME_MORE;
	if (head->opcode != CONTINUATION)
		reader->binary = head->opcode == BINARY;
	*bytes = span_make(bytes->p + head->size, bytes->n - head->size);
	if (whole && head->final && head->opcode != CONTINUATION) {
		*payload = span_make(bytes->p, (size_t)head->n);
		*bytes = span_make(bytes->p + head->n, bytes->n - (size_t)head->n);
		return message_kind(reader);
	}
	reader->begun = true;
	reader->in_payload = true;
	reader->last = head->final;
	reader->left = head->n;
	return gather(reader, bytes, payload);
}

/* Takes one frame, or what there is of it. */
static enum ws_frame_kind take(
	struct ws_frame_reader *reader, struct span *bytes, struct span *payload)
{
	const unsigned char *p = (const unsigned char *)bytes->p;
	struct head head;
	int known;

	if (reader->in_payload)
		return gather(reader, bytes, payload);
	if (bytes->n < 2)
		return WS_FRAME_MORE;
	reader->reason = fault_of(reader, p);
	if (reader->reason)
		return WS_FRAME_BROKEN;
	known = read_length(p, bytes->n, &head);
	if (known == 0)
		return WS_FRAME_MORE;
	if (known < 0)
		return broken(reader, "the length of a frame is not written as it should be");
	head.opcode = p[0] & OPCODE;
	head.final = p[0] & FINAL;
	return head.opcode >= CLOSE ? control(head.opcode, bytes, &head, payload)
				    : data(reader, bytes, &head, payload);
}

/* Empties a buffer for the next message: long ones are so rare that their memory is given back. */
static void empty(struct buf *message)
{
	if (message->cap > WS_FRAME_KEPT_MAX)
		buf_release(message);
	else
		buf_clear(message);
}

enum ws_frame_kind ws_frame_next(
	struct ws_frame_reader *reader, struct span *bytes, struct span *payload)
{
	enum ws_frame_kind kind;
	size_t before;

	if (reader->handed_on) {
		empty(&reader->message);
		reader->handed_on = false;
	}
	do { /* a fragment says nothing to the caller, but may be followed by something that does */
		before = bytes->n;
		kind = take(reader, bytes, payload);
	} while (kind == WS_FRAME_MORE && bytes->n && bytes->n < before);
	return kind;
}

void ws_frame_clear(struct ws_frame_reader *reader)
{
	struct buf message = reader->message;

	empty(&message);
	*reader = (struct ws_frame_reader){.message = message};
}

void ws_frame_release(struct ws_frame_reader *reader)
{
	buf_release(&reader->message);
}

static unsigned opcode_of(enum ws_frame_kind kind)
{
	static const unsigned char opcodes[] = {[WS_FRAME_TEXT] = TEXT,
		[WS_FRAME_BINARY] = BINARY,
		[WS_FRAME_CLOSE] = CLOSE,
		[WS_FRAME_PING] = PING,
		[WS_FRAME_PONG] = PONG};

	return opcodes[kind];
}

/* Returns how many bytes the head takes. */
static size_t write_head(char *to, unsigned opcode, size_t n)
{
	size_t bytes = n < LENGTH_16 ? 0 : n <= UINT16_MAX ? 2 : 8;
	size_t given = bytes == 0 ? n : bytes == 2 ? LENGTH_16 : LENGTH_64;

	to[0] = (char)(FINAL | opcode);
	to[1] = (char)(MASKED | given);
	for (size_t i = 0; i < bytes; i++)
		to[2 + i] = (char)(n >> 8 * (bytes - 1 - i) & 0xff);
	return 2 + bytes;
}

int ws_frame_write(
	struct buf *to, enum ws_frame_kind kind, struct span payload, const unsigned char mask[4])
{
	char head[WS_FRAME_HEAD_MAX], *p;
	size_t size = write_head(head, opcode_of(kind), payload.n);

	if (payload.n > to->ceiling)
		return -1;
	memcpy(head + size, mask, MASK_SIZE);
	size += MASK_SIZE;
	p = buf_room(to, size + payload.n);
	if (!p)
		return -1;
	memcpy(p, head, size);
	for (size_t i = 0; i < payload.n; i++)
		p[size + i] = (char)(payload.p[i] ^ mask[i % MASK_SIZE]);
	buf_added(to, size + payload.n);
	return 0;
}
