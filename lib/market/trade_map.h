/*
 * Trades of sources that are not known, mapped to the members of a Trade record by a jq program.
 *
 * The program sees one line's value and gives objects with the members of trade_record.h; nothing
 * (empty) or null means that the line holds no trade. A number that it gives is written as the
 * literal of the line that has the same double; a price, a quantity or an id that matches none, or
 * two of different value, is refused: it was computed, and would not be exact. So is one that is a
 * string, unless it is exactly one of the line's numbers, or no number of the line has its double
 * and it stands in one of the line's strings (literals_quote()).
 */
#ifndef TRADEPIPE_MARKET_TRADE_MAP_H
#define TRADEPIPE_MARKET_TRADE_MAP_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "market/source.h"

struct trade_map;

/* Reads and compiles the program in the file; timeout_ms as in query.h. `exchange`, which may be
 * NULL, is for trades that name none. NULL and *err (EXIT_USAGE) on failure. */
struct trade_map *trade_map_open(
	const char *path, uint64_t timeout_ms, const char *exchange, struct err *err);
void trade_map_close(struct trade_map *map);

/* Reads one line and hands what the program makes of it to the sink: trades with their place (from
 * 1) where there are several, else 0. An error that the program raises makes the line bad. 0, or -1
 * where the sink returned it, or where the program ran for too long, or libjq crashed: *err is
 * filled in then (EXIT_FAILED), and else left alone. */
int trade_map_read(
	struct trade_map *map, struct span line, const struct source_sink *sink, struct err *err);

#endif
