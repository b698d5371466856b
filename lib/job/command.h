/*
 * Commands to jobs, as they come over a control topic: {"command":"stop","queue_id":"..."}.
 *
 * Source: StreamForge, the kafka_control.py of its loaders (read in 2026).
 */
#ifndef TRADEPIPE_JOB_COMMAND_H
#define TRADEPIPE_JOB_COMMAND_H

#include "base/span.h"

enum command {
	COMMAND_STOP,
	COMMAND_FOREIGN, /* for another job */
	COMMAND_UNKNOWN, /* ours, but no command that there is */
	COMMAND_GARBAGE, /* no JSON object with a queue_id and a command, both texts */
};

/* Other members are ignored; names and values are compared byte by byte once escapes are undone. A
 * member that is there twice: the last one counts, as in Python. */
enum command command_read(struct span message, const char *queue_id);

#endif
