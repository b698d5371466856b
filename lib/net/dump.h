/*
 * What programs that dump histories share beside their options: a clock, the faults on the way, the
 * chains, and the account with which they end.
 */
#ifndef TRADEPIPE_NET_DUMP_H
#define TRADEPIPE_NET_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/account.h"
#include "base/err.h"
#include "base/out.h"
#include "base/prog.h"
#include "net/crawl.h"
#include "net/crawl_options.h"

/* A dump at work. All that it points to lives as long; the program sets what is not said to be its
 * own, and may read all of it. */
struct dump {
	const struct crawl_options *options;
	const struct prog_options *common;
	uint64_t *written, *unwritten; /* records handed to `out`, and those that it did not take */
	struct budget *budget;	       /* of the server whose word may end everything */
	struct http_settings http;     /* its time-outs; the rest follows from the options */
	struct out *out;	       /* NULL: it is not open, or not yet */
	uint64_t part, whole;	       /* of the work, in any unit: for the progress */

	/* Its own. */
	int64_t start_ns, began_ns; /* the program's start, since 1970 and monotonic */
	struct crawl_counts counts;
	bool is_banned;
	int code; /* the exit code, so far */
};

void dump_init(
	struct dump *dump, const struct crawl_options *options, const struct prog_options *common);

/* Nanoseconds since 1970, by a clock that never goes back. */
int64_t dump_now(const struct dump *dump);

/* A fault: it is printed, and the gravest one makes the code of the end. What failed outright comes
 * before what must be set right, and that before what is missing. */
void dump_fail(struct dump *dump, const struct err *err);

/* The server wants no more requests, for so long (0: as crawl.h has it). All chains will be told
 * that they have ended: it is said once, here. */
void dump_be_banned(struct dump *dump, const struct err *err, int64_t hold_ns);

/* A fault that ends one product: nothing is said of it where everything has ended. */
void dump_lose(struct dump *dump, const struct err *err);

/* Whether the files of the options are different ones; `resume` may be NULL. -1 and *err. */
int dump_guard(const struct dump *dump, const char *resume, struct err *err);

/* Runs chains to their end, so many at once, and writes records out before every wait. False where
 * something came in between: then the code or sig says what. */
bool dump_chains(struct dump *dump, const struct crawl_chain *chains, size_t n, size_t jobs);

/* Does the work, with progress, an account over these rows and those of the requests, and closes
 * the output. Returns the exit code. */
int dump_account(struct dump *dump, const struct account_row *rows, size_t n,
	void (*work)(void *arg), void *arg);

#endif
