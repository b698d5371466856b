"""What is wrong with pages and rows, of either exchange; archives have rows too. See faults."""

import json

from . import http
from .binance_tape import Row, voided
from .faults import Choice, rest_fault

TRADES = "/0/public/Trades"
AGGTRADES = "/api/v3/aggTrades"
KRAKEN_ID, KRAKEN_SECONDS = 7, 3  # columns of a row, counted from its number


def inside(ids, n):
    return ids[0] <= n <= ids[1]


# Which trades are there.

@rest_fault("hole", "select", times="always", ids="1")
def hole(_, m, page):
    """These ids are not shown, in archives neither, as though they had never been; with times K
    only in the first K answers that would have shown them."""
    if not any(inside(m.ids, n) for n in page.select()):
        return False
    page.hidden.append(m.ids)
    return True


def remember(products):
    for product in products:
        product.remember()


@rest_fault("lag", "select", times="always", prepare=remember, seconds=0, trades=0)
def lag(_, m, page):
    """Trades younger than so many seconds are not shown yet, nor so many of the latest ones."""
    page.lag(m.seconds, m.trades)


@rest_fault("same-ns", "select", TRADES, times="always", ids="1-1000")
def same_ns(_, m, page):
    """All of these have the time of the first, to the nanosecond."""
    page.stamps.append(m.ids)


@rest_fault("since-exclusive", "select", TRADES, times="always")
def since_exclusive(_, __, page):
    """Rows after "since", not those at it."""
    page.is_exclusive = True


@rest_fault("repeat-page", "select", TRADES)
def repeat_page(_, __, page):
    """Ignores "since", and gives the page of before again."""
    if not page.previous:
        return False
    page.ids = page.previous
    return True


@rest_fault("short-page", "select", rows=0)
def short_page(_, m, page):
    """Only so many rows, though there are more."""
    if page.count <= m.rows or not page.select()[m.rows:]:
        return False
    page.count = m.rows
    return True


# Rows.

@rest_fault("doubled", "rows", times="always", ids="1")
def doubled(_, m, page):
    """Rows of these ids come twice, one after the other."""
    rows = [row for row in page.rows for _ in range(1 + inside(m.ids, row[0]))]
    return replaced(page, rows)


@rest_fault("disordered", "rows", times="always", ids="1-2")
def disordered(_, m, page):
    """Rows of these ids come in reverse."""
    places = [place for place, row in enumerate(page.rows) if inside(m.ids, row[0])]
    rows = list(page.rows)
    for place, other in zip(places, reversed(places)):
        rows[place] = page.rows[other]
    return replaced(page, rows)


def replaced(page, rows):
    if rows == page.rows:
        return False
    page.rows = rows
    return True


@rest_fault("missing", "rows", times="always", ids="1")
def missing(_, m, page):
    """Rows of these ids are left out, and no further ones stand in for them."""
    return replaced(page, [row for row in page.rows if not inside(m.ids, row[0])])


@rest_fault("no-id", "rows", TRADES, times="always", ids="1-1000",
            how=Choice("absent", "zero", "null"))
def no_id(_, m, page):
    """Old rows: six columns, or the id 0, or null."""
    struck = False
    for row in page.rows:
        if inside(m.ids, row[0]):
            row[KRAKEN_ID] = {"absent": None, "zero": "0", "null": "null"}[m.how]
            struck = True
    return struck


@rest_fault("odd-time", "rows", TRADES, times="always", ids="1", ahead=3600, last=False)
def odd_time(_, m, page):
    """Rows of these ids say a time so many seconds ahead; "last" does so too only if asked to."""
    struck = False
    for row in page.rows:
        if inside(m.ids, row[0]):
            whole, point, fraction = row[KRAKEN_SECONDS].partition(".")
            row[KRAKEN_SECONDS] = str(int(whole) + m.ahead) + point + fraction
            struck = True
            if m.last and row is page.rows[-1]:
                page.last = str(int(page.last) + m.ahead * 10 ** 9)
    return struck


@rest_fault("void", "rows", times="always", ids="0")
def void(_, m, page):
    """Aggregates that an audit declared void: p and q "0", f and l -1; in archives too."""
    return replaced(page, [voided(row) if isinstance(row, Row) and inside(m.ids, row.a) else row
                           for row in page.rows])


# What stands around rows.

@rest_fault("no-last", "page", TRADES)
def no_last(_, __, page):
    """"last" is absent."""
    page.last = None


@rest_fault("stuck-last", "page", TRADES)
def stuck_last(request, _, page):
    """"last" is as "since" was, whatever was found."""
    page.last = request.query.get("since", page.last)


@rest_fault("warning", "page", TRADES, text="WGeneral:Deprecated")
def warning(_, m, page):
    """A warning beside the result."""
    page.warnings.append(m.text)


@rest_fault("key", "page", TRADES, times="always",
            form=Choice("internal", "asked", "altname", "slash"))
def key(_, m, page):
    """The rows stand under another name of the pair."""
    page.key = {"internal": page.pair.key, "asked": page.asked, "altname": page.pair.altname,
                "slash": page.pair.name}[m.form]


@rest_fault("ms", "page", AGGTRADES, times="always")
def milliseconds(_, __, page):
    """T in milliseconds, though microseconds were asked for."""
    if page.unit == "ms":
        return False
    page.unit = "ms"
    return True


@rest_fault("futures-rows", "page", AGGTRADES, times="always")
def futures_rows(_, __, page):
    """Rows without M, and with the member nq: unknown ones are to be tolerated."""
    page.tail = (',"M":true}', ',"nq":"0.00000000"}')


@rest_fault("members-sorted", "answer", AGGTRADES, times="always")
def members_sorted(_, __, answer):
    """Members of a row in another order."""
    rows = json.loads(answer.body)
    if not isinstance(rows, list):
        return False
    answer.body = http.dumps([dict(sorted(row.items())) for row in rows]).encode()
    return True
