#!/usr/bin/python3
"""lib/net/crawl against a small server: chains of pages at /chain/I?n=K."""

import contextlib
import itertools
import os
import re
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import harness  # noqa: E402
from crawl_pages import (Pages, Result, answer, await_line, await_true, new_budget,  # noqa: E402
                         page, reset, run, start, stop, taken)
from harness import CA, CERTS, Server, is_, ok  # noqa: E402


def test_order():
    others = threading.Event()

    def stalled(connection):
        others.wait(10)
        return page(1, 1)

    with Pages({(1, 1): [stalled]}) as server:
        process = start(server, "chains=3", "pages=5")
        lines = []
        while sum(line.startswith("done") for line in lines) < 2:
            lines += await_line(process, "done") or ["done ?"]
        others.set()
        result = Result(process, lines)
        is_(sorted(lines)[:2], ["done 0", "done 2"], "chains do not wait for one that is stalled")
        is_(sorted(result.of("taken")), taken(3, 5), "all pages come")
        for i in range(3):
            is_([line.split()[2] for line in result.of("taken") if line.split()[1] == str(i)],
                [str(k) for k in range(5)], f"... in order, of chain {i}")
        is_(result.of("run", "counts"),
            ["run 0 0 ", "counts requests=15 retries=0 refused=0 waits=none flushes=some"],
            "... and the counts say so")
        is_(result.notes, [], "... without a word")


def test_jobs():
    with Pages() as server:
        result = run(server, "chains=4", "pages=3", "jobs=1")
        is_(server.seen, [(i, k) for i in range(4) for k in range(3)], "one after the other")
        is_(result.of("done"), [f"done {i}" for i in range(4)], "... and all")
    with Pages() as server:
        is_(sorted(run(server, "chains=5", "pages=2", "jobs=2").of("taken")), taken(5, 2),
            "five on two places")
        is_(run(server, "chains=0").of("run"), ["run 0 0 "], "none at all")
        is_(run(server, "chains=2", "pages=0").of("done"), ["done 0", "done 1"], "nothing to do")
        is_(run(server, "chains=1", "pages=1", "jobs=0").of("done"), ["done 0"], "no places is one")


TEMPORARY = {
    "a 503": [answer(b"busy", "503 Service Unavailable")],
    "a 502 of HTML": [answer(b"<html>", "502 Bad Gateway"), None],
    "a 403 of HTML": [answer(b"<!DOCTYPE html>", "403 Forbidden")],
    "HTML": [answer(b"<html>busy")],
    "nothing": [answer(b"")],
    "half a body": [answer(b"page", headers=["Content-Length: 100"]), None],
    "a reset": [reset, None],
    "an end": [b"", None],
    "a silence": [lambda connection: time.sleep(6)],
}


def test_temporary():
    faults = {(i, 0): list(them) for i, them in enumerate(TEMPORARY.values())}
    with Pages(faults) as server:
        result = run(server, f"chains={len(faults)}", "pages=3", "jobs=20", "idle=2000")
        for i, what in enumerate(TEMPORARY):
            is_([line for line in result.of("taken", "ended") if line.split()[1] == str(i)],
                [line for line in taken(9, 3) if line.split()[1] == str(i)],
                f"tried again: {what}")
            notes = [note for note in result.notes if f"chain-{i}:" in note]
            is_(len(notes), 1, "... with one warning")
            ok(notes and f"cannot get '{server.url}/chain/{i}?n=0': " in notes[0],
               "... that names the address", notes)
        is_(result.counts["retries"], str(len(faults)), "... and counted")
        is_(result.counts["waits"], "some", "... as waits as well")


def test_again_and_again():
    busy = answer(b"", "503 Busy")
    with Pages({(0, 1): [busy, busy, busy]}) as server:
        result = run(server, "pages=2")
        is_(sorted(result.of("taken")), taken(1, 2), "three failures of one request")
        is_(len(result.notes), 1, "... are told once")
        times = server.times[(0, 1)]
        ok(times[1] - times[0] >= 0.25 and times[3] - times[2] >= 1, "... with pauses that grow",
           times)
    with Pages({(0, 0): [answer(b"", "503 Busy", ["Retry-After: 1"])]}) as server:
        run(server)
        times = server.times[(0, 0)]
        ok(times[1] - times[0] >= 1, "Retry-After of a 503", times)


