#!/usr/bin/python3
"""lib/net/ws against small servers."""

import array
import base64
import contextlib
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import harness  # noqa: E402
from harness import CA, CERTS, Server, is_, ok  # noqa: E402
from ws_peer import (  # noqa: E402
    BINARY, CLOSE, MEBI, MORE, PING, PONG, TEXT, Result, answer_to, close_frame, ends,
    frame, preloaded, read_frame, read_head, replier, reset, resolver, run, silent, speaker,
    start, tunnel, url)


def test_messages():
    pieces = (frame(TEXT, b"hello"), frame(BINARY, b"\1\2"), frame(TEXT, b""),
              frame(TEXT, b"a", False), frame(PING, b"p"), 0.1, frame(MORE, b"b", False),
              frame(MORE, b"", False), frame(PONG, b"q"), frame(MORE, b"c"),
              frame(BINARY, b"d", False), frame(MORE, b"e"), close_frame(1000, b"bye"))
    want = ["open", "text 5 hello", "binary 2 \1\2", "text 0 ", "text 3 abc", "binary 2 de"]
    with Server(speaker(*pieces)) as server:
        result = run(url(server, path="/v2?a=b"))
        is_(result.events, want, "messages, whole and in fragments with control frames between")
        is_(result.last("end"), "closed: the server closed the connection with code 1000: bye",
            "code and reason of the server's close frame")
        ok((PONG, b"p") in server.seen, "a ping is answered", server.seen)
        check_request(server.seen[0], server.port)
    pieces = [piece for piece in pieces if isinstance(piece, bytes)]
    together = speaker(b"".join(pieces))
    with Server(together) as server:
        is_(run(url(server)).events, want, "the same in one segment")
    with Server(speaker(*(bytes([b]) for piece in pieces for b in piece))) as server:
        is_(run(url(server)).events, want, "the same byte by byte")


def check_request(head, port):
    lines = head.lower().split("\r\n")
    is_(head.split("\r\n")[0], "GET /v2?a=b HTTP/1.1", "path and query are asked for")
    ok(f"host: localhost:{port}" in lines, "Host has the name and the port", head)
    ok(any(line.startswith("user-agent: tradepipe/") for line in lines), "User-Agent", head)
    ok(not any(line.startswith(("sec-websocket-extensions", "sec-websocket-protocol", "origin"))
               for line in lines), "no extension, subprotocol or origin is offered", head)


def early_bird(server, connection):
    connection.sendall(answer_to(read_head(connection)) + frame(TEXT, b"early") +
                       frame(TEXT, b"bird"))
    read_frame(connection)


def test_coalesced():
    with Server(early_bird) as server:
        result = run(url(server), "count=2", "turn=9000")
        is_(result.events, ["open", "text 5 early", "text 4 bird"],
            "messages in the segment of the handshake's answer come at once")
        ok(result.number("took") < 4000, "... without waiting for more", result)


def test_sizes():
    for n in (125, 126, 65535, 65536, 65537, 3 * MEBI):
        with Server(speaker(frame(TEXT, b"m" * n))) as server:
            result = run(url(server), "count=1")
            is_(result.last("text").split()[0], str(n), f"a message of {n} bytes")
    too_long = "too long: a message is longer than 16777216 bytes"
    announced = b"\x81" + struct.pack(">BQ", 127, 16 * MEBI + 1) + b"x" * 100000
    result = ends(speaker(announced), too_long, "a message announced as too long")
    ok(result.number("took") < 6000, "... is refused by its first bytes", result)
    parts = [frame(TEXT, b"x" * MEBI, False)] + [frame(MORE, b"x" * MEBI, False)] * 16
    ends(speaker(*parts), too_long, "a message that grows too long in fragments")
    whole = parts[:16] + [frame(MORE, b"")]
    with Server(speaker(*whole)) as server:
        is_(run(url(server), "count=1").last("text").split()[0], str(16 * MEBI),
            "a message at the bound")


