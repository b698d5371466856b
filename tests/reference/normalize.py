#!/usr/bin/python3
"""trade-normalize again, slow and by other means, to compare it with: Python's JSON reader, its
decimals, its integers.

usage: normalize.py [--product NAME] [--exchange NAME] [--schema full|strict] [--numbers KIND]
                    [--bad FILE] [FILE ...]

Writes Trade records to standard output, "LINE INDEX" for each refused trade to --bad (INDEX is 0
where the line holds nothing else), and the account to standard error. Exit 3 if any was refused.
The texts of reasons are not reproduced."""

import argparse
import sys

sys.dont_write_bytecode = True

from sources import Bad, PASSED, VOID, Reader  # noqa: E402
from trade import render  # noqa: E402

LINE_CEILING = 8 * 1024 * 1024


def lines_of(file):
    for number, line in enumerate(file, 1):
        if line.endswith(b"\n"):
            line = line[:-1]
            if line.endswith(b"\r"):
                line = line[:-1]
        yield number, line


class Normalizer:
    def __init__(self, options, out, bad):
        self.options = options
        self.reader = Reader(options.product, options.exchange)
        self.out = out
        self.bad = bad
        self.n = dict.fromkeys(("read", "written", "void", "passed", "bad"), 0)
        self.empty = 0

    def refuse(self, number, index):
        self.n["bad"] += 1
        if self.bad:
            self.bad.write("%d %d\n" % (number, index))

    def fate(self, number, index, item):
        self.n["read"] += 1
        if item is PASSED:
            self.n["passed"] += 1
        elif item is VOID:
            self.n["void"] += 1
        elif item is None:
            self.refuse(number, index)
        else:
            try:
                record = render(item, self.options.schema, self.options.numbers)
            except Bad:
                self.refuse(number, index)
                return
            self.out.write(record.encode() + b"\n")
            self.n["written"] += 1

    def line(self, number, line):
        if not line:
            self.empty += 1
            return
        try:
            if len(line) > LINE_CEILING:
                raise Bad("too long")
            items = list(self.reader.read(line))
        except Bad:
            items = [(0, None)]
        for index, item in items:
            self.fate(number, index, item)

    def account(self):
        text = " ".join("%s=%d" % pair for pair in self.n.items())
        return text + (" empty=%d" % self.empty if self.empty else "")


def arguments():
    parser = argparse.ArgumentParser(prog="normalize.py", allow_abbrev=False)
    parser.add_argument("--product", default="")
    parser.add_argument("--exchange", default="")
    parser.add_argument("--schema", default="full", choices=("full", "strict", "aggtrade"))
    parser.add_argument("--numbers", default="canonical",
                        choices=("canonical", "string", "literal"))
    parser.add_argument("--bad")
    parser.add_argument("files", nargs="*")
    return parser.parse_args()


def main():
    options = arguments()
    bad = open(options.bad, "w", encoding="ascii") if options.bad else None
    normalizer = Normalizer(options, sys.stdout.buffer, bad)
    for name in options.files or ["-"]:
        with open(0 if name == "-" else name, "rb") as file:
            for number, line in lines_of(file):
                normalizer.line(number, line)
    sys.stdout.flush()
    if bad:
        bad.close()
    print("account: " + normalizer.account(), file=sys.stderr)
    return 3 if normalizer.n["bad"] else 0


if __name__ == "__main__":
    sys.exit(main())
