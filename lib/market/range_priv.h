/* What the files of range.h share: where each product's records end, by the lines of a file. */
#ifndef TRADEPIPE_MARKET_RANGE_PRIV_H
#define TRADEPIPE_MARKET_RANGE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "market/source.h"

/* The last record of a product. */
struct range_end {
	bool found;
	bool settled; /* nothing that comes can change it */
	bool has_id;
	uint64_t id;
	int64_t ns;
	uint64_t same; /* records of this very time, one after the other, at the end */
};

struct range_ends {
	const char *exchange;
	char *const *products;
	size_t n;
	struct range_end *items; /* one for each product */
	size_t unsettled;
	bool backward; /* lines come from the last to the first */
	size_t recent; /* the product of the record before */
	struct source source;
	char reason[256];
};

/* What is passed lives as long as this does. */
void range_ends_init(struct range_ends *ends, const char *exchange, char *const *products, size_t n,
	bool backward);
void range_ends_release(struct range_ends *ends);

/* Takes a line without its newline. NULL, or the reason why it is no record, which lives until the
 * next call. */
const char *range_ends_take(struct range_ends *ends, struct span line);

/* Takes the lines of a whole file; "-" is standard input. 0, or -1 and *err. */
int range_file_forward(const char *path, struct range_ends *ends, struct err *err);

/* Takes the lines of a regular file from its end, in blocks, until all products are settled; a file
 * that is not there, or is none, has no lines. 0, or -1 and *err. */
int range_file_backward(const char *path, struct range_ends *ends, struct err *err);

#endif
