#include "market/kraken_pages_answer.h"

#define FOREIGN_NS (2 * STAMP_NS_PER_S) /* some say that Kraken looks at whole seconds alone */

/* The other pair that an answer is about, or NULL. */
static const struct kraken_pair *find_other(const struct kraken_asked *asked)
{
	const struct json_value *name = &asked->answer.pair;
	size_t n = asked->pairs ? asked->pairs->n : 0;

	if (!asked->pair || kraken_pair_is_named(asked->pair, name))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (kraken_pair_is_named(&asked->pairs->items[i], name))
			return &asked->pairs->items[i];
	return NULL;
}

static bool is_foreign(const struct kraken_asked *asked, const struct kraken_page *page)
{
	const struct kraken_row *first = page->n ? &page->rows[0].row : NULL;

	return first && first->time_ns && asked->since_ns > (uint64_t)FOREIGN_NS &&
		asked->since_ns - (uint64_t)FOREIGN_NS > (uint64_t)first->time_ns;
}

enum kraken_verdict kraken_pages_answer(struct kraken_asked *asked, long status, struct span body,
	struct kraken_page *page, struct err *err)
{
	const struct kraken_pair *other;
	enum kraken_verdict verdict = kraken_answer_judge(
		status, body, asked->now_ns, &asked->answer, &asked->wait_ns, err);

	if (verdict != KRAKEN_TAKEN)
		return verdict;
	if (asked->answer.kind != KRAKEN_ANSWER_TRADES) {
		err_set(err, EXIT_FAILED, "the answer has no list of trades");
		return KRAKEN_AGAIN;
	}
	other = find_other(asked);
	if (other) {
		err_set(err, EXIT_FAILED, "the answer has trades of '%s'", other->name);
		return KRAKEN_AGAIN;
	}
	if (kraken_page_read(page, &asked->answer) < 0) {
		err_set(err, EXIT_FAILED, "the answer has more than %d trades",
			KRAKEN_PAGE_CEILING);
		return KRAKEN_AGAIN;
	}
	if (is_foreign(asked, page)) {
		err_set(err, EXIT_FAILED, "the answer begins before what was asked for");
		return KRAKEN_AGAIN;
	}
	return KRAKEN_TAKEN;
}
