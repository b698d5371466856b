/*
 * trades: Kraken's trades into Kafka, live or of the last days, in place of the service of that
 * name, by the same variables.
 *
 * stdin, stdout: nothing; with --dry-run the pipeline as a shell command.
 * Exit: 0 the days are in the topic; live it ends by a signal alone; 1 failed: run it again; 2 a
 * variable, or what it names, is wrong; 3 trades are missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"
#include "base/prog.h"
#include "base/stamp.h"
#include "job/env.h"
#include "job/job.h"
#include "job/pipeline.h"
#include "job/products.h"
#include "job/service.h"

enum {
	PARTITIONS_MAX = 10000,
	DAYS_MAX = 100000,
	CONNECT_MS = 10 * 1000,
	CONFIRM_MS = 10 * 1000,
	SHOWN_MAX = 64 * 1024,
};

static const struct opt_program program = {
	.name = "trades",
	.summary = "Move Kraken's trades into Kafka, as environment variables say.",
	.tables = {{job_runner_rows, 0}, {prog_options, offsetof(struct job_runner, common)}},
};

enum mode { MODE_LIVE, MODE_HISTORICAL };
static const char *const modes[] = {"live", "historical", NULL};

static const char *const levels[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", NULL};
static const enum diag_level diag_levels[] = {
	DIAG_DEBUG, DIAG_INFO, DIAG_WARNING, DIAG_ERROR, DIAG_ERROR};

enum format { FORMAT_JSON, FORMAT_TEXT };
static const char *const formats[] = {"json", "text", "console", NULL};

struct settings {
	const char *app_name;
	bool debug;
	int level, format;
	const char *brokers;
	const char *topic;
	uint64_t partitions;
	int mode;
	const char *product_ids;
	uint64_t last_n_days;
	int once; /* enum service_once */
};

static const struct env_row rows[] = {
	{.kind = ENV_TEXT,
		.name = "TRADES_APP_NAME",
		.help = "part of the ID under which it publishes exactly once",
		.preset = "trades",
		.at = offsetof(struct settings, app_name)},
	{.kind = ENV_BOOL,
		.name = "TRADES_DEBUG",
		.help = "say all, as TRADES_LOG_LEVEL=DEBUG does",
		.preset = "false",
		.at = offsetof(struct settings, debug)},
	{.kind = ENV_CHOICE,
		.name = "TRADES_LOG_LEVEL",
		.help = "the least urgent messages to show",
		.preset = "INFO",
		.choices = levels,
		.at = offsetof(struct settings, level)},
	{.kind = ENV_CHOICE,
		.name = "TRADES_LOG_FORMAT",
		.help = "messages as JSON lines, or as text",
		.preset = "json",
		.choices = formats,
		.at = offsetof(struct settings, format)},
	{.kind = ENV_TEXT,
		.name = "TRADES_KAFKA_BROKER_ADDRESS",
		.help = "brokers to begin with: HOST:PORT,...",
		.preset = "localhost:9092",
		.at = offsetof(struct settings, brokers)},
	{.kind = ENV_OTHER,
		.name = "TRADES_KAFKA_TOPIC_NAME",
		.help = "where records go",
		.preset = "trades",
		.check = service_check_topic,
		.at = offsetof(struct settings, topic)},
	{.kind = ENV_U64,
		.name = "TRADES_KAFKA_TOPIC_PARTITIONS",
		.help = "partitions of a topic that is made",
		.preset = "1",
		.lo = 1,
		.hi = PARTITIONS_MAX,
		.at = offsetof(struct settings, partitions)},
	{.kind = ENV_CHOICE,
		.name = "TRADES_LIVE_OR_HISTORICAL",
		.help = "trades as they happen, or those of the last days",
		.preset = "live",
		.choices = modes,
		.at = offsetof(struct settings, mode)},
	{.kind = ENV_TEXT,
		.name = "TRADES_PRODUCT_IDS",
		.help = "a JSON array of pairs",
		.preset = "[\"BTC/USD\"]",
		.at = offsetof(struct settings, product_ids)},
	{.kind = ENV_U64,
		.name = "TRADES_LAST_N_DAYS",
		.help = "days of 24 hours before now, in historical mode",
		.preset = "1",
		.hi = DAYS_MAX,
		.at = offsetof(struct settings, last_n_days)},
	{.kind = ENV_CHOICE,
		.name = "TRADES_EXACTLY_ONCE",
		.help = "publish in transactions: where the cluster lets it, always, or never",
		.preset = "auto",
		.choices = service_once_names,
		.at = offsetof(struct settings, once)},
	{.name = NULL},
};

static const char *const meant[][2] = {
	{"TRADES_KAFKA_TOPIC", "TRADES_KAFKA_TOPIC_NAME"},
	{NULL, NULL},
};

static const struct env_program variables = {
	.rows = rows, .any_case = true, .prefix = "TRADES_", .meant = meant};

struct run {
	const struct settings *settings;
	const struct prog_options *common;
	struct kafka_options connection;
	struct service_topic topic;
	char **products;
	struct buf last; /* the last trades that were published before */
	struct words words;
	bool once;
};

static void add_source(struct words *words, const struct run *run)
{
	bool is_live = run->settings->mode == MODE_LIVE;
	const char *name = is_live ? "kraken-ws-tail" : "kraken-rest-dump";

	words_add(words, name);
	service_pass_on(words, run->common, name);
	if (is_live)
		words_add(words, "--since=now");
	else
		words_addf(
			words, "--last-days=%llu", (unsigned long long)run->settings->last_n_days);
	if (is_live && run->once)
		words_add(words, "--resume=-");
	for (char **product = run->products; *product; product++)
		words_add(words, *product);
}

