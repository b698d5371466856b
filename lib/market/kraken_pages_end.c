#include "base/diag.h"
#include "market/kraken_pages_priv.h"

enum {
	UNSEEN_MAX = 2, /* pages that do not show the last trade again */
	QUIET_MAX = 6,
};

/* The page must show the last trade again, once it begins well before that. */
static void look_again(struct kraken_pages *p)
{
	int64_t from_ns = p->edge.has_time ? p->edge.last_ns : (int64_t)p->since_ns;

	kraken_pages_go_back(p, from_ns - 2 * KRAKEN_MARGIN_NS);
}

enum kraken_verdict kraken_pages_take_quiet(struct kraken_pages *p)
{
	p->quiet++;
	if (p->edge.seen || !p->edge.has_time || p->quiet > UNSEEN_MAX)
		p->latest = true;
	else
		look_again(p);
	return KRAKEN_TAKEN;
}

/* Whether a row was not there before, and is not from before the range either. */
static bool is_new(const struct kraken_pages *p, const struct kraken_row *row)
{
	if (!p->edge.has_id && !p->edge.has_time)
		return row->time_ns >= p->begin_ns;
	return kraken_edge_is_behind(&p->edge, row);
}

/* Whether the latest trades have others than those behind the range, which come one after the other
 * while this goes on. */
static bool shows_more(const struct kraken_pages *p)
{
	const struct kraken_page *page = &p->page;

	for (size_t i = 0; i < page->n; i++) {
		const struct kraken_row *row = &page->rows[i].row;

		if (is_new(p, row) && (i == 0 || row->time_ns < p->end_ns))
			return true;
	}
	return false;
}

enum kraken_verdict kraken_pages_take_latest(
	struct kraken_pages *p, int64_t now_ns, struct err *err)
{
	p->latest = false;
	if (shows_more(p) && p->quiet < QUIET_MAX) {
		look_again(p);
		if (p->quiet > 1)
			p->not_before_ns = now_ns + p->quiet * KRAKEN_SETTLE_NS;
		return KRAKEN_TAKEN;
	}
	if (shows_more(p)) {
		err_set(err, EXIT_FAILED,
			"cannot get trades of '%s': Kraken shows none from %s on, but has later ones",
			p->pair->name, p->since);
		return KRAKEN_FAILED;
	}
	if (p->edge.has_time && !p->edge.seen && !(p->run->goes_on && p->edge.has_id)) {
		p->run->unsure++;
		diag_warning(
			"'%s': cannot tell whether all trades are there: Kraken does not show the last one",
			p->pair->name);
	}
	return kraken_pages_end(p);
}
