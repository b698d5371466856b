/*
 * How long a trade is on its way through a program: sends trades to it at an even pace, one in each
 * message, and notes when each one's line has come out.
 *
 * usage: ws-pace VIA RATE COUNT PAIRS COMMAND...
 *
 * VIA is the directory of certificates of tests/servers/certs (wss), `plain` (ws) or `relay`: without
 * WebSocket, lines to the standard input of the command, which is a socket. A WebSocket's address is in
 * KRAKEN_WS_URL, and the pairs, T000/USD and so on, are operands of the command.
 *
 * Prints, of all trades but the first tenth: p50, p99, p99.9 and the longest time from before the write
 * to the line, the p99 of what the sender was late by, in nanoseconds all of them; the share of a
 * processor that the command used; the share of the trades that took less than 100 us.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/stamp.h"

enum {
	HEAD_MAX = 4096,
	REQUEST_MAX = 64 * 1024,
	PAIRS_MAX = 1000,
	READ_SIZE = 64 * 1024,
	FIRST_ID = 100000000,
	SPARE_S = 60, /* beyond what the pace needs */
	SOON_NS = 100 * 1000,
	AWAKE_NS = 200 * 1000, /* before a trade is due; sleep may take longer than it should */
};

struct frame {
	size_t at;
	size_t n;
};

struct bench {
	const char *via;
	uint64_t rate;
	uint64_t count;
	uint64_t pairs;
	bool is_relay;
	int listener; /* or the socket to the relay */
	int fd;
	SSL *ssl; /* NULL: plain */
	pid_t child;
	struct buf text; /* all frames */
	struct frame *frames;
	int64_t *sent; /* when each one was */
	int64_t *late; /* behind its time */
	int64_t *came; /* its line */
	uint64_t n_sent, n_came;
	int lines;  /* what the command writes */
	char *held; /* of the lines: the bytes of one that is not whole */
	size_t n_held;
	int64_t start_ns, begun_ns;
	int64_t cpu_ns;
};

static void die(const char *what) __attribute__((noreturn));
static void die(const char *what)
{
	fprintf(stderr, "ws-pace: %s\n", what);
	exit(1);
}

/* The connection. */

static void write_all(struct bench *b, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = b->ssl ? SSL_write(b->ssl, bytes.p, (int)bytes.n)
				   : write(b->fd, bytes.p, bytes.n);

		if (n <= 0)
			die("the command does not take what is sent");
		bytes = span_make(bytes.p + n, bytes.n - (size_t)n);
	}
}

static void read_exactly(struct bench *b, void *to, size_t n)
{
	for (size_t got = 0; got < n;) {
		char *at = (char *)to + got;
		ssize_t more =
			b->ssl ? SSL_read(b->ssl, at, (int)(n - got)) : read(b->fd, at, n - got);

		if (more <= 0)
			die("the command has ended the connection");
		got += (size_t)more;
	}
}

static void add_frame(struct buf *to, struct span text)
{
	unsigned char head[4] = {0x81, 126, (unsigned char)(text.n >> 8), (unsigned char)text.n};

	if (text.n < 126)
		head[1] = (unsigned char)text.n;
	if (buf_add(to, span_make((char *)head, text.n < 126 ? 2 : 4)) < 0 || buf_add(to, text) < 0)
		die("too many messages");
}

/* One masked frame of less than 64 kB. */
static void read_request(struct bench *b, char *text)
{
	unsigned char head[2], more[2], mask[4];
	size_t n;

	read_exactly(b, head, sizeof head);
	n = head[1] & 0x7f;
	if (n == 127)
		die("a request is too long");
	if (n == 126) {
		read_exactly(b, more, sizeof more);
		n = (size_t)more[0] << 8 | more[1];
	}
	read_exactly(b, mask, sizeof mask);
	read_exactly(b, text, n);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)(text[i] ^ mask[i % 4]);
	text[n] = '\0';
}

