/*
 * The options that say where aggregate trades come from.
 */
#ifndef TRADEPIPE_MARKET_BINANCE_OPTIONS_H
#define TRADEPIPE_MARKET_BINANCE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"

enum binance_source { BINANCE_FROM_BOTH, BINANCE_FROM_ARCHIVES, BINANCE_FROM_API };

/* Programs embed it in their options struct. */
struct binance_options {
	int source; /* enum binance_source */
	int market; /* 0 is BINANCE_SPOT, and so on */
	const char *archive_dir;
	const char *url;
	const char *archive_url;
	uint64_t weight; /* 0: what the API grants */
};

extern const struct opt binance_options[];

/* 0, or -1 and *err (EXIT_USAGE) where they exclude each other, or --ids, where it is given. */
int binance_options_check(const struct binance_options *options, bool ids, struct err *err);

#endif
