/*
 * The last trade of each stream, a stream being an exchange and a product: the record with the
 * highest id of those that were taken. Where no id tells them apart, the later one in their
 * partition counts, and between partitions the one with the later time.
 *
 * Records are Trade records of which product_id and a time are needed, and members that a value lacks
 * may stand beside it, as they do in the headers of a message.
 */
#ifndef TRADEPIPE_MARKET_LAST_H
#define TRADEPIPE_MARKET_LAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	LAST_STREAMS_MAX = 65536,
	LAST_BYTES_MAX = 64 * 1024 * 1024, /* of all records that are kept */
};

/* What may stand beside a value, by the name that it has there. */
enum last_member {
	LAST_PRODUCT_ID,
	LAST_TIMESTAMP,
	LAST_TRADE_ID,
	LAST_EXCHANGE,
	LAST_MEMBERS,
};

const char *last_member_name(enum last_member member);

struct last_record {
	struct span value;
	struct span beside[LAST_MEMBERS]; /* p NULL: not there */
	int32_t partition;
	int64_t offset;
};

struct last;

/* `products`, separated by commas, are those that count; NULL: all. NULL where one of them is empty.
 * It lives as long as this does. */
struct last *last_open(const char *products);
void last_close(struct last *last);

enum last_verdict {
	LAST_TAKEN, /* it is the last of its stream so far, or is not, or is of no product asked for */
	LAST_BAD,  /* it is no Trade record */
	LAST_FULL, /* there are more streams, or bytes of them, than the ceilings allow */
};

/* Takes a record, in any order. *reason, a constant, is set where it is not taken. */
enum last_verdict last_take(
	struct last *last, const struct last_record *record, const char **reason);

/* How many streams there are, and the products asked for that none of them has: the next one from
 * *at, which is 0 at first, or a span with p NULL. */
size_t last_streams(const struct last *last);
struct span last_missing(const struct last *last, size_t *at);

/*
 * Appends the record of a stream, in the order of exchange and product, without a newline: the value
 * as it came where it has all that is known of it, and is one line; otherwise
 * {"product_id","timestamp","trade_id","exchange"}, the last two if they are known. 0, or -1 at the
 * buffer's ceiling.
 */
int last_write(const struct last *last, size_t stream, struct buf *to);

#endif
