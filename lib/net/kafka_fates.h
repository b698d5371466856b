/*
 * What becomes of each record that is to be published, and of its line: counts that add up, and the
 * files in which lines are found again by their fate.
 *
 * A record is dead only when its dead letter is where it was asked for: one whose letter could not
 * be written is unsent. Lines are kept from reading to fate only where a file needs them.
 */
#ifndef TRADEPIPE_NET_KAFKA_FATES_H
#define TRADEPIPE_NET_KAFKA_FATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/guard.h"
#include "base/opt.h"
#include "base/place.h"
#include "base/span.h"
#include "net/kafka_producer.h"

struct kafka_fates_settings {
	const char *topic;
	/* Where dead records go, as reject.h writes them: a file, "topic:NAME" or "discard". NULL:
	 * the first one ends the run. */
	const char *dead_letter;
	const char *unsent;   /* files for the lines of that fate, in input order; NULL: none */
	const char *unknown;  /* likewise */
	const char *receipts; /* a file for where each acknowledged record lies; NULL: none */
	bool tee;	      /* acknowledged records' lines to standard output, in input order */
	bool shows;	      /* standard output takes what kafka_fates_show() gives */
	bool named;	      /* inputs have names, for messages and receipts */
	bool alters;	      /* what is sent is not the line as it was read */
	uint64_t limit;	      /* records to be read, for the program to heed; 0: all */
	uint64_t held_max;    /* bytes of lines that are kept, roughly */
};

/* --dead-letter, --unsent, --unknown, --receipts, --tee, --dry-run, --limit, --queue-bytes. */
extern const struct opt kafka_fates_rows[];

/* Names the files that will be written. 0, or -1 and *err as guard_writes() has it. */
int kafka_fates_guard(
	const struct kafka_fates_settings *settings, struct guard *guard, struct err *err);

/* The topic for dead letters; NULL: none. */
const char *kafka_fates_dead_topic(const struct kafka_fates_settings *settings);

struct kafka_fates;

/* Opens the files. Tags are numbers of lines by `place`; all that is pointed to outlives this. NULL
 * and *err where one cannot be opened. */
struct kafka_fates *kafka_fates_open(
	const struct kafka_fates_settings *settings, const struct place *place, struct err *err);

/* Beside those of kafka_producer.h. */
enum {
	KAFKA_SKIPPED = KAFKA_UNKNOWN + 1, /* the topic has it already */
	KAFKA_SHOWN,			   /* it was only shown */
	KAFKA_FATES,
};

/* For the account; they live until kafka_fates_close(). */
struct kafka_counts {
	uint64_t read;
	uint64_t fates[KAFKA_FATES];
	uint64_t open; /* read, and without a fate yet */
};

const struct kafka_counts *kafka_fates_counts(const struct kafka_fates *fates);

/* A record was read: each one begins here. Tags grow. */
void kafka_fates_read(struct kafka_fates *fates, uint64_t tag, struct span line);

/* It meets its end: as KAFKA_DEAD, and why, which is reported; or in any other way. */
void kafka_fates_refuse(
	struct kafka_fates *fates, uint64_t tag, struct span line, const char *reason);
void kafka_fates_settle(struct kafka_fates *fates, uint64_t tag, int fate);

/* KAFKA_DEAD in two steps, for a record that waits for a transaction: why is reported now, and the
 * record is kept until kafka_fates_conclude() ends all such: as dead, or, where the transaction
 * does not stand, as unsent. */
void kafka_fates_condemn(
	struct kafka_fates *fates, uint64_t tag, struct span line, const char *reason);
void kafka_fates_conclude(struct kafka_fates *fates, bool stands);
size_t kafka_fates_condemned(const struct kafka_fates *fates);

/* Whether the run goes on after a dead record. */
bool kafka_fates_survives_dead(const struct kafka_fates *fates);

/* It meets its end as KAFKA_SHOWN: the text goes to standard output. */
void kafka_fates_show(struct kafka_fates *fates, uint64_t tag, struct span text);

/* The same by a producer's callback, for records as for dead letters. */
void kafka_fates_deliver(struct kafka_fates *fates, const struct kafka_delivery *delivery);

/* Sends the dead letters that wait for their topic; not within a callback. 0, or -1 where delivery
 * has failed. */
int kafka_fates_post(struct kafka_fates *fates, struct kafka_producer *producer);

/* Whether dead letters wait to be sent, and whether some were that got no answer yet. */
bool kafka_fates_owes(const struct kafka_fates *fates);
bool kafka_fates_is_mailing(const struct kafka_fates *fates);

/* So many lines are kept that the oldest one's fate should be awaited before another is read. */
bool kafka_fates_is_full(const struct kafka_fates *fates);

/* Whether the run must end: for a dead record, or because a file cannot be written. */
bool kafka_fates_has_ended(const struct kafka_fates *fates);

/* Writes out what is held, as before every wait. 0, or -1 where the run must end. */
int kafka_fates_flush(struct kafka_fates *fates);

/* No more deliveries will come: what has no fate by now gets one, and the files are closed. Returns
 * `code`, or EXIT_FAILED where the run had to end or a file could not take what it got (said then),
 * or PROG_BROKEN_PIPE where standard output's reader went away. The counts stay. */
int kafka_fates_end(struct kafka_fates *fates, int code);

void kafka_fates_close(struct kafka_fates *fates);

#endif
