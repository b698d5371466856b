"""Binance's side of the tape: aggregate trade n of a symbol is a pure function of n, of the day of
trade 0, and of the number of trades a day. Integer arithmetic and text only, and fast in bulk: an
archive has millions of rows."""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import cycle, islice
from typing import NamedTuple

from .tape import MASK, canonical, mix, rfc3339

DAY_US = 86_400_000_000
MS_END_US = 1_735_689_600_000_000  # 2025-01-01: from then on archives of spot are in microseconds
HEADER_FROM = date(2023, 1, 1)  # archives of futures have a header from then on
START, DAYS, PER_DAY = "2024-12-30", 3, 5000  # the days lie on both sides of that change
PER_DAY_MIN, PER_DAY_MAX = 64, 20_000_000
MARKETS = ("spot", "um", "cm")

# Trades of one block lie close together, three of them in one microsecond and eight in one
# millisecond; the last offset plus a millisecond stays below the shortest block.
BLOCK = 16
OFFSETS_US = (0, 0, 0, 1, 1, 2, 40, 40, 2_500, 2_500, 2_500, 6_001, 12_000, 12_000, 12_001, 19_999)
# Plain trades in an aggregate: mostly one.
FILLS = ([1] * 11 + [2] + [1] * 7 + [3] + [1] * 9 + [2, 1, 5] + [1] * 13 + [17] + [1] * 5 + [2]
         + [1] * 9)
FUTURES_GAP = 3
PRICES, QUANTITIES, SIDES = 4099, 3067, 67  # table sizes without a common divisor
# Lowest price in units of the last digit that moves, digits behind the point that move.
KNOWN = {"BTCUSDT": (8_764_821, 2), "ETHUSDT": (266_800, 2), "BTCUSD_PERP": (876_482, 1)}
SPECIAL_PRICES = {5: "0.01633102", 700: "100000.00000000", 1900: "0.00000001",
                  3001: "9007199254.74099315"}
SPECIAL_QUANTITIES = {7: "0.00000001", 450: "1000.00000000", 1500: "1234567890.12345678",
                      2600: "0.10000000"}


