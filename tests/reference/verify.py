#!/usr/bin/python3
"""The manifest of trade-verify again, by other means: sets of ids, sums of decimals, hashlib.

usage: verify.py [FILE ...]       reads Trade records as trade-normalize writes them

Writes the manifest. Exit 0 where the streams are whole, 3 where they are not."""

import hashlib
import json
import sys
from decimal import Context, Decimal

sys.dont_write_bytecode = True

from sources import Reader, scan  # noqa: E402
from trade import canonical, rfc3339  # noqa: E402

EXACT = Context(prec=5000)
SKEW_US = 2


class Stream:
    def __init__(self):
        self.trades = []
        self.seen = {}  # id: the time it came with first
        self.duplicates = self.disordered = self.without_id = 0
        self.highest = self.latest_ns = 0
        self.quantity = self.value = Decimal(0)
        self.sha256, self.sha256_time = hashlib.sha256(), hashlib.sha256()

    def add(self, trade):
        self.trades.append(trade)
        self.judge(trade)
        price, quantity = Decimal(trade.price), Decimal(trade.quantity)
        self.quantity = EXACT.add(self.quantity, quantity)
        self.value = EXACT.add(self.value, EXACT.multiply(price, quantity))
        line = "%s %s %s %s" % ("-" if trade.trade_id is None else trade.trade_id,
                                canonical(trade.price), canonical(trade.quantity),
                                trade.side or "-")
        self.sha256.update(line.encode() + b"\n")
        self.sha256_time.update(("%s %s\n" % (line, rfc3339(trade.time_ns, 6))).encode())

    def judge(self, trade):
        skew = SKEW_US if trade.exchange == "kraken" else 0
        late = trade.time_ns // 1000 < self.latest_ns // 1000 - skew
        self.latest_ns = max(self.latest_ns, trade.time_ns)
        if trade.trade_id is None:
            self.without_id += 1
        elif trade.trade_id in self.seen:
            self.duplicates += 1
            return
        else:
            late = late or trade.trade_id < self.highest
            self.highest = max(self.highest, trade.trade_id)
            self.seen[trade.trade_id] = trade.time_ns
        self.disordered += late

    def missing(self):
        ids = sorted(self.seen)
        for before, after in zip(ids, ids[1:]):
            if after > before + 1:
                yield {"first": before + 1, "last": after - 1,
                       "after": rfc3339(self.seen[before], 9),
                       "before": rfc3339(self.seen[after], 9)}

    def manifest(self):
        first, last = self.trades[0], self.trades[-1]
        ids = sorted(self.seen)
        ends_ns = [self.seen[ids[0]], self.seen[ids[-1]]] if ids \
            else [first.time_ns, last.time_ns]
        members = {
            "exchange": first.exchange, "product_id": first.product, "count": len(self.trades),
            "first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None,
            "first_time": rfc3339(ends_ns[0], 9), "last_time": rfc3339(ends_ns[1], 9),
            "missing": list(self.missing()),
            "duplicates": self.duplicates, "disordered": self.disordered,
            "sum_quantity": plain(self.quantity), "sum_value": plain(self.value),
            "sha256": self.sha256.hexdigest(), "sha256_time": self.sha256_time.hexdigest()}
        if self.without_id:
            members["without_id"] = self.without_id
        return members

    def is_whole(self):
        return not (self.duplicates or self.disordered or list(self.missing()))


def plain(number):
    return canonical_of_any_length(format(number, "f"))


def canonical_of_any_length(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def read(names):
    streams = {}
    reader = Reader("", "")
    for name in names:
        with open(0 if name == "-" else name, "rb") as file:
            for line in file:
                trade = reader.trade_record(scan(line))
                streams.setdefault((trade.exchange, trade.product), Stream()).add(trade)
    return list(streams.values())


def main():
    streams = read(sys.argv[1:] or ["-"])
    whole = all(stream.is_whole() for stream in streams)
    manifest = {"whole": whole, "streams": [stream.manifest() for stream in streams]}
    print(json.dumps(manifest, ensure_ascii=False, separators=(",", ":")))
    return 0 if whole else 3


if __name__ == "__main__":
    sys.exit(main())
