/*
 * Drives lib/job/telemetry, lib/net/kafka_control and lib/net/kafka_probe for
 * tests/kafka/job-parts.t; what comes of it goes to standard output.
 *
 * usage: job-parts-tool telemetry|control|probe topic=NAME NAME=VALUE...
 *
 * All: b=BROKERS F=FILE X=PROPERTY=VALUE connect=MS. telemetry: queue=ID format=0|1. control: group=NAME
 * since=MS. probe: id=ID partitions=N.
 *
 * telemetry reads lines: "STATUS RECORDS MESSAGE", "acked N", which waits until so many are, "long",
 * which tells a message of 10,000 characters, "finish MS" and "counts". control reads "commit MS" and
 * "release"; at the end of its input it ends without. The message "hold" is one for the next reader.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/num.h"
#include "base/prog.h"
#include "base/sig.h"
#include "base/wait.h"
#include "job/telemetry.h"
#include "net/kafka_control.h"
#include "net/kafka_probe.h"

struct tool {
	struct kafka_options connection;
	const char *topic, *queue, *group, *id;
	uint64_t format, since_ms, partitions;
	struct buf input;
	struct telemetry *telemetry;
	struct kafka_control *control;
	int code;
};

static int fail(const struct err *err)
{
	printf("error %d %s\n", err->code, err->text);
	return err->code;
}

/* Takes what is there. Whether there may be more. */
static bool take_lines(struct tool *t, void (*take)(struct tool *t, char *line))
{
	char bytes[4096], *end;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

	if (n <= 0)
		return false;
	buf_add(&t->input, span_make(bytes, (size_t)n));
	while (t->input.len && (end = memchr(t->input.data, '\n', t->input.len))) {
		size_t taken = (size_t)(end - t->input.data) + 1;
		*end = '\0';
		take(t, t->input.data);
		fflush(stdout);
		t->input.len -= taken;
		memmove(t->input.data, t->input.data + taken, t->input.len);
	}
	return true;
}

static void show_counts(const struct tool *t)
{
	const struct telemetry_counts *c = telemetry_counts(t->telemetry);

	printf("made=%" PRIu64 " acked=%" PRIu64 " replaced=%" PRIu64 " lost=%" PRIu64 "\n",
		c->made, c->acked, c->replaced, c->lost);
}

static void await_acked(struct tool *t, uint64_t n)
{
	while (telemetry_counts(t->telemetry)->acked < n) {
		wait_readable(-1, telemetry_fd(t->telemetry), 1000);
		telemetry_serve(t->telemetry);
	}
	printf("acked\n");
}

static bool take_number(const char *word, const char *name, uint64_t *value);

static void tell(struct tool *t, const char *line)
{
	static const char *const names[] = {
		"started ", "loading ", "interrupted ", "error ", "finished "};
	char *rest;
	uint64_t n;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strncmp(line, names[i], strlen(names[i])) != 0)
			continue;
		n = strtoull(line + strlen(names[i]), &rest, 10);
		telemetry_tell(t->telemetry, (enum event_status)i, rest + (*rest == ' '), n);
	}
}

static void take_telemetry(struct tool *t, char *line)
{
	static char text[10001];
	struct err err;
	uint64_t n;

	if (strcmp(line, "counts") == 0) {
		show_counts(t);
	} else if (strcmp(line, "long") == 0) {
		/* A character of three bytes. */
		for (size_t i = 0; i + 1 < sizeof text; i++)
			text[i] = "\xe2\x82\xac"[i % 3];
		telemetry_tell(t->telemetry, EVENT_LOADING, text, 0);
	} else if (take_number(line, "acked ", &n)) {
		await_acked(t, n);
	} else if (take_number(line, "finish ", &n)) {
		if (telemetry_finish(t->telemetry, n, &err) == 0)
			printf("delivered\n");
		else
			t->code = fail(&err);
		show_counts(t);
	} else {
		tell(t, line);
	}
}

