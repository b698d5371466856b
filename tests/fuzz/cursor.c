/* A cursor's text that is read is written, and read again, as the same; a record that is adopted is
 * one that can be adopted again. */
#include "market/cursor.h"

#include <string.h>

#include "fuzz.h"

static const char tag[] = "tradepipe-cursor/1 7 0123456789abcdef 1/1 exchange,product_id\n";

/* What lies behind the first line, which has the counter. */
static struct span streams_of(struct span part)
{
	const char *end = memchr(part.p, '\n', part.n);

	return span_make(end, part.n - (size_t)(end - part.p));
}

/* Short lines may come to need more room than they took, and then more parts. */
static void check_text(struct span text)
{
	static struct cursor_text written, again;
	struct cursor *a, *b;
	struct err err;

	if (cursor_load(&a, &text, 1, &err) != 1)
		return;
	cursor_write(a, &written);
	FUZZ_REQUIRE(cursor_load(&b, written.spans, written.n, &err) == 1);
	FUZZ_REQUIRE(cursor_streams(a) == cursor_streams(b));
	cursor_write(b, &again);
	FUZZ_REQUIRE(written.n == again.n);
	for (size_t i = 0; i < written.n; i++) {
		FUZZ_REQUIRE(written.spans[i].n <= CURSOR_PART_MAX);
		FUZZ_REQUIRE(span_is(streams_of(written.spans[i]), streams_of(again.spans[i])));
	}
	cursor_close(a);
	cursor_close(b);
}

/* The input as a part, and as the lines of one. */
static void check_texts(struct span text)
{
	char part[2 * CURSOR_PART_MAX];

	check_text(text);
	if (text.n > CURSOR_PART_MAX)
		return;
	memcpy(part, tag, sizeof tag - 1);
	memcpy(part + sizeof tag - 1, text.p, text.n);
	check_text(span_make(part, sizeof tag - 1 + text.n));
}

static void check_adopted(struct span text)
{
	struct cursor *a = cursor_open(span_text("exchange,product_id"), 1, 1, NULL);
	struct cursor *b = cursor_open(span_text("exchange,product_id"), 1, 1, NULL);
	struct buf line;

	buf_init(&line, 64 * 1024);
	if (!cursor_adopt(a, text) && !cursor_write_record(a, 0, &line)) {
		line.len--;
		FUZZ_REQUIRE(!cursor_adopt(b, buf_span(&line)));
		FUZZ_REQUIRE(cursor_adopt(a, buf_span(&line)));
	}
	buf_release(&line);
	cursor_close(a);
	cursor_close(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);

	if (size == 0)
		return 0;
	check_texts(text);
	check_adopted(text);
	return 0;
}
