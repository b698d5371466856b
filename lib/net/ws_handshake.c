#include "net/ws_handshake.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/retry_after.h"

#define AGENT "User-Agent: tradepipe/" VERSION "\r\n"

enum { STATUS_MAX = 120 }; /* bytes of a status line in a message */

static const char accept_suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* section 1.3 */

void ws_handshake_make_key(
	const unsigned char bytes[WS_HANDSHAKE_RANDOM], struct ws_handshake_key *key)
{
	digest_base64(bytes, WS_HANDSHAKE_RANDOM, key->text);
}

/* The host as requests name it: an IPv6 address in brackets, the port unless it is 0. */
static void add_host(struct buf *to, const struct url *url, uint16_t port)
{
	buf_printf(to, url->is_ipv6 ? "[%s]" : "%s", url->host);
	if (port)
		buf_printf(to, ":%u", port);
}

void ws_handshake_ask(struct buf *to, const struct url *url, uint16_t usual_port,
	const struct ws_handshake_key *key)
{
	buf_printf(to, "GET %s HTTP/1.1\r\nHost: ", url->target);
	add_host(to, url, url->port == usual_port ? 0 : url->port);
	buf_printf(to,
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n" AGENT "\r\n",
		key->text);
}

void ws_handshake_ask_tunnel(struct buf *to, const struct url *url, const char *user)
{
	char token[DIGEST_BASE64(URL_USER_MAX) + 1];

	buf_add_text(to, "CONNECT ");
	add_host(to, url, url->port);
	buf_add_text(to, " HTTP/1.1\r\nHost: ");
	add_host(to, url, url->port);
	buf_add_text(to, "\r\n" AGENT);
	if (user[0]) {
		digest_base64(user, strlen(user), token);
		buf_printf(to, "Proxy-Authorization: Basic %s\r\n", token);
	}
	buf_add_text(to, "\r\n");
}

/* What `whole` begins with up to the first `end`, which is taken off together with it; all of it
 * where there is none. */
static struct span cut(struct span *whole, const char *end)
{
	size_t n = strlen(end);

	for (size_t at = 0; at + n <= whole->n; at++) {
		struct span piece = span_make(whole->p, at);
		if (memcmp(whole->p + at, end, n) != 0)
			continue;
		*whole = span_make(whole->p + at + n, whole->n - at - n);
		return piece;
	}
	n = whole->n;
	*whole = span_make(whole->p + n, 0);
	return span_make(whole->p - n, n);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(struct span text)
{
	for (; text.n && is_blank(text.p[0]); text.n--)
		text.p++;
	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* The same but for upper and lower case. */
static bool is_word(struct span text, const char *word)
{
	return text.n == strlen(word) && strncasecmp(text.p, word, text.n) == 0;
}

static bool lists(struct span list, const char *word)
{
	while (list.n)
		if (is_word(trim(cut(&list, ",")), word))
			return true;
	return false;
}

/* Takes a line off the front, without its end: CR and LF, or LF alone (RFC 9112, 2.2). False where
 * it has not come as a whole. */
static bool take_line(struct span *rest, struct span *line)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - rest->p);
	*line = span_make(rest->p, n && rest->p[n - 1] == '\r' ? n - 1 : n);
	*rest = span_make(end + 1, rest->n - n - 1);
	return true;
}

/* Takes the status off the front: "503 Service Unavailable", without what no message can hold of
 * it. NO: the answer is not HTTP/1. */
static enum ws_handshake take_status(struct span *rest, struct span *status)
{
	static const char version[] = "HTTP/1.";
	size_t n = sizeof version - 1;

	if (rest->n && memcmp(rest->p, version, rest->n < n ? rest->n : n) != 0)
		return WS_HANDSHAKE_NO;
	if (!take_line(rest, status))
		return WS_HANDSHAKE_MORE;
	if (status->n < n + 5 || status->p[n + 1] != ' ')
		return WS_HANDSHAKE_NO;
	*status = span_make(status->p + n + 2, status->n - n - 2);
	for (n = 0; n < 3; n++)
		if (!isdigit((unsigned char)status->p[n]))
			return WS_HANDSHAKE_NO;
	if (status->n > 3 && status->p[3] != ' ')
		return WS_HANDSHAKE_NO;
	if (status->n > STATUS_MAX)
		status->n = STATUS_MAX;
	return WS_HANDSHAKE_YES;
}

/* Takes the fields off the front, and the empty line that ends them. False where they have not come
 * as a whole. */
static bool take_fields(struct span *rest, struct span *fields)
{
	struct span line;

	*fields = *rest;
	while (take_line(rest, &line)) {
		fields->n = (size_t)(line.p - fields->p);
		if (line.n == 0)
			return true;
	}
	return false;
}

static bool has_status(struct span status, const char *code)
{
	return strncmp(status.p, code, strlen(code)) == 0;
}

/* Takes the status of the final answer off the front: others, of 1xx, may come before it
 * (RFC 9110, 15.2). */
static enum ws_handshake take_final(struct span *rest, struct span *status)
{
	enum ws_handshake whole = take_status(rest, status);
	struct span fields;

