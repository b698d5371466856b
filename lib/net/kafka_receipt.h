/*
 * A receipt: where an acknowledged record lies, as one JSON object,
 *   {"file":...,"line":N,"topic":...,"partition":N,"offset":N,"timestamp_ms":N}
 * with "file_base64" where the name is no UTF-8.
 */
#ifndef TRADEPIPE_NET_KAFKA_RECEIPT_H
#define TRADEPIPE_NET_KAFKA_RECEIPT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/pending.h"

/* Appends it, without a newline; file NULL: the input has no name. 0, or -1 at the ceiling. */
int kafka_receipt_write(struct buf *to, const char *file, uint64_t line, const char *topic,
	const struct pending_line *record);

#endif
