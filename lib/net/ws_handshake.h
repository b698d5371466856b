/*
 * The HTTP in front of a WebSocket's frames: asking a proxy for a tunnel, asking the server for the
 * upgrade (RFC 6455 section 4), and judging what they answer. Pure functions over bytes.
 */
#ifndef TRADEPIPE_NET_WS_HANDSHAKE_H
#define TRADEPIPE_NET_WS_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/span.h"
#include "net/url.h"

enum {
	WS_HANDSHAKE_RANDOM = 16,     /* bytes that a key is made of */
	WS_HANDSHAKE_MAX = 16 * 1024, /* bytes of a request, and of the head of an answer */
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

/* Judges as much of an answer as there is, from its beginning. YES: *used is the length of its head,
 * behind which frames may have come. NO: why, as a phrase, with bytes of the peer's, in `reason`: "the
 * server answered 503 Service Unavailable". */
enum ws_handshake ws_handshake_judge(struct span answer, const struct ws_handshake_key *key,
	size_t *used, char *reason, size_t size);
enum ws_handshake ws_handshake_judge_tunnel(
	struct span answer, size_t *used, char *reason, size_t size);

#endif
