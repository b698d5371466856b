#include "net/trust.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/trust_priv.h"

enum { NAMES_MAX = 300 }; /* bytes of the names in a message; further ones are left out */

const char *trust_failure(void)
{
	return ERR_reason_error_string(ERR_peek_error());
}

static const char *reason(void)
{
	const char *text = trust_failure();
	return text ? text : "OpenSSL gives no reason";
}

SSL_CTX *trust_new(const char *ca_file, struct err *err)
{
	SSL_CTX *trust;

	if (ca_file && access(ca_file, R_OK) < 0) {
		err_errno(err, EXIT_USAGE, "cannot read certificates from '%s'", ca_file);
		return NULL;
	}
	ERR_clear_error();
	trust = SSL_CTX_new(TLS_client_method());
	/* What the administrator asks for may be more. */
	if (!trust ||
		(SSL_CTX_get_min_proto_version(trust) < TLS1_2_VERSION &&
			SSL_CTX_set_min_proto_version(trust, TLS1_2_VERSION) != 1)) {
		err_set(err, EXIT_FAILED, "cannot set up TLS: %s", reason());
		SSL_CTX_free(trust);
		return NULL;
	}
	SSL_CTX_set_verify(trust, SSL_VERIFY_PEER, NULL);
	if (ca_file && SSL_CTX_load_verify_locations(trust, ca_file, NULL) != 1) {
		err_set(err, EXIT_USAGE, "cannot read certificates from '%s': %s", ca_file,
			reason());
		SSL_CTX_free(trust);
		return NULL;
	}
	return trust;
}

/* The system's certificates take some 20 ms to read, which a connection without TLS
 * need not pay. */
static void load_system(SSL_CTX *trust)
{
	X509_STORE *store = SSL_CTX_get_cert_store(trust);

	if (sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) == 0)
		SSL_CTX_set_default_verify_paths(trust);
}

int trust_expect(SSL_CTX *trust, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(trust);

	load_system(trust);
	ERR_clear_error(); /* errors are kept until somebody reads them */
	/* The common name is for people (RFC 9525, 2). */
	X509_VERIFY_PARAM_set_hostflags(
		param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	X509_VERIFY_PARAM_set1_ip(param, NULL, 0);
	X509_VERIFY_PARAM_set1_host(param, NULL, 0);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return 0;
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 ? 0 : -1;
}

/* Adds one of the names that a certificate is for, in quotes. */
static void add_name(struct buf *names, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];
	const ASN1_STRING *value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
	const unsigned char *bytes = ASN1_STRING_get0_data(value);
	int n = ASN1_STRING_length(value);

	if (name->type == GEN_DNS)
		buf_printf(names, "%s'%.*s'", names->len ? ", " : "", n, (const char *)bytes);
	else if ((n == 4 || n == 16) &&
		inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text))
		buf_printf(names, "%s'%s'", names->len ? ", " : "", text);
}

static void add_names(struct buf *names, X509 *certificate)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		if (name->type == GEN_DNS || name->type == GEN_IPADD)
			add_name(names, name);
	}
	GENERAL_NAMES_free(all);
}

static bool is_about_name(int fault)
{
	return fault == X509_V_ERR_HOSTNAME_MISMATCH || fault == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

static bool is_about_authority(int fault)
{
	return fault == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
		fault == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		fault == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
		fault == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
		fault == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

void trust_refusal(X509_STORE_CTX *store, const char *host, char *text, size_t size)
{
	int fault = X509_STORE_CTX_get_error(store);
	struct buf names;

	if (!is_about_name(fault)) {
		snprintf(text, size, "the certificate of '%s' is not trusted: %s", host,
			X509_verify_cert_error_string(fault));
		return;
	}
	buf_init(&names, NAMES_MAX);
	add_names(&names, X509_STORE_CTX_get0_cert(store));
	snprintf(text, size, "the certificate is for %.*s, not for '%s'",
		names.len ? (int)names.len : 9, names.len ? names.data : "no server", host);
	buf_release(&names);
}

/* "CN=x,O=y", most special first. */
static void write_subject(X509 *certificate, char *text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && certificate &&
		X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >=
			0)
		n = BIO_read(bio, text, (int)size - 1);
	text[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

void trust_explain(const struct trust_refused *refused, char *text, size_t size)
{
	const unsigned char *der = (const unsigned char *)refused->der.p;
	X509 *certificate = d2i_X509(NULL, &der, (long)refused->der.n);
	const char *whose = refused->depth ? "the certificate of its authority" : "its certificate";
	const char *why = X509_verify_cert_error_string(refused->fault);
	char subject[NAMES_MAX];
	struct buf names;

	buf_init(&names, NAMES_MAX);
	if (certificate)
		add_names(&names, certificate);
	write_subject(certificate, subject, sizeof subject);
	if (is_about_name(refused->fault))
		snprintf(text, size, "its certificate, of '%s', is for %.*s, not for '%s'", subject,
			names.len ? (int)names.len : 9, names.len ? names.data : "no server",
			refused->host);
	else if (is_about_authority(refused->fault))
		snprintf(text, size, "%s, of '%s', is signed by no authority in %s (%s)", whose,
			subject, refused->authorities, why);
	else
		snprintf(text, size, "%s, of '%s', is not trusted: %s", whose, subject, why);
	buf_release(&names);
	X509_free(certificate);
}

void trust_free(SSL_CTX *trust)
{
	SSL_CTX_free(trust);
}