def test_limit():
    faults = {(1, 1): [answer(b"busy", "503 Busy")] * 100,
              (2, 1): [answer(b"", "503 Busy", ["Retry-After: 60"])],
              (3, 1): [reset, None] * 100,
              (4, 1): [answer(b"", "429 Too Many", ["Retry-After: 60"])]}
    with Pages(faults) as server:
        result = run(server, "chains=6", "pages=3", "retry=1200", "lane=own")
        is_(sorted(result.of("done")), ["done 0", "done 5"], "others go on when a chain ends")
        is_([line for line in sorted(result.of("taken")) if line.split()[1] in "05"],
            [line for line in taken(6, 3) if line.split()[1] in "05"], "... to their ends")
        ends = sorted(result.of("ended"))
        ok(re.fullmatch(rf"ended 1 1 chain-1: cannot get '{server.url}/chain/1\?n=1': status 503; "
                        r"tried for \d+ s \(\d+ attempts\)", ends[0]),
           "attempts end at the limit, and say of what", ends)
        ok("chain-2: " in ends[1] and "; tried for 0 s (1 attempt)" in ends[1],
           "... at once where the server wants to be left alone for longer", ends)
        ok("chain-3: " in ends[2] and " s (" in ends[2], "... for connections that break", ends)
        ok(f"chain-4: cannot get '{server.url}/chain/4?n=1': too many requests; tried" in ends[3],
           "... and for refusals", ends)
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    result = run(f"http://127.0.0.1:{free.getsockname()[1]}", "retry=300", "chains=2")
    ok(len(result.of("ended")) == 2 and ": Connection refused; tried" in result.of("ended")[0],
       "nobody listens", result)


def test_limit_counts():
    busy = answer(b"", "503 Busy", ["Retry-After: 2"])
    with Pages({(0, 0): [busy, busy]}) as server:
        result = run(server, "retry=2500")
        ok(result.of("ended"), "two long pauses are too much for a request", result)
    with Pages({(0, 0): [busy, busy]}) as server:
        result = run(server, "retry=2500", "anew=2")
        is_(result.of("done", "ended"), ["done 0"], "... but not for two")
    budget = new_budget()
    late = answer(b"", "503 Busy", ["Retry-After: 4"])
    ban = answer(b"", "418 I'm a teapot", ["Retry-After: 12"])
    with Pages({(0, 0): [late, busy]}) as server, Pages({(0, 0): [ban]}) as other:
        process = start(server, "lane=own", "retry=10000", budget=budget)
        ok(await_true(lambda: server.seen), "while a request waits for another attempt")
        ok(run(other, "lane=own", budget=budget).of("ended"), "... another process is banned")
        result = Result(process)
        is_(result.of("done", "ended"), ["done 0"], "... which counts for nobody's attempts")


def test_refused():
    refusal = answer(b"", "429 Too Many Requests", ["Retry-After: 2"])
    with Pages({(0, 1): [refusal]}) as server:
        result = run(server, "chains=2", "pages=4", "jobs=1", "lane=one", "interval=1000")
        is_(sorted(result.of("taken")), taken(2, 4), "a refusal is tried again")
        is_((result.counts["refused"], result.counts["retries"]), ("1", "0"), "... and counted")
        times = server.times[(0, 1)]
        ok(times[1] - times[0] >= 1.9, "... after as long as Retry-After says", times)
    budget = new_budget()
    with Pages({(0, 0): [refusal]}) as server:
        first = start(server, "lane=one", "interval=1000", budget=budget)
        ok(await_true(lambda: b"too many" in first.stderr.readline()), "a refusal is told")
        run(server, "pages=2", "lane=one", "interval=1000", budget=budget)
        began, others = server.times[(0, 0)][0], server.times[(0, 1)]
        ok(others[0] - began >= 1.9, "... and holds the lane for other processes too", others)
        ok(Result(first).of("done"), "... until it is over")


