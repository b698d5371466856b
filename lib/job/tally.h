/*
 * What a program's accounts say (see base/account.h), read back: the counts of the latest one.
 */
#ifndef TRADEPIPE_JOB_TALLY_H
#define TRADEPIPE_JOB_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum { TALLY_COUNTS_MAX = 48, TALLY_NAME_MAX = 32 };

struct tally_count {
	char name[TALLY_NAME_MAX];
	uint64_t value;
};

/* Zeroed: there has been none. */
struct tally {
	struct tally_count counts[TALLY_COUNTS_MAX];
	size_t n;
	bool final;  /* it was the last one */
	bool fenced; /* a count of that name, or a member beside the counts, says so */
};

/* Takes a line of TRADEPIPE_ACCOUNT_FD, in place of the one before. -1 where it is no account; then
 * nothing changes. Counts beyond the bounds, and what is not a whole number, are passed over. */
int tally_take(struct tally *tally, struct span line);

/* The count of that name, 0 where there is none. */
uint64_t tally_get(const struct tally *tally, const char *name);

/* Appends "read=9 written=7". */
void tally_show(const struct tally *tally, struct buf *to);

#endif
