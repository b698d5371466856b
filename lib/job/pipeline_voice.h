/*
 * What a stage says on its standard error, on its way to people: each line whole, and with the name
 * of the program that said it.
 */
#ifndef TRADEPIPE_JOB_PIPELINE_VOICE_H
#define TRADEPIPE_JOB_PIPELINE_VOICE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum { VOICE_ERROR_MAX = 1000 }; /* bytes of `last_error` */

struct pipeline_voice {
	const char *program; /* as the stage calls itself */
	const char *name;    /* as the stage is called: "PROGRAM", or "PROGRAM.2" */
	bool json;
	char **last_error; /* the last line that tells of an error; owned by the stage */
};

/* Takes a line, without its newline. */
void pipeline_voice_say(const struct pipeline_voice *voice, struct span line);

#endif
