"""An exchange in this process, and a client of its WebSocket."""

import asyncio
import json
import os
import ssl
import subprocess
import tempfile
import time

from sim_cases import SERVERS, TIMEOUT_S, same
from sim import websocket
from sim.market import Market, Product
from sim.server import Server
from sim.settings import Settings

BTC, ETH = "BTC/USD", "ETH/USD"
QUIET_S = 0.25  # several heartbeats long
FOLDER = tempfile.TemporaryDirectory()


def certificate(name):
    if not os.listdir(FOLDER.name):
        subprocess.run([os.path.join(SERVERS, "certs"), FOLDER.name], check=True)
    return os.path.join(FOLDER.name, name)


def trusting(name):
    return ssl.create_default_context(cafile=certificate(name))


# A client, and an exchange in this process.

class Refusal(Exception):
    pass


class Client:
    @classmethod
    async def connect(cls, port, tls=None, key="dGhlIHNhbXBsZSBub25jZQ=="):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None)
        self.writer.write(
            b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key.encode() + b"\r\n\r\n")
        head = (await self.bounded(self.reader.readuntil(b"\r\n\r\n"))).decode()
        if " 101 " not in head:
            raise Refusal(head + (await self.bounded(self.reader.read())).decode())
        assert websocket.accept_key(key) in head
        self.ws = websocket.WebSocket(self.reader, self.writer, True, 32 << 20)
        return self

    @staticmethod
    async def bounded(work, seconds=TIMEOUT_S):
        return await asyncio.wait_for(work, seconds)

    async def text(self):
        return (await self.bounded(self.ws.receive()))[1].decode()

    async def next(self, channel=None):
        """The next message, of the channel; heartbeats count only when they are asked for."""
        while True:
            message = json.loads(await self.text())
            if channel in (None, message.get("channel")) and (
                    channel or message.get("channel") != "heartbeat"):
                return message

    async def ask(self, **request):
        await self.ws.send(json.dumps(request))

    async def subscribe(self, *symbols, **params):
        await self.ask(method="subscribe",
                       params={"channel": "trade", "symbol": list(symbols), **params})

    async def open(self, *symbols, **params):
        """Subscribes and reads up to the last acknowledgement."""
        same((await self.next())["channel"], "status")
        await self.subscribe(*symbols, **params)
        return [await self.next() for _ in symbols]

    async def ids(self, count, symbol=BTC):
        """Ids of the next trade messages of the symbol, until there are so many."""
        ids = []
        while len(ids) < count:
            data = (await self.next("trade"))["data"]
            ids += [each["trade_id"] for each in data if each["symbol"] == symbol]
        return ids

    async def close_code(self):
        """Reads to the end; the code of the close frame, None without one."""
        try:
            while True:
                await self.text()
        except websocket.Closed as closed:
            return closed.code

    async def rest(self):
        """The trades that come up to the end, and the code of the close frame."""
        trades = []
        try:
            while True:
                message = json.loads(await self.text())
                if message.get("channel") == "trade":
                    trades += [(each["symbol"], each["trade_id"]) for each in message["data"]]
        except websocket.Closed as closed:
            return trades, closed.code

    async def quiet_trades(self):
        """The trades that come while none should; heartbeats may."""
        trades, until = [], time.monotonic() + QUIET_S
        while (left := until - time.monotonic()) > 0:
            try:
                _, text = await asyncio.wait_for(self.ws.receive(), left)
            except asyncio.TimeoutError:
                break
            for each in json.loads(text).get("data", ()):
                trades.append((each["symbol"], each["trade_id"]))
        return trades

    async def quiet(self):
        """What comes while nothing should."""
        try:
            return await self.bounded(self.ws.receive(), QUIET_S)
        except asyncio.TimeoutError:
            return None


class Exchange:
    """A server for one case: products with 50 past trades, ids from 51 on."""

    def __init__(self, *faults, products=(BTC,), trades=1000, history=50, rate=0, per_frame=1,
                 tls=None, **settings):
        market = Market([Product(name, 51, history, trades) for name in products], rate)
        pair = (certificate(tls + ".pem"), certificate(tls + ".key")) if tls else None
        self.tls = trusting("ca.pem") if tls else None
        self.server = Server(market, Settings(
            per_frame=per_frame, heartbeat=0.05, tls=pair, binance="", **settings))
        for fault in faults:
            self.server.faults.add(fault)

    async def __aenter__(self):
        self.port = await self.server.listen(0)
        self.clock = asyncio.ensure_future(self.server.market.run())
        return self

    async def __aexit__(self, *_):
        self.clock.cancel()

    async def client(self):
        return await Client.connect(self.port, self.tls)

    async def http(self, method, path, body=b""):
        """Status and body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body.decode()

    async def get(self, path):
        return json.loads((await self.http("GET", path))[1])


def last_of(first, count):
    return list(range(first, first + count))
