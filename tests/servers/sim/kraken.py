"""Kraken: the REST API as api.kraken.com answers, and names. The WebSocket is kraken_session."""

import time

from . import http
from .budget import Leaky
from .faults import apply
from .kraken_session import Frames, Session, now_text
from .replay import Capture, ReplaySession
from .tape import engine_ns

V1_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
# Only assets from before 2014 or so carry a prefix, and only where both legs do.
OLD_COINS = {"XBT", "ETH", "ETC", "LTC", "XRP", "XLM", "XMR", "ZEC", "REP", "MLN"}
OLD_MONEY = {"USD", "EUR", "GBP", "CAD", "JPY"}
TRADES = "/0/public/Trades"
PAGE_MAX = 1000
NS_DIGITS_MIN = 17  # a "since" with fewer digits is in seconds


class Pair:
    """One product's names: BTC/USD, XBT/USD, XBTUSD and XXBTZUSD."""

    def __init__(self, product):
        self.product, self.name = product, product.name
        self.legs = [V1_NAMES.get(leg, leg) for leg in self.name.split("/")]
        self.wsname, self.altname = "/".join(self.legs), "".join(self.legs)
        base, quote = self.legs
        self.base = "X" + base if base in OLD_COINS else base
        self.quote = {True: "Z", False: "X"}[quote in OLD_MONEY] + quote \
            if quote in OLD_MONEY | OLD_COINS else quote
        is_old = self.base != base and self.quote != quote
        self.key = self.base + self.quote if is_old else self.altname

    def names(self):
        return {self.name, self.wsname, self.altname, self.key}


def since_ns(text):
    """A "since" of ns, or of seconds with or without a fraction, as ns."""
    whole, _, fraction = text.partition(".")
    if len(whole) >= NS_DIGITS_MIN:
        return int(whole)
    return int(whole or 0) * 10 ** 9 + int((fraction + "0" * 9)[:9])


