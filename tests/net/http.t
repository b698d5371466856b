#!/usr/bin/python3
"""lib/net/http against small servers."""

import gzip
import os
import signal
import socket
import struct
import sys
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
    connection.recv(4096)
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


class Result:
    def __init__(self, process):
        out, err = (text.decode(errors="replace") for text in process.communicate(timeout=20))
        self.status = process.returncode
        self.lines = out.splitlines()
        self.text = f"status {self.status}\n{out}{err}"

    @property
    def outcomes(self):
        return [line for line in self.lines if not line.startswith(("header ", "error "))]

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
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        result = Result(process)
        is_(result.outcomes, ["interrupted 0 0 ", "interrupted 0 0 "],
            "a stop signal ends the request, and the next one")
        ok(time.monotonic() - began < 3, "... at once")
    with Server(lambda s, c: (c.recv(4096), time.sleep(0.5), c.sendall(answer(b"late")))) as server:
        process = harness.start(CLIENT, url(server))
        time.sleep(0.2)
        process.send_signal(signal.SIGUSR1)
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


sys.exit(harness.run_tests(globals()))
