#!/bin/sh
# trade-normalize beside jq -c doing the same mapping, and beside cat: a million native Kraken
# records from a file to /dev/null, and through a pipe on either side, on one core. Prints medians.
#
# usage: normalize.sh [RUNS [RECORDS]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=${BUILD:-$here/../../build}:$PATH
runs=${1:-5}
records=${2:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

exec python3 - "$runs" "$records" "$dir" <<'EOS'
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

RUNS, RECORDS, FOLDER = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
INPUT = f"{FOLDER}/native"
MAPPING = (
    '{product_id: .symbol, price, quantity: .qty, timestamp,'
    ' timestamp_ms: ((.timestamp[0:19] + "Z" | fromdate) * 1000 + (.timestamp[20:23] | tonumber)),'
    ' trade_id, side, exchange: "kraken"}')
RIVALS = {
    "trade-normalize": ["trade-normalize", "-q"],
    "cat": ["cat"],
    "jq -c": ["jq", "-c", MAPPING],
}


def generate():
    """Trades as Kraken sends them: trailing zeros, several within a microsecond, ids in a row."""
    draw = random.Random(1)
    micros = 1790732090331350
    second, text = 0, ""
    with open(INPUT, "w") as out:
        for i in range(RECORDS):
            micros += draw.choice((0, 0, 7, 1310, 88000))
            if micros // 1000000 != second:
                second = micros // 1000000
                text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            pair, price = draw.choice((
                ("BTC/USD", f"{draw.randrange(833000, 834000) / 10:.1f}"),
                ("ETH/USD", f"{draw.randrange(266000, 267000) / 100:.2f}")))
            out.write(
                f'{{"symbol":"{pair}","side":"{draw.choice(("buy", "sell"))}","price":{price},'
                f'"qty":{draw.randrange(1, 10 ** draw.randrange(3, 11)) / 1e8:.8f},'
                f'"ord_type":"{draw.choice(("limit", "market"))}","trade_id":{109583109 + i},'
                f'"timestamp":"{text}.{micros % 1000000:06d}Z"}}\n')


def measure(command):
    """Seconds from a file to nowhere."""
    with open(INPUT, "rb") as stdin, open("/dev/null", "wb") as stdout:
        start = time.monotonic()
        subprocess.run(command, stdin=stdin, stdout=stdout, check=True)
    return time.monotonic() - start


def peak_kb(command):
    """Memory at the peak. The kernel's figure after the end would be that of the fork."""
    with open(INPUT, "rb") as source:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        shutil.copyfileobj(source, process.stdin, 1 << 20)
        process.stdin.flush()
        with open(f"/proc/{process.pid}/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        process.stdin.close()
        process.wait()
    return peak


def measure_piped(command):
    """Seconds of `cat | command | cat`."""
    start = time.monotonic()
    with open(INPUT, "rb") as stdin, open("/dev/null", "wb") as stdout:
        first = subprocess.Popen(["cat"], stdin=stdin, stdout=subprocess.PIPE)
        second = subprocess.Popen(command, stdin=first.stdout, stdout=subprocess.PIPE)
        last = subprocess.Popen(["cat"], stdin=second.stdout, stdout=stdout)
        first.stdout.close()
        second.stdout.close()
        for process in (first, second, last):
            if process.wait():
                sys.exit(f"normalize.sh: {command[0]} in a pipe failed")
    return time.monotonic() - start


def same_results():
    """Both mappings must mean the same; jq reads the numbers of both, as it rounds them."""
    head = subprocess.run(["head", "-n", "10000", INPUT], stdout=subprocess.PIPE, check=True).stdout
    ours = subprocess.run(RIVALS["trade-normalize"], input=head, stdout=subprocess.PIPE, check=True)
    again = subprocess.run(["jq", "-c", "."], input=ours.stdout, stdout=subprocess.PIPE, check=True)
    theirs = subprocess.run(RIVALS["jq -c"], input=head, stdout=subprocess.PIPE, check=True)
    return again.stdout == theirs.stdout


os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
generate()
if not same_results():
    sys.exit("normalize.sh: jq and trade-normalize do not agree")
plain = {name: [] for name in RIVALS}
piped = {"trade-normalize": [], "cat": []}
for run in range(RUNS):
    for name, command in RIVALS.items():
        plain[name].append(measure(command))
    for name in piped:
        piped[name].append(measure_piped(RIVALS[name]))

ours = plain["trade-normalize"]
ratios = [theirs / mine for theirs, mine in zip(plain["jq -c"], ours)]
print(f"bench: trade-normalize {statistics.median(plain['jq -c']) / statistics.median(ours):.1f} "
      f"x jq -c (median of {RUNS}, {min(ratios):.1f}-{max(ratios):.1f}; "
      f"{RECORDS / statistics.median(ours) / 1e6:.2f} M records/s, "
      f"{os.path.getsize(INPUT) / statistics.median(ours) / 1e6:.0f} MB/s, "
      f"peak {peak_kb(RIVALS['trade-normalize']) / 1024:.1f} MB)")
ratios = [mine / theirs for mine, theirs in zip(piped["trade-normalize"], piped["cat"])]
print(f"bench: cat | trade-normalize | cat {statistics.median(ratios):.2f} x the time of "
      f"cat | cat | cat (median of {RUNS}, {min(ratios):.2f}-{max(ratios):.2f})")
EOS
