#!/bin/sh
# kraken-ws-tail beside Node's ws writing raw frames and beside a bare libwebsockets loop that only
# counts them: frames of one trade each, over loopback, taking turns. The server sends bytes that it
# has made before. Prints the medians and the ratios.
#
# usage: tail.sh [RUNS [FRAMES]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
PATH=$build:$build/tests/bench:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if command -v npm >/dev/null; then
	npm install --prefix "$dir" --no-audit --no-fund --silent ws@8
	cp "$here/ws-raw.js" "$dir"
else
	echo 'bench: no npm here: without Node' >&2
fi

exec python3 - "${1:-5}" "${2:-500000}" "$dir" <<'EOS'
import base64
import hashlib
import multiprocessing
import os
import socket
import statistics
import struct
import subprocess
import sys
import time

RUNS, FRAMES, DIR = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ASK = '{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":true}}'
ANSWER = ('{"method":"subscribe","result":{"channel":"trade","snapshot":true,"symbol":"BTC/USD"},'
          '"success":true,"time_in":"2026-09-30T01:34:50.331350Z",'
          '"time_out":"2026-09-30T01:34:50.331360Z","req_id":%d}')


def trade(i):
    return (f'{{"symbol":"BTC/USD","side":"{"buy" if i % 3 else "sell"}",'
            f'"price":{83320 + i % 1000}.{i % 10},"qty":0.{i % 100000000:08d}1,"ord_type":"limit",'
            f'"trade_id":{i},"timestamp":"2026-09-30T01:34:50.{i % 1000000:06d}Z"}}')


def frame(text):
    data = text.encode()
    head = struct.pack(">BB", 0x81, len(data)) if len(data) < 126 else struct.pack(
        ">BBH", 0x81, 126, len(data))
    return head + data


def message(kind, i):
    return frame(f'{{"channel":"trade","type":"{kind}","data":[{trade(i)}]}}')


def read_frame(connection):
    first, second = connection.recv(2, socket.MSG_WAITALL)
    n = second & 0x7F
    if n == 126:
        n, = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
    mask = connection.recv(4, socket.MSG_WAITALL)
    return bytes(b ^ mask[i % 4] for i, b in enumerate(connection.recv(n, socket.MSG_WAITALL)))


def serve(listener):
    stream = b"".join(message("update", i) for i in range(100000001, 100000001 + FRAMES))
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
            connection.sendall(frame(ANSWER % number) + message("snapshot", 100000000))
            connection.sendall(stream)
            if connection.recv(65536):  # the client's close frame
                connection.sendall(b"\x88\x00")
        except OSError:
            pass
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
port = str(listener.getsockname()[1])
url = f"ws://127.0.0.1:{port}/v2"
multiprocessing.Process(target=serve, args=(listener,), daemon=True).start()

# The first two see the answer and the snapshot too.
RIVALS = {"ws-count (libwebsockets alone)": ["ws-count", port, "/v2", str(FRAMES + 2), ASK]}
if os.path.exists(f"{DIR}/node_modules/ws"):
    RIVALS["node ws"] = ["node", f"{DIR}/ws-raw.js", url, str(FRAMES + 2), ASK]
RIVALS["kraken-ws-tail"] = ["kraken-ws-tail", "-q", "--url", url, "--limit", str(FRAMES), "BTC/USD"]


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
for run in range(-1, RUNS):  # the first one waits for the server to be ready
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
EOS
