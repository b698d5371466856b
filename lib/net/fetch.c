#include "net/fetch.h"

#include <string.h>

#include "base/diag.h"
#include "base/file.h"

enum {
	OK = 200,
	NOT_FOUND = 404,
	GONE = 410,
	TRIES = 2,	/* a file may be replaced between its checksum and itself */
	SUM_MAX = 4096, /* bytes of a checksum file */
};

static const char suffix[] = ".CHECKSUM";

void fetch_init(struct fetch *fetch)
{
	*fetch = (struct fetch){.state = FETCH_MISSING};
	buf_init(&fetch->url, FETCH_PATH_MAX);
	buf_init(&fetch->path, FETCH_PATH_MAX);
	buf_init(&fetch->name, FETCH_PATH_MAX);
}

static int set(struct buf *b, const char *begin, struct span text)
{
	buf_clear(b);
	if (buf_add_text(b, begin) < 0 || buf_add(b, text) < 0)
		return -1;
	return buf_add(b, span_make("", 1));
}

void fetch_begin(struct fetch *fetch, struct span url, const char *path, const char *folder)
{
	const char *slash = strrchr(path, '/');

	spool_close(fetch->spool);
	fetch->spool = NULL;
	fetch->tries = 0;
	fetch->state = FETCH_SUM;
	fetch->failure = (struct err){.code = EXIT_DONE};
	buf_clear(&fetch->path);
	if (set(&fetch->url, "", url) < 0 ||
		set(&fetch->name, slash ? slash + 1 : path, span_make(NULL, 0)) < 0 ||
		(folder && set(&fetch->path, folder, span_text(path)) < 0))
		err_set(&fetch->failure, EXIT_USAGE, "cannot use a path of more than %d bytes",
			FETCH_PATH_MAX);
}

static const char *path_of(const struct fetch *fetch)
{
	return fetch->path.len ? fetch->path.data : NULL;
}

/* The path of the checksum beside the file that is kept. */
static void sum_path(const struct fetch *fetch, struct buf *to)
{
	buf_init(to, FETCH_PATH_MAX + sizeof suffix);
	buf_add_text(to, fetch->path.data);
	buf_add(to, span_make(suffix, sizeof suffix));
}

/* Whether there is a file of which another time's checksum was this. */
static bool open_kept(struct fetch *fetch)
{
	char sum[DIGEST_HEX] = "";
	struct buf path, text;
	struct err ignored;
	int known;

	if (!path_of(fetch) || fetch->tries > 0)
		return false;
	sum_path(fetch, &path);
	buf_init(&text, SUM_MAX);
	known = file_read(path.data, &text, &ignored) == 0 &&
		digest_read_line(buf_span(&text), fetch->name.data, sum) == 0;
	buf_release(&text);
	buf_release(&path);
	if (!known)
		return false;
	if (memcmp(sum, fetch->sum, DIGEST_HEX) != 0) {
		diag_warning("'%s' has been replaced since it was kept: it is fetched again",
			fetch->name.data);
		return false;
	}
	fetch->spool = spool_open(path_of(fetch));
	return fetch->spool != NULL;
}

static bool is_right(const struct fetch *fetch)
{
	char hex[DIGEST_HEX];

	spool_hex(fetch->spool, hex);
	return memcmp(hex, fetch->sum, DIGEST_HEX) == 0;
}

static void drop(struct fetch *fetch)
{
	spool_close(fetch->spool);
	fetch->spool = NULL;
}

/* Reads some of what is kept. */
static enum crawl_step read_kept(struct fetch *fetch)
{
	int more = spool_read(fetch->spool, &fetch->failure);

	if (more > 0)
		return CRAWL_BUSY;
	fetch->failure.code = EXIT_DONE;
	fetch->state = FETCH_DONE;
	if (more == 0 && is_right(fetch))
		return CRAWL_DONE;
	if (more < 0)
		diag_warning("%s; it is fetched again", fetch->failure.text);
	else
		diag_warning("'%s' contradicts its checksum: it is fetched again", path_of(fetch));
	drop(fetch);
	fetch->state = FETCH_FILE;
	return CRAWL_BUSY;
}

