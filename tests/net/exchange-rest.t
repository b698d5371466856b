#!/usr/bin/python3
"""The simulated exchange over HTTP: pages of Kraken and Binance and the archives are as the real
ones, byte for byte what the tape says, and budgets are counted. Faults are exchange-faults.t."""

import asyncio
import gzip
import hashlib
import json
import os
import sys
import tempfile
from datetime import date, datetime, timedelta, timezone

sys.dont_write_bytecode = True

from sim_cases import SERVERS, case, recording, run, run_cases, same, shape  # noqa: E402
from sim_http import (AGG, BTC, DAY1, DAY2, DAY3, ENDLESS, ETH, PER_DAY, SPOT, TRADES,  # noqa: E402
                      US, Exchange, archive, ids)
from sim import faults  # noqa: E402
from sim.binance_tape import BinanceTape, binance_tape, day_us  # noqa: E402
from sim.budget import Leaky, Minutes  # noqa: E402
from sim.tape import engine_ns, tape  # noqa: E402


# Kraken.

@case("Kraken: pages chained by last hold each trade of the tape, with one edge row in common")
async def _():
    async with Exchange() as exchange:
        seen, since, edges = [], "0", []
        while True:
            page = await exchange.page(f"&since={since}&count=700")
            edges.append(len(set(page["ids"]) & set(seen)))
            seen += [n for n in page["ids"] if n not in seen]
            since = page["last"]
            same(since, str(engine_ns(tape(BTC).time_us(page["ids"][-1]))))
            if len(page["rows"]) < 700:
                break
        same(seen, ids(1, 3000))
        assert edges[0] == 0 and min(edges[1:]) >= 1
        same((await exchange.page(f"&since={int(since) + 1}"))["all"]["result"],
             {"XXBTZUSD": [], "last": str(int(since) + 1)})


@case("Kraken: digits and times are those of REST, up to 1.1 us above the WebSocket's")
async def _():
    async with Exchange() as exchange:
        body = (await exchange.get(TRADES + "&since=0&count=1000")).body.decode()
        decimals = set()
        for row, n in zip(body[body.index("[[") + 2:body.index("]]")].split("],["), ids(1, 1000)):
            price, qty, seconds, _, _, _, number = row.split(",")
            trade, price, qty = tape(BTC).trade(n), price.strip('"'), qty.strip('"')
            assert price.startswith(trade.price) and qty.startswith(trade.qty), (row, trade)
            assert len(price.split(".")[1]) >= 5 and len(qty.split(".")[1]) >= 8, row
            whole, fraction = seconds.split(".")
            decimals.add(len(fraction))
            above_ns = int(whole + fraction.ljust(9, "0")) - trade.time_us * 1000
            assert 700 <= above_ns <= 1100, (row, trade)
            same(number, str(n))
        same(decimals, {1, 4, 5, 6, 7})


@case("Kraken: since in ns, in seconds, with a fraction; count; the latest without since")
async def _():
    async with Exchange(history=100) as exchange:
        whole = tape(BTC).time_us(100) // 1_000_000
        expected = [n for n in ids(1, 100) if tape(BTC).time_us(n) >= whole * 1_000_000]
        same((await exchange.page(f"&since={whole}"))["ids"], expected)
        same((await exchange.page(f"&since={whole}.000000"))["ids"], expected)
        same((await exchange.page(f"&since={whole}000000000"))["ids"], expected)
        exact = engine_ns(tape(BTC).time_us(9))  # 8 to 10 share it
        same((await exchange.page(f"&since={exact}&count=1"))["ids"], [8])
        same((await exchange.page(f"&since={exact + 1}&count=1"))["ids"], [11])
        same((await exchange.page("&count=3"))["ids"], [98, 99, 100])
        same((await exchange.page())["ids"], ids(1, 100))
        for query in ("&count=0", "&count=1001", "&count=x", "&since=x"):
            same((await exchange.get(TRADES + query)).json(),
                 {"error": ["EGeneral:Invalid arguments"]})


