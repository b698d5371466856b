#!/usr/bin/python3
"""Faults of the simulated exchange in subscriptions, snapshots and trades, and what the control
does to connections that are open: each does what its name says."""

import asyncio
import json
import sys
import time

sys.dont_write_bytecode = True

from sim_cases import case, run_cases, same  # noqa: E402
from sim_ws import BTC, ETH, Exchange, Refusal, last_of  # noqa: E402
from sim import websocket  # noqa: E402
from sim.faults import BadSpec  # noqa: E402

TRADES = "/0/public/Trades?pair=XBTUSD&since="


def at(n, product=BTC):
    return {"product": product, "trade": n}


def trade_ids(message):
    return [(each["symbol"], each["trade_id"]) for each in message["data"]]


async def post(exchange, path, value, method="POST"):
    status, body = await exchange.http(method, "/_control/" + path, json.dumps(value).encode())
    same((status, body if status != 200 else ""), (200, ""))
    return json.loads(body)


async def rest_ids(exchange, since="0"):
    rows = (await exchange.get(TRADES + since))["result"]["XXBTZUSD"]
    return [row[6] for row in rows]


# Snapshots.

@case("snapshot: repeated, doubled, reversed, shuffled, short, stale, holed, empty")
async def _():
    whole = last_of(1, 50)
    for how, messages in (
            ("repeated", [whole, whole]), ("doubled", [sorted(whole * 2)]),
            ("reversed", [whole[::-1]]), ("shuffled", None), ("short", [whole[-7:]]),
            ("stale", [whole[:-7]]), ("holed", [whole[:21] + whole[28:]]), ("empty", [[]])):
        async with Exchange({"do": "snapshot", "how": how, "trades": 7}, trades=5) as exchange:
            client = await exchange.client()
            await client.open(BTC)
            for expected in messages or [None]:
                message = await client.next("trade")
                got = [n for _, n in trade_ids(message)]
                same((how, message["type"]), (how, "snapshot"))
                if expected is None:
                    assert got != whole and sorted(got) == whole, got
                else:
                    same((how, got), (how, expected))
            message = await client.next("trade")
            same((how, message["type"], trade_ids(message)), (how, "update", [(BTC, 51)]))


# Trades.

@case("mix: trades of two symbols in one frame, for a while")
async def _():
    async with Exchange({"do": "mix", "frames": 4}, products=(BTC, ETH), trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, ETH, snapshot=False)
        for n in range(51, 71, 2):
            same(trade_ids(await client.next("trade")),
                 [(BTC, n), (ETH, n), (BTC, n + 1), (ETH, n + 1)])
    async with Exchange({"do": "mix", "seconds": 0.05}, products=(BTC, ETH),
                        rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, ETH, snapshot=False)
        await asyncio.sleep(0.1)
        await post(exchange, "head", {"product": "all", "add": 1})
        same([len(trade_ids(await client.next("trade"))) for _ in range(2)], [1, 1])


@case("disorder: the next trades reversed, shuffled, doubled, the first last; in one frame or many")
async def _():
    for how, order in (("reversed", [65, 64, 63, 62, 61]), ("doubled", sorted(last_of(61, 5) * 2)),
                       ("late", [62, 63, 64, 65, 61]), ("shuffled", None)):
        for frames in ("one", "each"):
            async with Exchange({"do": "disorder", "how": how, "frames": frames, "at": at(60)},
                                trades=30) as exchange:
                client = await exchange.client()
                await client.open(BTC, snapshot=False)
                same(await client.ids(10), last_of(51, 10))
                got, count = [], 0
                while len(got) < len(order or last_of(61, 5)):
                    got += [n for _, n in trade_ids(await client.next("trade"))]
                    count += 1
                same(count, 1 if frames == "one" else len(got))
                same(got if order else sorted(got), order or last_of(61, 5))
                assert order or got != sorted(got), got
                same(await client.ids(15), last_of(66, 15))


@case("disorder and lose with nothing to come: the trades happen now, and end with the tape")
async def _():
    async with Exchange(rate=None, trades=12) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        await post(exchange, "faults", {"do": "disorder", "trades": 3, "at": {"event": "now"}})
        same(await client.ids(3), [53, 52, 51])
        await post(exchange, "faults", {"do": "lose", "trades": 5, "at": {"event": "now"},
                                        "product": BTC})
        await post(exchange, "head", {"product": BTC, "add": 1})
        same(await client.ids(1), [59])
        await post(exchange, "faults", {"do": "lose", "trades": 50, "at": {"event": "now"}})
        while (await exchange.get("/_control/state"))["products"][BTC]["head"] < 62:
            pass
        same(await client.quiet_trades(), [])


