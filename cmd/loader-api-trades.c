/*
 * loader-api-trades: one symbol's history from Binance into Kafka, as a job: in place of
 * StreamForge's service of that name, by the same variables.
 *
 * stdin, stdout: nothing; with --dry-run the pipeline as a shell command.
 * Exit: 0 all is in the topic, or a command stopped it; 1 failed: run it again; 2 a variable, or
 * what it names, is wrong; 3 finished with trades missing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/num.h"
#include "base/prog.h"
#include "base/stamp.h"
#include "job/env.h"
#include "job/job.h"
#include "job/pipeline.h"
#include "job/service.h"
#include "job/time_range.h"

/* As with the service, brokers that make topics by themselves do so. */
#define CREATION "allow.auto.create.topics=true"

enum {
	ID_MAX = 1024,
	LIMIT_MAX = 1000,
	SYMBOL_MAX = 64,
	CONNECT_MS = 10 * 1000,
	INTERVAL_MS = 5 * 1000,
};

static const struct opt_program program = {
	.name = "loader-api-trades",
	.summary = "Load a symbol's trades from Binance into Kafka, as environment variables say.",
	.tables = {{job_runner_rows, 0}, {prog_options, offsetof(struct job_runner, common)}},
};

struct settings {
	const char *queue_id, *symbol, *type;
	const char *topic;
	const char *time_range;
	uint64_t limit;
	struct service_kafka kafka;
	const char *control_topic, *events_topic;
	const char *api_key, *api_secret;
	const char *producer;
	const char *max_retry_time;
	int once;   /* enum service_once */
	int source; /* index into sources */
	int format; /* enum event_format */
};

static const char *const sources[] = {"auto", "archive", "api", NULL};

static const char *check_symbol(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return !text[n] && n <= SYMBOL_MAX ? NULL : "a symbol has letters and digits alone";
}

static const char *check_duration(const char *text)
{
	uint64_t ms;

	return num_duration(span_text(text), &ms) == 0 ? NULL : "not a duration such as 10m";
}

static const char *check_range(const char *text)
{
	struct time_range range;

	return time_range_parse(text, &range);
}

