"""The archives of data.binance.vision: a zip for each day that is over, and its checksum."""

import hashlib
import os
import re
from collections import OrderedDict
from datetime import datetime, timezone

from . import archive, http
from .binance_tape import csv_row, day_of
from .faults import apply

PATH = re.compile(r"/data/(?:spot|futures/(um|cm))/daily/aggTrades/([^/]+)/"
                  r"([^/]+)-aggTrades-(\d{4}-\d\d-\d\d)\.zip(\.CHECKSUM)?")
KEPT_BYTES = 64 << 20
MODIFIED = "Thu, 02 Jan 2025 03:04:06 GMT"


class Day:
    """What an archive is made of. Faults change it."""

    def __init__(self, symbol, market, day):
        self.tape, self.day, self.is_spot = symbol.tape(market), day, market == "spot"
        self.first, self.last = self.tape.ids_of(day)
        self.count = self.last - self.first + 1
        self.hidden, self.edition, self.previous, self.ids = [], 0, [], None
        self.rows, self.lines, self.form, self.torn = [], [], None, 0

    def lag(self, seconds, trades):
        """An archive is of a day that is over."""

    def select(self):
        ids = range(self.first, self.first + self.count)
        if not self.hidden:
            return ids
        return [n for n in ids if not any(first <= n <= last for first, last in self.hidden)]

    def fill(self):
        shown = set(self.select())
        self.rows = [row for row in self.tape.rows(self.first, self.last, self.edition)
                     if row.a in shown]

    def render(self):
        unit = self.tape.archive_unit(self.day)
        self.lines = [csv_row(row, unit, self.tape.market) for row in self.rows]
        if archive.has_header(self.tape.market, self.day):
            self.lines.insert(0, archive.HEADER.rstrip())

    def zip(self, stem):
        text = "".join(line + "\n" for line in self.lines)
        text = text[:len(text) - self.torn]
        return archive.zipped(stem + ".csv", [text], form=self.form)


class File:
    """A zip as it is sent."""

    def __init__(self, data):
        self.data = data


class Archives:
    def __init__(self, symbols, folder):
        self._symbols, self._folder = symbols, folder
        self._kept, self._size = OrderedDict(), 0
        self.served = {"zip": 0, "checksum": 0, "missing": 0}

    @staticmethod
    def name_of(path):
        found = PATH.fullmatch(path)
        return found and found[2]

    def answer(self, request):
        found = PATH.fullmatch(request.path)
        file = found and found[2] == found[3] and self._file(request, found)
        if not file:
            self.served["missing"] += 1
            return http.answer_s3_missing(request.path)
        name = f"{archive.stem(found[2], day_of(found[4]))}.zip"
        self.served["checksum" if found[5] else "zip"] += 1
        body = archive.checksum(file.data, name).encode() if found[5] else file.data
        kind = "binary/octet-stream" if found[5] else "application/zip"
        answer = http.Answer(200, body, kind)
        answer.add("Last-Modified", MODIFIED)
        answer.add("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
        return answer

    def _file(self, request, found):
        """The zip that the request is about, None where there is none."""
        try:
            day = day_of(found[4])
        except ValueError:
            return None
        symbol, market = self._symbols.get(found[2]), found[1] or "spot"
        made = [each for each in request.faults if each.kind.stage in ("select", "rows", "csv")]
        data = None
        if not made:
            data = self._from_disk(request.path.removesuffix(".CHECKSUM"))
        if data is None:
            if not symbol or not symbol.has_day(market, day) or is_open(day):
                return None
            data = self._make(request, symbol, market, day) if made \
                else self._plain(symbol, market, day)
        file = File(data)
        apply(request, "file", file)
        return file

    def _from_disk(self, path):
        if not self._folder or ".." in path:
            return None
        try:
            with open(os.path.join(self._folder, path.lstrip("/")), "rb") as file:
                return file.read()
        except OSError:
            return None

    def _plain(self, symbol, market, day):
        key = (symbol.name, market, day)
        if key not in self._kept:
            stem = archive.stem(symbol.name, day)
            data = archive.zipped(stem + ".csv", archive.pieces(symbol.tape(market), day))
            self._kept[key] = data
            self._size += len(data)
            while self._size > KEPT_BYTES and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])
        return self._kept[key]

    @staticmethod
    def _make(request, symbol, market, day):
        made = Day(symbol, market, day)
        apply(request, "select", made)
        made.fill()
        apply(request, "rows", made)
        made.render()
        apply(request, "csv", made)
        return made.zip(archive.stem(symbol.name, day))


def is_open(day):
    """Whether the day is not over yet."""
    return day >= datetime.now(timezone.utc).date()
