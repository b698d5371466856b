/*
 * A metrics file in Prometheus' text format, for node_exporter's textfile collector: rewritten
 * whole and renamed into place, so that a reader never sees half of one.
 */
#ifndef TRADEPIPE_BASE_METRICS_H
#define TRADEPIPE_BASE_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct metrics;

/* Claims the file for this process; another live writer is EXIT_USAGE. NULL and *err on failure.
 * That it cannot be written later is a warning, once, and not the end. */
struct metrics *metrics_open(const char *path, struct err *err);

/* Appends one sample in the text format to `text`. type is "counter" or "gauge". */
void metrics_add(
	struct buf *text, const char *name, const char *type, const char *help, uint64_t value);

/* Puts the text in place. */
void metrics_write(struct metrics *metrics, struct span text);

/* Frees it and gives up the claim; the file stays. */
void metrics_close(struct metrics *metrics);

#endif
