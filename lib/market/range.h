/*
 * What of a product's history is asked for: by time, by ids, or behind a cursor; with the options
 * that say so, which all programs of history share.
 */
#ifndef TRADEPIPE_MARKET_RANGE_H
#define TRADEPIPE_MARKET_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"

struct range_options {
	const char *since, *until; /* moments, see base/when.h */
	uint64_t last_days;	   /* 0: not given */
	const char *resume;	   /* a file, or "-" for standard input */
	const char *ids;	   /* FIRST-LAST */
	uint64_t limit;		   /* records in all; 0: none */
	uint64_t page_size;
};

extern const struct opt range_rows[];

/* Of one product. */
struct range {
	const char *product;
	int64_t since_ns; /* the first moment, 0: from the beginning */
	int64_t until_ns; /* the first moment that is not asked for */
	bool by_ids;	  /* then these count, both inclusive, and no time does */
	uint64_t first_id, last_id;
	bool has_cursor; /* the product goes on behind this trade, which counts instead of since_ns */
	bool cursor_has_id;
	uint64_t cursor_id;
	int64_t cursor_ns;
	/* Without an id: how many records with this very time lie at the cursor's end. */
	uint64_t cursor_same;
};

/*
 * Reads the options for n products, at least one, whose names live on. `exchange` is the program's own:
 * records of others are passed over, and a record that names none is its own. `output`, which may be
 * NULL, is the file to which records will be appended: where it is a regular file and has records of a
 * product, these are that product's cursor, as if --resume named it; where both have, the one that is
 * further on counts. --ids has no cursor, but in `output` a product must end before them. `now_ns` is
 * the program's start.
 *
 * A record is a Trade record or a native one; the least is product_id, timestamp and, where there is
 * one, trade_id. Void rows count. Of each product in --resume the one with the highest id counts, or,
 * without ids, the last one; `output`, whose ids grow, is read from its end until each product's last
 * record is known. A torn last line is passed over: with a warning, but in `output`, where out_open()
 * has one.
 *
 * 0; or -1 and *err (EXIT_USAGE): options that exclude each other or cannot be read, a product given
 * twice, ids that `output` has gone past, a resume file that is not there, standard input that is but a
 * torn line, a line that is no record (with its number; in `output` with the byte at which it begins),
 * ids that the exchange cannot have (above INT64_MAX, but for Kraken's), a product without a cursor
 * where neither --since nor --last-days says where such ones begin. So it is where a stop signal came
 * while a file was being read: look at sig.h first. Blocks while --resume does.
 */
int range_read(const struct range_options *options, const char *exchange, const char *output,
	int64_t now_ns, char *const *products, size_t n, struct range *ranges, struct err *err);

#endif
