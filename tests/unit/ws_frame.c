/* Frames of RFC 6455: what comes of each, in one piece and byte by byte, and what a client
 * writes. */
#include "net/ws_frame.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

enum { MESSAGE_MAX = 70000, TOLD_MAX = 256 };

static const char *const names[] = {[WS_FRAME_TEXT] = "text",
	[WS_FRAME_BINARY] = "binary",
	[WS_FRAME_CLOSE] = "close",
	[WS_FRAME_PING] = "ping",
	[WS_FRAME_PONG] = "pong"};

static struct buf told;

static void tell(const struct ws_frame_reader *reader, enum ws_frame_kind kind, struct span payload)
{
	if (kind == WS_FRAME_BROKEN)
		buf_printf(&told, "broken: %s;", reader->reason);
	else if (kind == WS_FRAME_TOO_LONG)
		buf_add_text(&told, "too long;");
	else if (payload.n > 20)
		buf_printf(&told, "%s of %zu;", names[kind], payload.n);
	else
		buf_printf(&told, "%s '%.*s';", names[kind], (int)payload.n, payload.p);
}

/* What comes of a stream in pieces of that size, as "text 'a';ping '';". */
static const char *read_in(struct span stream, size_t piece)
{
	struct ws_frame_reader reader;
	struct span payload;
	size_t from = 0, to = 0;
	enum ws_frame_kind kind = WS_FRAME_MORE;

	buf_clear(&told);
	ws_frame_init(&reader, MESSAGE_MAX);
	while (to < stream.n && kind == WS_FRAME_MORE) {
		struct span rest;
		to = stream.n - to < piece ? stream.n : to + piece;
		rest = span_make(stream.p + from, to - from);
		while ((kind = ws_frame_next(&reader, &rest, &payload)) != WS_FRAME_MORE) {
			tell(&reader, kind, payload);
			if (kind >= WS_FRAME_TOO_LONG)
				break;
		}
		from = to - rest.n;
	}
	ws_frame_release(&reader);
	buf_add(&told, span_make("", 1));
	return told.data;
}

