/*
 * Kraken's REST interface as chains of requests: its address, its pace, the pairs that it has, and
 * what its refusals mean for all programs of this user.
 */
#ifndef TRADEPIPE_VENUE_KRAKEN_REST_H
#define TRADEPIPE_VENUE_KRAKEN_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "base/stamp.h"
#include "market/kraken_answer.h"
#include "market/kraken_pairs.h"
#include "net/api.h"
#include "net/crawl.h"

struct kraken_rest {
	struct api api;
	uint32_t interval_us;
	struct http_settings http;
	int64_t start_ns; /* wall clock at the beginning, and */
	int64_t began_ns; /* the same by a clock that never goes back, suspended or not */
	struct kraken_pairs pairs;
	bool has_asked;		 /* the chain of the pairs is at its end: they are there, or */
	struct err failure;	 /* has a code, and they are not */
	int64_t locked_until_ns; /* kraken_rest_now(): Kraken has shut us out; 0: it has not */
};

/* Texts live on. */
struct kraken_rest_settings {
	const char *option; /* whose value `url` is, for messages: "url" */
	const char *url;
	const char *pace;	 /* as rate.h reads it */
	const char *budget_file; /* see api.h */
	const char *ca_file;	 /* see http.h */
	uint64_t connect_ms;
};

/* Opens the budget, and nothing else. -1 and *err (EXIT_USAGE). */
int kraken_rest_open(
	struct kraken_rest *rest, const struct kraken_rest_settings *settings, struct err *err);
void kraken_rest_close(struct kraken_rest *rest);

/* Nanoseconds since 1970, on a clock that never goes back. */
int64_t kraken_rest_now(const struct kraken_rest *rest);

/* Fills what a chain asks for: a path, and what Kraken counts it under, a pair's name, say. */
void kraken_rest_ask(
	const struct kraken_rest *rest, struct crawl_ask *ask, struct span path, const char *lane);

/* Kraken shuts out for about that long (API documentation, "REST errors", 2026), and for longer
 * where it goes on being asked. */
#define KRAKEN_LOCKOUT_NS (15 * 60 * STAMP_NS_PER_S)

/* What a verdict of market's means to the chain. A lockout holds the host, for all programs. */
enum crawl_verdict kraken_rest_verdict(struct kraken_rest *rest, enum kraken_verdict verdict);

/* Whether it has, not long ago. */
bool kraken_rest_is_locked(const struct kraken_rest *rest);

/* The chain that gets the pairs, once. */
struct crawl_chain kraken_rest_pairs(struct kraken_rest *rest);

#endif
