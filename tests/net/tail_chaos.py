#!/usr/bin/python3
"""kraken-ws-tail against an exchange that fails at random (exchange --chaos), a run for each seed.
Also out of the seed: how many pairs and trades, how fast they come, whether it begins now or in
the past, how much memory it has for trades that wait, whether what it writes is read slowly, and
whether it is killed on the way and started again.

What it has written in all must be what the exchange has, once, in order, in every number; trades
that the exchange hides must be named, and the exit code tell it; the account must add up.

usage: tail_chaos.py [FIRST [LAST]]

Prints TAP, and for each seed that fails a command that runs it again. TEST_JOBS runs are made side
by side; TEST_KEEP is a folder where the files of those that fail stay. BUILD is where the programs
are."""

import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from random import Random

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
SERVERS = os.path.join(ROOT, "tests", "servers")
FILES = tempfile.mkdtemp(prefix="tail-chaos-")
CERTS = os.path.join(FILES, "certs")
KEEP = os.environ.get("TEST_KEEP")
SLOWER = 3 if os.environ.get("SANITIZE") else 1

PRODUCTS = ("BTC/USD", "ETH/USD", "SOL/USD")
FIRST = 51  # of the live trades; those before it are history
EPOCH = "2024-01-01"
HEARTBEAT_S = 0.1
RUN_S = 300 * SLOWER  # waits between connections add up to minutes in some
STARTS_MAX = 12
# Long enough for whatever the exchange makes of REST, if it shows the trades at all.
PATIENCE = f"{20 * SLOWER}s"
PATIENCE_HIDDEN = f"{8 * SLOWER}s"
FATES = ("written", "repeated", "passed", "forgotten", "held", "bad", "unwritten")
AT_A_START = ("was not acknowledged", "cannot subscribe to")  # ends it


class Failure(Exception):
    pass


def demand(condition, *words):
    if not condition:
        raise Failure(" ".join(map(str, words)))


class Plan:
    """What the seed decides about the client; what it decides about the exchange is chaos.py's."""

    def __init__(self, seed):
        draw = Random(f"tail {seed}")
        self.seed = seed
        self.products = PRODUCTS[:draw.choice((2, 2, 3))]
        self.tiny = draw.random() < 0.15
        self.trades = draw.randint(2500, 4000) if self.tiny else draw.randint(200, 600)
        self.rate = draw.choice((0, 0, 60, 300, 2000)) * (5 if self.tiny else 1)
        self.tls = draw.random() < 0.25
        self.limited = draw.random() < 0.2  # REST refuses what comes too fast
        self.kills = draw.randint(1, 4) if draw.random() < 0.4 else 0
        # At a rate trades happen between the subscriptions of the pairs, before those that are now.
        self.begins = draw.choice(("since", "resume") if self.kills or self.rate else
                                  ("now", "now", "since", "resume"))
        # Its own file is the cursor; else what was written comes as standard input.
        self.has_output = self.kills > 0 and draw.random() < 0.6
        self.slow = not self.kills and draw.random() < 0.2
        self.stamp = draw.random() < 0.1
        self.draw = draw

    def first_id(self):
        return 1 if self.begins == "since" else FIRST

    def total(self):
        return len(self.products) * (FIRST + self.trades - self.first_id())

    def calm(self):
        """The first trade from which on no fault strikes; see chaos.py."""
        return FIRST - 1 + self.trades - min(200, self.trades // 5)

    def exchange_options(self):
        limits = ("--kraken-rate", "5", "--kraken-burst", "3") if self.limited else ()
        return ("--products", ",".join(self.products), "--trades", str(self.trades),
                "--rate", str(self.rate), "--heartbeat", str(HEARTBEAT_S), "--epoch", EPOCH,
                "--chaos", str(self.seed), *limits)

    def tail_options(self, hides):
        return ("--idle-timeout", f"{600 * SLOWER}ms", "--ack-timeout", f"{800 * SLOWER}ms",
                "--mute-timeout", "400ms", "--connect-timeout", f"{1500 * SLOWER}ms",
                "--repair-timeout", PATIENCE_HIDDEN if hides else PATIENCE,
                "--pace", "4" if self.limited else "100", "--budget-file", "budget",
                *(("--hold-bytes", "64k") if self.tiny else ()),
                *(("--stamp",) if self.stamp else ()))


class Exchange:
    def __init__(self, folder, plan):
        ready = os.path.join(folder, "exchange.env")
        tls = ("--tls", f"{CERTS}/server.pem", f"{CERTS}/server.key") if plan.tls else ("--plain",)
        with open(os.path.join(folder, "exchange.log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                (f"{SERVERS}/exchange", *tls, "--ready-file", ready, "--parent", str(os.getpid()),
                 *plan.exchange_options()), stdout=log, stderr=log)
        until = time.monotonic() + 20
        while not os.path.exists(ready):
            demand(time.monotonic() < until and self.process.poll() is None, "no exchange")
            time.sleep(0.02)
        with open(ready, encoding="utf-8") as lines:
            self.urls = dict(line.strip().split("=", 1) for line in lines)
        handlers = [urllib.request.ProxyHandler({})]
        if plan.tls:
            handlers.append(urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=f"{CERTS}/ca.pem")))
        self.opener = urllib.request.build_opener(*handlers)

    def state(self):
        with self.opener.open(self.urls["REST_URL"] + "/_control/state", timeout=20) as answer:
            return json.load(answer)

    def close(self):
        self.process.kill()
        self.process.wait()


