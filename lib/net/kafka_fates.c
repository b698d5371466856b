#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/pending.h"
#include "base/prog.h"
#include "base/reject.h"
#include "net/kafka_condemned.h"
#include "net/kafka_fates_priv.h"
#include "net/kafka_receipt.h"

enum {
	BURIED_MAX = 1024,    /* dead letters between two flushes of their file */
	CONDEMNED_MAX = 1024, /* records between two transactions */
	POST_GROWTH = 8, /* bytes of letters for each byte of records that died at once, at most */
};

struct kafka_fates {
	struct kafka_fates_settings settings;
	const struct place *place;
	enum fates_policy policy;
	struct out *files[FILES];
	struct pending *pending; /* NULL: no line is kept */
	uint64_t dropped, last;	 /* tags: of the last line that was let go of, and that was kept */
	struct kafka_counts counts;
	struct buf text;	     /* an entry or a receipt */
	uint64_t buried[BURIED_MAX]; /* tags of the dead whose letters are not written out yet */
	size_t n_buried;
	size_t n_lost;	  /* of those letters, the last so many were not written */
	struct buf post;  /* letters for the topic: a struct letter before each one's bytes */
	uint64_t mailed;  /* letters without an answer */
	uint64_t silence; /* deliveries that could not be learned */
	bool ended;
	struct kafka_condemned condemned;
};

struct letter {
	uint64_t tag;
	size_t n;
};

/* Letters that the file could not take. */
static void on_loss(void *arg, struct span records)
{
	struct kafka_fates *f = arg;

	for (size_t i = 0; i < records.n; i++)
		f->n_lost += records.p[i] == '\n';
}

static bool writes_letters(const struct kafka_fates *f)
{
	return f->policy == POLICY_FILE || f->policy == POLICY_TOPIC;
}

static bool needs_lines(const struct kafka_fates *f)
{
	for (int i = FILE_UNSENT; i < FILE_TEE; i++)
		if (f->files[i])
			return true;
	return f->settings.tee || (f->settings.alters && writes_letters(f));
}

static int open_files(struct kafka_fates *f, struct err *err)
{
	const char *paths[FILES];

	fates_paths(&f->settings, paths);
	for (int i = 0; i < FILES; i++) {
		if (!paths[i])
			continue;
		f->files[i] = out_open(i == FILE_TEE ? NULL : paths[i], err);
		if (!f->files[i])
			return -1;
	}
	if (f->files[FILE_DEAD])
		out_on_loss(f->files[FILE_DEAD], on_loss, f);
	return 0;
}

struct kafka_fates *kafka_fates_open(
	const struct kafka_fates_settings *settings, const struct place *place, struct err *err)
{
	struct kafka_fates *f = mem_alloc(1, sizeof *f);

	f->settings = *settings;
	f->place = place;
	f->policy = fates_policy(settings);
	buf_init(&f->text, OUT_CEILING);
	kafka_condemned_init(&f->condemned);
	buf_init(&f->post, POST_GROWTH * settings->held_max + OUT_CEILING);
	if (open_files(f, err) < 0) {
		kafka_fates_close(f);
		return NULL;
	}
	if (needs_lines(f))
		f->pending = pending_open();
	return f;
}

const struct kafka_counts *kafka_fates_counts(const struct kafka_fates *f)
{
	return &f->counts;
}

bool kafka_fates_has_ended(const struct kafka_fates *f)
{
	return f->ended;
}

bool kafka_fates_owes(const struct kafka_fates *f)
{
	return f->post.len > 0;
}

bool kafka_fates_is_full(const struct kafka_fates *f)
{
	if (f->condemned.n >= CONDEMNED_MAX || f->condemned.held.len > f->settings.held_max)
		return true;
	return f->pending && pending_bytes(f->pending) > f->settings.held_max;
}

bool kafka_fates_survives_dead(const struct kafka_fates *f)
{
	return f->policy != POLICY_END;
}

size_t kafka_fates_condemned(const struct kafka_fates *f)
{
	return f->condemned.n;
}

