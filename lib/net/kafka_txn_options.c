#include "net/kafka_txn.h"

#include <stddef.h>

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
		.preset = "1s",
		.lo = 1,
		.hi = INT32_MAX,
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
