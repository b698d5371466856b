/*
 * The option table as text: for --help, for the manual, for the completions of the shells. All of
 * it goes to standard output; a failure to write ends the program with EXIT_FAILED.
 */
#ifndef TRADEPIPE_BASE_OPT_SHOW_H
#define TRADEPIPE_BASE_OPT_SHOW_H

#include "base/opt.h"

void opt_show_help(const struct opt_program *program);
void opt_show_version(const struct opt_program *program);

/* The hidden option --dump-options: form is "mdoc" (the list of the manual's OPTIONS), "bash",
 * "zsh" or "fish" (the whole completion file). 0, or -1 where there is no such form. */
int opt_show_dump(const struct opt_program *program, const char *form);

#endif
