"""The tape: trade n of a product is a pure function of (product, n), so that any test can say
exactly which bytes must arrive. Integer arithmetic and text only.

REST and the WebSocket show one trade with other digits, as Kraken does: REST prints prices with at
least five decimals, quantities with at least eight, and the engine's own time, up to 1.1 us above
the WebSocket's, with up to seven decimals."""

import time
from datetime import datetime, timezone
from decimal import Context, Decimal
from functools import lru_cache
from typing import NamedTuple

EPOCH_US = 1_704_067_200_000_000  # 2024-01-01: every trade lies in the past
MASK = (1 << 64) - 1
BLOCK = 16  # trades that share one base time
BLOCK_US = 4_000_000  # four trades a second
PERIOD = 32  # each of SPECIAL comes once in so many trades

# Several trades of one match share a stamp, others are one microsecond apart. The last offset
# plus the largest jitter stays below BLOCK_US, so stamps never decrease.
OFFSETS_US = (0, 0, 0, 1, 1, 2, 40, 40, 250_000, 250_000, 250_000, 600_001, 1_200_000, 1_200_000,
              1_200_001, 1_999_999)
JITTER_US = 1_000_000
WHOLE_SECOND_EVERY = 8  # blocks; such a block begins at .000000
ONE_STAMP_EVERY = 8  # blocks; all trades of such a block share one stamp
ONE_STAMP_BLOCK = 5

SIDES = {"b": "buy", "s": "sell"}
ORD_TYPES = {"l": "limit", "m": "market"}
KNOWN = {"BTC/USD": (833_206, 1), "ETH/USD": (266_800, 2)}  # lowest price in units, scale


class Clock:
    """When trades happen: that of block 0, and from block to block. One for all products, so that
    a whole test can lie in another time than the usual one."""
    epoch_us, block_us = EPOCH_US, BLOCK_US

    @classmethod
    def set(cls, epoch, spacing):
        """An epoch in seconds since 1970, or RFC 3339 or a date; seconds between trades. None is
        what is usual."""
        if spacing is not None:
            cls.block_us = int(Decimal(spacing) * BLOCK * 1_000_000)
            if cls.block_us < BLOCK_US:
                raise ValueError(f"trades cannot be less than {BLOCK_US / BLOCK / 1e6} s apart")
        if epoch is not None:
            cls.epoch_us = epoch_seconds(epoch) * 1_000_000


def epoch_seconds(text):
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp())


class Trade(NamedTuple):
    product: str
    trade_id: int
    price: str
    qty: str
    side: str
    ord_type: str
    time_us: int
    timestamp: str


