#include "job/text.h"

#include <string.h>

#include "base/quote.h"

static const struct span replacement = SPAN("\xEF\xBF\xBD");

int text_json(struct buf *to, const char *text)
{
	struct span rest = span_text(text ? text : "");
	struct buf whole;
	int result;

	if (!text)
		return buf_add_text(to, "null");
	if (quote_is_utf8(rest))
		return quote_json(to, rest);
	buf_init(&whole, rest.n * replacement.n);
	while (rest.n > 0) {
		size_t n = quote_utf8_length(rest);
		buf_add(&whole, n ? span_make(rest.p, n) : replacement);
		rest = span_make(rest.p + (n ? n : 1), rest.n - (n ? n : 1));
	}
	result = quote_json(to, buf_span(&whole));
	buf_release(&whole);
	return result;
}
