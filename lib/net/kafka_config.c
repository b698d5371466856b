#include "net/kafka_config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "base/span.h"
#include "net/kafka_client.h"

enum {
	FILE_MAX = 1024 * 1024,	  /* bytes: room for certificates written into it */
	PASSWORD_MAX = 64 * 1024, /* bytes of a file with a password */
	PLACE_MAX = 512,	  /* bytes of "'file', line N", for messages */
	PARTITIONS_MAX = 100000,  /* in one request; brokers refuse far fewer */
	REPLICAS_MAX = INT16_MAX, /* as wide as Kafka's protocol has it */
};

const struct opt kafka_options[] = {
	{.kind = OPT_TEXT,
		.letter = 'b',
		.name = "brokers",
		.arg = "host:port,...",
		.help = "brokers to begin with, " KAFKA_BROKERS_DEFAULT " if none are named",
		.more = "Without either,\n.Ev KAFKA_BOOTSTRAP_SERVERS\nor the file of\n"
			".Fl \\-config\nmay name them.",
		.env = "KAFKA_BROKERS",
		.at = offsetof(struct kafka_options, brokers)},
	{.kind = OPT_LIST,
		.letter = 'X',
		.name = "property",
		.arg = "name=value",
		.help = "set a property of librdkafka (may be repeated)",
		.more = "It has the last word over all other options.\n"
			"Properties that hold a secret are refused here, where others can see "
			"them:\nthey are for the file of\n"
			".Fl \\-config\nor a variable.",
		.at = offsetof(struct kafka_options, properties)},
	{.kind = OPT_FILE,
		.letter = 'F',
		.name = "config",
		.arg = "file",
		.help = "set the properties in a file: name=value lines, librdkafka's names or Java's",
		.more = "Blank lines and those that begin with # are passed over.",
		.at = offsetof(struct kafka_options, config_file)},
	{.kind = OPT_DURATION,
		.name = "connect-timeout",
		.arg = "duration",
		.help = "at the start, try to reach a broker for at most this long",
		.preset = "10s",
		.lo = 1,
		.at = offsetof(struct kafka_options, connect_ms)},
	{.kind = OPT_FLAG,
		.name = "print-config",
		.help = "print the properties that are in effect, secrets masked, and end",
		.more = "Those that have librdkafka's own default are left out.",
		.at = offsetof(struct kafka_options, print_config)},
	{.name = NULL},
};

enum kind {
	SECRET,	   /* not from the command line */
	RENAMED,   /* librdkafka's name for it is `to` */
	KILOBYTES, /* likewise, and bytes become kilobytes */
	STORE,	   /* a file of certificates: `to`, where it is PEM */
	STORE_TYPE,
	VOID,	  /* a Java matter without meaning here */
	VERIFIED, /* of TLS: `to` is the one value that it may have */
	REFUSED,  /* `to` says what to write instead */
};

/* Names that librdkafka does not know, or that must not reach it. Where both sides use one name,
 * there is no row. */
