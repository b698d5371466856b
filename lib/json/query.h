/*
 * jq programs over JSON texts: the only user of libjq.
 *
 * A program sees one text and nothing else. The environment ($ENV, env), further input (input,
 * inputs, input_filename, input_line_number), modules (import, include), ~/.jq, halting and
 * printing (debug, stderr) are switched off: a program that uses one of them does not compile.
 * error(null), which libjq 1.6 takes for no output at all, raises "null (null)".
 *
 * Every number is a double here, also where libjq could do better. What is to stay exact must not
 * come out of here as a number: see literals.h.
 */
#ifndef TRADEPIPE_JSON_QUERY_H
#define TRADEPIPE_JSON_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct query;

/* Compiles a program. `name` is how messages call it ("coinbase.jq", "--where") and lives as long
 * as the query. timeout_ms, at least 1, is how long it may compute on one text, in processor time,
 * looked at ten times within that; a single step of the program, such as matching a regular
 * expression, is not interrupted. Several may be open, in one thread, since they share the interval
 * timer of SIGPROF and the handlers of query_crash.h, given back when the last is closed. NULL and
 * *err (EXIT_USAGE) where it does not compile: "cannot compile 'NAME': line N: REASON". */
struct query *query_open(
	const char *name, struct span program, uint64_t timeout_ms, struct err *err);
void query_close(struct query *query);

enum query_result {
	QUERY_VALUE,   /* there is one */
	QUERY_END,     /* there is none (any more) */
	QUERY_ERROR,   /* the program raised an error on this text */
	QUERY_TIMEOUT, /* it ran for too long on this text */
	QUERY_CRASHED, /* libjq crashed on it, or ran out of memory */
};

/* Runs the program on a text that json_scan() has found to be a value; query_next() gives its
 * outputs. */
void query_start(struct query *query, struct span text);

/* The next output as a JSON text, one line, which lives until the next call. For QUERY_ERROR,
 * QUERY_TIMEOUT and QUERY_CRASHED it is the message instead, such as "coinbase.jq: Cannot index
 * array with string", and the text is done with. After QUERY_TIMEOUT there is nothing but
 * QUERY_TIMEOUT, after QUERY_CRASHED nothing but that; libjq's memory then stays behind when the
 * query is closed. */
enum query_result query_next(struct query *query, struct span *output);

/* Whether the program's first output on the text is neither false nor null; none at all is false.
 * QUERY_VALUE and *holds, or QUERY_ERROR, QUERY_TIMEOUT or QUERY_CRASHED and *message. */
enum query_result query_test(
	struct query *query, struct span text, bool *holds, struct span *message);

#endif
