#include "net/ws_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/stamp.h"
#include "base/wait.h"
#include "net/proxy.h"
#include "net/retry_after.h"
#include "net/trust.h"

enum {
	HTTP_PORT = 80,
	HTTPS_PORT = 443,
	TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000,
};

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

/* The dot is for the lookup alone, which then searches no other domain: neither certificates nor
 * TLS (RFC 6066, 3) have it, and servers do not expect it in HTTP. */
static void drop_last_dot(char *host)
{
	size_t n = strlen(host);

	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
}

/* Why it cannot begin may be over the next time. */
static int fail_to_begin(struct ws *ws, const char *fault)
{
	ws_note(ws, "%s", fault);
	ws_finish(ws, WS_END_REFUSED);
	return 0;
}

int ws_dial_begin(struct ws *ws, const char *url, uint64_t timeout_ms, struct err *err)
{
	struct err fault;
	int proxied;

	if (read_url(url, &ws->url, err) < 0)
		return -1;
	proxied = proxy_find(&ws->url, &ws->proxy, err);
	if (proxied < 0)
		return -1;
	ws->via_proxy = proxied;
	ws->lookup = resolve_start(peer(ws)->host, &fault);
	if (!ws->lookup)
		return fail_to_begin(ws, fault.text);
	drop_last_dot(ws->url.host);
	if (is_tls(&ws->url) && trust_expect(ws->trust, ws->url.host) < 0)
		return fail_to_begin(ws, "TLS could not be set up");
	ws->timeout_ms = timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS;
	ws->deadline_ns = stamp_monotonic() + (int64_t)ws->timeout_ms * STAMP_NS_PER_MS;
	ws->phase = WS_RESOLVING;
	return 0;
}

static const char *address(const struct ws *ws)
{
	return ws->addresses.text[ws->tried - 1];
}

/* Where an address stands among those tried in vain, the latest last; 0: it is none of them. */
static size_t rank(const struct resolve_list *vain, const char *of)
{
	for (size_t i = 0; i < vain->n; i++)
		if (strcmp(vain->text[i], of) == 0)
			return i + 1;
	return 0;
}

static void put_vain_last(const struct resolve_list *vain, struct resolve_list *list)
{
	struct resolve_list sorted = {.n = 0};

	for (size_t wanted = 0; wanted <= vain->n; wanted++)
		for (size_t i = 0; i < list->n; i++)
			if (rank(vain, list->text[i]) == wanted)
				memcpy(sorted.text[sorted.n++], list->text[i], RESOLVE_TEXT_MAX);
	*list = sorted;
}

static void drop_vain(struct resolve_list *vain, const char *text)
{
	size_t ranked = rank(vain, text);

	if (!ranked)
		return;
	vain->n--;
	memmove(vain->text[ranked - 1], vain->text[ranked],
		(vain->n - (ranked - 1)) * RESOLVE_TEXT_MAX);
}

void ws_dial_approve(struct ws *ws)
{
	ws->has_spoken = true;
	drop_vain(&ws->vain, address(ws));
}

/* Any address is tried in vain until it is approved of. */
static void note_vain(struct ws *ws)
{
	ws->has_spoken = false;
	drop_vain(&ws->vain, address(ws));
	if (ws->vain.n == RESOLVE_ADDRESSES_MAX)
		drop_vain(&ws->vain, ws->vain.text[0]);
	memcpy(ws->vain.text[ws->vain.n++], address(ws), RESOLVE_TEXT_MAX);
}

static void note_address(struct ws *ws, const char *fault)
{
	ws_note(ws, "%s port %u: %s", address(ws), peer(ws)->port, fault);
}

