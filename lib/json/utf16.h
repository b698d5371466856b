/*
 * UTF-16 as the escapes of JSON strings spell it: \u and four hexadecimal digits a unit, two units
 * for what lies above U+FFFF (RFC 8259, section 7).
 */
#ifndef TRADEPIPE_JSON_UTF16_H
#define TRADEPIPE_JSON_UTF16_H

#include <stdbool.h>

/* The value of a hexadecimal digit, or -1. */
static inline int utf16_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static inline bool utf16_is_high(unsigned unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool utf16_is_low(unsigned unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

#endif
