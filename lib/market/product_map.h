/*
 * Other names for products: a JSON object in a file, {"BTCUSDT":"BTC/USDT"}.
 */
#ifndef TRADEPIPE_MARKET_PRODUCT_MAP_H
#define TRADEPIPE_MARKET_PRODUCT_MAP_H

#include "base/err.h"
#include "base/span.h"

struct product_map;

/* Reads the file, of at most LINE_CEILING bytes: one object, over as many lines as it likes, whose
 * members are strings of 1 to TRADE_NAME_MAX bytes. NULL and *err (EXIT_USAGE) where it is anything
 * else. */
struct product_map *product_map_open(const char *path, struct err *err);
void product_map_close(struct product_map *map);

/* The name that stands for `product`, or `product` itself where the map has none. Lives as long as
 * the map, or as `product`. */
struct span product_map_name(struct product_map *map, struct span product);

#endif
