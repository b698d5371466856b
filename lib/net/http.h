/*
 * HTTP GET over libcurl: connections are kept and used again, by one request after the other or by
 * several at once; HTTP/2 is used where a server offers it over TLS, bodies may come compressed.
 * TLS is always verified, host name included. Redirects are answers like any other. Proxies by
 * curl's usual environment.
 *
 * It never tries again by itself: when and how often is the caller's policy (see retry.h).
 */
#ifndef TRADEPIPE_NET_HTTP_H
#define TRADEPIPE_NET_HTTP_H

#include <stdbool.h>
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
	uint64_t idle_ms;    /* without a byte, in whole seconds; 0: no limit */
	uint64_t total_ms;   /* for all of one request; 0: no limit */
};

struct http_answer {
	/* Called for each header of the answer, before the body; both spans live until it returns.
	 * May be NULL. */
	void (*header)(void *arg, struct span name, struct span value);
	void *arg;

	/* Called for each piece of the body instead of filling `body`; anything but 0 ends the
	 * request as HTTP_FAILED, and *err is not filled then. May be NULL. Gets the bodies of all
	 * statuses: `status` is set before the first piece. */
	int (*piece)(void *arg, struct span piece);

	long status; /* 0 until there is one */
	/* Initialised by the caller with its ceiling, released by the caller; decoded. */
	struct buf body;
};

struct http_request {
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end; or NULL */
	bool identity;	   /* for files: their bytes as they are, nothing is said of encodings */
	uint64_t total_ms; /* for all of it, where that is not what the settings say; or 0 */
	struct http_answer *answer; /* as above; the caller's while the request is under way */
};

struct http;
struct http_call;

/* NULL and *err on failure, EXIT_USAGE where the CA file cannot be read. */
struct http *http_new(const struct http_settings *settings, struct err *err);

/* Gets an http:// or https:// address; blocks, does the duties of wait.h meanwhile, and comes back
 * at a stop signal. The body's buffer is cleared first. *err is filled for every result but
 * HTTP_ANSWERED: "cannot get 'https://...': reason". No other call is under way then. */
enum http_result http_get(
	struct http *http, const char *url, struct http_answer *answer, struct err *err);

/*
 * The same for several requests at once, without blocking. Starts one; what `request` points to
 * must live until http_end(), the struct itself need not. NULL and *err, EXIT_USAGE where the
 * address will not do.
 */
struct http_call *http_start(
	struct http *http, const struct http_request *request, struct err *err);

/* Works on all requests under way, waiting up to timeout_ms for something to happen (0: does not
 * wait, for turns between other work; -1: no limit), with the duties of wait.h. Returns one that is
 * over, each of them once, or NULL: none yet, a signal came, `fd` (-1: none) can be read, or
 * http_wake() was called. It may be called with none under way. */
struct http_call *http_turn(struct http *http, int fd, int64_t timeout_ms);

/* Has http_turn() come back without waiting any longer: the one under way, for callbacks that have
 * found other work, or else the next one. */
void http_wake(struct http *http);

/* Ends a request and frees it: how it came out, as http_get() has it, where it is over; otherwise
 * gives it up, with HTTP_INTERRUPTED. */
enum http_result http_end(struct http *http, struct http_call *call, struct err *err);

/* Closes the connections and frees; NULL is allowed. No call is under way then. */
void http_free(struct http *http);

#endif
