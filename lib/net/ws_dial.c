#include "net/ws_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/stamp.h"
#include "base/wait.h"
#include "net/proxy.h"
#include "net/trust.h"

enum {
	HURRY_MS = 20, /* a look at what libwebsockets does not tell while it connects */
	HOST_MAX = URL_HOST_MAX + 16, /* with brackets and a port */
	HTTP_PORT = 80,
	HTTPS_PORT = 443,
	TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000,
	STATUS_LINE_MAX = 128,
	ANSWER_MAX = 4096, /* bytes of the proxy's answer */
};

/* libwebsockets would ping, and hang up where it takes the answer too long to come: but the answer
 * waits in the socket while our reader is slow. Zero turns that off. */
static const lws_retry_bo_t no_watchdog = {.secs_since_valid_hangup = 0};

static bool is_tls(const struct url *url)
{
	return strcmp(url->scheme, "wss") == 0;
}

static uint16_t usual_port(const struct url *url)
{
	return is_tls(url) ? HTTPS_PORT : HTTP_PORT;
}

/* What the address being tried belongs to: the server, or the proxy in front of it. */
static const struct url *peer(const struct ws *ws)
{
	return ws->via_proxy ? &ws->proxy : &ws->url;
}

static int read_url(const char *text, struct url *url, struct err *err)
{
	const char *reason;

	if (url_parse(span_text(text), url, &reason) < 0)
		return err_set(
			err, EXIT_USAGE, "cannot connect to '%s': %s", url_shown(text), reason);
	if (url->user[0])
		return err_set(err, EXIT_USAGE,
			"cannot connect to '%s': a user name in an address is not supported",
			url->host);
	if (!is_tls(url) && strcmp(url->scheme, "ws") != 0)
		return err_set(err, EXIT_USAGE,
			"cannot connect to '%s': its scheme is neither ws nor wss", text);
	if (!url->port)
		url->port = usual_port(url);
	return 0;
}

int ws_dial_begin(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err)
{
	int proxied;

	ws->refusal[0] = '\0';
	if (read_url(url, &ws->url, err) < 0)
		return -1;
	proxied = proxy_find(&ws->url, &ws->proxy, err);
	if (proxied < 0)
		return -1;
	ws->via_proxy = proxied;
	if (is_tls(&ws->url) && trust_expect(ws->trust, ws->url.host) < 0)
		return err_set(err, EXIT_FAILED, "cannot connect to '%s': out of memory", url);
	ws->lookup = resolve_start(peer(ws)->host, err);
	if (!ws->lookup)
		return -1;
	ws->timeout_ms = timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS;
	ws->deadline_ns = stamp_monotonic() + (int64_t)ws->timeout_ms * STAMP_NS_PER_MS;
	ws->phase = WS_RESOLVING;
	return 0;
}

static void finish_lookup(struct ws *ws)
{
	struct err err;
	int found = resolve_finish(ws->lookup, &ws->addresses, &err);

	ws->lookup = NULL;
	ws->tried = 0;
	if (found < 0) {
		ws_note(ws, "cannot find the address of '%s': %s", peer(ws)->host, err.text);
		ws_finish(ws, WS_END_REFUSED);
		return;
	}
	ws_dial_next(ws);
}

void ws_dial_resolve(struct ws *ws, int64_t timeout_ms)
{
	timeout_ms = ws_dial_wait_ms(ws, timeout_ms);
	if (wait_readable(resolve_fd(ws->lookup), -1, timeout_ms) == WAIT_READY)
		finish_lookup(ws);
}

/* The proxy at the address being tried, in the form that libwebsockets reads. It must be told of
 * none as well (port 0 is that), since it has read http_proxy by itself, also for wss://. */
