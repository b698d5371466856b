#!/bin/sh
# binance-aggtrades-dump from archives of millions of rows, over loopback, their checksums and the chain
# of their ids verified, beside libarchive that only inflates them, and beside sha256sum, inflating and
# awk with the same mapping. Prints medians, for several days and for one, of which no part can be read
# before all of it was fetched and verified; and the memory at the peak, for these days and for a
# hundred.
#
# usage: archive.sh [RUNS [ROWS-A-DAY [DAYS]]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
PATH=$build:$build/tests/bench:$PATH
runs=${1:-5} rows=${2:-4000000} large=${3:-3}
dir=$(mktemp -d)
cd "$dir"
trap 'kill "$server" 2>/dev/null; cd / && rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
server=
small=100 few=20000

"$here/../servers/archive" large BTCUSDT "$large" "$rows" --start 2025-06-01
"$here/../servers/archive" small ETHUSDT "$small" "$few" --start 2025-06-01
mkdir archives && cp -r large/data archives && cp -r small/data archives
python3 - <<'EOS' >address &
import functools
import http.server
import os


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


handler = functools.partial(Quiet, directory="archives")
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
EOS
server=$!
until [ -s address ]; do sleep 0.1; done
BINANCE_ARCHIVE_URL=$(cat address) XDG_RUNTIME_DIR=$dir
export BINANCE_ARCHIVE_URL XDG_RUNTIME_DIR

python3 - "$runs" "$rows" "$large" "$small" <<'EOS'
import hashlib
import os
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta

RUNS, PER_DAY, LARGE, SMALL = (int(each) for each in sys.argv[1:])
FOLDER = "large/data/spot/daily/aggTrades/BTCUSDT/"
BEGIN = date(2025, 6, 1)
BY_AWK = ("""awk -F, '{ printf "{\\"s\\":\\"BTCUSDT\\",\\"a\\":%s,\\"p\\":\\"%s\\",\\"q\\":\\"%s\\","""
          """\\"f\\":%s,\\"l\\":%s,\\"T\\":%s,\\"m\\":%s,\\"M\\":%s}\\n",$1,$2,$3,$4,$5,$6,"""
          """tolower($7),tolower($8) }'""")


def dump(days, symbol="BTCUSDT"):
    return ("binance-aggtrades-dump -q --source archive "
            f"--since {BEGIN} --until {BEGIN + timedelta(days)} {symbol}")


def inflate(days):
    zips = " ".join(f"BTCUSDT-aggTrades-{BEGIN + timedelta(day)}.zip" for day in range(days))
    return f"(cd {FOLDER} && for zip in {zips}; do inflate $zip || exit; done)"


def by_awk(days):
    return f"(cd {FOLDER} && sha256sum --quiet -c *.CHECKSUM) && {inflate(days)} | {BY_AWK}"


def seconds(command, stdout=subprocess.DEVNULL):
    start = time.monotonic()
    subprocess.run(command, shell=True, stdout=stdout, check=True)
    return time.monotonic() - start


def digest(command):
    with subprocess.Popen(command, shell=True, stdout=subprocess.PIPE) as process:
        return hashlib.file_digest(process.stdout, "sha256").hexdigest() \
            if hasattr(hashlib, "file_digest") else hashlib.sha256(process.stdout.read()).hexdigest()


def peak_mb(command):
    process = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"archive.sh: {command} failed")
    return usage.ru_maxrss / 1024


def measure(days, others):
    """Side by side, and in turn: what else the machine does then concerns all of them."""
    commands = {"own": dump(days), **others}
    times = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    rows, own = PER_DAY * days / 1e6, times.pop("own")
    print(f"bench: binance-aggtrades-dump, verified archives of "
          f"{days} day{'s' * (days > 1)}: "
          f"{rows / statistics.median(own):.2f} M rows/s (median of {RUNS}, "
          f"{rows / max(own):.2f}-{rows / min(own):.2f}), the download included")
    for name, theirs in times.items():
        ratio = statistics.median(each / one for each, one in zip(theirs, own))
        print(f"bench: ... {ratio:.2f} x {name} ({rows / statistics.median(theirs):.2f} M rows/s)")


if digest(dump(LARGE)) != digest(by_awk(LARGE)):
    sys.exit("archive.sh: binance-aggtrades-dump and awk do not agree")
measure(LARGE, {"libarchive's inflate alone": inflate(LARGE),
                "sha256sum, inflate | awk": by_awk(LARGE)})
measure(1, {"libarchive's inflate alone": inflate(1)})
print(f"bench: memory at the peak: {peak_mb(dump(LARGE)):.1f} MB for {LARGE} days of "
      f"{PER_DAY / 1e6:g} M rows, {peak_mb(dump(SMALL, 'ETHUSDT')):.1f} MB for {SMALL} days")
EOS
