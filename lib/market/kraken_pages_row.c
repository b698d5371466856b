#include "base/diag.h"
#include "base/stamp.h"
#include "market/kraken_pages_priv.h"
#include "market/kraken_trade.h"

bool kraken_pages_at_limit(const struct kraken_pages *p)
{
	return out_has_failed(p->run->out) || (p->run->limit && p->run->written >= p->run->limit);
}

void kraken_pages_report_lost(struct kraken_pages *p, uint64_t first, uint64_t last)
{
	uint64_t n = last - first + 1;

	p->run->lost += n > p->edge.unread ? n - p->edge.unread : 0;
	diag_warning("'%s': lost trades %llu to %llu: Kraken does not have them", p->pair->name,
		(unsigned long long)first, (unsigned long long)last);
}

static int write_trade(const struct kraken_run *run, const struct kraken_trade *trade)
{
	if (run->received_ns)
		return kraken_trade_write_received(run->out, trade, run->received_ns);
	return kraken_trade_write(run->out, trade);
}

static enum kraken_fate write_row(struct kraken_pages *p, const struct kraken_row *row)
{
	struct kraken_trade trade;
	char time[STAMP_TEXT_MAX];

	kraken_row_trade(row, span_text(p->pair->name), time, &trade);
	if (write_trade(p->run, &trade) < 0)
		p->run->unwritten++;
	else
		p->run->written++;
	return kraken_pages_at_limit(p) ? KRAKEN_STOP : KRAKEN_GO_ON;
}

static enum kraken_fate place_by_id(struct kraken_pages *p, const struct kraken_row *row)
{
	enum kraken_fate fate = row->id < p->range->last_id ? KRAKEN_GO_ON : KRAKEN_STOP;

	if (row->id >= p->range->first_id && row->id <= p->range->last_id)
		return write_row(p, row) == KRAKEN_STOP ? KRAKEN_STOP : fate;
	if (!row->id) /* it is none of those, whichever it is */
		p->edge.unread--;
	p->run->passed++;
	return fate;
}

static enum kraken_fate place_by_time(struct kraken_pages *p, const struct kraken_row *row)
{
	bool is_early = !p->range->has_cursor && row->time_ns < p->range->since_ns;

	p->beyond = row->time_ns >= p->end_ns ? p->beyond + 1 : 0;
	if (p->begin_ns < KRAKEN_BEGAN_NS)
		p->begin_ns = row->time_ns;
	if (!is_early && row->time_ns < p->range->until_ns)
		return write_row(p, row);
	p->run->passed++;
	return KRAKEN_GO_ON;
}

/* Whether ids missing before a row are any of ours. */
static bool minds_hole(const struct kraken_pages *p, const struct kraken_row *row)
{
	const struct range *range = p->range;

	if (range->by_ids)
		return p->edge.id < range->last_id;
	if (row->time_ns == 0) /* unreadable */
		return true;
	return !(p->edge.last_ns >= range->until_ns && row->time_ns >= range->until_ns) &&
		(range->has_cursor || row->time_ns >= range->since_ns);
}

/* Whether what is missing before a row is known to be so. */
static bool confirm_hole(struct kraken_pages *p, const struct kraken_row *row)
{
	uint64_t first = p->edge.id + 1, last = row->id - 1;

	if (p->range->by_ids && last > p->range->last_id)
		last = p->range->last_id;
	if (p->hole_first != first) {
		p->hole_first = first;
		p->hole_tries = p->hole_unseen = 0;
	}
	p->hole_last = last;
	if (p->hole_tries < KRAKEN_HOLE_TRIES)
		return false;
	kraken_pages_report_lost(p, first, last);
	return true;
}

static enum kraken_fate refuse_row(struct kraken_pages *p, const struct kraken_page_row *row)
{
	p->run->bad++;
	diag_warning("'%s': cannot take '%.*s': %s", p->pair->name, span_shown(row->text),
		row->text.p, row->bad);
	return KRAKEN_GO_ON;
}

static enum kraken_fate count_repeated(struct kraken_pages *p, const struct kraken_row *row)
{
	if (p->range->by_ids && row->id < p->range->first_id)
		p->run->passed++;
	else
		p->run->repeated++;
	return KRAKEN_GO_ON;
}

static enum kraken_fate refuse_anew(
	struct kraken_pages *p, const struct kraken_page_row *row, struct err *err)
{
	p->run->bad++;
	err_set(err, EXIT_FAILED,
		"cannot go on with '%s' at '%.*s': its id is not above %llu, which was there before, but its time is later",
		p->pair->name, span_shown(row->text), row->text.p, (unsigned long long)p->edge.id);
	return KRAKEN_ENDS;
}

/* Without ids only their order tells new rows from old ones. */
static void check_order(struct kraken_pages *p, const struct kraken_row *row)
{
	if (row->id || !p->edge.has_time || row->time_ns >= p->edge.ns || p->disordered)
		return;
	p->disordered = true;
	p->run->unsure++;
	diag_warning(
		"'%s': cannot tell whether all trades are there: those without ids are not in the order of their times",
		p->pair->name);
}

enum kraken_fate kraken_pages_take_row(
	struct kraken_pages *p, const struct kraken_page_row *row, struct err *err)
{
	enum kraken_edge_verdict verdict = kraken_edge_judge(&p->edge, row);

	if (verdict == KRAKEN_EDGE_JUMP && minds_hole(p, &row->row) && !confirm_hole(p, &row->row))
		return KRAKEN_HOLE;
	p->run->read++;
	if (verdict == KRAKEN_EDGE_REPEATED)
		return count_repeated(p, &row->row);
	if (verdict == KRAKEN_EDGE_ANEW)
		return refuse_anew(p, row, err);
	if (!row->bad)
		check_order(p, &row->row);
	kraken_edge_move(&p->edge, row);
	p->hole_first = 0;
	p->news++;
	if (row->bad)
		return refuse_row(p, row);
	return p->range->by_ids ? place_by_id(p, &row->row) : place_by_time(p, &row->row);
}