@case("lose: a hole though the connection stands, and REST has the trades")
async def _():
    async with Exchange({"do": "lose", "trades": 3, "at": at(60)}, trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(17), last_of(51, 10) + last_of(64, 7))
        same((await rest_ids(exchange))[-20:], last_of(51, 20))
        same((await exchange.get("/_control/state"))["products"][BTC]["never"], [])


@case("repeat: so many of the latest trades, in a frame of their own")
async def _():
    async with Exchange({"do": "repeat", "trades": 4, "at": at(60)}, trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(10), last_of(51, 10))
        same(trade_ids(await client.next("trade")), [(BTC, n) for n in range(57, 61)])
        same(await client.ids(10), last_of(61, 10))


@case("skip: the state says which ids never were")
async def _():
    async with Exchange({"do": "skip", "ids": 3, "at": at(60)}, {"do": "skip", "at": at(64)},
                        {"do": "skip", "at": at(66)}, {"do": "skip", "ids": 9, "at": at(69)},
                        trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(14), last_of(51, 10) + [64, 66, 68, 69])
        shown = (await exchange.get("/_control/state"))["products"][BTC]
        same((shown["never"], shown["head"], shown["last"]),
             (["61-63", "65", "67", "70"], 70, 69))


# Subscriptions that fall silent or end.

@case("mute-symbol for a while: then what happens, or the backlog, too; REST shows it meanwhile")
async def _():
    for then, expected in (("now", last_of(68, 3)), ("backlog", last_of(61, 10))):
        async with Exchange({"do": "mute-symbol", "gap": 7, "seconds": 1, "then": then,
                             "at": at(60)}, trades=20) as exchange:
            client = await exchange.client()
            await client.open(BTC, snapshot=False)
            same(await client.ids(10), last_of(51, 10))
            same(await client.next("heartbeat"), {"channel": "heartbeat"})
            same((await rest_ids(exchange))[-1], 67)
            same(await client.ids(len(expected)), expected)


@case("mute-symbol of all: heartbeats only, until resubscribed or until reconnected")
async def _():
    for until in ("resubscribed", "reconnected"):
        async with Exchange({"do": "mute-symbol", "all": True, "until": until, "gap": 2,
                             "products": "all", "at": at(60)},
                            products=(BTC, ETH), trades=20) as exchange:
            client = await exchange.client()
            await client.open(BTC, ETH, snapshot=False)
            same((await client.ids(10))[-1], 60)
            assert {n for n in await client.quiet_trades()} <= {(ETH, 60)}
            await client.subscribe(BTC)
            same((await client.next())["error"], "Already subscribed")
            await client.ask(method="unsubscribe", params={"channel": "trade", "symbol": [BTC]})
            answer = await client.next()
            same((answer["method"], answer["success"], answer["result"]),
                 ("unsubscribe", True, {"channel": "trade", "symbol": BTC}))
            await client.subscribe(BTC)
            same((await client.next())["success"], True)
            same(await client.ids(50), last_of(13, 50))
            if until == "resubscribed":
                same(await client.ids(8), last_of(63, 8))
                continue
            same(await client.quiet_trades(), [])
            client = await exchange.client()
            await client.open(BTC, snapshot=False)
            same(await client.ids(8), last_of(63, 8))


@case("mute-symbol with its snapshot; no-ack of one that is fed")
async def _():
    async with Exchange({"do": "mute-symbol", "snapshot": True, "product": BTC},
                        {"do": "no-ack", "fed": True, "product": ETH},
                        products=(BTC, ETH), trades=20) as exchange:
        client = await exchange.client()
        await client.next()
        await client.subscribe(BTC, ETH)
        same((await client.next())["result"]["symbol"], BTC)
        same(await client.ids(50), last_of(1, 50))
        same(await client.ids(70, ETH), last_of(1, 70))
        same(await client.quiet_trades(), [])