class Page:
    """What a request for trades is going to get. Faults change it: first from where to where
    ("select"), then its rows ("rows"), then what stands around them ("page")."""

    def __init__(self, venue, pair, request):
        self.pair, self.product, self.request = pair, pair.product, request
        self.asked = request.query["pair"]
        self.count = int(request.query.get("count", PAGE_MAX))
        self.since = since_ns(request.query["since"]) if "since" in request.query else None
        if not 1 <= self.count <= PAGE_MAX:
            raise ValueError("count")
        self.previous = venue.previous.get(pair.name, [])
        self.head = self.product.head
        self.hidden = []  # (first, last) of ids that are not shown
        self.stamps = []  # (first, last) of ids that share the time of the first
        self.is_exclusive = False
        # A slash name that was asked for comes back as the key, as assetVersion=1 does.
        is_slash = request.query.get("assetVersion") == "1" or "/" in self.asked
        self.key = pair.name if is_slash else pair.key
        self.ids, self.rows, self.warnings, self.last = None, [], [], None

    def lag(self, seconds, ids):
        if seconds:
            self.head = min(self.head, self.product.head_before(seconds))
        self.head -= ids

    def time_ns(self, n):
        n = next((first for first, last in self.stamps if first <= n <= last), n)
        return engine_ns(self.product.tape.time_us(n))

    def select(self):
        """The ids that the page shows as things stand."""
        found, n = [], self._first()
        while len(found) < self.count and n <= self.head:
            past = max((last + 1 for first, last in self.hidden if first <= n <= last), default=n)
            past = self.product.after_holes(past)
            if past == n:
                found.append(n)
                n += 1
            n = max(n, past)
        return found

    def _first(self):
        product = self.product
        if self.since is None:
            return min(product.last_ids(self.count, self.head), default=self.head + 1)
        since = self.since + self.is_exclusive
        low = product.tape.first_at(since // 1000 - 1, product.oldest, self.head)
        low = next((first for first, last in self.stamps if first <= low <= last), low)
        while low <= self.head and self.time_ns(low) < since:
            low += 1
        return max(low, product.oldest)

    def fill(self):
        self.ids = self.select() if self.ids is None else self.ids
        self.last = str(self.time_ns(self.ids[-1]) if self.ids else self.since or 0)
        self.rows = [self.product.tape.rest(n, self.time_ns(n)) for n in self.ids]

    def body(self):
        rows = ",".join('["%s","%s",%s,"%s","%s","%s"%s]' % (
            *row[1:7], "" if row[7] is None else "," + row[7]) for row in self.rows)
        last = "" if self.last is None else f',"last":"{self.last}"'
        return (f'{{"error":{http.dumps(self.warnings)},"result":{{"{self.key}":[{rows}]{last}}}}}'
                .encode())


class Kraken:
    """The venue, as the server registers it: paths to answer, and sockets to open."""

    def __init__(self, server, options):
        self.server, self.market = server, server.market
        self.pairs = [Pair(product) for product in self.market.products.values()]
        self.frames = {name: Frames(product, options.per_frame)
                       for name, product in self.market.products.items()}
        self.products, self.prefixes = self.market.products, {}
        self.counters = {pair.name: Leaky(options.kraken_rate, options.kraken_burst)
                         for pair in self.pairs}
        self.previous = {}  # product -> the ids of its last page
        self.rest = {TRADES: self.trades, "/0/public/AssetPairs": self.asset_pairs,
                     "/0/public/SystemStatus": self.system_status}
        self.capture = Capture(options.replay) if options.replay else None
        self.sockets = {"/v2": lambda *where: self._session(options, *where)}

    def _session(self, options, *where):
        if self.capture:
            return ReplaySession(self.server, self.capture, options.replay_speed, self.frames,
                                 options.heartbeat, *where)
        return Session(self.server, self.frames, options.heartbeat, *where)

    def prepare(self):
        for frames in self.frames.values():
            frames.prepare()

    def urls(self, scheme, port):
        return {"WS_URL": f"ws{scheme}://localhost:{port}/v2",
                "REST_URL": f"http{scheme}://localhost:{port}"}

    def _pair(self, name):
        return next((pair for pair in self.pairs if name in pair.names()), None)

    def name_of(self, request):
        """The product that a request is about."""
        pair = self._pair(request.query.get("pair", ""))
        return pair.name if pair else None

    def admit(self, request):
        """The refusal of a request that comes too soon after others; None grants it."""
        counter = self.counters.get(request.product) if request.path == TRADES else None
        if counter is None or counter.take(time.monotonic()):
            return None
        return http.answer_json({"error": ["EGeneral:Too many requests"]})

    def dress(self, request, answer):
        """Headers that all answers have."""

    def state(self):
        return {"kraken": {name: counter.state() for name, counter in self.counters.items()}}

    def trades(self, request):
        pair = self._pair(request.query.get("pair", ""))
        if not pair:
            return http.answer_json({"error": ["EQuery:Unknown asset pair"]})
        if self.capture:  # whose trades are not those of the tape
            return http.answer_json({"error": ["EService:Unavailable"]})
        try:
            page = Page(self, pair, request)
        except ValueError:
            return http.answer_json({"error": ["EGeneral:Invalid arguments"]})
        apply(request, "select", page)
        page.fill()
        apply(request, "rows", page)
        apply(request, "page", page)
        self.previous[pair.name] = page.ids
        return http.Answer(200, page.body())

    def asset_pairs(self, request):
        wanted = [name for name in request.query.get("pair", "").split(",") if name]
        pairs = [self._pair(name) for name in wanted] if wanted else self.pairs
        if None in pairs:
            return http.answer_json({"error": ["EQuery:Unknown asset pair"]})
        shown = request.query.get("assetVersion") == "1"
        result = {}
        for pair in pairs:
            base, quote = pair.name.split("/") if shown else (pair.base, pair.quote)
            result[pair.name if shown else pair.key] = {
                "altname": pair.altname, "wsname": pair.wsname, "aclass_base": "currency",
                "base": base, "aclass_quote": "currency", "quote": quote, "pair_decimals": 1,
                "lot_decimals": 8, "status": "online"}
        if not wanted and not shown:  # what is left of a market that is no more
            result["XXBTZUSD.d"] = {"altname": "XBTUSD.d", "aclass_base": "currency",
                                    "base": "XXBT", "aclass_quote": "currency", "quote": "ZUSD"}
        return http.answer_json({"error": [], "result": result})

    def system_status(self, _):
        return http.answer_json({"error": [], "result": {
            "status": self.server.system, "timestamp": now_text()[:19] + "Z",
            "upcoming_maintenance": [], "emergency": []}})
