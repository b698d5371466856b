#!/usr/bin/python3
"""Faults of the simulated exchange on its WebSocket: each does what its name says."""

import asyncio
import json
import ssl
import sys

sys.dont_write_bytecode = True

from sim_cases import case, run_cases, same  # noqa: E402
from sim_ws import BTC, ETH, QUIET_S, Exchange, Refusal, last_of  # noqa: E402
from sim import websocket  # noqa: E402
from sim.faults import BadSpec  # noqa: E402


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


if __name__ == "__main__":
    sys.exit(asyncio.run(run_cases()))
