#include "base/quote.h"

#include <stdint.h>
#include <string.h>

#include "base/word.h"

size_t quote_utf8_length(struct span bytes)
{
	/* RFC 3629, section 4: what the second byte may be depends on the first. */
	static const struct {
		unsigned char first, last, second_lo, second_hi;
		size_t length;
	} forms[] = {
		{0xC2, 0xDF, 0x80, 0xBF, 2},
		{0xE0, 0xE0, 0xA0, 0xBF, 3},
		{0xE1, 0xEC, 0x80, 0xBF, 3},
		{0xED, 0xED, 0x80, 0x9F, 3},
		{0xEE, 0xEF, 0x80, 0xBF, 3},
		{0xF0, 0xF0, 0x90, 0xBF, 4},
		{0xF1, 0xF3, 0x80, 0xBF, 4},
		{0xF4, 0xF4, 0x80, 0x8F, 4},
	};
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t form = 0;

	if (bytes.n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	while (form < sizeof forms / sizeof *forms && p[0] > forms[form].last)
		form++;
	if (form == sizeof forms / sizeof *forms || p[0] < forms[form].first)
		return 0;
	if (bytes.n < forms[form].length || p[1] < forms[form].second_lo ||
		p[1] > forms[form].second_hi)
		return 0;
	for (size_t i = 2; i < forms[form].length; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	return forms[form].length;
}

bool quote_is_utf8(struct span bytes)
{
	size_t i = 0;

	while (i < bytes.n) {
		uint64_t eight;
		while (bytes.n - i >= sizeof eight) {
			memcpy(&eight, bytes.p + i, sizeof eight);
			if (eight & UINT64_C(0x8080808080808080))
				break;
			i += sizeof eight;
		}
		if (i == bytes.n)
			return true;
		size_t length = quote_utf8_length(span_make(bytes.p + i, bytes.n - i));
		if (length == 0)
			return false;
		i += length;
	}
	return true;
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* One character that is not plain. */
static size_t write_escape(char *to, char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	static const char hex[] = "0123456789abcdef";
	const char *letter = c ? strchr(letters, c) : NULL;

	to[0] = '\\';
	if (letter) {
		to[1] = letter[1];
		return 2;
	}
	memcpy(to + 1, "u00", 3);
	to[4] = hex[(unsigned char)c >> 4];
	to[5] = hex[(unsigned char)c & 15];
	return QUOTE_GROWTH;
}

/* The places of bytes that have to be escaped. */
static uint64_t special(uint64_t word)
{
	return word_equal(word, '"') | word_equal(word, '\\') | word_below(word, 0x20);
}

/* A text of 1 to 8 bytes that stands for itself, which nearly all names are. */
static bool write_short(char *to, struct span text)
{
	uint64_t word;

	if (text.n == 0 || text.n > WORD_SIZE)
		return false;
	word = text.n == WORD_SIZE ? word_load(text.p) : word_load_few(text.p, text.n);
	/* What lies behind the text is 0. */
	if (special(word | ~UINT64_C(0) << (text.n * 8 - 1) << 1))
		return false;
	word_store_few(to, word, text.n);
	return true;
}

size_t quote_write(char *to, struct span text)
{
	char *start = to;

	if (write_short(to, text))
		return text.n;
	for (size_t i = 0; i < text.n; i++) {
		if (is_plain(text.p[i]))
			*to++ = text.p[i];
		else
			to += write_escape(to, text.p[i]);
	}
	return (size_t)(to - start);
}

/* The number of bytes that quote_write() would write. */
static size_t quoted_length(struct span text)
{
	char escape[QUOTE_GROWTH];
	size_t n = text.n;

	for (size_t i = 0; i < text.n; i++)
		if (!is_plain(text.p[i]))
			n += write_escape(escape, text.p[i]) - 1;
	return n;
}

int quote_json(struct buf *b, struct span text)
{
	size_t n = quoted_length(text) + 2;
	char *to = buf_room(b, n);

	if (!to)
		return -1;
	to[0] = '"';
	quote_write(to + 1, text);
	to[n - 1] = '"';
	buf_added(b, n);
	return 0;
}

int quote_base64(struct buf *b, struct span bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t n = (bytes.n + 2) / 3 * 4;
	char *to = buf_room(b, n);

	if (!to)
		return -1;
	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		unsigned three = (unsigned)p[i] << 16;
		if (left > 1)
			three |= (unsigned)p[i + 1] << 8;
		if (left > 2)
			three |= p[i + 2];
		*to++ = digits[three >> 18];
		*to++ = digits[three >> 12 & 63];
		*to++ = '=';
		*to++ = '=';
		if (left > 1)
			to[-2] = digits[three >> 6 & 63];
		if (left > 2)
			to[-1] = digits[three & 63];
	}
	buf_added(b, n);
	return 0;
}