bool kafka_fates_is_mailing(const struct kafka_fates *f)
{
	return f->mailed > 0;
}

void kafka_fates_read(struct kafka_fates *f, uint64_t tag, struct span line)
{
	f->counts.read++;
	f->counts.open++;
	if (!f->pending)
		return;
	pending_add(f->pending, tag, line);
	f->last = tag;
}

static void write_to(struct kafka_fates *f, int file, struct span record)
{
	if (f->files[file] && out_record(f->files[file], record) < 0)
		f->ended = true;
}

static void write_receipt(struct kafka_fates *f, const struct pending_line *l)
{
	const char *file;
	uint64_t line = place_line(f->place, l->tag, &file);

	if (!f->files[FILE_RECEIPTS])
		return;
	buf_clear(&f->text);
	kafka_receipt_write(&f->text, f->settings.named ? file : NULL, line, f->settings.topic, l);
	write_to(f, FILE_RECEIPTS, buf_span(&f->text));
}

/* Lines whose fate is known leave in the order in which they came. */
static void let_go(struct kafka_fates *f)
{
	const struct pending_line *l;

	while ((l = pending_first(f->pending))) {
		if (l->fate == KAFKA_ACKED) {
			write_to(f, FILE_TEE, l->line);
			write_receipt(f, l);
		} else if (l->fate == KAFKA_UNSENT) {
			write_to(f, FILE_UNSENT, l->line);
		} else if (l->fate == KAFKA_UNKNOWN) {
			write_to(f, FILE_UNKNOWN, l->line);
		}
		f->dropped = l->tag;
		pending_drop(f->pending);
	}
}

static void count(struct kafka_fates *f, int fate)
{
	f->counts.fates[fate]++;
	f->counts.open--;
}

static struct pending_line *find(struct kafka_fates *f, uint64_t tag)
{
	return f->pending ? pending_find(f->pending, tag) : NULL;
}

static void finish(struct kafka_fates *f, uint64_t tag, int fate)
{
	struct pending_line *l = find(f, tag);

	count(f, fate);
	if (!l)
		return;
	l->settled = true;
	l->fate = fate;
	let_go(f);
}

/* The dead whose letters were written are dead; those whose letters were lost are not. */
static void resolve(struct kafka_fates *f)
{
	size_t lost = f->n_lost < f->n_buried ? f->n_lost : f->n_buried;

	for (size_t i = 0; i < f->n_buried; i++)
		finish(f, f->buried[i], i < f->n_buried - lost ? KAFKA_DEAD : KAFKA_UNSENT);
	f->n_buried = f->n_lost = 0;
}

static void flush_dead(struct kafka_fates *f)
{
	if (f->n_buried == 0)
		return;
	if (out_flush(f->files[FILE_DEAD]) < 0)
		f->ended = true;
	resolve(f);
}

static void bury(struct kafka_fates *f, uint64_t tag, struct span entry)
{
	if (out_record(f->files[FILE_DEAD], entry) < 0) {
		f->ended = true;
		resolve(f);
		finish(f, tag, KAFKA_UNSENT);
		return;
	}
	f->buried[f->n_buried++] = tag;
	if (f->n_buried == BURIED_MAX)
		flush_dead(f);
}

/* Sent later: a callback may not. */
static void put_aside(struct kafka_fates *f, uint64_t tag, struct span entry)
{
	const struct letter letter = {.tag = tag, .n = entry.n};
	char *to = buf_room(&f->post, sizeof letter + entry.n);

	if (!to) {
		diag_error("cannot hold more dead letters at once than %zu bytes", f->post.ceiling);
		f->ended = true;
		finish(f, tag, KAFKA_UNSENT);
		return;
	}
	memcpy(to, &letter, sizeof letter);
	memcpy(to + sizeof letter, entry.p, entry.n);
	buf_added(&f->post, sizeof letter + entry.n);
}

