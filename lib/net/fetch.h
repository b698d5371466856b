/*
 * Gets a file beside which its server has the SHA-256 of it (FILE.CHECKSUM, as sha256sum writes
 * it), as steps of a chain of crawl.h: nothing is handed out that was not found to be right.
 */
#ifndef TRADEPIPE_NET_FETCH_H
#define TRADEPIPE_NET_FETCH_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/crawl.h"
#include "net/spool.h"

enum fetch_state {
	FETCH_SUM,     /* the checksum is to be asked for */
	FETCH_KEPT,    /* what is kept from another time is being read */
	FETCH_FILE,    /* the file is to be asked for */
	FETCH_DONE,    /* spool_fd(spool) has it */
	FETCH_MISSING, /* the server has no such file, or no checksum of it */
	FETCH_DAMAGED, /* what it has contradicts its checksum, again and again */
};

enum { FETCH_PATH_MAX = 4096 };

struct fetch {
	enum fetch_state state;
	struct buf url;	 /* of the file; ended by a NUL */
	struct buf path; /* where it is kept, likewise; empty: nowhere */
	struct buf name; /* as the checksum has it, likewise */
	char sum[DIGEST_HEX + 1];
	unsigned tries; /* that were damaged */
	struct spool *spool;
	struct err failure; /* the file could not be written: its code is not EXIT_DONE */
};

void fetch_init(struct fetch *fetch);

/* Begins with another file: its address, its path, of which the last part is its name, and the
 * folder below which it is kept under that path, with its checksum beside it; NULL: it is not. What
 * is kept already is not asked for again while the checksum on the server is that. */
void fetch_begin(struct fetch *fetch, struct span url, const char *path, const char *folder);

/* What to do next, as crawl_chain's: CRAWL_DONE where the state is one of the last three. The lane
 * is left to the caller. */
enum crawl_step fetch_next(struct fetch *fetch, struct crawl_ask *ask);

/* For ask->piece, where the state is FETCH_FILE. */
int fetch_piece(struct fetch *fetch, struct span piece);

enum crawl_verdict fetch_take(
	struct fetch *fetch, const struct crawl_answer *answer, struct err *err);

/* Hands the file over to the caller, who closes it. */
struct spool *fetch_give(struct fetch *fetch);

void fetch_release(struct fetch *fetch);

#endif
