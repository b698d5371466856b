"""What tests of lib/net/crawl share: a small server of pages at /chain/I?n=K, and
tests/net/crawl-tool that gets them."""

import itertools
import os
import re
import signal
import socket
import struct
import threading
import time

import harness
from harness import BUILD, TEMP, Server, is_, ok

TOOL = os.path.join(BUILD, "tests/net/crawl-tool")
numbers = itertools.count()


def answer(body=b"", status="200 OK", headers=()):
    head = [f"HTTP/1.1 {status}", *headers]
    if not any(line.startswith("Content-Length") for line in headers):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def page(chain, n, *headers):
    return answer(b"page %d of %d" % (n, chain), headers=headers)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Pages(Server):
    """Gives each chain its pages. `faults` maps (chain, page) to what the attempts at it get
    instead, one after the other: bytes to send, or a function of the connection; None ends the
    connection behind it."""

    def __init__(self, faults=None, **options):
        self.faults = {place: list(them) for place, them in (faults or {}).items()}
        self.times, self.lock = {}, threading.Lock()
        super().__init__(self.pages, **options)

    def pages(self, _, connection):
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                more = connection.recv(4096)
                if not more:
                    return
                head += more
            place = tuple(int(n) for n in
                          re.match(rb"GET /chain/(\d+)\?n=(\d+) ", head).groups())
            with self.lock:
                self.seen.append(place)
                self.times.setdefault(place, []).append(time.monotonic())
                faults = self.faults.get(place, [])
                fault = faults.pop(0) if faults else page(*place)
                stays = not faults or faults[0] is not None
                if not stays:
                    faults.pop(0)
            if callable(fault):
                fault = fault(connection) or b""
            connection.sendall(fault)
            if not stays:
                return

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"


class Result:
    def __init__(self, process, before=()):
        out, err = (text.decode(errors="replace") for text in process.communicate(timeout=30))
        self.lines = [*before, *out.splitlines()]
        self.notes = err.splitlines()
        self.text = f"status {process.returncode}\n{out}{err}"

    def of(self, *words):
        return [line for line in self.lines if line.split()[0] in words]

    @property
    def counts(self):
        return dict(word.split("=") for word in self.of("counts")[0].split()[1:])

    def __str__(self):
        return self.text


def new_budget():
    return f"{TEMP}/budget-{next(numbers)}"


def start(server, *words, budget=None):
    budget = budget or new_budget()
    return harness.start(TOOL, f"budget={budget}", *words,
                         server if isinstance(server, str) else server.url)


def run(server, *words, **options):
    return Result(start(server, *words, **options))


def taken(chains, pages):
    return sorted(f"taken {i} {k} {len(f'page {k} of {i}')} page {k} of {i}"
                  for i in range(chains) for k in range(pages))


def await_line(process, beginning):
    """Reads lines up to one that begins so; the lines."""
    lines = []
    while not lines or not lines[-1].startswith(beginning):
        line = process.stdout.readline()
        if not line:
            break
        lines.append(line.decode().rstrip("\n"))
    return lines


def await_true(condition):
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def stop(process, name, before=()):
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    result = Result(process, before)
    ok(time.monotonic() - began < 3, f"a stop signal {name} ends all at once")
    is_(result.of("run", "ended", "done"), ["run 0 0 "], "... and that is all")
    return result
