#!/usr/bin/python3
"""Inputs for comparisons, always the same ones for the same seed.

usage: generate.py lines COUNT [SEED]       lines of all sources, one in three of them odd
       generate.py numbers COUNT [SEED]     prices and quantities, one a line
       generate.py streams COUNT [SEED]     Trade records of several streams, not all of them once,
                                            in order and there"""

import random
import sys

sys.dont_write_bytecode = True

from trade import Bad, canonical, quote, rfc3339  # noqa: E402

ODD_VALUES = (
    "null", "true", "false", "0", "-0", "-1", "1.5", "1e3", "01", "1.", "NaN", '""', '"x"', "[]",
    "{}", "18446744073709551615", "18446744073709551616", '"18446744073709551615"', '"1e2"',
    '"0"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\u12g4"', '"a\tb"', '"\udcff"', '"\\/"', "[[1]]",
    '{"a":{"b":[]}}', "'x'", "", "1 2", "[1,]",
)
ODD_LINES = (
    "[]", "[ ]", "{}", "17", "null", '"BTC/USD"', "[1,2]", "{", "}", '{"a":1', "\\", "\0",
    '{"channel":"heartbeat"}', '{"channel":"status","type":"update","data":[{"system":"online"}]}',
    '{"method":"pong","req_id":101}', '{"channel":"trade","type":"update","data":[]}',
    '{"channel":"trade","type":"update"}', '{"channel":"trade","data":{}}', '{"channel":7}',
    '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD"}]}',
    '{"method":"subscribe","result":{"channel":"trade","symbol":"BTC/USD"},"success":true}',
    '{"method":"subscribe","result":{}}',
    '{"error":"Currency pair not supported X","method":"subscribe","success":false}',
    '{"Error":"Exceeded msg rate"}',
    '{"error":["EGeneral:Too many requests"]}', '{"error":["EService:Unavailable"],"result":{}}',
    '{"error":[],"result":{"XXBTZUSD":[],"last":"1688671969993150842"}}',
    '{"error":[],"result":{"status":"online","timestamp":"2026-09-30T01:34:50Z"}}',
    '{"code":-1121,"msg":"Invalid symbol."}', '{"result":null,"id":1}',
    '{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","b":1,"a":2,'
    '"T":1672515782136,"m":true,"M":true}',
    '{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","b":[],"a":[]}}',
    '{"stream":"bnbusdt@bookTicker","data":{"u":1,"s":"BNBUSDT","b":"25.3","B":"3","a":"25.4",'
    '"A":"4"}}', '{"stream":"x@aggTrade","data":{"e":"kline","s":"X","k":{}}}', '{"e":"kline"}',
    '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1672515782136}}',
    '[1668,[["1.2","3","1534614057.321597","s","l",""]],"trade","XBT/USD"]',
    '{"event":"heartbeat"}', '{"connectionID":14545728493745856413,"event":"systemStatus"}',
    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
    "1672531436,90.540000,1.10448420", "1,2", "1,1,1,1,1,1577836801481,maybe",
    "1,1,1,1,1,1577836801481,true,false,true", "x,1,1,1,1,1577836801481,true",
    "x0,2,50,0,0,1735689600010866,False,True", "a,b,c,d,e,f,", "a,b,c,d,e,f,7",
    '{"error":[],"result":"x"}', '{"error":[],"result":[]}', '{"error":["W"],"result":{}}',
    '{"error":[],"result":{"X":[],"Y":[]}}', '{"error":["EService:Busy"],"method":"x"}',
    '{"channel":"status","data":[]}', '{"stream":"x@aggTrade","data":null}',
    '{"stream":"x@aggTrade","data":[{"e":"aggTrade"}]}', '{"stream":"x@depth","data":[]}',
    '{"stream":"x@trade","data":{"t":1}}',
    '{"trade_id":7,"price":1,"quantity":1,"timestamp":1790732090331,"symbol":"X"}',
    '[{"id":28457,"price":"4.00000100","qty":"12.0","time":1499865549590}]',
    "[" * 65 + "]" * 65, '{"symbol":' + "[" * 63 + "]" * 63 + "}", "\ufeff{}", "\u00a0{}",
)
# What an object may have beside the members of a trade.
OTHER_MEMBERS = (
    ("e", '"x"'), ("method", '"x"'), ("channel", '"x"'), ("result", "1"), ("id", "2"),
    ("event", '"x"'), ("stream", '"x"'), ("data", "{}"), ("error", '""'), ("error", "[]"),
    ("Error", '"x"'), ("code", "-1"), ("msg", '"x"'), ("symbol", '"x"'), ("count", "1"),
)
NAMES = ("BTC/USD", "ETH/EUR", "BTCUSDT", "1INCH/USD", "\u5e01\u5b89", "\\u00e9\\ud83d\\ude00",
         "a\\/b", "\\u0042TC", 'q\\"\\\\\\n\\u001f', "x" * 256, "x" * 257)
