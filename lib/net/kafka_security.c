#include "net/kafka_security.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "net/trust.h"

enum {
	VALUE_MAX = 512,	  /* bytes of a property's value, for messages */
	KEY_MAX = 1024 * 1024,	  /* bytes of a file with a key */
	SCRAM_FIXED = 0x020601ff, /* librdkafka 2.6.1 */
};

/* TLS alerts. */
enum {
	ALERT_HANDSHAKE = 40,
	ALERT_BAD_CERTIFICATE = 42, /* the first of those about certificates */
	ALERT_UNKNOWN_CA = 48,	    /* the last of them */
	ALERT_REQUIRED = 116,
};

/* Words of librdkafka's and OpenSSL's. */
#define ALERT_NUMBER ": SSL alert number "
#define SASL_ERROR "SASL authentication error: "
#define MECHANISMS "broker's supported mechanisms: "
#define OAUTH_CONFIG "sasl.oauthbearer.config"
#define CALLBACK_FAILED "callback failed: "

/* A property's value, "" where it has none or a longer one. */
struct value {
	char text[VALUE_MAX];
};

static struct value value_of(const rd_kafka_conf_t *conf, const char *name)
{
	struct value value;
	size_t n = sizeof value.text;

	if (rd_kafka_conf_get(conf, name, value.text, &n) != RD_KAFKA_CONF_OK ||
		n > sizeof value.text)
		*value.text = '\0';
	return value;
}

static bool is_set(const rd_kafka_conf_t *conf, const char *name)
{
	size_t n = 0;

	return rd_kafka_conf_get(conf, name, NULL, &n) == RD_KAFKA_CONF_OK && n > 1;
}

