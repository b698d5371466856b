#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/kafka_client.h"
#include "net/kafka_config.h"

/* librdkafka's dump of a configuration: names and values by turns. */
struct dump {
	const char **words;
	size_t n;
};

static const char *const secrets[] = {"sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
	"sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password"};

static struct dump dump_conf(rd_kafka_conf_t *conf)
{
	struct dump dump;

	dump.words = rd_kafka_conf_dump(conf, &dump.n);
	return dump;
}

static struct dump dump_topic_conf(rd_kafka_topic_conf_t *conf)
{
	struct dump dump = {NULL, 0};

	if (conf)
		dump.words = rd_kafka_topic_conf_dump(conf, &dump.n);
	return dump;
}

static void dump_release(struct dump *dump)
{
	if (dump->words)
		rd_kafka_conf_dump_free(dump->words, dump->n);
}

static bool has(const struct dump *dump, const char *name, const char *value)
{
	for (size_t i = 0; i + 1 < dump->n; i += 2)
		if (strcmp(dump->words[i], name) == 0)
			return strcmp(dump->words[i + 1], value) == 0;
	return false;
}

/* Pointers that the application sets, which librdkafka lists like properties. */
static bool is_pointer(const char *name)
{
	size_t n = strlen(name);

	return (n > 3 && strcmp(name + n - 3, "_cb") == 0) || strcmp(name, "opaque") == 0 ||
		strcmp(name, "default_topic_conf") == 0 || strcmp(name, "interceptors") == 0 ||
		strcmp(name, "ssl_engine_callback_data") == 0;
}

static bool is_secret(const char *name)
{
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (strcmp(secrets[i], name) == 0)
			return true;
	return false;
}

/* Collects the places of the names that are to be printed. */
static size_t select_from(const struct dump *dump, const struct dump *defaults, const char ***to)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < dump->n; i += 2)
		if (!is_pointer(dump->words[i]) &&
			!has(defaults, dump->words[i], dump->words[i + 1]))
			to[n++] = &dump->words[i];
	return n;
}

static int compare(const void *a, const void *b)
{
	const char **const *x = a, **const *y = b;

	return strcmp(**x, **y);
}

static int print_one(const char *name, const char *value, struct buf *to)
{
	if (is_secret(name))
		return buf_printf(to, "%s=***\n", name);
	if (strchr(value, '\n'))
		return buf_printf(to, "%s=(%zu bytes)\n", name, strlen(value));
	return buf_printf(to, "%s=%s\n", name, value);
}

static int print_changed(const struct dump dumps[2], const struct dump defaults[2], struct buf *to)
{
	const char ***rows = mem_alloc(dumps[0].n + dumps[1].n + 1, sizeof *rows);
	size_t n = select_from(&dumps[0], &defaults[0], rows);
	int result = 0;

	n += select_from(&dumps[1], &defaults[1], rows + n);
	qsort(rows, n, sizeof *rows, compare);
	for (size_t i = 0; i < n && result == 0; i++)
		result = print_one(rows[i][0], rows[i][1], to);
	free(rows);
	return result;
}

int kafka_config_print(const struct rd_kafka_conf_s *conf, struct buf *to, struct err *err)
{
	rd_kafka_conf_t *own = rd_kafka_conf_dup(conf), *fresh = rd_kafka_conf_new();
	rd_kafka_topic_conf_t *fresh_topic = rd_kafka_topic_conf_new();
	struct dump dumps[] = {
		dump_conf(own), dump_topic_conf(rd_kafka_conf_get_default_topic_conf(own))};
	struct dump defaults[] = {dump_conf(fresh), dump_topic_conf(fresh_topic)};
	int result = print_changed(dumps, defaults, to);

	for (int i = 0; i < 2; i++) {
		dump_release(&dumps[i]);
		dump_release(&defaults[i]);
	}
	rd_kafka_topic_conf_destroy(fresh_topic);
	rd_kafka_conf_destroy(fresh);
	rd_kafka_conf_destroy(own);
	return result < 0 ? err_set(err, EXIT_FAILED, "the properties are too long") : 0;
}
