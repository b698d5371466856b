/*
 * Archives in a row, each fetched while the one before it is being read: one chain of crawl.h
 * fetches (the functions named supply_fetch_...), and another one reads, which asks for the next
 * when it is done with one.
 */
#ifndef TRADEPIPE_NET_SUPPLY_H
#define TRADEPIPE_NET_SUPPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "net/ahead.h"
#include "net/crawl.h"
#include "net/fetch.h"

enum {
	SUPPLY_READY_MAX = 16
}; /* files that are known to be missing, ahead of the one that is read */

/* A file that was fetched. */
struct supply_file {
	int64_t tag; /* the caller's own mark of it */
	char *name;
	struct spool *spool; /* NULL: there is none of use */
	bool is_missing;
};

struct supply {
	struct fetch fetch;
	bool is_fetching;
	bool is_over; /* no more files come */
	struct supply_file ready[SUPPLY_READY_MAX];
	size_t n_ready;
	struct supply_file now; /* the one that is read */
	struct ahead *archive;
};

void supply_init(struct supply *supply);
void supply_release(struct supply *supply);

/* Whether another file should be fetched. Then supply_fetch() names it, with the caller's tag, as
 * fetch_begin() does, or supply_finish() says that there are no more. */
bool supply_wants(const struct supply *supply);
void supply_fetch(
	struct supply *supply, int64_t tag, struct span url, const char *path, const char *folder);
void supply_finish(struct supply *supply);

/* The steps of the chain that fetches, while supply_wants() is not true. CRAWL_DONE where a file
 * could not be written: *err says why then. Where supply_is_file(), what is asked for goes in
 * pieces to supply_fetch_piece(). */
enum crawl_step supply_fetch_next(struct supply *supply, struct crawl_ask *ask, struct err *err);
bool supply_is_file(const struct supply *supply);
bool supply_has_failed(const struct supply *supply); /* a file could not be written */
int supply_fetch_piece(struct supply *supply, struct span piece);
enum crawl_verdict supply_fetch_take(
	struct supply *supply, const struct crawl_answer *answer, struct err *err);

enum supply_state {
	SUPPLY_NOT_YET, /* it is still being fetched */
	SUPPLY_NO_MORE,
	SUPPLY_OPEN,	/* supply_read() reads it */
	SUPPLY_MISSING, /* the server has none */
	SUPPLY_USELESS, /* what it has is damaged: *err says how */
};

/* Goes on to the next file, and closes the one that was read; *tag says which one it is. */
enum supply_state supply_next(struct supply *supply, int64_t *tag, struct err *err);

/* As archive_read(). */
int supply_read(struct supply *supply, struct span *bytes, struct err *err);

#endif
