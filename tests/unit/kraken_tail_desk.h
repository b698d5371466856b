/*
 * A tail to which steps can be said one by one (see kraken_tail_steps.h), and looked at in between.
 */
#ifndef TRADEPIPE_TESTS_KRAKEN_TAIL_DESK_H
#define TRADEPIPE_TESTS_KRAKEN_TAIL_DESK_H

#include <stdio.h>

#include "base/diag.h"
#include "kraken_tail_steps.h"
#include "written.h"

struct desk {
	struct kraken_tail tail;
	struct written written;
	struct buf request;
};

static inline void open_desk(struct desk *d, char *const *pairs, size_t n)
{
	struct err err;

	diag_configure(DIAG_ERROR, false);
	if (kraken_tail_init(&d->tail, pairs, n, &err) < 0)
		abort();
	written_open(&d->written);
	d->tail.settings.out = d->written.out;
	buf_init(&d->request, 1024);
}

static inline void close_desk(struct desk *d)
{
	buf_release(&d->request);
	written_close(&d->written);
	kraken_tail_release(&d->tail);
}

static inline void step_desk(struct desk *d, const char *step)
{
	char copy[64];
	struct err err;

	snprintf(copy, sizeof copy, "%s", step);
	take_step(&d->tail, copy, &err);
	buf_clear(&d->request);
}

#endif
