#include "net/supply.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/stamp.h"

/* Between two looks at what the other chain does. */
#define GLANCE_NS (5 * STAMP_NS_PER_MS)

void supply_init(struct supply *supply)
{
	*supply = (struct supply){.n_ready = 0};
	fetch_init(&supply->fetch);
}

static void close_now(struct supply *supply)
{
	ahead_close(supply->archive);
	spool_close(supply->now.spool);
	free(supply->now.name);
	supply->archive = NULL;
	supply->now = (struct supply_file){.tag = 0};
}

void supply_release(struct supply *supply)
{
	close_now(supply);
	for (size_t i = 0; i < supply->n_ready; i++) {
		spool_close(supply->ready[i].spool);
		free(supply->ready[i].name);
	}
	supply->n_ready = 0;
	fetch_release(&supply->fetch);
}

/* One file ahead is enough. */
static bool is_ahead(const struct supply *supply)
{
	size_t n = supply->n_ready;

	return n == SUPPLY_READY_MAX - 1 || (n > 0 && supply->ready[n - 1].spool);
}

bool supply_wants(const struct supply *supply)
{
	return !supply->is_over && !supply->is_fetching && !is_ahead(supply);
}

/* The entry behind those that are ready is that of the file under way. */
void supply_fetch(
	struct supply *supply, int64_t tag, struct span url, const char *path, const char *folder)
{
	supply->is_fetching = true;
	supply->ready[supply->n_ready].tag = tag;
	fetch_begin(&supply->fetch, url, path, folder);
}

void supply_finish(struct supply *supply)
{
	supply->is_over = true;
}

enum crawl_step supply_fetch_next(struct supply *supply, struct crawl_ask *ask, struct err *err)
{
	struct supply_file *file = &supply->ready[supply->n_ready];
	enum crawl_step step;

	if (!supply->is_fetching) {
		ask->not_before = stamp_monotonic() + GLANCE_NS;
		return CRAWL_WAIT;
	}
	step = fetch_next(&supply->fetch, ask);
	if (step != CRAWL_DONE)
		return step;
	supply->is_fetching = false;
	if (supply->fetch.failure.code) {
		*err = supply->fetch.failure;
		return CRAWL_DONE;
	}
	file->name = mem_text(supply->fetch.name.data);
	file->spool = fetch_give(&supply->fetch);
	file->is_missing = supply->fetch.state == FETCH_MISSING;
	supply->n_ready++;
	return CRAWL_BUSY;
}

bool supply_is_file(const struct supply *supply)
{
	return supply->fetch.state == FETCH_FILE;
}

bool supply_has_failed(const struct supply *supply)
{
	return supply->fetch.failure.code != EXIT_DONE;
}

int supply_fetch_piece(struct supply *supply, struct span piece)
{
	return fetch_piece(&supply->fetch, piece);
}

enum crawl_verdict supply_fetch_take(
	struct supply *supply, const struct crawl_answer *answer, struct err *err)
{
	return fetch_take(&supply->fetch, answer, err);
}

enum supply_state supply_next(struct supply *supply, int64_t *tag, struct err *err)
{
	struct archive_file *archive;

	close_now(supply);
	if (supply->n_ready == 0)
		return supply->is_over ? SUPPLY_NO_MORE : SUPPLY_NOT_YET;
	supply->now = supply->ready[0];
	/* With the entry of the file under way. */
	memmove(supply->ready, supply->ready + 1, supply->n_ready * sizeof *supply->ready);
	supply->n_ready--;
	*tag = supply->now.tag;
	if (!supply->now.spool) {
		err_set(err, EXIT_FAILED, "'%s' contradicts its checksum", supply->now.name);
		return supply->now.is_missing ? SUPPLY_MISSING : SUPPLY_USELESS;
	}
	archive = archive_open(spool_fd(supply->now.spool), supply->now.name, err);
	supply->archive = archive ? ahead_open(archive) : NULL;
	return supply->archive ? SUPPLY_OPEN : SUPPLY_USELESS;
}

int supply_read(struct supply *supply, struct span *bytes, struct err *err)
{
	return ahead_read(supply->archive, bytes, err);
}
