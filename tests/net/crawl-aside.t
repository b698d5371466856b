#!/usr/bin/python3
"""lib/net/crawl where chains wait: others have the place of those that stand aside."""

import contextlib
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import harness  # noqa: E402
from crawl_pages import (Pages, Result, answer, await_line, await_true, new_budget,  # noqa: E402
                         run, start, stop, taken)
from harness import is_, ok  # noqa: E402

BUSY = answer(b"", "503 Busy")
HELD = {"503": "503 Busy", "429": "429 Too Many"}


def wait(seconds, status="503"):
    return answer(b"", HELD[status], [f"Retry-After: {seconds}"])


def test_aside():
    with Pages() as server:
        process = start(server, "chains=3", "pages=2", "jobs=1", "pause=100000", "aside=1")
        lines = await_line(process, "taken 2 0")
        is_(sorted(lines), taken(3, 1), "others have the place of a chain that stands aside")
        stop(process, "during that", lines)
        result = run(server, "chains=5", "pages=3", "jobs=2", "pause=200", "aside=1")
        is_(sorted(result.of("taken")), taken(5, 3), "... for its time")
        is_(result.of("run"), ["run 0 0 "], "... to the end")
    late = answer(b"", "503 Busy", ["Retry-After: 2"])
    with Pages({(0, 1): [late, late]}) as server:
        result = run(server, "pages=2", "retry=2500", "pause=10", "aside=1")
        ok(result.of("ended"), "... failures are not forgotten", result)


def test_failing():
    """On one place, where another chain waits for it."""
    words = ["chains=3", "pages=2", "jobs=1", "lane=own"]
    for status in HELD:
        with Pages({(0, 1): [wait(1000, status)]}) as server:
            process = start(server, *words, "time=1", "retry=2000000")
            lines = [line for line in await_line(process, "done 2") if line.startswith("taken")]
            is_(sorted(lines),
                ["taken 0 0 11 page 0 of 0", *(line for line in taken(3, 2) if line[6] != "0")],
                f"others have the place of a chain that has got a {status}")
            stop(process, "during that", lines)
        with Pages({(0, 1): [wait(2, status)]}) as server:
            result = run(server, *words, "time=1")
            is_(result.of("done"), ["done 1", "done 2", "done 0"], "... until its time comes")
            is_(sorted(result.of("taken")), taken(3, 2), "... and it goes on")
            is_(result.counts["waits"], "some", "... which counts as a wait")
        with Pages({(0, 1): [wait(1, status)]}) as server:
            is_(run(server, *words).of("done"), ["done 0", "done 1", "done 2"],
                "... but not of one that has no time")
    with Pages({(0, 0): [BUSY] * 100, (1, 0): [BUSY] * 3}) as server:
        result = run(server, "chains=2", "jobs=1", "time=1", "retry=6000")
        is_(result.of("done"), ["done 1"], "several that fail share a place")
        ends = result.of("ended")
        ok(len(ends) == 1 and re.search(r"status 503; tried for [5-9] s \((\d+) attempts\)$",
                                        ends[0]), "... and their attempts are counted on", result)
        is_(len(result.notes), 2, "... and told as ever")


def test_budget_aside():
    with Pages() as server:
        words = ["chains=3", "pages=2", "jobs=1", "lane=own", "interval=100000000"]
        process = start(server, *words, "time=1")
        lines = await_line(process, "taken 2 0")
        is_(sorted(lines), taken(3, 1), "others have the place of one that waits for the budget")
        stop(process, "during that", lines)
    with Pages() as server:
        result = run(server, "chains=3", "pages=3", "jobs=2", "lane=one", "interval=150000",
                     "time=1")
        is_(sorted(result.of("taken")), taken(3, 3), "... for its time")
        is_((result.counts["waits"], result.counts["refused"]), ("some", "0"), "... by waiting")
    budget = new_budget()
    ban = answer(b"", "418 I'm a teapot", ["Retry-After: 12"])
    with Pages({(0, 0): [BUSY, BUSY, BUSY, BUSY]}) as server, Pages({(0, 0): [ban]}) as other:
        process = start(server, "lane=own", "retry=10000", "time=1", budget=budget)
        ok(await_true(lambda: len(server.seen) == 3), "while a request waits for another attempt")
        ok(run(other, "lane=own", budget=budget).of("ended"), "... another process is banned")
        is_(Result(process).of("done", "ended"), ["done 0"],
            "... which counts for nobody's attempts")


def test_asked_for():
    """A server that asks for more than the limit."""
    for status in HELD:
        with Pages({(0, 0): [wait(3, status)]}) as server:
            result = run(server, "lane=own", "time=1", "retry=1000")
            is_(result.of("done", "ended"), ["done 0"], f"a {status} that asks for more is obeyed")
            times = server.times[(0, 0)]
            ok(times[1] - times[0] >= 3, "... for as long as it says", times)
        with Pages({(0, 0): [wait(1, status)] * 100}) as server:
            ok(re.search(r"; tried for \d s \(\d attempts\)",
                         "".join(run(server, "lane=own", "time=1", "retry=900").of("ended"))),
               "... but not for ever")


def test_banned_aside():
    ban = answer(b"", "418 I'm a teapot", ["Retry-After: 3600"])
    with Pages({(0, 0): [wait(100)], (1, 0): [ban]}) as server:
        result = run(server, "chains=3", "jobs=1", "time=1", "retry=200000")
        is_(sorted(result.of("ended", "done")),
            [f"ended {i} 1 chain 1 got status 418" for i in range(3)],
            "a ban ends those that stand aside as well")


with contextlib.suppress(KeyboardInterrupt):
    sys.exit(harness.run_tests(globals()))
