"""Binance: aggregate trades over REST, as api.binance.com answers. The archives are
binance_archive."""

import json
import math
import re

from . import http
from .binance_archive import Archives
from .binance_tape import DAY_US, binance_tape, day_us, rest_row
from .budget import Minutes, now_ms
from .faults import apply

AGGTRADES, EXCHANGE_INFO, TIME = "/api/v3/aggTrades", "/api/v3/exchangeInfo", "/api/v3/time"
WEIGHTS = {AGGTRADES: 4, EXCHANGE_INFO: 20, TIME: 1}
LIMIT, LIMIT_MAX = 500, 1000
US_MIN = 10 ** 14  # a time from here on is in microseconds
UNITS = {None: "ms", "MILLISECOND": "ms", "millisecond": "ms", "MICROSECOND": "us",
         "microsecond": "us"}
QUOTES = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "USD")
WEIGHT_HEADERS = ("x-mbx-used-weight-1m", "X-MBX-USED-WEIGHT-1M", "X-Mbx-Used-Weight-1m")
PARAMETERS = {"symbol", "fromId", "startTime", "endTime", "limit"}
SYMBOL_RANGE, NUMBER_RANGE = "^[A-Z0-9-_.]{1,20}$", "^[0-9]{1,20}$"
TOO_MANY = "Too much request weight used; current limit is %d request weight per 1 MINUTE. " \
    "Please use WebSocket Streams for live updates to avoid polling the API."
BANNED = "Way too much request weight used; IP banned until %d. Please use WebSocket Streams for " \
    "live updates to avoid bans."


class Wrong(Exception):
    """A request that is refused."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code, self.text = code, text


class Symbol:
    """One symbol in its markets: cm has those with a _ in their names, spot and um have the others.
    Trades happen as the clock passes them, or as a test says."""

    def __init__(self, text, options):
        self.name, _, status = text.partition("=")
        self.status = status or "TRADING"
        self._tapes = {market: binance_tape(self.name, market, options.binance_start,
                                            options.binance_per_day)
                       for market in (("cm",) if "_" in self.name else ("spot", "um"))}
        self._days = options.binance_days
        self._total = self._days * options.binance_per_day
        self._happened = options.binance_head  # None: as the clock says

    def tape(self, market):
        return self._tapes.get(market)

    def has_day(self, market, day):
        """Whether it is known, and all of its trades have happened, if a test says so."""
        tape = self.tape(market)
        if tape is None or not 0 <= (day - tape.start).days < self._days:
            return False
        return self._happened is None or tape.ids_of(day)[1] < self._happened

    def count(self, seconds_ago=0):
        """How many trades of spot have happened, or had so long ago."""
        total = self._total if self._happened is None else min(self._total, self._happened)
        tape, until_us = self._tapes["spot"], (now_ms() - seconds_ago * 1000) * 1000
        if day_us(tape.start) + self._days * DAY_US <= until_us:
            return total
        return min(total, tape.first_at(until_us, self._total))

    def advance(self, count):
        self._happened = self.count() + count

    def remember(self):
        """For lags, as products of the market have it: here the times themselves know."""

    def state(self):
        tape = next(iter(self._tapes.values()))
        shown = {"trades": self.count()} if "spot" in self._tapes else {}
        return {**shown, "start": tape.start.isoformat(), "days": self._days,
                "per_day": tape.per_day}


class Page:
    """What a request for aggregates is going to get. Faults change it, as they change Kraken's."""

    def __init__(self, symbol, request, unit):
        self.symbol, self.tape, self.unit = symbol, symbol.tape("spot"), unit
        self.hidden, self.previous, self.ids, self.rows = [], [], None, []
        self.tail = None  # (what a row ends with, what it shall end with)
        query = request.query
        self.count = number(query, "limit", LIMIT)
        if not 1 <= self.count <= LIMIT_MAX:
            raise Wrong(-1130, "Data sent for parameter 'limit' is not valid.")
        self.from_id = number(query, "fromId")
        self.start, self.end = time_us(query, "startTime", 0), time_us(query, "endTime", 999)
        if self.from_id is not None and (self.start, self.end) != (None, None):
            raise Wrong(-1128, "Combination of optional parameters invalid.")
        self.stop = symbol.count()  # the first id that is not shown

    def lag(self, seconds, trades):
        if seconds:
            self.stop = min(self.stop, self.symbol.count(seconds))
        self.stop = max(0, self.stop - trades)

    def select(self):
        """The ids that the page shows as things stand."""
        stop = self.stop
        if self.end is not None:
            stop = min(stop, self.tape.first_at(self.end + 1, stop))
        if self.from_id is None and self.start is None:
            return self._walk(range(stop - 1, -1, -1))[::-1]
        first = self.from_id if self.start is None else self.tape.first_at(self.start, stop)
        return self._walk(range(first, stop))

    def _walk(self, ids):
        if not self.hidden:
            return list(ids[:self.count])
        found = []
        for n in ids:
            if len(found) == self.count:
                break
            if not any(first <= n <= last for first, last in self.hidden):
                found.append(n)
        return found

    def fill(self):
        self.ids = self.select()
        shown = set(self.ids)
        rows = self.tape.rows(self.ids[0], self.ids[-1]) if self.ids else []
        self.rows = [row for row in rows if row.a in shown]

    def body(self):
        text = ",".join(rest_row(row, self.unit) for row in self.rows)
        return f"[{text.replace(*self.tail) if self.tail else text}]".encode()