static void add_publish(struct words *words, const struct run *run)
{
	words_add(words, "kafka-publish");
	service_pass_on(words, run->common, "kafka-publish");
	words_addf(words, "--topic=%s", run->topic.name);
	words_addf(words, "--create-topic=%u:1", run->topic.partitions);
	words_add_all(words,
		(const char *const[]){"--key=product_id", "--header=trade_id",
			"--omit=trade_id,side,exchange", NULL});
	if (!run->once)
		return;
	words_addf(words, "--exactly-once=%s", run->topic.id);
	/* What is missing of the stream is for its source to tell; others may publish here too. */
	words_add_all(words, (const char *const[]){"--begin", "--allow-gaps", NULL});
}

static void make_words(struct words *words, const struct run *run)
{
	add_source(words, run);
	words_add_all(words, (const char *const[]){"|", "trade-normalize", "--on-bad=skip", NULL});
	service_pass_on(words, run->common, "trade-normalize");
	words_add(words, "|");
	add_publish(words, run);
}

static struct pipeline *parse(struct run *run, struct err *err)
{
	make_words(&run->words, run);
	return job_parse(run->words.items, run->common, err);
}

static struct pipeline *make(void *arg, struct err *err)
{
	struct run *run = arg;
	int once = service_decide((enum service_once)run->settings->once, &run->topic, err);

	if (once < 0)
		return NULL;
	run->once = once;
	if (once && run->settings->mode == MODE_LIVE &&
		(service_ask(&run->topic, &run->last, err) < 0 ||
			service_feed(buf_span(&run->last), err) < 0))
		return NULL;
	return parse(run, err);
}

static int run_service(const struct job_runner *o, struct run *run)
{
	const struct job_options job = {.interval_ms = CONFIRM_MS};
	const struct job_settings settings = {.options = &job,
		.connection = &run->connection,
		.began_ns = stamp_now(),
		.confirms = true};
	struct err err;
	int code;

	buf_init(&run->last, SERVICE_LAST_MAX);
	if (o->dry_run)
		code = job_show(parse(run, &err));
	else
		code = job_execute(&settings, &o->common, make, run);
	buf_release(&run->last);
	words_release(&run->words);
	return code;
}

/* The variables have the word, unless the command line says to be quiet. */
static void configure_messages(const struct job_runner *o, const struct settings *s)
{
	enum diag_level level = s->debug ? DIAG_DEBUG : diag_levels[s->level];

	diag_configure(o->common.quiet ? DIAG_ERROR : level, s->format == FORMAT_JSON);
}

static void say_settings(const struct settings *s)
{
	struct buf text;

	buf_init(&text, SHOWN_MAX);
	if (env_show(&variables, s, &text) == 0 && buf_add(&text, span_make("", 1)) == 0)
		diag_event(DIAG_INFO, "configuration_validated", "%s", text.data);
	buf_release(&text);
}

/* What rows cannot say: the number of faults, or 0 and the products. */
static size_t check(const struct settings *s, char ***products)
{
	char reason[PRODUCTS_REASON_MAX];
	size_t faults = 0;

	*products = products_parse(s->product_ids, reason);
	if (!*products)
		faults++, env_fault("TRADES_PRODUCT_IDS", s->product_ids, reason);
	if (s->mode == MODE_HISTORICAL && s->last_n_days == 0)
		faults++, env_fault("TRADES_LAST_N_DAYS", "0", "historical mode takes at least 1");
	return faults;
}

static int begin(const struct job_runner *o, const struct settings *s, char **products)
{
	const struct service_kafka kafka = {.brokers = s->brokers};
	struct run run = {.settings = s,
		.common = &o->common,
		.connection = {.brokers = s->brokers, .connect_ms = CONNECT_MS},
		.topic = {.name = s->topic, .partitions = (uint32_t)s->partitions},
		.products = products,
		.once = s->once != SERVICE_NO};
	struct buf id;
	int code;

	configure_messages(o, s);
	say_settings(s);
	service_prepare(&kafka);
	buf_init(&id, SHOWN_MAX);
	buf_printf(&id, "%s-%s-%s", s->app_name, s->topic, modes[s->mode]);
	/* Runs that reach back equally far leave nothing out between them that one of
	 * them asks for. */
	if (s->mode == MODE_HISTORICAL)
		buf_printf(&id, "-%llud", (unsigned long long)s->last_n_days);
	run.topic.id = id.data;
	run.topic.connection = &run.connection;
	code = run_service(o, &run);
	buf_release(&id);
	return code;
}

/* Until they are read: faults of variables are messages, too. */
static bool wants_json(void)
{
	const char *format = getenv("TRADES_LOG_FORMAT");
	return !format || (strcasecmp(format, "text") != 0 && strcasecmp(format, "console") != 0);
}

static int run(const struct job_runner *o)
{
	struct settings settings;
	struct env_file *file;
	char **products;
	struct err err;
	int code = EXIT_USAGE;

	diag_configure(DIAG_WARNING, wants_json());
	if (env_file_read("config/local.env", &file, &err) < 0)
		return diag_err(&err);
	if (env_read(&variables, file, &settings) + check(&settings, &products) == 0)
		code = begin(o, &settings, products);
	products_free(products);
	env_file_free(file);
	return code;
}

int main(int argc, char **argv)
{
	struct job_runner options = {.dry_run = false};

	prog_begin(&program, &options, &options.common, argc, argv);
	return prog_end(run(&options));
}