static void shake_hands(struct bench *b)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	static const char name[] = "\r\nSec-WebSocket-Key: ";
	char head[HEAD_MAX] = "", text[HEAD_MAX], *key;
	unsigned char digest[EVP_MAX_MD_SIZE], accept[2 * EVP_MAX_MD_SIZE];
	unsigned digest_n;

	for (size_t n = 0; !strstr(head, "\r\n\r\n"); n++) {
		if (n + 1 >= sizeof head)
			die("the handshake is too long");
		read_exactly(b, head + n, 1);
	}
	key = strstr(head, name);
	if (!key)
		die("the handshake has no key");
	key += sizeof name - 1;
	snprintf(text, sizeof text, "%.*s%s", (int)strcspn(key, "\r"), key, magic);
	EVP_Digest(text, strlen(text), digest, &digest_n, EVP_sha1(), NULL);
	EVP_EncodeBlock(accept, digest, (int)digest_n);
	snprintf(text, sizeof text,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		(char *)accept);
	write_all(b, span_text(text));
}

/* What Kraken says. */

static void add_trade(struct buf *to, uint64_t pair, uint64_t id)
{
	buf_printf(to,
		"{\"symbol\":\"T%03" PRIu64 "/USD\",\"side\":\"%s\",\"price\":%" PRIu64 ".6,"
		"\"qty\":0.%08" PRIu64 ",\"ord_type\":\"limit\",\"trade_id\":%" PRIu64 ","
		"\"timestamp\":\"2026-09-30T01:34:50.%06" PRIu64 "Z\"}",
		pair, id % 3 ? "buy" : "sell", 83000 + id % 1000, id % 100000000 + 1, id,
		id % 1000000);
}

static void add_message(struct buf *to, const char *type, uint64_t pair, uint64_t id)
{
	struct buf text;

	buf_init(&text, HEAD_MAX);
	buf_printf(&text, "{\"channel\":\"trade\",\"type\":\"%s\",\"data\":[", type);
	add_trade(&text, pair, id);
	buf_add_text(&text, "]}");
	add_frame(to, buf_span(&text));
	buf_release(&text);
}

static void acknowledge(struct buf *to, uint64_t pair, uint64_t request)
{
	char text[HEAD_MAX];

	snprintf(text, sizeof text,
		"{\"method\":\"subscribe\",\"result\":{\"channel\":\"trade\",\"snapshot\":true,"
		"\"symbol\":\"T%03" PRIu64 "/USD\"},\"success\":true,"
		"\"time_in\":\"2026-09-30T01:34:50.331350Z\","
		"\"time_out\":\"2026-09-30T01:34:50.331360Z\",\"req_id\":%" PRIu64 "}",
		pair, request);
	add_frame(to, span_text(text));
}

/* All pairs are in one request. */
static void answer(struct bench *b)
{
	static const char status[] =
		"{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.10\","
		"\"system\":\"online\",\"api_version\":\"v2\","
		"\"connection_id\":11315962367609298897}]}";
	char *request = mem_alloc(1, REQUEST_MAX + 1), *at;
	uint64_t number = 0;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	add_frame(&text, span_text(status));
	read_request(b, request);
	at = strstr(request, "\"req_id\":");
	if (at)
		num_take_u64(span_text(at + strlen("\"req_id\":")), &number);
	for (uint64_t pair = 0; pair < b->pairs; pair++) {
		acknowledge(&text, pair, number);
		add_message(&text, "snapshot", pair, FIRST_ID - 1);
	}
	write_all(b, buf_span(&text));
	buf_release(&text);
	free(request);
}

static void render(struct bench *b)
{
	b->frames = mem_alloc(b->count, sizeof *b->frames);
	buf_init(&b->text, SIZE_MAX);
	for (uint64_t i = 0; i < b->count; i++) {
		uint64_t pair = i % b->pairs, id = FIRST_ID + i / b->pairs;

		b->frames[i].at = b->text.len;
		if (b->is_relay) {
			add_trade(&b->text, pair, id);
			buf_add_text(&b->text, "\n");
		} else {
			add_message(&b->text, "update", pair, id);
		}
		b->frames[i].n = b->text.len - b->frames[i].at;
	}
}

/* Sending. */

static int64_t child_cpu(const struct bench *b)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(b->child, &clock) != 0 || clock_gettime(clock, &used) < 0)
		die("the processor time of the command is not known");
	return used.tv_sec * STAMP_NS_PER_S + used.tv_nsec;
}