def test_banned():
    ban = answer(b"", "418 I'm a teapot", ["Retry-After: 3600"])
    with Pages({(1, 1): [ban], (0, 1): [lambda c: time.sleep(5)]}) as server:
        budget = new_budget()
        result = run(server, "chains=4", "pages=2", "jobs=2", "lane=own", budget=budget)
        is_(sorted(result.of("ended")), [f"ended {i} 1 chain 1 got status 418" for i in range(4)],
            "a ban ends all chains, also those not begun")
        is_(result.of("run"), ["run 0 0 "], "... which is for them to tell")
        asked = list(server.seen)
        process = start(server, "lane=own", budget=budget)
        ok(await_true(lambda: b"chain-0: waiting for 3" in process.stderr.readline()),
           "... the host is held, which is told")
        process.send_signal(signal.SIGTERM)
        is_(Result(process).of("run"), ["run 0 0 "], "... a stop signal ends that")
        is_(server.seen, asked, "... and nobody has asked")


def test_failed():
    with Pages({(0, 1): [answer(b"no", "404 Not Found")]}) as server:
        result = run(server, "chains=2", "pages=3", "jobs=1")
        is_(result.of("ended", "done"), ["ended 0 1 chain 0 got status 404", "done 1"],
            "a chain that fails makes room for the next")
    with Pages({(0, 0): [answer(bytes(17 << 20))]}) as server:
        result = run(server, "chains=2", "jobs=1")
        is_(result.of("ended", "done"),
            [f"ended 0 1 chain-0: cannot get '{server.url}/chain/0?n=0': "
             "the answer is longer than 16777216 bytes", "done 1"], "an answer that is too long")
    with Pages(cert="server") as server:
        is_(run(server, "ca=" + CA).of("done"), ["done 0"], "TLS")
        result = run(server, f"ca={CERTS}/other-ca.pem", "chains=2")
        ok(result.of("run")[0].startswith("run -1 2 cannot get 'https://localhost:"),
           "a certificate that is not trusted ends all", result)
        is_(result.of("ended", "done"), [], "... beyond the chains")
        result = run(server, f"ca={CERTS}/other-ca.pem", "chains=2", "endures=1", "retry=1000")
        is_(result.of("run"), ["run 0 0 "], "... but for those that endure it")
        ok(len(result.of("ended")) == 2 and "; tried for " in result.of("ended")[0] and
           "certificate" in result.of("ended")[0], "... to which it is a failure like others",
           result)
    is_(run("http://", "ca=/nosuch").of("run"),
        ["run -1 2 cannot read certificates from '/nosuch': No such file or directory"],
        "certificates that are not there")
    ok(run("ftp://localhost").of("run")[0].startswith("run -1 2 cannot get 'ftp://"),
       "an address that is none")


def test_stops_request():
    with Pages({(0, 1): [lambda c: time.sleep(10)]}) as server:
        process = start(server, "pages=2", "chains=2", "jobs=1")
        lines = await_line(process, "taken 0 0")
        ok(await_true(lambda: (0, 1) in server.seen), "what was taken is written before a request")
        is_(stop(process, "during a request", lines).of("taken"), taken(1, 1), "... with its work")


def test_stops_pause():
    with Pages({(0, 1): [answer(b"", "503 Busy", ["Retry-After: 100"])]}) as server:
        process = start(server, "pages=2", "retry=1000000")
        lines = await_line(process, "taken 0 0")
        ok(b"status 503; trying again" in process.stderr.readline(), "a pause is told")
        stop(process, "between attempts", lines)
        is_(server.seen, [(0, 0), (0, 1)], "... without another attempt")


def test_stops_budget():
    with Pages() as server:
        process = start(server, "pages=2", "lane=one", "interval=100000000")
        lines = await_line(process, "taken 0 0")
        is_(lines, taken(1, 1), "what was taken is written before a wait for the budget")
        stop(process, "during that", lines)
        is_(server.seen, [(0, 0)], "... and nothing more is asked for")


def test_stops_rest():
    with Pages() as server:
        process = start(server, "pages=2", "pause=100000")
        lines = await_line(process, "taken 0 0")
        is_(lines, taken(1, 1), "what was taken is written before a chain's own wait")
        result = stop(process, "during that", lines)
        is_(result.counts["waits"], "none", "... which does not count as one")
        is_(run(server, "pages=3", "pause=300").of("done"), ["done 0"], "such a wait ends")


