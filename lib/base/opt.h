/*
 * Options from one table per program: it feeds the parsing, --help, the manual's OPTIONS and the
 * completions of three shells, so that they cannot drift.
 *
 * GNU style: long options are spelled out (no abbreviations), "--name=value" and "--name value",
 * bundled letters, "--" ends the options; options and operands may be mixed.
 */
#ifndef TRADEPIPE_BASE_OPT_H
#define TRADEPIPE_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What a row stores at its place in the options struct. */
enum opt_kind {
	OPT_FLAG,     /* bool: true once given */
	OPT_COUNT,    /* unsigned: how often it was given */
	OPT_TEXT,     /* const char * */
	OPT_FILE,     /* const char *, completed as a file name */
	OPT_CHOICE,   /* int: index into choices */
	OPT_U64,      /* uint64_t, from lo to hi */
	OPT_DURATION, /* uint64_t milliseconds, from lo to hi */
	OPT_SIZE,     /* uint64_t bytes, from lo to hi */
	OPT_LIST,     /* struct opt_list: one more text each time it is given */
	OPT_HELP,     /* stores nothing: prints the help and ends with 0 */
	OPT_VERSION,  /* stores nothing: prints the version and ends with 0 */
};

enum { OPT_LIST_MAX = 64 };

struct opt_list {
	const char *items[OPT_LIST_MAX];
	size_t n;
};

struct opt {
	enum opt_kind kind;
	int letter;		    /* 0 where there is none */
	const char *name;	    /* without the dashes */
	const char *arg;	    /* the argument's name, NULL for flags */
	const char *help;	    /* one phrase, lower case, no full stop */
	const char *more;	    /* further sentences for the manual, mdoc; or NULL */
	size_t at;		    /* offsetof the place in the options struct */
	const char *preset;	    /* the default as the user would write it; NULL: zero */
	const char *const *choices; /* OPT_CHOICE: names, NULL at the end */
	const char *env;	    /* the variable that stands in when the option is not given */
	uint64_t lo, hi;	    /* bounds of numbers; hi 0: none */
};

/* Rows up to one without a name. `at` is where their struct lies within the options struct, so that
 * a library can own the rows of the options that several programs share. */
struct opt_table {
	const struct opt *rows;
	size_t at;
};

enum { OPT_TABLES_MAX = 8 };

struct opt_program {
	const char *name;
	const char *operands; /* as in the synopsis, "PAIR ..."; NULL: takes none */
	const char *summary;  /* one sentence for --help */
	size_t operands_min;
	size_t operands_max;			 /* 0 with operands: no limit */
	struct opt_table tables[OPT_TABLES_MAX]; /* in the order of the manual */
};

/*
 * Presets, then the environment, then the command line, into `options`. Operands are moved to the
 * front: returns them, NULL at the end. Texts point into argv, the environment or the table.
 * --help, --version and a usage error (two lines on standard error, EXIT_USAGE) do not return.
 */
char **opt_parse(const struct opt_program *program, void *options, int argc, char **argv);

/* Walks the rows of all tables, beginning with a zeroed walk: `at` is where the row's value lies in
 * the options struct. NULL after the last one. */
struct opt_walk {
	const struct opt *row;
	size_t table;
	size_t at;
};

const struct opt *opt_next(const struct opt_program *program, struct opt_walk *walk);

/* Ends the program for a fault that the table cannot see, such as two options that exclude each
 * other: two lines on standard error, EXIT_USAGE. */
_Noreturn void opt_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Options that exclude each other, by their names, for libraries that own several. */
struct opt_exclusion {
	bool both; /* are given */
	const char *one, *other;
};

/* 0, or -1 and *err (EXIT_USAGE) for the first of the n pairs of which both are given. */
int opt_exclude(const struct opt_exclusion *pairs, size_t n, struct err *err);

#endif
