#!/bin/sh
# The REST dumps against the simulated exchange, which counts as the exchanges do: the share of the
# permitted requests that was made, and how many were refused, for one product and for eight. Time is
# scaled: a pair has four requests a second instead of one (the more, the more a busy machine counts:
# what comes late by more than a tenth of the interval is lost), and Binance's minute has five seconds,
# of which the simulated exchange needs less than one to answer what is permitted. Prints medians and
# ranges. Then the memory at the peak, for a dump and for one that is a hundred times as long.
#
# usage: rest.sh [RUNS [SECONDS [PAGES]]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=${BUILD:-$here/../../build}:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
XDG_RUNTIME_DIR=$dir && export XDG_RUNTIME_DIR

python3 - "$here/../servers/exchange" "${1:-3}" "${2:-20}" "${3:-3000}" <<'EOS'
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request

EXCHANGE = sys.argv[1]
RUNS, SECONDS, PAGES = (int(each) for each in sys.argv[2:])
ROWS = 50  # of a page
RATE = 4  # requests a second of a pair
MINUTE_MS, WEIGHT = 5000, 800  # 200 requests for trades
NAMES = ["BTC", "ETH", "SOL", "ADA", "DOT", "XRP", "LTC", "TRX"]
PAIRS, SYMBOLS = [f"{name}/USD" for name in NAMES], [f"{name}USDT" for name in NAMES]
KRAKEN = ["kraken-rest-dump", "--since", "2024-01-01", "--until", "2026-01-01"]
BINANCE = ["binance-aggtrades-dump", "--source", "api", "--since", "2024-12-30"]
COMMON = ["-q", "--page-size", str(ROWS), "--jobs", "8"]


@contextlib.contextmanager
def exchange(*args):
    """A function that gets its state, while it runs."""
    with contextlib.suppress(FileNotFoundError):
        os.remove("ready")
    with subprocess.Popen([EXCHANGE, "--plain", "--ready-file", "ready", *map(str, args)],
                          stdout=subprocess.DEVNULL) as process:
        try:
            while not os.path.exists("ready"):
                if process.poll() is not None:
                    sys.exit("rest.sh: the exchange has ended")
                time.sleep(0.05)
            with open("ready") as lines:
                env = dict(line.strip().split("=", 1) for line in lines if "=" in line)
            os.environ.update(KRAKEN_REST_URL=env["REST_URL"],
                              BINANCE_API_URL=env["BINANCE_API_URL"])
            yield lambda: json.load(urllib.request.urlopen(env["REST_URL"] + "/_control/state"))
        finally:
            process.terminate()


def dump(command):
    """Runs it to its end; kB at the peak."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"rest.sh: {command[0]} ended with {status}")
    return usage.ru_maxrss


def kraken(n):
    """(share that was used, requests, refusals) of n pairs, the share of the one that used least."""
    rows = RATE * SECONDS * (ROWS - 2)  # pages have edges in common
    with exchange("--products", ",".join(PAIRS), "--history", rows, "--first", rows + 1,
                  "--kraken-rate", RATE) as state:
        dump([*KRAKEN, *COMMON, "--pace", str(RATE), *PAIRS[:n]])
        pairs = [each for each in state()["kraken"].values() if each["requests"]]
    return (min(each["used"] for each in pairs), sum(each["requests"] for each in pairs),
            sum(each["refused"] for each in pairs))


def binance(n):
    """Likewise of n symbols, which share one budget; whole minutes count. It begins when one is
    almost over, which must not cost a part of the next."""
    requests = WEIGHT // 4 * (SECONDS * 1000 // MINUTE_MS)
    with exchange("--binance", ",".join(SYMBOLS), "--binance-per-day", requests * ROWS,
                  "--binance-weight", WEIGHT, "--binance-minute", MINUTE_MS) as state:
        time.sleep((MINUTE_MS * 2 - 150 - time.time() * 1000 % MINUTE_MS) % MINUTE_MS / 1000)
        dump([*BINANCE, *COMMON, "--limit", str(requests * ROWS), *SYMBOLS[:n]])
        counts = state()["binance"]
    return counts["used"], counts["requests"], sum(counts["refused"].values())


def budget(program, measure):
    for n in (1, 8):
        runs = [measure(n) for _ in range(RUNS)]
        used, requests, refused = zip(*runs)
        print(f"bench: {program}, {n} product{'s' * (n > 1)}: {statistics.median(used) * 100:.2f} % of "
              f"the permitted requests (median of {RUNS}, {min(used) * 100:.2f}-"
              f"{max(used) * 100:.2f}), {sum(refused)} of {sum(requests)} refused")


def memory():
    rows = PAGES * (ROWS - 2)
    peaks = {}
    with exchange("--products", PAIRS[0], "--history", rows, "--first", rows + 1,
                  "--binance", SYMBOLS[0], "--binance-per-day", rows,
                  "--binance-weight", 100 * PAGES):
        for command in ([*KRAKEN, *COMMON, "--pace", "1000", PAIRS[0]],
                        [*BINANCE, *COMMON, SYMBOLS[0]]):
            peaks[command[0]] = [dump([*command, "--limit", str(limit)]) / 1024
                                 for limit in (rows // 100, rows)]
    for program, (short, long) in peaks.items():
        print(f"bench: {program}, memory at the peak: {short:.1f} MB for {PAGES // 100} pages, "
              f"{long:.1f} MB for {PAGES}")


if RUNS:
    budget("kraken-rest-dump", kraken)
    budget("binance-aggtrades-dump", binance)
if PAGES:
    memory()
EOS
