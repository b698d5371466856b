/*
 * Text as a JSON string, and the check that bytes are UTF-8, which a JSON string must be.
 */
#ifndef TRADEPIPE_BASE_QUOTE_H
#define TRADEPIPE_BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

/* The number of bytes of the UTF-8 sequence (RFC 3629: no overlong forms, no surrogates, none above
 * U+10FFFF) that the bytes begin with; 0 where they begin with none or are empty. */
size_t quote_utf8_length(struct span bytes);

/* Whether the bytes are UTF-8 all through. */
bool quote_is_utf8(struct span bytes);

/* Writes the text without quotes around it to `to`, escaping as little as JSON allows: the quote,
 * the backslash and what lies below U+0020. `to` has room for QUOTE_GROWTH bytes for each byte of
 * the text, which must be UTF-8. Returns the number of bytes. */
enum { QUOTE_GROWTH = 6 };
size_t quote_write(char *to, struct span text);

/* Appends the text, escaped likewise, in double quotes. 0, or -1 at the buffer's ceiling (nothing
 * is appended then). */
int quote_json(struct buf *b, struct span text);

/* Appends bytes as base64 (RFC 4648, padded). 0, or -1 at the buffer's ceiling (likewise). */
int quote_base64(struct buf *b, struct span bytes);

#endif
