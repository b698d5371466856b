/* The HTTP in front of a WebSocket's frames: requests, and answers in one piece and byte by
 * byte. */
#include "net/ws_handshake.h"

#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"

#include "tap.h"

#define OK_FIELDS                                                                                  \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n"                                            \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define HINTS "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n"
#define PROCEED "HTTP/1.1 100 Continue\r\n\r\n"

/* The key of RFC 6455 section 1.3. */
static void make_key(struct ws_handshake_key *key)
{
	ws_handshake_make_key((const unsigned char *)"the sample nonce", key);
}

static void test_requests(void)
{
	static const struct {
		const char *url, *begins, *tunnel;
	} cases[] = {
		{"ws://h/v2?a=b", "GET /v2?a=b HTTP/1.1\r\nHost: h\r\n",
			"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n"},
		{"ws://h:81/", "GET / HTTP/1.1\r\nHost: h:81\r\n",
			"CONNECT h:81 HTTP/1.1\r\nHost: h:81\r\n"},
		{"ws://[::1]:8/", "GET / HTTP/1.1\r\nHost: [::1]:8\r\n",
			"CONNECT [::1]:8 HTTP/1.1\r\nHost: [::1]:8\r\n"},
		{"ws://[::1]/", "GET / HTTP/1.1\r\nHost: [::1]\r\n",
			"CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"},
	};
	struct ws_handshake_key key;
	struct buf text;
	struct url url;
	const char *reason;

	make_key(&key);
	TAP_OK(strcmp(key.text, "dGhlIHNhbXBsZSBub25jZQ==") == 0, "the key of RFC 6455");
	buf_init(&text, 8192);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		url_parse(span_text(cases[i].url), &url, &reason);
		url.port = url.port ? url.port : 80;
		buf_clear(&text);
		ws_handshake_ask(&text, &url, 80, &key);
		TAP_OK(strncmp(text.data, cases[i].begins, strlen(cases[i].begins)) == 0 &&
				strncmp(text.data + text.len - 4, "\r\n\r\n", 4) == 0,
			"%s is asked for", cases[i].url);
		buf_clear(&text);
		ws_handshake_ask_tunnel(&text, &url, i ? "me:p@ss" : "");
		buf_add(&text, span_make("", 1));
		TAP_OK(strncmp(text.data, cases[i].tunnel, strlen(cases[i].tunnel)) == 0 &&
				!strstr(text.data, "Authorization") == !i,
			"... and a tunnel there");
	}
	TAP_OK(strstr(text.data, "\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n") != NULL,
		"who asks for the tunnel");
	buf_release(&text);
}