def test_closes():
    said = "closed: the server closed the connection"
    for code, text in ((1012, b"Service Restart"), (1013, b"Try Again Later"),
                       (1014, b"Bad Gateway"), (4000, b"x" * 123)):
        closes(close_frame(code, text), f"{said} with code {code}: {text.decode()}", code,
               f"code {code}")
    closes(close_frame(1011), f"{said} with code 1011", 1011, "a close frame without a reason")
    closes(frame(CLOSE), said, None, "a close frame without a code")
    closes(close_frame(1006), f"{said} with code 1006", 1002, "a code that no frame may carry")
    closes(frame(TEXT, b"a", False) + close_frame(1001), f"{said} with code 1001", 1001,
           "a close frame within a message")
    ends(speaker(frame(TEXT, b"x"), stay=False),
         "closed: the connection was closed without a close frame", "an end without a close frame")

    def resetting(server, connection):
        speaker(frame(TEXT, b"x"), stay=False)(server, connection)
        time.sleep(0.1)
        reset(connection)

    result = ends(resetting, "closed: the connection broke: Connection reset by peer", "a reset")
    is_(result.events, ["open", "text 1 x"], "... after what came before it")
    ends(speaker(close_frame(1012), stay=False), f"{said} with code 1012",
         "a close frame and the end of the connection at once")


def closes(data, want, answer, name):
    """How the connection ends, and with which code the client's close frame follows."""
    with Server(speaker(data)) as server:
        result = run(url(server))
        is_(result.last("end"), want, name)
        time.sleep(0.1)
        is_(server.seen[-1], (CLOSE, struct.pack(">H", answer) if answer else b""),
            "... is answered")
        return result


def test_broken():
    """What breaks the protocol ends the connection, with code 1002; what came before it counts."""
    cases = ((b"\x83\x00", "a frame is of an unknown kind"),
             (b"\xc1\x00", "a frame has reserved bits set"),
             (b"\x81\x81\0\0\0\0x", "a frame is masked"),
             (frame(MORE, b"x"), "a fragment continues nothing"),
             (frame(TEXT, b"x", False) + frame(TEXT, b"y"), "a message begins within another"),
             (frame(PING, b"x", False), "a control frame is a fragment"),
             (frame(PING, b"x" * 126), "a control frame is longer than 125 bytes"),
             (frame(CLOSE, b"x"), "a close frame has half a code"),
             (b"\x81\x7e\x00\x01x", "the length of a frame is not written as it should be"))
    for data, reason in cases:
        result = closes(frame(TEXT, b"good") + data + frame(TEXT, b"late"),
                        f"closed: the server broke the protocol: {reason}", 1002, reason)
        is_(result.events, ["open", "text 4 good"], "... after what was good")


def test_leaving():
    with Server(speaker(frame(TEXT, b"1") + frame(TEXT, b"2"))) as server:
        result = run(url(server), "count=1")
        is_(result.events, ["open", "text 1 1"], "nothing is delivered after ws_disconnect()")
        is_(result.last("end"), "none: ", "... which is no end of the server's making")
        time.sleep(0.1)
        ok((CLOSE, struct.pack(">H", 1000)) in server.seen, "close code 1000 from an event",
           server.seen)
    with Server(speaker(frame(TEXT, b"1"))) as server:
        run(url(server), "for=200")
        time.sleep(0.1)
        ok((CLOSE, struct.pack(">H", 1000)) in server.seen, "close code 1000 between events",
           server.seen)


def test_sending():
    with Server(speaker()) as server:
        run(url(server), "send=subscribe", "for=200")
        ok((TEXT, b"subscribe") in server.seen, "a message is sent", server.seen)
    with Server(speaker()) as server:
        run(url(server), "send=@300000", "for=500")
        ok((TEXT, b"x" * 300000) in server.seen, "a long message is sent whole")

    def slow(server, connection):
        connection.sendall(answer_to(read_head(connection)))
        time.sleep(0.5)
        server.seen.append(read_frame(connection))
        connection.sendall(frame(TEXT, b"x"))

    for cert in (None, "server"):
        with Server(slow, cert=cert) as server:
            run(url(server), "send=@1048000", "count=1", "for=5000", "ca=" + CA)
            is_([(kind, len(data)) for kind, data in server.seen], [(TEXT, 1048000)],
                "... also where the server does not take it at once" + (cert and " over TLS" or ""))
    with Server(speaker()) as server:
        is_(run(url(server), "send=@1048576", "for=200").last("sent"), "-1",
            "a message beyond the queue's bound is refused")


