/*
 * Drives lib/net/kafka_txn with lib/market/cursor for tests/kafka/txn.t, and writes what became of
 * everything to standard output. Standard input: lines PRODUCT ID [MORE], which are published, and the
 * words commit, renew, and late, which takes a moment, each on its own. With ahead=1 records are taken
 * while a commit is under way.
 *
 * usage: txn-tool topic=NAME id=ID [every=RECORDS] [delivery=MS] [drain=MS] [partitions=N] [begin=1]
 *            [gaps=1] [bare=1] [ahead=1] [show=1] [forget=1] [adopt=LINE] [X=property=value ...]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "market/cursor.h"
#include "net/kafka_txn.h"

enum { MOMENT_MS = 20 };

struct tool {
	struct kafka_options connection;
	struct kafka_txn_settings settings;
	struct kafka_txn *txn;
	struct cursor *cursor;
	struct cursor_text text;
	uint64_t drain_ms, partitions, begin, gaps, bare, ahead, show, forget;
	const char *adopt;
	uint64_t skipped, refused, commits;
	uint64_t fates[KAFKA_UNKNOWN + 1];
};

static int fail(const struct err *err)
{
	printf("error %d %s\n", err->code, err->text);
	fflush(stdout);
	return err->code;
}

static void on_delivery(void *arg, const struct kafka_delivery *delivery)
{
	struct tool *t = arg;

	t->fates[delivery->fate]++;
	if (delivery->fate == KAFKA_DEAD)
		printf("dead %" PRIu64 " %s\n", delivery->tag, delivery->reason);
	if (delivery->fate == KAFKA_ACKED && (delivery->partition < 0 || delivery->offset < 0))
		printf("acked %" PRIu64 " without a place\n", delivery->tag);
}

static int commit(struct tool *t)
{
	struct err err;

	cursor_write(t->cursor, &t->text);
	if (kafka_txn_commit(t->txn, t->text.spans, t->text.n, &err) < 0) {
		cursor_rollback(t->cursor);
		return fail(&err);
	}
	cursor_commit(t->cursor);
	t->commits++;
	return 0;
}

/* The cursor moves on as if it stood: if it does not, the run has ended. */
static int submit(struct tool *t)
{
	struct err err;

	cursor_write(t->cursor, &t->text);
	if (kafka_txn_submit(t->txn, t->text.spans, t->text.n, &err) < 0)
		return fail(&err);
	cursor_commit(t->cursor);
	t->commits++;
	return 0;
}

static int publish(struct tool *t, struct span line, struct span product, uint64_t id)
{
	const struct span values[] = {span_text("x"), product};
	const struct cursor_record judged = {.values = values, .has_id = true, .id = id};
	const struct kafka_header headers[] = {
		{"id", span_make(line.p + product.n + 1, 1)}, {"none", {NULL, 0}}};
	const struct kafka_record record = {.key = product,
		.value = line,
		.headers = headers,
		.n_headers = t->bare ? 0 : 2,
		.partition = -1,
		.tag = id + 1,
		.timestamp_ms = 0};
	char reason[CURSOR_REASON_MAX];
	const char *objection;
	enum cursor_verdict verdict = cursor_judge(t->cursor, &judged, reason);

	if (verdict == CURSOR_SKIP) {
		t->skipped++;
		return 0;
	}
	if (verdict != CURSOR_NEXT && (verdict != CURSOR_GAP || !t->gaps)) {
		t->refused++;
		printf("refused %s\n", reason);
		return 0;
	}
	switch (kafka_txn_send(t->txn, &record, &objection)) {
	case KAFKA_OBJECTED:
		printf("objected %s\n", objection);
		return 0;
	case KAFKA_ENDED:
		return EXIT_FAILED;
	case KAFKA_TAKEN:
		break;
	}
	cursor_advance(t->cursor, &judged);
	if (!kafka_txn_is_due(t->txn))
		return 0;
	return t->ahead ? submit(t) : commit(t);
}