static const struct {
	const char *answer;
	const char *reason; /* NULL: yes; "": it goes on */
} cases[] = {
	{SWITCHING OK_FIELDS "\r\n", NULL},
	{SWITCHING "x: y\r\nUPGRADE:WebSocket\r\nconnection: keep-alive ,\tUpgrade \r\n"
		   "sec-websocket-accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\n\r\n",
		NULL},
	{SWITCHING OK_FIELDS "Sec-WebSocket-Extensions: \r\nSec-WebSocket-Protocol:\r\n\r\n", NULL},
	{"HTTP/1.1 101\r\n" OK_FIELDS "\r\n", NULL},
	{"HTTP/1.1 101 \r\n" OK_FIELDS "\r\n", NULL},
	{HINTS SWITCHING OK_FIELDS "\r\n", NULL},
	{PROCEED HINTS SWITCHING OK_FIELDS "\r\n", NULL},
	{"HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
	 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\n",
		NULL},
	{"HTTP/1.1 100\n\n" SWITCHING OK_FIELDS "\n", NULL},
	{"", ""},
	{"HTTP/1.1 503 Service", ""},
	{HINTS, ""},
	{HINTS "HTTP/1.1 503 Service", ""},
	{"HTTP/1.1 100 Continue\r\nX: y\r\n", ""},
	{PROCEED "HTTP/1.1 503 Service Unavailable\r\n\r\n",
		"the server answered 503 Service Unavailable"},
	{PROCEED "SSH-2.0", "the server answered with no HTTP"},
	{PROCEED SWITCHING "\r\n",
		"the server's answer is no good: it has no 'Upgrade: websocket'"},
	{SWITCHING OK_FIELDS "\r", ""},
	{"HTTP/1.1 503 Service Unavailable\r\n\r\n", "the server answered 503 Service Unavailable"},
	{"HTTP/1.1 503 Service Unavailable\r\n", ""},
	{"HTTP/1.0 200 OK\r\n\r\n<html>", "the server answered 200 OK"},
	{"HTTP/2 200\r\n", "the server answered with no HTTP"},
	{"HTTP/1.1 2x0 OK\r\n", "the server answered with no HTTP"},
	{"HTTP/1.1 1010 Odd\r\n" OK_FIELDS "\r\n", "the server answered with no HTTP"},
	{"HTTP/1.1\r\n", "the server answered with no HTTP"},
	{"SSH-2.0", "the server answered with no HTTP"},
	{SWITCHING "\r\n", "the server's answer is no good: it has no 'Upgrade: websocket'"},
	{SWITCHING "Upgrade: h2c\r\n\r\n",
		"the server's answer is no good: it has no 'Upgrade: websocket'"},
	{SWITCHING "Upgrade: websocket\r\nConnection: close\r\n\r\n",
		"the server's answer is no good: it has no 'Connection: Upgrade'"},
	{SWITCHING "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"the server's answer is no good: it has no Sec-WebSocket-Accept"},
	{SWITCHING OK_FIELDS "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n",
		"the server's answer is no good: its Sec-WebSocket-Accept is wrong"},
	{SWITCHING OK_FIELDS "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
		"the server's answer is no good: it uses an extension that was not offered"},
	{SWITCHING OK_FIELDS "Sec-WebSocket-Protocol: chat\r\n\r\n",
		"the server's answer is no good: it uses a subprotocol that was not offered"},
};

static bool is_as_told(enum ws_handshake judged, const char *reason, const char *want)
{
	if (!want || !*want)
		return judged == (want ? WS_HANDSHAKE_MORE : WS_HANDSHAKE_YES);
	return judged == WS_HANDSHAKE_NO && strcmp(reason, want) == 0;
}

/* Judges an answer from the front, as it grows by `piece` bytes, in memory of just its size. */
static enum ws_handshake judge(
	struct span answer, size_t piece, size_t *used, char *reason, size_t size)
{
	enum ws_handshake judged = WS_HANDSHAKE_MORE;
	struct ws_handshake_key key;

	make_key(&key);
	for (size_t at = 0; judged == WS_HANDSHAKE_MORE && at < answer.n + piece; at += piece) {
		size_t n = at < answer.n ? at : answer.n;
		char *copy = malloc(n ? n : 1);
		memcpy(copy, answer.p, n);
		judged = ws_handshake_judge(span_make(copy, n), &key, false, used, reason, size);
		free(copy);
	}
	return judged;
}

static void test_answers(void)
{
	char reason[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span answer = span_text(cases[i].answer);
		size_t whole = answer.n ? answer.n : 1;
		enum ws_handshake judged = judge(answer, whole, &used, reason, sizeof reason);
		TAP_OK(is_as_told(judged, reason, cases[i].reason) &&
				(judged != WS_HANDSHAKE_YES || used == answer.n),
			"answer %zu: %s", i, cases[i].reason ? cases[i].reason : "yes");
		judged = judge(answer, 1, &used, reason, sizeof reason);
		TAP_OK(is_as_told(judged, reason, cases[i].reason), "... byte by byte");
	}
	judge(span_text(SWITCHING OK_FIELDS "\r\n\x81\x01x\r\n\r\n"),
		sizeof(SWITCHING OK_FIELDS "\r\n\x81\x01x\r\n\r\n") - 1, &used, reason,
		sizeof reason);
	TAP_OK(used == sizeof(SWITCHING OK_FIELDS "\r\n") - 1,
		"frames behind the answer are not its own");
}

/* Answers that end, whole or not. */
static void test_ends(void)
{
	static const char busy[] = "the server answered 503 Busy";
	static const struct {
		const char *answer, *reason;
		int64_t retry_after_ms;
	} answers[] = {
		{"HTTP/1.1 503 Busy\r\n", busy, -1},
		{"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n", busy, -1},
		{"HTTP/1.1 503 Busy\r\nX: y\r\n\r\nRetry-After: 1\r\n\r\n", busy, -1},
		{"HTTP/1.1 503 Busy\r\nretry-after:\t120 \r\nX: y\r\n\r\n<html>", busy, 120000},
		{"HTTP/1.1 503 Busy\r\nRetry-After: Thu, 01 Jan 1970 00:02:05 GMT\r\n\r\n", busy,
			5000},
		{"HTTP/1.1 503 Busy\r\nRetry-After: soon\r\n\r\n", busy, -1},
		{"HTTP/1.1 503 Bu", "", -1},
		{SWITCHING "Upgrade: websocket\r\n", "", -1},
	};
	struct ws_handshake_key key;
	char reason[256];
	size_t used;

	make_key(&key);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct span answer = span_text(answers[i].answer);
		enum ws_handshake judged =
			ws_handshake_judge(answer, &key, true, &used, reason, sizeof reason);
		TAP_OK(is_as_told(judged, reason, answers[i].reason), "answer %zu, which has ended",
			i);
		TAP_OK(ws_handshake_retry_after(answer, 120 * STAMP_NS_PER_S) ==
				answers[i].retry_after_ms,
			"... and when it is to be asked for again");
	}
}