@case("Kraken: AssetPairs also has what has no wsname; names and status")
async def _():
    async with Exchange(products=(BTC, "DOGE/USD", "BTC/USDT")) as exchange:
        pairs = (await exchange.get("/0/public/AssetPairs")).json()["result"]
        same({name: pair.get("wsname") for name, pair in pairs.items()},
             {"XXBTZUSD": "XBT/USD", "XDGUSD": "XDG/USD", "XBTUSDT": "XBT/USDT",
              "XXBTZUSD.d": None})
        pairs = (await exchange.get("/0/public/AssetPairs?pair=XBTUSD&assetVersion=1")).json()
        same(list(pairs["result"]), [BTC])
        same((await exchange.get("/0/public/AssetPairs?pair=NOPE")).json(),
             {"error": ["EQuery:Unknown asset pair"]})


@case("Kraken: the counter of a pair falls with time, rises with refused requests too")
async def _():
    counter = Leaky(1, 2)
    same([counter.take(now) for now in (10, 10, 10, 10.5, 13, 13)],
         [True, True, False, False, True, False])
    counter = Leaky(2, 2)
    for n in range(100):
        assert counter.take(100 + n / 2), n
    state = counter.state()
    same((state["refused"], state["used"], state["most_in_a_second"]), (0, 1.0, 2))
    counter = Leaky(1, 1)
    same([counter.take(n / 10) for n in range(100)].count(True), 1)
    assert not counter.take(10.5) and counter.take(20)
    async with Exchange(products=(BTC, ETH), kraken_rate=0.0001, kraken_burst=2) as exchange:
        refusal = {"error": ["EGeneral:Too many requests"]}
        same([(await exchange.get(TRADES + "&count=1")).json() == refusal for _ in range(4)],
             [False, False, True, True])
        same("result" in (await exchange.get(TRADES.replace("XBT", "ETH"))).json(), True)
        assert "result" in (await exchange.get("/0/public/AssetPairs")).json()
        kraken = (await exchange.state())["kraken"]
        same([(kraken[name]["requests"], kraken[name]["refused"]) for name in (BTC, ETH)],
             [(4, 2), (1, 0)])


# Binance.

@case("Binance: rows are the tape's, byte for byte")
async def _():
    async with Exchange() as exchange:
        got = await exchange.get(AGG + "&fromId=7&limit=2")
        rows = [SPOT.row(7), SPOT.row(8)]
        same(got.body.decode(), "[" + ",".join(
            f'{{"a":{row.a},"p":"{row.p}","q":"{row.q}","f":{row.f},"l":{row.l},'
            f'"T":{row.T // 1000},"m":{"true" if row.m else "false"},"M":true}}'
            for row in rows) + "]")
        same(got.header("content-type"), "application/json;charset=UTF-8")
        bad = await exchange.get("/api/v3/aggTrades?symbol=NOPE")
        same((bad.status, bad.body), (400, b'{"code":-1121,"msg":"Invalid symbol."}'))


@case("Binance: rows have the shape of recorded ones, in REST and in archives")
async def _():
    async with Exchange() as exchange:
        with open(recording("binance-rest-aggtrades", "spot-BTCUSDT-fromId=202790190_limit=1000"
                            ".json"), encoding="utf-8") as text:
            same(shape(await exchange.aggs()), shape(json.load(text)))
        with open(recording("binance-archive-csv", "BTCUSDT-aggTrades-2026-01-01.first1000.csv"),
                  encoding="ascii") as text:
            theirs = text.readline().rstrip("\n").split(",")
        ours = (await exchange.lines(DAY3))[0].split(",")
        same([len(ours), len(ours[5]), ours[7]], [len(theirs), len(theirs[5]), theirs[7]])


