/*
 * Whom TLS trusts: the certificates to believe in, the name to expect, and why one was refused, in
 * words. Verification cannot be turned off.
 */
#ifndef TRADEPIPE_NET_TRUST_H
#define TRADEPIPE_NET_TRUST_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct ssl_ctx_st;	  /* OpenSSL's SSL_CTX */
struct x509_store_ctx_st; /* OpenSSL's X509_STORE_CTX */

/* A client's TLS settings: TLS 1.2 or later, certificates from the PEM file ca_file, which replaces
 * the system's; where it is NULL the system's are read when they are first needed. NULL and *err
 * (EXIT_USAGE where the file is at fault). trust_free() frees it. */
struct ssl_ctx_st *trust_new(const char *ca_file, struct err *err);

/* From now on connections are made to this host, a name (without a dot at its end) or a numeric
 * address, and to no other, and trust_failure() tells of them alone. A certificate must
 * have it among its alternative names: its common name does not count. 0, or -1 where
 * OpenSSL has no memory. */
int trust_expect(struct ssl_ctx_st *trust, const char *host);

/* Why a certificate was refused, as a phrase, from inside a verify callback: "the certificate is
 * for 'a.example', not for 'b.example'". */
void trust_refusal(struct x509_store_ctx_st *store, const char *host, char *text, size_t size);

/* A certificate that another library's use of OpenSSL refused. */
struct trust_refused {
	int fault;		 /* an X509_V_ERR_ number */
	int depth;		 /* 0: the peer's own, above it those of its authorities */
	struct span der;	 /* the certificate */
	const char *host;	 /* whom it should be for */
	const char *authorities; /* where the trusted ones are from, as a phrase: "'ca.pem'" */
};

/* Why, as a phrase that a peer's name can stand before: "its certificate, of 'CN=x', is for
 * 'a.example', not for 'b.example'". From any thread. */
void trust_explain(const struct trust_refused *refused, char *text, size_t size);

/* What OpenSSL noted about the failure at hand, such as "wrong version number", or NULL. */
const char *trust_failure(void);

void trust_free(struct ssl_ctx_st *trust);

#endif
