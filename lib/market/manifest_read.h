/*
 * A manifest's text taken apart, and found to be one: for manifest_compare().
 */
#ifndef TRADEPIPE_MARKET_MANIFEST_READ_H
#define TRADEPIPE_MARKET_MANIFEST_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "json/json.h"

/* What a member is, and so how it is compared. */
enum manifest_kind {
	MANIFEST_LIST,
	MANIFEST_FLAG,
	MANIFEST_NAME,
	MANIFEST_COUNT,
	MANIFEST_AMOUNT,
	MANIFEST_TIME,
	MANIFEST_DIGEST,
};

struct manifest_rule {
	const char *name;
	enum manifest_kind kind;
	bool may_be_null;
	bool may_be_absent; /* then it is 0 */
};

/* The members of a stream; from MANIFEST_COMPARED on they are compared one by one. */
enum {
	MANIFEST_EXCHANGE,
	MANIFEST_PRODUCT,
	MANIFEST_MISSING,
	MANIFEST_COMPARED,
	MANIFEST_MEMBERS = 15,
};
extern const struct manifest_rule manifest_rules[MANIFEST_MEMBERS];

/* Those of a gap; from MANIFEST_TIMES on they are times. */
enum {
	MANIFEST_FIRST,
	MANIFEST_LAST,
	MANIFEST_TIMES,
	MANIFEST_GAP_MEMBERS = 4,
};
extern const struct manifest_rule manifest_gap_rules[MANIFEST_GAP_MEMBERS];

struct manifest_stream {
	struct json_member members[MANIFEST_MEMBERS];
	struct span product, exchange; /* unescaped; an exchange that is not known is empty */
};

struct manifest_gap {
	uint64_t first, last;
	struct json_member members[MANIFEST_GAP_MEMBERS];
};

struct manifest_reader {
	const char *name; /* of the manifest, in messages */
	struct err *err;
	struct buf product, exchange;
};

void manifest_reader_init(struct manifest_reader *reader, const char *name, struct err *err);
void manifest_reader_release(struct manifest_reader *reader);

/* The functions below return -1 and fill the reader's err with EXIT_USAGE where the text is no
 * manifest. All spans point into the text, apart from the names of a stream. */

/* Looks at a whole text, down to the last gap, and gives the list of its streams. 0, or -1. */
int manifest_read(struct manifest_reader *reader, struct span text, struct span *streams);

/* Reads an element of that list. Its names live until the next one is read. 0, or -1. */
int manifest_read_stream(
	struct manifest_reader *reader, struct span element, struct manifest_stream *stream);

/* Reads the next gap of a stream's list. 1, 0 at its end, or -1. */
int manifest_read_gap(
	struct manifest_reader *reader, struct json_walk *walk, struct manifest_gap *gap);

#endif