def mix(x):
    """The finaliser of splitmix64: cheap, and every bit of x moves every bit of the result."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


# Digit texts that break programs which pass through a double, drop zeros or miscount digits:
# place in PERIOD -> function of (mixed bits) giving (price or None, quantity or None).
SPECIAL = {
    2: lambda b: (None, "0.%04d0000" % (1 + b % 9999)),
    5: lambda b: (None, "0.00000001"),
    8: lambda b: ("%d.00" % (2000 + b % 1000), None),
    11: lambda b: ("%d.%09d" % (9_007_199_254 + b % 1000, 740_993_151 - b % 1000), None),
    14: lambda b: (None, "1234567890.%09d" % (123_456_789 + b % 1000)),
    17: lambda b: ("%d" % (1_000_000_000_000_000_000 + b % 1000 * 10), "%d000" % (1 + b % 900)),
    20: lambda b: ("100000.0", None),
    23: lambda b: ("83%03d.%d0" % (b % 1000, 1 + b % 9), "%d.00000000" % (1 + b % 50)),
    26: lambda b: ("0.%08d" % (1 + b % 99), "%d.10000000" % (b % 3)),
}


class Tape:
    """All trades of one product."""

    def __init__(self, product):
        self.product = product
        self._seed = mix(int.from_bytes(product.encode(), "big") & MASK ^ len(product))
        scale = 1 + self._seed % 5
        self._lowest, scale = KNOWN.get(product, ((1 + self._seed % 5000) * 10 ** scale, scale))
        self._unit = 10 ** scale
        self._price_format = f"%d.%0{scale}d"
        self._block = None
        self._stamps = ()

    def times_us(self, block):
        """The stamps of trades block * BLOCK and on, in microseconds since 1970."""
        base = Clock.epoch_us + block * Clock.block_us
        if block % WHOLE_SECOND_EVERY:
            base += mix(self._seed + block) % JITTER_US
        if block % ONE_STAMP_EVERY == ONE_STAMP_BLOCK:
            return [base] * BLOCK
        return [base + offset for offset in OFFSETS_US]

    def time_us(self, n):
        return self.times_us(n // BLOCK)[n % BLOCK]

    def _stamp(self, n):
        block, place = divmod(n, BLOCK)
        if block != self._block:
            self._stamps = [(us, rfc3339(us)) for us in self.times_us(block)]
            self._block = block
        return self._stamps[place]

    def trade(self, n):
        if n < 1:
            raise ValueError(f"no trade {n}: ids begin at 1")
        bits = mix((self._seed + n * 0x9E3779B97F4A7C15) & MASK)
        special = SPECIAL.get(n % PERIOD)
        price, qty = special(bits) if special else (None, None)
        if price is None:
            price = self._price_format % divmod(self._lowest + (bits & 4095), self._unit)
        if qty is None:
            qty = "%d.%08d" % divmod(1 + (bits >> 20) % (1 << (8 + (bits >> 12) % 24)), 10 ** 8)
        time_us, timestamp = self._stamp(n)
        return Trade(self.product, n, price, qty, "sell" if bits >> 63 else "buy",
                     "limit" if bits >> 61 & 3 else "market", time_us, timestamp)

    def native(self, n):
        """The exchange's own record, as WebSocket v2 prints it."""
        product, n, price, qty, side, ord_type, _, timestamp = self.trade(n)
        return (f'{{"symbol":"{product}","side":"{side}","price":{price},"qty":{qty},'
                f'"ord_type":"{ord_type}","trade_id":{n},"timestamp":"{timestamp}"}}')

    def record(self, n):
        """The Trade record that must come of it."""
        product, n, price, qty, side, _, time_us, timestamp = self.trade(n)
        return (f'{{"product_id":"{product}","price":{canonical(price)},'
                f'"quantity":{canonical(qty)},"timestamp":"{timestamp}",'
                f'"timestamp_ms":{time_us // 1000},"trade_id":{n},"side":"{side}",'
                f'"exchange":"kraken"}}')

    def rest(self, n, time_ns=None):
        """The columns of a row of REST, as texts; faults may give it another time."""
        trade = self.trade(n)
        return [n, decimals(trade.price, 5), decimals(trade.qty, 8),
                seconds_text(time_ns or engine_ns(trade.time_us)), trade.side[0],
                trade.ord_type[0], "", str(n)]

    def rest_native(self, n, time_ns=None, with_id=True):
        """The native record that must come of a row of REST."""
        _, price, qty, seconds, side, ord_type, _, _ = self.rest(n, time_ns)
        trade_id = f'"trade_id":{n},' if with_id else ""
        return (f'{{"symbol":"{self.product}","side":"{SIDES[side]}","price":{price},"qty":{qty},'
                f'"ord_type":"{ORD_TYPES[ord_type]}",{trade_id}'
                f'"timestamp":"{rfc3339_of_seconds(seconds)}"}}')

    def rest_record(self, n, time_ns=None, with_id=True):
        """The Trade record that must come of a row of REST."""
        _, price, qty, seconds, side, _, _, _ = self.rest(n, time_ns)
        whole, _, fraction = seconds.partition(".")
        time_us = int(whole) * 1_000_000 + int(fraction.ljust(6, "0")[:6])
        trade_id = f'"trade_id":{n},' if with_id else ""
        return (f'{{"product_id":"{self.product}","price":{canonical(price)},'
                f'"quantity":{canonical(qty)},"timestamp":"{rfc3339(time_us)}",'
                f'"timestamp_ms":{time_us // 1000},{trade_id}"side":"{SIDES[side]}",'
                f'"exchange":"kraken"}}')

    def first_at(self, time_us, low, high):
        """The lowest n in low..high whose stamp is not before time_us, high + 1 if none is."""
        high += 1
        while low < high:
            middle = (low + high) // 2
            if self.time_us(middle) < time_us:
                low = middle + 1
            else:
                high = middle
        return low


@lru_cache(maxsize=None)
def tape(product):
    return Tape(product)


def trade(product, n):
    return tape(product).trade(n)


# More digits than any text here has: normalising must never round.
_EXACT = Context(prec=200)


def canonical(text):
    return format(Decimal(text).normalize(_EXACT), "f")


@lru_cache(maxsize=4)
def _second(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def rfc3339(time_us):
    seconds, us = divmod(time_us, 1_000_000)
    return "%s.%06dZ" % (_second(seconds), us)


def decimals(text, least):
    """A number with at least so many digits behind the point."""
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(least, '0')}"


def engine_ns(time_us):
    """The engine's own time, of which the WebSocket shows whole microseconds: 0.7 to 1.1 us
    later, the same for trades that share a stamp, and never in another order."""
    if time_us % 10 == 9:
        return (time_us + 1) * 1000  # which REST prints with fewer digits
    return time_us * 1000 + 700 + mix(time_us) % 400


def seconds_text(time_ns):
    """Printed like a double of its size: not finer than 0.1 us, above rather than below."""
    seconds, tenths = divmod(-(-time_ns // 100), 10 ** 7)
    text = f"{seconds}.{tenths:07d}".rstrip("0")
    return text + "0" if text[-1] == "." else text


def rfc3339_of_seconds(text):
    """RFC 3339 with the digits of the number, but at least six."""
    whole, _, fraction = text.partition(".")
    return f"{_second(int(whole))}.{fraction.ljust(6, '0')}Z"
