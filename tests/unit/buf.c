/* Buffers that grow, up to their ceilings and not beyond. */
#include "base/buf.h"

#include "tap.h"

static void test_growth(void)
{
	struct buf b;
	bool whole = true;

	buf_init(&b, 100 * 1000);
	TAP_OK(b.cap == 0, "an empty buffer allocates nothing");
	for (unsigned i = 0; i < 10 * 1000; i++)
		whole = whole && buf_add_text(&b, "0123456789") == 0;
	for (size_t i = 0; i < b.len; i++)
		whole = whole && b.data[i] == (char)('0' + i % 10);
	TAP_OK(whole && b.len == 100 * 1000, "it keeps its content while it grows to its ceiling");
	TAP_OK(b.cap <= b.ceiling, "it allocates no more than its ceiling");
	TAP_OK(buf_add_text(&b, "x") < 0 && b.len == 100 * 1000, "a full one takes no more");
	TAP_OK(buf_add_text(&b, "") == 0, "but nothing at all it takes");
	buf_release(&b);
}

static void test_ceiling(void)
{
	struct buf b;

	buf_init(&b, 5);
	TAP_OK(buf_add_text(&b, "abcdef") < 0 && b.len == 0, "one over is refused as a whole");
	TAP_OK(buf_add_text(&b, "abc") == 0 && buf_add_u64(&b, 100) < 0 && buf_add_u64(&b, 99) == 0,
		"the ceiling is reached exactly");
	TAP_OK(span_is_text(buf_span(&b), "abc99"), "what is refused leaves no trace");
	TAP_OK(!buf_room(&b, 1) && !buf_room(&b, SIZE_MAX), "no room beyond, however much");
	buf_clear(&b);
	TAP_OK(b.len == 0 && b.data, "cleared, it keeps its memory");
	TAP_OK(buf_printf(&b, "%s", "123456") < 0 && b.len == 0, "formats are refused likewise");
	TAP_OK(buf_printf(&b, "%d-%c", 12, 'x') == 0 && span_is_text(buf_span(&b), "12-x"),
		"a format that fits with its NUL");
	buf_release(&b);
}

static void test_bytes(void)
{
	struct buf b;

	buf_init(&b, 64);
	TAP_OK(buf_add(&b, span_make(NULL, 0)) == 0 && b.len == 0, "no bytes from nowhere");
	buf_add(&b, span_make("a\0b", 3));
	buf_add_u64(&b, UINT64_MAX);
	buf_add_u64(&b, 0);
	TAP_OK(span_is(buf_span(&b), span_make("a\0b184467440737095516150", 24)),
		"NULs and the largest number");
	buf_release(&b);
	buf_release(&b);
	TAP_OK(b.data == NULL && b.len == 0 && b.ceiling == 64, "released twice");
	TAP_OK(buf_add_text(&b, "again") == 0, "and used again");
	buf_release(&b);
}

int main(void)
{
	test_growth();
	test_ceiling();
	test_bytes();
	return tap_end();
}