static void report(struct kafka_fates *f, uint64_t tag, const char *reason)
{
	void (*say)(const char *, ...) = f->policy == POLICY_END ? diag_error : diag_warning;
	bool named = f->settings.named;
	const char *file;
	uint64_t line = place_line(f->place, tag, &file);

	say("%s%sline %llu: %s", named ? file : "", named ? ": " : "", (unsigned long long)line,
		reason);
}

static void write_letter(struct kafka_fates *f, uint64_t tag, struct span line, const char *reason)
{
	struct pending_line *l = find(f, tag);
	const char *file;
	uint64_t number = place_line(f->place, tag, &file);

	if (l)
		l->fate = KAFKA_DEAD; /* not settled: until its letter is out */
	buf_clear(&f->text);
	reject_entry(&f->text, l ? l->line : line, number, 0, reason);
	if (f->policy == POLICY_FILE)
		bury(f, tag, buf_span(&f->text));
	else
		put_aside(f, tag, buf_span(&f->text));
}

void kafka_fates_settle(struct kafka_fates *f, uint64_t tag, int fate)
{
	finish(f, tag, fate);
}

void kafka_fates_show(struct kafka_fates *f, uint64_t tag, struct span text)
{
	write_to(f, FILE_TEE, text);
	finish(f, tag, KAFKA_SHOWN);
}

static void end_dead(struct kafka_fates *f, uint64_t tag, struct span line, const char *reason)
{
	if (writes_letters(f)) {
		write_letter(f, tag, line, reason);
		return;
	}
	if (f->policy == POLICY_END)
		f->ended = true;
	finish(f, tag, KAFKA_DEAD);
}

void kafka_fates_refuse(struct kafka_fates *f, uint64_t tag, struct span line, const char *reason)
{
	report(f, tag, reason);
	end_dead(f, tag, line, reason);
}

void kafka_fates_condemn(struct kafka_fates *f, uint64_t tag, struct span line, const char *reason)
{
	struct pending_line *l = find(f, tag);

	report(f, tag, reason);
	if (l || !writes_letters(f))
		line = span_make(NULL, 0);
	if (kafka_condemned_add(&f->condemned, tag, line, reason) == 0) {
		if (l)
			l->fate = KAFKA_DEAD; /* not settled: until its letter is out */
		return;
	}
	diag_error(
		"cannot hold more dead letters at once than %zu bytes", f->condemned.held.ceiling);
	f->ended = true;
	finish(f, tag, KAFKA_UNSENT);
}

void kafka_fates_conclude(struct kafka_fates *f, bool stands)
{
	struct kafka_condemned_record record;
	size_t at = 0;

	while (kafka_condemned_next(&f->condemned, &at, &record))
		if (stands)
			end_dead(f, record.tag, record.line, record.reason);
		else
			finish(f, record.tag, KAFKA_UNSENT);
	kafka_condemned_clear(&f->condemned);
}

/* Called for each record: nothing is put together where nobody reads it. */
static void say_published(struct kafka_fates *f, const struct kafka_delivery *d)
{
	const char *file;

	if (diag_shows(DIAG_DEBUG))
		diag_event(DIAG_DEBUG, "record_published",
			"line %llu is in partition %d at offset %lld",
			(unsigned long long)place_line(f->place, d->tag, &file), (int)d->partition,
			(long long)d->offset);
}

void kafka_fates_deliver(struct kafka_fates *f, const struct kafka_delivery *d)
{
	struct pending_line *l;

	if (d->tag == 0) {
		f->silence++;
		return;
	}
	if (d->is_dead_letter) {
		f->mailed--;
		finish(f, d->tag, d->fate == KAFKA_ACKED ? KAFKA_DEAD : KAFKA_UNSENT);
		return;
	}
	if (d->fate == KAFKA_ACKED && (l = find(f, d->tag))) {
		l->partition = d->partition;
		l->offset = d->offset;
		l->timestamp_ms = d->timestamp_ms;
	}
	if (d->fate == KAFKA_ACKED)
		say_published(f, d);
	if (d->fate == KAFKA_DEAD)
		kafka_fates_refuse(f, d->tag, d->value, d->reason);
	else
		finish(f, d->tag, (int)d->fate);
}

