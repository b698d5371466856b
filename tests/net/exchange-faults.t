#!/usr/bin/python3
"""Faults of the simulated exchange over HTTP: each does what its name says."""

import asyncio
import hashlib
import io
import os
import sys
import zipfile

sys.dont_write_bytecode = True

from sim_cases import case, run_cases, same  # noqa: E402
from sim_http import (AGG, BTC, DAY1, DAY3, PER_DAY, SPOT, TRADES, Exchange, archive,  # noqa: E402
                      csv_ids, ids)
from sim.binance_tape import Row, voided  # noqa: E402
from sim.tape import engine_ns, tape  # noqa: E402

QUIET_S = 0.25


# Faults of any answer.

@case("errors in place of answers: HTML, Kraken's, Binance's, 451, an object, redirect, empty")
async def _():
    restricted = "Service unavailable from a restricted location according to 'b. Eligibility' in"
    for target, spec, status, words in (
            *((TRADES, {"do": "rest-answer", "status": each}, each, "<!DOCTYPE html>")
              for each in (502, 503, 520, 403, 504, 524)),
            (TRADES, {"do": "kraken-error"}, 200, '{"error":["EGeneral:Too many requests"]}'),
            (TRADES, {"do": "kraken-error", "error": "EAPI:Rate limit exceeded"}, 200,
             '{"error":["EAPI:Rate limit exceeded"]}'),
            (TRADES, {"do": "kraken-error", "seconds": 5}, 200, '{"error":["EService:Throttled:1'),
            (AGG, {"do": "binance-error", "status": 418, "retry_after": 120}, 418,
             '{"code":-1003,"msg":"Way too much request weight used; IP banned until 1'),
            (AGG, {"do": "binance-error", "retry_after": 3}, 429, '{"code":-1003,"msg":"Too much'),
            (AGG, {"do": "binance-error", "code": -1001}, 500, '{"code":-1001,"msg":"Internal'),
            (AGG, {"do": "binance-error", "code": -1008}, 503, '{"code":-1008,'),
            (AGG, {"do": "restricted"}, 451, f'{{"code":0,"msg":"{restricted}'),
            (AGG, {"do": "object"}, 200, "{}"),
            (AGG, {"do": "redirect", "location": "/x"}, 302, ""),
            (archive(DAY1), {"do": "redirect", "status": 301}, 301, ""),
            (archive(DAY1), {"do": "archive-html"}, 200, "<!DOCTYPE html>"),
            (TRADES, {"do": "empty"}, 200, "")):
        async with Exchange(spec) as exchange:
            got = await exchange.get(target)
            same((spec, got.status), (spec, status))
            assert got.body.decode().startswith(words) and bool(words) == bool(got.body), got.body
            same(got.header("Retry-After"), None if spec.get("retry_after") is None
                 else str(spec["retry_after"]))
            same(got.header("Location"), spec.get("location", "/elsewhere")
                 if spec["do"] == "redirect" else None)
            same("used" in str(got.headers).lower(), target == AGG)


