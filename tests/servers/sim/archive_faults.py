"""What is wrong with Binance's archives beside their rows (see page_faults). What changes an
archive changes its checksum with it, unless it says otherwise. See faults."""

from . import http
from .faults import Choice, Refused, rest_fault

ALL, ZIP, CHECKSUM = "/data/*", "/data/*.zip", "/data/*.CHECKSUM"


def is_checksum(request):
    return request.path.endswith(".CHECKSUM")


# Files that are not there, or something else.

@rest_fault("archive-missing", "request", ALL, times="always")
def archive_missing(request, _, __):
    """404 for the zip and its checksum."""
    raise Refused(http.answer_s3_missing(request.path))


@rest_fault("checksum-missing", "request", CHECKSUM, times="always")
def checksum_missing(request, _, __):
    """404 for the checksum alone."""
    raise Refused(http.answer_s3_missing(request.path))


@rest_fault("archive-html", "request", ZIP, times="always")
def archive_html(_, __, ___):
    """A page of HTML with status 200 in place of the zip."""
    raise Refused(http.answer_html(200))


# Bytes.

@rest_fault("zip-damaged", "file", ZIP, times="always", byte=None, sealed=False)
def zip_damaged(request, m, file):
    """A bit is another one: in the middle, or in this byte. sealed: the checksum agrees with it."""
    if is_checksum(request) and not m.sealed:
        return False
    place = len(file.data) // 2 if m.byte is None else m.byte
    file.data = file.data[:place] + bytes([file.data[place] ^ 16]) + file.data[place + 1:]
    return True


@rest_fault("zip-cut", "file", ZIP, times="always", bytes=None, sealed=False)
def zip_cut(request, m, file):
    """Half of the zip, or so many bytes, with the Content-Length of that. sealed: the checksum
    agrees with it."""
    if is_checksum(request) and not m.sealed:
        return False
    file.data = file.data[:len(file.data) // 2 if m.bytes is None else m.bytes]
    return True


@rest_fault("checksum-wrong", "answer", CHECKSUM, times="always")
def checksum_wrong(_, __, answer):
    """64 other digits."""
    flipped = bytes.maketrans(b"0123456789abcdef", b"123456789abcdef0")
    answer.body = answer.body[:64].translate(flipped) + answer.body[64:]


@rest_fault("checksum-form", "answer", CHECKSUM, times="always",
            form=Choice("upper", "binary", "name", "bare", "short"))
def checksum_form(_, m, answer):
    """Upper case; " *" before the name; another name; no name; 63 digits."""
    digits, name = answer.body[:64], answer.body[66:]
    answer.body = {"upper": digits.upper() + b"  " + name, "binary": digits + b" *" + name,
                   "name": digits + b"  other.zip\n", "bare": digits + b"\n",
                   "short": digits[:63] + b"  " + name}[m.form]


# What is in the zip.

@rest_fault("zip-form", "csv", ZIP, times="always",
            form=Choice("renamed", "two", "none", "stored", "streamed"))
def zip_form(_, m, day):
    """A file of another name, two files, none, one that is not compressed, one whose sizes stand
    behind it."""
    day.form = m.form


@rest_fault("archive-replaced", "select", ZIP, times="always", after=1,
            of=Choice("both", "zip", "checksum"))
def archive_replaced(request, m, day):
    """After so many downloads of the zip it is another, with other quantities, and so is its
    checksum, or one of the two."""
    downloads = m.__dict__.setdefault("downloads", {})
    path = request.path.removesuffix(".CHECKSUM")
    count = downloads.get(path, 0)
    downloads[path] = count + (not is_checksum(request))
    if count < m.after or m.of not in ("both", "checksum" if is_checksum(request) else "zip"):
        return False
    day.edition = 1
    return True


@rest_fault("rows-cut", "rows", ZIP, times="always", rows=1)
def rows_cut(_, m, day):
    """So many rows are missing at the end of the day."""
    day.rows = day.rows[:-m.rows]


@rest_fault("shifted", "rows", ZIP, times="always", by=-1)
def shifted(_, m, day):
    """Ids are moved by so many; with the day and -1, the id of a day's last row comes twice."""
    day.rows = [row._replace(a=row.a + m.by) for row in day.rows]


@rest_fault("csv-header", "csv", ZIP, times="always", bom=False)
def csv_header(_, m, day):
    """A header, where there is none else."""
    mark = "\ufeff" if m.bom else ""
    day.lines.insert(0, mark + ("agg_trade_id,price,quantity,first_trade_id,last_trade_id,"
                                "transact_time,is_buyer_maker,is_best_match"[:None if day.is_spot
                                                                             else -14]))


@rest_fault("csv-no-header", "csv", ZIP, times="always")
def csv_no_header(_, __, day):
    """No header, where there is one else."""
    if not day.lines[0][:1].isalpha():
        return False
    del day.lines[0]
    return True


@rest_fault("csv-quoted", "csv", ZIP, times="always")
def csv_quoted(_, __, day):
    """Each column in quotes."""
    day.lines = ['"' + line.replace(",", '","') + '"' for line in day.lines]


@rest_fault("csv-crlf", "csv", ZIP, times="always")
def csv_crlf(_, __, day):
    """Lines end as on other systems."""
    day.lines = [line + "\r" for line in day.lines]


@rest_fault("csv-torn", "csv", ZIP, times="always", bytes=20)
def csv_torn(_, m, day):
    """So many bytes are missing at the end of the text."""
    day.torn = m.bytes


@rest_fault("csv-line", "csv", ZIP, times="always", line=3, text="<html>")
def csv_line(_, m, day):
    """This text as the line of this number."""
    day.lines[m.line - 1] = m.text