static const struct rule {
	const char *name;
	enum kind kind;
	const char *to;
} rules[] = {
	{"buffer.memory", KILOBYTES, "queue.buffering.max.kbytes"},
	{"delivery.report.only.error", REFUSED, "every record is followed"},
	{"delivery.timeout.ms", REFUSED, "write --delivery-timeout"},
	{"dr_cb", REFUSED, "every record is followed"},
	{"dr_msg_cb", REFUSED, "every record is followed"},
	{"enable.ssl.certificate.verification", VERIFIED, "true"},
	{"enabled_events", REFUSED, "every record is followed"},
	{"key.deserializer", VOID, NULL},
	{"key.serializer", VOID, NULL},
	{"log.queue", REFUSED, "messages are always collected"},
	{"max.block.ms", REFUSED, "a full queue waits; --connect-timeout bounds the start"},
	{"max.request.size", RENAMED, "message.max.bytes"},
	{"message.timeout.ms", REFUSED, "write --delivery-timeout"},
	{"partitioner.class", REFUSED, "write partitioner=murmur2_random, Java's, which is preset"},
	{"receive.buffer.bytes", RENAMED, "socket.receive.buffer.bytes"},
	{"sasl.client.callback.handler.class", REFUSED, "Java classes cannot be loaded"},
	{"sasl.jaas.config", REFUSED, "write sasl.username=... and sasl.password=..."},
	{"sasl.login.callback.handler.class", REFUSED, "Java classes cannot be loaded"},
	{"sasl.oauthbearer.client.secret", SECRET, NULL},
	{"sasl.oauthbearer.config", SECRET, NULL},
	{"sasl.password", SECRET, NULL},
	{"send.buffer.bytes", RENAMED, "socket.send.buffer.bytes"},
	{"ssl.endpoint.identification.algorithm", VERIFIED, "https"},
	{"ssl.key.password", SECRET, NULL},
	{"ssl.key.pem", SECRET, NULL},
	{"ssl.keystore.certificate.chain", RENAMED, "ssl.certificate.pem"},
	{"ssl.keystore.key", SECRET, "ssl.key.pem"},
	{"ssl.keystore.location", STORE, "ssl.certificate.location"},
	{"ssl.keystore.password", SECRET, NULL},
	{"ssl.keystore.type", STORE_TYPE, NULL},
	{"ssl.truststore.certificates", RENAMED, "ssl.ca.pem"},
	{"ssl.truststore.location", STORE, "ssl.ca.location"},
	{"ssl.truststore.password", REFUSED, "a PEM file of authorities has no password"},
	{"ssl.truststore.type", STORE_TYPE, NULL},
	{"transactional.id", REFUSED, "write --exactly-once"},
	{"value.deserializer", VOID, NULL},
	{"value.serializer", VOID, NULL},
};

/* All variables that are read, but for KAFKA_BROKERS, which is the option's. A closed list: of
 * those that Kubernetes makes up for a service named kafka, such as KAFKA_PORT, none is in it. */
static const struct variable {
	const char *name;
	const char *file_name; /* the variable that names a file with the value; or NULL */
	const char *property;
} variables[] = {
	{"KAFKA_BOOTSTRAP_SERVERS", NULL, "bootstrap.servers"},
	{"KAFKA_SECURITY_PROTOCOL", NULL, "security.protocol"},
	{"KAFKA_SASL_MECHANISM", NULL, "sasl.mechanism"},
	{"KAFKA_SASL_USERNAME", NULL, "sasl.username"},
	{"KAFKA_SASL_PASSWORD", "KAFKA_SASL_PASSWORD_FILE", "sasl.password"},
	{"KAFKA_CA_FILE", NULL, "ssl.ca.location"},
	{"KAFKA_CERT_FILE", NULL, "ssl.certificate.location"},
	{"KAFKA_KEY_FILE", NULL, "ssl.key.location"},
	{"KAFKA_KEY_PASSWORD", "KAFKA_KEY_PASSWORD_FILE", "ssl.key.password"},
};

/* A property on its way into a configuration. */
struct setting {
	rd_kafka_conf_t *conf;
	char place[PLACE_MAX]; /* where it was written, for messages */
	bool on_command_line;
	struct err *err;
};

int kafka_creation_parse(struct span text, struct kafka_creation *creation)
{
	const char *colon = memchr(text.p, ':', text.n);
	size_t n = colon ? (size_t)(colon - text.p) : text.n;
	uint64_t partitions, replicas = 0;

	if (num_u64(span_make(text.p, n), &partitions) < 0 || partitions < 1 ||
		partitions > PARTITIONS_MAX)
		return -1;
	if (colon &&
		(num_u64(span_make(colon + 1, text.n - n - 1), &replicas) < 0 || replicas < 1 ||
			replicas > REPLICAS_MAX))
		return -1;
	creation->partitions = (int32_t)partitions;
	creation->replicas = colon ? (int32_t)replicas : -1;
	return 0;
}

static const struct rule *find_rule(const char *name)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static int refuse(const struct setting *s, const char *name, const char *why)
{
	return err_set(
		s->err, EXIT_USAGE, "cannot use property '%s' of %s: %s", name, s->place, why);
}

