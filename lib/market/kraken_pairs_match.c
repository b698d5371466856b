#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "market/kraken_pairs.h"

bool kraken_is_pattern(const char *operand)
{
	return operand[strcspn(operand, "*?[")] != '\0';
}

/* What is not known here is taken for a state in which trades may come.
 * Source: Kraken API documentation, "Get Tradable Asset Pairs" and "instrument" (read in 2026). */
static bool is_traded(const struct kraken_pair *pair)
{
	return strcmp(pair->status, "delisted") != 0 &&
		strcmp(pair->status, "work_in_progress") != 0;
}

/* Marks the pairs that an operand stands for. */
static int mark(
	const struct kraken_pairs *pairs, const char *operand, bool *marked, struct err *err)
{
	const struct kraken_pair *pair;
	size_t found = 0;

	if (!kraken_is_pattern(operand)) {
		pair = kraken_pairs_find(pairs, operand, err);
		if (!pair)
			return -1;
		marked[pair - pairs->items] = true;
		return 0;
	}
	for (size_t i = 0; i < pairs->n; i++) {
		pair = &pairs->items[i];
		if (!is_traded(pair) || fnmatch(operand, pair->name, 0) != 0)
			continue;
		marked[i] = true;
		found++;
	}
	if (found)
		return 0;
	return err_set(err, EXIT_USAGE,
		"cannot get trades of '%s': no pair that is traded has such a name, as BTC/USD is one",
		operand);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Puts names in their order, and drops those that are there twice. */
static void put_in_order(struct kraken_names *names)
{
	size_t n = 0;

	qsort(names->items, names->n, sizeof *names->items, by_text);
	for (size_t i = 0; i < names->n; i++) {
		if (n > 0 && strcmp(names->items[n - 1], names->items[i]) == 0)
			free(names->items[i]);
		else
			names->items[n++] = names->items[i];
	}
	names->n = n;
}

int kraken_pairs_match(const struct kraken_pairs *pairs, char *const *operands, size_t n,
	struct kraken_names *names, struct err *err)
{
	bool *marked = mem_alloc(pairs->n + 1, sizeof *marked);
	int result = 0;

	*names = (struct kraken_names){.n = 0};
	for (size_t i = 0; i < n && result == 0; i++)
		result = mark(pairs, operands[i], marked, err);
	if (result == 0) {
		names->items = mem_alloc(pairs->n + 1, sizeof *names->items);
		for (size_t i = 0; i < pairs->n; i++)
			if (marked[i])
				names->items[names->n++] = mem_text(pairs->items[i].name);
		put_in_order(names);
	}
	free(marked);
	return result;
}

void kraken_names_release(struct kraken_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct kraken_names){.n = 0};
}
