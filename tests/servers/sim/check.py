"""Compares records with the tape: which are missing, doubled, out of order or altered."""

import json
import re
from datetime import datetime

from .tape import canonical, tape

EXAMPLES = 5
PAGE_BITS = 16
# The members that tell what a record claims to be, wherever in it they stand.
KIND = re.compile(rb'"(symbol|product_id)":"([^"\\]*)"')
TRADE_ID = re.compile(rb'"trade_id":([1-9][0-9]{0,19})\b')
RECEIVED = re.compile(rb',"received_at":[1-9][0-9]{18}(?=\}\n$)')
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6,9})Z")
LOST = re.compile(r"'([^']+)': lost trades ([0-9]+) to ([0-9]+)")
REST_LATER_NS = 1200  # than the WebSocket says, at most


class Number(str):
    """A number as it is written."""


def fields(text):
    value = json.loads(text, parse_float=Number, parse_int=Number)
    return value if isinstance(value, dict) else {}


def is_alike(got, want):
    """Whether a record says of a trade what the WebSocket would have said or REST, in whatever
    digits; want is the former's."""
    try:
        got, want = fields(got), fields(want)
        return list(got) == list(want) and all(
            type(got[name]) is type(value) and ALIKE.get(name, str.__eq__)(got[name], value)
            for name, value in want.items())
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        return False


def is_same_number(got, want):
    return "e" not in got.lower() and canonical(got) == canonical(want)


def is_same_moment(got, want):
    (second, fraction), (other, earlier) = (MOMENT.fullmatch(each).groups()
                                            for each in (got, want))
    whole = (datetime.fromisoformat(second) - datetime.fromisoformat(other)).total_seconds()
    later = int(whole) * 10 ** 9 + int(fraction.ljust(9, "0")) - int(earlier.ljust(9, "0"))
    return 0 <= later <= REST_LATER_NS


ALIKE = {"price": is_same_number, "qty": is_same_number, "quantity": is_same_number,
         "timestamp": is_same_moment,
         "timestamp_ms": lambda got, want: int(got) - int(want) in (0, 1)}


def minus(ranges, others):
    """How many ids of these ranges are in none of the others."""
    ids = 0
    for first, last in ranges:
        for low, high in sorted(others):
            ids += max(0, min(last, low - 1) - first + 1)
            first = max(first, high + 1)
        ids += max(0, last - first + 1)
    return ids


class Seen:
    """A set of ids, a byte each where they lie close together."""

    def __init__(self):
        self._pages = {}
        self.count = 0

    def add(self, n):
        """Whether n is new."""
        page = self._pages.get(n >> PAGE_BITS)
        if page is None:
            page = self._pages[n >> PAGE_BITS] = bytearray(1 << PAGE_BITS)
        place = n & ((1 << PAGE_BITS) - 1)
        if page[place]:
            return False
        page[place] = 1
        self.count += 1
        return True

    def __contains__(self, n):
        page = self._pages.get(n >> PAGE_BITS)
        return bool(page and page[n & ((1 << PAGE_BITS) - 1)])


class Stream:
    """The records of one product, as they come."""

    def __init__(self, product, demanded=None, holes=()):
        self.product, self.demanded, self.holes = product, demanded, holes
        self.tape = tape(product)
        self.records = self.doubled = self.disordered = self.altered = 0
        self.seen = Seen()
        self.named = None  # ranges that the client has said are lost
        self.lowest = self.highest = None
        self.last = 0  # highest id so far, for order

    def is_foreign(self, n):
        if any(first <= n <= last for first, last in self.holes):
            return True
        return bool(self.demanded and not self.demanded[0] <= n <= self.demanded[1])

    def take(self, n):
        self.records += 1
        if not self.seen.add(n):
            self.doubled += 1
        elif n < self.last:
            self.disordered += 1
        self.last = max(self.last, n)
        self.lowest = n if self.lowest is None else min(self.lowest, n)
        self.highest = self.last

    def span(self):
        if self.demanded:
            return self.demanded
        return (self.lowest, self.highest) if self.seen.count else (1, 0)

    def missing(self):
        first, last = self.span()
        absent = sum(high - low + 1 for low, high in self._holes_within(first, last))
        return max(0, last - first + 1) - absent - self.seen.count

    def _holes_within(self, first, last):
        cut = ((max(low, first), min(high, last)) for low, high in self.holes)
        return [(low, high) for low, high in cut if low <= high]

    def missing_ids(self, count):
        first, last = self.span()
        ids, n = [], first
        while n <= last and len(ids) < count:
            if n not in self.seen and not self.is_foreign(n):
                ids.append(n)
            n += 1
        return ids

    def unreported(self):
        return minus(self._holes_within(*self.span()), self.named or [])

    def misreported(self):
        return minus(self.named or [], self._holes_within(*self.span()))

    def verdict(self):
        lost = "" if self.named is None else \
            f" unreported={self.unreported()} misreported={self.misreported()}"
        return (f"{self.product}: records={self.records} first={self.lowest or 0} "
                f"last={self.highest or 0} missing={self.missing()} doubled={self.doubled} "
                f"disordered={self.disordered} altered={self.altered}{lost}")

    def is_well(self):
        faults = self.missing() + self.doubled + self.disordered + self.altered
        if self.named is not None:
            faults += self.unreported() + self.misreported()
        return self.records > 0 and not faults


