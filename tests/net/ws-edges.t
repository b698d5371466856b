#!/usr/bin/python3
"""lib/net/ws where the other end, or time, does not behave: several addresses of which one is of no
use, answers at the edge of HTTP, and a program that stands still."""

import base64
import contextlib
import os
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import harness  # noqa: E402
from harness import CA, Server, is_, ok  # noqa: E402
from ws_peer import (  # noqa: E402
    PING, TEXT, Result, answer_to, close_frame, ends, frame, preloaded, read_frame, read_head,
    replier, reset, resolver, run, silent, speaker, start, tunnel, url)

GOOD = speaker(frame(TEXT, b"good"))
WANT = ["open", "text 4 good"]


def addresses(n):
    """The environment in which names have so many addresses, 127.0.0.1 the last; None where that
    cannot be."""
    library = resolver()
    return library and {"LD_PRELOAD": library, "TEST_ADDRESSES": str(n)}


@contextlib.contextmanager
def at_addresses(*handlers, cert=None):
    """Servers at 127.0.0.1, 127.0.0.2 and so on, all on one port: the last one is tried first."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(handlers[0], cert=cert))]
        for i, handle in enumerate(handlers[1:]):
            servers.append(stack.enter_context(
                Server(handle, host=f"127.0.0.{i + 2}", port=servers[0].port)))
        yield servers


def endings(result):
    return [line[len("ended "):] for line in result.lines if line.startswith("ended ")]


def test_useless_address():
    """One that takes a connection, and then is of no use, is the last to be tried again."""
    env = addresses(2)
    if not env:
        return
    busy = replier(b"HTTP/1.1 503 Busy\r\n\r\n")
    for handle, cert, why in (
            (silent, None, "no answer to the handshake within 800 ms"),
            (silent, "server", "no answer to the handshake within 800 ms"),
            (busy, None, "the server answered 503 Busy"),
            (replier(b"SSH-2.0-x\r\n"), None, "the server answered with no HTTP"),
            (lambda server, connection: read_head(connection), None,
             "the server closed the connection before it answered"),
            (lambda server, connection: connection.recv(65536) and connection.close(), "server",
             "TLS failed: the connection was closed")):
        with at_addresses(GOOD, handle, cert=cert) as servers:
            result = run(url(servers[0]), "connect=800", "again=1", "count=1", "ca=" + CA, env=env)
            is_((endings(result), result.events),
                ([f"{why} (127.0.0.2 port {servers[0].port})"], WANT),
                f"{why}{' (TLS)' if cert else ''}: the other address is tried")
    with at_addresses(GOOD, speaker(close_frame(1013))) as servers:
        result = run(url(servers[0]), "again=1", "count=1", env=env)
        is_((endings(result), result.events),
            (["the server closed the connection with code 1013"], ["open", *WANT]),
            "one that takes the connection and says nothing on it")
    with at_addresses(GOOD, busy, busy) as servers:
        result = run(url(servers[0]), "again=2", "count=1", env=addresses(3))
        is_(([line[-18:] for line in endings(result)], result.events),
            ([f".0.0.{i} port {servers[0].port})"[-18:] for i in (3, 2)], WANT),
            "two of three are of no use")
    with at_addresses(busy, busy, busy) as servers:
        result = run(url(servers[0]), "again=5", env=addresses(3))
        is_([line.split("(127.0.0.")[1][0] for line in endings(result)], list("32132"),
            "all of them are of no use: in turn")


def test_useless_proxy():
    env = addresses(2)
    if not env:
        return
    refusing = tunnel(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
    with Server(GOOD) as server, \
            at_addresses(tunnel(b"HTTP/1.1 200 OK\r\n\r\n"), refusing) as proxies:
        through = {**env, "http_proxy": f"http://two.example:{proxies[0].port}"}
        result = run(url(server), "again=1", "count=1", env=through)
        is_((endings(result), result.events),
            ([f"the proxy answered 502 Bad Gateway (proxy 127.0.0.2 port {proxies[0].port})"],
             WANT), "a proxy that is of no use at one of its addresses")


def test_deaf_address():
    """One that takes no connection costs its share of the time once, not each time."""
    env = addresses(2)
    if not env:
        return
    with Server(speaker(frame(TEXT, b"good"), stay=False)) as server, socket.socket() as full:
        full.bind(("127.0.0.2", server.port))
        full.listen(0)
        held = [socket.socket() for _ in range(4)]
        for one in held:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        result = run(url(server), "connect=6000", "again=3", env=env)
        is_(result.events, WANT * 4, "an address where nobody answers, and one that is good")
        ok(result.number("took") < 6000, "... which is tried first the next time", result)


def test_interim_answers():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n"
    proceed = b"HTTP/1.1 100 Continue\r\n\r\n"

    def hinting(server, connection):
        connection.sendall(hints + proceed)
        connection.sendall(answer_to(read_head(connection)) + frame(TEXT, b"good"))
        read_frame(connection)

    with Server(hinting) as server:
        is_(run(url(server), "count=1").events, WANT, "answers of 1xx before the one that counts")
    ends(replier(hints + b"HTTP/1.1 503 Busy\r\n\r\n"), "refused: the server answered 503 Busy",
         "... which may be a refusal")
    ends(replier(proceed * 1000),
         "refused: the server's answer is longer than it may be", "... but not without end")
    with Server(GOOD) as server, Server(tunnel(proceed, b"HTTP/1.1 200 OK\r\n\r\n")) as proxy:
        through = {"http_proxy": f"me@127.0.0.1:{proxy.port}"}
        is_(run(url(server), "count=1", env=through).events, WANT, "... of a proxy")
        token = base64.b64encode(b"me:").decode()
        ok(f"\r\nProxy-Authorization: Basic {token}\r\n" in proxy.seen[0],
           "who has no password has an empty one", proxy.seen)


def test_heads():
    def padded(server, connection):
        answer = answer_to(read_head(connection))
        connection.sendall(answer[:-2] + b"X: " + b"x" * 40000 + b"\r\n\r\n" + frame(TEXT, b"good"))
        read_frame(connection)

    def bare(server, connection):
        answer = answer_to(read_head(connection))
        connection.sendall(answer.replace(b"\r\n", b"\n") + frame(TEXT, b"good"))
        read_frame(connection)

    ends(padded, "refused: the server's answer is longer than it may be",
         "a head that is too long, at once")
    with Server(bare) as server:
        is_(run(url(server), "count=1").events, WANT, "lines that end in LF alone")


GOODBYE = """
#include <unistd.h>