def number(query, name, default=None):
    text = query.get(name)
    if text is None:
        return default
    if not text:
        raise Wrong(-1105, f"Parameter '{name}' was empty.")
    if not re.fullmatch(NUMBER_RANGE, text, re.ASCII):
        raise Wrong(-1100, f"Illegal characters found in parameter '{name}'; legal range is "
                           f"'{NUMBER_RANGE}'.")
    return int(text)


def time_us(query, name, fill):
    """A time in ms or us, told apart by magnitude, as us: of a ms, the one that fill says."""
    value = number(query, name)
    return value if value is None or value >= US_MIN else value * 1000 + fill


class Binance:
    """The venue, as the server registers it."""

    def __init__(self, server, options):
        self.symbols = {symbol.name: symbol for symbol in
                        (Symbol(text, options) for text in options.binance.split(",") if text)}
        self.products = self.symbols
        self.minutes = Minutes(options.binance_weight, options.binance_minute,
                               options.binance_patience)
        self.archives = Archives(self.symbols, options.binance_archives)
        self.rest = {AGGTRADES: self.agg_trades, EXCHANGE_INFO: self.exchange_info,
                     TIME: self.time}
        self.prefixes = {"/data/": self.archives.answer}
        self.sockets = {}

    def prepare(self):
        """Nothing: archives are kept once they were asked for."""

    def urls(self, scheme, port):
        base = f"http{scheme}://localhost:{port}"
        return {"BINANCE_API_URL": base, "BINANCE_ARCHIVE_URL": base}

    def name_of(self, request):
        return request.query.get("symbol") or self.archives.name_of(request.path)

    def admit(self, request):
        """The refusal of a request that is over the budget; None grants it."""
        if request.path not in WEIGHTS:
            return None
        status, wait_ms = self.minutes.take(WEIGHTS[request.path], now_ms())
        if status == 200:
            return None
        text = TOO_MANY % self.minutes.limit if status == 429 else BANNED % (now_ms() + wait_ms)
        answer = http.answer_json({"code": -1003, "msg": text}, status)
        answer.add("Retry-After", math.ceil(wait_ms / 1000))
        return answer

    def dress(self, request, answer):
        """The weight used stands in every answer, in one of the cases that it comes in."""
        if request.path in WEIGHTS:
            answer.add(WEIGHT_HEADERS[self.minutes.requests.count % len(WEIGHT_HEADERS)],
                       self.minutes.used())

    def state(self):
        return {"binance": {**self.minutes.state(), "archives": self.archives.served,
                            "symbols": {name: symbol.state()
                                        for name, symbol in self.symbols.items()}}}

    # Answers.

    def agg_trades(self, request):
        try:
            unit = self._unit(request)
            self._only(request, PARAMETERS)
            page = Page(self._symbol(request.query.get("symbol")), request, unit)
        except Wrong as wrong:
            return http.answer_json({"code": wrong.code, "msg": wrong.text}, 400)
        apply(request, "select", page)
        page.fill()
        apply(request, "rows", page)
        apply(request, "page", page)
        return http.Answer(200, page.body(), "application/json;charset=UTF-8")

    @staticmethod
    def _unit(request):
        try:
            return UNITS[request.headers.get("x-mbx-time-unit")]
        except KeyError:
            raise Wrong(-1194, "Invalid value for time unit; expected either MICROSECOND or "
                               "MILLISECOND.") from None

    @staticmethod
    def _only(request, names):
        sent = len(request.query)
        known = len(names & set(request.query))
        if known < sent:
            raise Wrong(-1104, f"Not all sent parameters were read; read '{known}' parameter(s) "
                               f"but was sent '{sent}'.")

    def _symbol(self, name):
        if not name:
            raise Wrong(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or "
                               "malformed.")
        symbol = self.symbols.get(name)
        if symbol and symbol.tape("spot"):
            return symbol
        if name.isascii() and not re.fullmatch(SYMBOL_RANGE, name):
            raise Wrong(-1100, f"Illegal characters found in parameter 'symbol'; legal range is "
                               f"'{SYMBOL_RANGE}'.")
        raise Wrong(-1121, "Invalid symbol.")

    def exchange_info(self, request):
        try:
            self._only(request, {"symbol", "symbols"})
            query = request.query
            names = json.loads(query["symbols"]) if "symbols" in query else \
                [query["symbol"]] if "symbol" in query else \
                [name for name, symbol in self.symbols.items() if symbol.tape("spot")]
            symbols = [self._symbol(name) for name in names]
        except Wrong as wrong:
            return http.answer_json({"code": wrong.code, "msg": wrong.text}, 400)
        except (ValueError, TypeError):
            return http.answer_json({"code": -1100, "msg": "Illegal characters found in parameter "
                                                           "'symbols'."}, 400)
        return http.answer_json({
            "timezone": "UTC", "serverTime": now_ms(), "rateLimits": self._limits(),
            "exchangeFilters": [], "symbols": [described(symbol) for symbol in symbols]})

    def _limits(self):
        seconds, rest = divmod(self.minutes.minute_ms, 1000)
        is_scaled = not rest and seconds != 60
        interval = ("SECOND", seconds) if is_scaled else ("MINUTE", 1)

        def limit(kind, unit, count, most):
            return {"rateLimitType": kind, "interval": unit, "intervalNum": count, "limit": most}
        return [limit("REQUEST_WEIGHT", *interval, self.minutes.limit),
                limit("ORDERS", "SECOND", 10, 100), limit("ORDERS", "DAY", 1, 200_000),
                limit("RAW_REQUESTS", "MINUTE", 5, 300_000)]

    def time(self, request):
        try:
            unit = self._unit(request)
        except Wrong as wrong:
            return http.answer_json({"code": wrong.code, "msg": wrong.text}, 400)
        return http.answer_json({"serverTime": now_ms() * (1000 if unit == "us" else 1)})


def described(symbol):
    name = symbol.name
    quote = next((each for each in QUOTES if name.endswith(each)), name[-3:])
    return {"symbol": name, "status": symbol.status, "baseAsset": name[:-len(quote)],
            "baseAssetPrecision": 8, "quoteAsset": quote, "quotePrecision": 8,
            "quoteAssetPrecision": 8, "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
            "icebergAllowed": True, "isSpotTradingAllowed": True, "isMarginTradingAllowed": False,
            "filters": [], "permissions": [], "permissionSets": [["SPOT"]]}
