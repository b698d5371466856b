"""Kraken: the REST API as api.kraken.com answers, and names. The WebSocket is kraken_session."""

from . import http
from .kraken_session import Frames, Session, now_text
from .tape import mix

V1_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
# Only assets from before 2014 or so carry a prefix, and only where both legs do.
OLD_COINS = {"XBT", "ETH", "ETC", "LTC", "XRP", "XLM", "XMR", "ZEC", "REP", "MLN"}
OLD_MONEY = {"USD", "EUR", "GBP", "CAD", "JPY"}
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

    def row(self, n):
        trade = self.product.tape.trade(n)
        time_ns = engine_ns(trade.time_us)
        # Printed like a double of its size: not finer than 0.1 us, above rather than below.
        seconds, tenths = divmod(-(-time_ns // 100), 10 ** 7)
        text = f"{seconds}.{tenths:07d}".rstrip("0")
        return (f'["{trade.price}","{trade.qty}",{text + "0" if text[-1] == "." else text},'
                f'"{trade.side[0]}","{trade.ord_type[0]}","",{n}]')


def engine_ns(time_us):
    """The engine's own time, of which the WebSocket shows whole microseconds: 0.7 to 1.1 us
    later, the same for trades that share a stamp, and never in another order."""
    return time_us * 1000 + 700 + mix(time_us) % 400


def since_ns(text):
    """A "since" of ns, or of seconds with or without a fraction, as ns."""
    whole, _, fraction = text.partition(".")
    if len(whole) >= NS_DIGITS_MIN:
        return int(whole)
    return int(whole or 0) * 10 ** 9 + int((fraction + "0" * 9)[:9])


class Kraken:
    """The venue, as the server registers it: paths to answer, and sockets to open."""

    def __init__(self, server, options):
        self.market = server.market
        self.pairs = [Pair(product) for product in self.market.products.values()]
        self.frames = {name: Frames(product, options.per_frame)
                       for name, product in self.market.products.items()}
        self.rest = {"/0/public/Trades": self.trades, "/0/public/AssetPairs": self.asset_pairs,
                     "/0/public/SystemStatus": self.system_status}
        self.sockets = {"/v2": lambda *where: Session(server, self.frames, options.heartbeat,
                                                      *where)}

    def prepare(self):
        for frames in self.frames.values():
            frames.prepare()

    def urls(self, scheme, port):
        return {"WS_URL": f"ws{scheme}://localhost:{port}/v2",
                "REST_URL": f"http{scheme}://localhost:{port}"}

    def _pair(self, name):
        return next((pair for pair in self.pairs if name in pair.names()), None)

    def trades(self, request):
        name = request.query.get("pair", "")
        pair = self._pair(name)
        if not pair:
            return http.answer_json({"error": ["EQuery:Unknown asset pair"]})
        try:
            count = int(request.query.get("count", PAGE_MAX))
            since = since_ns(request.query["since"]) if "since" in request.query else None
        except ValueError:
            count = since = 0
        if not 1 <= count <= PAGE_MAX:
            return http.answer_json({"error": ["EGeneral:Invalid arguments"]})
        ids = self._page(pair.product, since, count)
        last = engine_ns(pair.product.tape.time_us(ids[-1])) if ids else since or 0
        # A slash name that was asked for comes back as the key, as assetVersion=1 does.
        slash = request.query.get("assetVersion") == "1" or "/" in name
        key = pair.name if slash else pair.key
        rows = ",".join(map(pair.row, ids))
        return http.Answer(200, f'{{"error":[],"result":{{"{key}":[{rows}],"last":"{last}"}}}}'
                           .encode())

    @staticmethod
    def _page(product, since, count):
        if since is None:
            return product.last_ids(count)
        low = product.tape.first_at(since // 1000 - 1, product.oldest, product.head)
        while low <= product.head and engine_ns(product.tape.time_us(low)) < since:
            low += 1
        return product.ids(low, product.head, count)

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
        return http.answer_json({"error": [], "result": result})

    @staticmethod
    def system_status(_):
        return http.answer_json({"error": [], "result": {
            "status": "online", "timestamp": now_text()[:19] + "Z", "upcoming_maintenance": [],
            "emergency": []}})
