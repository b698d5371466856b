#include "net/kafka_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"
#include "base/stamp.h"
#include "base/wait.h"
#include "net/kafka_security.h"

enum {
	/* rd_kafka_metadata() cannot be interrupted, so that it is asked in slices. They grow,
	 * since an answer that takes longer than its slice is lost; the last ones cover any round
	 * trip that a delivery could live with. */
	ASK_FIRST_MS = 200,
	ASK_LAST_MS = 2000,
};

/* The levels are syslog's. What troubles a connection comes as an error as well, but for the reason
 * why a certificate was refused, which kafka_security_watch() sends this way. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	struct kafka_client *c = rd_kafka_opaque(rk);
	const char *distrust = kafka_security_distrust(facility, text);
	int shown = kafka_security_shown(text);

	if (distrust && c)
		snprintf(c->distrust, sizeof c->distrust, "%s", distrust);
	if (strcmp(facility, "CONFWARN") == 0)
		diag_warning("librdkafka: %.*s", shown, text);
	else if (level <= 4)
		diag_info("librdkafka: %s: %.*s", facility, shown, text);
	else
		diag_debug("librdkafka: %s: %.*s", facility, shown, text);
}

/* Splits "ssl://host:9092/bootstrap: Connect to ... failed: Connection refused" into the broker,
 * which is kept, and the rest, which is returned. */
static const char *keep_peer(struct kafka_client *c, const char *text)
{
	const char *scheme = strstr(text, "://"), *space = strchr(text, ' ');
	const char *host = scheme && (!space || scheme < space) ? scheme + 3 : text;
	const char *slash = strchr(host, '/'), *colon = slash ? strstr(slash, ": ") : NULL;

	*c->peer = '\0';
	if (!colon || !space || colon > space)
		return text;
	snprintf(c->peer, sizeof c->peer, "%.*s", (int)(slash - host), host);
	return colon + 2;
}

/* Keeps a reason without what librdkafka adds for its own developers, " (after 0ms in state
 * CONNECT)", and without its guesses about the configuration once that has proved to work. */
static void keep_reason(struct kafka_client *c, const char *text)
{
	const char *from = keep_peer(c, text);
	const char *ends[] = {strstr(from, " (after "),
		c->reached ? strstr(from, ": verify that ") : NULL,
		c->reached ? strstr(from, ": probably due to ") : NULL};
	const char *end = from + kafka_security_shown(from);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends[i] && ends[i] < end)
			end = ends[i];
	snprintf(c->reason, sizeof c->reason, "%.*s", (int)(end - from), from);
}

static void on_fatal(struct kafka_client *c)
{
	rd_kafka_resp_err_t error = rd_kafka_fatal_error(c->rk, c->reason, sizeof c->reason);

	c->fatal = true;
	c->no_right = kafka_security_explain_fatal(c, error);
}

/* Brokers close idle connections, which is no trouble as long as nothing is to be sent. */
static void on_all_down(struct kafka_client *c)
{
	if (!c->reached || !c->outstanding || c->complained)
		return;
	c->complained = true;
	diag_event(DIAG_WARNING, "broker_unreachable",
		"cannot reach a broker at '%s': %s; trying on", c->brokers, c->reason);
}

static void on_error(rd_kafka_t *rk, int error, const char *text, void *opaque)
{
	struct kafka_client *c = opaque;

	(void)rk;
	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		on_fatal(c);
		return;
	}
	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		on_all_down(c);
		return;
	}
	/* The next attempt may well just be broken off. */
	if (c->refused && !c->reached)
		return;
	keep_reason(c, text);
	if (kafka_security_explain(c, error))
		c->refused = true;
}

static int make_wake(struct kafka_client *c, struct err *err)
{
	if (pipe(c->wake) < 0) {
		c->wake[0] = c->wake[1] = -1;
		return err_errno(err, EXIT_FAILED, "cannot create a pipe");
	}
	for (int i = 0; i < 2; i++) {
		fcntl(c->wake[i], F_SETFL, O_NONBLOCK);
		fcntl(c->wake[i], F_SETFD, FD_CLOEXEC);
	}
	return 0;
}

