/* Answers to a handshake are judged the same in whatever pieces they come. The first byte says what
 * the input follows: a beginning that is good, and perhaps so long a field that the bound is
 * near. */
#include "net/ws_handshake.h"

#include <string.h>

#include "base/stamp.h"

#include "fuzz.h"

enum {
	REASON_MAX = 256,
	LONG_FIELD = WS_HANDSHAKE_MAX - 512,
	TUNNEL = 0x80,
	IS_LONG = 0x40,
	PIECES = 6,
};

static const char *const begins[] = {"", "HTTP/1.1 101 Switching Protocols\r\n",
	"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 ",
	("HTTP/1.1 101\nUpgrade: websocket\nConnection: Upgrade\n"
	 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"),
	"HTTP/1.1 200 OK\r\n", "HTTP/1.1 503 Busy\r\nRetry-After: "};

struct verdict {
	enum ws_handshake judged;
	size_t used;
	char reason[REASON_MAX];
	int64_t retry_after;
};

static void judge(struct span answer, bool by_proxy, bool ended, struct verdict *verdict)
{
	struct ws_handshake_key key;
	char *copy = malloc(answer.n ? answer.n : 1); /* of just that size, for sanitizers */
	struct span whole = span_make(copy, answer.n);

	FUZZ_REQUIRE(copy);
	if (answer.n)
		memcpy(copy, answer.p, answer.n);
	ws_handshake_make_key((const unsigned char *)"the sample nonce", &key);
	*verdict = (struct verdict){.retry_after = -1};
	verdict->judged = by_proxy
		? ws_handshake_judge_tunnel(whole, &verdict->used, verdict->reason, REASON_MAX)
		: ws_handshake_judge(
			  whole, &key, ended, &verdict->used, verdict->reason, REASON_MAX);
	if (verdict->judged == WS_HANDSHAKE_NO)
		verdict->retry_after = ws_handshake_retry_after(whole, 1700000000 * STAMP_NS_PER_S);
	free(copy);
}

static void check(const struct verdict *verdict, size_t n)
{
	FUZZ_REQUIRE(verdict->retry_after >= -1);
	FUZZ_REQUIRE((verdict->judged == WS_HANDSHAKE_NO) == (verdict->reason[0] != '\0'));
	FUZZ_REQUIRE(verdict->judged != WS_HANDSHAKE_MORE || n < WS_HANDSHAKE_MAX);
	FUZZ_REQUIRE(verdict->judged != WS_HANDSHAKE_YES ||
		(verdict->used > 0 && verdict->used <= n && verdict->used <= WS_HANDSHAKE_MAX));
}

static void compare(struct span answer, bool by_proxy)
{
	size_t step = answer.n / PIECES + 1;
	struct verdict whole, part = {.judged = WS_HANDSHAKE_MORE}, ended;

	judge(answer, by_proxy, false, &whole);
	check(&whole, answer.n);
	for (size_t n = 0; n < answer.n + step && part.judged == WS_HANDSHAKE_MORE; n += step) {
		size_t there = n < answer.n ? n : answer.n;
		judge(span_make(answer.p, there), by_proxy, false, &part);
		check(&part, there);
	}
	FUZZ_REQUIRE(part.judged == whole.judged && part.used == whole.used &&
		strcmp(part.reason, whole.reason) == 0);
	judge(answer, by_proxy, true, &ended);
	FUZZ_REQUIRE(whole.judged == WS_HANDSHAKE_MORE ||
		(ended.judged == whole.judged && ended.used == whole.used));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf answer;

	if (size < 1)
		return 0;
	buf_init(&answer, SIZE_MAX);
	buf_add_text(&answer, begins[data[0] % (sizeof begins / sizeof *begins)]);
	if (data[0] & IS_LONG) {
		buf_add_text(&answer, "X: ");
		memset(buf_room(&answer, LONG_FIELD), 'x', LONG_FIELD);
		buf_added(&answer, LONG_FIELD);
	}
	buf_add(&answer, span_make((const char *)data + 1, size - 1));
	compare(buf_span(&answer), data[0] & TUNNEL);
	buf_release(&answer);
	return 0;
}