	while (whole == WS_HANDSHAKE_YES && has_status(*status, "1") && !has_status(*status, "101"))
		whole = take_fields(rest, &fields) ? take_status(rest, status) : WS_HANDSHAKE_MORE;
	return whole;
}

static enum ws_handshake no(char *reason, size_t size, const char *why)
{
	snprintf(reason, size, "%s", why);
	return WS_HANDSHAKE_NO;
}

/* What of an answer its heads must lie in. */
static struct span bounded(struct span answer)
{
	return span_make(answer.p, answer.n < WS_HANDSHAKE_MAX ? answer.n : WS_HANDSHAKE_MAX);
}

static bool is_full(struct span answer)
{
	return answer.n >= WS_HANDSHAKE_MAX;
}

struct fields {
	bool upgrade, connection, accept;
	const char *fault;
};

static void write_accept(const struct ws_handshake_key *key, char *text)
{
	char both[sizeof key->text + sizeof accept_suffix];
	unsigned char hash[DIGEST_SHA1];

	snprintf(both, sizeof both, "%s%s", key->text, accept_suffix);
	digest_sha1(span_text(both), hash);
	digest_base64(hash, sizeof hash, text);
}

static void read_field(struct fields *fields, struct span line, const struct ws_handshake_key *key)
{
	struct span value = line, name = cut(&value, ":");
	char accept[DIGEST_BASE64(DIGEST_SHA1) + 1];

	value = trim(value);
	if (is_word(name, "Upgrade"))
		fields->upgrade = is_word(value, "websocket");
	else if (is_word(name, "Connection"))
		fields->connection |= lists(value, "Upgrade");
	else if (is_word(name, "Sec-WebSocket-Extensions") && value.n)
		fields->fault = "it uses an extension that was not offered";
	else if (is_word(name, "Sec-WebSocket-Protocol") && value.n)
		fields->fault = "it uses a subprotocol that was not offered";
	else if (is_word(name, "Sec-WebSocket-Accept")) {
		write_accept(key, accept);
		fields->accept = span_is_text(value, accept);
		if (!fields->accept)
			fields->fault = "its Sec-WebSocket-Accept is wrong";
	}
}

/* What is wrong with the fields of an answer of 101, or NULL. */
static const char *fault_of(struct span lines, const struct ws_handshake_key *key)
{
	struct fields fields = {.fault = NULL};
	struct span line;

	while (take_line(&lines, &line))
		read_field(&fields, line, key);
	if (fields.fault)
		return fields.fault;
	if (!fields.upgrade)
		return "it has no 'Upgrade: websocket'";
	if (!fields.connection)
		return "it has no 'Connection: Upgrade'";
	return fields.accept ? NULL : "it has no Sec-WebSocket-Accept";
}

enum ws_handshake ws_handshake_judge(struct span answer, const struct ws_handshake_key *key,
	bool ended, size_t *used, char *reason, size_t size)
{
	struct span rest = bounded(answer), status, fields;
	enum ws_handshake begun = take_final(&rest, &status);
	bool is_whole = begun == WS_HANDSHAKE_YES && take_fields(&rest, &fields);
	const char *fault;

	if (begun == WS_HANDSHAKE_NO)
		return no(reason, size, "the server answered with no HTTP");
	if (begun == WS_HANDSHAKE_YES && !has_status(status, "101") &&
		(is_whole || ended || is_full(answer))) {
		snprintf(reason, size, "the server answered %.*s", (int)status.n, status.p);
		return WS_HANDSHAKE_NO;
	}
	if (!is_whole)
		return is_full(answer)
			? no(reason, size, "the server's answer is longer than it may be")
			: WS_HANDSHAKE_MORE;
	*used = (size_t)(rest.p - answer.p);
	fault = fault_of(fields, key);
	if (!fault)
		return WS_HANDSHAKE_YES;
	snprintf(reason, size, "the server's answer is no good: %s", fault);
	return WS_HANDSHAKE_NO;
}

int64_t ws_handshake_retry_after(struct span answer, int64_t now_ns)
{
	struct span rest = bounded(answer), status, fields, line;

	if (take_final(&rest, &status) != WS_HANDSHAKE_YES || !take_fields(&rest, &fields))
		return -1;
	while (take_line(&fields, &line))
		if (is_word(cut(&line, ":"), "Retry-After"))
			return retry_after_read(trim(line), now_ns);
	return -1;
}

enum ws_handshake ws_handshake_judge_tunnel(
	struct span answer, size_t *used, char *reason, size_t size)
{
	struct span rest = bounded(answer), status, fields;
	enum ws_handshake whole = take_final(&rest, &status);

	if (whole == WS_HANDSHAKE_NO)
		return no(reason, size, "the proxy answered with no HTTP");
	if (whole == WS_HANDSHAKE_YES && !has_status(status, "2")) {
		snprintf(reason, size, "the proxy answered %.*s", (int)status.n, status.p);
		return WS_HANDSHAKE_NO;
	}
	if (whole == WS_HANDSHAKE_MORE || !take_fields(&rest, &fields))
		return is_full(answer)
			? no(reason, size, "the proxy's answer is longer than it may be")
			: WS_HANDSHAKE_MORE;
	*used = (size_t)(rest.p - answer.p);
	return WS_HANDSHAKE_YES;
}