static const struct env_row rows[] = {
	{.kind = ENV_OTHER,
		.name = "QUEUE_ID",
		.help = "the job's name in events and commands",
		.required = true,
		.check = job_check_queue_id,
		.at = offsetof(struct settings, queue_id)},
	{.kind = ENV_OTHER,
		.name = "SYMBOL",
		.help = "what is loaded, as Binance names it: BTCUSDT",
		.required = true,
		.check = check_symbol,
		.at = offsetof(struct settings, symbol)},
	{.kind = ENV_TEXT,
		.name = "TYPE",
		.help = "what events say is the kind of load",
		.at = offsetof(struct settings, type)},
	{.kind = ENV_OTHER,
		.name = "KAFKA_TOPIC",
		.help = "where records go; the topic must be there",
		.required = true,
		.check = service_check_topic,
		.at = offsetof(struct settings, topic)},
	{.kind = ENV_OTHER,
		.name = "TIME_RANGE",
		.help = "two dates, START:END, in UTC; the end is not loaded",
		.required = true,
		.check = check_range,
		.at = offsetof(struct settings, time_range)},
	{.kind = ENV_U64,
		.name = "LIMIT",
		.help = "how many trades one request asks for",
		.preset = "1000",
		.lo = 1,
		.hi = LIMIT_MAX,
		.at = offsetof(struct settings, limit)},
	{.kind = ENV_TEXT,
		.name = "KAFKA_BOOTSTRAP_SERVERS",
		.help = "brokers to begin with: HOST:PORT,...",
		.required = true,
		.at = offsetof(struct settings, kafka.brokers)},
	{.kind = ENV_TEXT,
		.name = "KAFKA_USER_PRODUCER",
		.help = "user for SASL_SSL with SCRAM-SHA-512; none: plain text",
		.at = offsetof(struct settings, kafka.user)},
	{.kind = ENV_SECRET,
		.name = "KAFKA_PASSWORD_PRODUCER",
		.help = "the user's password",
		.at = offsetof(struct settings, kafka.password)},
	{.kind = ENV_FILE,
		.name = "CA_PATH",
		.help = "PEM file of the authority that brokers' certificates are from",
		.at = offsetof(struct settings, kafka.ca_file)},
	{.kind = ENV_OTHER,
		.name = "QUEUE_CONTROL_TOPIC",
		.help = "where commands come from",
		.preset = "queue-control",
		.check = service_check_topic,
		.at = offsetof(struct settings, control_topic)},
	{.kind = ENV_OTHER,
		.name = "QUEUE_EVENTS_TOPIC",
		.help = "where events go",
		.preset = "queue-events",
		.check = service_check_topic,
		.at = offsetof(struct settings, events_topic)},
	{.kind = ENV_SECRET,
		.name = "BINANCE_API_KEY",
		.help = "sent with each request",
		.at = offsetof(struct settings, api_key)},
	{.kind = ENV_SECRET,
		.name = "BINANCE_API_SECRET",
		.help = "accepted, and not used",
		.at = offsetof(struct settings, api_secret)},
	{.kind = ENV_TEXT,
		.name = "TELEMETRY_PRODUCER_ID",
		.help = "what events say of who sends them",
		.at = offsetof(struct settings, producer)},
	{.kind = ENV_CHOICE,
		.name = "EXACTLY_ONCE",
		.help = "publish in transactions: where the cluster lets it, always, or never",
		.preset = "auto",
		.choices = service_once_names,
		.at = offsetof(struct settings, once)},
	{.kind = ENV_CHOICE,
		.name = "SOURCE",
		.help = "where trades come from: archives where they are faster, them alone, or the API",
		.preset = "auto",
		.choices = sources,
		.at = offsetof(struct settings, source)},
	{.kind = ENV_OTHER,
		.name = "MAX_RETRY_TIME",
		.help = "how long a request may fail before the load does",
		.preset = "10m",
		.check = check_duration,
		.at = offsetof(struct settings, max_retry_time)},
	{.kind = ENV_CHOICE,
		.name = "EVENTS_FORMAT",
		.help = "the shape of events",
		.preset = "streamforge",
		.choices = event_formats,
		.at = offsetof(struct settings, format)},
	{.name = NULL},
};

static const struct env_program variables = {.rows = rows};

/* The trades that are asked for, and of those that were published before the last
 * one; NULL: none. */
struct load {
	const struct settings *settings;
	const struct prog_options *common;
	struct time_range range;
	struct kafka_options connection;
	struct service_topic topic;
	struct buf last;
	struct words words;
	struct buf id;
	bool once, resumes;
};

static void add_dump(struct words *words, const struct load *load)
{
	const struct settings *s = load->settings;

	words_add(words, "binance-aggtrades-dump");
	service_pass_on(words, load->common, "binance-aggtrades-dump");
	words_addf(words, "--source=%s", sources[s->source]);
	words_addf(words, "--page-size=%llu", (unsigned long long)s->limit);
	words_addf(words, "--max-retry-time=%s", s->max_retry_time);
	words_addf(words, "--since=%s", load->range.since);
	words_addf(words, "--until=%s", load->range.until);
	if (load->resumes)
		words_add(words, "--resume=-");
	words_add(words, s->symbol);
}

static void add_publish(struct words *words, const struct load *load)
{
	const struct settings *s = load->settings;

	words_add(words, "kafka-publish");
	service_pass_on(words, load->common, "kafka-publish");
	words_addf(words, "--topic=%s", s->topic);
	words_add(words, "--key=none");
	words_add(words, "--property=" CREATION);
	if (!load->once)
		return;
	words_addf(words, "--exactly-once=%s", load->topic.id);
	/* What is missing of a history is for the dump to tell, and other loads may be
	 * in the topic. */
	words_add_all(words,
		(const char *const[]){"--stream=@binance,symbol", "--begin", "--allow-gaps", NULL});
}

static void make_words(struct words *words, const struct load *load)
{
	add_dump(words, load);
	words_add_all(
		words, (const char *const[]){"|", "trade-normalize", "--schema=aggtrade", NULL});
	service_pass_on(words, load->common, "trade-normalize");
	words_add(words, "|");
	add_publish(words, load);
}