def hidden(state, calm):
    """How many trades never came, and how many the plan is going to hide, before the calm."""
    spans = [each.partition("-") for product in state["products"].values()
             for each in product["never"]]
    never = sum(int(last or first) - int(first) + 1 for first, _, last in spans)
    return never + sum(each["spec"]["ids"] for each in state["faults"]
                       if each["spec"]["do"] == "skip" and each["left"] and state["products"][
                           each["spec"]["at"]["product"]]["head"] < calm)


class Run:
    """All that happens for a seed, in a folder of its own."""

    def __init__(self, plan, folder):
        self.plan, self.folder = plan, folder
        self.out, self.err = self.path("out"), self.path("err")
        self.until = time.monotonic() + RUN_S
        self.starts = 0
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("KRAKEN_", "TRADEPIPE_"))}
        open(self.out, "wb").close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def written(self):
        with open(self.out, "rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))

    def run(self):
        exchange = Exchange(self.folder, self.plan)
        try:
            self.hides = hidden(exchange.state(), self.plan.calm()) > 0
            self.tail_until_done(exchange)
        finally:
            with open(self.path("state"), "w", encoding="utf-8") as file:
                json.dump(exchange.state(), file)
            exchange.close()
        self.check()

    # The tail.

    def tail_until_done(self, exchange):
        """It ends once it has written as much as there is going to be. Where fewer trades were
        hidden than was planned, there is more, and it is started again."""
        kills = self.plan.kills
        while True:
            before = self.written()
            self.wanted = self.plan.total() - hidden(exchange.state(), self.plan.calm())
            if before >= self.wanted:
                return
            self.starts += 1
            demand(self.starts <= STARTS_MAX, "started in vain too often")
            blow = self.plan.draw.choice((signal.SIGKILL, signal.SIGTERM)) if kills else None
            status, said = self.tail(exchange, before, blow)
            if blow and status == -blow:
                kills -= 1
                # At the very beginning nothing is said at all.
                demand(blow == signal.SIGKILL or not said or "account: " in said, "no account")
            elif status == 2 and self.starts > 1 and any(each in said for each in AT_A_START):
                continue
            else:
                self.check_end(status, said)
            if "account: " in said or status not in (-signal.SIGKILL, -signal.SIGTERM):
                self.check_account(said, self.written() - before)

    def command(self, exchange, before):
        plan = self.plan
        yield from (f"{BUILD}/kraken-ws-tail", "-v", "--url", exchange.urls["WS_URL"],
                    "--rest-url", exchange.urls["REST_URL"], *plan.tail_options(self.hides))
        if plan.tls:
            yield from ("--cacert", f"{CERTS}/ca.pem")
        yield from ("--limit", str(self.wanted - before))
        if plan.begins == "since":
            yield from ("--since", EPOCH)
        if self.has_cursor():
            yield from ("--resume", "-")
        if plan.has_output:
            yield from ("--output", self.out)
        yield from plan.products

    def has_cursor(self):
        return self.plan.begins == "resume" or (self.starts > 1 and not self.plan.has_output)

    def write_cursor(self):
        """The trades before the first ones, if it begins so, and what was written so far."""
        with open(self.path("cursor"), "wb") as file:
            for product in self.plan.products if self.plan.begins == "resume" else ():
                file.write((subprocess.run(
                    (f"{SERVERS}/tape", "print", product, str(FIRST - 1), str(FIRST - 1)),
                    capture_output=True, check=True)).stdout)
            if not self.plan.has_output:
                with open(self.out, "rb") as written:
                    shutil.copyfileobj(written, file)
        return self.path("cursor")

    def tail(self, exchange, before, blow):
        plan = self.plan
        with open(self.err, "ab") as err, open(self.out, "ab") as out, \
                open(self.write_cursor(), "rb") as cursor:
            start = err.tell()
            piped = not plan.has_output
            process = subprocess.Popen(
                list(self.command(exchange, before)), cwd=self.folder, env=self.environment,
                stdin=cursor if self.has_cursor() else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else out, stderr=err)
            try:
                if piped:
                    reader = threading.Thread(target=self.read, args=(process.stdout, out))
                    reader.start()
                if blow:
                    self.strike(process, blow)
                status = process.wait(max(0.1, self.until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                raise Failure(f"not done in time: {self.written()} of {self.wanted}") from None
            finally:
                process.kill()
                process.wait()
                if piped:
                    reader.join()
        with open(self.err, "rb") as err:
            err.seek(start)
            return status, err.read().decode("utf-8", "replace")

    def read(self, pipe, out):
        """Whole lines to the file, as a program would that can be killed at any moment; slowly,
        if it is that."""
        draw, rest = Random(f"read {self.plan.seed}"), b""
        with pipe:
            while data := os.read(pipe.fileno(), draw.choice((4096, 65536)) if self.plan.slow
                                  else 65536):
                whole, newline, rest = (rest + data).rpartition(b"\n")
                out.write(whole + newline)
                out.flush()
                if self.plan.slow and draw.random() < 0.3:
                    time.sleep(draw.uniform(0, 1.5))

    def strike(self, process, blow):
        """At a moment of the seed: some of them while it starts, some long after."""
        draw = self.plan.draw
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(draw.choice((0.05, 0.3, 1, 3)) * draw.random())
        process.send_signal(blow)

    # What came of it.

    def check_end(self, status, said):
        partly = "lost trades" in said or " refused=" in said
        demand(status == (3 if partly else 0), "exit", status, "though not all is well" if partly else "")

    def check_account(self, said, lines):
        found = re.findall(r"account: (.*)", said)
        demand(len(found) == 1, len(found), "accounts")
        counts = {name: int(n) for name, n in re.findall(r"([a-z]+)=([0-9]+)", found[0])}
        told = sum(counts.get(name, 0) for name in FATES)
        demand(counts["read"] == told, "the account does not add up:", found[0])
        demand(counts["written"] == lines, lines, "lines came:", found[0])
        demand(not counts.get("bad") and not counts.get("unsure"), found[0])
        lost = sum(int(last) - int(first) + 1 for first, last in
                   re.findall(r"lost trades ([0-9]+) to ([0-9]+)", said))
        demand(counts.get("lost", 0) == lost, "the account counts other losses:", found[0])

    def check(self):
        ends = [f"{name}={self.plan.first_id()}-" for name in self.plan.products]
        done = subprocess.run(
            (f"{SERVERS}/tape", "check", "--any-way", "--state", self.path("state"),
             "--lost", self.err, *(("--stamped",) if self.plan.stamp else ()),
             *(word for end in ends for word in ("--product", end)), self.out),
            capture_output=True, text=True, check=False)
        demand(done.returncode == 0, "\n" + done.stdout + done.stderr)


def last_lines(path, count):
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return [line.rstrip()[:300] for line in file.readlines()[-count:]]
    return []


def run_seed(seed):
    """Why the seed fails, in lines; none where it does not. And how long it took."""
    folder = os.path.join(FILES, f"seed-{seed}")
    os.mkdir(folder)
    began = time.monotonic()
    complaints = []
    try:
        Run(Plan(seed), folder).run()
    except (Failure, OSError, ValueError, KeyError, subprocess.SubprocessError) as reason:
        complaints = [f"{type(reason).__name__}: {reason}", *last_lines(folder + "/err", 25),
                      *last_lines(folder + "/exchange.log", 5)]
        if KEEP:
            shutil.copytree(folder, os.path.join(KEEP, f"seed-{seed}"), dirs_exist_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return complaints, time.monotonic() - began


def show(number, seed, complaints, seconds):
    print(f"{'not ok' if complaints else 'ok'} {number} - seed {seed} ({seconds:.0f} s)")
    if complaints:
        print(f"# again: BUILD={BUILD} {os.path.relpath(__file__, ROOT)} {seed}")
        for line in "\n".join(complaints).splitlines():
            print(f"#   {line}")
    sys.stdout.flush()


def main(first=1, last=None):
    last = first if last is None else last
    jobs = int(os.environ.get("TEST_JOBS", 8 * (os.cpu_count() or 1)))
    failed = []
    subprocess.run((f"{SERVERS}/certs", CERTS), check=True, capture_output=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = {pool.submit(run_seed, seed): seed for seed in range(first, last + 1)}
        for number, run in enumerate(concurrent.futures.as_completed(runs), 1):
            complaints, seconds = run.result()
            show(number, runs[run], complaints, seconds)
            failed += [runs[run]] if complaints else []
    print(f"1..{last + 1 - first}")
    if failed:
        print(f"# {len(failed)} seeds have failed: {' '.join(map(str, sorted(failed)))}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*map(int, sys.argv[1:])))
    finally:
        shutil.rmtree(FILES, ignore_errors=True)
