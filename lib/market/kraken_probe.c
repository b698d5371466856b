#include "market/kraken_probe.h"

#include "base/stamp.h"

enum { PROBES_MAX = 64 }; /* halving comes to a second in half as many */

void kraken_probe_begin(struct kraken_probe *probe, uint64_t id, int64_t now_ns)
{
	*probe = (struct kraken_probe){.id = id, .high_ns = now_ns};
}

/* What a page begins and ends with, 0 where it has no ids: rows without are older than all others. */
struct view {
	uint64_t first, last;
	int64_t first_ns, last_ns;
};

static struct view look(const struct kraken_page *page)
{
	struct view view = {.first = 0};

	for (size_t i = 0; i < page->n; i++) {
		const struct kraken_row *row = &page->rows[i].row;

		view.first = view.first ? view.first : row->id;
		view.last = row->id ? row->id : view.last;
		view.first_ns = view.first_ns ? view.first_ns : row->time_ns;
		if (row->time_ns > view.last_ns)
			view.last_ns = row->time_ns;
	}
	return view;
}

/* Ids do not grow evenly with time, so that a share of the way is no more than a good guess, and
 * every third one halves. */
static int64_t guess(const struct kraken_probe *probe)
{
	const int64_t parts = 1 << 20;
	int64_t width = probe->high_ns - probe->low_ns;
	uint64_t ids = probe->high_id - probe->low_id, id = probe->id - probe->low_id;
	int64_t part = parts / 2;

	if (probe->n % 3 != 1 && probe->high_id > probe->id && id < UINT64_MAX / (uint64_t)parts)
		part = (int64_t)(id * (uint64_t)parts / ids);
	if (part < 1 || part >= parts)
		part = part < 1 ? 1 : parts - 1;
	return probe->low_ns + (width < parts ? width / 2 : width / parts * part);
}

static bool read_from(struct kraken_probe *probe, int64_t ns)
{
	probe->asked_ns = ns;
	return true;
}

bool kraken_probe_take(struct kraken_probe *probe, const struct kraken_page *page, uint64_t count)
{
	bool is_latest = probe->asked_ns == KRAKEN_PROBE_LATEST;
	struct view view = look(page);
	int64_t from_ns = is_latest ? view.first_ns : probe->asked_ns;

	if (view.first <= probe->id && view.last >= probe->id)
		return read_from(probe, from_ns);
	if (page->n == 0 || view.first > probe->id) {
		if (from_ns == 0)
			return read_from(probe, 0); /* nothing is older */
		probe->high_ns = from_ns;
		probe->high_id = view.first;
	} else {
		probe->low_ns = view.last_ns > from_ns ? view.last_ns : from_ns;
		probe->low_id = view.last;
		if (is_latest || page->n < count)
			return read_from(probe, probe->low_ns); /* nothing is younger */
	}
	if (probe->high_ns - probe->low_ns <= STAMP_NS_PER_S || ++probe->n >= PROBES_MAX)
		return read_from(probe, probe->low_ns);
	probe->asked_ns = probe->n == 1 ? KRAKEN_PROBE_LATEST : guess(probe);
	return false;
}
