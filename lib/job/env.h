/*
 * Settings out of environment variables, from one table for each program: it feeds the validation,
 * which tells all faults at once, the manual's list, and the note of what is in effect.
 */
#ifndef TRADEPIPE_JOB_ENV_H
#define TRADEPIPE_JOB_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What a row stores at its place in the settings struct. */
enum env_kind {
	ENV_TEXT,   /* const char * */
	ENV_FILE,   /* const char *: it can be read */
	ENV_SECRET, /* const char *: shown as *** */
	ENV_U64,    /* uint64_t, from lo to hi; blanks around it are passed over */
	ENV_BOOL,   /* bool: as pydantic reads it: 1/0 true/false yes/no on/off t/f y/n, any case */
	ENV_CHOICE, /* int: index into choices, any case */
	ENV_OTHER,  /* const char *; `check` has the last word */
};

struct env_row {
	enum env_kind kind;
	const char *name;   /* of the variable */
	const char *help;   /* one phrase, lower case, no full stop */
	size_t at;	    /* offsetof the place in the settings struct */
	const char *preset; /* NULL: none */
	bool required;	    /* not there, or empty, is a fault */
	const char *const *choices;
	uint64_t lo, hi; /* bounds of numbers; hi 0: none */
	/* Whether a text will do: NULL, or why not, a phrase behind "cannot use NAME 'VALUE': ".
	 * Lives on. May be NULL. */
	const char *(*check)(const char *value);
};

struct env_program {
	const struct env_row *rows; /* up to one without a name */
	bool any_case;		    /* names of variables are read in any case, as pydantic does */
	/* Variables that begin so and are in no row get a warning; NULL: none do. What Kubernetes
	 * sets for a service of such a name (SERVICE_HOST, PORT_80_TCP ...) gets none. */
	const char *prefix;
	/* Of those: what was meant, or NULL: the nearest name is told, where one is near. */
	const char *const (*meant)[2]; /* {written, meant}, up to {NULL, NULL} */
};

/* Variables of a file: a layer below the environment's own. */
struct env_file;

/*
 * Reads NAME=VALUE lines as python-dotenv does: blank lines, # comments, `export `, quotes ('...'
 * with \\ and \' undone, "..." with \n \t \" and the like, both over several lines), a # behind a
 * blank outside of quotes ends a value; ${NAME} and ${NAME:-DEFAULT} are replaced, by the
 * environment or an earlier line, in quotes of either kind too. A name alone, without "=", takes
 * back what an earlier line gave it. *file is NULL where there is no such file. -1 and *err
 * (EXIT_USAGE), with the line's number, and nothing of what it says.
 */
int env_file_read(const char *path, struct env_file **file, struct err *err);
void env_file_free(struct env_file *file);

/*
 * Presets, then the file (NULL: none), then the environment, into `settings`; texts point into
 * these. An empty value counts as not given; in the environment it hides that of the file. Each
 * fault is one message (diag_error) of the form "cannot use NAME 'VALUE': REASON", of secrets
 * "cannot use NAME: REASON"; returns their number.
 */
size_t env_read(const struct env_program *program, const struct env_file *file, void *settings);

/* One more fault, found by the program itself, in the same form; value NULL: it is a secret. */
void env_fault(const char *name, const char *value, const char *reason);

/* Appends what is in effect as a JSON object, name by name; secrets as "***", what is not given as
 * null, and so a number without preset that is 0. -1 where it does not fit (nothing is appended
 * then). */
int env_show(const struct env_program *program, const void *settings, struct buf *to);

#endif
