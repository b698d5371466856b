"""What can go wrong, by name. A fault is one function below: @fault gives its name, the event at
which it strikes unless its spec says otherwise, and its members with their defaults.

Events, in the order in which a connection meets them:
  accept      a TCP connection was taken, nothing is read yet ("connection" counts all of these)
  handshake   a WebSocket handshake was read, no answer is sent yet
  open        it is answered, the status message is not sent yet
  subscribe   a symbol of a request is about to be answered (subject: the answer)
  acked       the symbols of a request are acknowledged, their snapshots not sent yet
  subscribed  the snapshots are sent
  trade       the trade that "at" names has been sent, or was passed (subject: the feed)
  rest        a REST request was read, no answer is sent yet ("connection" counts requests)

A spec is {"do":NAME, members...}, and of these: "connection": 2, "2-4" or "2-" (WebSocket
handshakes, counted from 1; default every one), "times": 1 or "always", "product":NAME, and "at":
{"product":NAME,"trade":N} or {"event":EVENT}.
"""

import asyncio
import os
from types import SimpleNamespace

from . import http, websocket

ON_SOCKET = ("open", "subscribe", "acked", "subscribed", "trade")
COMMON = {"do", "at", "connection", "times", "product"}
AT = {"event", "product", "trade"}
SETTLE_S = 2

_registry = {}


class BadSpec(ValueError):
    """A fault that cannot be meant: a slip in a spec must not let a test pass untested."""


