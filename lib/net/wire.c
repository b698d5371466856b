#include "net/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/trust.h"
#include "net/trust_priv.h"

enum { TLS_AHEAD = 64 * 1024 }; /* bytes read at once, of records that are mostly short */

void wire_init(struct wire *wire)
{
	*wire = (struct wire){.fd = -1};
}

static void set_port(struct sockaddr *address, uint16_t port)
{
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
}

/* A socket that blocks nobody, hands on small writes at once, and ends with the program. */
static int open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_to(struct wire *wire, const struct addrinfo *to)
{
	wire->fd = open_socket(to->ai_family);
	if (wire->fd < 0)
		return -1;
	if (connect(wire->fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS ||
		errno == EINTR)
		return 0;
	close(wire->fd);
	wire->fd = -1;
	return -1;
}

int wire_connect(struct wire *wire, const char *address, uint16_t port)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *to;
	int result, saved;

	wire_init(wire);
	if (getaddrinfo(address, NULL, &hints, &to) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	set_port(to->ai_addr, port);
	result = connect_to(wire, to);
	saved = errno;
	freeaddrinfo(to);
	errno = saved;
	return result;
}

int wire_socket_fault(const struct wire *wire)
{
	int fault = 0;
	socklen_t size = sizeof fault;

	return getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 ? fault : errno;
}

static int on_certificate(int accepted, X509_STORE_CTX *store)
{
	SSL *tls = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct wire *wire = SSL_get_app_data(tls);

	if (!accepted) {
		wire->untrusted = true;
		trust_refusal(store, wire->host, wire->fault, sizeof wire->fault);
	}
	return accepted; /* OpenSSL's verdict stands */
}

static bool is_address(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

int wire_begin_tls(struct wire *wire, SSL_CTX *trust, const char *host)
{
	static const unsigned char protocols[] = "\x08http/1.1"; /* as ALPN writes it */
	SSL *tls;

	ERR_clear_error();
	tls = SSL_new(trust);
	wire->tls = tls;
	wire->host = host;
	if (!tls || SSL_set_fd(tls, wire->fd) != 1 ||
		SSL_set_alpn_protos(tls, protocols, sizeof protocols - 1) != 0 ||
		(!is_address(host) && SSL_set_tlsext_host_name(tls, host) != 1))
		return -1;
	SSL_set_app_data(tls, wire);
	SSL_set_verify(tls, SSL_VERIFY_PEER, on_certificate);
	/* An end that TLS did not announce shows in what is read, which says where it ends itself.
	 * While a server renegotiates, writing would wait for reading. */
	SSL_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	SSL_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_set_read_ahead(tls, 1);
	SSL_set_default_read_buffer_len(tls, TLS_AHEAD);
	SSL_set_connect_state(tls);
	return 0;
}

/* What a call of OpenSSL for this connection came to that returned n <= 0, as 0 (the end) or -1 and
 * errno. */
static int judge(struct wire *wire, int n)
{
	int fault = errno;
	const char *why;

	switch (SSL_get_error(wire->tls, n)) {
	case SSL_ERROR_WANT_READ:
		wire->awaits = POLLIN;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		wire->awaits = POLLOUT;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		wire->failed = true;
		errno = fault;
		return fault ? -1 : 0;
	default:
		wire->failed = true;
		why = trust_failure();
		if (!wire->fault[0])
			snprintf(wire->fault, sizeof wire->fault, "TLS failed: %s",
				why ? why : "OpenSSL gives no reason");
		errno = EPROTO;
		return -1;
	}
}

/* Before a call of OpenSSL: what it notes must be about that call. */
static void begin(struct wire *wire)
{
	ERR_clear_error();
	errno = 0;
	wire->awaits = 0;
}

static int length(size_t n)
{
	return n < INT_MAX ? (int)n : INT_MAX;
}

int wire_shake_hands(struct wire *wire)
{
	int n;

	begin(wire);
	n = SSL_do_handshake(wire->tls);
	if (n == 1) {
		wire->more = true; /* what was read ahead may hold records */
		return 0;
	}
	if (judge(wire, n) == 0) {
		snprintf(wire->fault, sizeof wire->fault, "TLS failed: the connection was closed");
		errno = EPROTO;
	}
	return -1;
}

/* One record. */
static ssize_t read_record(struct wire *wire, char *to, size_t n)
{
	int got;

	begin(wire);
	got = SSL_read(wire->tls, to, length(n));
	wire->more = got > 0 && SSL_has_pending(wire->tls);
	return got > 0 ? got : judge(wire, got);
}

/* As many records as have been read already and find room; an error waits until they are dealt
 * with. An end tells itself again. */
static ssize_t read_records(struct wire *wire, char *to, size_t n)
{
	ssize_t got;
	size_t at = 0;

	if (wire->later) {
		errno = wire->later;
		return -1;
	}
	do {
		got = read_record(wire, to + at, n - at);
		at += got > 0 ? (size_t)got : 0;
	} while (got > 0 && wire->more && at < n);
	if (at == 0)
		return got;
	if (got < 0 && errno != EAGAIN)
		wire->later = errno;
	if (got == 0 || wire->later)
		wire->more = true;
	return (ssize_t)at;
}

ssize_t wire_read(struct wire *wire, char *to, size_t n)
{
	return wire->tls ? read_records(wire, to, n) : recv(wire->fd, to, n, 0);
}

ssize_t wire_write(struct wire *wire, struct span bytes)
{
	int n;

	if (!wire->tls)
		return send(wire->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	begin(wire);
	n = SSL_write(wire->tls, bytes.p, length(bytes.n));
	if (n <= 0 && judge(wire, n) == 0)
		errno = EPIPE;
	return n > 0 ? n : -1;
}

short wire_awaits(const struct wire *wire, short events)
{
	return (short)(events | wire->awaits);
}

bool wire_has_more(const struct wire *wire)
{
	return wire->more;
}

const char *wire_why(const struct wire *wire, int fault)
{
	return wire->fault[0] ? wire->fault : strerror(fault);
}

void wire_close(struct wire *wire)
{
	if (wire->tls && !wire->failed && SSL_is_init_finished(wire->tls)) {
		ERR_clear_error();
		SSL_shutdown(wire->tls); /* says goodbye, and does not wait for an answer */
	}
	SSL_free(wire->tls);
	if (wire->fd >= 0)
		close(wire->fd);
	wire_init(wire);
}
