/* Frames give the same messages in whatever pieces they come. The input is the frames themselves, or
 * says what frames to make: long ones would not find room in it. */
#include "net/ws_frame.h"

#include <string.h>

#include "fuzz.h"

enum {
	FRAMES_MAX = 6,
	STEP = 3, /* bytes that say what a frame is to be */
	LONGEST = 4 + 32767,
	END = 256,
	FEW = 64, /* bytes that are taken one by one: it costs their number squared */
};

struct result {
	uint64_t hash, messages;
	enum ws_frame_kind end;
	const char *reason;
};

static uint64_t mix(uint64_t hash, struct span bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		hash = (hash ^ (unsigned char)bytes.p[i]) * UINT64_C(1099511628211);
	return hash;
}

/* Of a long payload both ends are enough: it is the same byte throughout. */
static void note(struct result *result, enum ws_frame_kind kind, struct span payload)
{
	size_t n = payload.n < END ? payload.n : END;

	result->hash = (result->hash ^ kind ^ (uint64_t)payload.n << 8) + 1;
	result->hash = mix(result->hash, span_make(payload.p, n));
	result->hash = mix(result->hash, span_make(payload.p + payload.n - n, n));
	result->messages++;
}

/* As a caller does it that keeps what is left in front of what comes next; in memory of just that
 * size, so that a sanitizer sees who reads beyond it. */
static void take(struct span stream, size_t piece, size_t message_max, struct result *result)
{
	struct ws_frame_reader reader;
	size_t left = 0, at = 0;

	*result = (struct result){.end = WS_FRAME_MORE};
	ws_frame_init(&reader, message_max);
	while (at < stream.n && result->end == WS_FRAME_MORE) {
		size_t n = stream.n - at < piece ? stream.n - at : piece;
		char *copy = malloc(left + n);
		struct span rest = span_make(copy, left + n), payload;
		enum ws_frame_kind kind;

		FUZZ_REQUIRE(copy);
		memcpy(copy, stream.p + at - left, left + n);
		while ((kind = ws_frame_next(&reader, &rest, &payload)) != WS_FRAME_MORE &&
			kind < WS_FRAME_TOO_LONG) {
			FUZZ_REQUIRE(payload.n <= message_max || kind >= WS_FRAME_CLOSE);
			note(result, kind, payload);
		}
		result->end = kind;
		result->reason = kind == WS_FRAME_BROKEN ? reader.reason : NULL;
		at += n;
		left = rest.n;
		FUZZ_REQUIRE(kind != WS_FRAME_MORE || left <= WS_FRAME_AHEAD_MAX);
		free(copy);
	}
	FUZZ_REQUIRE(reader.message.len <= message_max);
	ws_frame_release(&reader);
}

/* Each three bytes of the program are a frame: what it begins with, and its length. */
static struct span make(struct span program, char *stream)
{
	size_t n = 0;

	for (size_t i = 0; i + STEP <= program.n && i < (size_t)FRAMES_MAX * STEP; i += STEP) {
		const unsigned char *p = (const unsigned char *)program.p + i;
		size_t length = p[1] & 0x80 ? (size_t)(p[1] & 0x7f) << 8 | p[2] : p[2];
		stream[n++] = (char)(p[0] & 0x8f);
		if (length < 126) {
			stream[n++] = (char)length;
		} else {
			stream[n++] = 126;
			stream[n++] = (char)(length >> 8);
			stream[n++] = (char)(length & 0xff);
		}
		memset(stream + n, p[2], length);
		n += length;
	}
	return span_make(stream, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char stream[FRAMES_MAX * LONGEST];
	struct span bytes = span_make((const char *)data + 1, size - 1);
	struct result whole, pieces;
	size_t message_max, small;

	if (size < 1)
		return 0;
	message_max = (size_t)1 << data[0] % 18;
	if (data[0] & 0x80)
		bytes = make(bytes, stream);
	small = bytes.n <= FEW ? 1 : bytes.n / 16;
	take(bytes, bytes.n + 1, message_max, &whole);
	for (size_t piece = small; piece <= 7 * small; piece += 3 * small) {
		take(bytes, piece, message_max, &pieces);
		FUZZ_REQUIRE(whole.hash == pieces.hash && whole.messages == pieces.messages);
		FUZZ_REQUIRE(whole.end == pieces.end && whole.reason == pieces.reason);
	}
	return 0;
}