/* Tries the next of the addresses that does not fail at once; each gets its share of the time. */
static void try_next(struct ws *ws)
{
	while (ws->tried < ws->addresses.n) {
		int64_t now = stamp_monotonic();
		size_t left = ws->addresses.n - ws->tried;

		ws->address_deadline_ns = now + (ws->deadline_ns - now) / (int64_t)left;
		ws->phase = WS_CONNECTING;
		ws->tried++;
		note_vain(ws);
		if (wire_connect(&ws->wire, address(ws), peer(ws)->port) == 0)
			return;
		note_address(ws, strerror(errno));
	}
	ws_finish(ws, WS_END_REFUSED);
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
	put_vain_last(&ws->vain, &ws->addresses);
	try_next(ws);
}

void ws_dial_resolve(struct ws *ws, int64_t timeout_ms)
{
	timeout_ms = ws_dial_wait_ms(ws, timeout_ms);
	if (wait_readable(resolve_fd(ws->lookup), -1, timeout_ms) == WAIT_READY)
		finish_lookup(ws);
}

static void give_up_address(struct ws *ws, const char *fault)
{
	note_address(ws, fault);
	ws_drop(ws);
	try_next(ws);
}

/* Ends the attempt; ws_note() has been called. Where there are several addresses, it says whose
 * fault it was. */
static void refuse(struct ws *ws)
{
	size_t n = strlen(ws->reason);

	if (ws->phase != WS_RESOLVING && ws->addresses.n > 1)
		snprintf(ws->reason + n, sizeof ws->reason - n, " (%s%s port %u)",
			ws->via_proxy ? "proxy " : "", address(ws), peer(ws)->port);
	ws_finish(ws, ws->wire.untrusted ? WS_END_UNTRUSTED : WS_END_REFUSED);
}

static enum ws_handshake judge(struct ws *ws, bool ended, size_t *used)
{
	struct span answer = span_make(ws->input, ws->input_n);
	enum ws_handshake judged =
		ws_handshake_judge(answer, &ws->key, ended, used, ws->reason, sizeof ws->reason);

	if (judged != WS_HANDSHAKE_NO)
		return judged;
	ws->retry_after_ms = ws_handshake_retry_after(answer, stamp_now());
	if (ws->retry_after_ms > RETRY_AFTER_MOST_MS)
		ws->retry_after_ms = RETRY_AFTER_MOST_MS;
	return judged;
}

/* The same where no more of an answer will come: what there is of it may say more than that. */
static void break_off(struct ws *ws)
{
	size_t used;

	if (ws->phase == WS_SHAKING_HANDS)
		judge(ws, true, &used);
	refuse(ws);
}

static void ask_for_upgrade(struct ws *ws)
{
	unsigned char bytes[WS_HANDSHAKE_RANDOM];

	ws_message_draw(bytes, sizeof bytes);
	ws_handshake_make_key(bytes, &ws->key);
	ws_handshake_ask(&ws->output, &ws->url, usual_port(&ws->url), &ws->key);
	ws->phase = WS_SHAKING_HANDS;
	ws_message_flush(ws);
}

static void secure(struct ws *ws)
{
	if (wire_shake_hands(&ws->wire) == 0) {
		ask_for_upgrade(ws);
		return;
	}
	if (errno == EAGAIN || errno == EINTR)
		return;
	ws_note(ws, "%s%s", ws->wire.fault[0] ? "" : "the connection broke in the handshake: ",
		wire_why(&ws->wire, errno));
	refuse(ws);
}

/* The server can be talked to: over TCP, or through the tunnel. */
static void reached(struct ws *ws)
{
	if (!is_tls(&ws->url)) {
		ask_for_upgrade(ws);
		return;
	}
	ws->phase = WS_SECURING;
	if (wire_begin_tls(&ws->wire, ws->trust, ws->url.host) == 0) {
		secure(ws);
		return;
	}
	ws_note(ws, "TLS could not be set up");
	refuse(ws);
}

static void connected(struct ws *ws)
{
	int fault = wire_socket_fault(&ws->wire);

	if (fault) {
		give_up_address(ws, strerror(fault));
		return;
	}
	if (!ws->via_proxy) {
		reached(ws);
		return;
	}
	ws_handshake_ask_tunnel(&ws->output, &ws->url, ws->proxy.user);
	ws->phase = WS_TUNNELLING;
	ws_message_flush(ws);
}

