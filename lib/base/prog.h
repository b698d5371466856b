/*
 * What all programs share around their own work: the common options, messages, signals, and how a
 * process ends. A main function is prog_begin(), the work, prog_end().
 */
#ifndef TRADEPIPE_BASE_PROG_H
#define TRADEPIPE_BASE_PROG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"

/* An exit code for the inside of a program: its reader went away. prog_end() dies of SIGPIPE. */
enum { PROG_BROKEN_PIPE = 141 };

/* The common options; programs embed it in their options struct. */
struct prog_options {
	bool quiet;
	unsigned verbose;
	int log_format;
	int log_level;
	const char *metrics_file;
	uint64_t drain_ms;
};

/* Their rows, for the last table of an opt_program. */
extern const struct opt prog_options[];

/* Opens descriptors 0 to 2 where they are closed, parses the options into `options`, sets up
 * messages and signals. `common` is the struct prog_options inside `options`. Returns the operands,
 * NULL at the end. */
char **prog_begin(const struct opt_program *program, void *options, struct prog_options *common,
	int argc, char **argv);

/* Returns code as the process's exit status. Where a stop signal came and code is EXIT_DONE, dies
 * of that signal instead; PROG_BROKEN_PIPE dies of SIGPIPE. */
int prog_end(int code);

/* Threads of a library are left behind that may be in the middle of something: the process will end
 * without the library's own duties at an exit, which would take from under them what they use. */
void prog_abandon(void);

#endif
