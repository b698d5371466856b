/* What a source told its sink, as text. */
#ifndef TRADEPIPE_TESTS_HEARD_H
#define TRADEPIPE_TESTS_HEARD_H

#include <stdio.h>

#include "market/source.h"
#include "shown.h"

/* Each call of the sink is a piece of `calls`: "N: the trade", "passed" or "bad N: reason"; N is 0
 * for a record of its own. */
struct heard {
	char calls[8 * 1024];
	size_t n;
	size_t left; /* calls before the sink wants no more */
};

static inline int hear(struct heard *heard, const char *what, size_t index, const char *text)
{
	int n = snprintf(heard->calls + heard->n, sizeof heard->calls - heard->n, "%s%zu: %s\n",
		what, index, text);

	heard->n += (size_t)n;
	return heard->left-- > 1 ? 0 : -1;
}

static inline int on_trade(void *arg, const struct trade *trade, size_t index)
{
	char text[SHOWN_MAX];

	return hear(arg, "", index, shown(trade, text));
}

static inline int on_passed(void *arg)
{
	struct heard *heard = arg;

	heard->n += (size_t)snprintf(
		heard->calls + heard->n, sizeof heard->calls - heard->n, "passed\n");
	return heard->left-- > 1 ? 0 : -1;
}

static inline int on_bad(void *arg, size_t index, const char *reason)
{
	return hear(arg, "bad ", index, reason);
}

#endif