@case("unsubscribe: acknowledged though nobody asked, or not at all; then nothing, until asked for")
async def _():
    for ack in (True, False):
        async with Exchange({"do": "unsubscribe", "gap": 5, "ack": ack, "at": at(60)},
                            products=(BTC, ETH), trades=20) as exchange:
            client = await exchange.client()
            await client.open(BTC, ETH, snapshot=False)
            answers, eth = [], []
            while len(eth) < 20:
                message = await client.next()
                if "method" in message:
                    answers.append(message)
                else:
                    eth += [n for name, n in trade_ids(message) if name == ETH]
            same([(answer["success"], answer["result"]) for answer in answers],
                 [(True, {"channel": "trade", "symbol": BTC})] * ack)
            same((await exchange.get("/_control/state"))["products"][BTC]["head"], 65)
            await client.subscribe(BTC)
            same((await client.next())["success"], True)
            same(await client.ids(55), last_of(16, 55))


@case("no-ack of one symbol of a resubscription, by the occasion")
async def _():
    async with Exchange({"do": "no-ack", "product": BTC, "occasion": 2}, products=(BTC, ETH),
                        rate=None) as exchange:
        client = await exchange.client()
        same(len(await client.open(BTC, ETH, snapshot=False)), 2)
        for expected in (ETH,), (BTC, ETH):
            await client.ask(method="unsubscribe",
                             params={"channel": "trade", "symbol": [BTC, ETH]})
            for _ in range(2):
                same((await client.next())["method"], "unsubscribe")
            await client.subscribe(BTC, ETH, snapshot=False)
            for name in expected:
                same((await client.next())["result"]["symbol"], name)


# Connections.

@case("drop within a frame: of the gap, of a heartbeat; by reset, by FIN")
async def _():
    for gap, how, text in ((3, "fin", b'{"channel":"tra'), (0, "eof", b'{"channel":"hea')):
        async with Exchange({"do": "drop", "how": how, "torn": 20, "gap": gap, "at": at(60)},
                            trades=20) as exchange:
            client = await exchange.client()
            await client.open(BTC, snapshot=False)
            same(await client.ids(10), last_of(51, 10))
            rest = await client.bounded(client.reader.read())
            assert rest[-20:-19] == b"\x81" and text in rest[-20:], rest
            client = await exchange.client()
            await client.open(BTC)
            same((await client.ids(50))[-1], 60 + gap)
    async with Exchange({"do": "drop", "how": "rst", "torn": 3, "at": at(60)}) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(10), last_of(51, 10))
        same(await client.close_code(), None)


@case("mute for a while: half-open, not even a pong; then it goes on where it was")
async def _():
    async with Exchange({"do": "mute", "gap": 5, "seconds": 1.5, "at": at(60)},
                        trades=20) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(10), last_of(51, 10))
        await client.ws.send(b"there?", websocket.PING)
        same(await client.quiet(), None)
        same(await client.ids(10), last_of(61, 10))
        same(client.ws.pongs, 0)


@case("no-heartbeat: none, for a while")
async def _():
    async with Exchange({"do": "no-heartbeat", "seconds": 1.5}, rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.quiet(), None)
        same(await client.next("heartbeat"), {"channel": "heartbeat"})