@case("bodies: cut, of a wrong length, in drops, late")
async def _():
    async with Exchange() as exchange:
        whole = (await exchange.get(TRADES + "&count=5")).body
    for spec, length, body in (
            ({"do": "truncate"}, len(whole), whole[:len(whole) // 2]),
            ({"do": "truncate", "bytes": 7}, len(whole), whole[:7]),
            ({"do": "length"}, len(whole) + 10, whole), ({"do": "length", "by": -9},
                                                         len(whole) - 9, whole),
            ({"do": "drip", "bytes": 100, "pause": 0}, len(whole), whole),
            ({"do": "delay", "seconds": 0.01}, len(whole), whole)):
        async with Exchange(spec) as exchange:
            got = await exchange.get(TRADES + "&count=5")
            same((spec, got.status, got.header("Content-Length"), got.body),
                 (spec, 200, str(length), body))
            same((await exchange.get(TRADES + "&count=5")).body, whole)


@case("drip comes in pieces")
async def _():
    async with Exchange({"do": "drip", "bytes": 1, "pause": 3600}) as exchange:
        reader, writer = await exchange.open(TRADES)
        await reader.readuntil(b"\r\n\r\n")
        try:
            raise AssertionError(await asyncio.wait_for(reader.read(10), QUIET_S))
        except asyncio.TimeoutError:
            writer.close()


@case("connections: hang, reset and hang-up, after the request, the head, half of the body")
async def _():
    async def outcome(exchange):
        reader, writer = await exchange.open(TRADES)
        got = b""
        try:
            while piece := await asyncio.wait_for(reader.read(1 << 20), QUIET_S):
                got += piece
            return got, "end"
        except ConnectionResetError:
            return got, "reset"
        except asyncio.TimeoutError:
            return got, "silence"
        finally:
            writer.close()
    for name, way in (("hang", "silence"), ("reset", "reset")):
        for after in ("request", "head", "body"):
            async with Exchange({"do": name, "after": after, "bytes": 4}) as exchange:
                got, how = await outcome(exchange)
                same((name, after, how), (name, after, way))
                if way == "silence":  # what a reset overtakes may be lost
                    tail = {"request": b"", "head": b"\r\n\r\n", "body": b'\r\n\r\n{"er'}[after]
                    assert got.endswith(tail) and bool(got) == bool(tail), got
    async with Exchange({"do": "hang-up"}, {"do": "truncate", "how": "rst"}) as exchange:
        same([await outcome(exchange), (await outcome(exchange))[1]], [(b"", "end"), "reset"])


@case("cached: the same URL gets the same body for a while, others do not")
async def _():
    async with Exchange({"do": "cached", "seconds": 3600}) as exchange:
        since = engine_ns(tape(BTC).time_us(3000))
        same((await exchange.page(f"&since={since}"))["ids"][-1], 3000)
        exchange.server.market.advance(exchange.server.market.select(BTC), 40)
        same((await exchange.page(f"&since={since}"))["ids"][-1], 3000)
        same((await exchange.page(f"&since={since - 1}"))["ids"][-1], 3040)
    async with Exchange({"do": "cached", "seconds": 0}) as exchange:
        same((await exchange.page())["ids"][-1], 3000)
        exchange.server.market.advance(exchange.server.market.select(BTC), 40)
        same((await exchange.page())["ids"][-1], 3040)


# Faults of pages.

@case("Kraken's pages: last absent or stuck, a warning, other keys")
async def _():
    async with Exchange({"do": "no-last"}) as exchange:
        same((await exchange.page())["last"], None)
    async with Exchange({"do": "stuck-last"}) as exchange:
        page = await exchange.page("&since=0&count=1000")
        same((page["last"], len(page["ids"])), ("0", 1000))
        assert (await exchange.page("&since=0"))["last"] != "0"
    async with Exchange({"do": "warning", "text": "WGeneral:Be careful"}) as exchange:
        page = await exchange.page("&count=2")
        same((page["all"]["error"], page["ids"]), (["WGeneral:Be careful"], [2999, 3000]))
    for form, asked, expected in (("internal", "BTC/USD", "XXBTZUSD"),
                                  ("asked", "XBTUSD", "XBTUSD"), ("altname", "XXBTZUSD", "XBTUSD"),
                                  ("slash", "XBTUSD", BTC)):
        async with Exchange({"do": "key", "form": form}) as exchange:
            got = (await exchange.get(f"/0/public/Trades?pair={asked}")).json()["result"]
            same((form, list(got)), (form, [expected, "last"]))


@case("Kraken's rows without ids, with an odd time, in one nanosecond")
async def _():
    for how, value in (("absent", ()), ("zero", (0,)), ("null", (None,))):
        async with Exchange({"do": "no-id", "ids": "3-4", "how": how}) as exchange:
            rows = (await exchange.page("&since=0&count=5"))["rows"]
            same([tuple(row[6:]) for row in rows], [(1,), (2,), value, value, (5,)])
    for last in (False, True):
        async with Exchange({"do": "odd-time", "ids": "5", "ahead": 60, "last": last}) as exchange:
            page = await exchange.page("&since=0&count=5")
            plain = engine_ns(tape(BTC).time_us(5))
            assert 59 < page["rows"][4][2] - page["rows"][3][2] < 61
            same(page["last"], str(plain + 60 * 10 ** 9 if last else plain))
            same((await exchange.page(f"&since={plain}&count=2"))["ids"], [5, 6])
    async with Exchange({"do": "same-ns", "ids": "501-1700"}) as exchange:
        stamp = engine_ns(tape(BTC).time_us(501))
        page = await exchange.page(f"&since={stamp}&count=1000")
        same((page["ids"], page["last"]), (ids(501, 1500), str(stamp)))
        same(len({row[2] for row in page["rows"]}), 1)
        same((await exchange.page(f"&since={stamp + 1}&count=2"))["ids"], [1701, 1702])
        earlier = engine_ns(tape(BTC).time_us(498))
        same((await exchange.page(f"&since={earlier}&count=1000"))["ids"][-1],
             (await exchange.page(f"&since={earlier}&count=1"))["ids"][0] + 999)


@case("Kraken's since: exclusive, ignored once; pages that are short or empty")
async def _():
    stamp = engine_ns(tape(BTC).time_us(9))
    async with Exchange({"do": "since-exclusive"}) as exchange:
        same((await exchange.page(f"&since={stamp}&count=1"))["ids"], [11])
    async with Exchange({"do": "repeat-page", "request": "2-"}) as exchange:
        first = await exchange.page("&since=0&count=5")
        same((await exchange.page(f"&since={first['last']}&count=5"))["all"], first["all"])
        same((await exchange.page(f"&since={stamp}&count=1"))["ids"], [8])
    async with Exchange({"do": "short-page", "rows": 3}, {"do": "short-page", "request": 2}
                        ) as exchange:
        same((await exchange.page("&since=0"))["ids"], [1, 2, 3])
        page = await exchange.page("&since=5")
        same((page["ids"], page["last"]), ([], "5000000000"))
        same(len((await exchange.page("&since=0"))["ids"]), 1000)


@case("holes: for ever, or in the first answers; rows doubled, disordered, missing; lag")
async def _():
    async with Exchange({"do": "hole", "ids": "4-6"}) as exchange:
        same((await exchange.page("&since=0&count=5"))["ids"], [1, 2, 3, 7, 8])
        same(await exchange.agg_ids("&fromId=3&limit=3"), [3, 7, 8])
        same(csv_ids((await exchange.lines(DAY1))[:5]), [0, 1, 2, 3, 7])
    async with Exchange({"do": "hole", "ids": "4-6", "times": 2, "product": BTC}) as exchange:
        since = engine_ns(tape(BTC).time_us(20))
        got = [(await exchange.page(query))["ids"][:4] for query in (
            "&since=0&count=2", f"&since={since}&count=2", *["&since=0&count=4"] * 3)]
        same((got[0], got[2:]), ([1, 2], [[1, 2, 3, 7], [1, 2, 3, 7], [1, 2, 3, 4]]))
    for spec, expected in (({"do": "doubled", "ids": "2-3"}, [1, 2, 2, 3, 3, 4]),
                           ({"do": "disordered", "ids": "2-4"}, [1, 4, 3, 2]),
                           ({"do": "missing", "ids": "2-3"}, [1, 4])):
        async with Exchange(spec) as exchange:
            same((await exchange.page("&since=0&count=4"))["ids"], expected)
            same(await exchange.agg_ids("&fromId=1&limit=4"), expected)
            same(csv_ids(await exchange.lines(DAY1))[1:len(expected) + 1], expected)
    async with Exchange({"do": "lag", "seconds": 3600, "product": BTC}) as exchange:
        exchange.server.market.advance(exchange.server.market.select(BTC), 5)
        same((await exchange.page())["ids"][-1], 3000)
        await exchange.get("/_control/faults", method="DELETE")
        same((await exchange.page())["ids"][-1], 3005)
    async with Exchange({"do": "lag", "trades": 7}) as exchange:
        same((await exchange.page())["ids"][-1], 2993)
        same((await exchange.agg_ids())[-1], 3 * PER_DAY - 8)
        same((await exchange.page("&since=0&count=3"))["ids"], [1, 2, 3])
    async with Exchange({"do": "lag", "seconds": 4 * 86400}, binance_start="-1",
                        binance_days=2) as exchange:
        same(await exchange.agg_ids(), [])


@case("Binance's rows: void ones, ms in place of us, other members, another order of them")
async def _():
    async with Exchange({"do": "void", "ids": "3-4"}) as exchange:
        rows = await exchange.aggs("&fromId=2&limit=3")
        same([(row["a"], row["p"], row["q"], row["f"], row["l"], row["T"]) for row in rows[1:]],
             [(n, "0", "0", -1, -1, SPOT.time_us(n)) for n in (3, 4)])
        assert rows[0]["p"] != "0"
        same([line.split(",")[1:5] for line in (await exchange.lines(DAY1))[3:5]],
             [["0", "0", "-1", "-1"]] * 2)
        same(voided(Row(1, "2", "3", 4, 5, 6, True)), Row(1, "0", "0", -1, -1, 6, True))
    async with Exchange({"do": "ms"}) as exchange:
        same((await exchange.aggs("&fromId=9&limit=1"))[0]["T"], SPOT.time_us(9) // 1000)
    async with Exchange({"do": "futures-rows"}) as exchange:
        same(list((await exchange.aggs("&limit=1"))[0]), ["a", "p", "q", "f", "l", "T", "m", "nq"])
    async with Exchange({"do": "members-sorted"}) as exchange:
        row = (await exchange.aggs("&limit=1"))[0]
        same(list(row), ["M", "T", "a", "f", "l", "m", "p", "q"])


# Faults of archives.

@case("archives that are not there, are HTML, have no checksum, or another one")
async def _():
    path, checksum = archive(DAY1), archive(DAY1) + ".CHECKSUM"
    async with Exchange() as exchange:
        zipped, line = (await exchange.get(path)).body, (await exchange.get(checksum)).body
    for spec, first, second in (
            ({"do": "archive-missing"}, 404, 404), ({"do": "checksum-missing"}, 200, 404),
            ({"do": "archive-html"}, 200, 200)):
        async with Exchange(spec) as exchange:
            same((spec, [(await exchange.get(each)).status for each in (path, checksum)]),
                 (spec, [first, second]))
    async with Exchange({"do": "checksum-wrong"}) as exchange:
        same((await exchange.get(path)).body, zipped)
        got = (await exchange.get(checksum)).body
        assert got != line and len(got) == len(line) and got[64:] == line[64:], got
    for form, expected in (("upper", line[:64].upper() + line[64:]), ("bare", line[:64] + b"\n"),
                           ("binary", line[:64] + b" *" + line[66:]),
                           ("short", line[:63] + line[64:]),
                           ("name", line[:66] + b"other.zip\n")):
        async with Exchange({"do": "checksum-form", "form": form}) as exchange:
            same((await exchange.get(checksum)).body, expected)


@case("zips that are damaged or cut, with the old checksum or one that agrees")
async def _():
    path, checksum = archive(DAY1), archive(DAY1) + ".CHECKSUM"
    async with Exchange() as exchange:
        zipped, line = (await exchange.get(path)).body, (await exchange.get(checksum)).body
    half = len(zipped) // 2
    for spec, expected in (
            ({"do": "zip-damaged"}, zipped[:half] + bytes([zipped[half] ^ 16]) + zipped[half + 1:]),
            ({"do": "zip-damaged", "byte": 0}, bytes([zipped[0] ^ 16]) + zipped[1:]),
            ({"do": "zip-cut"}, zipped[:half]), ({"do": "zip-cut", "bytes": 5}, zipped[:5])):
        for sealed in (False, True):
            async with Exchange({**spec, "sealed": sealed}) as exchange:
                assert (await exchange.get(path)).body == expected, spec
                agrees = hashlib.sha256(expected).hexdigest().encode() + line[64:]
                same((await exchange.get(checksum)).body, agrees if sealed else line)
                assert (await exchange.get(path)).body == expected, spec


@case("zips with other files in them, not compressed, streamed")
async def _():
    stem = os.path.basename(archive(DAY1))[:-4]
    for form, names in (("renamed", ["other.csv"]), ("two", [stem + ".csv", "other.csv"]),
                        ("none", []), ("stored", [stem + ".csv"]), ("streamed", [stem + ".csv"])):
        async with Exchange({"do": "zip-form", "form": form}) as exchange:
            data = (await exchange.get(archive(DAY1))).body
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                same((form, file.namelist(), file.testzip()), (form, names, None))
                for info in file.infolist():
                    same(info.compress_type, 0 if form == "stored" else 8)
                    same((form, bool(info.flag_bits & 8)), (form, form == "streamed"))


@case("archives that are replaced: both after so many downloads, or one of the two")
async def _():
    def changed(lines):
        rows = SPOT.rows(0, PER_DAY - 1, edition=1)
        return [line.split(",")[2] for line in lines] == [row.q for row in rows]
    async with Exchange({"do": "archive-replaced", "after": 2}) as exchange:
        same([changed(await exchange.lines(DAY1, checked=each == 0)) for each in range(4)],
             [False, False, True, True])
        same(changed(await exchange.lines(DAY1)), True)
    for of, zip_changed in (("zip", True), ("checksum", False)):
        async with Exchange({"do": "archive-replaced", "after": 0, "of": of}) as exchange:
            same(changed(await exchange.lines(DAY1, checked=False)), zip_changed)
            data = (await exchange.get(archive(DAY1))).body
            line = (await exchange.get(archive(DAY1) + ".CHECKSUM")).body
            assert hashlib.sha256(data).hexdigest().encode() != line[:64]


@case("archives: rows missing at the end, headers, quotes, CRLF, torn and strange lines")
async def _():
    header = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
    async with Exchange() as exchange:
        plain = await exchange.lines(DAY3)
        futures = await exchange.lines(DAY3, "um")
    for spec, expected in (
            ({"do": "rows-cut", "rows": 5}, plain[:-5]),
            ({"do": "shifted", "by": -1},
             [f"{int(line.split(',')[0]) - 1},{line.partition(',')[2]}" for line in plain]),
            ({"do": "csv-header"}, [header + ",is_best_match", *plain]),
            ({"do": "csv-header", "bom": True}, ["\ufeff" + header + ",is_best_match", *plain]),
            ({"do": "csv-quoted"}, ['"' + line.replace(",", '","') + '"' for line in plain]),
            ({"do": "csv-crlf"}, [line + "\r" for line in plain]),
            ({"do": "csv-line", "line": 2, "text": "oops"}, [plain[0], "oops", *plain[2:]]),
            ({"do": "csv-torn", "bytes": len(plain[-1]) + 1}, plain[:-1])):
        async with Exchange(spec) as exchange:
            assert await exchange.lines(DAY3) == expected, spec
    async with Exchange({"do": "csv-no-header"}) as exchange:
        same(await exchange.lines(DAY3, "um"), futures[1:])
        same(await exchange.lines(DAY3), plain)


if __name__ == "__main__":
    sys.exit(asyncio.run(run_cases()))
