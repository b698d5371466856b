#include "json/value.h"

#include <string.h>

#include "base/num.h"
#include "base/quote.h"
#include "json/utf16.h"

enum { UTF8_MAX = 4 };

static size_t encode(unsigned code, char *to)
{
	static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (code & 0x3F));
		code >>= 6;
	}
	to[0] = (char)(marks[n] | code);
	return n;
}

/* Four digits that were found to be there. */
static unsigned read_hex(const char *p)
{
	unsigned unit = 0;

	for (unsigned i = 0; i < 4; i++)
		unit = unit * 16 + (unsigned)utf16_hex(p[i]);
	return unit;
}

/* Moves *p, within the raw text of a string, behind one byte that stands for itself or behind one
 * escape, and writes what it means to `to`; returns the number of bytes. */
static size_t decode(const char **p, char to[UTF8_MAX])
{
	static const char letters[] = "b\bf\fn\nr\rt\t";
	const char *letter;
	unsigned unit;

	to[0] = *(*p)++;
	if (to[0] != '\\')
		return 1;
	to[0] = *(*p)++;
	if (to[0] == 'u') {
		unit = read_hex(*p);
		*p += 4;
		if (!utf16_is_high(unit))
			return encode(unit, to);
		unit = 0x10000 + ((unit & 0x3FF) << 10) + (read_hex(*p + 2) & 0x3FF);
		*p += 6;
		return encode(unit, to);
	}
	letter = strchr(letters, to[0]);
	if (letter)
		to[0] = letter[1];
	return 1;
}

bool json_is(const struct json_value *value, struct span text)
{
	const char *p = value->raw.p;
	char bytes[UTF8_MAX];
	size_t at = 0;

	if (value->type != JSON_STRING)
		return false;
	if (!value->escaped)
		return span_is(value->raw, text);
	while (p < value->raw.p + value->raw.n) {
		size_t n = decode(&p, bytes);
		if (n > text.n - at || memcmp(text.p + at, bytes, n) != 0)
			return false;
		at += n;
	}
	return at == text.n;
}

size_t json_write(char *to, const struct json_value *string)
{
	const char *p = string->raw.p;
	const char *end = p + string->raw.n;
	char bytes[UTF8_MAX];
	char *start = to;

	if (!string->escaped) {
		memcpy(to, p, string->raw.n);
		return string->raw.n;
	}
	while (p < end)
		to += quote_write(to, span_make(bytes, decode(&p, bytes)));
	return (size_t)(to - start);
}

struct span json_text(const struct json_value *string, struct buf *buf)
{
	const char *p = string->raw.p;
	const char *end = p + string->raw.n;
	char *start;
	char *to;

	buf_clear(buf);
	if (!string->escaped)
		return string->raw;
	start = to = buf_room(buf, string->raw.n);
	if (!start)
		return span_make(NULL, 0);
	while (p < end)
		to += decode(&p, to);
	buf_added(buf, (size_t)(to - start));
	return buf_span(buf);
}

int json_u64(const struct json_value *value, uint64_t *number)
{
	return value->type == JSON_NUMBER ? num_u64(value->raw, number) : -1;
}
