#include "job/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/sig.h"
#include "job/pipeline.h"
#include "net/kafka_probe.h"

enum {
	DELIVERY_MS = 30 * 1000, /* for the transaction of a trial */
	PATH_MAX_BYTES = 4096,
	ARGUMENT_MAX = 4096,
	TOPIC_MAX = 249,
	CHUNK = 64 * 1024,
};

const char *const service_once_names[] = {"auto", "yes", "no", NULL};

static void prepare_path(void)
{
	char self[PATH_MAX_BYTES];
	const char *path = getenv("PATH");
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	struct buf text;
	char *slash;

	if (n <= 0)
		return;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return;
	*slash = '\0';
	buf_init(&text, (size_t)PATH_MAX_BYTES * 16);
	if (buf_printf(&text, "%s:%s", self, path ? path : "/usr/local/bin:/usr/bin:/bin") == 0)
		setenv("PATH", text.data, 1);
	buf_release(&text);
}

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

void service_prepare(const struct service_kafka *kafka)
{
	static const char *const others[] = {"KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SASL_PASSWORD_FILE",
		"KAFKA_CERT_FILE", "KAFKA_KEY_FILE", "KAFKA_KEY_PASSWORD",
		"KAFKA_KEY_PASSWORD_FILE"};

	prepare_path();
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		unsetenv(others[i]);
	set("KAFKA_BROKERS", kafka->brokers);
	set("KAFKA_SECURITY_PROTOCOL", kafka->user ? "SASL_SSL" : "PLAINTEXT");
	set("KAFKA_SASL_MECHANISM", kafka->user ? "SCRAM-SHA-512" : NULL);
	set("KAFKA_SASL_USERNAME", kafka->user);
	set("KAFKA_SASL_PASSWORD", kafka->user ? kafka->password : NULL);
	set("KAFKA_CA_FILE", kafka->user ? kafka->ca_file : NULL);
}

const char *service_check_topic(const char *name)
{
	size_t n =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	if (!name[n] && n > 0 && n <= TOPIC_MAX && strcmp(name, ".") != 0 &&
		strcmp(name, "..") != 0)
		return NULL;
	return "a topic's name has at most 249 letters, digits, dots, underscores and hyphens";
}