static char *brokers_of(const rd_kafka_conf_t *conf)
{
	char text[1024];
	size_t n = sizeof text;

	if (rd_kafka_conf_get(conf, "bootstrap.servers", text, &n) != RD_KAFKA_CONF_OK)
		return mem_text("?");
	return mem_text(text);
}

int kafka_client_start(
	struct kafka_client *c, rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *err)
{
	rd_kafka_queue_t *queue;
	char why[512];

	if (make_wake(c, err) < 0) {
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	c->brokers = brokers_of(conf);
	if (kafka_security_check(conf, err) < 0) {
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	kafka_security_watch(conf);
	rd_kafka_conf_set_opaque(conf, c);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set(conf, "log.queue", "true", NULL, 0);
	sig_shield();
	c->rk = rd_kafka_new(type, conf, why, sizeof why);
	sig_unshield();
	if (!c->rk) {
		kafka_security_failed(conf, why, err);
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	rd_kafka_set_log_queue(c->rk, NULL);
	queue = rd_kafka_queue_get_main(c->rk);
	rd_kafka_queue_io_event_enable(queue, c->wake[1], "", 1);
	rd_kafka_queue_destroy(queue);
	return 0;
}

uint64_t kafka_client_property(const rd_kafka_conf_t *conf, const char *name)
{
	char text[NUM_U64_MAX + 1];
	size_t n = sizeof text;
	uint64_t value;

	if (rd_kafka_conf_get(conf, name, text, &n) != RD_KAFKA_CONF_OK ||
		num_u64(span_text(text), &value) < 0)
		return 0;
	return value;
}

void kafka_client_serve(struct kafka_client *c)
{
	char bytes[64];

	/* librdkafka wakes once between two calls of rd_kafka_poll(), so the pipe comes first. */
	while (read(c->wake[0], bytes, sizeof bytes) > 0)
		;
	rd_kafka_poll(c->rk, 0);
}

void kafka_client_wait(struct kafka_client *c, int64_t timeout_ms)
{
	wait_readable(-1, c->wake[0], timeout_ms);
	kafka_client_serve(c);
}

void kafka_client_flush(struct kafka_client *c, int timeout_ms)
{
	rd_kafka_flush(c->rk, timeout_ms);
	wait_duty();
}

int kafka_client_ask(struct kafka_client *c, rd_kafka_topic_t *topic, int64_t deadline,
	const struct rd_kafka_metadata **metadata, struct err *err)
{
	int64_t slice = ASK_FIRST_MS;

	for (;;) {
		int64_t left = (deadline - stamp_monotonic()) / STAMP_NS_PER_MS;
		int64_t most = left < 1 ? 1 : left < slice ? left : slice;
		int result = rd_kafka_metadata(c->rk, 0, topic, metadata, (int)most);

		kafka_client_serve(c);
		wait_duty();
		if (result == RD_KAFKA_RESP_ERR_NO_ERROR) {
			c->reached = true;
			return 0;
		}
		if (sig_stops())
			return err_set(err, EXIT_DONE, "stopped by a signal");
		if (c->refused)
			return err_set(err, EXIT_USAGE, "cannot use the broker at '%s': %s",
				*c->peer ? c->peer : c->brokers, c->reason);
		if (left < 1)
			return err_set(err, EXIT_FAILED, "cannot reach a broker at '%s': %s",
				c->brokers, *c->reason ? c->reason : "no answer");
		slice = slice * 2 > ASK_LAST_MS ? ASK_LAST_MS : slice * 2;
	}
}

bool kafka_client_is_denied(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
		error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

rd_kafka_resp_err_t kafka_client_denial(struct kafka_client *c)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_message_t *m;

	while (!error && (m = rd_kafka_consumer_poll(c->rk, 0))) {
		error = kafka_client_is_denied(m->err) ? m->err : RD_KAFKA_RESP_ERR_NO_ERROR;
		rd_kafka_message_destroy(m);
	}
	return error;
}

void kafka_client_release(struct kafka_client *c)
{
	if (c->rk)
		rd_kafka_destroy(c->rk);
	c->rk = NULL;
	for (int i = 0; i < 2; i++) {
		if (c->wake[i] >= 0)
			close(c->wake[i]);
		c->wake[i] = -1;
	}
	free(c->brokers);
	c->brokers = NULL;
}
