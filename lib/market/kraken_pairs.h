/*
 * The pairs that Kraken trades, and the names that each one goes by: out of the answer to a request
 * for AssetPairs. Records carry the name of WebSocket v2.
 *
 * Source: Kraken API documentation, "Get Tradable Asset Pairs" (read in 2026). `wsname` still has the
 * names of WebSocket v1, of which v2 has renamed two assets: XBT is BTC, XDG is DOGE. Internal names
 * carry prefixes only where an asset is old: none is ever derived from another one.
 */
#ifndef TRADEPIPE_MARKET_KRAKEN_PAIRS_H
#define TRADEPIPE_MARKET_KRAKEN_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "json/json.h"
#include "market/kraken_answer.h"

#define KRAKEN_PAIRS_PATH "/0/public/AssetPairs"

/* Texts live as long as the pairs. */
struct kraken_pair {
	const char *name;    /* BTC/USD */
	const char *altname; /* XBTUSD */
	const char *query;   /* the same as a URL has it: what to ask for */
	const char *wsname;  /* XBT/USD */
	const char *key;     /* XXBTZUSD */
	const char *status;  /* "online"; "": it has none */
};

struct kraken_pairs {
	struct kraken_pair *items; /* in the order of the answer */
	size_t n, cap;
};

/* Takes the answer to a request for KRAKEN_PAIRS_PATH, as kraken_answer_judge() does, into zeroed
 * pairs. Those of dark pools, those without a wsname, and those whose names no record can carry are
 * left out. */
enum kraken_verdict kraken_pairs_take(struct kraken_pairs *pairs, long status, struct span body,
	int64_t now_ns, int64_t *wait_ns, struct err *err);
void kraken_pairs_release(struct kraken_pairs *pairs);

/* The pair of that name of WebSocket v2. Else NULL and *err, which may be NULL itself (EXIT_USAGE); it
 * names the one that was probably meant. */
const struct kraken_pair *kraken_pairs_find(
	const struct kraken_pairs *pairs, const char *name, struct err *err);

/* Whether a member of an answer goes by one of the pair's names. */
bool kraken_pair_is_named(const struct kraken_pair *pair, const struct json_value *name);

/* A name as a URL has it, with all escaped that it may not hold; free() releases it. */
char *kraken_query_encode(struct span name);

/* Names of WebSocket v2, in the order of strcmp(), each once. */
struct kraken_names {
	char **items;
	size_t n;
};

/* Whether an operand may stand for several pairs: it has one of the characters * ? [. */
bool kraken_is_pattern(const char *operand);

/* The names of the pairs that the operands stand for, as copies. A pattern is one of the shell, in
 * which * also stands for a slash. It stands for pairs that are traded: those are not that Kraken says
 * are delisted, or not listed yet. Any other operand is a name, whatever the state of that pair. 0; or
 * -1 and *err (EXIT_USAGE), which names the operand that stands for nothing; *names is empty then. */
int kraken_pairs_match(const struct kraken_pairs *pairs, char *const *operands, size_t n,
	struct kraken_names *names, struct err *err);
void kraken_names_release(struct kraken_names *names);

#endif