static bool begins(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

static bool uses(const rd_kafka_conf_t *conf, const char *part)
{
	return strstr(value_of(conf, "security.protocol").text, part);
}

static bool has_certificate(const rd_kafka_conf_t *conf)
{
	return is_set(conf, "ssl.certificate.location") || is_set(conf, "ssl.certificate.pem") ||
		is_set(conf, "ssl.keystore.location");
}

static bool has_key(const rd_kafka_conf_t *conf)
{
	return is_set(conf, "ssl.key.location") || is_set(conf, "ssl.key.pem") ||
		is_set(conf, "ssl.keystore.location");
}

static int check_file(const rd_kafka_conf_t *conf, const char *name, struct err *err)
{
	struct value path = value_of(conf, name);
	int fd;

	/* librdkafka's word for "look in the usual places". */
	if (!*path.text || strcmp(path.text, "probe") == 0)
		return 0;
	fd = open(path.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_errno(err, EXIT_USAGE, "cannot read '%s', which is %s", path.text, name);
	close(fd);
	return 0;
}

static int check_sasl(const rd_kafka_conf_t *conf, struct err *err)
{
	struct value mechanism = value_of(conf, "sasl.mechanisms");
	bool has_user = is_set(conf, "sasl.username"), has_password = is_set(conf, "sasl.password");

	/* GSSAPI is librdkafka's default, and it has no user names. */
	if (strcmp(mechanism.text, "GSSAPI") == 0 && has_user)
		return err_set(err, EXIT_USAGE,
			"cannot use SASL with a user name: no mechanism is named "
			"(KAFKA_SASL_MECHANISM or sasl.mechanism)");
	if (!begins(mechanism.text, "SCRAM-") && strcmp(mechanism.text, "PLAIN") != 0)
		return 0;
	if (!has_user)
		return err_set(err, EXIT_USAGE,
			"cannot use SASL %s: no user is named (KAFKA_SASL_USERNAME or "
			"sasl.username)",
			mechanism.text);
	if (!has_password)
		return err_set(err, EXIT_USAGE,
			"cannot use SASL %s: no password is given (KAFKA_SASL_PASSWORD, "
			"KAFKA_SASL_PASSWORD_FILE or sasl.password)",
			mechanism.text);
	return 0;
}

int kafka_security_check(const rd_kafka_conf_t *conf, struct err *err)
{
	static const char *const files[] = {"ssl.ca.location", "ssl.certificate.location",
		"ssl.key.location", "ssl.keystore.location", "ssl.crl.location"};

	for (size_t i = 0; uses(conf, "ssl") && i < sizeof files / sizeof *files; i++)
		if (check_file(conf, files[i], err) < 0)
			return -1;
	if (uses(conf, "ssl") && has_certificate(conf) != has_key(conf))
		return err_set(err, EXIT_USAGE, "cannot use TLS with a client %s: %s is missing",
			has_key(conf) ? "key alone" : "certificate alone",
			has_key(conf)
				? "the certificate (KAFKA_CERT_FILE or ssl.certificate.location)"
				: "its key (KAFKA_KEY_FILE or ssl.key.location)");
	return uses(conf, "sasl") ? check_sasl(conf, err) : 0;
}

static void name_authorities(const rd_kafka_conf_t *conf, char *text, size_t size)
{
	struct value path = value_of(conf, "ssl.ca.location");

	if (*path.text && strcmp(path.text, "probe") != 0)
		snprintf(text, size, "'%s'", path.text);
	else if (is_set(conf, "ssl.ca.pem"))
		snprintf(text, size, "ssl.ca.pem");
	else
		snprintf(text, size,
			"the system's list, for want of KAFKA_CA_FILE or ssl.ca.location");
}

/* On a thread of librdkafka. It logs what is written to `why`. */
static int on_certificate(rd_kafka_t *rk, const char *broker, int32_t id, int *fault, int depth,
	const char *der, size_t n, char *why, size_t size, void *opaque)
{
	char host[KAFKA_PEER_MAX], authorities[VALUE_MAX + 2];
	const char *colon = strrchr(broker, ':');
	const struct trust_refused refused = {
		.fault = *fault,
		.depth = depth,
		.der = span_make(der, n),
		.host = host,
		.authorities = authorities,
	};

	(void)id, (void)opaque;
	if (*fault == 0)
		return 1;
	snprintf(host, sizeof host, "%.*s", colon ? (int)(colon - broker) : (int)strlen(broker),
		broker);
	name_authorities(rd_kafka_conf(rk), authorities, sizeof authorities);
	trust_explain(&refused, why, size);
	return 0;
}

void kafka_security_watch(rd_kafka_conf_t *conf)
{
	if (uses(conf, "ssl"))
		rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}

int kafka_security_shown(const char *text)
{
	const char *secret = strstr(text, OAUTH_CONFIG);

	return (int)(secret ? (size_t)(secret - text) + strlen(OAUTH_CONFIG) : strlen(text));
}

const char *kafka_security_distrust(const char *facility, const char *text)
{
	const char *found =
		strcmp(facility, "SSLCERTVRFY") == 0 ? strstr(text, CALLBACK_FAILED) : NULL;

	return found ? found + strlen(CALLBACK_FAILED) : NULL;
}

static bool is_encrypted(const char *path)
{
	struct buf text;
	bool found;

	buf_init(&text, KEY_MAX);
	found = file_read(path, &text, NULL) == 0 && buf_add(&text, span_make("", 1)) == 0 &&
		strstr(text.data, "ENCRYPTED");
	buf_release(&text);
	return found;
}

static void key_failed(const rd_kafka_conf_t *conf, const char *why, struct err *err)
{
	struct value path = value_of(conf, "ssl.key.location");
	bool has_password = is_set(conf, "ssl.key.password");

	if (strstr(why, "mismatch"))
		err_set(err, EXIT_USAGE,
			"cannot use the key in '%s': it does not belong to the certificate in '%s'",
			path.text, value_of(conf, "ssl.certificate.location").text);
	else if (!is_encrypted(path.text))
		err_set(err, EXIT_USAGE, "cannot use the key in '%s': it is no key in PEM",
			path.text);
	else if (has_password)
		err_set(err, EXIT_USAGE, "cannot use the key in '%s': its password is another",
			path.text);
	else
		err_set(err, EXIT_USAGE,
			"cannot use the key in '%s': it is encrypted, and no password is given "
			"(KAFKA_KEY_PASSWORD or ssl.key.password)",
			path.text);
}

void kafka_security_failed(const rd_kafka_conf_t *conf, const char *why, struct err *err)
{
	if (begins(why, "ssl.key.location failed"))
		key_failed(conf, why, err);
	else if (begins(why, "ssl.ca.location failed"))
		err_set(err, EXIT_USAGE, "cannot use '%s': it holds no certificate in PEM",
			value_of(conf, "ssl.ca.location").text);
	else if (begins(why, "ssl.certificate.location failed"))
		err_set(err, EXIT_USAGE, "cannot use '%s': it holds no certificate in PEM",
			value_of(conf, "ssl.certificate.location").text);
	else if (strstr(why, "PKCS#12"))
		err_set(err, EXIT_USAGE,
			"cannot use '%s': it is no PKCS#12 store, or ssl.keystore.password is "
			"not its password",
			value_of(conf, "ssl.keystore.location").text);
	else if (begins(why, "Unsupported SASL mechanism") ||
		begins(why, "No provider for SASL mechanism"))
		err_set(err, EXIT_USAGE,
			"cannot use SASL mechanism '%s': PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 "
			"are known",
			value_of(conf, "sasl.mechanisms").text);
	else
		err_set(err, EXIT_USAGE, "cannot start the Kafka client: %s", why);
}

/* A broker's verdict on our certificate: "... alert bad certificate: SSL alert number 42". It comes
 * after a handshake that looked complete. */
static void explain_alert(struct kafka_client *c, const rd_kafka_conf_t *conf)
{
	const char *what = strstr(c->reason, " alert "), *number = strstr(c->reason, ALERT_NUMBER);
	bool is_named = is_set(conf, "ssl.certificate.location");
	char meaning[64];
	uint64_t alert = 0;

	if (!what || !number || what >= number)
		return;
	what += strlen(" alert ");
	num_u64(span_text(number + strlen(ALERT_NUMBER)), &alert);
	snprintf(meaning, sizeof meaning, "TLS alert %u, %.*s", (unsigned)alert,
		(int)(number - what), what);
	if ((alert == ALERT_HANDSHAKE || alert == ALERT_BAD_CERTIFICATE ||
		    alert == ALERT_REQUIRED) &&
		!has_certificate(conf))
		snprintf(c->reason, sizeof c->reason,
			"it wants a client certificate: KAFKA_CERT_FILE and KAFKA_KEY_FILE, or "
			"ssl.certificate.location and ssl.key.location (%s)",
			meaning);
	else if (has_certificate(conf) &&
		((alert >= ALERT_BAD_CERTIFICATE && alert <= ALERT_UNKNOWN_CA) ||
			alert == ALERT_REQUIRED)) /* it was not even sent, being of others */
		snprintf(c->reason, sizeof c->reason,
			"it does not accept the client certificate%s%s%s (%s)",
			is_named ? " in '" : "", value_of(conf, "ssl.certificate.location").text,
			is_named ? "'" : "", meaning);
}

/* Kafka 4 refuses the nonces of librdkafka before 2.6.1 in the words of a wrong password. */
static void add_scram_hint(struct kafka_client *c, const char *mechanism)
{
	size_t n = strlen(c->reason);

	if (begins(mechanism, "SCRAM-") && rd_kafka_version() < SCRAM_FIXED)
		snprintf(c->reason + n, sizeof c->reason - n,
			"; either the user or the password is wrong, or the broker is of Kafka 4 "
			"or later, which refuses SCRAM by librdkafka %s (it repeats the nonce): "
			"librdkafka 2.6.1 or later, as in Debian 13, works, and so do SASL PLAIN "
			"and mutual TLS",
			rd_kafka_version_str());
}

static void explain_sasl(struct kafka_client *c, const rd_kafka_conf_t *conf)
{
	struct value mechanism = value_of(conf, "sasl.mechanisms");
	struct value user = value_of(conf, "sasl.username");
	const char *taken = strstr(c->reason, MECHANISMS);
	const char *why =
		begins(c->reason, SASL_ERROR) ? c->reason + strlen(SASL_ERROR) : c->reason;
	char reason[KAFKA_REASON_MAX];

	if (taken && !taken[strlen(MECHANISMS)])
		snprintf(reason, sizeof reason,
			"it takes no SASL at this port: security.protocol is to be %s",
			uses(conf, "ssl") ? "SSL" : "PLAINTEXT");
	else if (taken)
		snprintf(reason, sizeof reason,
			"it does not take SASL mechanism %.40s, but %.300s (KAFKA_SASL_MECHANISM or "
			"sasl.mechanism)",
			mechanism.text, taken + strlen(MECHANISMS));
	else
		snprintf(reason, sizeof reason, "it refuses %s%.100s%s with SASL %.20s: %.250s",
			*user.text ? "user '" : "us", user.text, *user.text ? "'" : "",
			mechanism.text, why);
	snprintf(c->reason, sizeof c->reason, "%s", reason);
	if (!taken)
		add_scram_hint(c, mechanism.text);
}

/* A connection that just breaks off may be with a broker that is being restarted, or with one that
 * expects another protocol; releases of librdkafka differ in what they call it. */
static bool is_broken_off(const char *reason)
{
	return strstr(reason, "unexpected eof") || strstr(reason, "Disconnected") ||
		strstr(reason, "reset by peer") || strstr(reason, "Broken pipe");
}

static void explain_broken_off(struct kafka_client *c, const rd_kafka_conf_t *conf)
{
	bool tls = uses(conf, "ssl"), sasl = uses(conf, "sasl");

	if (c->reached)
		return;
	if (tls && (strstr(c->reason, "handshake") || strstr(c->reason, "unexpected eof")))
		snprintf(c->reason, sizeof c->reason,
			"it breaks off the TLS handshake; perhaps it speaks no TLS at this port "
			"(security.protocol is %s)",
			value_of(conf, "security.protocol").text);
	else if (!tls && strstr(c->reason, "ApiVersion"))
		snprintf(c->reason, sizeof c->reason,
			"it hangs up; perhaps it wants TLS at this port: KAFKA_SECURITY_PROTOCOL or "
			"security.protocol=%s",
			sasl ? "SASL_SSL" : "SSL or SASL_SSL");
	else if (!sasl && (strstr(c->reason, "SASL") || strstr(c->reason, "Send failed")))
		snprintf(c->reason, sizeof c->reason,
			"it hangs up; perhaps it wants SASL at this port: KAFKA_SECURITY_PROTOCOL "
			"or security.protocol=%s",
			tls ? "SASL_SSL" : "SASL_PLAINTEXT");
}

bool kafka_security_explain(struct kafka_client *c, int error)
{
	const rd_kafka_conf_t *conf = rd_kafka_conf(c->rk);

	if (strstr(c->reason, ALERT_NUMBER)) {
		explain_alert(c, conf);
		return true;
	}
	if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
		explain_sasl(c, conf);
		return true;
	}
	if (is_broken_off(c->reason)) {
		explain_broken_off(c, conf);
		return false;
	}
	/* A handshake that fails at once is a transport's failure to librdkafka. */
	if (error != RD_KAFKA_RESP_ERR__SSL && !strstr(c->reason, "SSL routines:"))
		return false;
	if (strstr(c->reason, "certificate verify failed") && *c->distrust)
		snprintf(c->reason, sizeof c->reason, "%s", c->distrust);
	else if (strstr(c->reason, "wrong version number"))
		snprintf(c->reason, sizeof c->reason,
			"it speaks no TLS at this port (security.protocol is %s)",
			value_of(conf, "security.protocol").text);
	return true;
}

bool kafka_security_explain_fatal(struct kafka_client *c, int error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		snprintf(c->reason, sizeof c->reason,
			"no right to publish: it takes Write on the topic (and before Kafka 2.8 "
			"IdempotentWrite on the cluster)");
		return true;
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
		snprintf(c->reason, sizeof c->reason,
			"no right to the transactional id: it takes Write and Describe on it");
		return true;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return true;
	default:
		return false;
	}
}
