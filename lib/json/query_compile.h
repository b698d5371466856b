/*
 * jq programs compiled for query.h: what they may not use taken away, and what libjq says about
 * them in a user's words.
 */
#ifndef TRADEPIPE_JSON_QUERY_COMPILE_H
#define TRADEPIPE_JSON_QUERY_COMPILE_H

#include <jq.h>

#include "base/err.h"
#include "base/span.h"

/* 0, or -1 and *err (EXIT_USAGE) as query_open() has it. *crashed is what libjq crashed by, and jq
 * must be left alone then; else NULL. */
int query_compile(
	jq_state *jq, const char *name, struct span program, const char **crashed, struct err *err);

/* What is said then, for a "%s". */
#define QUERY_CRASH_TEXT "libjq crashed on it (%s)"

#endif
