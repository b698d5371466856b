#include "venue/kraken_rest.h"

#include <string.h>

#include "base/rate.h"
#include "base/stamp.h"

enum {
	IDLE_MS = 30 * 1000,
	TOTAL_MS = 120 * 1000,
};

int kraken_rest_open(
	struct kraken_rest *rest, const struct kraken_rest_settings *settings, struct err *err)
{
	*rest = (struct kraken_rest){
		.http = {settings->ca_file, settings->connect_ms, IDLE_MS, TOTAL_MS},
		.start_ns = stamp_now(),
		.began_ns = stamp_boottime(),
	};
	if (api_read(&rest->api, settings->option, settings->url, err) < 0)
		return -1;
	if (rate_parse(span_text(settings->pace), &rest->interval_us) < 0)
		return err_set(err, EXIT_USAGE,
			"'%s' is not a number from 0.001 to 1000, as --pace needs", settings->pace);
	api_open_budget(&rest->api, settings->budget_file);
	return 0;
}

void kraken_rest_close(struct kraken_rest *rest)
{
	api_close(&rest->api);
	kraken_pairs_release(&rest->pairs);
}

int64_t kraken_rest_now(const struct kraken_rest *rest)
{
	return rest->start_ns + (stamp_boottime() - rest->began_ns);
}

void kraken_rest_ask(
	const struct kraken_rest *rest, struct crawl_ask *ask, struct span path, const char *lane)
{
	buf_add(&ask->url, rest->api.url);
	buf_add(&ask->url, path);
	ask->lane = (struct budget_lane){.name = lane, .interval_us = rest->interval_us};
	ask->units = 1;
}

enum crawl_verdict kraken_rest_verdict(struct kraken_rest *rest, enum kraken_verdict verdict)
{
	static const enum crawl_verdict verdicts[] = {
		[KRAKEN_TAKEN] = CRAWL_TAKEN,
		[KRAKEN_AGAIN] = CRAWL_AGAIN,
		[KRAKEN_TOO_FAST] = CRAWL_REFUSED,
		[KRAKEN_FAILED] = CRAWL_FAILED,
		[KRAKEN_LOCKED] = CRAWL_BANNED,
	};

	if (verdict == KRAKEN_LOCKED) {
		rest->locked_until_ns = kraken_rest_now(rest) + KRAKEN_LOCKOUT_NS;
		budget_hold(rest->api.budget, NULL, KRAKEN_LOCKOUT_NS);
	} else if (verdict == KRAKEN_TAKEN) {
		rest->locked_until_ns = 0;
	}
	return verdicts[verdict];
}

bool kraken_rest_is_locked(const struct kraken_rest *rest)
{
	return kraken_rest_now(rest) < rest->locked_until_ns;
}

static enum crawl_step next_pairs(void *arg, struct crawl_ask *ask)
{
	struct kraken_rest *rest = arg;

	if (rest->has_asked)
		return CRAWL_DONE;
	kraken_rest_ask(rest, ask, span_text(KRAKEN_PAIRS_PATH), "AssetPairs");
	return CRAWL_ASK;
}

static enum crawl_verdict take_pairs(void *arg, const struct crawl_answer *answer, struct err *err)
{
	struct kraken_rest *rest = arg;
	int64_t wait_ns;
	enum kraken_verdict verdict = kraken_pairs_take(
		&rest->pairs, answer->status, answer->body, kraken_rest_now(rest), &wait_ns, err);
	struct err reason = *err;

	if (verdict == KRAKEN_FAILED || verdict == KRAKEN_LOCKED)
		err_set(err, reason.code, "cannot get the pairs of Kraken: %s", reason.text);
	if (verdict == KRAKEN_TAKEN)
		rest->has_asked = true;
	return kraken_rest_verdict(rest, verdict);
}

static void end_pairs(void *arg, const struct err *err)
{
	struct kraken_rest *rest = arg;

	rest->has_asked = true;
	rest->failure = *err;
}

struct crawl_chain kraken_rest_pairs(struct kraken_rest *rest)
{
	return (struct crawl_chain){"AssetPairs", next_pairs, take_pairs, end_pairs, rest};
}
