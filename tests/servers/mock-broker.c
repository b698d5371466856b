/*
 * The broker that librdkafka has built in, as a program: for the demo, and for tests that inject
 * errors. It keeps its topics in memory, a few MB a partition, and loses what is committed in
 * transactions.
 *
 * The first line on stdout is its address. It ends with 0 on SIGTERM, SIGINT or SIGHUP, when its
 * parent has died, and with --stdin at the end of its input.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum {
	BROKER_COUNT = 1,
	BROKER_ID = 1,
	/* Numbers of the Kafka protocol: the request for metadata, and the first version of it in
	 * which a client says whether a missing topic may be created. */
	API_METADATA = 3,
	METADATA_WITH_AUTO_CREATE = 4,
	/* The first release whose built-in broker offers that version by itself. */
	RDKAFKA_OFFERS_IT = 0x02010000,
	ERRORS_MAX = 1000,
	PARTITIONS_MAX = 10000,
	RTT_MS_MAX = 3600 * 1000,
};

static const char usage[] =
	"usage: mock-broker [OPTION]...\n"
	"\n"
	"  -t, --topic NAME[:PARTITIONS]   a topic (repeatable; default: 1 partition)\n"
	"      --missing NAME              this topic stays missing, whoever asks for it\n"
	"                                  (repeatable); any other is created, with 4\n"
	"                                  partitions, for a client that does not set\n"
	"                                  allow.auto.create.topics=false\n"
	"      --push-errors KEY:ERR[,ERR]...\n"
	"                                  the next requests with this API key are answered\n"
	"                                  with these error codes, one each; 0 is none\n"
	"                                  (repeatable)\n"
	"      --rtt MS                    answers take this long\n"
	"      --ready-file FILE           gets the address too, once it is served\n"
	"      --stdin                     ends at the end of stdin\n"
	"  -h, --help\n";

