/* Properties of a Kafka connection: precedence, Java's names, secrets. */
#include "net/kafka_config.h"

#include "net/kafka_client.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kafka_property presets[] = {
	{"acks", "all"}, {"partitioner", "murmur2_random"}, {"linger.ms", "7"}, {NULL, NULL}};

/* The value that a property ends up with, or NULL where the options are refused. */
static const char *value_of(
	const struct kafka_options *options, const char *property, struct err *err)
{
	static char value[512];
	size_t n = sizeof value;
	rd_kafka_conf_t *conf = kafka_config_make(options, presets, err);

	if (!conf)
		return NULL;
	if (rd_kafka_conf_get(conf, property, value, &n) != RD_KAFKA_CONF_OK)
		snprintf(value, sizeof value, "(none)");
	rd_kafka_conf_destroy(conf);
	return value;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		exit(1);
}

/* What a file makes of a property; value NULL: refused, and `why` is in the message. */
static const struct {
	const char *file, *property, *value, *why;
} files[] = {
	{"linger.ms=9\n", "linger.ms", "9", NULL},
	{"linger.ms=9", "linger.ms", "9", NULL},
	{" \t linger.ms \t=  9 \r\n", "linger.ms", "9", NULL},
	{"# linger.ms=9\n\n  # x\n", "linger.ms", "7", NULL},
	{"linger.ms=8\nlinger.ms=9\n", "linger.ms", "9", NULL},
	{"", "linger.ms", "7", NULL},
	{"sasl.password=a=b#c\n", "sasl.password", "a=b#c", NULL},
	{"sasl.mechanism=PLAIN", "sasl.mechanisms", "PLAIN", NULL},
	{"compression.type=lz4", "compression.codec", "lz4", NULL},
	{"buffer.memory=33554432", "queue.buffering.max.kbytes", "32768", NULL},
	{"max.request.size=2000", "message.max.bytes", "2000", NULL},
	{"send.buffer.bytes=4096", "socket.send.buffer.bytes", "4096", NULL},
	{"ssl.truststore.location=/x/ca.pem", "ssl.ca.location", "/x/ca.pem", NULL},
	{"ssl.truststore.type=PEM\nlinger.ms=9", "linger.ms", "9", NULL},
	{"ssl.keystore.location=/x/me.pem", "ssl.key.location", "/x/me.pem", NULL},
	{"ssl.keystore.location=/x/me.pem", "ssl.certificate.location", "/x/me.pem", NULL},
	{"ssl.keystore.location=/x/me.p12", "ssl.keystore.location", "/x/me.p12", NULL},
	{"ssl.keystore.key=PEM", "ssl.key.pem", "PEM", NULL},
	{"key.serializer=org.x.Y", "linger.ms", "7", NULL},
	{"linger.ms\n", NULL, NULL, "line 1: it is not name=value"},
	{"\n=x\n", NULL, NULL, "line 2: it is not name=value"},
	{"nosuch=1\n", NULL, NULL, "property 'nosuch' of 'conf', line 1: No such"},
	{"linger.ms=much\n", NULL, NULL, "'linger.ms'"},
	{"sasl.jaas.config=x y=\"hush\";", NULL, NULL, "write sasl.username="},
	{"ssl.keystore.location=/x/me.jks", NULL, NULL, "only PEM"},
	{"ssl.truststore.location=/x/ca.p12", NULL, NULL, "only PEM"},
	{"ssl.keystore.type=JKS", NULL, NULL, "only PEM"},
	{"ssl.truststore.password=x", NULL, NULL, "has no password"},
	{"delivery.timeout.ms=1", NULL, NULL, "write --delivery-timeout"},
	{"delivery.report.only.error=true", NULL, NULL, "every record is followed"},
	{"transactional.id=x", NULL, NULL, "transactional.id"},
	{"buffer.memory=32M", NULL, NULL, "not a number of bytes"},
};

static void test_files(void)
{
	struct kafka_options options = {.config_file = "conf"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct err err = {.text = ""};
		const char *property = files[i].property ? files[i].property : "linger.ms";
		write_file("conf", files[i].file);
		const char *value = value_of(&options, property, &err);
		if (files[i].value)
			TAP_OK(value && strcmp(value, files[i].value) == 0, "file %zu: %s is %s", i,
				property, files[i].value);
		else
			TAP_OK(!value && err.code == EXIT_USAGE && strstr(err.text, files[i].why),
				"file %zu: %s", i, files[i].why);
		TAP_OK(!strstr(err.text, "hush"), "file %zu: no secret is shown", i);
	}
}

static void test_command_line(void)
{
	static const char *const secrets[] = {"sasl.password=hush", "ssl.key.password=hush",
		"ssl.keystore.password=hush", "ssl.key.pem=hush", "ssl.keystore.key=hush",
		"sasl.oauthbearer.client.secret=hush", "sasl.oauthbearer.config=hush"};

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		struct kafka_options options = {.properties = {{secrets[i]}, 1}};
		struct err err = {.text = ""};
		const char *value = value_of(&options, "linger.ms", &err);
		TAP_OK(!value && err.code == EXIT_USAGE && strstr(err.text, "--config") &&
				!strstr(err.text, "hush"),
			"%.*s is refused", (int)strcspn(secrets[i], "="), secrets[i]);
	}
}

static const char *brokers_of(const char *brokers, const char *file, const char *property)
{
	struct kafka_options options = {.brokers = brokers, .config_file = file};
	struct err err;

	if (property)
		options.properties = (struct opt_list){{property}, 1};
	return value_of(&options, "bootstrap.servers", &err);
}

static void test_precedence(void)
{
	write_file("conf", "bootstrap.servers=file:1\n");
	TAP_OK(strcmp(brokers_of(NULL, NULL, NULL), KAFKA_BROKERS_DEFAULT) == 0, "the default");
	TAP_OK(strcmp(brokers_of(NULL, "conf", NULL), "file:1") == 0, "a file beats it");
	setenv("KAFKA_BOOTSTRAP_SERVERS", "env:1", 1);
	TAP_OK(strcmp(brokers_of(NULL, "conf", NULL), "env:1") == 0, "the variable beats a file");
	TAP_OK(strcmp(brokers_of("option:1", "conf", NULL), "option:1") == 0,
		"--brokers beats the variable");
	TAP_OK(strcmp(brokers_of("option:1", "conf", "bootstrap.servers=x:1"), "x:1") == 0,
		"--property beats all");
}

static void test_creation(void)
{
	static const struct {
		const char *text;
		int32_t partitions, replicas; /* 0: refused */
	} cases[] = {
		{"1", 1, -1},
		{"6:3", 6, 3},
		{"100000:32767", 100000, 32767},
		{"", 0, 0},
		{"0", 0, 0},
		{"1:", 0, 0},
		{":1", 0, 0},
		{"1:0", 0, 0},
		{"1:2:3", 0, 0},
		{"-1", 0, 0},
		{"100001", 0, 0},
		{"1:32768", 0, 0},
		{"18446744073709551617", 0, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct kafka_creation creation = {0, 0};
		int result = kafka_creation_parse(span_text(cases[i].text), &creation);
		TAP_OK((result == 0) == (cases[i].partitions != 0) &&
				creation.partitions == cases[i].partitions &&
				creation.replicas == cases[i].replicas,
			"'%s' partitions and replicas", cases[i].text);
	}
}

int main(void)
{
	char folder[] = "/tmp/kafka_config.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	unsetenv("KAFKA_BOOTSTRAP_SERVERS");
	test_files();
	test_command_line();
	test_precedence();
	test_creation();
	unlink("conf");
	rmdir(folder);
	return tap_end();
}