/* Reads more of an answer. Returns whether something has come; an end of the connection ends the
 * attempt. */
static bool hear(struct ws *ws)
{
	const char *before = ws->phase == WS_TUNNELLING ? "the proxy closed the connection"
							: "the server closed the connection";
	ssize_t n;

	ws_message_flush(ws);
	n = ws_message_read(ws);
	if (n > 0)
		return true;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n == 0)
		ws_note(ws, "%s%s", before,
			ws->phase == WS_TUNNELLING ? "" : " before it answered");
	else if (ws->phase == WS_TUNNELLING)
		ws_note(ws, "%s: %s", before, strerror(errno));
	else
		ws_note(ws, "the connection broke in the handshake: %s",
			wire_why(&ws->wire, errno));
	break_off(ws);
	return false;
}

static void tunnel(struct ws *ws)
{
	enum ws_handshake answer;
	size_t used;

	if (!hear(ws))
		return;
	answer = ws_handshake_judge_tunnel(
		span_make(ws->input, ws->input_n), &used, ws->reason, sizeof ws->reason);
	if (answer == WS_HANDSHAKE_MORE)
		return;
	if (answer == WS_HANDSHAKE_YES && ws->input_n > used) {
		ws_note(ws, "the proxy sent more than an answer");
		answer = WS_HANDSHAKE_NO;
	}
	if (answer == WS_HANDSHAKE_NO) {
		refuse(ws);
		return;
	}
	ws_message_used(ws, used);
	reached(ws);
}

static void shake_hands(struct ws *ws)
{
	enum ws_handshake answer;
	size_t used;

	if (!hear(ws))
		return;
	answer = judge(ws, false, &used);
	if (answer == WS_HANDSHAKE_NO)
		refuse(ws);
	if (answer != WS_HANDSHAKE_YES)
		return;
	ws_message_used(ws, used);
	ws->reason[0] = '\0'; /* an address tried before may have left one */
	ws->phase = WS_OPEN;
	ws->heard_ns = stamp_monotonic();
	ws->events.open(ws->arg);
	ws_message_deliver(ws);
	ws->heard_ns = stamp_monotonic(); /* the events may have taken a while */
}

void ws_dial_step(struct ws *ws)
{
	switch (ws->phase) {
	case WS_CONNECTING:
		connected(ws);
		return;
	case WS_TUNNELLING:
		tunnel(ws);
		return;
	case WS_SECURING:
		secure(ws);
		return;
	case WS_SHAKING_HANDS:
		shake_hands(ws);
		return;
	default:
		return;
	}
}

short ws_dial_awaits(const struct ws *ws)
{
	if (ws->phase == WS_CONNECTING)
		return POLLOUT;
	if (ws->phase == WS_SECURING)
		return wire_awaits(&ws->wire, 0);
	return wire_awaits(&ws->wire, ws_message_is_due(ws) ? POLLIN | POLLOUT : POLLIN);
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
	if (ws->phase == WS_CONNECTING)
		timeout_ms = sooner(timeout_ms, ws_ms_until(ws->address_deadline_ns));
	return timeout_ms;
}

void ws_dial_watch(struct ws *ws)
{
	static const char *const missing[] = {
		[WS_RESOLVING] = "the address of its host was not found",
		[WS_CONNECTING] = "no connection",
		[WS_TUNNELLING] = "no answer from the proxy",
		[WS_SECURING] = "no answer to the handshake",
		[WS_SHAKING_HANDS] = "no answer to the handshake",
	};

	if (ws->phase == WS_IDLE || ws->phase == WS_OPEN)
		return;
	if (ws_ms_until(ws->deadline_ns) == 0) {
		ws_note(ws, "%s within %" PRIu64 " ms", missing[ws->phase], ws->timeout_ms);
		break_off(ws);
	} else if (ws->phase == WS_CONNECTING && ws_ms_until(ws->address_deadline_ns) == 0)
		give_up_address(ws, "no answer");
}