static int take_line(struct tool *t, char *text)
{
	struct span line = span_make(text, strcspn(text, "\n"));
	const char *blank = memchr(line.p, ' ', line.n), *end = line.p + line.n, *after;
	uint64_t id;
	int result = 0;

	if (span_is_text(line, "commit") || span_is_text(line, "renew"))
		result = commit(t);
	else if (span_is_text(line, "late"))
		wait_readable(-1, -1, MOMENT_MS);
	after = blank ? memchr(blank + 1, ' ', (size_t)(end - blank) - 1) : NULL;
	if (blank &&
		num_u64(span_make(blank + 1, (size_t)((after ? after : end) - blank) - 1), &id) ==
			0)
		return publish(t, line, span_make(line.p, (size_t)(blank - line.p)), id);
	if (result == 0 && line.n > 0)
		printf("%.*s done\n", (int)line.n, line.p);
	fflush(stdout);
	return result;
}

static int take_input(struct tool *t)
{
	static char line[4 << 20];
	struct err err;
	int result = 0;

	while (result == 0 && fgets(line, sizeof line, stdin))
		result = take_line(t, line);
	if (result == 0 && kafka_txn_records(t->txn))
		return commit(t);
	return result != 0 || kafka_txn_settle(t->txn, &err) == 0 ? result : fail(&err);
}

/* The rules of design: an ID without a cursor begins where the topic is empty, or on demand. */
static int begin(struct tool *t)
{
	const struct kafka_texts *texts = kafka_txn_cursor(t->txn);
	const char *reason = NULL;
	struct err err;
	int found = cursor_read(t->cursor, texts->spans, texts->n, &err), any = 0, result;
	size_t streams, partitions;

	if (found < 0)
		return fail(&err);
	if (!found && t->adopt)
		reason = cursor_adopt(t->cursor, span_text(t->adopt));
	else if (!found && !t->begin)
		any = kafka_txn_sees_records(t->txn, &err);
	if (any < 0)
		return fail(&err);
	if (any || reason) {
		printf("error 2 %s\n", reason ? reason : "the topic is not empty");
		return EXIT_USAGE;
	}
	streams = cursor_streams(t->cursor);
	partitions = texts->n;
	result = commit(t);
	if (result)
		return result;
	printf("ready found=%d streams=%zu partitions=%zu\n", found, streams, partitions);
	fflush(stdout);
	return 0;
}

static int run(struct tool *t)
{
	uint64_t run = (uint64_t)stamp_now() ^ (uint64_t)getpid() << 40;
	struct err err;
	int result;

	t->txn = kafka_txn_open(&t->settings, &err);
	if (!t->txn)
		return fail(&err);
	t->cursor = cursor_open(span_text("exchange,product_id"), run,
		(size_t)kafka_txn_topic(t->txn)->partitions, &err);
	if (!t->cursor)
		return fail(&err);
	result = begin(t);
	if (result == 0)
		result = take_input(t);
	printf("commits=%" PRIu64 " skipped=%" PRIu64 " refused=%" PRIu64 "\n", t->commits,
		t->skipped, t->refused);
	if (kafka_txn_was_fenced(t->txn))
		printf("fenced\n");
	kafka_txn_free(t->txn);
	printf("acked=%" PRIu64 " dead=%" PRIu64 " unsent=%" PRIu64 " unknown=%" PRIu64 "\n",
		t->fates[KAFKA_ACKED], t->fates[KAFKA_DEAD], t->fates[KAFKA_UNSENT],
		t->fates[KAFKA_UNKNOWN]);
	cursor_close(t->cursor);
	cursor_text_release(&t->text);
	return result;
}

