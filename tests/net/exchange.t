#!/usr/bin/python3
"""The simulated exchange does what tests rely on: shapes as recorded, each fault as its name
says, and a checker that catches what it is for."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from sim_cases import SERVERS, TIMEOUT_S, case, recording, run, run_cases, same, shape  # noqa: E402
from sim import websocket  # noqa: E402
from sim.faults import BadSpec  # noqa: E402
from sim.market import Market, Product  # noqa: E402
from sim.server import Server  # noqa: E402
from sim.settings import Settings  # noqa: E402
from sim.tape import canonical, tape, trade  # noqa: E402

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

    async def quiet(self):
        """What comes while nothing should."""
        try:
            return await self.bounded(self.ws.receive(), QUIET_S)
        except asyncio.TimeoutError:
            return None


class Exchange:
    """A server for one case: products with 50 past trades, ids from 51 on."""

    def __init__(self, *faults, products=(BTC,), trades=1000, history=50, rate=0, per_frame=1,
                 tls=None):
        market = Market([Product(name, 51, history, trades) for name in products], rate)
        pair = (certificate(tls + ".pem"), certificate(tls + ".key")) if tls else None
        self.tls = trusting("ca.pem") if tls else None
        self.server = Server(market, Settings(
            per_frame=per_frame, heartbeat=0.05, tls=pair, binance=""))
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


# The tape.

@case("the tape is pure, in order, and holds the digits that break programs")
async def _():
    trades = [trade(BTC, n) for n in range(1, 5001)]
    same(trades[1234], trade(BTC, 1235))
    times = [each.time_us for each in trades]
    assert times == sorted(times) and len(set(times)) < len(times)
    prices, sizes = {each.price for each in trades}, {each.qty for each in trades}
    assert "100000.0" in prices and "0.00000001" in sizes
    assert any(price.startswith("9007199") and len(price) == 20 for price in prices)
    assert any(price.isdigit() for price in prices) and any(size.isdigit() for size in sizes)
    assert any(size.endswith("0000") and size.startswith("0.") for size in sizes)
    assert not any("e" in text.lower() for text in prices | sizes)
    assert any(each.timestamp.endswith(".000000Z") for each in trades)
    same([canonical(text) for text in ("2668.00", "0.00000001", "1000", "100000.0")],
         ["2668", "0.00000001", "1000", "100000"])


# What Kraken does.

@case("messages have the shape of recorded ones")
async def _():
    path = recording("kraken-ws-v2", "btc-eth-snapshots-20260926.jsonl")
    with open(path, encoding="utf-8") as lines:
        recorded = [json.loads(line) for line in lines]
    async with Exchange(products=(BTC, ETH)) as exchange:
        client = await exchange.client()
        got = [await client.next()]
        await client.subscribe(BTC, ETH, snapshot=True)
        got += [await client.next() for _ in range(5)]
    for ours, theirs in zip(got[:5], recorded):
        same(shape(ours), shape(theirs))
        same([list(ours), len(ours.get("data", ""))], [list(theirs), len(theirs.get("data", ""))])
    same(shape(got[5]["data"]), shape(recorded[3]["data"]))
    assert got[0]["data"][0]["connection_id"] > (1 << 63) - 1


@case("REST answers have the shape of recorded ones")
async def _():
    path = recording("kraken-rest-trades", "XXBTZUSD-20230706.json")
    with open(path, encoding="utf-8") as text:
        recorded = json.load(text)
    async with Exchange() as exchange:
        got = await exchange.get("/0/public/Trades?pair=XBTUSD")
    same(list(got["result"]), list(recorded["result"]))
    same(shape(got), shape(recorded))
    same(shape(got["result"]["XXBTZUSD"][0]), shape(recorded["result"]["XXBTZUSD"][0]))


@case("nothing but status comes before a subscription")
async def _():
    async with Exchange() as exchange:
        client = await exchange.client()
        same((await client.next())["channel"], "status")
        same(await client.quiet(), None)


@case("acknowledgements, snapshots of 50, then each trade once and in order")
async def _():
    async with Exchange(products=(BTC, ETH), trades=300, per_frame=None) as exchange:
        client = await exchange.client()
        acks = await client.open(BTC, ETH, snapshot=True)
        same([(ack["success"], ack["result"]["symbol"]) for ack in acks],
             [(True, BTC), (True, ETH)])
        assert "req_id" not in acks[0]
        seen, sizes = {BTC: [], ETH: []}, []
        while len(seen[BTC]) + len(seen[ETH]) < 700:
            text = await client.text()
            message = json.loads(text)
            if message["channel"] == "trade":
                symbol = message["data"][0]["symbol"]
                ids = [each["trade_id"] for each in message["data"]]
                expected = ",".join(map(tape(symbol).native, ids))
                same(text, f'{{"channel":"trade","type":"{message["type"]}",'
                           f'"data":[{expected}]}}')
                same(message["type"], "update" if seen[symbol] else "snapshot")
                seen[symbol] += ids
                sizes.append(len(ids))
        same(seen, {BTC: last_of(1, 350), ETH: last_of(1, 350)})
        same(set(sizes[2:]) - {1, 2, 3, 17}, set())
        same((await client.next("heartbeat")), {"channel": "heartbeat"})


@case("a thin history gives a small snapshot, none an empty one; snapshot:false none at all")
async def _():
    async with Exchange(history=3, rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=True)
        same(await client.ids(3), [48, 49, 50])
    async with Exchange(history=0, rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC)
        same((await client.next("trade"))["data"], [])
    async with Exchange() as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(1), [51])


@case("a symbol that is unknown, or subscribed already, is refused alone")
async def _():
    async with Exchange(rate=None) as exchange:
        client = await exchange.client()
        await client.next()
        await client.ask(method="subscribe", req_id=7, params={
            "channel": "trade", "symbol": ["XBT/EUR", BTC, BTC], "snapshot": False})
        first, second, third = [await client.next() for _ in range(3)]
        same((first["error"], first["method"], first["success"], first["symbol"]),
             ("Currency pair not supported XBT/EUR", "subscribe", False, "XBT/EUR"))
        same((second["success"], third["error"], third["req_id"]),
             (True, "Already subscribed", 7))
        await client.subscribe(BTC)
        same((await client.next())["error"], "Already subscribed")


@case("unknown channels, malformed requests, ping, unsubscribe")
async def _():
    async with Exchange(rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        await client.ask(method="subscribe", params={"channel": "trades", "symbol": [BTC]})
        answer = await client.next()
        same((answer["error"], "symbol" in answer), ("Subscription name invalid", False))
        for text in ('{"method":', "[]", '{"method":"subscribe"}'):
            await client.ws.send(text)
            same((await client.next())["error"], "Malformed request")
        await client.ask(method="ping", req_id=101)
        same(list(await client.next()), ["method", "time_in", "time_out", "req_id"])
        await client.ws.send(b"payload", websocket.PING)
        await client.ask(method="unsubscribe", params={"channel": "trade", "symbol": [BTC]})
        same((await client.next())["result"]["symbol"], BTC)
        same((await client.quiet(), client.ws.pongs), (None, 1))


@case("client frames must be masked")
async def _():
    async with Exchange() as exchange:
        client = await exchange.client()
        client.writer.write(websocket.encode(b"{}"))
        same(await client.close_code(), 1002)


@case("a client that closes in the middle of a flood is answered, and others are served")
async def _():
    async with Exchange(trades=None, per_frame=None) as exchange:
        client = await exchange.client()
        await client.open(BTC)
        await client.ids(2000)
        await client.ws.close(1000)
        same(await client.close_code(), 1000)
        same((await exchange.get("/_control/state"))["sessions"][0]["close_code"], 1000)


@case("with a rate the head moves with the clock, also while nobody is connected")
async def _():
    async with Exchange(rate=2000, trades=100_000) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(1), [51])
        client.writer.close()
        head = exchange.server.market.products[BTC].head
        while exchange.server.market.products[BTC].head < head + 200:
            await asyncio.sleep(0.01)
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        assert (await client.ids(1))[0] > head + 200


@case("REST: the four names, since inclusive, count, errors")
async def _():
    async with Exchange(history=50, rate=None) as exchange:
        url = "/0/public/Trades?pair="
        keys = [next(iter((await exchange.get(url + pair))["result"]))
                for pair in ("XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD", "XBTUSD&assetVersion=1")]
        same(keys, ["XXBTZUSD", "XXBTZUSD", BTC, BTC, BTC])
        ids, since = [], "0"
        while True:
            page = (await exchange.get(f"{url}XBTUSD&count=20&since={since}"))["result"]
            rows, since = page["XXBTZUSD"], page["last"]
            same([row[0] for row in rows], [tape(BTC).rest(row[6])[1] for row in rows])
            edge = [row[6] for row in rows if row[6] in ids]
            assert not ids or edge, "since is inclusive"
            ids += [row[6] for row in rows if row[6] not in ids]
            if len(rows) < 20:
                break
        same(ids, last_of(1, 50))
        same((await exchange.get(url + "NOPE")), {"error": ["EQuery:Unknown asset pair"]})
        pairs = (await exchange.get("/0/public/AssetPairs"))["result"]
        same(pairs["XXBTZUSD"]["wsname"], "XBT/USD")
        same((await exchange.get("/0/public/SystemStatus"))["result"]["status"], "online")


# Faults.

@case("drop: by reset, FIN, close with a code; the gap is what the next snapshot skips")
async def _():
    ways = (("rst", None), ("fin", None), ("eof", None), ("close", 1012))
    for how, code, tls in ((*way, tls) for way in ways for tls in (None, "server")):
        spec = {"do": "drop", "how": how, "gap": 30, "at": {"product": BTC, "trade": 500}}
        # A reset waits for the client: pongs to other pings must not hurry it.
        pings = {"do": "fragment", "bytes": 100, "ping": how == "rst"}
        async with Exchange(spec, pings, tls=tls) as exchange:
            client = await exchange.client()
            await client.open(BTC, snapshot=False)
            same(await client.ids(450), last_of(51, 450))
            same(await client.close_code(), code)
            client = await exchange.client()
            await client.open(BTC)
            same(await client.ids(51), last_of(481, 51))


@case("drop of all products, on the second connection only, and of one that is fed with another")
async def _():
    async with Exchange({"do": "drop", "connection": 2, "gap": 60, "products": "all"},
                        {"do": "drop", "at": {"product": BTC, "trade": 100}},
                        products=(BTC, ETH)) as exchange:
        for _ in range(2):
            client = await exchange.client()
            await client.open(BTC, ETH)
            same(await client.close_code(), None)
        state = await exchange.get("/_control/state")
        same([state["products"][name]["head"] for name in (BTC, ETH)], [160, 159])
        client = await exchange.client()
        await client.open(ETH)
        same((await client.ids(50, ETH))[-1], 159)


@case("refuse-handshake: 503 with HTML, 429 with Retry-After, silence")
async def _():
    async with Exchange(
            {"do": "refuse-handshake"},
            {"do": "refuse-handshake", "status": 429, "retry_after": 7, "connection": 2},
            {"do": "refuse-handshake", "silent": True, "connection": 3}) as exchange:
        for status, text in ((503, "<html>"), (429, "Retry-After: 7")):
            try:
                await exchange.client()
                raise AssertionError("not refused")
            except Refusal as refusal:
                assert f" {status} " in str(refusal) and text in str(refusal), refusal
        _, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
        writer.write(b"GET /v2 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        while len((await exchange.get("/_control/state"))["handshakes"]) < 3:
            pass
        writer.close()
        same((await (await exchange.client()).next())["channel"], "status")


@case("refuse-handshake at accept: not even TLS answers")
async def _():
    async with Exchange({"do": "refuse-handshake", "silent": True, "at": {"event": "accept"}},
                        tls="server") as exchange:
        try:
            await asyncio.wait_for(exchange.client(), QUIET_S)
            raise AssertionError("answered")
        except asyncio.TimeoutError:
            pass
        same((await (await exchange.client()).next())["channel"], "status")


@case("mute: nothing comes, and the connection stays; trades happen meanwhile")
async def _():
    async with Exchange({"do": "mute", "gap": 10,
                         "at": {"product": BTC, "trade": 60}}) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(10), last_of(51, 10))
        same(await client.quiet(), None)
        assert (await exchange.get("/_control/state"))["sessions"][0]["open"]
        client = await exchange.client()
        await client.open(BTC)
        same((await client.ids(50))[-1], 70)


@case("mute-symbol: acknowledged, no trade, heartbeats and other symbols go on")
async def _():
    async with Exchange({"do": "mute-symbol", "product": ETH}, products=(BTC, ETH),
                        trades=20) as exchange:
        client = await exchange.client()
        same([ack["success"] for ack in await client.open(BTC, ETH)], [True, True])
        same(await client.ids(70), last_of(1, 70))
        same(await client.next("heartbeat"), {"channel": "heartbeat"})
        same((await exchange.get("/_control/state"))["sessions"][0]["next"][ETH], 51)
        await client.ask(method="unsubscribe", params={"channel": "trade", "symbol": [ETH]})
        await client.next()
        await client.subscribe(ETH)
        same(await client.ids(50, ETH), last_of(1, 50))


@case("no-ack, late-ack, refuse, no-snapshot")
async def _():
    async with Exchange({"do": "no-ack", "product": ETH}, {"do": "no-snapshot", "product": BTC},
                        products=(BTC, ETH), trades=5) as exchange:
        client = await exchange.client()
        await client.next()
        await client.subscribe(ETH, BTC)
        ack = await client.next()
        same((ack["result"]["symbol"], ack["result"]["snapshot"]), (BTC, True))
        same(await client.ids(5), last_of(51, 5))
    async with Exchange({"do": "late-ack", "product": ETH, "seconds": 0.2},
                        {"do": "refuse", "product": BTC, "connection": "2-", "times": "always"},
                        products=(BTC, ETH), trades=5) as exchange:
        client = await exchange.client()
        await client.next()
        await client.subscribe(ETH, BTC, snapshot=False)
        same((await client.next())["result"]["symbol"], BTC)
        same(await client.ids(5), last_of(51, 5))
        same((await client.next())["result"]["symbol"], ETH)
        same(await client.ids(5, ETH), last_of(51, 5))
        for _ in range(2):
            client = await exchange.client()
            same((await client.open(BTC))[0]["error"], f"Currency pair not supported {BTC}")


@case("fragment: pieces with pings between; split: small writes; both carry the same messages")
async def _():
    async with Exchange({"do": "fragment", "bytes": 16}, {"do": "split", "bytes": 7},
                        trades=20) as exchange:
        client = await exchange.client()
        frames = []
        read_frame = client.ws._read_frame

        async def spied():
            frames.append(await read_frame())
            return frames[-1]
        client.ws._read_frame = spied
        await client.open(BTC, snapshot=False)
        same(await client.ids(20), last_of(51, 20))
        opcodes = [opcode for _, opcode, _ in frames]
        same(opcodes[:3], [websocket.TEXT, websocket.PING, websocket.CONT])
        assert max(len(payload) for _, _, payload in frames) <= 16
        while not (await exchange.get("/_control/state"))["sessions"][0]["pongs"]:
            await asyncio.sleep(0.01)


@case("garbage, raw, binary, huge, status, repeat: each strikes after its trade, and no later")
async def _():
    specs = [{"do": "garbage"}, {"do": "raw", "text": '{"x":1}'}, {"do": "binary", "text": "abc"},
             {"do": "huge", "bytes": 200_000}, {"do": "status"}, {"do": "repeat"}]
    for spec in specs:
        spec["at"] = {"product": BTC, "trade": 55}
    async with Exchange(*specs, trades=10) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(5), last_of(51, 5))
        got = [await client.bounded(client.ws.receive()) for _ in specs]
        same([opcode for opcode, _ in got], [1, 1, 2, 1, 1, 1])
        texts = [payload.decode() for _, payload in got]
        try:
            json.loads(texts[0])
            raise AssertionError("garbage is JSON")
        except ValueError:
            pass
        same(texts[1:3], ['{"x":1}', "abc"])
        same((len(texts[3]), json.loads(texts[3])["channel"]), (200_000, "heartbeat"))
        same(json.loads(texts[4])["data"][0]["system"], "maintenance")
        same(json.loads(texts[5])["data"][0]["trade_id"], 55)
        same(await client.ids(5), last_of(56, 5))


@case("wire: raw bytes reach the client as they are")
async def _():
    async with Exchange({"do": "wire", "hex": "f100", "at": {"product": BTC, "trade": 55}}
                        ) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(5), last_of(51, 5))
        try:
            await client.ids(1)
            raise AssertionError("reserved bits were taken")
        except websocket.Violation as violation:
            same(violation.code, 1002)


@case("skip: a true hole, in the stream, in the snapshot and in REST")
async def _():
    async with Exchange({"do": "skip", "ids": 3, "at": {"product": BTC, "trade": 60}},
                        trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        expected = last_of(51, 10) + last_of(64, 7)
        same(await client.ids(17), expected)
        client = await exchange.client()
        await client.open(BTC)
        same((await client.ids(50))[-17:], expected)
        page = (await exchange.get("/0/public/Trades?pair=BTC/USD&since=0"))["result"][BTC]
        same([row[6] for row in page][-17:], expected)


@case("stall: the client's requests are no longer read, trades go on")
async def _():
    async with Exchange({"do": "stall"}, trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(20), last_of(51, 20))
        await client.ask(method="ping")
        try:
            same((await client.bounded(client.next(), QUIET_S)).get("method"), None)
        except asyncio.TimeoutError:
            pass


@case("rest-answer: an API error with 200, HTML with 502, each once")
async def _():
    path = "/0/public/Trades"
    async with Exchange(
            {"do": "rest-answer", "error": "EGeneral:Too many requests", "path": path},
            {"do": "rest-answer", "status": 502, "path": path}) as exchange:
        same((await exchange.http("GET", "/0/public/SystemStatus"))[0], 200)
        same(await exchange.http("GET", path + "?pair=XBTUSD"),
             (200, '{"error":["EGeneral:Too many requests"]}'))
        status, body = await exchange.http("GET", path + "?pair=XBTUSD")
        same((status, body[:15]), (502, "<!DOCTYPE html>"))
        same(list((await exchange.get(path + "?pair=XBTUSD"))["result"]), ["XXBTZUSD", "last"])


@case("control: faults come and go, heads move, a slip in a spec is refused")
async def _():
    async with Exchange(rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        body = json.dumps({"product": BTC, "add": 5}).encode()
        same((await exchange.http("POST", "/_control/head", body))[0], 200)
        same(await client.ids(5), last_of(51, 5))
        for bad in ({"do": "dorp"}, {"do": "drop", "gpa": 1}, {"do": "drop", "how": "so"},
                    {"do": "skip"}, {"do": "mute", "at": {"product": "X/Y", "trade": 1}}):
            same((await exchange.http("POST", "/_control/faults", json.dumps(bad).encode()))[0],
                 400)
            try:
                exchange.server.faults.add(bad)
                raise AssertionError(f"taken: {bad}")
            except BadSpec:
                pass
        spec = {"do": "drop", "times": 2}
        await exchange.http("POST", "/_control/faults", json.dumps(spec).encode())
        state = await exchange.get("/_control/state")
        same(state["faults"], [{"spec": spec, "left": 2}])
        assert "subscribe" in state["sessions"][0]["requests"][0]
        await exchange.http("DELETE", "/_control/faults")
        same((await exchange.get("/_control/state"))["faults"], [])


@case("certificates of another host, and expired ones, fail as such")
async def _():
    for name, reason in (("wrong-name", "not valid for 'localhost'"), ("expired", "expired")):
        async with Exchange(tls=name) as exchange:
            try:
                await exchange.client()
                raise AssertionError("trusted")
            except ssl.SSLCertVerificationError as error:
                assert reason in str(error), error


# The programs.

@case("exchange over TLS: ready file, a trusted and a strange CA, SIGTERM")
async def _():
    with tempfile.TemporaryDirectory() as folder:
        ready = os.path.join(folder, "ready")
        process = await asyncio.create_subprocess_exec(
            os.path.join(SERVERS, "exchange"), "--tls", certificate("server.pem"),
            certificate("server.key"), "--trades", "100", "--prepare", "--ready-file", ready,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), TIMEOUT_S)).decode()
            port = int(line.removeprefix("port="))
            with open(ready, encoding="ascii") as text:
                same(text.read(), f"WS_URL=wss://localhost:{port}/v2\n"
                                  f"REST_URL=https://localhost:{port}\n"
                                  f"BINANCE_API_URL=https://localhost:{port}\n"
                                  f"BINANCE_ARCHIVE_URL=https://localhost:{port}\n")
            client = await Client.connect(port, trusting("ca.pem"))
            await client.open(BTC)
            same(await client.ids(150), last_of(1, 150))
            try:
                await Client.connect(port, trusting("other-ca.pem"))
                raise AssertionError("trusted")
            except ssl.SSLCertVerificationError:
                pass
        finally:
            process.send_signal(signal.SIGTERM)
        _, noise = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
        same((process.returncode, noise), (0, b""))


@case("exchange ends with its parent, and after its longest life")
async def _():
    exchange = os.path.join(SERVERS, "exchange")
    parent = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f"'{exchange}' --plain & read line", stdin=subprocess.PIPE,
        stdout=subprocess.PIPE)
    assert (await parent.stdout.readline()).startswith(b"port=")
    parent.kill()
    same(await asyncio.wait_for(parent.stdout.read(), TIMEOUT_S), b"")
    await parent.wait()
    same(run("exchange", "--plain", "--max-life", "0.1").returncode, 0)


@case("tape check: what is whole passes; missing, doubled, disordered, altered, foreign do not")
async def _():
    lines = run("tape", "print", BTC, "51", "150", "--as", "trade").stdout.splitlines(True)
    same((len(lines), lines[0]), (100, tape(BTC).record(51) + "\n"))

    def check(records, *options):
        done = run("tape", "check", *options, text="".join(records))
        return done.returncode, done.stdout

    whole = f"{BTC}: records=100 first=51 last=150 missing=0 doubled=0 disordered=0 altered=0\n"
    same(check(lines), (0, whole))
    same(check(lines, "--product", BTC + "=51-150"), (0, whole))
    same(check([f"{BTC}\t{line}" for line in lines], "--key-tab"), (0, whole))
    native = run("tape", "print", BTC, "51", "150").stdout
    same(check([native]), (0, whole))
    for records, options, words in (
            (lines[:9] + lines[10:], (), "missing=1 doubled=0 disordered=0 altered=0"),
            (lines, ("--product", BTC + "=51-155"), "missing=5"),
            (lines[:9] + lines[8:], (), "missing=0 doubled=1 disordered=0"),
            (lines[:8] + [lines[9], lines[8]] + lines[10:], (), "doubled=0 disordered=1 altered=0"),
            (lines[:8] + [lines[8].replace("kraken", "krakem")] + lines[9:], (), "altered=1"),
            (lines[:-1] + [lines[-1][:-1]], (), "altered=1"),
            (["ETH/USD\t" + line for line in lines], ("--key-tab",), "altered=100"),
            (lines + ["{}\n"], (), "foreign=1"),
            (lines, ("--product", BTC + "=51-149"), "foreign=1"),
            ([], (), "")):
        status, verdict = check(records, *options)
        assert status == 1 and words in verdict, (words, verdict)
    same(check(lines[:9] + lines[12:], "--without", BTC + "=60-62")[0], 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(run_cases()))
