/*
 * Waiting for descriptors, in one place: signals end a wait, and duties that fall due (the account
 * for a supervisor, the metrics file) are done during it.
 */
#ifndef TRADEPIPE_BASE_WAIT_H
#define TRADEPIPE_BASE_WAIT_H

#include <stdint.h>

enum wait_result {
	WAIT_READY,   /* the descriptor can be read (or is at its end) */
	WAIT_EVENT,   /* the second descriptor can be read */
	WAIT_SIGNAL,  /* a signal came: look at sig */
	WAIT_TIMEOUT, /* the time is over */
};

/* One duty of the program, called again and again while it runs or waits; it looks at the clock
 * itself. sig_beat() sees to it that this happens once a second while nothing else does. */
void wait_set_duty(void (*duty)(void *arg), void *arg);

/* Does the duty: for every turn of a loop over buffers, not over records. */
void wait_duty(void);

/* Waits until fd (or event_fd, unless it is -1) can be read, a signal comes, or timeout_ms has
 * passed (-1: no limit). fd may be -1 as well. */
enum wait_result wait_readable(int fd, int event_fd, int64_t timeout_ms);

#endif
