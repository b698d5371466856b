/* Text as JSON strings, bytes as base64, and what is UTF-8. */
#include "base/quote.h"

#include <stdio.h>
#include <stdlib.h>
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

/* Texts of each length with each byte at each place, in memory of just the size of the result. */
static void test_every_place(void)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	size_t wrong = 0;

	for (size_t n = 1; n <= 18; n++) {
		char *text = malloc(n);
		if (!text)
			abort();
		for (size_t at = 0; at < n; at++) {
			for (unsigned c = 0; c < 0x80; c++) {
				char escape[QUOTE_GROWTH + 1];
				bool plain = c >= 0x20 && c != '"' && c != '\\';
				const char *letter = c && !plain ? strchr(letters, (int)c) : NULL;
				if (letter)
					snprintf(escape, sizeof escape, "\\%c", letter[1]);
				else if (!plain)
					snprintf(escape, sizeof escape, "\\u%04x", c);
				else
					snprintf(escape, sizeof escape, "%c", (int)c);
				char *to = malloc(n - 1 + strlen(escape));
				if (!to)
					abort();
				memset(text, 'x', n);
				text[at] = (char)c;
				size_t length = quote_write(to, span_make(text, n));
				wrong += length != n - 1 + strlen(escape) ||
					memcmp(to + at, escape, strlen(escape)) != 0 ||
					(at > 0 && to[0] != 'x') ||
					(at + 1 < n && to[length - 1] != 'x');
				free(to);
			}
		}
		free(text);
	}
	TAP_OK(wrong == 0, "every byte at every place");
}

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
	test_every_place();
	return tap_end();
}