class Checker:
    """Told what is demanded (product -> (first, last) or None), takes lines. With any_way records
    may also be as REST shows the trade, or in other digits; stamped ones say when they came."""

    def __init__(self, demanded, holes, key_tab=False, any_way=False, stamped=False):
        self._any_way, self._stamped = any_way, stamped
        self.streams = {product: Stream(product, span, holes.get(product, ()))
                        for product, span in demanded.items()}
        self._holes, self._key_tab, self._closed = holes, key_tab, bool(demanded)
        self.foreign = 0
        self.complaints = []
        self._shown = {}

    def hear(self, messages):
        """Reads which trades a client says are lost."""
        for stream in self.streams.values():
            stream.named = []
        for product, first, last in (lost.groups() for line in messages
                                     for lost in LOST.finditer(line)):
            if product in self.streams:
                self.streams[product].named.append((int(first), int(last)))

    def read(self, lines):
        """Reads lines of bytes, each with its newline."""
        for number, line in enumerate(lines, 1):
            key, value = line.partition(b"\t")[::2] if self._key_tab else (None, line)
            kind, n = KIND.search(value), TRADE_ID.search(value)
            stream = self._stream(kind) if kind and n else None
            n = int(n[1]) if stream else 0
            if not stream or stream.is_foreign(n):
                self.foreign += 1
                self._complain("foreign", number, line)
                continue
            stream.take(n)
            render = stream.tape.native if kind[1] == b"symbol" else stream.tape.record
            expected = (render(n) + "\n").encode()
            if not self._is_right(value, expected) or key not in (None, kind[2]):
                stream.altered += 1
                self._complain("altered", number, line, expected)

    def _is_right(self, value, expected):
        if self._stamped:
            value, count = RECEIVED.subn(b"", value)
            if not count:
                return False
        return value == expected or (
            self._any_way and value.endswith(b"}\n") and is_alike(value, expected))

    def _stream(self, kind):
        product = kind[2].decode("utf-8", "replace")
        if product not in self.streams and not self._closed:
            self.streams[product] = Stream(product, None, self._holes.get(product, ()))
        return self.streams.get(product)

    def _complain(self, what, number, line, expected=None):
        self._shown[what] = self._shown.get(what, 0) + 1
        if self._shown[what] <= EXAMPLES:
            self.complaints.append(f"line {number}: {what}: {line!r}")
            if expected:
                self.complaints.append(f"line {number}: the tape says {expected!r}")

    def report(self):
        """The verdict's lines, one for each product; for people, what is wrong in detail."""
        details = list(self.complaints)
        for stream in self.streams.values():
            if missing := stream.missing_ids(EXAMPLES) if stream.missing() else ():
                details.append(f"{stream.product}: missing from {' '.join(map(str, missing))} on")
        verdicts = [stream.verdict() for stream in self.streams.values()]
        if self.foreign:
            verdicts.append(f"foreign={self.foreign}")
        return verdicts, details

    def is_well(self):
        streams = self.streams.values()
        return bool(streams) and not self.foreign and all(each.is_well() for each in streams)