class Row(NamedTuple):
    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741  (the exchange's own name)
    T: int  # microseconds
    m: bool


class BinanceTape:
    """All aggregate trades of one symbol in one market."""

    def __init__(self, symbol, market="spot", start=START, per_day=PER_DAY):
        if not PER_DAY_MIN <= per_day <= PER_DAY_MAX:
            raise ValueError(f"trades a day: {per_day} is not from {PER_DAY_MIN} to {PER_DAY_MAX}")
        self.symbol, self.market, self.per_day = symbol, market, per_day
        self.start = day_of(start)
        self._start_us = day_us(self.start)
        name = f"{symbol}/{market}".encode()
        self._seed = mix(int.from_bytes(name, "big") & MASK ^ len(name))
        self._prices, self._quantities = self._price_table(), self._quantity_table()
        bits = [mix(self._seed + 11 * i) for i in range(SIDES * 2)]
        self._sides = [bool(each & 64) for each in bits[:SIDES]]
        self._before = [sum(FILLS[:i]) for i in range(len(FILLS))]

    def _price_table(self):
        decimals = 1 + self._seed % 4
        lowest, decimals = KNOWN.get(self.symbol, (10_000 + self._seed % 90_000, decimals))
        width, table, price = {"spot": 8, "um": 2, "cm": 1}[self.market], [], lowest + 4096
        for i in range(PRICES):
            bits = mix(self._seed + i)
            price = min(max(price + (bits % 5 - 2 if bits & 256 else 0), lowest), lowest + 8192)
            whole, part = divmod(price, 10 ** decimals)
            table.append(f"{whole}.{f'{part:0{decimals}d}'.ljust(width, '0')}")
        if self.market == "spot":
            for i, text in SPECIAL_PRICES.items():
                table[i] = text
        return table

    def _quantity_table(self):
        table = []
        for i in range(QUANTITIES):
            bits = mix(self._seed + 7 * i + 3)
            units = 1 + (bits >> 20) % (1 << (4 + (bits >> 12) % 14))
            if self.market == "cm":
                table.append(str(units))
            elif self.market == "um":
                table.append("%d.%03d" % divmod(units, 1000))
            else:
                table.append("%d.%05d000" % divmod(units, 100_000))
        if self.market == "spot":
            for i, text in SPECIAL_QUANTITIES.items():
                table[i] = text
        return table

    # Times.

    def times_us(self, first, last):
        """The times of trades first to last. A day begins with trades at midnight sharp, and ends
        with two in its last microsecond."""
        times, n = [], first
        while n <= last:
            day, place = divmod(n, self.per_day)
            until = min(last - n + place, self.per_day - 1)
            times += self._day_times(day, place, until)
            n += until - place + 1
        return times

    def _day_times(self, day, first, last):
        midnight, per_day = self._start_us + day * DAY_US, self.per_day
        block_us = DAY_US // -(-per_day // BLOCK)
        room, seed = block_us - OFFSETS_US[-1] - 1, self._seed + day * 1_000_003
        times = []
        for block in range(first // BLOCK, last // BLOCK + 1):
            base = midnight + block * block_us
            if block:
                base += mix(seed + block) % room
            times += [base + offset for offset in OFFSETS_US]
        times = times[first % BLOCK:first % BLOCK + last - first + 1]
        for place in (per_day - 2, per_day - 1):
            if first <= place <= last:
                times[place - first] = midnight + DAY_US - 1
        return times

    def time_us(self, n):
        return self.times_us(n, n)[0]

    def first_at(self, time_us, high):
        """The lowest n in 0..high-1 whose time is not before time_us, high if none is."""
        low = 0
        while low < high:
            middle = (low + high) // 2
            if self.time_us(middle) < time_us:
                low = middle + 1
            else:
                high = middle
        return low

    def day(self, n):
        return self.start + timedelta(days=n // self.per_day)

    def ids_of(self, day):
        """The first and last id of a day; the first day is that of trade 0."""
        number = (day - self.start).days
        return number * self.per_day, (number + 1) * self.per_day - 1

    # Rows.

    def columns(self, first, last, edition=0):
        """Columns of trades first to last, as iterables: a, p, q, f, l, T in us, m. A later edition
        is what a replaced archive says: other quantities."""
        count, turn, before = last - first + 1, len(FILLS), self._before
        # In futures some plain trades are in no aggregate.
        total = before[-1] + FILLS[-1] + (0 if self.market == "spot" else FUTURES_GAP)
        firsts = [n // turn * total + before[n % turn] for n in range(first, last + 1)]

        def table(values, shift=0):
            begin = (first + shift) % len(values)
            return islice(cycle(values), begin, begin + count)
        fills = table(FILLS)
        lasts = [begin + fill - 1 for begin, fill in zip(firsts, fills)]
        return (range(first, last + 1), table(self._prices), table(self._quantities, edition),
                firsts, lasts, self.times_us(first, last), table(self._sides))

    def rows(self, first, last, edition=0):
        return [Row(*row) for row in zip(*self.columns(first, last, edition))]

    def row(self, n):
        return self.rows(n, n)[0]

    # As text.

    def csv(self, day, first, last, edition=0):
        """The rows of a day's archive, as one text."""
        ids, prices, sizes, firsts, lasts, times, sides = self.columns(first, last, edition)
        if self.archive_unit(day) == "ms":
            times = [time // 1000 for time in times]
        yes, no = csv_flags(self.market)
        makers = (yes if side else no for side in sides)
        return "".join(map("%d,%s,%s,%d,%d,%d,%s\n".__mod__,
                           zip(ids, prices, sizes, firsts, lasts, times, makers)))

    def archive_unit(self, day):
        return "ms" if self.market != "spot" or day_us(day) < MS_END_US else "us"

    def native(self, row, unit):
        """The record that the dump writes."""
        head = f'{{"s":"{self.symbol}",' + ("" if self.market == "spot"
                                             else f'"market":"{self.market}",')
        return head + rest_row(row, unit, self.market)[1:]

    def record(self, row, unit):
        """The Trade record that must come of it."""
        time_us = row.T if unit == "us" else row.T // 1000 * 1000
        exchange = "binance" + ("" if self.market == "spot" else "-" + self.market)
        return (f'{{"product_id":"{self.symbol}","price":{canonical(row.p)},'
                f'"quantity":{canonical(row.q)},"timestamp":"{rfc3339(time_us)}",'
                f'"timestamp_ms":{time_us // 1000},"trade_id":{row.a},'
                f'"side":"{"sell" if row.m else "buy"}","exchange":"{exchange}"}}')


@lru_cache(maxsize=None)
def binance_tape(symbol, market="spot", start=START, per_day=PER_DAY):
    return BinanceTape(symbol, market, start, per_day)


def voided(row):
    """What an audit made of an invalid aggregate."""
    return row._replace(p="0", q="0", f=-1, l=-1)


def rest_row(row, unit, market="spot"):
    time = row.T if unit == "us" else row.T // 1000
    tail = ',"M":true}' if market == "spot" else "}"
    return (f'{{"a":{row.a},"p":"{row.p}","q":"{row.q}","f":{row.f},"l":{row.l},"T":{time},'
            f'"m":{"true" if row.m else "false"}{tail}')


def csv_flags(market):
    """The last columns of a row whose buyer was the maker, and of one whose buyer was not."""
    return ("True,True", "False,True") if market == "spot" else ("true", "false")


def csv_row(row, unit, market):
    time = row.T if unit == "us" else row.T // 1000
    return (f"{row.a},{row.p},{row.q},{row.f},{row.l},{time},"
            f"{csv_flags(market)[0 if row.m else 1]}")


def day_of(text):
    """A date, or -N: so many days before today (UTC)."""
    if isinstance(text, date):
        return text
    if text.startswith("-") or text == "0":
        return datetime.now(timezone.utc).date() + timedelta(days=int(text))
    return date.fromisoformat(text)


def day_us(day):
    return (day - date(1970, 1, 1)).days * DAY_US
