/*
 * The HTTP in front of a WebSocket's frames: asking a proxy for a tunnel, asking the server for the
 * upgrade (RFC 6455 section 4), and judging what they answer. Pure functions over bytes.
 */
#ifndef TRADEPIPE_NET_WS_HANDSHAKE_H
#define TRADEPIPE_NET_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/span.h"
#include "net/url.h"

enum {
	WS_HANDSHAKE_RANDOM = 16,     /* bytes that a key is made of */
	WS_HANDSHAKE_MAX = 16 * 1024, /* bytes of a request, and of the heads of an answer */
};

struct ws_handshake_key {
	char text[DIGEST_BASE64(WS_HANDSHAKE_RANDOM) + 1];
};

enum ws_handshake {
	WS_HANDSHAKE_MORE, /* the answer goes on */
	WS_HANDSHAKE_YES,
	WS_HANDSHAKE_NO,
};

void ws_handshake_make_key(
	const unsigned char bytes[WS_HANDSHAKE_RANDOM], struct ws_handshake_key *key);

/* Appends the request for the upgrade: no extension, subprotocol or origin. The port of the address
 * is given; usual_port is what it need not be named for. */
void ws_handshake_ask(struct buf *to, const struct url *url, uint16_t usual_port,
	const struct ws_handshake_key *key);

/* Appends the request for a tunnel to the address; user is "name:password" for the proxy, or
 * empty. */
void ws_handshake_ask_tunnel(struct buf *to, const struct url *url, const char *user);

/* Judges as much of an answer as there is, from its beginning, the same however its bytes were cut;
 * interim answers (1xx but 101) are skipped. Where it has `ended`, no more will come. YES: *used is
 * the length of all heads, WS_HANDSHAKE_MAX at most, behind which frames may have come. NO: why, as
 * a phrase, with bytes of the peer's, in `reason`: "the server answered 503 Service Unavailable". A
 * refusal is judged once its head is whole, or will not be. */
enum ws_handshake ws_handshake_judge(struct span answer, const struct ws_handshake_key *key,
	bool ended, size_t *used, char *reason, size_t size);

/* Retry-After in the head of an answer, as retry_after_read() has it; -1 where there is
 * none, or the head is not whole. */
int64_t ws_handshake_retry_after(struct span answer, int64_t now_ns);

/* Judges a proxy's answer likewise, but a refusal by its status alone. */
enum ws_handshake ws_handshake_judge_tunnel(
	struct span answer, size_t *used, char *reason, size_t size);

#endif
