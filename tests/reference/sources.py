"""The sources: what a line is told by, and the trades in it."""

import json
import re

from trade import (NUMBER, Bad, Number, Trade, canonical, integer, moment, moment_of_seconds,
                   require, within)

PASSED = object()  # a line that holds no trade
VOID = object()  # a trade that the exchange declared void

OBJECT_MAX = 64 * 1024
DEPTH_MAX = 64
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SURROGATE = re.compile("[\ud800-\udfff]")
BINANCE_MARKETS = {"spot": "binance", "um": "binance-um", "cm": "binance-cm"}
CSV_TRUTH = {"true": True, "True": True, "false": False, "False": False}
CSV_FIRST = re.compile(r'"?[0-9-]')
CSV_HEADER = re.compile(r'"?[A-Za-z][\w" ]*(,"?[A-Za-z][\w" ]*){6,7}', re.ASCII)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
KRAKEN_TRADE = {"symbol", "side", "price", "qty", "timestamp"}
KRAKEN_PARTS = KRAKEN_TRADE | {"trade_id"}
BINANCE_TRADE = {"a", "p", "q", "T", "m"}
BINANCE_PARTS = BINANCE_TRADE | {"s"}
PARTS_THAT_TELL = 4  # what lacks more than that may be anything


def no_lone_surrogate(value):
    if isinstance(value, str):
        require(not SURROGATE.search(value), "a lone surrogate")
    elif isinstance(value, list):
        for element in value:
            no_lone_surrogate(element)


def members_of(pairs):
    for name, value in pairs:
        no_lone_surrogate(name)
        no_lone_surrogate(value)
    return dict(pairs)  # the last one counts


def no_constant(text):
    raise Bad(text)


def depth_of(text):
    depth = deepest = 0
    for character in STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def scan(line):
    """A line as a JSON value, numbers as they were written."""
    try:
        text = line.decode("utf-8")
        value = json.loads(text, parse_int=Number, parse_float=Number,
                           parse_constant=no_constant, object_pairs_hook=members_of)
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise Bad("not JSON") from error
    no_lone_surrogate(value)
    require(depth_of(text) <= DEPTH_MAX, "too deep")
    return value


def is_text(value):
    return isinstance(value, str) and not isinstance(value, Number)


def text_of(record, name):
    value = record.get(name)
    require(is_text(value), name)
    return value


def optional_text(record, name):
    value = record.get(name)
    require(value is None or is_text(value), name)
    return value or ""


def number_of(record, name):
    value = record.get(name)
    require(isinstance(value, Number), name)
    return value


def amount_of(token):
    canonical(token)
    return str(token)


def kraken_id(value):
    """Absent, null or 0: Kraken gave none."""
    if value is None:
        return None
    require(isinstance(value, Number), "trade_id")
    return integer(value) or None


def kraken_trade(record):
    require(isinstance(record, dict), "no object")
    symbol = text_of(record, "symbol")
    require(symbol, "symbol")
    side = text_of(record, "side")
    require(side in ("buy", "sell"), "side")
    optional_text(record, "ord_type")
    optional_text(record, "misc")
    return Trade(symbol, "kraken", amount_of(number_of(record, "price")),
                 amount_of(number_of(record, "qty")), moment(text_of(record, "timestamp")),
                 kraken_id(record.get("trade_id")), side)


def kraken_row(row, product):
    require(isinstance(row, list) and len(row) >= 6, "row")
    price, volume, seconds, side, kind, misc = row[:6]
    require(is_text(price) and is_text(volume) and is_text(misc), "row")
    require(isinstance(seconds, Number), "time")
    require(side in ("b", "s") and is_text(side), "side")
    require(is_text(kind), "order type")
    return Trade(product, "kraken", amount_of(price), amount_of(volume),
                 moment_of_seconds(seconds), kraken_id(row[6] if len(row) > 6 else None),
                 "buy" if side == "b" else "sell")


def binance_time(value):
    number = integer(value)
    return within(number * (10 ** 6 if number < 10 ** 14 else 10 ** 3))


def is_zero(token):
    digits = re.split("[eE]", token)[0]
    return NUMBER.fullmatch(token) is not None and not re.search("[-1-9]", digits)


def is_record(value):
    return {"product_id", "price", "quantity"} <= value.keys() and \
        ("timestamp" in value or "timestamp_ms" in value)


def is_aggtrade_record(value):
    """What --schema aggtrade writes."""
    return {"symbol", "price", "quantity"} <= value.keys() and "side" not in value and \
        isinstance(value.get("timestamp"), Number)