def test_handshakes():
    for status in ("503 Service Unavailable", "302 Found", "401 Unauthorized", "200 OK"):
        reply = (f"HTTP/1.1 {status}\r\nLocation: ws://localhost:1/\r\nContent-Length: 9999999999"
                 "\r\n\r\n<html>").encode()
        ends(replier(reply), f"refused: the server answered {status}", f"answered {status[:3]}")
    wrong = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
            b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
    no_good = "refused: the server's answer is no good: "
    ends(replier(wrong), no_good + "its Sec-WebSocket-Accept is wrong",
         "a wrong Sec-WebSocket-Accept")

    def pushy(server, connection):
        answer = answer_to(read_head(connection))
        connection.sendall(answer[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        read_frame(connection)

    ends(pushy, no_good + "it uses an extension that was not offered",
         "an extension that nobody offered")
    with Server(replier(b"SSH-2.0-OpenSSH_9.2\r\n")) as server:
        result = run(url(server), "connect=500")
        ok((result.last("end") or "").startswith("refused: "), "an answer that is no HTTP", result)
    with Server(replier(b"")) as server:
        result = run(url(server), "connect=500")
        ok((result.last("end") or "").startswith("refused: "), "an end, and no answer", result)
    endless = b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"y" * MEBI
    with Server(replier(endless)) as server:
        result = run(url(server), "connect=2000")
        ok((result.last("end") or "").startswith("refused: "), "headers without end", result)


def pieces(*parts):
    """An answer in parts, with moments between, and an end only after another one."""

    def handle(server, connection):
        read_head(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(0.2)

    return handle


def test_retry_after():
    busy = b"HTTP/1.1 503 Busy\r\n"
    told = "refused: the server answered 503 Busy"
    for value, want in ((b"7", "7000"), (b"86400", "900000"), (b"soon", "-1"),
                        (b"Thu, 01 Jan 1970 00:00:00 GMT", "0"),
                        (b"Thu, 01 Jan 2099 00:00:00 GMT", "900000")):
        result = ends(replier(busy + b"Retry-After: " + value + b"\r\n\r\n"), told,
                      "a refusal that says when to come again")
        is_(result.last("retry"), want, f"... {value.decode()}")
    result = ends(pieces(busy, b"Retry-After: 1", b"20\r", b"\n\r\n"), told, "... in pieces")
    is_(result.last("retry"), "120000", "... as a whole")
    result = ends(pieces(busy, b"Retry-After: 1"), told, "one that ends in its head is told")
    is_(result.last("retry"), "-1", "... without what is torn")
    result = ends(lambda *with_: (pieces(busy)(*with_), silent(*with_)), told,
                  "... and so is one that goes on for too long", "connect=600")
    is_(ends(replier(busy + b"\r\n"), told, "a refusal that does not").last("retry"), "-1", "...")
    with Server(speaker(close_frame(1012))) as server:
        is_(run(url(server)).last("retry"), "-1", "nor does a connection that has stood")


def test_connecting():
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    is_(run(f"ws://127.0.0.1:{port}/").last("end"),
        f"refused: 127.0.0.1 port {port}: Connection refused", "nobody listens")
    is_(run(f"ws://localhost:{port}/").last("end"),
        f"refused: 127.0.0.1 port {port}: Connection refused", "nobody listens at any address")
    result = ends(silent, "refused: no answer to the handshake within 300 ms",
                  "a server that never answers", "connect=300")
    ok(250 < result.number("took") < 4000, "... is given the time it is given", result)
    result = ends(silent, "refused: no answer to the handshake within 300 ms",
                  "a server that never answers TLS", "connect=300", "ca=" + CA, cert=None,
                  host="127.0.0.1")
    result = run("ws://nosuch.invalid/")
    ok((result.last("end") or "").startswith(
        "refused: cannot find the address of 'nosuch.invalid': "), "a name that is none", result)
    full = socket.socket()  # a listener whose queue is full leaves connections unanswered
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    held = [socket.socket() for _ in range(4)]
    for one in held:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    result = run(f"ws://127.0.0.1:{full.getsockname()[1]}/", "connect=300")
    ok("no connection within 300 ms" in result.last("end") or "no answer" in result.last("end"),
       "a server that does not accept", result)
    ok(250 < result.number("took") < 4000, "... is given the time it is given", result)


def test_ipv6():
    try:
        server = Server(speaker(frame(TEXT, b"six")), host="::1", cert="server")
        plain = Server(speaker(frame(TEXT, b"six")), host="::1")
    except OSError:
        return
    is_(run(url(plain, "[::1]"), "count=1").events, ["open", "text 3 six"], "ws:// and IPv6")
    ok(f"Host: [::1]:{plain.port}" in plain.seen[0], "... with brackets in Host", plain.seen[0])
    is_(run(url(server, "[::1]"), "count=1", "ca=" + CA).events, ["open", "text 3 six"],
        "wss:// and IPv6, the address in the certificate")
    wrong = Server(speaker(frame(TEXT, b"six")), host="::1", cert="wrong-name")
    ok("not for '::1'" in run(url(wrong, "[::1]"), "ca=" + CA).last("end"),
       "wss:// and IPv6, another name in the certificate")


def test_addresses():
    table = (("http://localhost/", "its scheme is neither ws nor wss"),
             ("localhost:80", 'it does not begin with a scheme and "://"'),
             ("ws://", "it has no host"), ("ws://:80/", "it has no host"),
             ("ws://localhost:0/", "its port is none"),
             ("ws://localhost:65536/", "its port is none"),
             ("ws://localhost:80x/", "its port is none"),
             ("ws://[::1", "its brackets hold no IPv6 address"),
             ("ws://[localhost]/", "its brackets hold no IPv6 address"),
             ("ws://local host/", "it holds a blank or a byte that is not printable ASCII"),
             ("ws://localhost/\t", "it holds a blank or a byte that is not printable ASCII"),
             ("ws://localhost/#x", "it has a fragment"),
             ("ws://loc%61lhost/", "its host is no name"))
    for text, reason in table:
        result = run(text)
        is_((result.status, result.last("error")), (2, f"2 cannot connect to '{text}': {reason}"),
            f"refused as an address: {text!r}")
    result = run("ws://me:secret@localhost/")
    ok(result.status == 2 and "secret" not in str(result), "a password is not repeated", result)


def test_tls():
    good = speaker(frame(TEXT, b"safe"))
    for host in ("localhost", "127.0.0.1"):
        with Server(good, cert="server") as server:
            is_(run(url(server, host), "count=1", "ca=" + CA).events, ["open", "text 4 safe"],
                f"TLS with a certificate for {host}")
    with Server(good, cert="server") as server:
        is_(run(url(server), "count=1", env={"SSL_CERT_FILE": CA}).events,
            ["open", "text 4 safe"], "the system's certificates, where they hold the issuer's")
    cases = (("server", [], "unable to get local issuer certificate", "the system's certificates"),
             ("server", [f"ca={CERTS}/other-ca.pem"], "unable to get local issuer certificate",
              "another CA"),
             ("expired", ["ca=" + CA], "certificate has expired", "an expired certificate"))
    for cert, words, reason, name in cases:
        ends(good, f"untrusted: the certificate of 'localhost' is not trusted: {reason}", name,
             *words, cert=cert)
    with Server(good, cert="wrong-name") as server:
        end = run(url(server), "ca=" + CA).last("end")
        ok(end.startswith("untrusted: the certificate is for '") and
           end.endswith("', not for 'localhost'"), "a wrong name is named, and the right one", end)
        is_(server.seen, [], "... before the request is sent")
    with Server(replier(b"")) as server:
        end = run(url(server, scheme="wss"), "connect=1000", "ca=" + CA).last("end")
        ok(end.startswith("refused: "), "wss:// where a server speaks no TLS", end)
    ends_by_time = "refused: no answer to the handshake within 300 ms"
    with Server(silent) as server:
        is_(run(url(server, scheme="wss"), "connect=300", "ca=" + CA).last("end"), ends_by_time,
            "wss:// where a server never answers")
    for file in ("/nosuch.pem", f"{CERTS}/server.key"):
        result = run("wss://localhost:1/", "ca=" + file)
        ok(result.status == 2 and f"cannot read certificates from '{file}': " in str(result),
           f"a CA file that is none: {os.path.basename(file)}", result)


def nameless_certificate():
    """A certificate of the CA for localhost by its common name alone."""
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                    "-keyout", f"{CERTS}/nameless.key", "-out", f"{CERTS}/nameless.csr"],
                   check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", f"{CERTS}/nameless.csr", "-CA", CA, "-CAkey",
                    f"{CERTS}/ca.key", "-set_serial", "77", "-days", "30",
                    "-out", f"{CERTS}/nameless.pem"], check=True, capture_output=True)


