#include "market/binance_page.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* The literals that a record keeps, of an object that binance_trade_read() has taken. */
static const char *read_literals(struct span object, struct binance_page_row *row)
{
	enum { ID, PRICE, QUANTITY, FIRST, LAST, TIME, BEST, MEMBERS };
	struct json_member members[MEMBERS] = {
		[ID] = {.name = SPAN("a")},
		[PRICE] = {.name = SPAN("p")},
		[QUANTITY] = {.name = SPAN("q")},
		[FIRST] = {.name = SPAN("f")},
		[LAST] = {.name = SPAN("l")},
		[TIME] = {.name = SPAN("T")},
		[BEST] = {.name = SPAN("M")},
	};
	enum json_type best;
	struct json_fault fault;

	if (json_object(object, members, MEMBERS, &fault) < 0)
		return fault.reason;
	row->text = (struct binance_row){members[ID].value.raw, members[PRICE].value.raw,
		members[QUANTITY].value.raw, members[FIRST].value.raw, members[LAST].value.raw,
		members[TIME].value.raw};
	best = members[BEST].value.type;
	row->best = best == JSON_NONE ? span_make(NULL, 0) : members[BEST].value.raw;
	if (!row->text.first.p || !row->text.last.p)
		return "f or l is missing";
	if (best != JSON_NONE && best != JSON_TRUE && best != JSON_FALSE)
		return "M is neither true nor false";
	return NULL;
}

static const char *read_row(const struct json_value *value, struct binance_page_row *row)
{
	const char *reason;

	if (value->type != JSON_OBJECT)
		return "it is no object";
	if (binance_trade_read(value->raw, &row->trade, &reason) < 0)
		return reason;
	if (row->trade.id > INT64_MAX)
		return "a is above 9223372036854775807";
	return read_literals(value->raw, row);
}

static int compare(const void *a, const void *b)
{
	const struct binance_page_row *one = a, *other = b;

	if (one->trade.id != other->trade.id)
		return one->trade.id < other->trade.id ? -1 : 1;
	return one->text.id.p < other->text.id.p ? -1 : one->text.id.p > other->text.id.p;
}

int binance_page_read(struct binance_page *page, const struct json_value *array)
{
	struct json_walk walk = json_walk_start(array->raw);
	struct json_value value;
	bool ascends = true;
	uint64_t last = 0;

	for (page->n = 0; json_walk_next(&walk, &value); page->n++) {
		struct binance_page_row *row;
		if (page->n == BINANCE_PAGE_CEILING)
			return -1;
		if (page->n == page->cap) {
			page->cap = page->cap ? 2 * page->cap : 64;
			page->rows = mem_resize(page->rows, page->cap, sizeof *page->rows);
		}
		row = &page->rows[page->n];
		row->bad = read_row(&value, row);
		if (row->bad)
			row->trade.id = last;
		row->text.id.p = row->bad ? value.raw.p : row->text.id.p;
		ascends = ascends && row->trade.id >= last;
		last = row->trade.id;
	}
	if (!ascends)
		qsort(page->rows, page->n, sizeof *page->rows, compare);
	return 0;
}

void binance_page_release(struct binance_page *page)
{
	free(page->rows);
	*page = (struct binance_page){.n = 0};
}
