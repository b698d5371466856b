/*
 * What the files of env share.
 */
#ifndef TRADEPIPE_JOB_ENV_PRIV_H
#define TRADEPIPE_JOB_ENV_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "job/env.h"

/* Reads the text of such a file. NULL and *reason, a constant phrase that quotes nothing, since
 * values are secrets, with the number of the line, 0 where it is about none. */
struct env_file *env_file_parse(struct span text, size_t *line, const char **reason);

/* The value of the last line of that name; NULL where there is none, or that line has no "=". */
const char *env_file_value(const struct env_file *file, const char *name, bool any_case);

/* The names, in the order of their lines, and as often; NULL after the last one. */
const char *env_file_name(const struct env_file *file, size_t i);

/* The value that the environment has; NULL: none. Where any case will do, the name as it is goes
 * first. */
const char *env_value(const char *name, bool any_case);

bool env_is_same(struct span a, struct span b, bool any_case);

/* Warns of variables that begin with the program's prefix and are read by nobody. What Kubernetes
 * sets in each container for a service whose name begins like the prefix is passed over. */
void env_warn_unread(const struct env_program *program, const struct env_file *file);

#endif