def test_common_name():
    nameless_certificate()
    with Server(speaker(frame(TEXT, b"safe")), cert="nameless") as server:
        is_(run(url(server), "ca=" + CA).last("end"),
            "untrusted: the certificate is for no server, not for 'localhost'",
            "a common name is no name of a server")
        is_(server.seen, [], "... before the request is sent")


def test_last_dot():
    """A name that ends in a dot, which is looked up as it is; by a proxy where no test can."""
    named = []
    with Server(speaker(frame(TEXT, b"safe")), cert="server") as server:
        server.tls.sni_callback = lambda _, name, __: named.append(name)
        library = resolver()
        if library:
            there = {"LD_PRELOAD": library, "TEST_ADDRESSES": "2"}
            is_(run(url(server, "localhost."), "count=1", "ca=" + CA, env=there).events,
                ["open", "text 4 safe"], "a dot at the end of the host's name")
        with Server(tunnel(b"HTTP/1.1 200 OK\r\n\r\n")) as proxy:
            through = {"https_proxy": f"127.0.0.1:{proxy.port}"}
            is_(run(url(server, "localhost."), "count=1", "ca=" + CA, env=through).events,
                ["open", "text 4 safe"], "... through a proxy")
            is_(proxy.seen[0].split("\r\n")[0], f"CONNECT localhost:{server.port} HTTP/1.1",
                "... which is not told")
        is_(set(named), {"localhost"}, "... nor is TLS")
        ok(all(f"\r\nHost: localhost:{server.port}\r\n" in head for head in server.seen
               if isinstance(head, str)), "... nor is the server", server.seen)
    is_(run("ws://nosuch.invalid./").last("end").split(":")[0], "refused", "one that is not found")


