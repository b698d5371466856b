"""What tests of lib/net/ws share: the other end of a connection, and the client under test."""

import base64
import contextlib
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

import harness
from harness import BUILD, TEMP, Server, ok

CLIENT = os.path.join(BUILD, "tests/net/ws-client")
TEXT, BINARY, MORE, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
MEBI = 1024 * 1024


def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4096)
        if not more:
            raise EOFError
        data += more
    return data.decode()


def answer_to(head):
    key = next(line.split(": ")[1] for line in head.split("\r\n")
               if line.lower().startswith("sec-websocket-key: "))
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n").encode()


def frame(kind, payload=b"", final=True):
    n = len(payload)
    head = bytes([kind | (0x80 if final else 0)])
    if n < 126:
        return head + bytes([n]) + payload
    if n < 65536:
        return head + struct.pack(">BH", 126, n) + payload
    return head + struct.pack(">BQ", 127, n) + payload


def close_frame(code, text=b""):
    return frame(CLOSE, struct.pack(">H", code) + text)


def read_exactly(connection, n):
    data = b""
    while len(data) < n:
        more = connection.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_frame(connection):
    first, second = read_exactly(connection, 2)
    n = second & 0x7F
    if n == 126:
        n, = struct.unpack(">H", read_exactly(connection, 2))
    elif n == 127:
        n, = struct.unpack(">Q", read_exactly(connection, 8))
    mask = read_exactly(connection, 4)
    data = bytes(b ^ mask[i % 4] for i, b in enumerate(read_exactly(connection, n)))
    return first & 0x0F, data


def speaker(*parts, stay=True):
    """A handler that shakes hands, sends the parts (numbers are seconds to wait) and then listens,
    or leaves at once."""

    def handle(server, connection):
        head = read_head(connection)
        server.seen.append(head)
        connection.sendall(answer_to(head))
        for part in parts:
            if isinstance(part, (int, float)):
                time.sleep(part)
            else:
                connection.sendall(part)
        while stay:
            server.seen.append(read_frame(connection))

    return handle


def replier(data):
    def handle(server, connection):
        server.seen.append(read_head(connection))
        connection.sendall(data)

    return handle


def silent(server, connection):
    connection.settimeout(10)
    connection.recv(65536)
    time.sleep(10)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def start(*words, env=None):
    return harness.start(CLIENT, *words, env=env)


class Result:
    def __init__(self, process):
        out, self.err = (text.decode(errors="replace") for text in process.communicate(timeout=20))
        self.status = process.returncode
        self.lines = out.splitlines()

    def last(self, word):
        values = [line[len(word) + 1:] for line in self.lines if line.startswith(word + " ")]
        return values[-1] if values else None

    def number(self, word):
        return int(self.last(word) or -1)

    @property
    def events(self):
        return [line for line in self.lines
                if line.split()[0] in ("open", "text", "binary", "sent")]

    def __str__(self):
        return f"status {self.status}\n" + "\n".join(self.lines) + "\n" + self.err


def run(*words, env=None):
    return Result(start(*words, env=env))


def url(server, host="localhost", path="/", scheme=None):
    return f"{scheme or ('wss' if server.tls else 'ws')}://{host}:{server.port}{path}"


def ends(handle, want, name, *words, env=None, host="localhost", **server_options):
    """One connection to a server: how it ends."""
    with Server(handle, **server_options) as server:
        result = run(url(server, host), *words, env=env)
        want = want.replace("PORT", str(server.port))
        ok(result.last("end") == want, name, f"want {want}", result)
        return result


RESOLVER = """
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 3 };

/* Takes its time and knows nothing; or answers with so many addresses as TEST_ADDRESSES says:
 * 127.0.0.2 before 127.0.0.1. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
	struct addrinfo **found)
{
	static struct sockaddr_in at[MOST];
	static struct addrinfo list[MOST];
	int n;

	if (!getenv("TEST_ADDRESSES")) {
		sleep(3);
		return EAI_AGAIN;
	}
	n = atoi(getenv("TEST_ADDRESSES"));
	for (int i = 0; i < n; i++) {
		at[i].sin_family = AF_INET;
		at[i].sin_addr.s_addr = htonl(0x7f000000 + n - i);
		list[i] = (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM,
			.ai_addr = (struct sockaddr *)&at[i], .ai_addrlen = sizeof at[i],
			.ai_next = i + 1 < n ? &list[i + 1] : NULL};
	}
	if (hints->ai_flags & AI_NUMERICHOST || host[0] == '1') {
		list[0].ai_next = NULL;
		inet_pton(AF_INET, host, &at[0].sin_addr);
	}
	*found = list;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
}
"""


def resolver():
    """A library to preload that looks up names as a test wants it; None where it cannot be made."""
    return preloaded("resolver", RESOLVER)


making = threading.Lock()  # cases run side by side


def preloaded(name, text):
    source, library = os.path.join(TEMP, name + ".c"), os.path.join(TEMP, name + ".so")
    compiler = os.environ.get("CC", "cc").split()[0]
    if os.environ.get("SANITIZE") or not shutil.which(compiler):
        return None
    with making:
        if os.path.exists(library):
            return library
        with open(source, "w", encoding="ascii") as file:
            file.write(text)
        subprocess.run([compiler, "-w", "-D_DEFAULT_SOURCE", "-shared", "-fPIC", "-o", library,
                        source], check=True)
    return library


def tunnel(*reply):
    """A proxy that answers CONNECT with the reply, in pieces, and, where that is 200, passes bytes
    on."""

    def handle(server, connection):
        head = read_head(connection)
        server.seen.append(head)
        for piece in reply:
            connection.sendall(piece)
            time.sleep(0.05)
        if b" 200 " not in b"".join(reply):
            return
        host, port = head.split()[1].rsplit(":", 1)
        with socket.create_connection((host.strip("[]"), int(port))) as there:
            threading.Thread(target=pump, args=(there, connection), daemon=True).start()
            pump(connection, there)

    return handle


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