enum crawl_step fetch_next(struct fetch *fetch, struct crawl_ask *ask)
{
	struct span url = span_make(fetch->url.data, fetch->url.len - 1);

	if (fetch->failure.code)
		return CRAWL_DONE;
	switch (fetch->state) {
	case FETCH_SUM:
		buf_add(&ask->url, url);
		buf_add_text(&ask->url, suffix);
		return CRAWL_ASK;
	case FETCH_KEPT:
		return read_kept(fetch);
	case FETCH_FILE:
		drop(fetch);
		fetch->spool = spool_new(path_of(fetch), &fetch->failure);
		if (!fetch->spool)
			return CRAWL_DONE;
		buf_add(&ask->url, url);
		ask->identity = true;
		return CRAWL_ASK;
	default:
		return CRAWL_DONE;
	}
}

int fetch_piece(struct fetch *fetch, struct span piece)
{
	return spool_add(fetch->spool, piece, &fetch->failure);
}

static enum crawl_verdict take_sum(
	struct fetch *fetch, const struct crawl_answer *answer, struct err *err)
{
	if (digest_read_line(answer->body, fetch->name.data, fetch->sum) < 0) {
		err_set(err, EXIT_FAILED, "the answer is no checksum of '%s'", fetch->name.data);
		if (++fetch->tries < TRIES)
			return CRAWL_AGAIN;
		fetch->state = FETCH_DAMAGED;
		return CRAWL_TAKEN;
	}
	fetch->state = open_kept(fetch) ? FETCH_KEPT : FETCH_FILE;
	return CRAWL_TAKEN;
}

/* The file is written before its checksum, so that no checksum vouches for another file. */
static void keep(struct fetch *fetch)
{
	struct buf path, line;

	if (!path_of(fetch))
		return;
	sum_path(fetch, &path);
	buf_init(&line, SUM_MAX);
	buf_printf(&line, "%.*s  %s\n", DIGEST_HEX, fetch->sum, fetch->name.data);
	if (spool_keep(fetch->spool, &fetch->failure) == 0)
		file_replace(path.data, buf_span(&line), &fetch->failure);
	buf_release(&line);
	buf_release(&path);
}

static enum crawl_verdict take_file(struct fetch *fetch, struct err *err)
{
	if (fetch->failure.code) {
		*err = fetch->failure;
		return CRAWL_FAILED;
	}
	if (is_right(fetch)) {
		fetch->state = FETCH_DONE;
		keep(fetch);
		*err = fetch->failure;
		return err->code ? CRAWL_FAILED : CRAWL_TAKEN;
	}
	drop(fetch);
	fetch->state = ++fetch->tries < TRIES ? FETCH_SUM : FETCH_DAMAGED;
	return CRAWL_TAKEN;
}

enum crawl_verdict fetch_take(
	struct fetch *fetch, const struct crawl_answer *answer, struct err *err)
{
	if (answer->status == NOT_FOUND || answer->status == GONE) {
		drop(fetch);
		fetch->state = FETCH_MISSING;
		return CRAWL_TAKEN;
	}
	if (answer->status != OK) {
		if (crawl_temporary(answer, err))
			return CRAWL_AGAIN;
		err_set(err, EXIT_FAILED, "HTTP status %ld", answer->status);
		return answer->status == 429 ? CRAWL_REFUSED : CRAWL_FAILED;
	}
	return fetch->state == FETCH_SUM ? take_sum(fetch, answer, err) : take_file(fetch, err);
}

struct spool *fetch_give(struct fetch *fetch)
{
	struct spool *spool = fetch->spool;

	fetch->spool = NULL;
	return spool;
}

void fetch_release(struct fetch *fetch)
{
	spool_close(fetch->spool);
	fetch->spool = NULL;
	buf_release(&fetch->url);
	buf_release(&fetch->path);
	buf_release(&fetch->name);
}
