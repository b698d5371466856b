#!/usr/bin/python3
"""Prices and quantities through trade-normalize (on the PATH), each compared with what decimal.py
makes of it.

usage: amounts.py COUNT [SEED]

Good ones go in pairs, those that must be refused alone, so that none hides another. The batches
take turns with the shapes of records that amounts come in."""

import json
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from generate import number  # noqa: E402
from trade import Bad, canonical  # noqa: E402

BATCH = 250_000
SHOWN = 10
NATIVE = ('{"symbol":"BTC/USD","side":"buy","price":%s,"qty":%s,"ord_type":"limit","trade_id":1,'
          '"timestamp":"2026-09-30T01:34:50.331350Z"}')
SHAPES = (
    NATIVE,
    NATIVE.replace('"qty":', '"qty": '),  # not the layout that is read fastest
    '{"channel":"trade","type":"update","data":[%s]}' % NATIVE,
    '{"s":"BTCUSDT","a":26129,"p":"%s","q":"%s","f":27781,"l":27781,"T":1498793709153,"m":true,'
    '"M":true}',
    '{"product_id":"BTC/USD","price":"%s","quantity":%s,"timestamp_ms":1790732090331,'
    '"exchange":"kraken"}',
    '{"error":[],"result":{"XXBTZUSD":[["%s","%s",1688669597.8277369,"b","m",""]]}}',
)


def pairs(rng, count):
    """(price, quantity, the record wanted or None)"""
    waiting = None
    for _ in range(count):
        token = number(rng)
        try:
            text = canonical(token)
        except Bad:
            yield (token, "1", None) if rng.getrandbits(1) else ("1", token, None)
            continue
        if waiting is None:
            waiting = token, text
            continue
        yield waiting[0], token, '{"price":"%s","quantity":"%s"}' % (waiting[1], text)
        waiting = None


def normalized(folder, lines):
    """The records written, and the numbers of the lines refused."""
    given, bad = os.path.join(folder, "in"), os.path.join(folder, "bad")
    with open(given, "wb") as file:
        file.write(lines.encode())
    open(bad, "wb").close()
    run = subprocess.run(["trade-normalize", "-q", "--numbers", "string", "--fields",
                          "price,quantity", "--on-bad", bad, given], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    if run.returncode not in (0, 3):
        sys.exit("trade-normalize: exit %d: %s" % (run.returncode, run.stderr.decode()[:1000]))
    with open(bad, "rb") as file:
        refused = {json.loads(line)["line"] for line in file}
    return run.stdout.decode().splitlines(), refused


def differences(batch, written, refused):
    records = iter(written)
    for n, (price, quantity, wanted) in enumerate(batch, 1):
        got = None if n in refused else next(records, "nothing")
        if got != wanted:
            yield "price %s, quantity %s: %s, not %s" % (
                price, quantity, got or "refused", wanted or "refused")
    for record in records:
        yield "beyond the end: %s" % record


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rng = random.Random(seed)
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        for turn, start in enumerate(range(0, count, BATCH)):
            batch = list(pairs(rng, min(BATCH, count - start)))
            shape = SHAPES[turn % len(SHAPES)]
            lines = "".join([shape % pair[:2] + "\n" for pair in batch])
            for difference in differences(batch, *normalized(folder, lines)):
                found += 1
                if found <= SHOWN:
                    print(difference)
    print("numbers: %d, differences: %d" % (count, found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
