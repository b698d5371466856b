/* Text as JSON strings, bytes as base64, and what is UTF-8. */
#include "base/quote.h"

#include <string.h>

#include "tap.h"

#define T(literal) (literal), sizeof(literal) - 1

static const struct {
	const char *p;
	size_t n;
	const char *quoted;
} texts[] = {
	{T(""), "\"\""},
	{T("BTC/USD"), "\"BTC/USD\""},
	{T("a\"b\\c"), "\"a\\\"b\\\\c\""},
	{T("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
	{T("\0\x01\x1f"), "\"\\u0000\\u0001\\u001f\""},
	{T("\x7f/ <>&'"), "\"\x7f/ <>&'\""},
	{T("\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\""},
};

static const struct {
	const char *p;
	size_t n;
	bool is_utf8;
} bytes[] = {
	{T(""), true},
	{T("twelve bytes"), true},
	{T("\0"), true},
	{T("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
		true},
	{T("12345678\xc3\xa9"
	   "12345678"),
		true},
	{T("12345678\xc3"), false},
	{T("1234567\x80"), false},
	{T("\xc0\x80"), false},
	{T("\xc1\xbf"), false},
	{T("\xe0\x9f\xbf"), false},
	{T("\xed\xa0\x80"), false},
	{T("\xf0\x8f\xbf\xbf"), false},
	{T("\xf4\x90\x80\x80"), false},
	{T("\xf5\x80\x80\x80"), false},
	{T("\xf8\x88\x80\x80\x80"), false},
	{T("\xe2\x82"), false},
	{T("\xe2\x82"
	   "A"),
		false},
	{T("\xf0\x9f\x98"
	   "A"),
		false},
	{T("\xff"), false},
};

static const struct {
	const char *p;
	size_t n;
	const char *text;
} encoded[] = {
	{T(""), ""},
	{T("f"), "Zg=="},
	{T("fo"), "Zm8="},
	{T("foo"), "Zm9v"},
	{T("foob"), "Zm9vYg=="},
	{T("fooba"), "Zm9vYmE="},
	{T("foobar"), "Zm9vYmFy"},
	{T("\xff\xfe\x00\xfb"), "//4A+w=="},
};

int main(void)
{
	struct buf b;

	buf_init(&b, 64);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		buf_clear(&b);
		TAP_OK(quote_json(&b, span_make(texts[i].p, texts[i].n)) == 0 &&
				span_is_text(buf_span(&b), texts[i].quoted),
			"quoted: %s", texts[i].quoted);
	}
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
		TAP_OK(quote_is_utf8(span_make(bytes[i].p, bytes[i].n)) == bytes[i].is_utf8,
			"%s, case %zu", bytes[i].is_utf8 ? "UTF-8" : "not UTF-8", i);
	for (size_t i = 0; i < sizeof encoded / sizeof *encoded; i++) {
		buf_clear(&b);
		TAP_OK(quote_base64(&b, span_make(encoded[i].p, encoded[i].n)) == 0 &&
				span_is_text(buf_span(&b), encoded[i].text),
			"base64: %s", encoded[i].text);
	}
	buf_release(&b);

	buf_init(&b, 6);
	TAP_OK(quote_json(&b, span_text("abcd")) == 0, "a ceiling is reached");
	TAP_OK(quote_json(&b, span_text("")) < 0 && b.len == 6, "and nothing goes beyond it");
	buf_clear(&b);
	TAP_OK(quote_json(&b, span_text("a\n\n")) < 0 && b.len == 0, "escapes count as well");
	TAP_OK(quote_base64(&b, span_text("abcd")) < 0 && b.len == 0, "base64 counts as well");
	buf_release(&b);
	return tap_end();
}