static const struct {
	const char *name;
	struct span stream;
	const char *told;
} cases[] = {
	{"a text", SPAN("\x81\x05hello"), "text 'hello';"},
	{"a binary message", SPAN("\x82\x02xy"), "binary 'xy';"},
	{"an empty message", SPAN("\x81\x00\x82\x00"), "text '';binary '';"},
	{"two messages",
		SPAN("\x81\x01"
		     "a\x81\x01"
		     "b"),
		"text 'a';text 'b';"},
	{"half a message",
		SPAN("\x81\x02"
		     "a"),
		""},
	{"half a head", SPAN("\x81"), ""},
	{"fragments",
		SPAN("\x01\x01"
		     "a\x00\x01"
		     "b\x80\x01"
		     "c"),
		"text 'abc';"},
	{"binary fragments",
		SPAN("\x02\x01"
		     "a\x80\x01"
		     "b\x81\x01"
		     "c"),
		"binary 'ab';text 'c';"},
	{"empty fragments", SPAN("\x01\x00\x00\x00\x80\x00"), "text '';"},
	{"control frames between fragments",
		SPAN("\x01\x01"
		     "a\x89\x01p\x8a\x00\x00\x01"
		     "b\x8a\x01q\x80\x00"),
		"ping 'p';pong '';pong 'q';text 'ab';"},
	{"a close frame",
		SPAN("\x88\x05\x03\xe8"
		     "bye"),
		"close '\x03\xe8"
		"bye';"},
	{"a close frame within a message",
		SPAN("\x01\x01"
		     "a\x88\x00"),
		"close '';"},
	{"a reserved bit", SPAN("\xc1\x00"), "broken: a frame has reserved bits set;"},
	{"another", SPAN("\x91\x00"), "broken: a frame has reserved bits set;"},
	{"a masked frame", SPAN("\x81\x81\x00\x00\x00\x00x"), "broken: a frame is masked;"},
	{"an unknown kind of data", SPAN("\x83\x00"), "broken: a frame is of an unknown kind;"},
	{"an unknown kind of control", SPAN("\x8b\x00"), "broken: a frame is of an unknown kind;"},
	{"a ping in fragments", SPAN("\x09\x00"), "broken: a control frame is a fragment;"},
	{"a long ping", SPAN("\x89\x7e\x00\x7e"),
		"broken: a control frame is longer than 125 bytes;"},
	{"a continuation of nothing", SPAN("\x80\x00"), "broken: a fragment continues nothing;"},
	{"a continuation of what is whole", SPAN("\x81\x00\x80\x00"),
		"text '';broken: a fragment continues nothing;"},
	{"a message within another", SPAN("\x01\x00\x81\x00"),
		"broken: a message begins within another;"},
	{"125 in two bytes", SPAN("\x81\x7e\x00\x7d"),
		"broken: the length of a frame is not written as it should be;"},
	{"65535 in eight bytes", SPAN("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"),
		"broken: the length of a frame is not written as it should be;"},
	{"a length beyond 63 bits", SPAN("\x81\x7f\x80\x00\x00\x00\x00\x01\x00\x00"),
		"broken: the length of a frame is not written as it should be;"},
	{"a length beyond the ceiling", SPAN("\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x71"),
		"too long;"},
	{"a length that no memory has", SPAN("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"too long;"},
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		TAP_OK(strcmp(read_in(cases[i].stream, SIZE_MAX), cases[i].told) == 0, "%s: %s",
			cases[i].name, told.data);
		TAP_OK(strcmp(read_in(cases[i].stream, 1), cases[i].told) == 0, "... byte by byte");
	}
}

/* A frame of n bytes, unmasked, appended. */
static void add_frame(struct buf *to, unsigned first, size_t n)
{
	size_t bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;
	char *p = buf_room(to, 10 + n);

	p[0] = (char)first;
	p[1] = (char)(bytes == 0 ? n : bytes == 2 ? 126 : 127);
	for (size_t i = 0; i < bytes; i++)
		p[2 + i] = (char)(i + 8 < bytes ? 0 : n >> 8 * (bytes - 1 - i) & 0xff);
	memset(p + 2 + bytes, 'x', n);
	buf_added(to, 2 + bytes + n);
}

static void test_lengths(void)
{
	static const size_t lengths[] = {
		125, 126, 127, 16379, 16380, 16381, 16384, 65535, 65536, MESSAGE_MAX};
	static const size_t pieces[] = {1, 1000, 16384, SIZE_MAX};
	char want[TOLD_MAX];
	struct buf stream;

	buf_init(&stream, 1 << 20);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		size_t n = lengths[i], half = n / 2;
		buf_clear(&stream);
		add_frame(&stream, 0x81, n);
		add_frame(&stream, 0x02, half);
		add_frame(&stream, 0x89, 0);
		add_frame(&stream, 0x80, n - half);
		add_frame(&stream, 0x82, 1);
		snprintf(want, sizeof want, "text of %zu;ping '';binary of %zu;binary 'x';", n, n);
		for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
			TAP_OK(strcmp(read_in(buf_span(&stream), pieces[k]), want) == 0,
				"%zu bytes in pieces of %zu: %s", n, pieces[k], told.data);
	}
	buf_clear(&stream);
	add_frame(&stream, 0x01, MESSAGE_MAX - 10);
	add_frame(&stream, 0x00, 10);
	add_frame(&stream, 0x00, 1);
	TAP_OK(strcmp(read_in(buf_span(&stream), 999), "too long;") == 0,
		"fragments that grow too long");
	buf_release(&stream);
}

