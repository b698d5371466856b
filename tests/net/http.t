#!/usr/bin/python3
"""lib/net/http against small servers."""

import gzip
import os
import signal
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import harness  # noqa: E402
from harness import BUILD, CA, CERTS, Server, is_, ok  # noqa: E402

CLIENT = os.path.join(BUILD, "tests/net/http-get")


def answer(body=b"", status="200 OK", headers=()):
    head = [f"HTTP/1.1 {status}", *headers]
    if not any(line.startswith(("Content-Length", "Transfer-Encoding")) for line in headers):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def giver(*answers, stay=True):
    """A handler that answers one request of a connection after the other, and notes them."""

    def handle(server, connection):
        for reply in answers:
            head = b""
            while b"\r\n\r\n" not in head:
                more = connection.recv(4096)
                if not more:
                    return
                head += more
            server.seen.append((connection.fileno(), head.decode()))
            connection.sendall(reply)
        while stay and connection.recv(4096):
            pass

    return handle


def silent(server, connection):
    server.seen.append(connection.recv(4096))
    time.sleep(10)


def dripping(server, connection):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(50):
        connection.sendall(b"x")
        time.sleep(0.1)


def resetting(server, connection):
    connection.recv(4096)
    connection.sendall(answer(b"x" * 10, headers=["Content-Length: 100"]))
    time.sleep(0.1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def awaiting(*events, then=b""):
    """A handler that answers when all of these have happened."""

    def handle(server, connection):
        server.seen.append(connection.recv(4096))
        if all(event.wait(10) for event in events):
            connection.sendall(then)

    return handle


def await_requests(server, n):
    for _ in range(1000):
        if len(server.seen) >= n:
            return
        time.sleep(0.01)


class Result:
    def __init__(self, process):
        out, err = (text.decode(errors="replace") for text in process.communicate(timeout=20))
        self.status = process.returncode
        self.lines = out.splitlines()
        self.text = f"status {self.status}\n{out}{err}"

    @property
    def outcomes(self):
        return [line for line in self.lines
                if not line.startswith(("header ", "error ", "piece ", "turns "))]

    def error(self):
        return next((line[6:] for line in self.lines if line.startswith("error ")), "")

    def __str__(self):
        return self.text


def run(*words, env=None):
    return Result(harness.start(CLIENT, *words, env=env))


def url(server, path="/", host="localhost"):
    return f"{'https' if server.tls else 'http'}://{host}:{server.port}{path}"


def one(handle, *words, env=None, path="/", **options):
    """One request to a server of its own."""
    with Server(handle, **options) as server:
        return run(*words, url(server, path), env=env)


def test_answers():
    with Server(giver(answer(b"first"), answer(b"second"), answer(b"third"))) as server:
        result = run(*[url(server, f"/{i}?a=b") for i in range(3)])
        is_(result.outcomes, ["answered 200 5 first", "answered 200 6 second",
                              "answered 200 5 third"], "three requests")
        is_(len({number for number, _ in server.seen}), 1, "... over one connection")
        head = server.seen[1][1]
        is_(head.split("\r\n")[0], "GET /1?a=b HTTP/1.1", "path and query are asked for")
        ok("\r\nUser-Agent: tradepipe/" in head, "User-Agent", head)
        ok("\r\nAccept-Encoding: " in head and "gzip" in head, "Accept-Encoding", head)
    is_(one(giver(answer(b"busy", "503 Service Unavailable"))).outcomes, ["answered 503 4 busy"],
        "a 503 is an answer, with its body")
    is_(one(giver(answer(b"", "302 Found", ["Location: /there"]))).outcomes, ["answered 302 0 "],
        "a redirect is an answer")
    packed = gzip.compress(b"unpacked")
    is_(one(giver(answer(packed, headers=["Content-Encoding: gzip"]))).outcomes,
        ["answered 200 8 unpacked"], "a compressed body")
    chunks = b"5\r\nchunk\r\n2\r\ned\r\n0\r\n\r\n"
    is_(one(giver(answer(chunks, headers=["Transfer-Encoding: chunked"]))).outcomes,
        ["answered 200 7 chunked"], "a chunked body")


def test_headers():
    reply = b"HTTP/1.1 100 Continue\r\n\r\n" + answer(
        b"", "429 Too: Many", ["Retry-After: 7", "X-Used:  a: b \t", "Empty:"])
    result = one(giver(reply))
    is_([line for line in result.lines if line.startswith("header ")],
        ["header Retry-After=7", "header X-Used=a: b", "header Empty=", "header Content-Length=0"],
        "headers, trimmed, without status lines")
    is_(result.outcomes, ["answered 429 0 "], "... the status is the last one")


def test_breaks():
    short = answer(b"half", headers=["Content-Length: 100"])
    result = one(giver(short, stay=False))
    is_(result.outcomes, ["truncated 200 4 half"], "a body that ends early")
    ok(result.error().startswith("1 cannot get 'http://localhost:"), "... is named", result)
    chunks = answer(b"5\r\nchunk\r\n", headers=["Transfer-Encoding: chunked"])
    is_(one(giver(chunks, stay=False)).outcomes, ["truncated 200 5 chunk"],
        "a chunked body that ends early")
    is_(one(giver(b"", stay=False)).outcomes, ["transient 0 0 "], "an end instead of an answer")
    is_(one(resetting).outcomes[0].split()[0], "transient", "a reset")
    is_(one(giver(b"SSH-2.0\r\n", stay=False)).outcomes, ["transient 0 0 "],
        "an answer that is no HTTP")
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    result = run(f"http://127.0.0.1:{free.getsockname()[1]}/")
    is_(result.outcomes, ["transient 0 0 "], "nobody listens")
    ok(result.error().endswith(": Connection refused"), "... is named",
       result)
    is_(run("http://nosuch.invalid/").outcomes, ["transient 0 0 "], "a name that is none")


def test_bounds():
    is_(one(giver(answer(b"x" * 100)), "ceiling=100").outcomes[0].split()[:3],
        ["answered", "200", "100"], "a body at the ceiling")
    result = one(giver(answer(b"x" * 101)), "ceiling=100")
    is_(result.outcomes[0].split()[0], "too", "a body beyond it")
    ok(result.error().endswith("the answer is longer than 100 bytes"), "... is named", result)
    bomb = gzip.compress(bytes(8 << 20))
    result = one(giver(answer(bomb, headers=["Content-Encoding: gzip"])))
    is_(result.outcomes[0].split()[0], "too", "a small body that unpacks to a long one")
    with Server(giver(answer(b"x" * 101), stay=False)) as long, \
            Server(giver(answer(b"after"))) as good:
        is_(run("ceiling=100", url(long), url(good)).outcomes[1], "answered 200 5 after",
            "the next request is none the worse")


def test_time():
    for words, handle, name in ((["total=500"], silent, "a silent server, by total"),
                                (["total=700"], dripping, "a dripping server, by total"),
                                (["idle=1000"], silent, "a silent server, by idle")):
        began = time.monotonic()
        result = one(handle, *words)
        passed = time.monotonic() - began
        is_(result.outcomes[0].split()[0], "transient", name)
        ok(0.4 < passed < 6, "... in time", passed)
    full = socket.socket()  # a listener whose queue is full leaves connections unanswered
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    held = [socket.socket() for _ in range(4)]
    for each in held:
        each.setblocking(False)
        each.connect_ex(full.getsockname())
    began = time.monotonic()
    result = run("connect=500", f"http://127.0.0.1:{full.getsockname()[1]}/")
    is_(result.outcomes, ["transient 0 0 "], "a server that does not accept, by connect")
    ok(time.monotonic() - began < 5, "... in time")


def test_signals():
    with Server(silent) as server:
        process = harness.start(CLIENT, url(server), url(server))
        await_requests(server, 1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        result = Result(process)
        is_(result.outcomes, ["interrupted 0 0 ", "interrupted 0 0 "],
            "a stop signal ends the request, and the next one")
        ok(time.monotonic() - began < 3, "... at once")
    told = threading.Event()
    with Server(awaiting(told, then=answer(b"late"))) as server:
        process = harness.start(CLIENT, url(server))
        await_requests(server, 1)
        process.send_signal(signal.SIGUSR1)
        told.set()
        is_(Result(process).outcomes, ["answered 200 4 late"], "SIGUSR1 does not")


def test_trust():
    good = giver(answer(b"safe"))
    is_(one(good, "ca=" + CA, cert="server").outcomes, ["answered 200 4 safe"], "TLS")
    for words, cert, reason, name in (
            ([], "server", "unable to get local issuer certificate", "the system's certificates"),
            ([f"ca={CERTS}/other-ca.pem"], "server", "certificate", "another CA"),
            (["ca=" + CA], "expired", "certificate has expired", "an expired certificate"),
            (["ca=" + CA], "wrong-name", "'localhost'", "another host's certificate")):
        with Server(good, cert=cert) as server:
            result = run(*words, url(server))
            is_(result.outcomes, ["untrusted 0 0 "], f"not trusted: {name}")
            ok(result.error().startswith("2 ") and reason in result.error(), "... is named", result)
            is_(server.seen, [], "... before the request is sent")
    result = run("ca=/nosuch.pem", "https://localhost:1/")
    is_(result.error(), "2 cannot read certificates from '/nosuch.pem': No such file or directory",
        "a CA file that is not there")
    with Server(good) as server:
        is_(run(url(server).replace("http:", "https:")).outcomes, ["transient 0 0 "],
            "https:// where a server speaks no TLS")


def test_addresses():
    for address in ("ftp://localhost/", "file:///etc/passwd", "http://", "http://local host/"):
        result = run(address)
        is_(result.outcomes, ["failed 0 0 "], f"refused as an address: {address}")
        ok(result.error().startswith(f"2 cannot get '{address}': "), "... is named", result)


def test_proxies():
    with Server(giver(answer(b"proxied"))) as proxy:
        result = run("http://nosuch.invalid/x", env={"http_proxy": f"127.0.0.1:{proxy.port}"})
        is_(result.outcomes, ["answered 200 7 proxied"], "http_proxy")
        is_(proxy.seen[0][1].split("\r\n")[0], "GET http://nosuch.invalid/x HTTP/1.1",
            "... is asked")


def left_alone(gone):
    """A handler that never answers and notes when the client has hung up."""

    def handle(server, connection):
        while connection.recv(4096):
            pass
        gone.set()

    return handle


def test_side_by_side():
    told = threading.Event()
    with Server(awaiting(told, then=answer(b"slow"))) as slow, \
            Server(giver(answer(b"one"), answer(b"two"))) as quick:
        process = harness.start(CLIENT, "side=1", url(slow), url(quick, "/1"), url(quick, "/2"))
        lines = []
        while len([line for line in lines if b" answered " in line]) < 2:
            lines.append(process.stdout.readline())
            if not lines[-1]:
                break
        told.set()
        result = Result(process)
        ok([line[:12] for line in sorted(lines) if b" answered " in line] ==
           [b"1 answered 2", b"2 answered 2"], "two answers do not wait for a slow third", lines)
        is_(result.outcomes, ["0 answered 200 4 slow"], "... which comes as well")
    with Server(lambda s, c: (c.recv(4096), time.sleep(0.4), c.sendall(answer(b"late")))) as server:
        result = run("side=1", "turn=0", url(server))
        is_(result.outcomes, ["0 answered 200 4 late"], "turns that do not wait")
        ok(int(result.lines[-1].split()[1]) > 10, "... do not", result)
    with Server(silent) as server:
        result = run("side=1", "turn=600000", "turns=100", "ready=1", url(server))
        is_(result.outcomes, ["0 interrupted 0 0 "], "a descriptor that can be read ends a turn")
        result = run("side=1", "turn=600000", "turns=1", "wake=1", url(server))
        is_(result.outcomes, ["0 interrupted 0 0 "], "who is woken before a turn does not wait")
    with Server(lambda s, c: (c.recv(4096), c.sendall(answer(b"late")[:-4]), c.recv(1))) as server:
        result = run("side=1", "turn=600000", "turns=2", "wake=1", url(server))
        is_(result.outcomes, ["0 interrupted 200 0 "], "... and may be woken by what comes")
    with Server(giver(answer(b"one"), answer(b"two"))) as server:
        result = run("side=1", "turn=600000", "ready=1", url(server, "/1"), url(server, "/2"))
        is_(sorted(line.split()[1] for line in result.outcomes), ["answered"] * 2,
            "a descriptor that can be read all the time stops no request")
    result = run("side=1", "http://", "http://localhost:1/")
    is_(result.outcomes, ["failed 0 0 ", "1 transient 0 0 "], "an address that is none, at once")


def test_many():
    most, now, lock = [0], [0], threading.Lock()

    def handle(server, connection):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        while connection.recv(4096):
            time.sleep(0.05)
            connection.sendall(answer(b"x"))
        with lock:
            now[0] -= 1

    with Server(handle) as server:
        result = run("side=1", *[url(server, f"/{i}") for i in range(40)])
        is_(len([line for line in result.outcomes if " answered 200 1 x" in line]), 40,
            "forty at once")
        ok(1 < most[0] <= 16, "... over no more than 16 connections", most)


def test_given_up():
    gone = threading.Event()
    with Server(left_alone(gone)) as silenced, Server(giver(answer(b"first"))) as first, \
            Server(awaiting(gone, then=answer(b"last"))) as last:
        result = run("side=1", "drop=1", url(silenced), url(first), url(last))
        is_(result.outcomes, ["1 answered 200 5 first", "0 interrupted 0 0 ",
                              "2 answered 200 4 last"],
            "a request that is given up hangs up, and the others go on")
        is_(result.error(), f"1 cannot get '{url(silenced)}': interrupted", "... is named")
    with Server(silent) as server:
        process = harness.start(CLIENT, "side=1", "turn=60000", url(server), url(server))
        await_requests(server, 2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        result = Result(process)
        is_(result.outcomes, ["0 interrupted 0 0 ", "1 interrupted 0 0 "], "a stop signal")
        ok(time.monotonic() - began < 3, "... ends a turn at once")
    result = one(dripping, "side=1", "limit=500")
    is_(result.outcomes[0].split()[:2], ["0", "transient"], "a limit of one request's own")


def test_requests():
    with Server(giver(answer(b"x"))) as server:
        run("side=1", "header=X-One: 1", "header=X-Two: two words", url(server))
        head = server.seen[0][1]
        ok("\r\nX-One: 1\r\n" in head and "\r\nX-Two: two words\r\n" in head, "headers", head)
        ok("\r\nAccept-Encoding: " in head, "... beside the usual ones", head)
    packed = gzip.compress(b"unpacked")
    with Server(giver(answer(packed, headers=["Content-Encoding: gzip"]))) as server:
        result = run("side=1", "identity=1", url(server))
        is_(result.outcomes[0].split()[:4], ["0", "answered", "200", str(len(packed))],
            "a body as it is")
        ok("\r\nAccept-Encoding" not in server.seen[0][1], "... is asked for", server.seen)


def test_pieces():
    chunks = b"5\r\nchunk\r\n2\r\ned\r\n0\r\n\r\n"
    result = one(giver(answer(chunks, "503 Busy", ["Transfer-Encoding: chunked"])), "sink=100")
    is_(result.outcomes, ["answered 503 0 "], "a body in pieces, of any status")
    pieces = [line.split() for line in result.lines if line.startswith("piece ")]
    is_((sum(int(n) for _, _, n in pieces), {status for _, status, _ in pieces}), (7, {"503"}),
        "... which know the status")
    gone = threading.Event()

    def endless(server, connection):
        connection.recv(4096)
        connection.sendall(answer(b"", headers=["Content-Length: 100000000"]))
        try:
            while True:
                connection.sendall(bytes(65536))
        except OSError:
            gone.set()

    with Server(endless) as server, Server(giver(answer(b"after"))) as good:
        result = run("sink=100000", url(server), url(good))
        is_(result.outcomes, ["failed 200 0 ", "answered 200 0 "], "a piece that is refused")
        is_(result.error(), "0 ", "... is named by who refused it")
        ok(gone.wait(5), "... ends the download")


def test_lengths():
    replies = iter([answer(b"too long", headers=["Content-Length: 3"]), answer(b"next")])
    with Server(lambda s, c: giver(next(replies))(s, c)) as server:
        result = run(url(server), url(server))
        is_(result.outcomes[0], "answered 200 3 too", "a length that is too short")
        is_(result.outcomes[1], "answered 200 4 next", "... does not spoil the next answer")
    result = one(giver(answer(b"x", headers=["Content-Length: -5"])))
    ok(not result.outcomes[0].startswith("answered"), "a length that is none", result)


class Http2:
    """As much of HTTP/2 as it takes to answer: header blocks are not read. The static table of
    RFC 7541, appendix A, has ":status 200" at 8 and "content-length" at 28."""

    def __init__(self, act):
        self.act = act

    def __call__(self, server, connection):
        self.connection = connection
        self.read(24)
        self.send(4, 0, 0)
        while True:
            head = self.read(9)
            n, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            stream = int.from_bytes(head[5:], "big")
            self.read(n)
            if kind == 4 and not flags & 1:
                self.send(4, 1, 0)
            if kind == 1:
                server.seen.append((connection.fileno(), stream))
                self.act(self, stream)

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.connection.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, kind, flags, stream, payload=b""):
        self.connection.sendall(len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
                                stream.to_bytes(4, "big") + payload)

    def answer(self, stream, body, length=None):
        block = bytes([0x88])
        if length is not None:
            block += bytes([0x0F, 0x0D, len(str(length))]) + str(length).encode()
        self.send(1, 4, stream, block)
        self.send(0, 1, stream, body)


def http2(act, *words, requests=1):
    with Server(Http2(act), cert="server") as server:
        server.tls.set_alpn_protocols(["h2"])
        result = run("ca=" + CA, *words, *[url(server, f"/{i}") for i in range(requests)])
        return result, server.seen


def test_http2():
    def backwards(h2, stream):
        if stream == 1:
            h2.answer(1, b"first")
        elif stream == 7:
            for each in (7, 5, 3):
                h2.answer(each, b"stream %d" % each)

    result, seen = http2(backwards, "side=1", "warm=1", requests=4)
    is_(sorted(result.outcomes), ["0 answered 200 8 stream 3", "1 answered 200 8 stream 5",
                                  "2 answered 200 8 stream 7", "answered 200 5 first"],
        "HTTP/2, side by side")
    is_(len({number for number, _ in seen}), 1, "... over one connection")
    result, _ = http2(lambda h2, stream: h2.answer(stream, b"half", 100))
    is_(result.outcomes[0].split()[0], "transient", "HTTP/2, a body that ends early")

    def breaks(h2, stream):
        h2.send(1, 4, stream, bytes([0x88]))
        h2.send(0, 0, stream, b"half")
        h2.send(3, 0, stream, (2).to_bytes(4, "big"))

    result, _ = http2(breaks)
    is_(result.outcomes[0].split()[0], "transient", "HTTP/2, a stream that is reset")


sys.exit(harness.run_tests(globals()))
