#include "net/ws_priv.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "base/stamp.h"
#include "net/trust.h"

enum {
	READ_SIZE = 64 * 1024,	 /* bytes a read; larger ones did not make it faster */
	HEADERS_MAX = 16 * 1024, /* bytes of the handshake's headers */
	DESCRIPTORS_MAX = 16,	 /* of libwebsockets' own; by default it reserves a table for all */
	NEVER_S = 24 * 60 * 60,	 /* keeps libwebsockets' timers out of the way of ours */
};

static void on_log(int level, const char *line)
{
	int saved = errno; /* ws_dial_next() looks at it */

	(void)level;
	diag_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
	errno = saved;
}

static int add_headers(struct lws *wsi, unsigned char **to, size_t room)
{
	static const char agent[] = "tradepipe/" VERSION;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_USER_AGENT,
		(const unsigned char *)agent, sizeof agent - 1, to, *to + room);
}

static int on_certificate(struct ws *ws, X509_STORE_CTX *store, bool accepted)
{
	if (!accepted)
		trust_refusal(store, ws->url.host, ws->refusal, sizeof ws->refusal);
	return 0; /* OpenSSL's verdict stands */
}

static void on_open(struct ws *ws)
{
	ws->phase = WS_OPEN;
	ws->reason[0] = '\0'; /* an address tried before may have left one */
	ws->heard_ns = stamp_monotonic();
	ws->events.open(ws->arg);
}

/* Up to 4.1, libwebsockets overwrites codes registered since, 1012 among them, with 1002. */
static const char *doubt_about(unsigned code)
{
	bool vague = LWS_LIBRARY_VERSION_MAJOR == 4 && LWS_LIBRARY_VERSION_MINOR < 2;

	return vague && code == LWS_CLOSE_STATUS_PROTOCOL_ERR ? " (or one of 1012 to 1014)" : "";
}

static void on_close_frame(struct ws *ws, struct span payload)
{
	const unsigned char *p = (const unsigned char *)payload.p;
	unsigned code;

	if (payload.n < 2) {
		ws_note(ws, "the server closed the connection");
		return;
	}
	code = p[0] * 256u + p[1];
	ws_note(ws, "the server closed the connection with code %u%s%s%.*s", code,
		doubt_about(code), payload.n > 2 ? ": " : "", (int)payload.n - 2, payload.p + 2);
}

static void on_closed(struct ws *ws)
{
	ws->wsi = NULL;
	if (!ws->reason[0] && ws->fault)
		ws_note(ws, "the connection broke: %s", strerror(ws->fault));
	else if (!ws->reason[0])
		ws_note(ws, "the connection was closed without a close frame");
	ws_finish(ws, WS_END_CLOSED);
}

/* Called for all reasons there are, and for connections long given up. A call for a message never
 * asks for the end of the connection: libwebsockets 4.1 would go on reading behind the end of its
 * buffer until the server has acknowledged the close. WS_LEAVING has it ended from outside. */
static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ws *ws = lws_get_opaque_user_data(wsi);

	if (!ws) /* no connection of ours: given up, or libwebsockets talking of itself */
		return 0;
	if (ws->phase == WS_LEAVING) {
		if (reason == LWS_CALLBACK_CLIENT_CLOSED)
			ws->wsi = NULL;
		return 0;
	}
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
		return on_certificate(ws, user, n);
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_headers(wsi, in, n);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		on_open(ws);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		ws_message_take(ws, wsi, span_make(in, n));
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return ws_message_write(ws, wsi);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		on_close_frame(ws, span_make(in, n));
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		on_closed(ws);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		ws_dial_failed(ws, wsi, span_make(in, in ? n : 0));
		return 0;
	default:
		return 0;
	}
}

struct lws_context *ws_context_new(SSL_CTX *trust)
{
	static const struct lws_protocols protocols[] = {
		{.name = "tradepipe", .callback = on_event, .rx_buffer_size = READ_SIZE},
		{.name = NULL},
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.provided_client_ssl_ctx = trust,
		.pt_serv_buf_size = READ_SIZE,
		.max_http_header_data2 = HEADERS_MAX,
		.fd_limit_per_thread = DESCRIPTORS_MAX,
		.timeout_secs = NEVER_S,
		.connect_timeout_secs = NEVER_S,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};

	lws_set_log_level(
		diag_shows(DIAG_DEBUG) ? LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO : 0, on_log);
	return lws_create_context(&info);
}