@case("Binance: which rows a request gets")
async def _():
    async with Exchange() as exchange:
        at = SPOT.time_us(2 * PER_DAY)  # several trades at midnight sharp
        total = 3 * PER_DAY
        for query, expected in (
                ("", ids(total - 500, total - 1)), ("&limit=2", ids(total - 2, total - 1)),
                ("&fromId=10&limit=3", [10, 11, 12]), ("&fromId=0&limit=1", [0]),
                (f"&fromId={total - 1}&limit=9", [total - 1]), (f"&fromId={total}", []),
                (f"&startTime={at}&limit=2", [2 * PER_DAY, 2 * PER_DAY + 1]),
                (f"&startTime={at // 1000}&limit=2", [2 * PER_DAY, 2 * PER_DAY + 1]),
                (f"&startTime={at}&endTime={at}", ids(2 * PER_DAY, 2 * PER_DAY + 2)),
                (f"&startTime={at // 1000}&endTime={at // 1000}",
                 ids(2 * PER_DAY, 2 * PER_DAY + 7)),
                (f"&endTime={at}&limit=4", ids(2 * PER_DAY - 1, 2 * PER_DAY + 2)),
                (f"&startTime={at - 1}&endTime={at - 1}", [2 * PER_DAY - 2, 2 * PER_DAY - 1]),
                ("&startTime=1&limit=1", [0]), ("&endTime=1", []),
                (f"&startTime={at + 10 ** 14}", [])):
            same((query, await exchange.agg_ids(query)), (query, expected))
        ids_of_eth = (await exchange.get(AGG.replace("BTC", "ETH"))).json()
        same((len(ids_of_eth), ids_of_eth[0]["a"]), (500, total - 500))