static int run_telemetry(struct tool *t)
{
	const struct telemetry_settings settings = {.connection = &t->connection,
		.topic = t->topic,
		.source = {.queue_id = t->queue, .symbol = "BTC/USD", .producer = "test"},
		.format = (enum event_format)t->format};
	struct err err;

	t->telemetry = telemetry_open(&settings, &err);
	if (!t->telemetry)
		return fail(&err);
	printf("open\n");
	fflush(stdout);
	for (bool more = true; more;) {
		enum wait_result result =
			wait_readable(STDIN_FILENO, telemetry_fd(t->telemetry), -1);
		telemetry_serve(t->telemetry);
		if (result == WAIT_READY)
			more = take_lines(t, take_telemetry);
	}
	telemetry_free(t->telemetry);
	return t->code;
}

static bool on_seen(void *arg, struct span value)
{
	(void)arg;
	printf("seen %.*s\n", value.p ? (int)value.n : 4, value.p ? value.p : "none");
	fflush(stdout);
	return !value.p || !span_is(value, span_text("hold"));
}

static void take_control(struct tool *t, char *line)
{
	struct err err;
	uint64_t n;

	if (strcmp(line, "release") == 0)
		kafka_control_release(t->control);
	if (!take_number(line, "commit ", &n))
		return;
	if (kafka_control_commit(t->control, n, &err) == 0)
		printf("committed\n");
	else
		t->code = fail(&err);
}

static int run_control(struct tool *t)
{
	const struct kafka_control_settings settings = {.connection = &t->connection,
		.topic = t->topic,
		.group = t->group,
		.since_ms = (int64_t)t->since_ms,
		.seen = on_seen,
		.arg = t};
	struct err err;

	t->control = kafka_control_open(&settings, &err);
	if (!t->control)
		return fail(&err);
	printf("open\n");
	fflush(stdout);
	for (bool more = true; more;) {
		enum wait_result result =
			wait_readable(STDIN_FILENO, kafka_control_fd(t->control), -1);
		if (result == WAIT_READY)
			more = take_lines(t, take_control);
		else
			kafka_control_serve(t->control);
	}
	kafka_control_free(t->control);
	return t->code;
}

static int run_probe(struct tool *t)
{
	static const char *const names[] = {"allowed", "denied", "failed"};
	const struct kafka_txn_settings settings = {.connection = &t->connection,
		.topic = t->topic,
		.id = t->id,
		.creation = {.partitions = (int32_t)t->partitions, .replicas = -1},
		.compression = "none",
		.delivery_ms = 20000};
	struct err err;
	enum kafka_probe result = kafka_probe_transactions(&settings, &err);

	printf("%s", names[result]);
	if (result != KAFKA_PROBE_ALLOWED)
		printf(" %d%s %s", err.code, err.superseded ? " superseded" : "", err.text);
	printf("\n");
	return 0;
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
	const char *property;

	if (take_text(word, "X=", &property))
		t->connection.properties.items[t->connection.properties.n++] = property;
	else if (!take_text(word, "topic=", &t->topic) && !take_text(word, "queue=", &t->queue) &&
		!take_text(word, "group=", &t->group) && !take_text(word, "id=", &t->id) &&
		!take_text(word, "b=", &t->connection.brokers) &&
		!take_text(word, "F=", &t->connection.config_file) &&
		!take_number(word, "connect=", &t->connection.connect_ms) &&
		!take_number(word, "format=", &t->format) &&
		!take_number(word, "since=", &t->since_ms) &&
		!take_number(word, "partitions=", &t->partitions))
		diag_die(EXIT_USAGE, "cannot read '%s': no such word", word);
}

int main(int argc, char **argv)
{
	static struct tool tool;
	int code = EXIT_USAGE;

	diag_init("job-parts-tool");
	diag_configure(getenv("TOOL_DEBUG") ? DIAG_DEBUG : DIAG_INFO, false);
	sig_init(1);
	buf_init(&tool.input, 1 << 20);
	tool.connection.brokers = getenv("KAFKA_BROKERS");
	tool.connection.connect_ms = 10000;
	for (int i = 2; i < argc; i++)
		take_word(&tool, argv[i]);
	if (argc > 1 && strcmp(argv[1], "telemetry") == 0)
		code = run_telemetry(&tool);
	else if (argc > 1 && strcmp(argv[1], "control") == 0)
		code = run_control(&tool);
	else if (argc > 1)
		code = run_probe(&tool);
	buf_release(&tool.input);
	fflush(stdout);
	return prog_end(code);
}
