#!/bin/sh
# binance-aggtrades-dump from archives of millions of rows, over loopback, their checksums and the chain
# of their ids verified, beside libarchive that only inflates them, and beside sha256sum, inflating and
# awk with the same mapping. Prints medians; and the memory at the peak, for these days and for a
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
ROWS = PER_DAY * LARGE
FOLDER = "large/data/spot/daily/aggTrades/BTCUSDT/"
BEGIN = date(2025, 6, 1)
DUMP = "binance-aggtrades-dump -q --source archive --since 2025-06-01 --until {} {}"
OURS = DUMP.format(BEGIN + timedelta(LARGE), "BTCUSDT")
INFLATE = f"(for zip in {FOLDER}*.zip; do inflate $zip || exit; done)"
BY_AWK = ("""awk -F, '{ printf "{\\"s\\":\\"BTCUSDT\\",\\"a\\":%s,\\"p\\":\\"%s\\",\\"q\\":\\"%s\\","""
          """\\"f\\":%s,\\"l\\":%s,\\"T\\":%s,\\"m\\":%s,\\"M\\":%s}\\n",$1,$2,$3,$4,$5,$6,"""
          """tolower($7),tolower($8) }'""")
THEIRS = f"(cd {FOLDER} && sha256sum --quiet -c *.CHECKSUM) && {INFLATE} | {BY_AWK}"


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


if digest(OURS) != digest(THEIRS):
    sys.exit("archive.sh: binance-aggtrades-dump and awk do not agree")
ours, inflate, theirs = [], [], []
for _ in range(RUNS):
    ours.append(seconds(OURS))
    inflate.append(seconds(INFLATE))
    theirs.append(seconds(THEIRS))
own = statistics.median(ours)
print(f"bench: binance-aggtrades-dump, verified archives: {ROWS / own / 1e6:.2f} M rows/s (median of "
      f"{RUNS}, {ROWS / max(ours) / 1e6:.2f}-{ROWS / min(ours) / 1e6:.2f}), the download included")
print(f"bench: ... {statistics.median(inflate) / own:.2f} x libarchive's inflate alone "
      f"({ROWS / statistics.median(inflate) / 1e6:.2f} M rows/s)")
print(f"bench: ... {statistics.median(theirs) / own:.2f} x sha256sum, inflate | awk "
      f"({ROWS / statistics.median(theirs) / 1e6:.2f} M rows/s)")
print(f"bench: memory at the peak: {peak_mb(OURS):.1f} MB for {LARGE} days of {PER_DAY / 1e6:g} M rows, "
      f"{peak_mb(DUMP.format(BEGIN + timedelta(SMALL), 'ETHUSDT')):.1f} MB for {SMALL} days")
EOS