int SSL_shutdown(void *tls)
{
	return write(2, "goodbye", 7) < 0;
}
"""


def test_goodbye():
    """OpenSSL forbids it where the connection has failed."""
    library = preloaded("goodbye", GOODBYE)
    if not library:
        return

    def resetting(server, connection):
        once(server, connection)
        time.sleep(0.1)
        reset(connection)

    once = speaker(frame(TEXT, b"good"), stay=False)
    for handle, said, name in ((once, True, "a connection that ends says goodbye over TLS"),
                               (resetting, False, "... but not one that broke")):
        with Server(handle, cert="server") as server:
            result = run(url(server), "ca=" + CA, env={"LD_PRELOAD": library})
            is_((result.events, "goodbye" in result.err), (WANT, said), name)


class Pings:
    """A server that pings, and sends a text once `last` is set."""

    def __init__(self):
        self.last = threading.Event()

    def __call__(self, server, connection):
        connection.sendall(answer_to(read_head(connection)) + frame(TEXT, b"first"))
        while not self.last.wait(0.1):
            connection.sendall(frame(PING))
        connection.sendall(frame(TEXT, b"last"))
        read_frame(connection)


def stand_still(process, seconds, meanwhile=lambda: None):
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    meanwhile()
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def test_still_connection():
    """A program that stands still while bytes come has not been left alone by the server. The
    alarms that fall due meanwhile end its wait as soon as it goes on."""
    pings = Pings()
    with Server(pings) as server:
        client = start(url(server), "idle=1000", "beat=1", "turn=10000", "count=2", "for=60000")
        client.stdout.readline()  # it stands
        for _ in range(2):
            time.sleep(0.3)
            stand_still(client, 2.5)
        pings.last.set()
        result = Result(client)
        is_((result.last("text"), "mute" in result.lines, result.last("end")),
            ("4 last", False, "none: "), "a connection, while the program stands still")


def test_still_handshake():
    asked, go = threading.Event(), threading.Event()

    def late(server, connection):
        head = read_head(connection)
        asked.set()
        go.wait(20)
        connection.sendall(answer_to(head) + frame(TEXT, b"good"))
        read_frame(connection)

    with Server(late) as server:
        client = start(url(server), "connect=3000", "beat=1", "turn=10000", "count=1")
        ok(asked.wait(20), "a handshake is under way")
        stand_still(client, 4, go.set)
        result = Result(client)
        is_((result.events, result.last("end")), (WANT, "none: "),
            "... while the program stands still, and is answered in time")


def test_stalls():
    """Between two waits."""
    pings = Pings()
    with Server(pings) as server:
        threading.Timer(4, pings.last.set).start()
        result = run(url(server), "idle=1500", "stall=3000", "count=2")
        is_(result.events + [line for line in result.lines if line == "mute"],
            ["open", "text 5 first", "text 4 last"], "bytes that wait to be read have come")
    with Server(speaker(frame(TEXT, b"first"))) as server:
        ok("mute" in run(url(server), "idle=500", "stall=100").lines, "where none wait it is mute")


sys.exit(harness.run_tests(globals()))
