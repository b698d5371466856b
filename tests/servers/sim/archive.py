"""Binance's archives: a day's rows as CSV in a zip, the same bytes each time, and its checksum."""

import hashlib
import io
import zipfile

from .binance_tape import HEADER_FROM

CHUNK = 100_000  # rows rendered at once
HEADER = ("agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
          "\n")
LEVEL = 6
WRITTEN, UNIX = (2025, 1, 2, 3, 4, 6), 3


def stem(symbol, day):
    return f"{symbol}-aggTrades-{day.isoformat()}"


def folder(market, symbol):
    branch = "spot" if market == "spot" else f"futures/{market}"
    return f"data/{branch}/daily/aggTrades/{symbol}"


def has_header(market, day):
    return market != "spot" and day >= HEADER_FROM


def pieces(tape, day):
    """The CSV of a whole day, in pieces of text."""
    if has_header(tape.market, day):
        yield HEADER
    first, last = tape.ids_of(day)
    for start in range(first, last + 1, CHUNK):
        yield tape.csv(day, start, min(start + CHUNK - 1, last))


def zipped(name, texts, level=LEVEL, form=None):
    """A zip with one file, of the pieces of text. Its bytes depend on nothing else."""
    out = Unseekable() if form == "streamed" else io.BytesIO()
    names = {"renamed": ["other.csv"], "two": [name, "other.csv"], "none": []}.get(form, [name])
    method = zipfile.ZIP_STORED if form == "stored" else zipfile.ZIP_DEFLATED
    write(out, names, texts, level, method)
    return out.getvalue()


class Unseekable(io.BytesIO):
    """What a zip is streamed to: its sizes come behind the data."""

    def seekable(self):
        return False

    def tell(self):
        raise io.UnsupportedOperation("tell")


def write(out, names, texts, level=LEVEL, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(out, "w", method, compresslevel=level) as archive:
        for name in names:
            info = zipfile.ZipInfo(name, WRITTEN)
            info.compress_type, info.create_system = method, UNIX
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as entry:
                for text in texts:
                    entry.write(text.encode())


def checksum(data, name):
    return f"{hashlib.sha256(data).hexdigest()}  {name}\n"