static int set_proxy(struct ws *ws, const char *address)
{
	char text[URL_USER_MAX + RESOLVE_TEXT_MAX + 16];
	bool is_ipv6 = strchr(address, ':');

	snprintf(text, sizeof text, is_ipv6 ? "%s%s[%s]:%u" : "%s%s%s:%u", ws->proxy.user,
		ws->proxy.user[0] ? "@" : "", address, ws->proxy.port);
	return lws_set_proxy(ws->vhost, ws->via_proxy ? text : "none:0");
}

/* The host as requests name it: an IPv6 address in brackets, a port where it is not the usual. */
static void write_host(const struct url *url, bool with_port, char *text, size_t size)
{
	const char *before = url->is_ipv6 ? "[" : "", *behind = url->is_ipv6 ? "]" : "";

	if (with_port && url->port != usual_port(url))
		snprintf(text, size, "%s%s%s:%u", before, url->host, behind, url->port);
	else
		snprintf(text, size, "%s%s%s", before, url->host, behind);
}

/* 0, or -1 and errno, which is 0 where libwebsockets does not give it. */
static int try_address(struct ws *ws, const char *address)
{
	char host[HOST_MAX], name[HOST_MAX];
	struct lws_client_connect_info info = {
		.context = ws->lws,
		.vhost = ws->vhost,
		.address = ws->via_proxy ? name : address,
		.port = ws->url.port,
		.path = ws->url.target,
		.host = host,
		.opaque_user_data = ws,
		.retry_and_idle_policy = &no_watchdog,
		.pwsi = &ws->wsi,
		/* libwebsockets would expect the name in the Host header up to its first colon,
		 * which leaves nothing of an IPv6 address: trust_expect() has set the name. */
		.ssl_connection = (is_tls(&ws->url) ? LCCSCF_USE_SSL : 0) |
			LCCSCF_HTTP_NO_FOLLOW_REDIRECT | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK,
	};

	write_host(&ws->url, true, host, sizeof host);
	write_host(&ws->url, false, name, sizeof name);
	errno = 0;
	if (set_proxy(ws, address) < 0)
		return -1;
	ws->serving = true;
	lws_client_connect_via_info(&info);
	ws->serving = false;
	return ws->wsi ? 0 : -1;
}

static void note_address(struct ws *ws, struct span fault)
{
	ws_note(ws, "%s port %u: %.*s", ws->addresses.text[ws->tried - 1], peer(ws)->port,
		(int)fault.n, fault.p);
}

/* Each address gets its share of the time. */
void ws_dial_next(struct ws *ws)
{
	while (ws->tried < ws->addresses.n) {
		int64_t now = stamp_monotonic();
		size_t left = ws->addresses.n - ws->tried;

		ws->address_deadline_ns = now + (ws->deadline_ns - now) / (int64_t)left;
		ws->phase = WS_CONNECTING;
		if (try_address(ws, ws->addresses.text[ws->tried++]) == 0)
			return;
		note_address(ws, span_text(errno ? strerror(errno) : "no connection"));
	}
	ws_finish(ws, WS_END_REFUSED);
}

static void give_up_address(struct ws *ws, const char *fault)
{
	note_address(ws, span_text(fault));
	ws_drop(ws);
	ws_dial_next(ws);
}

bool ws_dial_connected(struct ws *ws, int fault)
{
	if (fault) {
		give_up_address(ws, strerror(fault));
		return false;
	}
	ws->phase = ws->via_proxy ? WS_TUNNELLING : WS_SHAKING_HANDS;
	return true;
}

/* What the proxy's status line says behind "HTTP/1.1 ", or that it says nothing of the kind. */
static const char *tunnel_status(char *answer)
{
	answer[strcspn(answer, "\r\n")] = '\0';
	if (strncmp(answer, "HTTP/1.", 7) != 0 || strlen(answer) < 12)
		return "with no HTTP";
	return answer + 9;
}

/* Looks at the proxy's answer before libwebsockets takes it, which would not tell what it is, and
 * which takes whatever has come for the whole. */
