/*
 * How many requests may be made of a server, by all processes of one user on this machine together:
 * what was taken is kept in a locked file, in the wall clock's time. Where the file cannot be used
 * each process has the budget to itself. Several hosts may have one file: they are kept
 * apart in it.
 *
 * A lane is what the server counts apart, say one pair, or one address's weight. A paced lane gives
 * one request each interval, evenly; a metered one so many units in each window of the clock, as
 * fast as they are asked for. A lane that nobody used for ten minutes is forgotten, and so is
 * what a clock left behind that was then set back by more than an hour; smaller steps back
 * make nobody faster.
 */
#ifndef TRADEPIPE_BASE_BUDGET_H
#define TRADEPIPE_BASE_BUDGET_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct budget_lane {
	const char *name;     /* no blanks; at most 255 bytes */
	uint32_t interval_us; /* paced: between two requests; 0: metered */
	uint32_t units;	      /* metered: in each window */
	uint32_t window_ms;   /* metered: which begin at multiples of this since 1970 */
};

struct budget;

/* `path` NULL: DIR/tradepipe-UID/budget-HOST, where DIR is $XDG_RUNTIME_DIR, else /run/user/UID
 * where that is the user's, else /tmp; what is not plain in HOST is "_". The file's folder is made
 * where it is missing (its parents are not), and must be the user's own, closed to others' writing,
 * and no symbolic link. Never NULL: where the file cannot be used, *err says why (its code is
 * EXIT_DONE where all is well), for a note, and the budget is this process's own.
 *
 * `host` is whatever counts, and refuses, by itself: what it is called is the caller's choice. A
 * file that older versions have written is used as well; they kept one host in each, and where they
 * hold that, all are held. */
struct budget *budget_open(const char *path, struct span host, struct err *err);
void budget_close(struct budget *budget);

/*
 * Takes `units` (paced: 1) of a lane: 0 where they were taken, else the nanoseconds after which to
 * ask again, nothing having been taken. More units than a window has are given at the beginning of
 * one.
 *
 * Between two requests of a paced lane lie at least nine tenths of the interval. A request that is
 * late by up to a tenth of it does not shift those behind it, so that a caller who sleeps as long
 * as it is told uses all of the lane. A window behind one that was used up begins late by a
 * hundredth of its length: by the server's clock the old one may still go on. What is taken in the
 * last twentieth of a window counts in the next one too, in which it may arrive, unless the server
 * has counted it by then.
 *
 * Blocks for some microseconds; for up to a second, once, while another process is stopped in
 * the middle of its own call: until that goes on, the budget is this process's own.
 */
int64_t budget_take(struct budget *budget, const struct budget_lane *lane, uint32_t units);

/* What the server says was used of the lane's window so far; the higher number counts. In the first
 * tenth of a window a number that fits the window before is passed over: its answer
 * was under way. */
void budget_saw(struct budget *budget, const struct budget_lane *lane, uint32_t units);

/* Nobody takes of this lane (NULL: of any of this host's) for so long: the server has refused a
 * request, or asks to wait. At most seven days. A paced lane also goes slower from then on: by half
 * as much again each time, up to ten times its interval, and back to its own by a hundredth with
 * each request taken. */
void budget_hold(struct budget *budget, const struct budget_lane *lane, int64_t ns);

#endif