def test_stops_work():
    with Pages({(1, 0): [lambda c: time.sleep(10)]}) as server:
        process = start(server, "chains=2", "until=1", "quiet=1")
        ok(await_true(lambda: server.seen), "work goes on beside a request")
        stop(process, "during work")


def test_work():
    with Pages() as server:
        result = run(server, "chains=3", "busy=3")
        is_(result.of("busy"), [f"busy {i}" for _ in range(3) for i in range(3)],
            "pieces of work in turns")
        result = run(server, "chains=2", "until=1", "quiet=1", "pages=2")
        is_([line for line in result.lines if line.startswith("done")], ["done 1", "done 0"],
            "requests go on during another chain's work")


def test_flush():
    with Pages() as server:
        result = run(server, "pages=5", "flush=2")
        is_(result.of("run"), ["run -1 0 "], "a flush that fails ends all")
        is_(result.of("taken"), taken(1, 1), "... at once")


def test_pieces():
    half = answer(b"x" * 1000, headers=["Content-Length: 2000"])
    faults = {(0, 0): [answer(b"y" * 1000, "503 Busy"), half, None, answer(b"x" * 200000)],
              (1, 0): [answer(b"<html>no", "403 Forbidden"), answer(b"no", "404 Not Found")]}
    with Pages(faults) as server:
        result = run(server, "file=1", "chains=2")
        is_(result.of("taken", "ended"),
            ["ended 1 1 chain 1 got status 404", "taken 0 0 200000 "],
            "pieces of the attempt that succeeds; other bodies are kept")
        is_(result.counts["retries"], "3", "... after those that failed")
        result = run(server, "file=2", "pages=2")
        is_(result.of("ended"), ["ended 0 1 chain 0 got status 200"],
            "a piece that is refused: the chain says what comes of it")


def test_budget():
    with Pages() as server:
        result = run(server, "chains=3", "pages=3", "lane=one", "interval=150000")
        times = sorted(time for times in server.times.values() for time in times)
        ok(times[-1] - times[0] >= 7 * 0.15, "a lane is asked no faster than it allows",
           times)
        is_(sorted(result.of("taken")), taken(3, 3), "... and to the end")
        is_((result.counts["waits"], result.counts["refused"]), ("some", "0"), "... by waiting")
        is_([sorted(server.seen[i:i + 3]) for i in (0, 3, 6)],
            [[(i, k) for i in range(3)] for k in range(3)], "... each chain in its turn")
    with Pages() as server:
        run(server, "chains=4", "pages=2", "lane=own", "interval=1000000")
        first = [server.times[(i, 0)][0] for i in range(4)]
        second = [server.times[(i, 1)][0] for i in range(4)]
        ok(max(first) < min(second), "lanes of their own do not wait for each other", first, second)


def test_requests():
    heads = []

    def show(server, connection):
        heads.append(connection.recv(4096))
        connection.sendall(page(0, 0, "X-Used: 7"))

    with Server(show) as server:
        result = run(f"http://localhost:{server.port}")
        is_(result.of("used"), ["used 0 7"], "a chain sees headers")
        ok(b"\r\nX-Test: crawl\r\n" in heads[0], "... and sends its own", heads)
        ok(b"\r\nAccept-Encoding: " in heads[0], "... asking for compression", heads)
        run(f"http://localhost:{server.port}", "file=1")
        ok(b"\r\nAccept-Encoding" not in heads[1], "... but not for files", heads)
    with Pages({(0, 0): [lambda connection: time.sleep(5)]}) as server:
        result = run(server, "limit=500")
        is_((result.of("done"), result.counts["retries"]), (["done 0"], "1"),
            "a limit of a request's own")


