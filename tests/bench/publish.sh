#!/bin/sh
# kafka-publish beside kcat with a delimiter key, on one real broker and with the same properties: a
# million records, a new topic for each run, taking turns. Prints the medians and the ratio.
#
# usage: publish.sh [RUNS [RECORDS]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${TEST_BROKERS:-}" ] || exec "$here/../servers/broker" -- "$0" "$@"
PATH=${BUILD:-$here/../../build}:$PATH
runs=${1:-5}
records=${2:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

python3 - "$records" "$dir" <<'EOS'
import sys

count, folder = int(sys.argv[1]), sys.argv[2]
with open(f"{folder}/plain", "w") as plain, open(f"{folder}/keyed", "w") as keyed:
    for i in range(count):
        pair = "BTC/USD" if i % 3 else "ETH/USD"
        line = (
            f'{{"product_id":"{pair}","price":{83320 + i % 1000}.{i % 10},'
            f'"quantity":0.{i % 100000000:08d},"timestamp":"2026-09-30T01:34:50.331350Z",'
            f'"timestamp_ms":{1790732090331 + i},"trade_id":{109583109 + i},"side":"buy",'
            f'"exchange":"kraken"}}\n'
        )
        plain.write(line)
        keyed.write(f"{pair}\t{line}")
EOS

python3 - "$runs" "$dir" "$TEST_BROKERS" "$records" "$here/../servers/broker-topic" <<'EOS'
import os
import statistics
import subprocess
import sys
import time

RUNS, DIR, BROKERS, RECORDS, TOPIC_TOOL = (
    int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
SAME = ["-X", "enable.idempotence=true", "-X", "partitioner=murmur2_random"]
RIVALS = {
    "kafka-publish": ("plain", lambda t: ["kafka-publish", "-q", "-b", BROKERS, "-t", t]),
    "kafka-publish -z lz4": (
        "plain", lambda t: ["kafka-publish", "-q", "-z", "lz4", "-b", BROKERS, "-t", t]),
    "kcat -K": ("keyed", lambda t: ["kcat", "-P", "-K", "\t", *SAME, "-b", BROKERS, "-t", t]),
}


def measure(command, path):
    """Seconds, seconds of processor time, and kB at the peak."""
    with open(path, "rb") as stdin:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=stdin)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"publish.sh: {command[0]} ended with {status}")
        return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


results = {name: [] for name in RIVALS}
for run in range(-1, RUNS):  # the first one warms the broker up
    for name, (file, command) in RIVALS.items():
        topic = f"bench-{os.getpid()}-{run + 1}-{list(RIVALS).index(name)}"
        subprocess.run([TOPIC_TOOL, "create", topic, "3"], check=True)
        result = measure(command(topic), f"{DIR}/{file}")
        subprocess.run([TOPIC_TOOL, "delete", topic], check=True)
        if run >= 0:
            results[name].append(result)

base = statistics.median(r[0] for r in results["kcat -K"])
for name, rows in results.items():
    wall, cpu, peak = zip(*rows)
    median = statistics.median(wall)
    print(f"bench: {name} {base / median:.2f} x kcat -K (median {median:.2f} s, "
          f"{min(wall):.2f}-{max(wall):.2f}; {RECORDS / median / 1e6:.2f} M records/s, "
          f"processor {statistics.median(cpu):.2f} s, peak {max(peak) / 1024:.0f} MB)")
EOS