static int hand_over(const struct setting *s, const char *name, const char *value)
{
	char why[512];

	if (*value && strchr(" \t\n\v\f\r", *value))
		return refuse(s, name, "it begins with a blank, which librdkafka would drop");
	if (rd_kafka_conf_set(s->conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
		return 0;
	return refuse(s, name, why);
}

static bool ends_with(const char *text, const char *tail)
{
	size_t n = strlen(text), m = strlen(tail);
	return n >= m && strcmp(text + n - m, tail) == 0;
}

static int set_kilobytes(const struct setting *s, const struct rule *rule, const char *value)
{
	char kilobytes[NUM_U64_MAX + 1];
	uint64_t bytes;

	if (num_u64(span_text(value), &bytes) < 0)
		return refuse(s, rule->name, "it is not a number of bytes");
	kilobytes[num_write_u64(kilobytes, bytes / 1024)] = '\0';
	return hand_over(s, rule->to, kilobytes);
}

/* Java's stores are JKS unless their type says otherwise; librdkafka reads PEM, and for the own
 * certificate PKCS#12 under the same name as Java's. */
static int set_store(const struct setting *s, const struct rule *rule, const char *value)
{
	bool own = strcmp(rule->name, "ssl.keystore.location") == 0;
	bool pkcs12 = ends_with(value, ".p12") || ends_with(value, ".pfx");

	if (ends_with(value, ".jks") || (pkcs12 && !own))
		return refuse(
			s, rule->name, "only PEM can be read: keytool and openssl convert it");
	if (own && !ends_with(value, ".pem"))
		return hand_over(s, rule->name, value);
	if (own && hand_over(s, "ssl.key.location", value) < 0)
		return -1;
	return hand_over(s, rule->to, value);
}

static int set_property(const struct setting *s, const char *name, const char *value)
{
	const struct rule *rule = find_rule(name);

	if (!rule)
		return hand_over(s, name, value);
	switch (rule->kind) {
	case SECRET:
		if (s->on_command_line)
			return refuse(s, name,
				"others can see it there; write it in the file of --config, or into a "
				"variable");
		return hand_over(s, rule->to ? rule->to : name, value);
	case RENAMED:
		return hand_over(s, rule->to, value);
	case KILOBYTES:
		return set_kilobytes(s, rule, value);
	case STORE:
		return set_store(s, rule, value);
	case STORE_TYPE:
		if (strcmp(value, "JKS") == 0)
			return refuse(
				s, name, "only PEM can be read: keytool and openssl convert it");
		return 0;
	case VOID:
		return 0;
	case VERIFIED:
		if (strcasecmp(value, rule->to) == 0)
			return hand_over(s, name, rule->to);
		return refuse(s, name, "TLS is always verified");
	case REFUSED:
		break;
	}
	return refuse(s, name, rule->to);
}

static char *trimmed(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r", text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* Splits "name=value" in place. The value is not shown where that fails: it may be a secret. */
static int set_assignment(const struct setting *s, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return err_set(s->err, EXIT_USAGE, "cannot use %s: it is not name=value", s->place);
	*equals = '\0';
	return set_property(s, trimmed(text), trimmed(equals + 1));
}

static int set_lines(struct setting *s, const char *path, char *text)
{
	unsigned long line = 1;
	char *end;

	for (; *text; text = end, line++) {
		end = text + strcspn(text, "\n");
		if (*end)
			*end++ = '\0';
		text = trimmed(text);
		snprintf(s->place, sizeof s->place, "'%s', line %lu", path, line);
		if (*text && *text != '#' && set_assignment(s, text) < 0)
			return -1;
	}
	return 0;
}

/* The content of a file as a string, in a buffer with room for `most` bytes. */
static int read_text(const char *path, size_t most, struct buf *text, struct err *err)
{
	buf_init(text, most);
	if (file_read(path, text, err) < 0)
		return -1;
	if (text->len > 0 && memchr(text->data, '\0', text->len))
		return err_set(err, EXIT_USAGE, "cannot use '%s': it has a NUL byte in it", path);
	text->ceiling++;
	return buf_add(text, span_make("", 1));
}

static int set_file(struct setting *s, const char *path)
{
	struct buf text;
	int result = read_text(path, FILE_MAX, &text, s->err);

	if (result == 0)
		result = set_lines(s, path, text.data);
	buf_release(&text);
	return result;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* A password from the file that a variable names: that file is often written by an editor or by
 * echo, with a newline that belongs to neither. */
static int set_from_file(const struct setting *s, const struct variable *v, const char *path)
{
	struct buf text;
	int result = read_text(path, PASSWORD_MAX, &text, s->err);
	size_t n = result == 0 ? strlen(text.data) : 0;

	if (n > 0 && text.data[n - 1] == '\n')
		text.data[--n] = '\0';
	if (result == 0 && n == 0)
		result = err_set(s->err, EXIT_USAGE, "cannot use '%s' of %s: it is empty", path,
			v->file_name);
	if (result == 0)
		result = hand_over(s, v->property, text.data);
	buf_release(&text);
	return result;
}

static int set_variable(struct setting *s, const struct variable *v)
{
	const char *value = variable(v->name);
	const char *path = v->file_name ? variable(v->file_name) : NULL;

	if (value && path)
		return err_set(s->err, EXIT_USAGE, "cannot use %s: %s is set as well", v->name,
			v->file_name);
	snprintf(s->place, sizeof s->place, "%s", path ? v->file_name : v->name);
	if (path)
		return set_from_file(s, v, path);
	return value ? hand_over(s, v->property, value) : 0;
}

static int set_variables(struct setting *s)
{
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (set_variable(s, &variables[i]) < 0)
			return -1;
	return 0;
}

static int set_list(struct setting *s, const struct opt_list *list)
{
	snprintf(s->place, sizeof s->place, "option --property");
	s->on_command_line = true;
	for (size_t i = 0; i < list->n; i++) {
		struct buf text;
		buf_init(&text, FILE_MAX);
		int result = buf_add(&text, span_make(list->items[i], strlen(list->items[i]) + 1));
		if (result == 0)
			result = set_assignment(s, text.data);
		buf_release(&text);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int set_presets(const struct setting *s, const struct kafka_property *presets)
{
	for (; presets->name; presets++)
		if (hand_over(s, presets->name, presets->value) < 0)
			return -1;
	return 0;
}

/* An option in a script whose variable is not set must not lead to the default. */
static bool names_brokers(const rd_kafka_conf_t *conf)
{
	char text[64];
	size_t n = sizeof text;

	return rd_kafka_conf_get(conf, "bootstrap.servers", text, &n) == RD_KAFKA_CONF_OK && *text;
}

/* All but the presets; what comes later wins. */
static int set_options(struct setting *s, const struct kafka_options *o)
{
	const struct kafka_property brokers[] = {
		{o->brokers ? "bootstrap.servers" : NULL, o->brokers}, {NULL, NULL}};

	if (o->config_file && set_file(s, o->config_file) < 0)
		return -1;
	if (set_variables(s) < 0)
		return -1;
	snprintf(s->place, sizeof s->place, "option --brokers");
	return set_presets(s, brokers) < 0 ? -1 : set_list(s, &o->properties);
}

struct rd_kafka_conf_s *kafka_config_make(
	const struct kafka_options *o, const struct kafka_property *presets, struct err *err)
{
	const struct kafka_property fallback[] = {
		{"bootstrap.servers", KAFKA_BROKERS_DEFAULT}, {NULL, NULL}};
	struct setting s = {.conf = rd_kafka_conf_new(), .place = "the presets", .err = err};

	if (set_presets(&s, fallback) == 0 && set_presets(&s, presets) == 0 &&
		set_options(&s, o) == 0) {
		if (names_brokers(s.conf))
			return s.conf;
		err_set(err, EXIT_USAGE, "cannot connect: the list of brokers is empty");
	}
	rd_kafka_conf_destroy(s.conf);
	return NULL;
}