@case("rest-switch-on: connections end while a client repairs; a slip inside is found at once")
async def _():
    async with Exchange({"do": "rest-switch-on", "path": "/0/public/Trades", "faults": [
            {"do": "drop", "how": "close", "gap": 3, "at": {"event": "now"}}]},
                        rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        await exchange.get("/0/public/AssetPairs")
        reading = asyncio.ensure_future(client.rest())
        same((await rest_ids(exchange))[-1], 50)
        same(await reading, ([], 1012))
        same((await rest_ids(exchange))[-1], 53)
        for name in "switch-on", "rest-switch-on":
            try:
                exchange.server.faults.add({"do": name, "faults": [{"do": "lose", "trade": 1}]})
                raise AssertionError("taken")
            except BadSpec:
                pass


@case("switch-on: other faults, from a trade on; for: how long a fault stays")
async def _():
    lag = {"do": "lag", "trades": 5, "for": 0.4}
    async with Exchange({"do": "switch-on", "at": at(60), "faults": [
            lag, {"do": "refuse-handshake", "for": 0.3}, {"do": "snapshot", "how": "empty"}]},
                        {"do": "drop", "at": at(60)}, trades=20) as exchange:
        same((await rest_ids(exchange))[-1], 50)
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        same(await client.ids(10), last_of(51, 10))
        same(await client.close_code(), None)
        same((await rest_ids(exchange))[-1], 55)
        began, refused = time.monotonic(), 0
        while True:
            try:
                client = await exchange.client()
                break
            except Refusal:
                refused += 1
        assert refused and time.monotonic() - began >= 0.3, refused
        await client.open(BTC)
        same((await client.next("trade"))["data"], [])
        while (await rest_ids(exchange))[-1] != 70:
            pass
        same({"spec": lag, "left": 0} in (await exchange.get("/_control/state"))["faults"], True)


# The control.

@case("cut: all connections at once, and exactly so many trades that none of them is sent")
async def _():
    for how, code in (("rst", None), ("fin", None), ("eof", None), ("close", 1012)):
        async with Exchange(products=(BTC, ETH), rate=None, trades=6000) as exchange:
            clients = [await exchange.client() for _ in range(2)]
            for client in clients:
                await client.open(BTC, ETH, snapshot=False)
            await post(exchange, "head", {"product": BTC, "add": 10})
            reads = [asyncio.ensure_future(client.rest()) for client in clients]
            answer = await post(exchange, "cut", {"how": how, "then_add": 5000, "product": BTC})
            same([each["next"] for each in answer["cut"]], [{BTC: 61, ETH: 51}] * 2)
            same((answer["missed"], answer["products"][BTC]["head"]), ({BTC: 5000, ETH: 0}, 5060))
            for read in reads:
                ids, got = await read
                same((how, ids, got), (how, [(BTC, n) for n in range(51, 61)], code))
            client = await exchange.client()
            await client.open(BTC, ETH)
            same((await client.ids(50))[-1], 5060)


@case("cut: of one connection, of none, with a frame torn; a slip is refused")
async def _():
    async with Exchange(rate=None) as exchange:
        same((await post(exchange, "cut", {"then_add": 3}))["products"][BTC]["head"], 53)
        clients = [await exchange.client() for _ in range(2)]
        for client in clients:
            await client.open(BTC, snapshot=False)
        answer = await post(exchange, "cut", {"connection": 2, "then_add": 1, "torn": 5})
        same(([each["connection"] for each in answer["cut"]], answer["missed"]), ([2], {BTC: 1}))
        same(len(await clients[1].bounded(clients[1].reader.read())), 5)
        same(await clients[0].ids(1), [54])
        for bad in ({"how": "so"}, {"gap": 1}, {"product": "X/Y"}, {"then_add": "x"}):
            body = json.dumps(bad).encode()
            same((await exchange.http("POST", "/_control/cut", body))[0], 400)


@case("status: told at once, to those who come later, and in REST")
async def _():
    async with Exchange(rate=None) as exchange:
        client = await exchange.client()
        await client.open(BTC, snapshot=False)
        for system in ("maintenance", "cancel_only", "online"):
            await post(exchange, "status", {"system": system})
            same((await client.next("status"))["data"][0]["system"], system)
            other = await exchange.client()
            same((await other.next())["data"][0]["system"], system)
            same((await exchange.get("/0/public/SystemStatus"))["result"]["status"], system)
        same((await exchange.http("POST", "/_control/status", b'{"system":"off"}'))[0], 400)


@case("faults now: on all that are open, once; lists, and DELETE of one name")
async def _():
    async with Exchange(products=(BTC, ETH), rate=None) as exchange:
        clients = [await exchange.client() for _ in range(2)]
        for client in clients:
            await client.open(BTC, ETH, snapshot=False)
        await post(exchange, "faults", [
            {"do": "status", "at": {"event": "now"}},
            {"do": "lose", "product": ETH, "connection": 2, "at": {"event": "now"}},
            {"do": "mute-symbol", "product": ETH, "connection": 1, "at": {"event": "now"}}])
        for client in clients:
            same((await client.next("status"))["data"][0]["system"], "maintenance")
        await post(exchange, "head", {"product": "all", "add": 1})
        same(sorted(await clients[0].quiet_trades()), [(BTC, 51), (ETH, 51)][:1])
        same(sorted(await clients[1].quiet_trades()), [(BTC, 51), (ETH, 52)])
        await post(exchange, "faults", [{"do": "drop"}, {"do": "lag"}])
        faults = (await post(exchange, "faults", {"do": "drop"}, "DELETE"))["faults"]
        same([(each["spec"]["do"], each["left"]) for each in faults],
             [("status", 0), ("lose", 0), ("mute-symbol", 0), ("lag", "always")])
        for bad in ({"do": "drop", "occasion": 2, "at": at(60)}, {"do": "lag", "occasion": 1},
                    {"do": "unsubscribe"}, {"do": "snapshot", "at": {"event": "now"}}):
            try:
                exchange.server.faults.add(bad)
                raise AssertionError(f"taken: {bad}")
            except BadSpec:
                pass


if __name__ == "__main__":
    sys.exit(asyncio.run(run_cases()))