static const struct option options[] = {
	{"topic", required_argument, NULL, 't'},
	{"missing", required_argument, NULL, 'm'},
	{"push-errors", required_argument, NULL, 'e'},
	{"rtt", required_argument, NULL, 'r'},
	{"ready-file", required_argument, NULL, 'f'},
	{"stdin", no_argument, NULL, 'i'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* Written by a signal handler, read by poll: a signal between a test and a wait is not missed. */
static int wake[2];

/* Without librdkafka's own clearing up, which takes a second and is of no use to anybody here. */
static _Noreturn void finish(int status)
{
	fflush(NULL);
	_exit(status);
}

static void die(int status, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

static void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("mock-broker: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	finish(status);
}

/* The whole of text, up to end, must be a number from min to max. */
static long number(const char *option, const char *text, const char *end, long min, long max)
{
	char *stop;
	long value;

	errno = 0;
	value = strtol(text, &stop, 10);
	if (stop == text || stop != end || errno != 0 || value < min || value > max)
		die(2, "option '%s': '%.*s' is no number from %ld to %ld", option,
			(int)(end - text), text, min, max);
	return value;
}

static void create_topic(rd_kafka_mock_cluster_t *cluster, const char *text)
{
	const char *colon = strchr(text, ':');
	char *name = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
	long partitions = 1;
	rd_kafka_resp_err_t err;

	if (colon)
		partitions = number("--topic", colon + 1, text + strlen(text), 1, PARTITIONS_MAX);
	if (!name || !*name)
		die(2, "option '--topic': '%s' has no name", text);
	err = rd_kafka_mock_topic_create(cluster, name, (int)partitions, 1);
	if (err)
		die(1, "cannot create topic '%s': %s", name, rd_kafka_err2str(err));
	free(name);
}

static void push_errors(rd_kafka_mock_cluster_t *cluster, const char *text)
{
	static rd_kafka_resp_err_t errors[ERRORS_MAX];
	const char *end = strchr(text, ':');
	size_t n = 0;
	long key;

	if (!end)
		die(2, "option '--push-errors': '%s' is not KEY:ERR,ERR", text);
	key = number("--push-errors", text, end, 0, INT16_MAX);
	do {
		const char *start = end + 1;

		if (n == ERRORS_MAX)
			die(2, "option '--push-errors': more than %d errors", ERRORS_MAX);
		end = start + strcspn(start, ",");
		errors[n++] = (rd_kafka_resp_err_t)number(
			"--push-errors", start, end, INT16_MIN, INT16_MAX);
	} while (*end);
	rd_kafka_mock_push_request_errors_array(cluster, (int16_t)key, n, errors);
}

/* A reader that waits for the file to appear must find it whole. */
static void write_ready_file(const char *path, const char *address)
{
	size_t size = strlen(path) + sizeof(".new");
	char *new_path = malloc(size);
	FILE *file;

	if (!new_path)
		die(1, "out of memory");
	snprintf(new_path, size, "%s.new", path);
	file = fopen(new_path, "w");
	if (!file || fprintf(file, "%s\n", address) < 0 || fclose(file) != 0 ||
		rename(new_path, path) != 0)
		die(1, "cannot write '%s': %s", path, strerror(errno));
	free(new_path);
}

static void on_signal(int sig)
{
	int saved = errno;

	(void)sig;
	if (write(wake[1], "", 1) < 0) {
		/* The pipe is full of earlier signals. */
	}
	errno = saved;
}

static void catch_signals(pid_t parent)
{
	struct sigaction action = {.sa_handler = on_signal};
	const int signals[] = {SIGTERM, SIGINT, SIGHUP};

	if (pipe(wake) != 0 || fcntl(wake[1], F_SETFL, O_NONBLOCK) != 0)
		die(1, "cannot make a pipe: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		die(1, "cannot watch the parent process: %s", strerror(errno));
	/* It may have died before it was watched. */
	if (getppid() != parent)
		on_signal(SIGTERM);
}

static void await_end(bool watch_stdin)
{
	struct pollfd fds[] = {
		{.fd = wake[0], .events = POLLIN},
		{.fd = watch_stdin ? STDIN_FILENO : -1, .events = POLLIN},
	};
	char scratch[4096];

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			die(1, "cannot wait: %s", strerror(errno));
		}
		if (fds[0].revents)
			return;
		if (fds[1].revents && read(STDIN_FILENO, scratch, sizeof(scratch)) <= 0)
			return;
	}
}

static rd_kafka_t *new_handle(void)
{
	char reason[512];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *rk;

	/* The handle never connects: it only carries the cluster. */
	rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
	if (!rk)
		die(1, "cannot start: %s", reason);
	return rk;
}

static rd_kafka_mock_cluster_t *new_cluster(rd_kafka_t *rk)
{
	rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, BROKER_COUNT);

	if (!cluster)
		die(1, "cannot start the cluster");
	/* librdkafka 2.0 implements the flag but does not offer the version that has it. */
	if (rd_kafka_version() < RDKAFKA_OFFERS_IT)
		rd_kafka_mock_set_apiversion(cluster, API_METADATA, 0, METADATA_WITH_AUTO_CREATE);
	return cluster;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	const char *ready_file = NULL;
	bool watch_stdin = false;
	rd_kafka_mock_cluster_t *cluster;
	rd_kafka_t *rk;
	int option;

	catch_signals(parent);
	rk = new_handle();
	cluster = new_cluster(rk);
	while ((option = getopt_long(argc, argv, "t:h", options, NULL)) != -1) {
		switch (option) {
		case 't':
			create_topic(cluster, optarg);
			break;
		case 'm':
			rd_kafka_mock_topic_set_error(
				cluster, optarg, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
			break;
		case 'e':
			push_errors(cluster, optarg);
			break;
		case 'r':
			rd_kafka_mock_broker_set_rtt(cluster, BROKER_ID,
				(int)number(
					"--rtt", optarg, optarg + strlen(optarg), 0, RTT_MS_MAX));
			break;
		case 'f':
			ready_file = optarg;
			break;
		case 'i':
			watch_stdin = true;
			break;
		case 'h':
			fputs(usage, stdout);
			finish(0);
		default:
			finish(2);
		}
	}
	if (optind < argc)
		die(2, "too many arguments");
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	if (fflush(stdout) != 0)
		die(1, "cannot write the address: %s", strerror(errno));
	if (ready_file)
		write_ready_file(ready_file, rd_kafka_mock_cluster_bootstraps(cluster));
	await_end(watch_stdin);
	finish(0);
}
