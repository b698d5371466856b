/*
 * Signals as facts to look at. Handlers only take note; nothing is restarted, so that whatever
 * blocks in the kernel comes back with EINTR and its loop can look here.
 *
 * SIGTERM, SIGINT and SIGHUP: the first asks to stop at a record boundary, the second ends the
 * drain, the third kills. SIGUSR1 asks for the account so far. SIGPIPE is ignored; a broken pipe
 * shows as EPIPE. SIGINT and SIGHUP stay ignored where the caller had them ignored (nohup, jobs in
 * the background of a script).
 */
#ifndef TRADEPIPE_BASE_SIG_H
#define TRADEPIPE_BASE_SIG_H

#include <stdbool.h>
#include <stdint.h>

/* Takes over the signals; drain_ms is what sig_expired() allows after the first stop signal. */
void sig_init(uint64_t drain_ms);

/* Stop signals so far: 0, 1 or 2. */
int sig_stops(void);

/* The first stop signal, or 0. */
int sig_number(void);

/* The program will end by itself at this moment of stamp_monotonic(). What still blocks then has the
 * drain time, as after a stop signal, and is interrupted as sig_beat() says: it may look at
 * sig_expired(). No stop is noted. */
void sig_end_at(int64_t ns);

/* Whether what is still being done must end now: a second signal came, or the drain time has
 * passed since the first, or since the moment of sig_end_at(). */
bool sig_expired(void);

/* Milliseconds until a stop signal makes sig_expired() true; -1 while none came. */
int64_t sig_left_ms(void);

/* Whether SIGUSR1 came since the last call; and whether one came that nobody has asked about. */
bool sig_account_asked(void);
bool sig_account_due(void);

/* A descriptor that is readable when a signal has come; sig_consume() empties it. */
int sig_fd(void);
void sig_consume(void);

/* Has SIGALRM interrupt whatever blocks once a second, for programs with duties that fall due
 * while they wait. After the first stop signal this is so in any case. */
void sig_beat(void);

/* Has the end of a child (SIGCHLD) wake whoever waits as well: sig_fd() can be read then. */
void sig_watch_children(void);

/* In a child between fork() and exec, forked with all signals blocked so that none of them is noted
 * by the wrong process: what was taken over acts by default again, nothing is blocked, and what the
 * caller had ignored stays so, SIGPIPE excepted. Async-signal-safe. */
void sig_reset(void);

/* Keeps the signals above from threads that a library starts between the two calls. */
void sig_shield(void);
void sig_unshield(void);

/* Ends the process as a signal would have: by its default action, or, where that does nothing
 * (process 1 of a container), with 128 + the signal's number. */
_Noreturn void sig_die(int number);

#endif
