#include "venue/kraken_past.h"

#include <stdlib.h>

#include "base/mem.h"

void kraken_past_init(struct kraken_past *past, struct kraken_rest *rest, struct crawl *crawl,
	struct kraken_tail *tail, size_t n)
{
	*past = (struct kraken_past){.tail = tail};
	past->starts = mem_alloc(n, sizeof *past->starts);
	past->run = (struct kraken_run){.out = tail->settings.out,
		.pairs = &rest->pairs,
		.page_size = KRAKEN_PAGE_MAX,
		.goes_on = true,
		.limit = tail->settings.limit};
	past->settings = (struct kraken_start_settings){
		.rest = rest, .crawl = crawl, .run = &past->run, .stamp = tail->settings.stamp};
}

void kraken_past_release(struct kraken_past *past)
{
	for (size_t i = 0; i < past->n; i++)
		kraken_start_release(&past->starts[i]);
	free(past->starts);
}

int kraken_past_add(struct kraken_past *past, const struct range *range, struct err *err)
{
	const struct kraken_pair *pair = kraken_pairs_find(past->run.pairs, range->product, err);
	struct crawl_chain chain;

	if (!pair)
		return -1;
	kraken_start_init(&past->starts[past->n], &past->settings, pair, range);
	chain = kraken_start_chain(&past->starts[past->n]);
	past->n++;
	past->whole += KRAKEN_PAGES_WHOLE;
	crawl_add(past->settings.crawl, &chain);
	return 0;
}

void kraken_past_count(struct kraken_past *past)
{
	const struct kraken_run *run = &past->run;
	struct kraken_tail_counts *n;
	uint64_t part = 0;

	if (past->n == 0)
		return;
	n = &past->tail->n;
	n->read = run->read;
	n->written = run->written;
	n->repeated = run->repeated;
	n->passed = run->passed;
	n->bad = run->bad;
	n->lost = run->lost;
	n->unsure = run->unsure;
	n->unwritten = run->unwritten;
	for (size_t i = 0; i < past->n; i++)
		part += kraken_start_part(&past->starts[i]);
	past->part = part;
}

int kraken_past_hand_over(struct kraken_past *past, struct err *err)
{
	for (size_t i = 0; i < past->n; i++) {
		const struct kraken_start *start = &past->starts[i];
		struct feed_product *product =
			feed_find(&past->tail->feed, span_text(start->pair->name));

		if (start->phase != KRAKEN_START_DONE) {
			*err = start->failure;
			return -1;
		}
		if (start->id)
			kraken_tail_begin_after(product, start->id, start->time_ns);
		else
			feed_begin_since(product, start->time_ns - 1);
	}
	return 0;
}
