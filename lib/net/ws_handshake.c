#include "net/ws_handshake.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define AGENT "User-Agent: tradepipe/" VERSION "\r\n"

enum { STATUS_MAX = 120 }; /* bytes of a status line in a message */

static const char head_end[] = "\r\n\r\n";
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

/* The status: "503 Service Unavailable", without what no message can hold of it. 0, or -1 where the
 * answer is not HTTP/1, 1 where its first line has not come as a whole. */
static int read_status(struct span answer, struct span *status)
{
	static const char version[] = "HTTP/1.";
	size_t n = sizeof version - 1;
	const char *end = memchr(answer.p, '\n', answer.n);

	if (memcmp(answer.p, version, answer.n < n ? answer.n : n) != 0)
		return -1;
	if (!end)
		return answer.n < WS_HANDSHAKE_MAX ? 1 : -1;
	*status = span_make(answer.p, (size_t)(end - answer.p));
	if (status->n && status->p[status->n - 1] == '\r')
		status->n--;
	if (status->n < n + 5 || status->p[n + 1] != ' ')
		return -1;
	*status = span_make(status->p + n + 2, status->n - n - 2);
	for (n = 0; n < 3; n++)
		if (!isdigit((unsigned char)status->p[n]))
			return -1;
	if (status->n > 3 && status->p[3] != ' ')
		return -1;
	if (status->n > STATUS_MAX)
		status->n = STATUS_MAX;
	return 0;
}

static enum ws_handshake no(char *reason, size_t size, const char *why)
{
	snprintf(reason, size, "%s", why);
	return WS_HANDSHAKE_NO;
}

/* Finds the end of the head, and takes the status line off its front. */
static enum ws_handshake read_head(struct span answer, struct span *head, size_t *used)
{
	*head = answer;
	*head = cut(&answer, head_end);
	*used = head->n + sizeof head_end - 1;
	if (answer.p == head->p + head->n) /* cut off by nothing */
		return head->n < WS_HANDSHAKE_MAX ? WS_HANDSHAKE_MORE : WS_HANDSHAKE_NO;
	cut(head, "\r\n");
	return WS_HANDSHAKE_YES;
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
static const char *fault_of(struct span head, const struct ws_handshake_key *key)
{
	struct fields fields = {.fault = NULL};

	while (head.n)
		read_field(&fields, cut(&head, "\r\n"), key);
	if (fields.fault)
		return fields.fault;
	if (!fields.upgrade)
		return "it has no 'Upgrade: websocket'";
	if (!fields.connection)
		return "it has no 'Connection: Upgrade'";
	return fields.accept ? NULL : "it has no Sec-WebSocket-Accept";
}

enum ws_handshake ws_handshake_judge(struct span answer, const struct ws_handshake_key *key,
	size_t *used, char *reason, size_t size)
{
	struct span status, head;
	enum ws_handshake whole;
	const char *fault;
	int begun = read_status(answer, &status);

	if (begun < 0)
		return no(reason, size, "the server answered with no HTTP");
	if (begun > 0)
		return WS_HANDSHAKE_MORE;
	if (strncmp(status.p, "101", 3) != 0) {
		snprintf(reason, size, "the server answered %.*s", (int)status.n, status.p);
		return WS_HANDSHAKE_NO;
	}
	whole = read_head(answer, &head, used);
	if (whole == WS_HANDSHAKE_NO)
		return no(reason, size, "the server's answer is longer than it may be");
	if (whole == WS_HANDSHAKE_MORE)
		return WS_HANDSHAKE_MORE;
	fault = fault_of(head, key);
	if (!fault)
		return WS_HANDSHAKE_YES;
	snprintf(reason, size, "the server's answer is no good: %s", fault);
	return WS_HANDSHAKE_NO;
}

enum ws_handshake ws_handshake_judge_tunnel(
	struct span answer, size_t *used, char *reason, size_t size)
{
	struct span status, head;
	enum ws_handshake whole;
	int begun = read_status(answer, &status);

	if (begun < 0)
		return no(reason, size, "the proxy answered with no HTTP");
	if (begun > 0)
		return WS_HANDSHAKE_MORE;
	if (status.p[0] != '2') {
		snprintf(reason, size, "the proxy answered %.*s", (int)status.n, status.p);
		return WS_HANDSHAKE_NO;
	}
	whole = read_head(answer, &head, used);
	if (whole == WS_HANDSHAKE_NO)
		return no(reason, size, "the proxy's answer is longer than it may be");
	return whole;
}