static void wait_until(int64_t ns)
{
	struct timespec at = {ns / STAMP_NS_PER_S, ns % STAMP_NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void connect_child(struct bench *b)
{
	int on = 1;

	b->fd = accept(b->listener, NULL, NULL);
	if (b->fd < 0)
		die("cannot accept");
	setsockopt(b->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (b->ssl && (SSL_set_fd(b->ssl, b->fd) != 1 || SSL_accept(b->ssl) != 1))
		die("no TLS");
	shake_hands(b);
	answer(b);
}

/* When the next trade is due. What is late is made up for at twice the pace, not all at once: a burst
 * would have to wait for itself. */
static int64_t next_due(const struct bench *b)
{
	int64_t every_ns = STAMP_NS_PER_S / (int64_t)b->rate;
	int64_t due = b->start_ns + (int64_t)b->n_sent * every_ns, soonest;

	if (b->n_sent == 0)
		return due;
	soonest = b->sent[b->n_sent - 1] + every_ns / 2;
	return due > soonest ? due : soonest;
}

static void send_next(struct bench *b)
{
	uint64_t i = b->n_sent++;

	if (i == b->count / 10) {
		b->begun_ns = stamp_monotonic();
		b->cpu_ns = child_cpu(b);
	}
	b->sent[i] = stamp_monotonic();
	b->late[i] = b->sent[i] - b->start_ns - (int64_t)i * (STAMP_NS_PER_S / (int64_t)b->rate);
	write_all(b, span_make(b->text.data + b->frames[i].at, b->frames[i].n));
}

/* Reading. */

/* The line has a NUL behind it. */
static void check_line(const struct bench *b, struct span line, uint64_t i)
{
	char wanted[HEAD_MAX];
	size_t n = (size_t)snprintf(
		wanted, sizeof wanted, "{\"symbol\":\"T%03" PRIu64 "/USD\"", i % b->pairs);
	const char *at = strstr(line.p, "\"trade_id\":");
	uint64_t id = 0;

	if (at)
		num_take_u64(span_text(at + strlen("\"trade_id\":")), &id);
	if (line.n < n || memcmp(line.p, wanted, n) != 0 || id != FIRST_ID + i / b->pairs)
		die("a line is not the one that was due");
}

/* Checks that the lines come in their order, and notes when; returns at once where there are none. */
static void read_lines(struct bench *b)
{
	ssize_t n = read(b->lines, b->held + b->n_held, READ_SIZE - b->n_held);
	int64_t now = stamp_monotonic();
	char *from = b->held, *end;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("the command has ended");
	b->n_held += (size_t)n;
	for (; b->n_came < b->count && (end = memchr(from, '\n', b->n_held)); b->n_came++) {
		size_t line_n = (size_t)(end - from);

		*end = '\0';
		check_line(b, span_make(from, line_n), b->n_came);
		b->came[b->n_came] = now;
		from = end + 1;
		b->n_held -= line_n + 1;
	}
	memmove(b->held, from, b->n_held);
}

/* Sends and looks for lines by turns, in one thread that sleeps only where nothing is on its way: its
 * own wake-ups are no part of what is measured. */
static void send_all(struct bench *b)
{
	b->start_ns = stamp_monotonic();
	while (b->n_came < b->count) {
		int64_t due = b->n_sent < b->count ? next_due(b) : INT64_MAX;

		if (b->n_sent == b->n_came && due - stamp_monotonic() > AWAKE_NS)
			wait_until(due - AWAKE_NS);
		if (stamp_monotonic() >= due)
			send_next(b);
		read_lines(b);
	}
}

/* The whole. */

static void offer_tls(struct bench *b)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char chain[HEAD_MAX], key[HEAD_MAX];

	snprintf(chain, sizeof chain, "%s/server.pem", b->via);
	snprintf(key, sizeof key, "%s/server.key", b->via);
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, chain) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die("cannot read the certificates");
	b->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
}

static void listen_at_loopback(struct bench *b)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t n = sizeof address;
	char url[HEAD_MAX];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (b->listener < 0 || bind(b->listener, (struct sockaddr *)&address, n) < 0 ||
		listen(b->listener, 1) < 0 ||
		getsockname(b->listener, (struct sockaddr *)&address, &n) < 0)
		die("cannot listen");
	snprintf(url, sizeof url, "%s://127.0.0.1:%u/v2", b->ssl ? "wss" : "ws",
		(unsigned)ntohs(address.sin_port));
	setenv("KRAKEN_WS_URL", url, 1);
}

