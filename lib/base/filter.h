/*
 * The options that all filters share: where records go, and what becomes of those that are refused.
 */
#ifndef TRADEPIPE_BASE_FILTER_H
#define TRADEPIPE_BASE_FILTER_H

#include "base/opt.h"

/* Programs embed it in their options struct. */
struct filter_options {
	const char *output; /* for out_open(); NULL: standard output */
	const char *on_bad; /* a policy of reject.h */
};

/* Their rows, for the table before the common options. */
extern const struct opt filter_options[];

#endif