class Commanded:
    """openssl s_server, which can be told to do what no other server of the tests can: to
    renegotiate (r), and to change the keys in mid-stream (k; K asks for the client's, too)."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", f"{CERTS}/server.pem",
             "-key", f"{CERTS}/server.key", "-naccept", "1", *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.read = b""
        self.port = int(self.await_text(rb"ACCEPT 127\.0\.0\.1:(\d+)").group(1))

    def await_text(self, pattern):
        until = time.monotonic() + 20
        while not (found := re.search(pattern, self.read, re.DOTALL)):
            if time.monotonic() > until or not (more := self.process.stdout.read(65536)):
                raise EOFError(f"s_server never said {pattern!r}", self.read)
            self.read += more
        return found

    def say(self, data):
        """What it reads at once is one piece, and a command must be one: returns when it is
        read, or never will be."""
        self.process.stdin.write(data)
        left = array.array("i", [1])
        while left[0] and self.process.poll() is None:
            fcntl.ioctl(self.process.stdin, termios.FIONREAD, left)
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def commanded(version, command, *words):
    """A stream, a command in its middle, and what the client makes of it."""
    with Commanded("-" + version) as server:
        client = start(f"wss://localhost:{server.port}/", "ca=" + CA, *words)
        server.say(answer_to(server.await_text(rb"GET / HTTP.*?\r\n\r\n").group().decode()))
        server.say(frame(TEXT, b"before"))
        server.say(command)
        with contextlib.suppress(BrokenPipeError):
            server.say(frame(PING, b"p") + frame(TEXT, b"after"))
        return Result(client)


def test_key_update():
    for command in (b"k\n", b"K\n"):
        result = commanded("tls1_3", command, "count=2", "for=15000")
        is_(result.events, ["open", "text 6 before", "text 5 after"],
            f"new keys of TLS 1.3 in mid-stream: {command.decode().strip()}")


def test_renegotiation():
    """It is refused. OpenSSL ends the connection then; others go on."""
    result = commanded("tls1_2", b"r\n", "count=2", "for=15000")
    is_(result.events[:2], ["open", "text 6 before"], "a server that wants to renegotiate")
    ok(result.events[2:] == ["text 5 after"] or (result.last("end") or "").startswith("closed: "),
       "... goes on without, or ends the connection", result)


def test_tls_stream():
    n = 20000
    frames = b"".join(frame(TEXT, b"%d" % i) for i in range(n))
    with Server(speaker(frames), cert="server") as server:
        result = run(url(server), f"count={n}", "ca=" + CA)
        is_(result.events[1:], [f"text {len(str(i))} {i}" for i in range(n)],
            "a stream over TLS comes whole and in order")


def test_waiting():
    with Server(speaker()) as server:
        result = run(url(server), "for=600", "turn=50")
        ok(40 <= result.number("longest") < 500, "ws_serve() keeps to its time", result)
    with Server(speaker(*[frame(PING), 0.1] * 12)) as server:
        ok(run(url(server), "for=1200").number("heard") < 700, "pings are heard")
    with Server(speaker(*[frame(PONG), 0.1] * 12)) as server:
        ok(run(url(server), "for=1200").number("heard") < 700, "pongs are heard")
    pieces = [frame(TEXT, b"x", False), 0.1, *[frame(MORE, b"y", False), 0.1] * 12]
    with Server(speaker(*pieces)) as server:
        ok(run(url(server), "for=1200").number("heard") < 700, "pieces of a message are heard")
    with Server(speaker()) as server:
        ok(run(url(server), "for=600").number("heard") >= 500, "silence is not")


def test_own_wait():
    """Waits of the caller's own, for ws_fd() and nothing else."""

    def asks(server, connection):
        connection.sendall(answer_to(read_head(connection)) + frame(PING, b"p"))
        server.seen.append(read_frame(connection))
        connection.sendall(frame(TEXT, b"ask"))
        server.seen.append(read_frame(connection))
        connection.sendall(frame(TEXT, b"done"))
        read_frame(connection)

    n, words = 20000, ("poll=1", "for=4000", "ca=" + CA)
    small = [frame(TEXT, b"%d" % i) for i in range(n)]
    big = [frame(TEXT, b"x" * 300000, False), frame(MORE, b"y" * 300000)] * 3
    for cert, name in ((None, ""), ("server", " over TLS")):
        for parts, count, what in (([b"".join(small)], n, "a stream" + name),
                                   (small[:300], 300, "records" + name),
                                   ([b"".join(big)], 3, "long messages" + name)):
            with Server(speaker(*parts), cert=cert) as server:
                result = run(url(server), *words, f"count={count}")
                is_((len(result.events), result.last("nothing")), (count + 1, None),
                    f"{what}: nothing lies unseen while the caller waits")
        with Server(early_bird, cert=cert) as server:
            result = run(url(server), *words, "count=2")
            is_((result.events, result.last("nothing")),
                (["open", "text 5 early", "text 4 bird"], None), "... nor what came early" + name)
        with Server(asks, cert=cert) as server:
            result = run(url(server), *words, "late=answer", "count=2")
            is_((server.seen, result.last("nothing")), ([(PONG, b"p"), (TEXT, b"answer")], None),
                "... nor does what is to be sent lie" + name)
        with Server(speaker(frame(TEXT, b"x"), close_frame(1000)), cert=cert) as server:
            result = run(url(server), *words)
            is_((result.last("fd"), result.last("end")),
                ("none not ready", "closed: the server closed the connection with code 1000"),
                "... nor an end, after which there is nothing to wait for" + name)
        with Server(speaker(), cert=cert) as server:
            is_(run(url(server), "poll=1", "for=300", "ca=" + CA).last("fd"), "some not ready",
                "in silence nothing is ready" + name)
    is_(run("ws://127.0.0.1:1/", "poll=1").last("fd"), "none not ready", "no connection, no wait")


