/* What the files of the cursor share. */
#ifndef TRADEPIPE_MARKET_CURSOR_PRIV_H
#define TRADEPIPE_MARKET_CURSOR_PRIV_H

#include "base/num.h"
#include "market/cursor.h"

#define CURSOR_TAG "tradepipe-cursor/"
#define CURSOR_VERSION "1"

enum {
	CURSOR_RUN_DIGITS = 16,
	CURSOR_FIELDS_TEXT_MAX = 1024, /* bytes of the fields' names, escaped */
};

struct cursor_run {
	uint64_t first, last;
	int64_t time_ns; /* the latest */
};

struct cursor_stream {
	struct span *values;
	struct span text; /* the values as they are written; owned */
	uint64_t hash;	  /* of the values */
	struct cursor_run now, committed;
	bool changed; /* `now` is ahead of `committed` */
	uint16_t part;
};

struct cursor {
	struct cursor_stream *streams; /* in the order in which they began */
	size_t n, cap;
	size_t n_committed; /* those behind are new since the last commit */
	size_t *changed;    /* of the others: which have advanced */
	size_t n_changed;
	size_t *table; /* by hash: number + 1, or 0 */
	size_t slots;  /* a power of two */
	size_t recent; /* number of the stream found last */
	struct buf fields_text;
	struct span fields[CURSOR_FIELDS_MAX]; /* into fields_raw */
	char *fields_raw;
	size_t n_fields;
	size_t parts_max, parts; /* that there may be, and are */
	size_t room;		 /* for streams in a part */
	size_t used;		 /* of the last part */
	uint64_t run, counter;	 /* counter: of the last commit */
};

/* The stream with these values, or NULL. */
struct cursor_stream *cursor_find(struct cursor *cursor, const struct span *values);

/* Adds a stream that is not there. -1 where there is no room. */
int cursor_add(struct cursor *cursor, const struct span *values, const struct cursor_run *run);

/* Appends a value so that it holds neither blank, comma, nor anything that is no plain ASCII. */
int cursor_escape(struct buf *to, struct span value);

/* Whether a field is the exchange rather than the product. */
bool cursor_is_exchange(struct span field);

#endif