static void test_bounds(void)
{
	static char answer[WS_HANDSHAKE_MAX + 1];
	struct ws_handshake_key key;
	char reason[256];
	size_t used;

	make_key(&key);
	TAP_OK(ws_handshake_judge(span_make(NULL, 0), &key, true, &used, reason, sizeof reason) ==
			WS_HANDSHAKE_MORE,
		"nothing at all");
	memset(answer, 'x', sizeof answer);
	memcpy(answer, SWITCHING "X: ", sizeof SWITCHING "X: " - 1);
	TAP_OK(judge(span_make(answer, WS_HANDSHAKE_MAX - 1), WS_HANDSHAKE_MAX - 1, &used, reason,
		       sizeof reason) == WS_HANDSHAKE_MORE,
		"a long head");
	TAP_OK(judge(span_make(answer, WS_HANDSHAKE_MAX), WS_HANDSHAKE_MAX, &used, reason,
		       sizeof reason) == WS_HANDSHAKE_NO &&
			strcmp(reason, "the server's answer is longer than it may be") == 0,
		"a head without end");
	memset(answer, 'x', sizeof answer);
	memcpy(answer, "HTTP/1.1 503 ", 13);
	TAP_OK(judge(span_make(answer, WS_HANDSHAKE_MAX), WS_HANDSHAKE_MAX, &used, reason,
		       sizeof reason) == WS_HANDSHAKE_NO,
		"a status line without end");
	answer[WS_HANDSHAKE_MAX - 1] = '\n';
	TAP_OK(judge(span_make(answer, WS_HANDSHAKE_MAX), WS_HANDSHAKE_MAX, &used, reason,
		       sizeof reason) == WS_HANDSHAKE_NO &&
			strlen(reason) < 200,
		"a long status line is cut short");
}

/* However an answer is cut, and whatever it begins with. */
static void test_long_heads(void)
{
	static const struct {
		size_t n; /* bytes of all heads */
		bool fits;
	} lengths[] = {{WS_HANDSHAKE_MAX, true}, {WS_HANDSHAKE_MAX + 1, false},
		{2 * WS_HANDSHAKE_MAX, false}};
	static const char *const begins[] = {SWITCHING OK_FIELDS "X: ",
		PROCEED SWITCHING OK_FIELDS "X: ", "HTTP/1.1 103 Early Hints\r\nX: "};
	static char answer[2 * WS_HANDSHAKE_MAX + 1];
	char reason[256];
	size_t used;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		for (size_t k = 0; k < sizeof begins / sizeof *begins; k++) {
			const char *ends =
				k < 2 ? "\r\n\r\n" : "\r\n\r\n" SWITCHING OK_FIELDS "\r\n";
			size_t n = lengths[i].n;
			const char *want = lengths[i].fits
				? NULL
				: "the server's answer is longer than it may be";

			memset(answer, 'x', n);
			memcpy(answer, begins[k], strlen(begins[k]));
			memcpy(answer + n - strlen(ends), ends, strlen(ends));
			answer[n] = '\x81'; /* a frame behind it */
			for (size_t piece = n + 1; piece > 1000; piece -= n / 4)
				TAP_OK(is_as_told(judge(span_make(answer, n + 1), piece, &used,
							  reason, sizeof reason),
					       reason, want) &&
						(want || used == n),
					"%zu bytes, in pieces of %zu", n, piece);
		}
	}
}

static void test_tunnels(void)
{
	static const struct {
		const char *answer, *reason;
	} tunnels[] = {
		{"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n", NULL},
		{"HTTP/1.0 200 OK\r\n\r\n", NULL},
		{PROCEED "HTTP/1.1 200 OK\r\n\r\n", NULL},
		{"HTTP/1.1 200 OK\nX: y\n\n", NULL},
		{"HTTP/1.1 200 OK\r\nX: y\r\n", ""},
		{PROCEED, ""},
		{"HTTP/1.1 407 Proxy Authentication Required\r\n",
			"the proxy answered 407 Proxy Authentication Required"},
		{"hello\r\n\r\n", "the proxy answered with no HTTP"},
	};
	char reason[256];
	size_t used;

	for (size_t i = 0; i < sizeof tunnels / sizeof *tunnels; i++) {
		struct span answer = span_text(tunnels[i].answer);
		enum ws_handshake judged =
			ws_handshake_judge_tunnel(answer, &used, reason, sizeof reason);
		TAP_OK(is_as_told(judged, reason, tunnels[i].reason) &&
				(judged != WS_HANDSHAKE_YES || used == answer.n),
			"the proxy's answer %zu", i);
	}
}

int main(void)
{
	test_requests();
	test_answers();
	test_ends();
	test_bounds();
	test_long_heads();
	test_tunnels();
	return tap_end();
}