class Refused(Exception):
    """Ends a request with this answer in place of its own."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


class Dropped(ConnectionError):
    """The connection was ended by a fault."""


def fault(name, event, events=None, **members):
    def register(act):
        _registry[name] = (act, event, events or ON_SOCKET, members)
        return act
    return register


class Fault:
    def __init__(self, spec, products):
        self.spec = spec
        if not isinstance(spec, dict) or spec.get("do") not in _registry:
            raise BadSpec(f"unknown fault {spec!r}: known are {' '.join(sorted(_registry))}")
        self._act, event, events, defaults = _registry[spec["do"]]
        at = spec.get("at", {})
        unknown = (set(spec) - COMMON - set(defaults)) | (set(at) - AT)
        if unknown:
            raise BadSpec(f"{spec['do']} has no member {' '.join(sorted(unknown))}")
        self.trade = at.get("trade")
        self.event = at.get("event", event if self.trade is None else "trade")
        self.product = at.get("product", spec.get("product"))
        if spec.get("how") not in (None, *ENDS):
            raise BadSpec(f"unknown how {spec['how']!r}: known are {' '.join(ENDS)}")
        if self.event not in events:
            raise BadSpec(f"{spec['do']} strikes at {' '.join(events)}, not at {self.event!r}")
        if (self.event == "trade") != (self.trade is not None and self.product is not None):
            raise BadSpec("the event trade needs a product and a trade, others have no trade")
        if self.product is not None and self.product not in products:
            raise BadSpec(f"unknown product {self.product!r}")
        self.connections = _range(spec.get("connection", "1-"))
        times = spec.get("times", 1)
        self.left = float("inf") if times == "always" else int(times)
        self.members = SimpleNamespace(**{key: spec.get(key, value)
                                          for key, value in defaults.items()})
        self.members.product = self.product

    def waits(self, event, connection, product=None, path=None):
        low, high = self.connections
        return (self.left > 0 and self.event == event and low <= connection <= high
                and (product is None or self.product in (None, product))
                and (path is None or self.spec.get("path", path) == path))

    async def strike(self, actor, subject):
        await self._act(actor, self.members, subject)

    def state(self):
        return {"spec": self.spec, "left": "always" if self.left == float("inf") else self.left}


def _range(text):
    """3, "3-5" or "3-" as (lowest, highest)."""
    low, dash, high = str(text).partition("-")
    try:
        return int(low), int(high) if high else (float("inf") if dash else int(low))
    except ValueError:
        raise BadSpec(f"connection is no number or range: {text!r}") from None


class Faults:
    """Those that are switched on."""

    def __init__(self, products):
        self._products = products
        self.active = []

    def add(self, spec):
        self.active.append(Fault(spec, self._products))

    def clear(self):
        self.active.clear()

    def point(self, connection, product):
        """The trade after whose sending the next fault strikes, None when there is none."""
        return min((each.trade for each in self.active
                    if each.waits("trade", connection, product)), default=None)

    async def strike(self, event, actor, connection, product=None, passed=None, path=None,
                     subject=None):
        for each in list(self.active):
            if each.waits(event, connection, product, path) and (
                    passed is None or each.trade <= passed):
                each.left -= 1
                await each.strike(actor, subject)


# Connections that end.

@fault("drop", "subscribed", how="fin", code=1012, reason="Service restart", gap=0,
       products=None, settle=True)
async def drop(session, m, _):
    """Ends the connection; gap trades happen before the next. A reset waits until the client
    has read what was sent, so that the gap is all it misses; "settle": false cuts at once."""
    session.feeding = False
    if m.how == "rst" and m.settle:
        await session.ws.settled(SETTLE_S)
    happen(session, m)
    await ENDS[m.how](session, m)
    raise Dropped(m.how)


async def _reset(session, _):
    session.connection.reset()


async def _fin(session, _):
    await session.connection.half_close()


async def _eof(session, _):
    await session.connection.end_of_data()


async def _close(session, m):
    await session.ws.close(m.code, m.reason)
    await session.connection.peer_end()


ENDS = {"rst": _reset, "fin": _fin, "eof": _eof, "close": _close}


def happen(session, m):
    """Lets m.gap trades happen unseen: of all products when m.products is "all" or none is
    named, otherwise of the one that the fault names."""
    named = m.product if m.products is None else m.products
    session.market.advance(session.market.select(named), m.gap)


@fault("refuse-handshake", "handshake", ("accept", "handshake"), status=503, size=1024,
       retry_after=None, silent=False)
async def refuse_handshake(connection, m, _):
    if m.silent:
        while await connection.reader.read(4096):
            pass
        raise Dropped("silent")
    headers = () if m.retry_after is None else (("Retry-After", str(m.retry_after)),)
    raise Refused(http.answer_html(m.status, m.size, headers))


# Connections that stay, and say nothing.

@fault("mute", "subscribed", gap=0, products=None)
async def mute(session, m, _):
    session.feeding = False
    session.ws.silent = True
    happen(session, m)


@fault("stall", "subscribed", seconds=None)
async def stall(session, m, _):
    """Stops reading what the client sends."""
    session.connection.pause_reading()
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, session.connection.resume_reading)


# Subscriptions: the answer to a symbol is changed before it is sent.

@fault("mute-symbol", "subscribe", ("subscribe", "trade"), gap=0, products=None)
async def mute_symbol(session, m, subject):
    subject.snapshot, subject.mute = False, True
    happen(session, m)


@fault("no-ack", "subscribe", ("subscribe",))
async def no_ack(_, __, answer):
    answer.silent = True


@fault("late-ack", "subscribe", ("subscribe",), seconds=1)
async def late_ack(_, m, answer):
    answer.delay = m.seconds


@fault("refuse", "subscribe", ("subscribe",), error=None)
async def refuse(_, m, answer):
    answer.error = m.error or f"Currency pair not supported {answer.symbol}"


@fault("no-snapshot", "subscribe", ("subscribe",))
async def no_snapshot(_, __, answer):
    answer.snapshot = False


# The shape of what is sent.

@fault("fragment", "open", bytes=16, ping=True)
async def fragment(session, m, _):
    session.ws.fragment, session.ws.ping_between = m.bytes, m.ping


@fault("split", "open", bytes=1, pause=0)
async def split(session, m, _):
    session.ws.split, session.ws.pause = m.bytes, m.pause


# Frames that should not be there, and trades that are not.

@fault("garbage", "subscribed", text='{"channel":"trade","type":"update","data":[{"symbol":"BT')
@fault("raw", "subscribed", text='{"channel":"heartbeat"}')
async def raw(session, m, _):
    await session.ws.send(m.text)


@fault("binary", "subscribed", text=None)
async def binary(session, m, _):
    payload = os.urandom(64) if m.text is None else m.text
    await session.ws.send(payload, websocket.BINARY)


@fault("wire", "subscribed", hex="c1023f3f")
async def wire(session, m, _):
    """Bytes as they are, with no frame around them."""
    await session.ws.write(bytes.fromhex(m.hex))


@fault("huge", "subscribed", bytes=16 << 20)
async def huge(session, m, _):
    frame = '{"channel":"heartbeat","padding":""}'
    await session.ws.send(frame[:-2] + "x" * (m.bytes - len(frame)) + frame[-2:])


@fault("status", "subscribed", system="maintenance")
async def status(session, m, _):
    await session.send_status(m.system)


@fault("repeat", "trade", ("trade",))
async def repeat(session, _, __):
    await session.ws.send_frames([session.last_frame] if session.last_frame else [])


@fault("skip", "trade", ("trade",), ids=1)
async def skip(session, m, feed):
    """The next ids never exist, neither here nor in REST."""
    feed.product.add_hole(feed.next, feed.next + m.ids - 1)
    feed.product.move_to(feed.next + m.ids - 1)


# REST.

@fault("rest-answer", "rest", ("rest",), path=None, status=200, error=None, body=None,
       retry_after=None)
async def rest_answer(_, m, __):
    """Answers with an error of the API, with the given body, or with a page of HTML."""
    headers = () if m.retry_after is None else (("Retry-After", str(m.retry_after)),)
    if m.error is not None:
        raise Refused(http.answer_json({"error": [m.error]}, m.status))
    if m.body is not None:
        raise Refused(http.Answer(m.status, m.body.encode(), headers=headers))
    raise Refused(http.answer_html(m.status, headers=headers))
