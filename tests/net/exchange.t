#!/usr/bin/python3
"""The simulated exchange does what tests rely on: shapes as recorded, and a checker that catches
what it is for. Faults are exchange-ws-faults.t and exchange-faults.t."""

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
from sim_ws import BTC, ETH, Client, Exchange, certificate, last_of, trusting  # noqa: E402
from sim import websocket  # noqa: E402
from sim.tape import canonical, tape, trade  # noqa: E402

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
