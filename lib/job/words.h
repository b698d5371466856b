/*
 * A command's words, put together piece by piece: what an array of arguments is made of.
 */
#ifndef TRADEPIPE_JOB_WORDS_H
#define TRADEPIPE_JOB_WORDS_H

#include <stddef.h>

/* Zeroed, there are none. */
struct words {
	char **items; /* NULL at the end, once there is any; may be written to */
	char **owned; /* the same, for words_release() */
	size_t n, room;
};

/* Adds a copy of a text; of a formatted one; of all up to NULL. */
void words_add(struct words *words, const char *text);
void words_addf(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
void words_add_all(struct words *words, const char *const *texts);
void words_release(struct words *words);

#endif
