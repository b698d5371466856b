/* Properties of a Kafka connection: precedence, variables, Java's names, secrets. */
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
	{"transactional.id=x", NULL, NULL, "write --exactly-once"},
	{"enable.ssl.certificate.verification=true", "enable.ssl.certificate.verification", "true",
		NULL},
	{"enable.ssl.certificate.verification=false", NULL, NULL,
		"'enable.ssl.certificate.verification' of 'conf', line 1: TLS is always verified"},
	{"ssl.endpoint.identification.algorithm=HTTPS", "ssl.endpoint.identification.algorithm",
		"https", NULL},
	{"ssl.endpoint.identification.algorithm=", NULL, NULL,
		"'ssl.endpoint.identification.algorithm' of 'conf', line 1: TLS is always verified"},
	{"ssl.endpoint.identification.algorithm=none", NULL, NULL, "TLS is always verified"},
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

static void test_verification(void)
{
	static const char *const properties[] = {"ssl.endpoint.identification.algorithm=none",
		"ssl.endpoint.identification.algorithm=", "ssl.endpoint.identification.algorithm=x",
		"enable.ssl.certificate.verification=false",
		"enable.ssl.certificate.verification="};

	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
		struct kafka_options options = {.properties = {{properties[i]}, 1}};
		struct err err = {.text = ""};
		const char *value = value_of(&options, "linger.ms", &err);
		TAP_OK(!value && err.code == EXIT_USAGE &&
				strstr(err.text, "of option --property: TLS is always verified"),
			"%s is refused", properties[i]);
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

static const char *const all_variables[] = {"KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SECURITY_PROTOCOL",
	"KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD",
	"KAFKA_SASL_PASSWORD_FILE", "KAFKA_CA_FILE", "KAFKA_CERT_FILE", "KAFKA_KEY_FILE",
	"KAFKA_KEY_PASSWORD", "KAFKA_KEY_PASSWORD_FILE", "KAFKA_PORT"};

static void unset_variables(void)
{
	for (size_t i = 0; i < sizeof all_variables / sizeof *all_variables; i++)
		unsetenv(all_variables[i]);
}

/* What a variable makes of a property; value NULL: refused, and `why` is in the message. `secret`
 * is what the file named "secret" holds. */
static const struct {
	const char *name, *text, *secret, *property, *value, *why;
} variables[] = {
	{"KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "", "security.protocol", "sasl_ssl", NULL},
	{"KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", "", "sasl.mechanisms", "SCRAM-SHA-512", NULL},
	{"KAFKA_SASL_USERNAME", "me", "", "sasl.username", "me", NULL},
	{"KAFKA_SASL_PASSWORD", "hush", "", "sasl.password", "hush", NULL},
	{"KAFKA_SASL_PASSWORD_FILE", "secret", "hush\n", "sasl.password", "hush", NULL},
	{"KAFKA_SASL_PASSWORD_FILE", "secret", "a =#\n\n", "sasl.password", "a =#\n", NULL},
	{"KAFKA_SASL_PASSWORD_FILE", "secret", "hush", "sasl.password", "hush", NULL},
	{"KAFKA_CA_FILE", "/x/ca", "", "ssl.ca.location", "/x/ca", NULL},
	{"KAFKA_CERT_FILE", "/x/me", "", "ssl.certificate.location", "/x/me", NULL},
	{"KAFKA_KEY_FILE", "/x/key", "", "ssl.key.location", "/x/key", NULL},
	{"KAFKA_KEY_PASSWORD", "hush", "", "ssl.key.password", "hush", NULL},
	{"KAFKA_KEY_PASSWORD_FILE", "secret", "hush\n", "ssl.key.password", "hush", NULL},
	{"KAFKA_SASL_USERNAME", "", "", "sasl.username", "", NULL},
	{"KAFKA_SASL_PASSWORD_FILE", "", "", "sasl.password", "", NULL},
	{"KAFKA_PORT", "tcp://1.2.3.4:9092", "", "bootstrap.servers", KAFKA_BROKERS_DEFAULT, NULL},
	{"KAFKA_SECURITY_PROTOCOL", "FOO", "", NULL, NULL, "of KAFKA_SECURITY_PROTOCOL: Invalid"},
	{"KAFKA_SASL_PASSWORD_FILE", "nosuch", "", NULL, NULL,
		"cannot read 'nosuch': No such file"},
	{"KAFKA_SASL_PASSWORD_FILE", "secret", "", NULL, NULL,
		"'secret' of KAFKA_SASL_PASSWORD_FILE: it is empty"},
	{"KAFKA_SASL_PASSWORD_FILE", "secret", " hush", NULL, NULL, "begins with a blank"},
	{"KAFKA_KEY_PASSWORD_FILE", "secret", "\n", NULL, NULL, "it is empty"},
};

static void test_variables(void)
{
	struct kafka_options options = {.brokers = NULL};

	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		struct err err = {.text = ""};
		const char *property = variables[i].property ? variables[i].property : "linger.ms";
		write_file("secret", variables[i].secret);
		setenv(variables[i].name, variables[i].text, 1);
		const char *value = value_of(&options, property, &err);
		unset_variables();
		if (variables[i].value && !*variables[i].value)
			TAP_OK(value && (!*value || strcmp(value, "(none)") == 0),
				"an empty %s is not set", variables[i].name);
		else if (variables[i].value)
			TAP_OK(value && strcmp(value, variables[i].value) == 0, "%s: %s is %s",
				variables[i].name, property, variables[i].value);
		else
			TAP_OK(!value && err.code == EXIT_USAGE &&
					strstr(err.text, variables[i].why),
				"%s: %s", variables[i].name, variables[i].why);
	}
}

static void test_two_passwords(void)
{
	static const char *const names[] = {"KAFKA_SASL_PASSWORD", "KAFKA_KEY_PASSWORD"};
	struct kafka_options options = {.brokers = NULL};

	write_file("secret", "hush");
	for (size_t i = 0; i < 2; i++) {
		struct err err = {.text = ""};
		char file[64];
		snprintf(file, sizeof file, "%s_FILE", names[i]);
		setenv(names[i], "hush", 1);
		setenv(file, "secret", 1);
		TAP_OK(!value_of(&options, "linger.ms", &err) && err.code == EXIT_USAGE &&
				strstr(err.text, names[i]) && strstr(err.text, file) &&
				!strstr(err.text, "hush"),
			"%s and %s", names[i], file);
		setenv(names[i], "", 1);
		TAP_OK(value_of(&options, "linger.ms", &err), "%s is empty: %s counts", names[i],
			file);
		unset_variables();
	}
}

static void test_variable_precedence(void)
{
	struct kafka_options options = {.config_file = "conf"};
	struct err err;

	write_file("conf", "sasl.username=file\n");
	setenv("KAFKA_SASL_USERNAME", "variable", 1);
	TAP_OK(strcmp(value_of(&options, "sasl.username", &err), "variable") == 0,
		"a variable beats the file");
	options.properties = (struct opt_list){{"sasl.username=option"}, 1};
	TAP_OK(strcmp(value_of(&options, "sasl.username", &err), "option") == 0,
		"--property beats a variable");
	unset_variables();
}

static void test_nul_byte(void)
{
	struct kafka_options options = {.config_file = "conf"};
	struct err err = {.text = ""};
	FILE *file = fopen("conf", "w");

	if (!file || fwrite("linger.ms=9\0\nx", 1, 14, file) != 14 || fclose(file))
		exit(1);
	TAP_OK(!value_of(&options, "linger.ms", &err) && err.code == EXIT_USAGE &&
			strstr(err.text, "NUL byte"),
		"a file with a NUL byte is refused, not read up to it");
}

static void test_print(void)
{
	static const char file[] = "sasl.password=hush\nssl.key.password=hush\nssl.key.pem=hush\n"
				   "ssl.keystore.password=hush\nsasl.oauthbearer.config=hush\n"
				   "sasl.username=me\nclient.id=rdkafka\n";
	struct kafka_options options = {.config_file = "conf"};
	struct err err = {.text = ""};
	struct buf text;
	rd_kafka_conf_t *conf;

	write_file("conf", file);
	setenv("KAFKA_CA_FILE", "/x/ca.pem", 1);
	conf = kafka_config_make(&options, presets, &err);
	unset_variables();
	if (!conf)
		exit(1);
	buf_init(&text, 4096);
	TAP_OK(kafka_config_print(conf, &text, &err) == 0 && buf_add(&text, span_make("", 1)) == 0,
		"a configuration is printed");
	TAP_OK(strcmp(text.data,
		       "metadata.broker.list=localhost:9092\n"
		       "partitioner=murmur2_random\n"
		       "queue.buffering.max.ms=7\n"
		       "sasl.oauthbearer.config=***\n"
		       "sasl.password=***\n"
		       "sasl.username=me\n"
		       "ssl.ca.location=/x/ca.pem\n"
		       "ssl.key.password=***\n"
		       "ssl.key.pem=***\n"
		       "ssl.keystore.password=***\n") == 0,
		"what differs from the defaults, sorted, secrets masked");
	buf_release(&text);
	buf_init(&text, 20);
	TAP_OK(kafka_config_print(conf, &text, &err) < 0, "a buffer that is too small");
	buf_release(&text);
	rd_kafka_conf_destroy(conf);
}

static void test_print_lines(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	struct buf text;
	struct err err;

	rd_kafka_conf_set(conf, "ssl.ca.pem", "a\nb\n", NULL, 0);
	rd_kafka_conf_set(conf, "log_level", "7", NULL, 0);
	buf_init(&text, 4096);
	TAP_OK(kafka_config_print(conf, &text, &err) == 0 &&
			buf_add(&text, span_make("", 1)) == 0 &&
			strcmp(text.data, "log_level=7\nssl.ca.pem=(4 bytes)\n") == 0,
		"a value of several lines");
	buf_release(&text);
	rd_kafka_conf_destroy(conf);
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
	unset_variables();
	test_files();
	test_command_line();
	test_verification();
	test_precedence();
	test_variables();
	test_two_passwords();
	test_variable_precedence();
	test_nul_byte();
	test_print();
	test_print_lines();
	test_creation();
	unlink("conf");
	unlink("secret");
	rmdir(folder);
	return tap_end();
}
