"""An exchange in this process, and what tests ask of it over HTTP."""

import asyncio
import hashlib
import io
import json
import os
import zipfile

from sim_cases import same
from sim.binance_tape import binance_tape
from sim.market import Market, Product
from sim.server import Server
from sim.settings import Settings

BTC, ETH = "BTC/USD", "ETH/USD"
TRADES = "/0/public/Trades?pair=XBTUSD"
AGG = "/api/v3/aggTrades?symbol=BTCUSDT"
PER_DAY = 2000
SPOT = binance_tape("BTCUSDT", per_day=PER_DAY)
DAY1, DAY2, DAY3 = "2024-12-30", "2024-12-31", "2025-01-01"
US = {"X-MBX-TIME-UNIT": "MICROSECOND"}
ENDLESS = 10 ** 15  # ms of a minute that does not end in a test


class Answer:
    def __init__(self, head, body):
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        self.body = body

    def header(self, name):
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)


class Exchange:
    """A server for one case: 3000 past trades of a pair, ids from 1, and three days of Binance."""

    def __init__(self, *specs, products=(BTC,), history=3000, **settings):
        market = Market([Product(name, history + 1, history, 1000) for name in products], None)
        self.server = Server(market, Settings(**{"binance_per_day": PER_DAY, **settings}))
        for spec in specs:
            self.server.faults.add(spec)

    async def __aenter__(self):
        self.port = await self.server.listen(0)
        return self

    async def __aexit__(self, *_):
        pass

    async def open(self, target, headers=(), method="GET", body=b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close",
                 f"Content-Length: {len(body)}",
                 *(f"{name}: {value}" for name, value in dict(headers).items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        return reader, writer

    async def get(self, target, headers=(), **more):
        reader, writer = await self.open(target, headers, **more)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return Answer(head, body) if head else None

    async def page(self, query=""):
        """The result of Kraken, its rows and last."""
        answer = (await self.get(TRADES + query)).json()
        result = answer["result"]
        key = next(name for name in result if name != "last")
        return {"key": key, "rows": result[key], "last": result.get("last"), "all": answer,
                "ids": [row[6] if len(row) > 6 else None for row in result[key]]}

    async def aggs(self, query="", headers=()):
        return (await self.get(AGG + query, {**US, **dict(headers)})).json()

    async def agg_ids(self, query=""):
        return [row["a"] for row in await self.aggs(query)]

    async def lines(self, day=DAY3, market="spot", symbol="BTCUSDT", checked=True):
        """The lines of an archive, whose checksum is right."""
        path = archive(day, market, symbol)
        data = (await self.get(path)).body
        if checked:
            same((await self.get(path + ".CHECKSUM")).body.decode(),
                 f"{hashlib.sha256(data).hexdigest()}  {os.path.basename(path)}\n")
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            same(file.namelist(), [os.path.basename(path)[:-4] + ".csv"])
            return file.read(file.namelist()[0]).decode().split("\n")[:-1]

    async def post(self, path, value):
        return await self.get(path, method="POST", body=json.dumps(value).encode())

    async def state(self):
        return (await self.get("/_control/state")).json()


def archive(day, market="spot", symbol="BTCUSDT"):
    branch = market if market == "spot" else "futures/" + market
    return f"/data/{branch}/daily/aggTrades/{symbol}/{symbol}-aggTrades-{day}.zip"


def ids(first, last):
    return list(range(first, last + 1))


def csv_ids(lines):
    return [int(line.split(",")[0]) for line in lines]
