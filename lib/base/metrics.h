/*
 * A metrics file in Prometheus' text format, for node_exporter's textfile collector: rewritten
 * whole and renamed into place, so that a reader never sees half of one.
 */
#ifndef TRADEPIPE_BASE_METRICS_H
#define TRADEPIPE_BASE_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct metrics;

/* Claims the file for this process; another live writer, or what is no regular file, is EXIT_USAGE.
 * NULL and *err on failure.
 * That it cannot be written later is a warning, once, and not the end. */
struct metrics *metrics_open(const char *path, struct err *err);

/* Appends what the text format wants of a metric, once, in front of all its samples. type is
 * "counter" or "gauge". Of this and of what follows, what would pass the ceiling of `text`
 * is left out. */
void metrics_head(struct buf *text, const char *name, const char *type, const char *help);

/* Appends one sample, `NAME{program="...",LABEL="..."} VALUE`. The value of the label is any
 * UTF-8 and gets escaped; it tells the samples of a metric apart. label may be NULL: there
 * is none then. */
void metrics_sample(struct buf *text, const char *name, const char *label,
	struct span value_of_label, uint64_t value);

/* Appends a metric of a single sample, which has no label but the program. */
void metrics_add(
	struct buf *text, const char *name, const char *type, const char *help, uint64_t value);

/* Puts the text in place. */
void metrics_write(struct metrics *metrics, struct span text);

/* Frees it and gives up the claim; the file stays. */
void metrics_close(struct metrics *metrics);

#endif
