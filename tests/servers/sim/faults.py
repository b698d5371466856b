"""What can go wrong, by name. A fault is one function under @fault, which gives its name, the event
at which it strikes unless its spec says otherwise, and its members with their defaults. Connections
and messages are in socket_faults, subscriptions and trades in feed_faults; rest_faults has what can
happen to any answer, page_faults what is wrong with rows and pages, archive_faults with archives.
"exchange --help" lists all.

Events, in the order in which a connection meets them:
  accept      a TCP connection was taken, nothing is read yet ("connection" counts all of these)
  handshake   a WebSocket handshake was read, no answer is sent yet
  open        it is answered, the status message is not sent yet
  subscribe   a symbol of a request is about to be answered (subject: the answer)
  acked       the symbols of a request are acknowledged, their snapshots not sent yet
  subscribed  the snapshots are sent
  trade       the trade that "at" names has been sent, or was passed (subject: the feed)
  now         the fault was switched on (subject: each feed, or that of "product"): it strikes all
              connections that are open, once, and is over
  rest        a request was read, no answer is made yet ("connection" counts requests)

A spec is {"do":NAME, members...}, and of these: "connection": 2, "2-4" or "2-" (WebSocket
handshakes, counted from 1; default every one), "times": 1 or "always", "product":NAME, and "at":
{"product":NAME,"trade":N} or {"event":EVENT}. "for": so many seconds after it first struck the
fault is over; until then it strikes always, or "times". "occasion": 2, "2-4" or "2-" counts how
often it could have struck at its event (not at trades).

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

import time
from fnmatch import fnmatchcase
from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

ON_SOCKET = ("open", "subscribe", "acked", "subscribed", "trade", "now")
ON_FEED = ("trade", "now")
REST_COMMON = {"do", "at", "connection", "times", "product", "for", "path", "request", "day"}
COMMON = REST_COMMON - {"path", "request", "day"} | {"occasion"}
AT = {"event", "product", "trade"}

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
        if "occasion" in spec and self.event in ("trade", "now"):
            raise BadSpec("trades and now have no occasions")
        self.occasions, self.occasion = _range(spec.get("occasion", "1-")), 0
        self.period, self.ends = spec.get("for"), None
        times = spec.get("times", self.kind.times if self.period is None else "always")
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
                and (product is None or self.product in (None, product)) and not self.is_over())

    def is_over(self):
        return self.event == "over" or (
            self.ends is not None and time.monotonic() >= self.ends)

    def _begin(self):
        if self.period is not None and self.ends is None:
            self.ends = time.monotonic() + self.period

    def occurs(self):
        """Counts an occasion; whether it is one at which this strikes."""
        self.occasion += 1
        low, high = self.occasions
        return low <= self.occasion <= high

    def feeds_of(self, session):
        """What a strike at once is about: each feed, or none where the fault needs none."""
        if self.product is None and set(self.kind.events) - {"subscribe"} != set(ON_FEED):
            return [None]
        return [feed for name, feed in session.feeds.items() if self.product in (None, name)]

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
        self._begin()
        self.left -= 1
        await self.kind.act(actor, self.members, subject)

    def change(self, request, subject):
        """Strikes at a request, which counts only where there was something to change."""
        try:
            struck = self.kind.act(request, self.members, subject)
        except Refused:
            self._begin()
            self.left -= 1
            raise
        if struck is not False:
            self._begin()
            self.left -= 1

    def state(self):
        left = 0 if self.is_over() else self.left
        return {"spec": self.spec, "left": "always" if left == float("inf") else left}


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

    def __init__(self, products, sessions=()):
        self._products, self._sessions = products, sessions
        self.active = []

    def make(self, spec):
        for other in spec.get("faults", ()) if isinstance(spec, dict) else ():
            self.make(other)  # a slip is to be found before it strikes
        return Fault(spec, self._products)

    def add(self, spec):
        each = self.make(spec)
        self.active.append(each)
        if each.event == "now":
            for session in self._sessions:
                if session.is_open() and each.waits("now", session.number):
                    for feed in each.feeds_of(session):
                        session.order(partial(each.strike, session, feed))
            each.event = "over"

    def clear(self, name=None):
        """Switches off those of this name, or all."""
        self.active[:] = [each for each in self.active if name not in (None, each.spec["do"])]

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
                    each.occurs() if passed is None else each.trade <= passed):
                await each.strike(actor, subject)