static void test_in_place(void)
{
	const char stream[] = "\x81\x01"
			      "a";
	struct span rest = span_make(stream, sizeof stream - 1), payload;
	struct ws_frame_reader reader;

	ws_frame_init(&reader, MESSAGE_MAX);
	ws_frame_next(&reader, &rest, &payload);
	TAP_OK(payload.p == stream + 2 && !reader.message.data,
		"a whole message is handed on where it lies");
	rest = span_make("\x01\x01"
			 "a",
		3);
	TAP_OK(ws_frame_next(&reader, &rest, &payload) == WS_FRAME_MORE, "half a message");
	ws_frame_clear(&reader);
	rest = span_make("\x81\x01z", 3);
	TAP_OK(ws_frame_next(&reader, &rest, &payload) == WS_FRAME_TEXT && payload.n == 1,
		"... is forgotten for another connection");
	ws_frame_release(&reader);
}

/* A message in two fragments goes through the reader's memory: how much it keeps afterwards. */
static size_t kept_of(size_t n, bool is_forgotten)
{
	struct ws_frame_reader reader;
	struct span rest, payload;
	struct buf stream;
	size_t kept;

	buf_init(&stream, SIZE_MAX);
	ws_frame_init(&reader, 2 * n);
	add_frame(&stream, 0x01, n / 2);
	if (!is_forgotten)
		add_frame(&stream, 0x80, n - n / 2);
	rest = buf_span(&stream);
	if (ws_frame_next(&reader, &rest, &payload) == WS_FRAME_TEXT && payload.n == n)
		ws_frame_next(&reader, &rest, &payload);
	else
		ws_frame_clear(&reader);
	kept = reader.message.cap;
	TAP_OK(reader.message.ceiling == 2 * n && reader.message.len == 0, "the ceiling stays");
	ws_frame_release(&reader);
	buf_release(&stream);
	return kept;
}

static void test_keeping(void)
{
	TAP_OK(kept_of(WS_FRAME_KEPT_MAX / 2, false) >= WS_FRAME_KEPT_MAX / 2,
		"memory for messages is kept");
	TAP_OK(kept_of(2 * WS_FRAME_KEPT_MAX, false) <= WS_FRAME_KEPT_MAX,
		"what a long message took is given back");
	TAP_OK(kept_of(4 * WS_FRAME_KEPT_MAX, true) <= WS_FRAME_KEPT_MAX,
		"... also where its end never came");
}

static void test_writing(void)
{
	static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	static const struct span hello = /* section 5.7 */
		SPAN("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
	static const struct {
		size_t n, head;
		const char *begins;
	} heads[] = {{125, 6, "\x82\xfd"}, {126, 8, "\x82\xfe\x00\x7e"},
		{65535, 8, "\x82\xfe\xff\xff"}, {65536, 14, "\x82\xff\0\0\0\0\0\x01\0\0"}};
	static char payload[65536];
	struct buf to;

	buf_init(&to, 65536 + 14);
	ws_frame_write(&to, WS_FRAME_TEXT, span_text("Hello"), mask);
	TAP_OK(span_is(buf_span(&to), hello), "the example of RFC 6455");
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t n = heads[i].n, head = heads[i].head;
		buf_clear(&to);
		TAP_OK(ws_frame_write(&to, WS_FRAME_BINARY, span_make(payload, n), mask) == 0 &&
				to.len == head + n &&
				memcmp(to.data, heads[i].begins, head - 4) == 0 &&
				memcmp(to.data + head - 4, mask, 4) == 0,
			"%zu bytes are written", n);
	}
	TAP_OK(ws_frame_write(&to, WS_FRAME_PING, span_make(NULL, 0), mask) < 0 &&
			to.len == 65536 + 14,
		"a frame that finds no room");
	buf_release(&to);
}

int main(void)
{
	buf_init(&told, 4096);
	test_cases();
	test_lengths();
	test_in_place();
	test_keeping();
	test_writing();
	buf_release(&told);
	return tap_end();
}