/* A job that was started again goes on behind what it has published. */
static int find_last(struct load *load, struct err *err)
{
	if (service_ask(&load->topic, &load->last, err) < 0)
		return -1;
	load->resumes = load->last.len > 0;
	if (load->resumes)
		diag_info("going on behind the last trade that was published");
	return load->resumes ? service_feed(buf_span(&load->last), err) : 0;
}

static int prepare(struct load *load, struct err *err)
{
	int once = service_decide((enum service_once)load->settings->once, &load->topic, err);

	load->once = once > 0;
	return once > 0 ? find_last(load, err) : once;
}

static struct pipeline *parse(struct load *load, struct err *err)
{
	make_words(&load->words, load);
	return job_parse(load->words.items, load->common, err);
}

static struct pipeline *make(void *arg, struct err *err)
{
	struct load *load = arg;

	return prepare(load, err) == 0 ? parse(load, err) : NULL;
}

static struct job_options options_of_job(const struct settings *s)
{
	return (struct job_options){
		.queue_id = s->queue_id,
		.symbol = s->symbol,
		.type = s->type,
		.producer = s->producer,
		.events_topic = s->events_topic,
		.control_topic = s->control_topic,
		.events_format = s->format,
		.interval_ms = INTERVAL_MS,
	};
}

/* What rows cannot say. */
static size_t check(const struct settings *s)
{
	if (s->kafka.user && !s->kafka.password) {
		env_fault("KAFKA_PASSWORD_PRODUCER", NULL,
			"it is missing beside KAFKA_USER_PRODUCER");
		return 1;
	}
	return 0;
}

/* Another symbol or range is another load: what one has published says nothing of the other. */
static void name_load(struct load *load)
{
	const struct settings *s = load->settings;

	buf_init(&load->id, ID_MAX);
	buf_printf(&load->id, "%s.%s.%s.%s", s->queue_id, s->symbol, load->range.since,
		load->range.until);
	load->topic.id = load->id.data;
}

/* What stages are to know, and what nobody is. */
static void share_secrets(const struct settings *s)
{
	unsetenv("BINANCE_API_SECRET");
	unsetenv("KAFKA_PASSWORD_PRODUCER");
	if (s->api_key)
		setenv("BINANCE_API_KEY", s->api_key, 1);
}

static int load(const struct job_runner *o, const struct settings *s)
{
	const struct job_options job = options_of_job(s);
	struct load load = {.settings = s,
		.common = &o->common,
		.connection = {.brokers = s->kafka.brokers,
			.properties = {.items = {CREATION}, .n = 1},
			.connect_ms = CONNECT_MS},
		.topic = {.name = s->topic},
		.once = s->once != SERVICE_NO};
	const struct job_settings settings = {
		.options = &job,
		.connection = &load.connection,
		.kafka_user = s->kafka.user,
		.kafka_topic = s->topic,
		.began_ns = stamp_now(),
	};
	struct err err;
	int code;

	load.topic.connection = &load.connection;
	time_range_parse(s->time_range, &load.range);
	name_load(&load);
	buf_init(&load.last, SERVICE_LAST_MAX);
	if (o->dry_run)
		code = job_show(parse(&load, &err));
	else
		code = job_execute(&settings, &o->common, make, &load);
	buf_release(&load.last);
	buf_release(&load.id);
	words_release(&load.words);
	return code;
}

static int run(const struct job_runner *o)
{
	struct settings settings;
	struct env_file *file;
	struct err err;
	int code = EXIT_USAGE;

	if (env_file_read(".env", &file, &err) < 0)
		return diag_err(&err);
	if (env_read(&variables, file, &settings) + check(&settings) == 0) {
		service_prepare(&settings.kafka);
		share_secrets(&settings);
		code = load(o, &settings);
	}
	env_file_free(file);
	return code;
}

int main(int argc, char **argv)
{
	struct job_runner options = {.dry_run = false};

	prog_begin(&program, &options, &options.common, argc, argv);
	return prog_end(run(&options));
}