static int show(const struct kafka_texts *texts)
{
	struct cursor *cursor;
	struct buf line;
	struct err err;
	int found = cursor_load(&cursor, texts->spans, texts->n, &err);

	if (found <= 0)
		return found < 0 ? fail(&err) : 0;
	buf_init(&line, 1 << 20);
	for (size_t i = 0; i < cursor_streams(cursor); i++) {
		const char *reason = cursor_write_record(cursor, i, &line);
		printf("%.*s", (int)line.len, reason ? reason : line.data);
		buf_clear(&line);
	}
	buf_release(&line);
	cursor_close(cursor);
	return 0;
}

/* What kafka-last does. */
static int read_only(const struct tool *t)
{
	const struct kafka_cursor_settings settings = {
		.connection = &t->connection, .topic = t->settings.topic, .id = t->settings.id};
	int64_t deadline = stamp_monotonic() + 10 * STAMP_NS_PER_S;
	struct kafka_texts texts = {.spans = NULL};
	struct err err;
	struct kafka_cursor *cursor = kafka_cursor_open(&settings, &err);
	int result;

	if (!cursor)
		return fail(&err);
	result = t->forget ? kafka_cursor_forget(cursor, deadline, &err)
			   : kafka_cursor_read(cursor, deadline, &texts, &err);
	if (result < 0)
		result = fail(&err);
	else if (!t->forget)
		result = show(&texts);
	kafka_texts_release(&texts);
	kafka_cursor_free(cursor);
	return result;
}

static bool take_text(const char *word, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return false;
	*value = word + n;
	return true;
}

static bool take_number(const char *word, const char *name, uint64_t *value)
{
	const char *text;

	return take_text(word, name, &text) && num_u64(span_text(text), value) == 0;
}

static void take_word(struct tool *t, const char *word)
{
	struct kafka_txn_settings *s = &t->settings;
	const char *property;

	if (take_text(word, "X=", &property))
		t->connection.properties.items[t->connection.properties.n++] = property;
	else if (!take_text(word, "topic=", &s->topic) && !take_text(word, "id=", &s->id) &&
		!take_text(word, "b=", &t->connection.brokers) &&
		!take_text(word, "F=", &t->connection.config_file) &&
		!take_text(word, "z=", &s->compression) && !take_text(word, "adopt=", &t->adopt) &&
		!take_number(word, "every=", &s->records_max) &&
		!take_number(word, "delivery=", &s->delivery_ms) &&
		!take_number(word, "connect=", &t->connection.connect_ms) &&
		!take_number(word, "drain=", &t->drain_ms) &&
		!take_number(word, "partitions=", &t->partitions) &&
		!take_number(word, "begin=", &t->begin) && !take_number(word, "gaps=", &t->gaps) &&
		!take_number(word, "bare=", &t->bare) && !take_number(word, "ahead=", &t->ahead) &&
		!take_number(word, "show=", &t->show) && !take_number(word, "forget=", &t->forget))
		diag_die(EXIT_USAGE, "cannot read '%s': no such word", word);
}

int main(int argc, char **argv)
{
	static struct tool tool;
	int code;

	tool.connection.brokers = getenv("KAFKA_BROKERS");
	tool.connection.connect_ms = 10000;
	tool.drain_ms = 10000;
	tool.settings = (struct kafka_txn_settings){.connection = &tool.connection,
		.compression = "none",
		.delivery_ms = 20000,
		.interval_ms = 1000,
		.delivered = on_delivery,
		.arg = &tool};
	diag_init("txn-tool");
	diag_configure(getenv("TXN_TOOL_DEBUG") ? DIAG_DEBUG : DIAG_WARNING, false);
	for (int i = 1; i < argc; i++)
		take_word(&tool, argv[i]);
	sig_init(tool.drain_ms);
	tool.settings.creation =
		(struct kafka_creation){.partitions = (int32_t)tool.partitions, .replicas = -1};
	code = tool.show || tool.forget ? read_only(&tool) : run(&tool);
	fflush(stdout);
	return prog_end(code);
}