TIMES = ("2026-09-30T01:34:50.331350Z", "2026-09-30T01:34:50Z", "2024-02-29T23:59:59.999999999Z",
         "2026-09-30t01:34:50.1z", "2026-01-01T00:00:00.5+02:00", "2026-12-31T23:30:00-00:45",
         "1970-01-01T00:00:01Z", "1970-01-01T00:00:00.000001Z", "2262-04-11T23:47:16.854775807Z")
ODD_TIMES = ("1970-01-01T00:00:00.000000999Z", "1970-01-01T00:00:00Z", "2023-02-29T00:00:00Z",
             "2262-04-11T23:47:16.854775808Z", "2026-09-30T24:00:00Z", "2026-09-30T23:59:60Z",
             "2026-09-30T01:34:50",
             "2026-09-30 01:34:50Z", "2026-09-30T01:34:50.Z", "2026-09-30T01:34:50.1234567890Z",
             "2026-09-30T01:34:50+24:00", "2026-09-30T01:34:50+0200", "2026-13-01T00:00:00Z",
             "2026-00-01T00:00:00Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59-01:00",
             "2026-09-30T01:60:50Z", " 2026-09-30T01:34:50Z", "2026-09-30T01:34:50,5Z")
ODD_SECONDS = ("1577836801", "1.577836801e9", "15778368011E-1", "1577836801.1230000000", "1e0",
               "1577836801.1234567891", "0", "-1", "1.5", "1e-10", "9223372036.854775807",
               "9223372036.854775808", "1e10", "1e99999999999999999999", "1577836801.0", "01.5")
NO_NUMBERS = ("01", "-01", "00.1", "1.", "1.e5", ".5", "+1", "1e", "1e+", "1e+-1", "0x10", "NaN",
              "Infinity", "-", "--1", "1.2.3", "1,5", "null", "true", "", "1f", "\u0661", "1_0")
ZEROS = ("0", "0.0", "0.00000000", "-0", "-0.0", "0e5", "0E-400", "0.0e+99999999999999999999")


def digits(rng, n):
    return str(rng.randrange(10 ** (n - 1), 10 ** n))


def with_point(rng, text):
    """The digits with a point somewhere, perhaps in front."""
    place = rng.randrange(len(text) + 1)
    return (text[:place] or "0") + ("." + text[place:] if place < len(text) else "")


def usual_number(rng):
    kind = rng.getrandbits(3)
    if kind < 4:
        return "%d.%08d" % (rng.getrandbits(4 * kind + 4), rng.randrange(10 ** 8))
    if kind == 4:
        return "%d.%d" % (rng.getrandbits(17), rng.getrandbits(4))
    if kind == 5:
        return str(1 + rng.getrandbits(40))
    if kind == 6:
        return "%d.%04d0000" % (rng.getrandbits(10), rng.getrandbits(13))
    return "0." + "0" * rng.randrange(12) + str(1 + rng.getrandbits(20))


def long_number(rng):
    text = digits(rng, rng.randint(1, 64)) + "0" * rng.choice((0, 0, 0, 1, 7, 40))
    return with_point(rng, text)


def scientific_number(rng):
    text = with_point(rng, digits(rng, rng.randint(1, 20)) + "0" * rng.choice((0, 0, 3)))
    return text + rng.choice("eE") + rng.choice(("", "+", "-", "-")) + \
        "0" * rng.choice((0, 0, 2)) + str(rng.randrange(rng.choice((4, 20, 100))))


