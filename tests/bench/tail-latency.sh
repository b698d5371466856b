#!/bin/sh
# kraken-ws-tail at an even pace, one trade in each frame, over loopback: how long from before the write
# of a frame until its line is out, at 10,000 trades a second, over TLS and without; and the processor
# time at the rate of a real day. With each, what the machine itself costs: cat in its place, between a
# socketpair and the same pipe. Taking turns; the medians of all runs, the range, and whether the bar
# is met. What else runs, and the wake-ups of a virtual machine, count in full: cat's row tells how much
# of it that is.
#
# usage: tail-latency.sh [RUNS [SECONDS]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
PATH=$build:$build/tests/bench:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$here/../servers/certs" "$dir"
XDG_RUNTIME_DIR=$dir TRADEPIPE_CACERT=$dir/ca.pem KRAKEN_REST_URL=http://127.0.0.1:1
export XDG_RUNTIME_DIR TRADEPIPE_CACERT KRAKEN_REST_URL

python3 - "${1:-5}" "${2:-5}" "$dir" <<'EOS'
import os
import statistics
import subprocess
import sys

RUNS, SECONDS, CERTS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
FAST, P99_US = 10000, 100
DAILY, PAIRS, SHARE = 300, 30, 1  # trades a second, and per cent of a processor
OURS, CAT = ["kraken-ws-tail", "-q"], ["cat"]
FAST_ROWS = [("cat", "relay", CAT), ("kraken-ws-tail, ws", "plain", OURS),
             ("kraken-ws-tail, wss", CERTS, OURS)]
DAILY_ROWS = [FAST_ROWS[0], FAST_ROWS[2]]


def load():
    return f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} processors"


def measure(rate, pairs, via, command):
    """What ws-pace prints."""
    result = subprocess.run(["ws-pace", via, str(rate), str(rate * SECONDS), str(pairs), *command],
                            stdout=subprocess.PIPE)
    if result.returncode:
        sys.exit(f"tail-latency.sh: ws-pace ended with {result.returncode}")
    return [float(each) for each in result.stdout.split()]


def take_turns(rows, rate, pairs):
    results = {row[0]: [] for row in rows}
    for _ in range(RUNS):
        for name, via, command in rows:
            results[name].append(measure(rate, pairs, via, command))
    return {name: list(zip(*runs)) for name, runs in results.items()}


def verdict(name, value, bar, unit):
    if name == "cat":
        return ""
    return f"; bar {bar} {unit}: {'met' if value < bar else 'missed'}"


def latency():
    for name, columns in take_turns(FAST_ROWS, FAST, 1).items():
        p50, p99, p999, most, late = ([each / 1000 for each in column] for column in columns[:5])
        soon = statistics.median(columns[6]) * 100
        median = statistics.median(p99)
        print(f"bench: {name}, frame in to line out at {FAST} trades/s: p99 {median:.0f} us "
              f"(median of {RUNS}, {min(p99):.0f}-{max(p99):.0f}; p50 {statistics.median(p50):.0f} us, "
              f"p99.9 {statistics.median(p999):.0f} us, at most {max(most):.0f} us; "
              f"{soon:.2f} % in less than {P99_US} us; the sender's own p99 "
              f"{statistics.median(late):.0f} us late; {load()}"
              f"{verdict(name, median, P99_US, 'us')})", flush=True)


def daily():
    for name, columns in take_turns(DAILY_ROWS, DAILY, PAIRS).items():
        shares = [each * 100 for each in columns[5]]
        median = statistics.median(shares)
        print(f"bench: {name}, {DAILY} trades/s of {PAIRS} pairs: {median:.2f} % of a processor "
              f"(median of {RUNS}, {min(shares):.2f}-{max(shares):.2f}; {load()}"
              f"{verdict(name, median, SHARE, '%')})", flush=True)


latency()
daily()
EOS
