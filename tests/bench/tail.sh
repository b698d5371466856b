#!/bin/sh
# kraken-ws-tail beside Node's ws writing raw frames and beside a bare libwebsockets loop that only
# counts them: frames of one trade each, over loopback, taking turns. The server sends bytes that it
# has made before. Prints the medians and the ratios. Then the same number of trades of a thousand pairs
# in turn, which is the least favourable order, in one process.
#
# usage: tail.sh [RUNS [FRAMES]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
PATH=$build:$build/tests/bench:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
XDG_RUNTIME_DIR=$dir && export XDG_RUNTIME_DIR
if command -v npm >/dev/null; then
	npm install --prefix "$dir" --no-audit --no-fund --silent ws@8
	cp "$here/ws-raw.js" "$dir"
else
	echo 'bench: no npm here: without Node' >&2
fi

python3 - "${1:-5}" "${2:-500000}" "$dir" <<'EOS'
import base64
import hashlib
import json
import multiprocessing
import os
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

RUNS, FRAMES, DIR = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ASK = '{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":true}}'
PAIRS = ["BTC/USD"]
MANY = [f"T{i:03}/USD" for i in range(1000)]
FIRST = 100000001
ANSWER = ('{"method":"subscribe","result":{"channel":"trade","snapshot":true,"symbol":"%s"},'
          '"success":true,"time_in":"2026-09-30T01:34:50.331350Z",'
          '"time_out":"2026-09-30T01:34:50.331360Z","req_id":%d}')


def trade(pair, i):
    return (f'{{"symbol":"{pair}","side":"{"buy" if i % 3 else "sell"}",'
            f'"price":{83320 + i % 1000}.{i % 10},"qty":0.{i % 100000000:08d}1,"ord_type":"limit",'
            f'"trade_id":{i},"timestamp":"2026-09-30T01:34:50.{i % 1000000:06d}Z"}}')


def frame(text):
    data = text.encode()
    head = struct.pack(">BB", 0x81, len(data)) if len(data) < 126 else struct.pack(
        ">BBH", 0x81, 126, len(data))
    return head + data


def message(kind, pair, i):
    return frame(f'{{"channel":"trade","type":"{kind}","data":[{trade(pair, i)}]}}')


def stream(pairs):
    n = len(pairs)
    return b"".join(message("update", pairs[i % n], FIRST + i // n) for i in range(FRAMES))


def read_frame(connection):
    first, second = connection.recv(2, socket.MSG_WAITALL)
    n = second & 0x7F
    if n == 126:
        n, = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
    mask = connection.recv(4, socket.MSG_WAITALL)
    return bytes(b ^ mask[i % 4] for i, b in enumerate(connection.recv(n, socket.MSG_WAITALL)))


def serve(listener, ready):
    streams = {len(pairs): stream(pairs) for pairs in (PAIRS, MANY)}
    ready.set()
    while True:
        connection, _ = listener.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        key = next(line.split(b": ")[1] for line in head.split(b"\r\n")
                   if line.lower().startswith(b"sec-websocket-key"))
        digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                           base64.b64encode(digest) + b"\r\n\r\n")
        asked = read_frame(connection)
        number = int(asked.split(b'"req_id":')[1].split(b"}")[0].split(b",")[0]) \
            if b'"req_id":' in asked else 0
        try:
            pairs = json.loads(asked)["params"]["symbol"]
            for pair in pairs:
                connection.sendall(frame(ANSWER % (pair, number)) +
                                   message("snapshot", pair, FIRST - 1))
            connection.sendall(streams[len(pairs)])
            if connection.recv(65536):  # the client's close frame
                connection.sendall(b"\x88\x00")
        except OSError:
            pass
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
port = str(listener.getsockname()[1])
url = f"ws://127.0.0.1:{port}/v2"
ready = multiprocessing.Event()
multiprocessing.Process(target=serve, args=(listener, ready), daemon=True).start()
ready.wait()

# The first two see the answer and the snapshot too.
RIVALS = {"ws-count (libwebsockets alone)": ["ws-count", port, "/v2", str(FRAMES + 2), ASK]}
if os.path.exists(f"{DIR}/node_modules/ws"):
    RIVALS["node ws"] = ["node", f"{DIR}/ws-raw.js", url, str(FRAMES + 2), ASK]
OURS = ["kraken-ws-tail", "-q", "--url", url, "--rest-url", "http://127.0.0.1:1", "--limit",
        str(FRAMES)]
RIVALS["kraken-ws-tail"] = [*OURS, *PAIRS]


def measure(command):
    """Seconds, seconds of processor time, and kB at the peak."""
    with open(f"{DIR}/out", "wb") as out:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"tail.sh: {command[0]} ended with {status}")
        return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


results = {name: [] for name in RIVALS}
for run in range(-1, RUNS):  # the first one warms up
    for name, command in RIVALS.items():
        result = measure(command)
        if run >= 0:
            results[name].append(result)
medians = {name: statistics.median(row[0] for row in rows) for name, rows in results.items()}
for name, rows in results.items():
    wall, cpu, peak = zip(*rows)
    ratios = [f"{medians[other] / medians[name]:.2f} x {other.split(' (')[0]}"
              for other in RIVALS if name == "kraken-ws-tail" and other != name]
    print(f"bench: {name} {', '.join(ratios)}{' ' if ratios else ''}"
          f"(median {medians[name]:.2f} s, {min(wall):.2f}-{max(wall):.2f}; "
          f"{FRAMES / medians[name] / 1e6:.2f} M frames/s, "
          f"processor {statistics.median(cpu):.2f} s, peak {max(peak) / 1024:.0f} MB)")


def watch_peak(status, peaks):
    """Until the end, after which the kernel would tell the memory of the fork."""
    rows = True
    while rows:
        try:
            with open(status) as lines:
                rows = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
        except OSError:
            break
        peaks += rows
        time.sleep(0.01)


def measure_pairs(pairs):
    """Seconds, and MB at the peak."""
    peaks = []
    with open(f"{DIR}/out", "wb") as out:
        start = time.monotonic()
        process = subprocess.Popen([*OURS, *pairs], stdout=out)
        watcher = threading.Thread(target=watch_peak, args=(f"/proc/{process.pid}/status", peaks))
        watcher.start()
        status = process.wait()
        seconds = time.monotonic() - start
        watcher.join()
        if status:
            sys.exit(f"tail.sh: {len(pairs)} pairs ended with {status}")
        return seconds, max(peaks) / 1024


ROWS = (PAIRS, MANY)
results = {len(pairs): [] for pairs in ROWS}
for run in range(RUNS):
    for pairs in ROWS:
        results[len(pairs)].append(measure_pairs(pairs))
(one, one_peak), (many, many_peak) = (
    (statistics.median(row[0] for row in rows), max(row[1] for row in rows))
    for rows in results.values())
ratios = [a[0] / b[0] for a, b in zip(*results.values())]
print(f"bench: kraken-ws-tail, {len(MANY)} pairs {one / many:.2f} x one pair (median of {RUNS}, "
      f"{min(ratios):.2f}-{max(ratios):.2f}; {FRAMES / many / 1e6:.2f} M frames/s; peak "
      f"{many_peak:.1f} MB, of one pair {one_peak:.1f} MB)")
EOS
