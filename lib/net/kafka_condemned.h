/*
 * Records that were refused while the transaction is open that must stand before their dead letters
 * are written: kept in their order until then.
 */
#ifndef TRADEPIPE_NET_KAFKA_CONDEMNED_H
#define TRADEPIPE_NET_KAFKA_CONDEMNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct kafka_condemned {
	struct buf held;
	size_t n; /* records */
};

void kafka_condemned_init(struct kafka_condemned *condemned);
void kafka_condemned_release(struct kafka_condemned *condemned);

/* Keeps a copy of both texts. 0, or -1 where that takes too much memory. */
int kafka_condemned_add(
	struct kafka_condemned *condemned, uint64_t tag, struct span line, const char *reason);

struct kafka_condemned_record {
	uint64_t tag;
	struct span line;
	const char *reason;
};

/* Walks them from *at, 0 at first; the texts live until the next change. */
bool kafka_condemned_next(
	const struct kafka_condemned *condemned, size_t *at, struct kafka_condemned_record *record);

void kafka_condemned_clear(struct kafka_condemned *condemned);

#endif
