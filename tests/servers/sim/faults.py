"""What can go wrong, by name. A fault is one function under @fault, which gives its name, the event
at which it strikes unless its spec says otherwise, and its members with their defaults. Here are
those of the WebSocket; rest_faults has what can happen to any answer, page_faults what is wrong
with rows and pages, archive_faults with archives. "exchange --help" lists all.

Events, in the order in which a connection meets them:
  accept      a TCP connection was taken, nothing is read yet ("connection" counts all of these)
  handshake   a WebSocket handshake was read, no answer is sent yet
  open        it is answered, the status message is not sent yet
  subscribe   a symbol of a request is about to be answered (subject: the answer)
  acked       the symbols of a request are acknowledged, their snapshots not sent yet
  subscribed  the snapshots are sent
  trade       the trade that "at" names has been sent, or was passed (subject: the feed)
  rest        a request was read, no answer is made yet ("connection" counts requests)

A spec is {"do":NAME, members...}, and of these: "connection": 2, "2-4" or "2-" (WebSocket
handshakes, counted from 1; default every one), "times": 1 or "always", "product":NAME, and "at":
{"product":NAME,"trade":N} or {"event":EVENT}.

At requests there are more: "path":PATH, in which * stands for anything; "day":DATE of an archive;
"request": 2, "2-4" or "2-", which counts the requests that path, product and day fit, since the
fault was switched on. What such a fault changes is its stage:
  request   the answer is not made: the fault has its own (subject: nothing)
  select    what a page or an archive is made of: which ids there are
  rows      the rows that were found
  page      what stands around them
  csv       the lines of an archive
  file      an archive, and its checksum
  answer    the answer, and how it is sent
A fault that finds nothing to change at a request has not struck.
"""

import asyncio
import os
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import NamedTuple

from . import http, websocket

ON_SOCKET = ("open", "subscribe", "acked", "subscribed", "trade")
COMMON = {"do", "at", "connection", "times", "product"}
REST_COMMON = COMMON | {"path", "request", "day"}
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
        _registry[name] = Kind(act, event, events or ON_SOCKET, None, None, 1, None, members)
        return act
    return register


def rest_fault(name, stage, path=None, times=1, prepare=None, **members):
    """A fault at requests: path is where it strikes unless its spec says otherwise; prepare is
    called with the products once it is switched on."""
    def register(act):
        _registry[name] = Kind(act, "rest", ("rest",), stage, path, times, prepare, members)
        return act
    return register


class Choice(tuple):
    """The values of a member; the first is the usual one."""

    def __new__(cls, *values):
        return super().__new__(cls, values)

    def pick(self, spec, name):
        value = spec.get(name, self[0])
        if value not in self:
            raise BadSpec(f"unknown {name} {value!r}: known are {' '.join(self)}")
        return value


class Kind(NamedTuple):
    act: object
    event: str
    events: tuple
    stage: str
    path: str
    times: object
    prepare: object
    members: dict


class Fault:
    def __init__(self, spec, products):
        self.spec = spec
        if not isinstance(spec, dict) or spec.get("do") not in _registry:
            raise BadSpec(f"unknown fault {spec!r}: known are {' '.join(sorted(_registry))}")
        self.kind = _registry[spec["do"]]
        defaults, at = self.kind.members, spec.get("at", {})
        common = REST_COMMON if self.kind.stage else COMMON
        unknown = (set(spec) - common - set(defaults)) | (set(at) - AT)
        if unknown:
            raise BadSpec(f"{spec['do']} has no member {' '.join(sorted(unknown))}")
        self.trade = at.get("trade")
        self.event = at.get("event", self.kind.event if self.trade is None else "trade")
        self.product = at.get("product", spec.get("product"))
        if defaults.get("how") in ENDS and spec.get("how") not in (None, *ENDS):
            raise BadSpec(f"unknown how {spec['how']!r}: known are {' '.join(ENDS)}")
        if self.event not in self.kind.events:
            raise BadSpec(f"{spec['do']} strikes at {' '.join(self.kind.events)}, "
                          f"not at {self.event!r}")
        if (self.event == "trade") != (self.trade is not None and self.product is not None):
            raise BadSpec("the event trade needs a product and a trade, others have no trade")
        if self.product is not None and self.product not in products:
            raise BadSpec(f"unknown product {self.product!r}")
        self.connections = _range(spec.get("connection", "1-"))
        self.requests, self.met = _range(spec.get("request", "1-")), 0
        self.path, self.day = spec.get("path", self.kind.path), spec.get("day")
        times = spec.get("times", self.kind.times)
        self.left = float("inf") if times == "always" else int(times)
        self.members = SimpleNamespace(**{key: spec.get(key, value)
                                          for key, value in defaults.items()})
        self.members.product = self.product
        for name, value in defaults.items():
            if isinstance(value, Choice):
                setattr(self.members, name, value.pick(spec, name))
        if self.kind.stage and "ids" in defaults:
            self.members.ids = ids_of(self.members.ids)
        if self.kind.prepare:
            self.kind.prepare(products.values())

    def waits(self, event, connection, product=None):
        low, high = self.connections
        return (self.left > 0 and self.event == event and low <= connection <= high
                and (product is None or self.product in (None, product)))

    def meets(self, request, number):
        """Whether the request is one that this may strike; counts those that fit."""
        if not (self.waits("rest", number, self.product and (request.product or ""))
                and (self.path is None or fnmatchcase(self._path_of(request), self.path))
                and (self.day is None or f"-{self.day}." in request.path)):
            return False
        self.met += 1
        low, high = self.requests
        return low <= self.met <= high

    def _path_of(self, request):
        """What makes an archive other makes its checksum other, too."""
        is_inside = self.kind.stage not in ("request", "answer")
        return request.path.removesuffix(".CHECKSUM") if is_inside else request.path

    async def strike(self, actor, subject):
        await self.kind.act(actor, self.members, subject)

    def change(self, request, subject):
        """Strikes at a request, which counts only where there was something to change."""
        try:
            struck = self.kind.act(request, self.members, subject)
        except Refused:
            self.left -= 1
            raise
        self.left -= struck is not False

    def state(self):
        return {"spec": self.spec, "left": "always" if self.left == float("inf") else self.left}


