/*
 * Messages for people on standard error: "program: cannot X 'subject': reason", one line and one
 * write each, control bytes escaped, or the same as a JSON line. Nothing else in the suite prints
 * there.
 */
#ifndef TRADEPIPE_BASE_DIAG_H
#define TRADEPIPE_BASE_DIAG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum diag_level {
	DIAG_ERROR,   /* always shown */
	DIAG_WARNING, /* the program goes on despite a loss or a surprise */
	DIAG_INFO,    /* with -v: what it is doing */
	DIAG_DEBUG,   /* with -vv: what libraries say, single records */
};

/* Names the program; messages go out as text from DIAG_WARNING up until diag_configure() is
 * called. The name must live as long as the program. */
void diag_init(const char *program);
void diag_configure(enum diag_level level, bool json);

/* The name given to diag_init(). */
const char *diag_program(void);

/* Whether messages go out as JSON. */
bool diag_is_json(void);

/* Called before and after each message, so that what stands in the terminal's last line can make
 * way; NULL: nothing does. */
void diag_set_curtain(void (*before)(void), void (*after)(void));

bool diag_shows(enum diag_level level);

void diag_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void diag_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void diag_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void diag_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A message about something that readers of JSON logs look for: there it has this name besides, as
 * "event", which stays the same over releases. */
void diag_event(enum diag_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The text of *e as an error; returns its exit code. */
enum exit_code diag_err(const struct err *e);

/* The account at the end or on SIGUSR1: shown at every level. `json` is the account as a JSON
 * object, used in JSON logs; `text` is the same for people. */
void diag_account(const char *text, const char *json);

/* An event, as above, that was asked for, such as progress: shown at every level. */
void diag_shown(const char *event, const char *text);

/* A line of another program, without its newline: it passes as it is, in one write, at every level.
 * Where standard error takes nothing for a second, this line is dropped, and so are those
 * that follow while that lasts; a warning then says how many, so that a reader that sleeps
 * holds nobody up. */
void diag_pass(struct span line);

/* Likewise, made the JSON line that `program` would have written. */
void diag_pass_json(const char *program, enum diag_level level, struct span message);

/* An error, then _exit with this code: for faults before there is anything to clean up. */
_Noreturn void diag_die(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