bool ws_dial_tunnelled(struct ws *ws, int fd)
{
	char answer[ANSWER_MAX];
	ssize_t n = recv(fd, answer, sizeof answer - 1, MSG_PEEK | MSG_DONTWAIT);
	const char *status;

	if (n <= 0) {
		ws_note(ws, "the proxy closed the connection%s%s", n ? ": " : "",
			n ? strerror(errno) : "");
		ws_finish(ws, WS_END_REFUSED);
		return false;
	}
	answer[n] = '\0';
	if (!strstr(answer, "\r\n\r\n") && (size_t)n < sizeof answer - 1) {
		poll(NULL, 0, HURRY_MS); /* poll() on the socket would not wait for the rest */
		return false;
	}
	status = tunnel_status(answer);
	if (strncmp(status, "200", 3) == 0) {
		ws->phase = WS_SHAKING_HANDS;
		return true;
	}
	ws_note(ws, "the proxy answered %s", status);
	ws_finish(ws, WS_END_REFUSED);
	return false;
}

/* The server's status line, where it answered with something else than 101. */
static bool find_status(struct lws *wsi, char *text, int size)
{
	unsigned status = lws_http_client_http_response(wsi);

	if (status == 0 || status == 101)
		return false;
	if (lws_hdr_copy(wsi, text, size, WSI_TOKEN_HTTP) <= 0)
		snprintf(text, (size_t)size, "%u", status);
	return true;
}

/* TCP stood, and then TLS, the proxy or the handshake failed. */
static void on_refused(struct ws *ws, struct lws *wsi, struct span why)
{
	const char *tls = is_tls(&ws->url) ? trust_failure() : NULL;
	char status[STATUS_LINE_MAX];

	if (ws->refusal[0])
		ws_note(ws, "%s", ws->refusal);
	else if (find_status(wsi, status, sizeof status))
		ws_note(ws, "the server answered %s", status);
	else if (ws->fault)
		ws_note(ws, "the connection broke in the handshake: %s", strerror(ws->fault));
	else if (tls)
		ws_note(ws, "TLS failed: %s", tls);
	else
		ws_note(ws, "the handshake failed: %.*s", (int)why.n, why.p);
	ws_finish(ws, ws->refusal[0] ? WS_END_UNTRUSTED : WS_END_REFUSED);
}

void ws_dial_failed(struct ws *ws, struct lws *wsi, struct span why)
{
	ws->wsi = NULL;
	if (ws->phase == WS_CONNECTING)
		note_address(
			ws, why); /* the next address is tried once libwebsockets has returned */
	else
		on_refused(ws, wsi, why);
}

/* The shorter of two waits, of which -1 is one without end. */
static int64_t sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

int64_t ws_dial_wait_ms(const struct ws *ws, int64_t timeout_ms)
{
	timeout_ms = sooner(timeout_ms, ws_ms_until(ws->deadline_ns));
	if (ws->phase == WS_RESOLVING)
		return timeout_ms;
	if (ws->phase == WS_CONNECTING)
		timeout_ms = sooner(timeout_ms, ws_ms_until(ws->address_deadline_ns));
	return sooner(timeout_ms, HURRY_MS);
}

void ws_dial_watch(struct ws *ws)
{
	static const char *const missing[] = {
		[WS_RESOLVING] = "the address of its host was not found",
		[WS_CONNECTING] = "no connection",
		[WS_TUNNELLING] = "no answer from the proxy",
		[WS_SHAKING_HANDS] = "no answer to the handshake",
	};

	if (ws->phase == WS_IDLE || ws->phase == WS_OPEN)
		return;
	if (ws_ms_until(ws->deadline_ns) == 0) {
		ws_note(ws, "%s within %" PRIu64 " ms", missing[ws->phase], ws->timeout_ms);
		ws_finish(ws, WS_END_REFUSED);
	} else if (ws->phase == WS_CONNECTING && ws_ms_until(ws->address_deadline_ns) == 0)
		give_up_address(ws, "no answer");
}