def number_at_the_bounds(rng):
    kind = rng.randrange(4)
    if kind == 0:  # around 64 digits
        text = "0" * rng.choice((0, 0, 1, 60)) + digits(rng, rng.randint(62, 66)) + \
            "0" * rng.choice((0, 0, 1, 60))
        place = rng.randint(1, len(text) - 1)
        return (text[:place].lstrip("0") or "0") + "." + text[place:]
    if kind == 1:  # around 128 characters
        return digits(rng, rng.randint(1, 3)) + rng.choice(("e", "e+", "E")) + \
            str(rng.randint(122, 130))
    if kind == 2:
        return with_point(rng, digits(rng, rng.randint(1, 40))) + "e-" + str(rng.randint(84, 130))
    return "0." + "0" * rng.randint(115, 130) + digits(rng, rng.randint(1, 12)) + \
        "0" * rng.choice((0, 1, 30))


def hopeless_number(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(ZEROS)
    if kind == 1:
        return "-" + usual_number(rng)
    if kind == 2:
        return rng.choice(NO_NUMBERS)
    return digits(rng, rng.randint(1, 9)) + "e" + rng.choice(("", "-")) + \
        digits(rng, rng.choice((3, 10, 20, 40)))


def number(rng):
    kind = rng.randrange(64)
    if kind < 36:
        return usual_number(rng)
    if kind < 46:
        return long_number(rng)
    if kind < 57:
        return scientific_number(rng)
    return number_at_the_bounds(rng) if kind < 61 else hopeless_number(rng)


def quoted(text):
    return '"%s"' % text


def time(rng):
    if rng.random() < 0.3:
        return rng.choice(TIMES)
    return "20%02d-%02d-%02dT%02d:%02d:%02d.%06dZ" % (
        rng.randrange(10, 40), rng.randint(1, 12), rng.randint(1, 28), rng.randrange(24),
        rng.randrange(60), rng.randrange(60), rng.randrange(10 ** 6))


def name(rng):
    return rng.choice(NAMES[:4] if rng.random() < 0.8 else NAMES)


def trade_id(rng):
    return str(rng.choice((1, rng.getrandbits(20) + 1, rng.getrandbits(63) + 1, 2 ** 64 - 1)))


def side(rng):
    return quoted(rng.choice(("buy", "sell")))


def good_number(rng):
    return usual_number(rng) + "1"  # no zero


def kraken(rng):
    return [("symbol", quoted(name(rng))), ("side", side(rng)), ("price", good_number(rng)),
            ("qty", good_number(rng)), ("ord_type", quoted(rng.choice(("limit", "market")))),
            ("trade_id", trade_id(rng)), ("timestamp", quoted(time(rng)))]


def trade(rng):
    members = [("product_id", quoted(name(rng))), ("price", good_number(rng)),
               ("quantity", good_number(rng)), ("timestamp", quoted(time(rng))),
               ("trade_id", trade_id(rng)), ("side", side(rng)),
               ("exchange", quoted(rng.choice(("kraken", "binance", "binance-um", "other"))))]
    kind = rng.randrange(6)
    if kind == 0:
        members[1:3] = [(n, quoted(v)) for n, v in members[1:3]]
    elif kind == 1:
        members[3] = ("timestamp_ms", str(rng.randrange(1, 10 ** 13)))
    elif kind == 2:
        members[3:4] = [("timestamp", '"2026-09-30T01:34:50.331350Z"'),
                        ("timestamp_ms", rng.choice(("1790732090331",) * 3 + ("1790732090332",)))]
    elif kind == 3:
        members[4] = ("trade_id", rng.choice(("null", "0", quoted(trade_id(rng)), '"0"', '"0007"')))
    elif kind == 4:
        del members[rng.choice((4, 5))]
    return members


def binance_time(rng):
    return str(rng.randrange(10 ** 12, 2 * 10 ** 12) * rng.choice((1, 1000)))


def binance(rng, market):
    trade_ids = [("f", str(rng.getrandbits(30))), ("l", str(rng.getrandbits(30)))]
    members = [("a", rng.choice(("0", trade_id(rng)))), ("p", quoted(good_number(rng))),
               ("q", quoted(good_number(rng)))] + trade_ids + \
        [("T", binance_time(rng)), ("m", rng.choice(("true", "false")))]
    if rng.random() < 0.04:
        members[1:5] = [("p", '"0"'), ("q", '"0.00000000"'), ("f", "-1"), ("l", "-1")]
    return members if market else members + [("M", "true")]


def binance_native(rng):
    market = rng.choice(("", "", "um", "cm"))
    head = [("s", quoted(name(rng)))] + ([("market", quoted(market))] if market else [])
    return head + binance(rng, market)


def binance_event(rng):
    return [("e", '"aggTrade"'), ("E", "1672515782136"), ("s", quoted(name(rng)))] + \
        binance(rng, rng.random() < 0.3)


def seconds(rng):
    if rng.random() < 0.03:
        return rng.choice(ODD_SECONDS)
    return "%d.%s" % (rng.randrange(10 ** 9, 2 * 10 ** 9), digits(rng, rng.randint(1, 9)))


def kraken_row(rng):
    row = [quoted(good_number(rng)), quoted(good_number(rng)), seconds(rng),
           rng.choice(('"b"', '"s"')), rng.choice(('"l"', '"m"')), '""', trade_id(rng)]
    return row[:rng.choice((6, 7, 7, 7))]


def csv(rng):
    truth = rng.choice((("True", "False"), ("true", "false")))
    if rng.random() < 0.04:
        amounts = ["0", "0.0", "-1", "-1"]
    else:
        amounts = [good_number(rng), good_number(rng), str(rng.getrandbits(30)),
                   str(rng.getrandbits(30))]
    fields = [trade_id(rng)] + amounts + [binance_time(rng), rng.choice(truth)]
    if rng.random() < 0.6:
        fields.append(rng.choice(truth))
    if rng.random() < 0.2:
        fields = [quoted(field) for field in fields]
    return fields


def spoilt(rng, members):
    """The members of an object, one or the other not as usual."""
    members = list(members)
    place = rng.randrange(len(members))
    member, value = members[place]
    kind = rng.randrange(8)
    if kind == 0:
        members[place] = (member, rng.choice(ODD_VALUES))
    elif kind == 1:
        del members[place]
    elif kind == 2:  # the last one counts
        members.insert(rng.randrange(len(members) + 1), (member, rng.choice(ODD_VALUES)))
    elif kind == 3:
        members.insert(rng.randrange(len(members) + 1),
                       ("new", rng.choice(('{"price":[1,{}]}', '"\\ud83d\\ude00"', "1e999"))))
    elif kind == 4:
        rng.shuffle(members)
    elif kind == 5:
        members[place] = ("\\u%04x" % ord(member[0]) + member[1:], value)
    elif kind == 6 and ("timestamp", value) in members:
        members[place] = ("timestamp", quoted(rng.choice(ODD_TIMES)))
    else:
        wanted = [n for n, _ in members if n in ("price", "qty", "quantity", "p", "q")]
        if wanted:
            at = [n for n, _ in members].index(rng.choice(wanted))
            odd = number(rng)
            members[at] = (members[at][0], quoted(odd) if '"' in members[at][1] else odd)
    return members


def with_others(rng, members):
    """With one or two members that have no place there."""
    members = list(members)
    for other in rng.sample(OTHER_MEMBERS, rng.choice((1, 1, 2))):
        members.insert(rng.randrange(len(members) + 1), other)
    return members


def object_text(rng, members, odd):
    if rng.random() < odd:
        members = spoilt(rng, members)
    if rng.random() < odd / 4:
        members = with_others(rng, members)
    comma, colon = ", : " if rng.random() < 0.05 else ",", ":"
    return "{%s}" % comma.join('"%s"%s%s' % (n, colon, v) for n, v in members)


def row_text(rng, row, odd):
    if rng.random() < odd:
        row[rng.randrange(len(row))] = rng.choice(ODD_VALUES)
    return "[%s]" % ",".join(row)


def several(rng, one):
    return ",".join(one() for _ in range(rng.choice((1, 1, 2, 3, 40))))


def line(rng, odd):
    kind = rng.randrange(10)
    if kind < 2:
        return object_text(rng, kraken(rng), odd)
    if kind == 2:
        head = '{"channel":"trade","type":"%s","data":[' % rng.choice(("update", "snapshot"))
        return head + several(rng, lambda: object_text(rng, kraken(rng), odd / 4)) + "]}"
    if kind == 3:
        rows = several(rng, lambda: row_text(rng, kraken_row(rng), odd / 4))
        last = rng.choice(("", ',"last":"1688671969993150842"', ',"count":1', ',"new":null'))
        return object_text(rng, [("error", rng.choice(("[]", "[]", '["WGeneral:Danger"]'))),
                                 ("result", '{"XXBTZUSD":[%s]%s}' % (rows, last))], odd)
    if kind == 4:
        return object_text(rng, binance_native(rng), odd)
    if kind == 5:
        event = object_text(rng, binance_event(rng), odd)
        return event if rng.random() < 0.5 else '{"stream":"x@aggTrade","data":%s}' % event
    if kind == 6:
        rows = several(rng, lambda: object_text(rng, binance(rng, rng.random() < 0.3), odd / 4))
        return "[%s]" % rows
    if kind == 7:
        fields = csv(rng)
        if rng.random() < odd:
            fields[rng.randrange(len(fields))] = rng.choice(("", "x", "-1", "1.5", '"1', "01"))
        return ",".join(fields)
    return object_text(rng, trade(rng), odd)


def stamped(rng, text):
    """As kraken-ws-tail --stamp writes it."""
    if not text.startswith("{"):
        return text
    if '"data":' in text:
        return '{"received_at":%d,"frame":%s}' % (rng.getrandbits(60), text)
    return text[:-1] + ',"received_at":%d}' % rng.getrandbits(60)


def mutated(rng, text):
    """One character of it changed, gone, doubled, or another in front of it."""
    place = rng.randrange(len(text))
    other = rng.choice("0123456789.-+eE\",:{}[]\\ abtuTZ/\t\0\u00e9")
    changed = rng.choice(("", other, other + text[place], text[place] * 2))
    return text[:place] + changed + text[place + 1:]


def cut(rng, text):
    return text[:rng.randrange(len(text))] if text else text


def lines(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.randrange(40)
        if kind < 2:
            yield rng.choice(ODD_LINES)
        elif kind == 2:
            yield cut(rng, line(rng, 0))
        elif kind == 3:
            yield line(rng, 0) + "\r"
        elif kind == 4:
            yield ""
        elif kind == 6 and rng.random() < 0.1:
            yield "\ufeff" + line(rng, 0)
        elif kind == 5:
            yield stamped(rng, line(rng, 0))
        elif kind < 12:
            yield mutated(rng, line(rng, 0))
        else:
            yield line(rng, 0.3)


def numbers(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        yield number(rng)


def within_bounds(rng):
    while True:
        text = number(rng)
        try:
            return canonical(text)
        except Bad:
            continue


def streams(count, seed):
    rng = random.Random(seed)
    kinds = [("kraken", "BTC/USD"), ("kraken", "ETH/USD"), ("binance", "BTCUSDT"),
             ("binance-um", "BTCUSDT"), ("other", 'q"\\ \u5e01')]
    ids = dict.fromkeys(kinds, 1)
    ns = 1_700_000_000_000_000_000
    for _ in range(count):
        kind = rng.choice(kinds)
        ids[kind] = max(1, ids[kind] + rng.choice((1,) * 40 + (0, 0, 2, 3, 70, -1, -5, -60)))
        ns += rng.choice((0, 0, 1000, 123_456_000, -1000, -2000, -3000))
        members = [quote(kind[1]), within_bounds(rng), within_bounds(rng), quote(rfc3339(ns, 6)),
                   ids[kind], side(rng), quote(kind[0])]
        text = '{"product_id":%s,"price":%s,"quantity":%s,"timestamp":%s,"trade_id":%d,' \
            '"side":%s,"exchange":%s}' % tuple(members)
        if rng.random() < 0.01:
            text = text.replace('"trade_id":%d,' % ids[kind], "").replace('"side":"buy",', "")
        yield text


def main():
    kind, count = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    make = {"lines": lines, "numbers": numbers, "streams": streams}[kind]
    for text in make(count, seed):
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape") + b"\n")


if __name__ == "__main__":
    main()