def test_turns():
    with Pages() as server:
        result = run(server, "turns=100000", "chains=3", "pages=5", "jobs=2")
        is_((sorted(result.of("taken")), result.of("run", "left")),
            (taken(3, 5), ["left 0", "run 0 0 "]), "turns come to all ends")
        result = run(server, "turns=10000000", "chains=3", "pages=5", "timeout=0")
        is_(sorted(result.of("taken")), taken(3, 5), "... those that do not wait, too")
        is_(result.counts["flushes"], "none", "... before which nothing must be written out")
        result = run(server, "fd=1", "chains=3", "pages=5")
        is_(sorted(result.of("taken")), taken(3, 5), "a descriptor that is ready stops no request")
        is_(run(server, "turns=9", "ca=/nosuch").of("run"),
            ["run -1 2 cannot read certificates from '/nosuch': No such file or directory"],
            "certificates that are not there, at once")
    stalled = threading.Event()
    for words, name in ((["turns=20", "timeout=5"], "the time that a turn may take"),
                        (["turns=20", "timeout=0"], "... which may be none"),
                        (["turns=1000", "fd=1"], "a descriptor that can be read")):
        with Pages({(0, 0): [lambda c: stalled.wait(20) and b""]}) as server:
            is_(run(server, *words, "idle=0", "chains=2", "jobs=1").of("run", "left"),
                ["left 2", "run 0 0 "], f"a turn ends before its request does: {name}")
    stalled.set()


def test_added():
    gone = answer(b"", "404 Not Found")
    places = ("next", "take", "ended", "piece", "flush", "done")
    for where, jobs in itertools.product(places, (1, 8)):
        ends = where == "ended"
        with Pages({(i, 0): [gone] for i in range(20 if ends else 0)}) as server:
            result = run(server, "more=20", f"from={where}", f"jobs={jobs}", "pages=2",
                         f"file={int(where == 'piece')}")
            is_((len(result.of("added")), len(result.of("done")), len(result.of("ended"))),
                (20, 1, 20) if ends else (20, 21, 0), f"twenty added by {where}, {jobs} places")
            is_(len(result.of("taken")), 2 if ends else 42, "... run to their ends")
            is_(result.of("run", "left"), ["left 0", "run 0 0 "], "... of which nothing is left")
    is_([line.split()[-1] for line in result.of("added")], ["0"] * 20, "... each after the other")


def test_added_at_once():
    seen = []

    def half(connection):
        connection.sendall(answer(b"x", headers=["Content-Length: 2"]))
        seen.append(await_true(lambda: (1, 0) in server.seen))
        return b"y"

    with Pages({(0, 0): [half]}) as server:
        result = run(server, "more=1", "from=piece", "file=1", "idle=0")
        is_((seen, sorted(result.of("done"))), ([True], ["done 0", "done 1"]),
            "what a piece of a body adds begins before the next one comes")


def test_banned_turns():
    def ban(seconds):
        return {(1, 1): [answer(b"", "418 I'm a teapot", [f"Retry-After: {seconds}"])],
                (0, 1): [lambda c: time.sleep(5)]}

    words = ["chains=4", "pages=2", "jobs=2", "lane=own", "more=3", "from=ended"]
    with Pages(ban(1)) as server:
        result = run(server, *words)
        is_(sorted(result.of("ended")), [f"ended {i} 1 chain 1 got status 418" for i in range(4)],
            "a ban ends all chains there are")
        is_([line.split()[-1] for line in result.of("added")], ["3", "3", "3"],
            "... in the midst of which others are added, which are not told")
        is_(sorted(result.of("done")), [f"done {i}" for i in (4, 5, 6)], "... but go on")
        waits = [server.times[(i, 0)][0] - server.times[(1, 1)][0] for i in (4, 5, 6)]
        ok(min(waits) >= 0.9, "... once the host is held no more", waits)
        is_(result.notes, [], "... without a word, where that is soon")
    with Pages(ban(3600)) as server:
        process = start(server, *words)
        lines = await_line(process, "added 6")
        result = stop(process, "after a ban", [line for line in lines if "added" in line])
        is_(len(result.of("added")), 3, "... which are held")
        is_([note.split(" for ")[0] for note in result.notes],
            ["crawl-tool: warning: chain-4: waiting"],
            "a ban of an hour is told once for all")


with contextlib.suppress(KeyboardInterrupt):
    sys.exit(harness.run_tests(globals()))
