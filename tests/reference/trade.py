"""A trade and its members: numbers, times, ids, names, and how a record is written."""

import json
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, Optional

MAX_DIGITS = 64
MAX_TEXT = 128
MAX_NAME = 256
MAX_NS = 2 ** 63 - 1
MAX_ID = 2 ** 64 - 1
DAY_1970 = date(1970, 1, 1).toordinal()

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
INTEGER = re.compile(r"0|[1-9][0-9]*", re.ASCII)
RFC3339 = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
                     r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))", re.ASCII)


class Bad(Exception):
    """What makes a trade or a line one that is refused."""


class Number(str):
    """A number token of a JSON text, as it was written."""


class Trade(NamedTuple):
    product: str
    exchange: str
    price: str  # tokens, as they were sent
    quantity: str
    time_ns: int
    trade_id: Optional[int]
    side: Optional[str]


def require(condition, reason):
    if not condition:
        raise Bad(reason)


def canonical(token):
    """The canonical form of a number above zero and within the bounds."""
    require(NUMBER.fullmatch(token), "not a number")
    try:
        sign, digits, exponent = Decimal(token).as_tuple()
    except InvalidOperation:  # an exponent beyond what the module knows
        raise Bad("out of bounds") from None
    require(sign == 0 and any(digits), "not above zero")
    while digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    require(len(digits) <= MAX_DIGITS, "too many digits")
    require(abs(exponent) <= MAX_TEXT, "too many characters")
    text = format(Decimal((0, digits, exponent)), "f")
    require(len(text) <= MAX_TEXT, "too many characters")
    return text


def integer(text, highest=MAX_ID):
    require(INTEGER.fullmatch(text) and int(text) <= highest, "no such integer")
    return int(text)


def days_of(year, month, day):
    try:
        return date(year, month, day).toordinal() - DAY_1970
    except ValueError:
        raise Bad("no such day") from None


def offset_of(match):
    """What Z or +02:00 adds to UTC, in seconds."""
    if not match[8]:
        return 0
    hours, minutes = int(match[9]), int(match[10])
    require(hours < 24 and minutes < 60, "no such offset")
    return (hours * 3600 + minutes * 60) * (-1 if match[8] == "-" else 1)


def within(ns):
    require(1000 <= ns <= MAX_NS, "not between 1970 and 2262")
    return ns


def moment(text):
    """RFC 3339 as ns since 1970."""
    match = RFC3339.fullmatch(text)
    require(match, "no RFC 3339 time")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    require(hour < 24 and minute < 60 and second < 60, "no such time")
    fraction = match[7] or ""
    require(len(fraction) <= 9, "more than nine fractional digits")
    seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    seconds -= offset_of(match)
    return within(seconds * 10 ** 9 + int(fraction.ljust(9, "0")))


def moment_of_seconds(token):
    """Seconds since 1970 with a fraction, as ns."""
    text = canonical(token)
    whole, _, fraction = text.partition(".")
    require(len(fraction) <= 9, "more than nine fractional digits")
    return within(int(whole) * 10 ** 9 + int(fraction.ljust(9, "0")))


def rfc3339(ns, digits):
    seconds, rest = divmod(ns, 10 ** 9)
    days, seconds = divmod(seconds, 86400)
    day = date.fromordinal(DAY_1970 + days)
    fraction = ("%09d" % rest)[:digits]
    return "%sT%02d:%02d:%02d.%sZ" % (
        day.isoformat(), seconds // 3600, seconds // 60 % 60, seconds % 60, fraction)


def quote(text):
    """A JSON string, escaped as little as JSON allows."""
    return json.dumps(text, ensure_ascii=False)


def check(trade):
    require(1 <= len(trade.product.encode()) <= MAX_NAME, "product")
    require(len(trade.exchange.encode()) <= MAX_NAME, "exchange")
    counts_from_0 = trade.exchange in ("", "binance", "binance-um", "binance-cm")  # "": unknown
    require(trade.trade_id != 0 or counts_from_0, "no id")
    within(trade.time_ns)


def amount(token, numbers):
    text = canonical(token)
    return {"canonical": text, "string": quote(text), "literal": token}[numbers]


def render(trade, schema, numbers):
    check(trade)
    members = [
        ("product_id", quote(trade.product)),
        ("price", amount(trade.price, numbers)),
        ("quantity", amount(trade.quantity, numbers)),
        ("timestamp", quote(rfc3339(trade.time_ns, 6))),
        ("timestamp_ms", str(trade.time_ns // 10 ** 6)),
    ]
    if schema == "full":
        require(trade.exchange, "exchange is missing")
        if trade.trade_id is not None:
            members.append(("trade_id", str(trade.trade_id)))
        if trade.side:
            members.append(("side", quote(trade.side)))
        members.append(("exchange", quote(trade.exchange)))
    if schema == "aggtrade":
        members = aggtrade(trade, numbers)
    return "{%s}" % ",".join('"%s":%s' % member for member in members)


def aggtrade(trade, numbers):
    """What a trade does not have is left out here, too."""
    members = [
        ("trade_id", trade.trade_id),
        ("price", amount(trade.price, numbers)),
        ("quantity", amount(trade.quantity, numbers)),
        ("timestamp", str(trade.time_ns // 10 ** 6)),
        ("is_buyer_maker", {"sell": "true", "buy": "false"}.get(trade.side)),
        ("symbol", quote(trade.product)),
    ]
    return [member for member in members if member[1] is not None]
