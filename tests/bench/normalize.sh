#!/bin/sh
# The filters beside others that do the same, on one core, from a file and through pipes: a million
# trades as native Kraken records, native aggTrades and lines of an archive. trade-normalize beside
# jq -c and awk with the same mapping, and beside cat; --where beside jq's select; trade-verify
# beside trade-normalize. Prints medians.
#
# usage: normalize.sh [RUNS [RECORDS]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=${BUILD:-$here/../../build}:$PATH
runs=${1:-5}
records=${2:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

python3 - "$runs" "$records" "$dir" <<'EOS'
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

RUNS, RECORDS, FOLDER = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
SAMPLE = 10000  # records over which results are compared first

OURS = ["trade-normalize", "-q", "--product", "BTCUSDT"]
BY_JQ = {
    "kraken": '{product_id: .symbol, price, quantity: .qty, timestamp,'
    ' timestamp_ms: ((.timestamp[0:19] + "Z" | fromdate) * 1000 + (.timestamp[20:23] | tonumber)),'
    ' trade_id, side, exchange: "kraken"}',
    "binance": '{product_id: .s, price: (.p | tonumber), quantity: (.q | tonumber),'
    ' timestamp: ((.T / 1000000 | floor | todate[0:19]) + "." + (.T | tostring | .[10:16]) + "Z"),'
    ' timestamp_ms: (.T / 1000 | floor), trade_id: .a,'
    ' side: (if .m then "sell" else "buy" end), exchange: "binance"}',
}
BY_AWK = r"""{
    p = $2; sub(/0+$/, "", p); sub(/\.$/, "", p); q = $3; sub(/0+$/, "", q); sub(/\.$/, "", q)
    printf "{\"product_id\":\"BTCUSDT\",\"price\":%s,\"quantity\":%s,\"timestamp\":\"%s.%sZ\",", p,
        q, strftime("%Y-%m-%dT%H:%M:%S", substr($6, 1, 10), 1), substr($6, 11)
    printf "\"timestamp_ms\":%s,\"trade_id\":%s,\"side\":\"%s\",\"exchange\":\"binance\"}\n",
        substr($6, 1, 13), $1, $7 == "True" ? "sell" : "buy"
}"""
WHERE = ".price > 83350"


def path(name):
    return f"{FOLDER}/{name}"


def generate():
    """Trades as the exchanges send them: trailing zeros, several within a microsecond, ids in a
    row; two products in Kraken's, one in an archive."""
    draw = random.Random(1)
    micros = 1790732090331350
    second, text = 0, ""
    ids = {"BTC/USD": 109583108, "ETH/USD": 75013540}
    with open(path("kraken"), "w") as kraken, open(path("binance"), "w") as binance, \
            open(path("archive"), "w") as archive:
        for i in range(RECORDS):
            micros += draw.choice((0, 0, 7, 1310, 88000))
            if micros // 1000000 != second:
                second = micros // 1000000
                text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            pair, price = draw.choice((
                ("BTC/USD", f"{draw.randrange(833000, 834000) / 10:.1f}"),
                ("ETH/USD", f"{draw.randrange(266000, 267000) / 100:.2f}")))
            ids[pair] += 1
            quantity = f"{draw.randrange(1, 10 ** draw.randrange(3, 11)) / 1e8:.8f}"
            kraken.write(
                f'{{"symbol":"{pair}","side":"{draw.choice(("buy", "sell"))}","price":{price},'
                f'"qty":{quantity},"ord_type":"{draw.choice(("limit", "market"))}",'
                f'"trade_id":{ids[pair]},"timestamp":"{text}.{micros % 1000000:06d}Z"}}\n')
            maker = draw.random() < 0.5
            price += "000000" if pair == "ETH/USD" else "0000000"
            trades = f"{5723703861 + 2 * i},{5723703862 + 2 * i}"
            binance.write(
                f'{{"s":"BTCUSDT","a":{3800397495 + i},"p":"{price}","q":"{quantity}",'
                f'"f":{5723703861 + 2 * i},"l":{5723703862 + 2 * i},"T":{micros},'
                f'"m":{str(maker).lower()},"M":true}}\n')
            archive.write(
                f"{3800397495 + i},{price},{quantity},{trades},{micros},{maker},True\n")


def run(command, source, stdout):
    with open(source, "rb") as stdin:
        start = time.monotonic()
        subprocess.run(command, stdin=stdin, stdout=stdout, check=True)
        return time.monotonic() - start


def seconds(command, source):
    """From a file to nowhere."""
    with open("/dev/null", "wb") as nowhere:
        return run(command, path(source), nowhere)


def seconds_piped(command, source):
    """Of `cat | command | cat`."""
    start = time.monotonic()
    with open(path(source), "rb") as stdin, open("/dev/null", "wb") as nowhere:
        first = subprocess.Popen(["cat"], stdin=stdin, stdout=subprocess.PIPE)
        second = subprocess.Popen(command, stdin=first.stdout, stdout=subprocess.PIPE)
        last = subprocess.Popen(["cat"], stdin=second.stdout, stdout=nowhere)
        first.stdout.close()
        second.stdout.close()
        for process in (first, second, last):
            if process.wait():
                sys.exit(f"normalize.sh: {command[0]} in a pipe failed")
    return time.monotonic() - start


def peak_mb(command, source):
    """Memory at the peak. The kernel's figure after the end would be that of the fork."""
    with open(path(source), "rb") as content:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        shutil.copyfileobj(content, process.stdin, 1 << 20)
        process.stdin.flush()
        with open(f"/proc/{process.pid}/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        process.stdin.close()
        process.wait()
    return peak / 1024


def require_same(source, theirs):
    """Both mappings must mean the same; jq reads the numbers of both, as it rounds them."""
    head = subprocess.run(["head", "-n", str(SAMPLE), path(source)], stdout=subprocess.PIPE,
                          check=True).stdout
    results = []
    for command in (OURS, theirs):
        mapped = subprocess.run(command, input=head, stdout=subprocess.PIPE, check=True).stdout
        results.append(subprocess.run(["jq", "-c", "."], input=mapped, stdout=subprocess.PIPE,
                                      check=True).stdout)
    if results[0] != results[1]:
        sys.exit(f"normalize.sh: {theirs[0]} and trade-normalize do not agree on {source}")


def compare(source, ours, theirs, measure=seconds):
    """Side by side; the median of ours, that of the ratios theirs / ours, and their spread."""
    pairs = [(measure(ours, source), measure(theirs, source)) for _ in range(RUNS)]
    ratios = [other / mine for mine, other in pairs]
    return (statistics.median(mine for mine, _ in pairs), statistics.median(ratios),
            min(ratios), max(ratios))


def report(what, source, ours, theirs, peer, measure=seconds):
    own, ratio, low, high = compare(source, ours, theirs, measure)
    print(f"bench: {what} {ratio:.2f} x {peer} (median of {RUNS}, {low:.2f}-{high:.2f}; "
          f"{RECORDS / own / 1e6:.2f} M records/s, {os.path.getsize(path(source)) / own / 1e6:.0f} "
          f"MB/s)", flush=True)


def report_slower(what, source, ours, base, peer, measure=seconds):
    own, ratio, low, high = compare(source, ours, base, measure)
    print(f"bench: {what} {1 / ratio:.2f} x the time of {peer} (median of {RUNS}, "
          f"{1 / high:.2f}-{1 / low:.2f}; {own:.3f} s)", flush=True)


os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
generate()
jq = {source: ["jq", "-c", mapping] for source, mapping in BY_JQ.items()}
awk = ["awk", "-F,", BY_AWK]
for source, theirs in jq.items():
    require_same(source, theirs)
    report(f"trade-normalize, native {source}:", source, OURS, theirs, "jq -c")
require_same("archive", awk)
report("trade-normalize, archive lines:", "archive", OURS, awk, "awk")
for source in ("kraken", "binance", "archive"):
    report_slower(f"cat | trade-normalize | cat, {source}:", source, OURS, ["cat"],
                  "cat | cat | cat", seconds_piped)
with open(path("trades"), "wb") as trades:
    run(OURS, path("kraken"), trades)
report(f"trade-normalize --where '{WHERE}':", "trades", OURS + ["--where", WHERE],
       ["jq", "-c", f"select({WHERE})"], "jq -c select")
for source in ("kraken", "trades"):
    report_slower(f"trade-verify, {source}:", source, ["trade-verify", "-q"], OURS,
                  "trade-normalize")
print(f"bench: memory at the peak: trade-normalize {peak_mb(OURS, 'kraken'):.1f} MB, with --where "
      f"{peak_mb(OURS + ['--where', WHERE], 'trades'):.1f} MB, trade-verify "
      f"{peak_mb(['trade-verify', '-q'], 'kraken'):.1f} MB")
EOS