def test_signals():
    cases = ((silent, "handshake"), (speaker(), "open connection"))
    for handle, name in cases:
        with Server(handle) as server:
            stopped(url(server), f"a signal ends the wait of an {name}")
    with Server(speaker(frame(TEXT, b"x"))) as server:
        result = run(url(server), "raise=1", "turn=5000")
        ok(result.number("longest") < 2000, "a signal just before a wait is not missed", result)


def stopped(address, name, *words):
    process = start(address, "turn=10000", "connect=10000", *words)
    time.sleep(0.3)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    result = Result(process)
    passed = time.monotonic() - began
    ok(passed < 3 and (result.last("signal") in ("15", "0")), name, passed, result)


def test_slow_reader():
    pings = [frame(TEXT, b"first")] + [frame(PING) + frame(TEXT, b"x" * 100)] * 30000
    with Server(speaker(b"".join(pings) + close_frame(1000))) as server:
        result = run(url(server), "pause=1500")
        is_(len(result.events), 30002, "a reader that pauses loses nothing")
        is_(result.last("end"), "closed: the server closed the connection with code 1000",
            "... and the connection lasts")
    with Server(speaker(frame(TEXT, b"first"))) as server:
        result = run(url(server), "pause=1500", "for=1600")
        ok(result.number("heard") < 1000, "a pause does not make the connection look mute", result)


