/*
 * Chains of requests, side by side: each chain asks, judges the answer, and asks again until it is
 * done. Between them and the server stand the budget that they share with other processes, and
 * another attempt for what is temporary. What a chain asks for and what it makes of an answer are
 * the caller's. One thread: callbacks run within crawl_run() and crawl_turn().
 */
#ifndef TRADEPIPE_NET_CRAWL_H
#define TRADEPIPE_NET_CRAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/budget.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "net/http.h"

enum { CRAWL_BODY_MAX = 16 * 1024 * 1024 };

/* What a chain does next. */
enum crawl_step {
	CRAWL_ASK,   /* sends *ask */
	CRAWL_BUSY,  /* it has done a piece of work, and will do the next when others had a turn */
	CRAWL_WAIT,  /* nothing before ask->not_before */
	CRAWL_ASIDE, /* likewise; meanwhile another chain may have its place */
	CRAWL_DONE,  /* its end */
};

struct crawl_ask {
	struct buf url;		    /* empty at first; ended by a NUL by crawl */
	const char *const *headers; /* "Name: value", NULL at the end; or NULL; live until take() */
	bool identity;		    /* as in http.h */
	uint64_t total_ms;	    /* as in http.h */
	struct budget_lane lane;    /* its name NULL: it costs nothing; lives until take() */
	uint32_t units;
	int64_t not_before; /* stamp_monotonic() nanoseconds; for CRAWL_WAIT and CRAWL_ASIDE */
	bool anew;    /* what failed before is not wanted any more: this attempt is the first one */
	bool endures; /* a certificate that is not trusted is tried again, instead of ending all */
	/* It stands aside (CRAWL_ASIDE) as well while it waits for the budget or for another
	 * attempt, after which next() is asked. And it waits out what a server asks for, up to 15
	 * minutes each time, instead of ending where that is beyond retry_ms; of these only the
	 * pause that would have been made anyway is counted as a time of attempts. */
	bool has_time;
	/* Has added to it for how long nothing could be asked: while it waited for the budget,
	 * while the caller took no turns, while it stood aside longer than it said, while it waited
	 * out what a server asked for. Lives until next() is called again, or the end. NULL: nobody
	 * wants to know. */
	int64_t *held_ns;
	/* With the chain's arg. Gets the body of status 200 in pieces, and take() an empty one;
	 * other bodies are kept for take(). Anything but 0 ends the request there, and take() says
	 * what comes of it. NULL: the body is kept, up to CRAWL_BODY_MAX. */
	int (*piece)(void *arg, struct span piece);
	void (*header)(void *arg, struct span name, struct span value);
};

struct crawl_answer {
	const char *url;
	long status;
	struct span body;	/* lives until the chain's callback returns */
	int64_t retry_after_ms; /* from the header Retry-After; -1: none */
};

/* What a chain makes of an answer. For AGAIN and REFUSED *err is a reason, such as "the answer is
 * no JSON", or a whole message that has the address in it. */
enum crawl_verdict {
	CRAWL_TAKEN,
	CRAWL_AGAIN,   /* temporary: *err says what; next() will be asked again after a pause that
			* grows from attempt to attempt, and is not shorter than retry_after_ms */
	CRAWL_REFUSED, /* over the budget: likewise; the lane is held for as long as retry_after_ms
			* says (but see has_time), or for 3 seconds, growing to 60 */
	CRAWL_FAILED,  /* *err: this chain has ended */
	CRAWL_BANNED,  /* *err: all chains have ended; the whole host is held for retry_after_ms, or
			* for 60 seconds */
};

/*
 * Each attempt begins with next(), also after a failure that take() was not asked about: until an
 * answer has been taken it asks for the same again, and a chain that takes pieces
 * begins anew there.
 */
struct crawl_chain {
	const char *name; /* for messages */
	enum crawl_step (*next)(void *arg, struct crawl_ask *ask);
	enum crawl_verdict (*take)(void *arg, const struct crawl_answer *answer, struct err *err);
	/* It ends because of *err: FAILED, attempts that went on for retry_ms or would have to, an
	 * answer that is too long; and, for all chains that are not done, begun or not, BANNED. */
	void (*ended)(void *arg, const struct err *err);
	void *arg;
};

struct crawl_settings {
	const struct http_settings *http;
	struct budget *budget;
	size_t jobs; /* chains under way at once; the next begins when one ends, or stands aside */
	/* How long attempts at one request may go on after the first failure. While they wait for
	 * the budget, or the caller takes no turns, that is not counted. */
	uint64_t retry_ms;
	/* Before every wait: writes out what is held. -1: all is over. May be NULL. */
	int (*flush)(void *arg);
	void *arg;
};

/* For the account and progress; they may be read at any time. */
struct crawl_counts {
	uint64_t requests, retries, refused; /* an answer is either tried again or refused */
	uint64_t waits_ms; /* for the budget and for other attempts, all chains together */
};

/* Adds "12 requests, 3.5 s waited" to words, of what `counts` has: for progress_view.more, with
 * .arg = &counts. Nothing before the first request. */
void crawl_counts_say(struct buf *to, const void *counts);

/*
 * Runs the chains to their ends. A stop signal ends all of them between two callbacks: no more of
 * these are called then, and sig says so. 0; or -1 and *err for what no chain can help: flush
 * failed (err->code EXIT_DONE then), the certificate is not trusted (EXIT_USAGE; see ask->endures),
 * an address that is none (EXIT_USAGE).
 * What is temporary below HTTP (no connection, a body cut short, a time-out) is tried again here,
 * and never reaches take(). Warnings by diag say what is being tried again: at a request's first
 * failure, and then ever more rarely.
 */
int crawl_run(const struct crawl_settings *settings, const struct crawl_chain *chains, size_t n,
	struct crawl_counts *counts, struct err *err);

/*
 * The same beside other work: chains are added at any time, also by callbacks, and go on whenever
 * crawl_turn() is called. After a ban all chains there are have been told; those added later, by
 * ended() say, wait until the host is held no more (but those that cost nothing); a warning says so
 * once. Settings and counts live as long as the crawl.
 */
struct crawl;

/* NULL and *err as above. */
struct crawl *crawl_open(
	const struct crawl_settings *settings, struct crawl_counts *counts, struct err *err);

/* The chain is copied. It begins when one of settings->jobs places is free. */
void crawl_add(struct crawl *crawl, const struct crawl_chain *chain);

/* Does all that is due, waiting for up to timeout_ms (0: does not wait; -1: no limit) for the first
 * thing to do, or until `fd` (-1: none) can be read, or a signal comes. Comes back after each wait.
 * After a stop signal it neither waits nor calls anybody. Not for callbacks, like crawl_close().
 * 0; or -1 and *err as above, after which it must be closed. */
int crawl_turn(struct crawl *crawl, int fd, int64_t timeout_ms, struct err *err);

/* How many chains are not at their end; ended() is called behind it. */
size_t crawl_count(const struct crawl *crawl);

/* Gives up what is under way; callbacks are not called any more. NULL is allowed. */
void crawl_close(struct crawl *crawl);

/* Whether an answer is no word of the API's but a fault on the way there, which any client tries
 * again (*err says what it is, for CRAWL_AGAIN): a status of 408, 425 or 5xx (but 501 and 505), 403
 * as a page of HTML; and, where the body was kept, 200 without one, or with markup for one. 418 and
 * 429 are the API's own. */
bool crawl_temporary(const struct crawl_answer *answer, struct err *err);

#endif