def is_plain_trade(value):
    return {"id", "price", "qty", "time"} <= value.keys() and "e" not in value


def is_binance_trade(value):
    """An aggregate trade as far as it can be told from other things."""
    if "e" in value:
        return is_text(value["e"]) and value["e"] == "aggTrade"
    return {"a", "p"} <= value.keys() or \
        len(BINANCE_PARTS & value.keys()) >= PARTS_THAT_TELL


class Reader:
    def __init__(self, product, exchange):
        self.product = product
        self.exchange = exchange

    def read(self, line):
        """(index, what) for all that is in a line; Bad where the line itself will not do. What is
        a Trade, PASSED, VOID, or None for what is refused."""
        if line.startswith(BYTE_ORDER_MARK):
            line = line[len(BYTE_ORDER_MARK):]
        text = line.decode("latin-1")
        if CSV_FIRST.match(text) and "," in text:
            return [(0, self.csv(line))]
        if CSV_HEADER.fullmatch(text):
            return [(0, PASSED)]
        value = scan(line)
        if isinstance(value, dict) and "received_at" in value and "frame" in value:
            value = value["frame"]
        if isinstance(value, list):
            return self.array(value)
        require(isinstance(value, dict), "no object")
        trade = self.trade(value)
        if trade:
            require(len(line) <= OBJECT_MAX, "too long")
            return [(0, trade(value))]
        if is_text(value.get("channel")) and value["channel"] == "trade":
            return self.kraken_message(value)
        is_stream = "stream" in value and "result" not in value
        if isinstance(value.get("error"), list) and not is_stream:
            return self.kraken_answer(value)
        if "stream" in value or is_text(value.get("e")):
            return [(0, self.binance_message(value))]
        require("code" not in value or "msg" not in value, "an error answer of Binance")
        if "channel" in value or "method" in value or "error" in value or "Error" in value:
            return self.kraken_message(value)
        require("event" not in value, "WebSocket v1")
        if "symbol" in value:
            require(len(line) <= OBJECT_MAX, "too long")
            return [(0, kraken_trade(value))]
        return [(0, self.binance_message(value))]

    def trade(self, value):
        """How an object is read that looks like a trade, whatever else it has; or None."""
        names = value.keys()
        if is_record(value):
            return self.trade_record
        if KRAKEN_TRADE <= names:
            return kraken_trade
        if BINANCE_TRADE <= names and is_binance_trade(value):
            return self.binance_trade
        require(not is_plain_trade(value), "a plain trade")
        require(not is_aggtrade_record(value), "not read back")
        if "product_id" in names:
            return self.trade_record
        if len(KRAKEN_PARTS & names) >= PARTS_THAT_TELL:
            return kraken_trade
        if len(BINANCE_PARTS & names) >= PARTS_THAT_TELL and "e" not in names:
            return self.binance_trade
        return None

    @staticmethod
    def each(elements, read):
        """One refused element leaves the others alone."""
        if not elements:
            yield 0, PASSED
        for index, element in enumerate(elements, 1):
            try:
                yield index, read(element)
            except Bad:
                yield index, None

    def array(self, elements):
        require(not elements or isinstance(elements[0], dict), "WebSocket v1, or foreign")
        objects = [element for element in elements if isinstance(element, dict)]
        trades = [element for element in objects if is_binance_trade(element)]
        plain = [element for element in objects if is_plain_trade(element)]
        if plain and not trades:
            raise Bad("plain trades")
        if trades and not self.product and not any("s" in trade for trade in trades):
            raise Bad("nothing names the product")
        return self.each(elements, self.binance_element)

    def binance_element(self, element):
        """Without the name of an event, or with the right one."""
        require(isinstance(element, dict), "no object")
        event = element.get("e")
        require(not is_text(event) or event == "aggTrade", "no trade")
        return self.binance_trade(element)

    def kraken_answer(self, answer):
        for error in answer["error"]:
            require(is_text(error) and error.startswith("W"), "an error answer")
        require("result" in answer, "no result")
        result = answer["result"]
        require(isinstance(result, dict), "no result of a request for trades")
        names = [name for name in result if isinstance(result[name], list)]
        require(len(names) <= 1, "rows under several names")
        if not names:
            return [(0, PASSED)]
        product = self.product or names[0]
        return self.each(result[names[0]], lambda row: kraken_row(row, product))

    def kraken_message(self, message):
        channel, method = message.get("channel"), message.get("method")
        require(channel is None or is_text(channel), "channel")
        require(method is None or is_text(method), "method")
        if channel == "trade":
            require(isinstance(message.get("data"), list), "data")
            return self.each(message["data"], kraken_trade)
        if channel is not None:
            return [(0, PASSED)]
        require(method is not None, "an error that answers nothing")
        if method in ("subscribe", "unsubscribe"):
            require(message.get("success") is True, "refused, or no acknowledgement")
        require(message.get("error") is None, "a refusal")
        require(not is_text(message.get("Error")), "a refusal")
        return [(0, PASSED)]

    def binance_message(self, message):
        named = is_text(message.get("e")) and message["e"] in ("aggTrade", "trade")
        if "stream" in message and "data" in message and not named:
            return self.binance_stream(message["stream"], message["data"])
        if "e" in message:
            event = text_of(message, "e")
            require(event != "trade", "a plain trade")
            return self.binance_trade(message) if event == "aggTrade" else PASSED
        if "a" in message:
            return self.binance_trade(message)
        require("result" in message and "id" in message, "an error, or foreign")
        return PASSED

    def binance_stream(self, stream, data):
        if isinstance(data, dict) and is_text(data.get("e")):
            return self.binance_message(data)
        stream = stream if is_text(stream) else ""
        require(not stream.endswith("@trade"), "plain trades")
        if isinstance(data, dict) and "e" not in data and \
                (stream.endswith("@aggTrade") or BINANCE_TRADE <= data.keys()):
            return self.binance_trade(data)
        require(not stream.endswith("@aggTrade"), "a stream of trades without a trade")
        return PASSED  # bookTicker and others have no event

    def binance_exchange(self, record):
        """Where no market is shown it is spot, unless the user says."""
        if "market" not in record:
            return self.exchange or "binance"
        market = record["market"]
        require(is_text(market) and market in BINANCE_MARKETS, "market")
        return BINANCE_MARKETS[market]

    def binance_trade(self, record):
        require(isinstance(record, dict), "no object")
        price, quantity = text_of(record, "p"), text_of(record, "q")
        trade_id = integer(number_of(record, "a"))
        time_ns = binance_time(number_of(record, "T"))
        maker = record.get("m")
        require(maker is True or maker is False, "m")
        exchange = self.binance_exchange(record)
        product = text_of(record, "s") if "s" in record else self.product
        require(product, "product_id is missing")
        if is_zero(price) and is_zero(quantity) and record.get("f") == record.get("l") == "-1":
            return VOID
        for name in ("f", "l"):
            require(name not in record or integer(number_of(record, name)) >= 0, name)
        return Trade(product, exchange, amount_of(price), amount_of(quantity), time_ns, trade_id,
                     "sell" if maker else "buy")

    def csv(self, line):
        try:
            fields = line.decode("ascii").split(",")
        except UnicodeDecodeError:
            raise Bad("no ASCII") from None
        fields = [field[1:-1] if re.fullmatch(r'"[^"]*"', field) else field for field in fields]
        require(len(fields) in (7, 8), "columns")
        trade_id, price, quantity, first, last, time, maker = fields[:7]
        require(all(truth in CSV_TRUTH for truth in fields[6:]), "booleans")
        require(self.product, "product_id is missing")
        trade_id, time_ns = integer(trade_id), binance_time(time)
        if is_zero(price) and is_zero(quantity) and first == last == "-1":
            return VOID
        integer(first)
        integer(last)
        return Trade(self.product, self.exchange or "binance", amount_of(price),
                     amount_of(quantity), time_ns, trade_id,
                     "sell" if CSV_TRUTH[maker] else "buy")

    def trade_record(self, record):
        product = text_of(record, "product_id")
        side = record.get("side")
        require(side is None or is_text(side) and side in ("buy", "sell"), "side")
        exchange = optional_text(record, "exchange") or self.exchange
        return Trade(product, exchange, self.loose_amount(record, "price"),
                     self.loose_amount(record, "quantity"), self.record_time(record),
                     self.loose_id(record.get("trade_id")), side)

    @staticmethod
    def loose_amount(record, name):
        require(isinstance(record.get(name), str), name)
        return amount_of(record[name])

    @staticmethod
    def loose_id(value):
        if value is None:
            return None
        require(isinstance(value, str), "trade_id")
        return integer(value)

    @staticmethod
    def record_time(record):
        ms = None
        if "timestamp_ms" in record:
            ms = integer(number_of(record, "timestamp_ms"))
        if "timestamp" not in record:
            require(ms is not None, "timestamp")
            return within(ms * 10 ** 6)
        ns = moment(text_of(record, "timestamp"))
        require(ms is None or ms == ns // 10 ** 6, "timestamp_ms")
        return ns