NO_MORE = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Has no thread, or no pipe but the first one, as TEST_NO says. */
static int lacks(const char *what)
{
	const char *wanted = getenv("TEST_NO");

	return wanted && strcmp(wanted, what) == 0;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *),
	void *arg)
{
	return lacks("thread") ? EAGAIN : ENOSYS;
}

int pipe(int ends[2])
{
	static int made;

	if (!made++ || !lacks("pipe"))
		return pipe2(ends, 0);
	errno = EMFILE;
	return -1;
}
"""

def test_lookup():
    library = resolver()
    if not library:
        return
    slow = {"LD_PRELOAD": library}
    result = run("ws://slow.example/", "connect=400", env=slow)
    is_(result.last("end"), "refused: the address of its host was not found within 400 ms",
        "a lookup that takes too long")
    ok(result.number("took") < 2500 and result.number("longest") < 500,
       "... never blocks ws_serve()", result)
    began = time.monotonic()
    process = start("ws://slow.example/", "turn=10000", "connect=10000", env=slow)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    result = Result(process)
    ok(time.monotonic() - began < 2.5 and result.last("signal") == "15",
       "a signal ends the wait for a lookup", result)
    two = {"LD_PRELOAD": library, "TEST_ADDRESSES": "2"}
    with Server(speaker(frame(TEXT, b"second"), stay=False)) as server:
        result = run(url(server, "two.example"), env=two)
        is_(result.events, ["open", "text 6 second"], "the second address, where the first refuses")
        is_(result.last("end"), "closed: the connection was closed without a close frame",
            "... which is forgotten then")


def test_no_lookup():
    """What the system cannot give now it may have later: no reason to give up."""
    library = preloaded("no-more", NO_MORE)
    if not library:
        return
    for what, why in (("thread", "Resource temporarily unavailable"),
                      ("pipe", "Too many open files")):
        result = run("ws://localhost:1/", env={"LD_PRELOAD": library, "TEST_NO": what})
        is_((result.status, result.last("end")),
            (0, f"refused: cannot look up 'localhost': {why}"), f"a system without a {what}")


def test_proxies():
    good = speaker(frame(TEXT, b"through"))
    want = ["open", "text 7 through"]
    dead = "http://127.0.0.1:9"
    established = (b"HTTP/1.1 ", b"200 Connection established\r\nX: y\r\n", b"\r\n")
    with Server(good) as plain, Server(good, cert="server") as secure, \
            Server(tunnel(*established)) as proxy:
        here = f"127.0.0.1:{proxy.port}"
        is_(run(url(plain), "count=1", env={"http_proxy": f"http://{here}/"}).events, want,
            "ws:// through http_proxy")
        is_(proxy.seen[-1].split("\r\n")[0], f"CONNECT localhost:{plain.port} HTTP/1.1",
            "... by CONNECT to the name")
        is_(run(url(secure), "count=1", "ca=" + CA, env={"https_proxy": here}).events, want,
            "wss:// through https_proxy, verified end to end")
        is_(run(url(secure), "count=1", "ca=" + CA, env={"HTTPS_PROXY": here}).events, want,
            "wss:// through HTTPS_PROXY")
        is_(len(proxy.seen), 3, "... all of them seen by the proxy")
        is_(run(url(secure), "count=1", "ca=" + CA, env={"http_proxy": dead}).events, want,
            "http_proxy is not for wss://")
        is_(run(url(plain), "count=1", env={"HTTP_PROXY": dead}).events, want,
            "HTTP_PROXY is not for anybody")
        is_(run(url(plain), "count=1", env={"http_proxy": dead, "no_proxy": "localhost"}).events,
            want, "no_proxy")
        is_(len(proxy.seen), 3, "... none of them seen by the proxy")
        is_(run(url(plain), "count=1", env={"http_proxy": f"http://me:p%40ss@{here}"}).events,
            want, "a proxy with a password")
        token = base64.b64encode(b"me:p@ss").decode()
        ok(f"basic {token}".lower() in proxy.seen[-1].lower(), "... which is sent", proxy.seen[-1])
        is_(run(url(plain), "count=1", env={"http_proxy": f"http://localhost:{proxy.port}"}).events,
            want, "a proxy by name")
    refusing_proxies()


def refusing_proxies():
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    for handle, want, name in (
            (tunnel(refusal), "the proxy answered 407 Proxy Authentication Required", "a 407"),
            (tunnel(b"hello\r\n\r\n"), "the proxy answered with no HTTP", "no HTTP"),
            (tunnel(b""), "the proxy closed the connection", "an end"),
            (silent, "no answer from the proxy within 300 ms", "nothing at all")):
        with Server(handle) as proxy:
            result = run("ws://nosuch.invalid/", "connect=300",
                         env={"http_proxy": f"127.0.0.1:{proxy.port}"})
            is_(result.last("end"), "refused: " + want, f"a proxy that answers with {name}")
    result = run("ws://nosuch.invalid/", env={"http_proxy": "127.0.0.1:9"})
    is_(result.last("end"), "refused: 127.0.0.1 port 9: Connection refused", "no proxy there")
    result = run("wss://nosuch.invalid/", env={"all_proxy": "socks5://me:secret@localhost:1"})
    is_((result.status, result.last("error")),
        (2, "2 cannot use the proxy in all_proxy: 'socks5' is not supported, only 'http' is"),
        "a kind of proxy that is not spoken")


sys.exit(harness.run_tests(globals()))