/* A file without a name, in memory: a container's own file system may be read-only. */
static int open_memory(void)
{
	char name[64];
	int fd;

	snprintf(name, sizeof name, "/tradepipe-%ld", (long)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		shm_unlink(name);
	return fd;
}

/* What the descriptor's file holds. */
static int read_back(int fd, struct buf *to, struct err *err)
{
	off_t at = 0;

	for (;;) {
		char *room = buf_room(to, CHUNK);
		ssize_t n = room ? pread(fd, room, CHUNK, at) : -1;
		if (!room)
			return err_set(
				err, EXIT_FAILED, "cannot read what kafka-last says: too long");
		if (n < 0)
			return err_errno(err, EXIT_FAILED, "cannot read what kafka-last says");
		if (n == 0)
			return 0;
		buf_added(to, (size_t)n);
		at += n;
	}
}

static int run(char **words, int out, struct err *err)
{
	const struct pipeline_settings settings = {.json = diag_is_json(), .out = out};
	struct pipeline *pipeline = pipeline_parse(words, &settings, err);
	const struct pipeline_stage *culprit;
	int stops = 0, result = -1;
	struct buf text;

	if (!pipeline || pipeline_start(pipeline, err) < 0) {
		pipeline_free(pipeline);
		return -1;
	}
	while (!pipeline_has_ended(pipeline)) {
		for (; stops < sig_stops(); stops++)
			pipeline_stop(pipeline);
		pipeline_wait(pipeline, -1, -1);
	}
	culprit = pipeline_culprit(pipeline);
	buf_init(&text, ERR_TEXT_MAX);
	if (culprit)
		pipeline_explain(culprit, &text);
	if (sig_stops())
		err_set(err, EXIT_DONE, "stopped by a signal");
	else if (culprit)
		err_set(err, pipeline_code(culprit), "%.*s", (int)text.len, text.data);
	else
		result = 0;
	buf_release(&text);
	pipeline_free(pipeline);
	return result;
}

int service_ask(const struct service_topic *topic, struct buf *last, struct err *err)
{
	struct words words = {.items = NULL};
	int fd = open_memory();
	int result;

	if (fd < 0)
		return err_errno(err, EXIT_FAILED, "cannot keep what kafka-last says");
	words_add_all(&words,
		(const char *const[]){"kafka-last", "--quiet", "--topic", topic->name, NULL});
	words_addf(&words, "--exactly-once=%s", topic->id);
	result = run(words.items, fd, err);
	if (result == 0)
		result = read_back(fd, last, err);
	words_release(&words);
	close(fd);
	return result;
}

/* Whether there is a cursor of the ID, as far as that can be told. Going on without it would bring
 * the records behind it twice, once transactions are allowed again. */
static bool was_once(const struct service_topic *topic)
{
	struct buf last;
	struct err err;
	bool was;

	buf_init(&last, SERVICE_LAST_MAX);
	was = service_ask(topic, &last, &err) == 0 && last.len > 0;
	buf_release(&last);
	return was;
}

int service_decide(enum service_once choice, const struct service_topic *topic, struct err *err)
{
	const struct kafka_txn_settings settings = {
		.connection = topic->connection,
		.topic = topic->name,
		.id = topic->id,
		.creation = {(int32_t)topic->partitions, 1},
		.compression = "none",
		.delivery_ms = DELIVERY_MS,
	};
	struct err why;

	if (choice == SERVICE_NO)
		return 0;
	switch (kafka_probe_transactions(&settings, err)) {
	case KAFKA_PROBE_ALLOWED:
		return 1;
	case KAFKA_PROBE_FAILED:
		return -1;
	case KAFKA_PROBE_DENIED:
		break;
	}
	why = *err;
	if (choice == SERVICE_YES) {
		err->code = EXIT_USAGE;
		return -1;
	}
	if (was_once(topic))
		return err_set(err, EXIT_FAILED,
			"cannot go on without transactions as '%s', which "
			"has published with them: %s",
			topic->id, why.text);
	diag_warning(
		"publishing without transactions, so that a restart may bring records twice: %s",
		why.text);
	return 0;
}

int service_feed(struct span text, struct err *err)
{
	int fd = open_memory();
	ssize_t n = fd < 0 ? -1 : pwrite(fd, text.p, text.n, 0);

	if (n == (ssize_t)text.n && dup2(fd, STDIN_FILENO) == STDIN_FILENO) {
		close(fd);
		return 0;
	}
	err_errno(err, EXIT_FAILED, "cannot hand on what kafka-last says");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* "x.prom" of stage "y" is "x.y.prom". */
static void pass_on_metrics(struct words *words, const char *path, const char *stage)
{
	char text[ARGUMENT_MAX];
	const char *point = strrchr(path, '.'), *slash = strrchr(path, '/');
	size_t n = point && (!slash || point > slash) ? (size_t)(point - path) : strlen(path);

	snprintf(text, sizeof text, "%.*s.%s%s", (int)n, path, stage, path + n);
	words_add_all(words, (const char *const[]){"--metrics-file", text, NULL});
}

void service_pass_on(struct words *words, const struct prog_options *common, const char *stage)
{
	static const char *const levels[] = {"error", "warning", "info", "debug"};
	char drain[32];
	size_t level = DIAG_ERROR;

	while (level < DIAG_DEBUG && diag_shows((enum diag_level)(level + 1)))
		level++;
	snprintf(drain, sizeof drain, "%llums", (unsigned long long)common->drain_ms);
	words_add_all(words,
		(const char *const[]){"--log-format", diag_is_json() ? "json" : "text",
			"--log-level", levels[level], "--drain-timeout", drain, NULL});
	if (common->quiet)
		words_add(words, "--quiet");
	if (common->metrics_file)
		pass_on_metrics(words, common->metrics_file, stage);
}
