/*
 * The account: named counts that say what became of every record, and that add up. It goes to
 * standard error as one line, to the descriptor named by TRADEPIPE_ACCOUNT_FD as JSON lines (now
 * and then, and at the end), and into the metrics file.
 */
#ifndef TRADEPIPE_BASE_ACCOUNT_H
#define TRADEPIPE_BASE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum account_role {
	ACCOUNT_IN,	 /* records that came in */
	ACCOUNT_WAITING, /* a fate for now: it goes down again, and so is a gauge in the metrics */
	ACCOUNT_FATE,	 /* what became of them: the sum of the fates is the sum of what came in */
	ACCOUNT_LOSS,	 /* a fate as well, or (sources) what never came: not 0 means exit 3 */
	ACCOUNT_WANT,	 /* outside the sum: as a loss, but it may be made good; a gauge */
	ACCOUNT_MEMO,	 /* shown when it is not 0, outside the sum */
	ACCOUNT_COUNTER, /* for the metrics file only */
	ACCOUNT_GAUGE,	 /* likewise, may go down */
};

struct account_row {
	const char *name; /* as in "read=" */
	enum account_role role;
	const uint64_t *value; /* lives as long as the account */
	const char *help;      /* what is counted, for the metrics file */
	bool outside;	       /* an ACCOUNT_LOSS that is not part of the sum */
	bool rare;	       /* shown only when it is not 0, as an ACCOUNT_MEMO is */
};

struct account;

/* An account over n rows, which must outlive it. It takes over the program's duty (see wait.h).
 * metrics_path may be NULL. *err and NULL where the metrics file has another writer. */
struct account *account_open(
	const struct account_row *rows, size_t n, const char *metrics_path, struct err *err);

/* Each time the metrics file is written, the last time within account_close(), `more`
 * appends metrics of its own behind the rows: under other names than theirs, by
 * metrics_head() and metrics_sample(). */
void account_set_more(
	struct account *account, void (*more)(void *arg, struct buf *text), void *arg);

/* The final account. `code` is the exit code that the program is about to return. The line for
 * people is left out with PROG_BROKEN_PIPE, with EXIT_USAGE where nothing came in, and with `quiet`
 * where code stays 0. An account that does not add up is a fault of the program: it says so and
 * returns EXIT_FAILED. Otherwise returns `code`, or EXIT_PARTIAL where code is 0 and there was a
 * loss. Frees it. */
int account_close(struct account *account, int code, bool quiet);

#endif
