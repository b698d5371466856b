/*
 * The words of a jq program: the names of functions, variables and members that stand in its code,
 * also within "\(...)", and not in comments, in plain text of strings or behind a point.
 */
#ifndef TRADEPIPE_JSON_QUERY_WORDS_H
#define TRADEPIPE_JSON_QUERY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum { QUERY_WORDS_DEPTH = 64 }; /* strings within strings; what lies deeper is not looked at */

struct query_words {
	const char *at;
	const char *end;
	size_t line; /* of the word last found, from 1 */
	bool in_string;
	size_t string_line;		      /* where the last string began */
	unsigned depth;			      /* of code within strings */
	unsigned brackets[QUERY_WORDS_DEPTH]; /* round ones that are open, by depth */
};

void query_words_start(struct query_words *words, struct span program);

/* The next word; `variable` says whether it is the name behind a dollar sign. False at the end. */
bool query_words_next(struct query_words *words, struct span *word, bool *variable);

/* The line, from 1, where the program first says a word; 0 where it does not. */
size_t query_words_find(struct span program, struct span word, bool variable);

/* The line where a string begins that has no end; 0 where all strings have theirs. */
size_t query_words_open_string(struct span program);

#endif
