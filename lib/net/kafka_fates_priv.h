/* What the files of kafka_fates share. */
#ifndef TRADEPIPE_NET_KAFKA_FATES_PRIV_H
#define TRADEPIPE_NET_KAFKA_FATES_PRIV_H

#include "net/kafka_fates.h"

/* What becomes of dead records. */
enum fates_policy {
	POLICY_END,
	POLICY_DISCARD,
	POLICY_FILE,
	POLICY_TOPIC,
};

enum fates_policy fates_policy(const struct kafka_fates_settings *settings);

/* The files, in the order in which they are opened and closed. */
enum {
	FILE_DEAD,
	FILE_UNSENT,
	FILE_UNKNOWN,
	FILE_RECEIPTS,
	FILE_TEE,
	FILES,
};

/* Their names; NULL: none, "-": standard output. */
void fates_paths(const struct kafka_fates_settings *settings, const char *paths[FILES]);

#endif
