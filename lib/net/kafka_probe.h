/*
 * Whether a cluster and its ACLs let an ID publish in transactions: tried out, leaving nothing
 * behind but that another run of the same ID is fenced off.
 */
#ifndef TRADEPIPE_NET_KAFKA_PROBE_H
#define TRADEPIPE_NET_KAFKA_PROBE_H

#include "base/err.h"
#include "net/kafka_config.h"
#include "net/kafka_txn.h"

enum kafka_probe {
	KAFKA_PROBE_ALLOWED,
	KAFKA_PROBE_DENIED, /* *err names what is missing: a right, or a cluster that has
			     * transactions */
	KAFKA_PROBE_FAILED, /* it could not be found out: *err, as kafka_txn_open() has it;
			     * superseded where another run took the ID over meanwhile */
};

/*
 * Makes the topic, where settings say so; takes the ID over, begins a transaction, puts the cursor
 * into it as it stands, and aborts it. A coordinator that cannot be found within connect_ms is
 * KAFKA_PROBE_DENIED where the cluster shows that it has no log of transactions (its internal topic
 * is not there), else KAFKA_PROBE_FAILED. What plain publishing needs as well (the topic,
 * credentials) is never DENIED but FAILED. Write of the topic cannot be tried without a trace:
 * where it is missing and something else lets the topic be seen, only publishing tells.
 */
enum kafka_probe kafka_probe_transactions(
	const struct kafka_txn_settings *settings, struct err *err);

#endif
