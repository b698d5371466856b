#include "market/kraken_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static struct kraken_page_row *add(struct kraken_page *page)
{
	if (page->n == page->cap) {
		page->cap = page->cap ? 2 * page->cap : KRAKEN_PAGE_MAX;
		page->rows = mem_resize(page->rows, page->cap, sizeof *page->rows);
	}
	return &page->rows[page->n++];
}

static void read_row(struct kraken_page_row *row, const struct json_value *value)
{
	*row = (struct kraken_page_row){.text = value->raw};
	if (value->type != JSON_ARRAY) {
		row->bad = "a row that is no array";
	} else if (kraken_row_read(value->raw, &row->row, &row->bad) < 0) {
		row->row = (struct kraken_row){.id = kraken_row_id(value->raw)};
	}
}

static int by_place(const void *a, const void *b)
{
	const struct kraken_page_row *x = a, *y = b;

	return x->text.p < y->text.p ? -1 : x->text.p > y->text.p;
}

static int by_id(const void *a, const void *b)
{
	const struct kraken_page_row *x = a, *y = b;

	if (x->row.id != y->row.id)
		return x->row.id < y->row.id ? -1 : 1;
	return by_place(a, b);
}

/* Whether all rows have ids, and these ascend, but for rows that are there several times. */
static bool ascends(const struct kraken_page *page)
{
	for (size_t i = 1; i < page->n; i++) {
		const struct kraken_page_row *one = &page->rows[i - 1], *next = one + 1;

		if (one->row.id > next->row.id ||
			(one->row.id == next->row.id && one->row.time_ns != next->row.time_ns))
			return false;
	}
	return page->n == 0 || page->rows[0].row.id;
}

/* An id that is there with two times belongs to two sequences, which must not be mixed. */
static void put_in_order(struct kraken_page *page)
{
	if (ascends(page))
		return;
	qsort(page->rows, page->n, sizeof *page->rows, by_id);
	if (!ascends(page))
		qsort(page->rows, page->n, sizeof *page->rows, by_place);
}

static void read_last(struct kraken_page *page, const struct json_value *last)
{
	page->last[0] = '\0';
	page->last_ns = 0;
	if (last->type != JSON_STRING || last->raw.n > KRAKEN_LAST_MAX ||
		num_u64(last->raw, &page->last_ns) < 0)
		return;
	memcpy(page->last, last->raw.p, last->raw.n);
	page->last[last->raw.n] = '\0';
}

int kraken_page_read(struct kraken_page *page, const struct kraken_answer *answer)
{
	struct json_walk walk = json_walk_start(answer->rows.raw);
	struct json_value value;

	page->n = 0;
	while (json_walk_next(&walk, &value)) {
		if (page->n == KRAKEN_PAGE_CEILING)
			return -1;
		read_row(add(page), &value);
	}
	put_in_order(page);
	read_last(page, &answer->last);
	return 0;
}

void kraken_page_release(struct kraken_page *page)
{
	free(page->rows);
	*page = (struct kraken_page){.n = 0};
}
