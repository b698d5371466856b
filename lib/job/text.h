/*
 * Texts of any bytes as JSON.
 */
#ifndef TRADEPIPE_JOB_TEXT_H
#define TRADEPIPE_JOB_TEXT_H

#include "base/buf.h"

/* Appends a text as a JSON string, each byte that is not of a UTF-8 sequence as U+FFFD; NULL as
 * null. -1 where it does not fit (nothing is appended then). */
int text_json(struct buf *to, const char *text);

#endif
