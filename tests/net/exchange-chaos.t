#!/usr/bin/python3
"""The simulated exchange at random, and played back; and what compares a client's output with
it."""

import asyncio
import json
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from sim_cases import case, run, run_cases, same  # noqa: E402
from sim_ws import BTC, ETH, Exchange, Refusal, last_of  # noqa: E402
from sim import websocket  # noqa: E402
from sim.chaos import Chaos  # noqa: E402
from sim.market import Product  # noqa: E402
from sim.tape import tape  # noqa: E402

PATIENCE_S = 0.4
SEEDS = range(1, 13)
TOTAL = 400


# Chaos.

class Naive:
    """A client that takes whatever comes, and connects again when nothing does."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.seen = {BTC: set(), ETH: set()}

    def is_done(self):
        return all(50 + TOTAL in seen for seen in self.seen.values())

    async def run(self):
        while not self.is_done():
            try:
                await self.session()
            except (Refusal, websocket.Closed, websocket.Violation, OSError, EOFError):
                pass

    async def session(self):
        client = await self.exchange.client()
        try:
            await client.subscribe(BTC, ETH)
            heard = time.monotonic()
            while not self.is_done() and time.monotonic() < heard + PATIENCE_S:
                _, text = await asyncio.wait_for(client.ws.receive(), PATIENCE_S)
                for each in json.loads(text).get("data", ()):
                    if "trade_id" in each:
                        self.seen[each["symbol"]].add(each["trade_id"])
                        heard = time.monotonic()
        except asyncio.TimeoutError:
            pass
        finally:
            client.writer.close()


async def rest_ids(exchange, name):
    """What REST has, faults that are left or not."""
    while True:
        status, body = await exchange.http("GET", f"/0/public/Trades?pair={name}&since=0")
        try:
            rows = json.loads(body)["result"][name]
            if status == 200 and rows[-1][6] == 50 + TOTAL:
                return {row[6] for row in rows}
        except (ValueError, KeyError, IndexError):
            pass


def never_of(product):
    spans = [each.partition("-") for each in product["never"]]
    return {n for first, _, last in spans for n in range(int(first), int(last or first) + 1)}


@case("chaos: each seed ends healthy; what comes is what there is, and the state says what is not")
async def _():
    struck = hidden = 0

    async def one(seed):
        nonlocal struck, hidden
        async with Exchange(products=(BTC, ETH), trades=TOTAL, chaos=seed,
                            chaos_hide=0.5) as exchange:
            client = Naive(exchange)
            await client.run()
            state = await exchange.get("/_control/state")
            struck += len(state["chaos"]["plan"]) - state["chaos"]["left"]
            # Faults at trades are over by the end; those of REST wait for requests.
            waiting = [each["spec"] for each in state["faults"]
                       if "trade" in each["spec"].get("at", {}) and each["left"]]
            same((seed, waiting), (seed, []))
            exchange.server.faults.clear()
            for name, seen in client.seen.items():
                shown = state["products"][name]
                never, there = never_of(shown), await rest_ids(exchange, name)
                hidden += bool(never)
                same((seed, shown["head"], shown["last"]), (seed, 450, 450))
                same((seed, sorted(there | never)), (seed, last_of(1, 450)))
                same((seed, there & never, seen - there), (seed, set(), set()))
    await asyncio.gather(*map(one, SEEDS))
    assert struck > 12 * len(SEEDS) and 0 < hidden < 2 * len(SEEDS), (struck, hidden)


@case("chaos: the plan is the seed's, is printed as specs, and its faults can be switched on")
async def _():
    def printed(*options):
        done = run("exchange", "--plain", "--trades", "2000", "--chaos", "7", "--chaos-plan",
                   *options)
        same((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def plan(seed, count=12, hide=0.1):
        return Chaos(seed, [Product(name, 51, 50, 2000) for name in (BTC, ETH)], count, hide).plan

    same(printed(), plan(7))
    same(printed("--chaos-faults", "40", "--chaos-hide", "1"), plan(7, 40, 1))
    assert plan(7) != plan(8) and len(plan(7, 40)) >= 40
    names = {spec["do"] for seed in range(30) for spec in plan(seed)}
    assert {"drop", "mute", "mute-symbol", "unsubscribe", "lose", "disorder", "switch-on", "split",
            "mix"} <= names, names
    hiding = [sum(any(spec["do"] == "skip" for spec in plan(seed, hide=share))
                  for seed in range(100)) for share in (0, 0.1, 1)]
    assert hiding[0] == 0 < hiding[1] < 25 and hiding[2] == 100, hiding
    async with Exchange(*plan(7), products=(BTC, ETH), trades=2000):
        pass
    same(run("exchange", "--plain", "--chaos", "1").returncode, 2)


# Captures.

def trade_frame(*ids, kind="update"):
    data = ",".join(map(tape(BTC).native, ids))
    return f'{{"channel":"trade","type":"{kind}","data":[{data}]}}'


ACK = ('{"success":true,"result":{"channel":"trade","symbol":"BTC/USD"},"method":"subscribe",'
       '"odd":1}')
STATUS = '{"channel":"status","type":"update","data":[{"system":"online","odd":1}]}'


class Replayed(Exchange):
    """An exchange that plays these lines back."""

    def __init__(self, *lines, **settings):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write("".join(line + "\n" for line in lines))
        super().__init__(replay=file.name, **settings)
        self.path = file.name

    async def __aexit__(self, *about):
        os.unlink(self.path)
        await super().__aexit__(*about)


@case("replay: frames verbatim after a subscription, statuses before it; each connection gets all")
async def _():
    lines = [STATUS, ACK, trade_frame(1, 2, kind="snapshot"), '{"channel":"heartbeat"}',
             trade_frame(3), "no JSON", trade_frame(3), " " + trade_frame(9), STATUS, ACK]
    async with Replayed(*lines) as exchange:
        for _ in range(2):
            client = await exchange.client()
            same(await client.text(), STATUS)
            same(await client.quiet(), None)
            await client.subscribe(BTC, ETH)
            same((await client.next())["error"], f"Currency pair not supported {ETH}")
            same([await client.text() for _ in lines[1:]], lines[1:])
            same([await client.text() for _ in range(2)], ['{"channel":"heartbeat"}'] * 2)
        same(await exchange.get("/0/public/Trades?pair=XBTUSD"),
             {"error": ["EService:Unavailable"]})


@case("replay: frames without acknowledgements or statuses get some")
async def _():
    async with Replayed(trade_frame(1), trade_frame(2)) as exchange:
        client = await exchange.client()
        same([each["result"]["symbol"] for each in await client.open(BTC, ETH)], [BTC, ETH])
        same([await client.text() for _ in range(2)], [trade_frame(1), trade_frame(2)])


@case("replay: times of receipt pace it, the speed scales them, 0 leaves them aside")
async def _():
    frames = [ACK, trade_frame(1), trade_frame(2), "{}"]
    times = [10 ** 18, 10 ** 18, 10 ** 18 + 300_000_000, 10 ** 18 + 3600 * 10 ** 9]
    lines = [f'{{"received_at":{ns},"frame":{frame}}}' for ns, frame in zip(times, frames)]
    for speed, count, least in ((1, 3, 0.3), (2, 3, 0.15), (0, 4, 0)):
        async with Replayed(*lines, replay_speed=speed) as exchange:
            client = await exchange.client()
            same((await client.next())["channel"], "status")
            began = time.monotonic()
            await client.subscribe(BTC)
            same([await client.text() for _ in range(count)], frames[:count])
            assert time.monotonic() - began >= least
            same(await client.quiet() is None, count < len(frames))


# Comparing.

@case("tape check --any-way: by the socket or by REST, in whatever digits, stamped or not")
async def _():
    socket, rest = (run("tape", name, BTC, "51", "400").stdout.splitlines(True)
                    for name in ("print", "kraken"))
    mixed = [rest[n] if n % 3 else socket[n] for n in range(350)]

    def check(records, *options):
        done = run("tape", "check", "--any-way", *options, text="".join(records))
        return done.returncode, done.stdout.partition("missing")[2]

    well = (0, "=0 doubled=0 disordered=0 altered=0\n")
    same([check(each) for each in (socket, rest, mixed)], [well] * 3)
    same(run("tape", "check", text="".join(mixed)).returncode, 1)
    same(check([run("tape", "kraken", BTC, "51", "400", "--as", "trade").stdout]), well)
    stamped = [line.replace("}\n", ',"received_at":1795294100123456789}\n') for line in mixed]
    same((check(stamped, "--stamped"), check(mixed, "--stamped")[0], check(stamped)[0]),
         (well, 1, 1))
    line = rest[7]
    value = json.loads(line)
    price, seconds = line.partition('"price":')[2].partition(",")[0], value["timestamp"][:19]
    for change in (("sell", "buy") if value["side"] == "sell" else ("buy", "sell"),
                   ('"side"', '"sidf"'), (price, price + "1"), (price, f'"{price}"'),
                   (price, price + "e0"), (seconds, "2023" + seconds[4:]), ("}\n", ',"x":1}\n'),
                   ("}\n", "} \n"), ("Z", "+00:00")):
        assert change[0] in line, change
        same((change, check(rest[:7] + [line.replace(*change, 1)] + rest[8:])),
             (change, (1, "=0 doubled=0 disordered=0 altered=1\n")))
    longer = line.replace(price, price + "0").replace("Z", "00Z")
    same(check(rest[:7] + [longer] + rest[8:]), well)


@case("tape check --state: what the exchange has, without what never came")
async def _():
    with tempfile.NamedTemporaryFile("w") as state:
        async with Exchange({"do": "skip", "ids": 3, "at": {"product": BTC, "trade": 60}},
                            products=(BTC, ETH), trades=20) as exchange:
            client = await exchange.client()
            await client.open(BTC, ETH, snapshot=False)
            trades = []
            while len(trades) < 37:
                trades += (await client.next("trade"))["data"]
            state.write((await exchange.http("GET", "/_control/state"))[1])
            state.flush()
        lines = [tape(each["symbol"]).native(each["trade_id"]) + "\n" for each in trades]

        def check(records, *options):
            done = run("tape", "check", "--state", state.name, *options, text="".join(records))
            return done.returncode, [line.partition(" first")[0] for line in
                                     done.stdout.splitlines()]
        same(check(lines), (0, [f"{BTC}: records=17", f"{ETH}: records=20"]))
        same(check(lines[:-1])[0], 1)
        same(check(lines + [tape(BTC).native(61) + "\n"])[0], 1)
        for said, status, words in (
                ("x: warning: 'BTC/USD': lost trades 61 to 63: so", 0,
                 " unreported=0 misreported=0"),
                ("'BTC/USD': lost trades 61 to 61\n'BTC/USD': lost trades 62 to 63", 0, "=0 mis"),
                ("", 1, " unreported=3 misreported=0"),
                ("'BTC/USD': lost trades 60 to 62", 1, " unreported=1 misreported=1"),
                ("'BTC/USD': lost trades 55 to 70", 1, " unreported=0 misreported=13"),
                ("'BTC/USD': lost trades 61 to 63\n'ETH/USD': lost trades 5 to 5", 1,
                 " unreported=0 misreported=1")):
            with tempfile.NamedTemporaryFile("w") as messages:
                messages.write(said)
                messages.flush()
                done = run("tape", "check", "--state", state.name, "--lost", messages.name,
                           text="".join(lines))
                same((said, done.returncode, words in done.stdout), (said, status, True))
        btc = [line for line in lines if BTC in line]
        same(check(btc)[0], 1)
        same(check(btc[5:], "--product", BTC + "=56-"), (0, [f"{BTC}: records=12"]))
        same(check(btc, "--product", BTC + "=50-")[0], 1)
        same(run("tape", "check", "--product", BTC + "=50-").returncode, 2)


if __name__ == "__main__":
    sys.exit(asyncio.run(run_cases()))