/* Sends one letter of the batch; what cannot be sent leaves its record unsent. */
static int mail(struct kafka_fates *f, struct kafka_producer *producer, const struct letter *letter,
	const char *bytes)
{
	if (!producer) {
		finish(f, letter->tag, KAFKA_UNSENT);
		return -1;
	}
	f->mailed++;
	return kafka_producer_send_dead(producer, span_make(bytes, letter->n), letter->tag);
}

int kafka_fates_post(struct kafka_fates *f, struct kafka_producer *producer)
{
	struct buf batch = f->post; /* callbacks add to another one meanwhile */
	struct letter letter;
	int result = 0;

	if (batch.len == 0)
		return 0;
	buf_init(&f->post, batch.ceiling);
	for (size_t at = 0; at < batch.len; at += letter.n) {
		memcpy(&letter, batch.data + at, sizeof letter);
		at += sizeof letter;
		if (mail(f, result < 0 ? NULL : producer, &letter, batch.data + at) < 0)
			result = -1;
	}
	buf_release(&batch);
	return result;
}

int kafka_fates_flush(struct kafka_fates *f)
{
	flush_dead(f);
	for (int i = FILE_UNSENT; i < FILES; i++)
		if (f->files[i] && out_flush(f->files[i]) < 0)
			f->ended = true;
	return f->ended ? -1 : 0;
}

/* Whom no delivery has named: dead letters leave their record unsent. */
static void settle_rest(struct kafka_fates *f)
{
	kafka_fates_post(f, NULL);
	for (uint64_t tag = f->dropped + 1; f->pending && tag <= f->last; tag++) {
		struct pending_line *l = find(f, tag);
		if (l)
			finish(f, tag, l->fate == KAFKA_DEAD ? KAFKA_UNSENT : KAFKA_UNKNOWN);
	}
	if (f->pending)
		return;
	for (; f->silence > 0; f->silence--) {
		bool is_letter = f->mailed > 0;
		f->mailed -= is_letter;
		count(f, is_letter ? KAFKA_UNSENT : KAFKA_UNKNOWN);
	}
}

static int close_file(struct kafka_fates *f, int i, int code)
{
	const char *paths[FILES];
	uint64_t unwritten = 0;
	int result;

	if (!f->files[i])
		return code;
	result = out_close(f->files[i], EXIT_DONE, &unwritten);
	f->files[i] = NULL;
	fates_paths(&f->settings, paths);
	/* Who reads the records may go away quietly; who is to keep the others may not. */
	if (result == PROG_BROKEN_PIPE && i != FILE_TEE) {
		diag_error("cannot write '%s': its reader went away", paths[i]);
		result = EXIT_FAILED;
	}
	if (f->settings.shows && i == FILE_TEE) {
		f->counts.fates[KAFKA_SHOWN] -= unwritten;
		f->counts.fates[KAFKA_UNSENT] += unwritten;
	}
	return result == EXIT_FAILED || code == EXIT_DONE ? result : code;
}

int kafka_fates_end(struct kafka_fates *f, int code)
{
	kafka_fates_conclude(f, false);
	flush_dead(f);
	settle_rest(f);
	if (f->ended && f->policy == POLICY_END && f->counts.fates[KAFKA_DEAD])
		code = EXIT_FAILED;
	for (int i = 0; i < FILES; i++)
		code = close_file(f, i, code);
	return code;
}

void kafka_fates_close(struct kafka_fates *f)
{
	uint64_t unwritten;

	if (!f)
		return;
	for (int i = 0; i < FILES; i++)
		if (f->files[i])
			out_close(f->files[i], EXIT_DONE, &unwritten);
	if (f->pending)
		pending_close(f->pending);
	kafka_condemned_release(&f->condemned);
	buf_release(&f->text);
	buf_release(&f->post);
	free(f);
}
