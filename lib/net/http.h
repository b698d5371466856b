/*
 * HTTP GET over libcurl, one handle a session: connections are kept and used again, HTTP/2 is used
 * where a server offers it over TLS, bodies may come compressed. TLS is always verified, host name
 * included. Redirects are answers like any other. Proxies by curl's usual environment.
 *
 * It never tries again by itself: when and how often is the caller's policy (see retry.h).
 */
#ifndef TRADEPIPE_NET_HTTP_H
#define TRADEPIPE_NET_HTTP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum http_result {
	HTTP_ANSWERED,	  /* the answer is whole, whatever its status */
	HTTP_TRANSIENT,	  /* no connection, or it broke or fell silent: trying again may help */
	HTTP_TRUNCATED,	  /* the body ended early: likewise */
	HTTP_UNTRUSTED,	  /* TLS: the certificate was not accepted; trying again cannot help */
	HTTP_TOO_LONG,	  /* the body passed the ceiling of its buffer */
	HTTP_INTERRUPTED, /* a stop signal came, maybe before the call */
	HTTP_FAILED,	  /* anything else, such as an address that is none */
};

struct http_settings {
	const char *ca_file; /* a PEM file that replaces the system's certificates, or NULL */
	uint64_t connect_ms; /* for name, TCP, proxy and TLS together */
	uint64_t idle_ms;    /* without a byte, in whole seconds */
	uint64_t total_ms;   /* for all of one request */
};

struct http_answer {
	/* Called for each header of the answer, before the body; both spans live until it returns.
	 * May be NULL. */
	void (*header)(void *arg, struct span name, struct span value);
	void *arg;

	long status;
	struct buf
		body; /* initialised by the caller with its ceiling, released by the caller; decoded */
};

struct http;

/* NULL and *err on failure, EXIT_USAGE where the CA file cannot be read. */
struct http *http_new(const struct http_settings *settings, struct err *err);

/* Gets an http:// or https:// address; blocks, does the duties of wait.h meanwhile, and comes back
 * at a stop signal. The body's buffer is cleared first. *err is filled for every result but
 * HTTP_ANSWERED: "cannot get 'https://...': reason". */
enum http_result http_get(
	struct http *http, const char *url, struct http_answer *answer, struct err *err);

/* Closes the connections and frees; NULL is allowed. */
void http_free(struct http *http);

#endif
