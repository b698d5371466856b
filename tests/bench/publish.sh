#!/bin/sh
# kafka-publish beside kcat, on one real broker and with the same properties: a million records, a
# new topic for each run, taking turns; the medians, and the ratio to the rival that the row names,
# which is itself without transactions for --exactly-once.
# Then the time from standard input to a consumer, of records that arrive alone.
#
# usage: publish.sh [RUNS [RECORDS [LIVE]]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${TEST_BROKERS:-}" ] || exec "$here/../servers/broker" -- "$0" "$@"
PATH=${BUILD:-$here/../../build}:$PATH
runs=${1:-5}
records=${2:-1000000}
live=${3:-500}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

python3 - "$records" "$dir" <<'EOS'
import datetime
import sys

count, folder = int(sys.argv[1]), sys.argv[2]
start = datetime.datetime(2026, 9, 30, 1, 34, 50, 331350)
ids = {"BTC/USD": 109583109, "ETH/USD": 109583109}
with open(f"{folder}/plain", "w") as plain, open(f"{folder}/keyed", "w") as keyed:
    for i in range(count):
        pair = "BTC/USD" if i % 3 else "ETH/USD"
        ids[pair] += 1
        at = (start + datetime.timedelta(milliseconds=i)).isoformat()
        line = (
            f'{{"product_id":"{pair}","price":{83320 + i % 1000}.{i % 9 + 1},'
            f'"quantity":0.{i % 10000000:07d}1,"timestamp":"{at}Z",'
            f'"timestamp_ms":{1790732090331 + i},"trade_id":{ids[pair]},"side":"buy",'
            f'"exchange":"kraken"}}\n'
        )
        plain.write(line)
        keyed.write(f"{pair}\t{line}")
EOS

# The consumer's module is the system's Python's.
/usr/bin/python3 - "$runs" "$dir" "$TEST_BROKERS" "$records" "$here/../servers/broker-topic" \
	"$live" <<'EOS'
import itertools
import os
import statistics
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, TopicPartition

RUNS, DIR, BROKERS, RECORDS, TOPIC_TOOL, LIVE = (
    int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
SAME = ["-X", "enable.idempotence=true", "-X", "partitioner=murmur2_random"]
OURS = ["kafka-publish", "-q", "-b", BROKERS, "-t"]
KCAT = ["kcat", "-P", *SAME, "-b", BROKERS, "-t"]
KEYED = ["-K", "\t"]
ONCE = ["--exactly-once", f"bench-{os.getpid()}"]
FULL = ["--header", "trade_id", "--timestamp", "timestamp_ms", "--allow-expired"]
# Name, input, command with the topic's place, and the rival.
ROWS = [
    ("kcat -K", "keyed", KCAT, KEYED, "kcat -K"),
    ("kafka-publish", "plain", OURS, [], "kcat -K"),
    ("kafka-publish --exactly-once", "plain", OURS, ONCE, "kafka-publish"),
    ("kafka-publish -z lz4", "plain", OURS, ["-z", "lz4"], "kcat -K"),
    ("kcat -K -H", "keyed", KCAT, [*KEYED, "-H", "trade_id=109583109"], "kcat -K -H"),
    ("kafka-publish --header --timestamp", "plain", OURS, FULL, "kcat -K -H"),
]


def create(topic, partitions):
    subprocess.run([TOPIC_TOOL, "create", topic, partitions], check=True)


def measure(command, path):
    """Seconds, seconds of processor time, and kB at the peak."""
    with open(path, "rb") as stdin:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=stdin)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"publish.sh: {command[0]} ended with {status}")
        return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def bulk():
    results = {row[0]: [] for row in ROWS}
    for run in range(-1, RUNS):  # the first one warms the broker up
        for number, (name, file, command, more, _) in enumerate(ROWS):
            topic = f"bench-{os.getpid()}-{run + 1}-{number}"
            create(topic, "3")
            result = measure([*command, topic, *more], f"{DIR}/{file}")
            subprocess.run([TOPIC_TOOL, "delete", topic], check=True)
            if run >= 0:
                results[name].append(result)
    for name, *_, rival in ROWS:
        wall, cpu, peak = zip(*results[name])
        median = statistics.median(wall)
        ratio = statistics.median(r[0] for r in results[rival]) / median
        print(f"bench: {name} {ratio:.2f} x {rival} (median {median:.2f} s, "
              f"{min(wall):.2f}-{max(wall):.2f}; {RECORDS / median / 1e6:.2f} M records/s, "
              f"processor {statistics.median(cpu):.2f} s, peak {max(peak) / 1024:.0f} MB)")


def reader(topic):
    """A consumer that waits at the end of the topic: brokers answer at once, or within 10 ms."""
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "bench",
                         "fetch.wait.max.ms": 10, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    return consumer


def feed(stdin, lines, begun):
    """Lines one by one, 5 to 21 ms apart: a pace that a rival's buffers cannot fall in with."""
    for number, line in enumerate(lines):
        begun.append(time.monotonic())
        stdin.write(line)
        time.sleep(0.005 + number * 7 % 17 / 1000)
    stdin.close()


def live(name, file, command, more):
    topic = f"bench-{os.getpid()}-live-{name}"
    create(topic, "1")
    consumer = reader(topic)
    begun, waits = [], []
    with open(f"{DIR}/{file}", "rb") as source:
        lines = list(itertools.islice(source, LIVE + 50))
    process = subprocess.Popen([*command, topic, *more], stdin=subprocess.PIPE, bufsize=0)
    feeder = threading.Thread(target=feed, args=(process.stdin, lines, begun))
    feeder.start()
    for number in range(len(lines)):
        message = consumer.poll(10)
        if message is None or message.error():
            sys.exit(f"publish.sh: a record of {name} did not come")
        waits.append((time.monotonic() - begun[number]) * 1000)
    feeder.join()
    process.wait()
    consumer.close()
    subprocess.run([TOPIC_TOOL, "delete", topic], check=True)
    waits = sorted(waits[50:])  # the first ones connect
    print(f"bench: {name}, stdin to consumer: p50 {waits[LIVE // 2]:.1f} ms, "
          f"p99 {waits[LIVE * 99 // 100]:.1f} ms, at most {waits[-1]:.1f} ms "
          f"({LIVE} records, each alone)")


if RUNS:
    bulk()
if LIVE:
    live("kafka-publish", "plain", OURS, [])
    live("kcat", "keyed", KCAT, KEYED)
EOS
