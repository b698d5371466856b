/*
 * The yardstick of tests/bench/tail.sh: a bare libwebsockets loop that counts messages and does
 * nothing with them.
 *
 * usage: ws-count PORT PATH COUNT SUBSCRIBE
 */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

enum { READ_SIZE = 64 * 1024 };

struct count {
	uint64_t messages;
	uint64_t wanted;
	const char *subscribe;
	bool over;
};

static int subscribe(struct lws *wsi, const char *text)
{
	size_t n = strlen(text);
	unsigned char *frame = malloc(LWS_PRE + n);
	int written;

	memcpy(frame + LWS_PRE, text, n);
	written = lws_write(wsi, frame + LWS_PRE, n, LWS_WRITE_TEXT);
	free(frame);
	return written < 0 ? -1 : 0;
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct count *count = lws_context_user(lws_get_context(wsi));

	(void)user;
	(void)in;
	(void)n;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return subscribe(wsi, count->subscribe);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		if (lws_is_final_fragment(wsi) && ++count->messages >= count->wanted)
			count->over = true;
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		count->over = true;
		return 0;
	default:
		return 0;
	}
}

static void run(struct count *count, int port, const char *path)
{
	static const struct lws_protocols protocols[] = {
		{.name = "count", .callback = on_event, .rx_buffer_size = READ_SIZE},
		{.name = NULL},
	};
	struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.pt_serv_buf_size = READ_SIZE,
		.user = count,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1};
	struct lws_context *context = lws_create_context(&info);
	struct lws_client_connect_info to = {.context = context,
		.address = "127.0.0.1",
		.port = port,
		.path = path,
		.host = "localhost"};

	lws_client_connect_via_info(&to);
	while (!count->over && lws_service(context, 0) >= 0)
		;
	lws_context_destroy(context);
}

int main(int argc, char **argv)
{
	struct count count = {.messages = 0};
	uint64_t port;

	if (argc != 5 || num_u64(span_text(argv[1]), &port) < 0 || port > UINT16_MAX ||
		num_u64(span_text(argv[3]), &count.wanted) < 0) {
		fprintf(stderr, "usage: ws-count PORT PATH COUNT SUBSCRIBE\n");
		return 2;
	}
	count.subscribe = argv[4];
	lws_set_log_level(0, NULL);
	run(&count, (int)port, argv[2]);
	printf("%llu\n", (unsigned long long)count.messages);
	return count.messages >= count.wanted ? 0 : 1;
}
