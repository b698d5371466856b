#include "net/kafka_receipt.h"

#include "base/quote.h"
#include "base/span.h"

static int add_file(struct buf *to, struct span name)
{
	int result;

	if (quote_is_utf8(name)) {
		result = buf_add_text(to, "\"file\":");
		result |= quote_json(to, name);
	} else {
		result = buf_add_text(to, "\"file_base64\":\"");
		result |= quote_base64(to, name);
		result |= buf_add_text(to, "\"");
	}
	return result | buf_add_text(to, ",");
}

/* Names of topics need no quoting. */
int kafka_receipt_write(struct buf *to, const char *file, uint64_t line, const char *topic,
	const struct pending_line *record)
{
	int result = buf_add_text(to, "{");

	if (file)
		result |= add_file(to, span_text(file));
	return result |
		buf_printf(to,
			"\"line\":%llu,\"topic\":\"%s\",\"partition\":%d,\"offset\":%lld,"
			"\"timestamp_ms\":%lld}",
			(unsigned long long)line, topic, (int)record->partition,
			(long long)record->offset, (long long)record->timestamp_ms);
}