static char **with_pairs(const struct bench *b, char **command, int n)
{
	char **all = mem_alloc((size_t)n + b->pairs + 1, sizeof *all);
	char name[HEAD_MAX];

	for (int i = 0; i < n; i++)
		all[i] = command[i];
	for (uint64_t pair = 0; !b->is_relay && pair < b->pairs; pair++) {
		snprintf(name, sizeof name, "T%03" PRIu64 "/USD", pair);
		all[(uint64_t)n + pair] = mem_text(name);
	}
	return all;
}

static void start(struct bench *b, char **command)
{
	int out[2], in[2] = {STDIN_FILENO, -1};

	if (pipe(out) < 0 || (b->is_relay && socketpair(AF_UNIX, SOCK_STREAM, 0, in) < 0) ||
		(b->child = fork()) < 0)
		die("cannot start the command");
	if (b->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		dup2(in[0], STDIN_FILENO);
		if (b->is_relay)
			close(in[1]);
		close(out[0]);
		close(out[1]);
		execvp(command[0], command);
		die("cannot run the command");
	}
	close(out[1]);
	b->fd = in[1];
	b->lines = out[0];
	fcntl(b->lines, F_SETFL, O_NONBLOCK);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print_results(const struct bench *b, int64_t cpu_ns, int64_t ns)
{
	uint64_t skip = b->count / 10, n = b->count - skip, soon = 0;
	int64_t *took = mem_alloc(n, sizeof *took), *late = b->late + skip;

	for (uint64_t i = 0; i < n; i++) {
		took[i] = b->came[skip + i] - b->sent[skip + i];
		soon += took[i] < SOON_NS;
	}
	qsort(took, n, sizeof *took, by_value);
	qsort(late, n, sizeof *late, by_value);
	printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %.6f %.6f\n",
		took[n / 2], took[n * 99 / 100], took[n * 999 / 1000], took[n - 1],
		late[n * 99 / 100], (double)(cpu_ns - b->cpu_ns) / (double)(ns - b->begun_ns),
		(double)soon / (double)n);
	free(took);
}

static void run(struct bench *b, char **command, int n)
{
	char **all = with_pairs(b, command, n);
	int64_t cpu_ns;

	if (!b->is_relay && strcmp(b->via, "plain") != 0)
		offer_tls(b);
	if (!b->is_relay)
		listen_at_loopback(b);
	render(b);
	b->sent = mem_alloc(b->count, sizeof *b->sent);
	b->late = mem_alloc(b->count, sizeof *b->late);
	b->came = mem_alloc(b->count, sizeof *b->came);
	b->held = mem_alloc(1, READ_SIZE + 1);
	start(b, all);
	signal(SIGPIPE, SIG_IGN);
	alarm(SPARE_S + (unsigned)(b->count / b->rate));
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	if (!b->is_relay)
		connect_child(b);
	send_all(b);
	cpu_ns = child_cpu(b);
	print_results(b, cpu_ns, b->came[b->count - 1]);
	kill(b->child, SIGTERM);
	waitpid(b->child, NULL, 0);
}

int main(int argc, char **argv)
{
	struct bench b = {.fd = -1};

	if (argc < 6 || num_u64(span_text(argv[2]), &b.rate) < 0 || b.rate == 0 ||
		num_u64(span_text(argv[3]), &b.count) < 0 || b.count < 10 ||
		num_u64(span_text(argv[4]), &b.pairs) < 0 || b.pairs == 0 || b.pairs > PAIRS_MAX) {
		fprintf(stderr, "usage: ws-pace VIA RATE COUNT PAIRS COMMAND...\n");
		return 2;
	}
	b.via = argv[1];
	b.is_relay = strcmp(b.via, "relay") == 0;
	run(&b, argv + 5, argc - 5);
	return 0;
}
