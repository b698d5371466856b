/*
 * The way back from crashes inside libjq, which programs can bring about: structures so deep that
 * its recursion ends the stack, a failed assertion, no memory.
 *
 * While work runs, SIGSEGV, SIGBUS and SIGABRT end it instead of the process. What it was at is
 * left as it lies: its memory must neither be used nor freed. Outside of work, and where somebody
 * else sends them, these signals do what they always do.
 */
#ifndef TRADEPIPE_JSON_QUERY_CRASH_H
#define TRADEPIPE_JSON_QUERY_CRASH_H

/* Takes the signals over, and gives them back with the last close. In one thread. */
void query_crash_open(void);
void query_crash_close(void);

/* Runs work(arg). NULL, or what ended it, a constant such as "SIGSEGV". Costs no system call. Work
 * does not run within work. */
const char *query_crash_run(void (*work)(void *arg), void *arg);

/* Ends the work that runs, for a reason that is a constant; returns only where none does. */
void query_crash_leave(const char *reason);

#endif