@case("Binance: parameters and headers that are wrong")
async def _():
    legal = "^[A-Z0-9-_.]{1,20}$"
    digits = "^[0-9]{1,20}$"
    async with Exchange() as exchange:
        for query, code, words in (
                ("", -1102, "Mandatory parameter 'symbol'"), ("symbol=", -1102, "Mandatory"),
                ("symbol=btcusdt", -1100, f"'symbol'; legal range is '{legal}'"),
                ("symbol=A%20B", -1100, legal), ("symbol=%E5%B8%81", -1121, "Invalid symbol."),
                ("symbol=BTCUSD_PERP", -1121, "Invalid symbol."),
                ("symbol=BTCUSDT&fromId=1&startTime=1", -1128, "Combination of optional"),
                ("symbol=BTCUSDT&fromId=1&endTime=1", -1128, "Combination of optional"),
                ("symbol=BTCUSDT&fromId=-1", -1100, f"'fromId'; legal range is '{digits}'"),
                ("symbol=BTCUSDT&startTime=x", -1100, "'startTime'"),
                ("symbol=BTCUSDT&endTime=", -1105, "Parameter 'endTime' was empty."),
                ("symbol=BTCUSDT&limit=0", -1130, "'limit' is not valid"),
                ("symbol=BTCUSDT&limit=1001", -1130, "'limit' is not valid"),
                ("symbol=BTCUSDT&fromid=1", -1104, "read '1' parameter(s) but was sent '2'")):
            got = await exchange.get("/api/v3/aggTrades?" + query)
            same((query, got.status, got.json()["code"]), (query, 400, code))
            assert words in got.json()["msg"], got.body
        times = {}
        for unit in ("MICROSECOND", "microsecond", "MILLISECOND", "millisecond", None):
            headers = {"x-Mbx-time-UNIT": unit} if unit else {}
            times[unit] = (await exchange.get(AGG + "&fromId=9&limit=1", headers)).json()[0]["T"]
        us = SPOT.time_us(9)
        same(list(times.values()), [us, us, us // 1000, us // 1000, us // 1000])
        got = await exchange.get(AGG, {"X-MBX-TIME-UNIT": "NANOSECOND"})
        same((got.status, got.json()["code"]), (400, -1194))


@case("Binance: symbols of any characters, in the API and in archives")
async def _():
    async with Exchange(binance="币安人生USDT,LUNAUSDT=BREAK") as exchange:
        name = "%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT"
        same(len((await exchange.get(f"/api/v3/aggTrades?symbol={name}")).json()), 500)
        same((await exchange.get(archive(DAY1, symbol=name))).status, 200)
        symbols = (await exchange.get("/api/v3/exchangeInfo")).json()["symbols"]
        same({each["symbol"]: each["status"] for each in symbols},
             {"币安人生USDT": "TRADING", "LUNAUSDT": "BREAK"})


@case("Binance: exchangeInfo and time")
async def _():
    async with Exchange() as exchange:
        info = (await exchange.get("/api/v3/exchangeInfo?symbol=BTCUSDT")).json()
        limits = {each["rateLimitType"]: (each["interval"], each["intervalNum"], each["limit"])
                  for each in info["rateLimits"]}
        same((limits["REQUEST_WEIGHT"], limits["RAW_REQUESTS"]),
             (("MINUTE", 1, 6000), ("MINUTE", 5, 300_000)))
        same([each["symbol"] for each in info["symbols"]], ["BTCUSDT"])
        info = (await exchange.get("/api/v3/exchangeInfo")).json()
        same([each["symbol"] for each in info["symbols"]], ["BTCUSDT", "ETHUSDT"])
        bad = await exchange.get("/api/v3/exchangeInfo?symbols=[%22NOPE%22]")
        same((bad.status, bad.json()["code"]), (400, -1121))
        same(len(str((await exchange.get("/api/v3/time")).json()["serverTime"])), 13)
        same(len(str((await exchange.get("/api/v3/time", US)).json()["serverTime"])), 16)
    async with Exchange(binance_minute=5000, binance_weight=100) as exchange:
        limits = (await exchange.get("/api/v3/exchangeInfo")).json()["rateLimits"]
        same(limits[0], {"rateLimitType": "REQUEST_WEIGHT", "interval": "SECOND",
                         "intervalNum": 5, "limit": 100})


@case("Binance: weight by calendar minute; 429, then 418, and when they end")
async def _():
    minutes = Minutes(10, 1000, 1)
    same([minutes.take(4, now) for now in (5100, 5200, 5300, 5999, 6000, 7998, 7999, 8000)],
         [(200, 0), (200, 0), (429, 700), (418, 2000), (418, 1999), (418, 1), (200, 0), (200, 0)])
    minutes = Minutes(8, 1000, 3)
    for second in range(5):
        same([minutes.take(4, 9000 + 1000 * second + part) for part in (0, 999)], [(200, 0)] * 2)
    state = minutes.state()
    same((state["used"], state["weights"], state["refused"]),
         (1.0, {str(n): 8 for n in range(9, 14)}, {"429": 0, "418": 0}))
    async with Exchange(binance_weight=33, binance_minute=ENDLESS,
                        binance_patience=1) as exchange:
        answers = [await exchange.get(path) for path in (
            "/api/v3/exchangeInfo", "/api/v3/time", AGG, AGG + "&limit=1000", AGG + "&limit=x",
            AGG, AGG)]
        same([(each.status, each.header("x-mbx-used-weight-1m")) for each in answers],
             [(200, "20"), (200, "21"), (200, "25"), (200, "29"), (400, "33"), (429, "37"),
              (418, "41")])
        names = {name for each in answers for name, _ in each.headers if "used" in name.lower()}
        assert len(names) == 3, names
        refusals = [each.json() for each in answers[-2:]]
        same([each["code"] for each in refusals], [-1003, -1003])
        assert "current limit is 33 request weight per 1 MINUTE" in refusals[0]["msg"]
        assert "IP banned until " in refusals[1]["msg"]
        assert all(int(each.header("Retry-After")) > 0 for each in answers[-2:])
        same((await exchange.get(archive(DAY1))).header("x-mbx-used-weight-1m"), None)
        binance = (await exchange.state())["binance"]
        same((binance["weights"], binance["refused"]), ({"0": 41}, {"429": 1, "418": 1}))


@case("Binance's tape: pure, in order, dense at the edges of days, cut at any place alike")
async def _():
    for per_day in (64, 65, 1000, 2000, 5000):
        whole = BinanceTape("BTCUSDT", per_day=per_day)
        rows = whole.rows(0, 3 * per_day - 1)
        times = [row.T for row in rows]
        same((per_day, times == sorted(times)), (per_day, True))
        same([row.a for row in rows], ids(0, 3 * per_day - 1))
        same([row.f for row in rows[1:]], [row.l + 1 for row in rows[:-1]])
        same(whole.rows(per_day - 5, per_day + 70), rows[per_day - 5:per_day + 71])
        same([row.T for row in rows if row.T % 86_400_000_000 == 0],
             [day_us(date(2024, 12, 30) + timedelta(days=n)) for n in range(3) for _ in range(3)])
        same([whole.day(n).isoformat() for n in (0, per_day - 1, per_day)], [DAY1, DAY1, DAY2])
    futures = binance_tape("BTCUSDT", "um").rows(0, 499)
    steps = [later.f - row.l for row, later in zip(futures, futures[1:])]
    same((min(steps), max(steps)), (1, 4))
    same(SPOT.rows(0, 99), BinanceTape("BTCUSDT", per_day=PER_DAY).rows(0, 99))
    assert SPOT.rows(0, 9) != binance_tape("ETHUSDT", per_day=PER_DAY).rows(0, 9)
    assert {"0.01633102", "100000.00000000"} <= {row.p for row in SPOT.rows(0, 4999)}


# Archives.

@case("archives of spot: 8 columns, no header, True, ms up to 2024 and us from 2025")
async def _():
    async with Exchange() as exchange:
        for number, day, divisor in ((0, DAY1, 1000), (1, DAY2, 1000), (2, DAY3, 1)):
            rows = SPOT.rows(number * PER_DAY, (number + 1) * PER_DAY - 1)
            same(await exchange.lines(day),
                 [f"{row.a},{row.p},{row.q},{row.f},{row.l},{row.T // divisor},{row.m},True"
                  for row in rows])


@case("archives of futures: 7 columns, true, ms, and a header from 2023 on")
async def _():
    async with Exchange(binance_start="2022-12-31", binance_days=2) as exchange:
        for market, symbol in (("um", "BTCUSDT"), ("cm", "BTCUSD_PERP")):
            source = binance_tape(symbol, market, "2022-12-31", PER_DAY)
            old = await exchange.lines("2022-12-31", market, symbol)
            new = await exchange.lines("2023-01-01", market, symbol)
            same(new[0], "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
                         "is_buyer_maker")
            same(old + new[1:],
                 [f"{row.a},{row.p},{row.q},{row.f},{row.l},{row.T // 1000},{str(row.m).lower()}"
                  for row in source.rows(0, 2 * PER_DAY - 1)])
        same((await exchange.get(archive("2023-01-01", "cm", "BTCUSDT"))).status, 404)


@case("archives: the same bytes each time; 404 with XML for what is not there")
async def _():
    async with Exchange() as one, Exchange() as other:
        got = await one.get(archive(DAY1))
        same(got.body, (await other.get(archive(DAY1))).body)
        same((got.header("Content-Type"), got.header("ETag")),
             ("application/zip", f'"{hashlib.md5(got.body).hexdigest()}"'))
        for path in (archive("2025-01-02"), archive("2024-12-29"), archive("2025-02-30"),
                     archive(DAY1, symbol="NOPE"), archive(DAY1) + ".CHECKSUM2", "/data/spot/",
                     archive(DAY1).replace("/BTCUSDT/", "/ETHUSDT/"), archive(DAY1)[:-4]):
            got = await one.get(path)
            same((path, got.status, got.header("content-type")), (path, 404, "application/xml"))
            assert b"<Code>NoSuchKey</Code>" in got.body
        same((await one.state())["binance"]["archives"]["missing"], 8)


@case("a tape that reaches into the future: its day has no archive, later trades are not there")
async def _():
    today = datetime.now(timezone.utc).date()
    async with Exchange(binance_start="-1", binance_days=2) as exchange:
        same((await exchange.get(archive(today - timedelta(days=1)))).status, 200)
        same((await exchange.get(archive(today))).status, 404)
        row = (await exchange.aggs("&limit=1"))[0]
        assert row["T"] <= datetime.now(timezone.utc).timestamp() * 1_000_000
        assert PER_DAY - 1 <= row["a"] < 2 * PER_DAY
    async with Exchange(binance_head=2 * PER_DAY - 1) as exchange:
        same([(await exchange.get(archive(day))).status for day in (DAY1, DAY2)], [200, 404])
        await exchange.post("/_control/head", {"product": "BTCUSDT", "add": 1})
        same([(await exchange.get(archive(day))).status for day in (DAY2, DAY3)], [200, 404])
    async with Exchange(binance_head=10) as exchange:
        same(await exchange.agg_ids(), ids(0, 9))
        same((await exchange.post("/_control/head", {"product": "BTCUSDT", "add": 2})).status, 200)
        same(await exchange.agg_ids(), ids(0, 11))


@case("the program archive writes what the server would make; the server serves it from there")
async def _():
    with tempfile.TemporaryDirectory() as folder:
        for market, symbol in (("spot", "BTCUSDT"), ("um", "BTCUSDT")):
            done = run("archive", folder, symbol, "2", str(PER_DAY), "--market", market)
            same((done.returncode, done.stderr), (0, ""))
            async with Exchange() as exchange:
                for path in (archive(DAY2, market, symbol),
                             archive(DAY2, market, symbol) + ".CHECKSUM"):
                    with open(folder + path, "rb") as file:
                        same(file.read(), (await exchange.get(path)).body)
        async with Exchange(binance_archives=folder, binance_per_day=64) as exchange:
            same(len(await exchange.lines(DAY2)), PER_DAY)
            same(len(await exchange.lines(DAY3)), 64)


# The tape as records.

@case("tape kraken: what a dump writes of REST, and what is normalised of that")
async def _():
    def printed(*options):
        done = run("tape", "kraken", BTC, "1", "40", *options)
        same((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()
    async with Exchange({"do": "no-id", "ids": "5-6"},
                        {"do": "same-ns", "ids": "10-39"}) as exchange:
        body = (await exchange.get(TRADES + "&since=0&count=40")).body.decode()
        rows = body[body.index("[[") + 2:body.index("]]")].split("],[")
        for line, row in zip(printed("--no-id", "5-6", "--same-ns", "10-39"), rows):
            price, qty, seconds, side, kind, _, *number = row.replace('"', "").split(",")
            whole, fraction = seconds.split(".")
            stamp = datetime.fromtimestamp(int(whole), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
            same(line, f'{{"symbol":"BTC/USD","side":"{ {"b": "buy", "s": "sell"}[side]}",'
                       f'"price":{price},"qty":{qty},'
                       f'"ord_type":"{ {"l": "limit", "m": "market"}[kind]}",'
                       + "".join(f'"trade_id":{n},' for n in number)
                       + f'"timestamp":"{stamp}.{fraction.ljust(6, "0")}Z"}}')
    live = [json.loads(line) for line in run("tape", "print", BTC, "1", "40", "--as",
                                             "trade").stdout.splitlines()]
    for ours, theirs in zip(map(json.loads, printed("--as", "trade")), live):
        assert ours["timestamp"] >= theirs["timestamp"]
        same({**ours, "timestamp": 0, "timestamp_ms": 0},
             {**theirs, "timestamp": 0, "timestamp_ms": 0})
    later = json.loads(run("tape", "kraken", BTC, "1", "1", "--epoch", "2025-03-01").stdout)
    same(later["timestamp"][:19], "2025-03-01T00:00:00")
    spaced = [json.loads(line)["timestamp"] for line in run(
        "tape", "print", BTC, "16", "128", "--spacing", "60", "--without", "17-127")
        .stdout.splitlines()]
    same([text[:16] for text in spaced], ["2024-01-01T00:16", "2024-01-01T02:08"])


@case("tape binance: what a dump writes of REST and of archives")
async def _():
    def printed(first, *options):
        done = run("tape", "binance", "BTCUSDT", str(first), str(first + 2), "--per-day",
                   str(PER_DAY), *options)
        same((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()
    async with Exchange({"do": "void", "ids": "3999"}) as exchange:
        body = (await exchange.get(AGG + "&fromId=3998&limit=3", US)).body.decode()
        rows = body[2:-2].split("},{")
        same(printed(3998, "--void", "3999"), [f'{{"s":"BTCUSDT",{row}}}' for row in rows])
        lines = (await exchange.lines(DAY2))[-2:] + (await exchange.lines(DAY3))[:1]
        for line, record in zip(lines, printed(3998, "--void", "3999", "--source", "archive")):
            a, p, q, f, l, when, maker, _ = line.split(",")
            same(record, f'{{"s":"BTCUSDT","a":{a},"p":"{p}","q":"{q}","f":{f},"l":{l},'
                         f'"T":{when},"m":{maker.lower()},"M":true}}')
    row = binance_tape("BTCUSDT", "um", per_day=PER_DAY).row(5)
    same(printed(5, "--market", "um")[0],
         f'{{"s":"BTCUSDT","market":"um","a":5,"p":"{row.p}","q":"{row.q}","f":{row.f},'
         f'"l":{row.l},"T":{row.T // 1000},"m":{str(row.m).lower()}}}')
    record = json.loads(printed(8, "--as", "trade", "--ms")[0])
    row = SPOT.row(8)
    same((list(record), record["trade_id"], record["side"], record["timestamp_ms"],
          record["timestamp"][-4:]),
         (["product_id", "price", "quantity", "timestamp", "timestamp_ms", "trade_id", "side",
           "exchange"], 8, "sell" if row.m else "buy", row.T // 1000, "000Z"))


# Faults: how they are told what to strike.

@case("faults: by path, product, day, n-th request; until switched off; a slip is refused")
async def _():
    async with Exchange(products=(BTC, ETH)) as exchange:
        async def statuses(*paths):
            return [(await exchange.get(path)).status for path in paths]

        async def switch(**spec):
            await exchange.get("/_control/faults", method="DELETE")
            same((await exchange.post("/_control/faults", spec)).status, 200)
        eth = TRADES.replace("XBT", "ETH")
        await switch(do="rest-answer", status=502, path="/0/public/Tr*")
        same(await statuses(AGG, "/0/public/AssetPairs", TRADES, TRADES), [200, 200, 502, 200])
        await switch(do="rest-answer", status=502, product=ETH, times="always")
        same(await statuses(TRADES, eth, AGG, eth), [200, 502, 200, 502])
        await switch(do="rest-answer", status=503, product="ETHUSDT")
        same(await statuses(AGG, eth, AGG.replace("BTC", "ETH")), [200, 200, 503])
        await switch(do="rest-answer", status=502, product=ETH, request=2)
        same(await statuses(eth, TRADES, TRADES, eth, eth), [200, 200, 200, 502, 200])
        await switch(do="rest-answer", status=502, request="2-3", times="always")
        same(await statuses(TRADES, TRADES, TRADES, TRADES), [200, 502, 502, 200])
        await switch(do="rest-answer", status=502, request="2-", times="always")
        same(await statuses(TRADES, TRADES, TRADES), [200, 502, 502])
        await switch(do="archive-missing", day=DAY2)
        same(await statuses(archive(DAY1), archive(DAY2), archive(DAY2, "um")), [200, 404, 404])
        await switch(do="no-last")
        same(await statuses("/0/public/AssetPairs"), [200])
        same((await exchange.state())["faults"][0]["left"], 1)
        same(["last" in (await exchange.get(TRADES)).json()["result"] for _ in range(2)],
             [False, True])
        for bad in ({"do": "hole", "ids": "x"}, {"do": "hole", "path": "/", "at": {"trade": 1}},
                    {"do": "truncate", "how": "close"}, {"do": "hang", "after": "all"},
                    {"do": "zip-damaged", "bit": 1}, {"do": "mute", "path": "/"},
                    {"do": "no-last", "product": "NOPE"}, {"do": "no-last", "request": "a"}):
            same((bad, (await exchange.post("/_control/faults", bad)).status), (bad, 400))


@case("faults: --help names every one of them, with its members")
async def _():
    text = run("exchange", "--help").stdout
    for _, name, members, about in faults.catalogue():
        assert f"\n  {name}" in text and all(member in text for member in members), name
        assert about, name
    for name in ("BINANCE_API_URL", "BINANCE_ARCHIVE_URL", "--kraken-rate", "--binance-minute"):
        assert name in text, name


# The rest.

@case("compression for those who take it, of what faults have left")
async def _():
    async with Exchange({"do": "truncate", "path": "/0/*", "request": 3},
                        compress=True) as exchange:
        takes = {"Accept-Encoding": "deflate, gzip"}
        plain = await exchange.get(TRADES + "&count=9")
        packed = await exchange.get(TRADES + "&count=9", takes)
        same((plain.header("Content-Encoding"), packed.header("Content-Encoding")), (None, "gzip"))
        same(gzip.decompress(packed.body), plain.body)
        zipped = await exchange.get(archive(DAY1), takes)
        same(zipped.header("Content-Encoding"), None)
        cut = await exchange.get(TRADES + "&count=9", takes)
        same(cut.body, packed.body[:len(packed.body) // 2])


@case("the control shows what clients have sent, and what they got")
async def _():
    async with Exchange({"do": "rest-answer", "status": 502, "request": 2}) as exchange:
        for _ in range(3):
            await exchange.get(TRADES + "&since=5", {"User-Agent": "tester/1", "X-Key": "k"})
        state = await exchange.state()
        same(state["answers"], {"/0/public/Trades": {"200": 2, "502": 1}})
        same((state["agents"], state["rest"]), ({"tester/1": 3}, {"/0/public/Trades": 3}))
        same((state["recent"][-1]["target"], state["recent"][-1]["headers"]["x-key"]),
             (TRADES + "&since=5", "k"))


@case("exchange: options reach the venues, the ready file names them, its tape is the one printed")
async def _():
    with tempfile.TemporaryDirectory() as folder:
        ready = os.path.join(folder, "ready")
        process = await asyncio.create_subprocess_exec(
            os.path.join(SERVERS, "exchange"),
            "--plain", "--ready-file", ready, "--binance", "XYZUSDT", "--binance-start", "-9",
            "--binance-days", "2", "--binance-per-day", "70", "--binance-weight", "8",
            "--binance-minute", str(ENDLESS), "--kraken-rate", "1", "--epoch", "2026-01-01",
            "--fault", '{"do":"void","ids":"71"}', stdout=asyncio.subprocess.PIPE)
        await process.stdout.readline()
        with open(ready, encoding="ascii") as text:
            urls = dict(line.rstrip("\n").split("=", 1) for line in text)
        same(list(urls), ["WS_URL", "REST_URL", "BINANCE_API_URL", "BINANCE_ARCHIVE_URL"])
        exchange = Exchange()
        exchange.port = int(urls["BINANCE_API_URL"].rsplit(":", 1)[1])
        answers = [await exchange.get("/api/v3/aggTrades?symbol=XYZUSDT&limit=3&fromId=70", US)
                   for _ in range(3)]
        same([each.status for each in answers], [200, 200, 429])
        printed = run("tape", "binance", "XYZUSDT", "70", "72", "--start", "-9", "--per-day", "70",
                      "--void", "71").stdout
        same(answers[0].body.decode()[2:-2].replace("},{", "\n"),
             printed.replace('{"s":"XYZUSDT",', "").replace("}\n", "\n").rstrip())
        printed = json.loads(run("tape", "kraken", BTC, "1", "1", "--epoch", "2026-01-01").stdout)
        same((await exchange.page("&since=0&count=1"))["rows"][0][0], f"{printed['price']:.5f}")
        same(printed["timestamp"][:11], "2026-01-01T")
        process.terminate()
        await process.wait()
        bad = run("exchange", "--plain", "--spacing", "0.1")
        same(bad.returncode, 2)
        assert "trades cannot be less than 0.25 s apart" in bad.stderr


if __name__ == "__main__":
    sys.exit(asyncio.run(run_cases()))
