/*
 * The options of programs that dump what chains of requests bring.
 */
#ifndef TRADEPIPE_NET_CRAWL_OPTIONS_H
#define TRADEPIPE_NET_CRAWL_OPTIONS_H

#include <stdint.h>

#include "base/opt.h"
#include "base/progress.h"

/* Programs embed it in their options struct. */
struct crawl_options {
	const char *output; /* for out_open() */
	const char *ca_file;
	uint64_t jobs;
	uint64_t retry_ms;
	uint64_t connect_ms;
	const char *budget_file;
	struct progress_options progress;
};

/* Their rows, for the table before the common options. */
extern const struct opt crawl_options[];

#endif
