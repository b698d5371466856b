/*
 * A flow that is published exactly once: which stream each record is of, and whether it is new to
 * the cursor. Told from fields of the record, whatever else it is. Pure: where the cursor's text is
 * kept is the caller's.
 */
#ifndef TRADEPIPE_MARKET_FLOW_H
#define TRADEPIPE_MARKET_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/span.h"
#include "market/cursor.h"

struct flow_options {
	const char *stream; /* FIELD|@LITERAL,... */
	const char *id;	    /* a field */
	const char *time;   /* a field */
	bool allow_gaps;
	bool begin;	   /* without a cursor, into a topic that has records */
	const char *adopt; /* a file of last trades; NULL: none */
};

extern const struct opt flow_rows[];

/* The name of one of them that was given by the user, as opt_parse() leaves them; NULL: none. */
const char *flow_given(const struct flow_options *options);

struct flow;

/* Texts of the options live as long as the flow, which before flow_begin() is as without a cursor,
 * in a topic of many partitions. NULL and *err (EXIT_USAGE) where a field cannot be read, or --begin
 * and --adopt are both given. */
struct flow *flow_open(const struct flow_options *options, struct err *err);
void flow_close(struct flow *flow);

/*
 * Takes up the cursor that was committed last, one text for each of the topic's n partitions, p NULL
 * where it has none; or, where there is none at all, the lines of --adopt. 1: the flow goes on, or
 * begins as --begin says; 0: there is no cursor, and the topic must be empty. -1 and *err
 * (EXIT_USAGE) as cursor_read() has it; where --adopt is given beside a cursor; where its file
 * cannot be read, is empty, or has a line that cannot be adopted, which is named.
 */
int flow_begin(struct flow *flow, const struct span *texts, size_t n, struct err *err);

enum flow_verdict {
	FLOW_NEW,     /* to be published: flow_advance() then moves on to it */
	FLOW_SKIPPED, /* published before */
	FLOW_REFUSED, /* *reason says why; the cursor stays */
};

/* Judges a record. *reason is a text that lives until the next call, or NULL where it is not
 * refused. */
enum flow_verdict flow_judge(struct flow *flow, struct span record, const char **reason);

/* Moves on to the record judged last, which was FLOW_NEW and whose bytes are still there. */
void flow_advance(struct flow *flow);

/* The cursor's texts as they are to be committed next; they live until the next call. */
const struct cursor_text *flow_text(struct flow *flow);

/* What was advanced since the last commit stands, or is undone. */
void flow_settle(struct flow *flow, bool stands);

/* How many streams the cursor has. */
size_t flow_streams(const struct flow *flow);

#endif
