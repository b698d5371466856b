#include "net/kafka_txn.h"

#include <stddef.h>

enum {
	INTERVAL_MS = 1000,
	/* With as much for --delivery-timeout it is within transaction.timeout.ms, after which
	 * brokers give a transaction up, and the run looks fenced. */
	INTERVAL_MAX_MS = 2 * 60 * 1000,
	RENEWAL_MS = 24 * 60 * 60 * 1000,
};

const char *kafka_txn_given(const struct kafka_txn_options *o)
{
	if (o->records_max)
		return "txn-records";
	if (o->interval_ms != INTERVAL_MS)
		return "txn-interval";
	return o->renewal_ms != RENEWAL_MS ? "cursor-renewal" : NULL;
}

const struct opt kafka_txn_rows[] = {
	{.kind = OPT_TEXT,
		.name = "exactly-once",
		.arg = "id",
		.help = "publish each record once, in transactions under this ID",
		.at = offsetof(struct kafka_txn_options, id)},
	{.kind = OPT_U64,
		.name = "txn-records",
		.arg = "count",
		.help = "commit a transaction once it has this many records",
		.more = "The default is 10000, or as many as come while brokers are busy with the\n"
			"transaction before.\n"
			"One that takes 24 MB of memory is committed in any case.",
		.lo = 1,
		.hi = 10000000,
		.at = offsetof(struct kafka_txn_options, records_max)},
	{.kind = OPT_DURATION,
		.name = "txn-interval",
		.arg = "duration",
		.help = "commit a transaction this long after its first record",
		.more = "At most 2 minutes, since brokers give up a transaction that stays open.",
		.preset = "1s",
		.lo = 1,
		.hi = INTERVAL_MAX_MS,
		.at = offsetof(struct kafka_txn_options, interval_ms)},
	{.kind = OPT_DURATION,
		.name = "cursor-renewal",
		.arg = "duration",
		.help = "renew the cursor after this long without records",
		.more = "Brokers forget offsets, and with them the cursor, that were not used for\n"
			".Va offsets.retention.minutes ,\n7 days by default.",
		.preset = "1d",
		.lo = 1000,
		.hi = INT32_MAX,
		.at = offsetof(struct kafka_txn_options, renewal_ms)},
	{.name = NULL},
};
