#include "market/kraken_edge.h"

#include "base/hash.h"
#include "base/stamp.h"

#define NS_PER_US INT64_C(1000)

void kraken_edge_begin(struct kraken_edge *edge, uint64_t id, int64_t ns, uint64_t same)
{
	*edge = (struct kraken_edge){
		.has_id = id != 0,
		.id = id,
		.has_time = true,
		.ns = ns,
		/* A record may have passed through programs that know no more than microseconds; one
		 * that has not is as well taken for cut off. */
		.in_us = ns % NS_PER_US == 0,
		.same = same,
		.last_ns = ns,
	};
}

void kraken_edge_turn(struct kraken_edge *edge)
{
	edge->fresh = edge->seen = false;
	edge->again = 0;
}

static uint64_t hash(struct span text)
{
	return hash_add(HASH_START, text.p, text.n);
}

static enum kraken_edge_verdict judge_id(struct kraken_edge *edge, const struct kraken_row *row)
{
	if (row->id > edge->id)
		return row->id - edge->id - 1 > edge->unread ? KRAKEN_EDGE_JUMP : KRAKEN_EDGE_NEXT;
	edge->seen = edge->seen || row->id == edge->id;
	/* Times are rounded in many ways on their way into a record, but hardly by more. */
	if (edge->has_time && row->time_ns - edge->ns > STAMP_NS_PER_S)
		return KRAKEN_EDGE_ANEW;
	return KRAKEN_EDGE_REPEATED;
}

/* A row's time as the edge has it. */
static int64_t time_of(const struct kraken_edge *edge, const struct kraken_row *row)
{
	return edge->in_us ? row->time_ns - row->time_ns % NS_PER_US : row->time_ns;
}

static enum kraken_edge_verdict judge_time(struct kraken_edge *edge, const struct kraken_row *row)
{
	int64_t ns = time_of(edge, row);

	if (edge->fresh || !edge->has_time || ns > edge->ns)
		return KRAKEN_EDGE_NEXT;
	if (ns < edge->ns)
		return KRAKEN_EDGE_REPEATED;
	edge->seen = true;
	return edge->again++ < edge->same ? KRAKEN_EDGE_REPEATED : KRAKEN_EDGE_NEXT;
}

enum kraken_edge_verdict kraken_edge_judge(
	struct kraken_edge *edge, const struct kraken_page_row *row)
{
	if (row->row.id && edge->has_id)
		return judge_id(edge, &row->row);
	if (!row->bad)
		return judge_time(edge, &row->row);
	return !edge->fresh && hash(row->text) == edge->bad ? KRAKEN_EDGE_REPEATED
							    : KRAKEN_EDGE_NEXT;
}

bool kraken_edge_is_behind(const struct kraken_edge *edge, const struct kraken_row *row)
{
	if (row->id && edge->has_id)
		return row->id > edge->id;
	return row->time_ns && edge->has_time && time_of(edge, row) > edge->ns;
}

static void move_time(struct kraken_edge *edge, const struct kraken_row *row)
{
	edge->last_ns = row->time_ns;
	if (!edge->has_time || edge->in_us || row->time_ns > edge->ns) {
		edge->has_time = true;
		edge->in_us = false;
		edge->ns = row->time_ns;
		edge->same = 0;
	}
	if (row->id == 0 && row->time_ns == edge->ns)
		edge->same++;
}

void kraken_edge_move(struct kraken_edge *edge, const struct kraken_page_row *row)
{
	edge->fresh = true;
	if (row->row.id) {
		edge->has_id = true;
		edge->id = row->row.id;
		edge->unread = 0;
	} else {
		edge->unread++;
	}
	if (row->bad && !row->row.id)
		edge->bad = hash(row->text);
	if (!row->bad)
		move_time(edge, &row->row);
}