def apply(request, stage, subject):
    """Lets the faults of this stage change what a request gets."""
    for each in request.faults:
        if each.kind.stage == stage and each.left > 0:
            each.change(request, subject)


def ids_of(text):
    """5, "5" or "5-9" as (first, last); nothing is all that there are."""
    if text is None:
        return 0, 1 << 64
    first, _, last = str(text).partition("-")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise BadSpec(f"ids are no number or range: {text!r}") from None


def catalogue():
    """All faults for people: name, members with their defaults, what it does."""
    for name, kind in sorted(_registry.items()):
        where = {"path": kind.path} if kind.path else {}
        always = {"times": "always"} if kind.times != 1 else {}
        yield (kind.stage or "socket", name, {**kind.members, **where, **always},
               " ".join((kind.act.__doc__ or "").split()))


def _range(text):
    """3, "3-5" or "3-" as (lowest, highest)."""
    low, dash, high = str(text).partition("-")
    try:
        return int(low), int(high) if high else (float("inf") if dash else int(low))
    except ValueError:
        raise BadSpec(f"no number or range: {text!r}") from None


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

    def meeting(self, request, number):
        """Those that may strike this request."""
        return [each for each in self.active if each.meets(request, number)]

    async def strike(self, event, actor, connection, product=None, passed=None, subject=None):
        for each in list(self.active):
            if each.waits(event, connection, product) and (
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
    """HTML with this status in place of the handshake; or silence."""
    if m.silent:
        while await connection.reader.read(4096):
            pass
        raise Dropped("silent")
    headers = () if m.retry_after is None else (("Retry-After", str(m.retry_after)),)
    raise Refused(http.answer_html(m.status, m.size, headers))


# Connections that stay, and say nothing.

@fault("mute", "subscribed", gap=0, products=None)
async def mute(session, m, _):
    """Nothing more comes, and the connection stays."""
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
    """Acknowledged, but no trade comes."""
    subject.snapshot, subject.mute = False, True
    happen(session, m)


@fault("no-ack", "subscribe", ("subscribe",))
async def no_ack(_, __, answer):
    """The symbol is never answered."""
    answer.silent = True


@fault("late-ack", "subscribe", ("subscribe",), seconds=1)
async def late_ack(_, m, answer):
    """The symbol is answered so many seconds later."""
    answer.delay = m.seconds


@fault("refuse", "subscribe", ("subscribe",), error=None)
async def refuse(_, m, answer):
    """The symbol is refused."""
    answer.error = m.error or f"Currency pair not supported {answer.symbol}"


@fault("no-snapshot", "subscribe", ("subscribe",))
async def no_snapshot(_, __, answer):
    """The snapshot is left out."""
    answer.snapshot = False


# The shape of what is sent.

@fault("fragment", "open", bytes=16, ping=True)
async def fragment(session, m, _):
    """Messages come in fragments of so many bytes, with pings between them."""
    session.ws.fragment, session.ws.ping_between = m.bytes, m.ping


@fault("split", "open", bytes=1, pause=0)
async def split(session, m, _):
    """Messages are written in pieces of so many bytes."""
    session.ws.split, session.ws.pause = m.bytes, m.pause


# Frames that should not be there, and trades that are not.

@fault("garbage", "subscribed", text='{"channel":"trade","type":"update","data":[{"symbol":"BT')
@fault("raw", "subscribed", text='{"channel":"heartbeat"}')
async def raw(session, m, _):
    """This text as a message."""
    await session.ws.send(m.text)


@fault("binary", "subscribed", text=None)
async def binary(session, m, _):
    """A binary message: this text, or noise."""
    payload = os.urandom(64) if m.text is None else m.text
    await session.ws.send(payload, websocket.BINARY)


@fault("wire", "subscribed", hex="c1023f3f")
async def wire(session, m, _):
    """Bytes as they are, with no frame around them."""
    await session.ws.write(bytes.fromhex(m.hex))


@fault("huge", "subscribed", bytes=16 << 20)
async def huge(session, m, _):
    """A heartbeat of so many bytes."""
    frame = '{"channel":"heartbeat","padding":""}'
    await session.ws.send(frame[:-2] + "x" * (m.bytes - len(frame)) + frame[-2:])


@fault("status", "subscribed", system="maintenance")
async def status(session, m, _):
    """A status message."""
    await session.send_status(m.system)


@fault("repeat", "trade", ("trade",))
async def repeat(session, _, __):
    """The last frame once more."""
    await session.ws.send_frames([session.last_frame] if session.last_frame else [])


@fault("skip", "trade", ("trade",), ids=1)
async def skip(session, m, feed):
    """The next ids never exist, neither here nor in REST."""
    feed.product.add_hole(feed.next, feed.next + m.ids - 1)
    feed.product.move_to(feed.next + m.ids - 1)
