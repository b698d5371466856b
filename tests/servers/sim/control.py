"""What tests ask of a running exchange, over the same port:

  GET    /_control/state    heads, connections, what was sent, what clients have requested:
                            "rest" requests of each path, "answers" of each path by status,
                            "recent" requests with their headers, "agents"; "kraken": of each pair
                            "requests", "refused", "most_in_a_second", and "used", the share of its
                            budget from the first request to the last; "binance": "weights" of each
                            minute, "refused" by status, "used", the share of the minutes between
                            the first and the last. Of each product "last" is the newest id that
                            exists, "never" the ids below that never came and never will: 5 or 5-9.
                            "chaos": "seed", "plan", and how many faults of it are "left"
  POST   /_control/faults   switches a fault on; the body is its spec (see faults.py), or a list
  DELETE /_control/faults   switches all off, or with a body {"do":NAME} those
  POST   /_control/head     {"product":NAME|"all","add":N}: so many trades happen;
                            also NAME of a symbol of Binance
  POST   /_control/cut      {"then_add":N,"product":NAME|"all"} and members of the fault drop: ends
                            all WebSocket connections now, and so many trades (0) happen before
                            another can be. Answers once they are over: "cut" tells what each was to
                            be sent next, "missed" how many trades of each product none of them was
                            sent, "products" the heads
  POST   /_control/status   {"system":NAME}: the state of the system from now on, which open
                            connections are told, others when they open, and SystemStatus, too
"""

import asyncio
import json
from functools import partial

from . import http
from .faults import BadSpec
from .socket_faults import SETTLE_S

PREFIX = "/_control/"
SYSTEMS = ("online", "cancel_only", "maintenance", "post_only")
CUT_S = 5


def products(server):
    return {name: {"oldest": product.oldest, "first": product.start, "head": product.head,
                   "last": max(product.last_ids(1), default=None), "never": product.never(),
                   "holes": product.holes}
            for name, product in server.market.products.items()}


def state(server):
    return {
        "products": products(server),
        "accepted": server.accepted,
        "handshakes": server.handshakes,
        "sessions": [session.state() for session in server.sessions],
        "rest": server.rest_requests,
        "answers": server.answers,
        "recent": list(server.recent),
        "agents": server.agents,
        **{name: value for venue in server.venues for name, value in venue.state().items()},
        "system": server.system,
        "chaos": server.chaos and server.chaos.state(server.faults),
        "faults": [fault.state() for fault in server.faults.active],
    }


class Cut:
    """Ends all WebSocket connections, with the answer to those who asked for it."""

    def __init__(self, server, body):
        self.server, self.count = server, int(body.pop("then_add", 0))
        self.products = server.market.select(body.pop("product", None))
        if set(body) & {"do", "at", "gap", "products", "times", "for"}:
            raise BadSpec("a cut has other members than a fault")
        self.fault = server.faults.make({**body, "do": "drop", "at": {"event": "now"}})
        self.sessions = [session for session in server.sessions
                         if session.is_open() and self.fault.waits("now", session.number)]

    async def deliver(self, connection, _):
        for session in self.sessions:
            session.feeding = False
        members = self.fault.members
        if members.how == "rst" and members.settle:
            await asyncio.gather(*(session.ws.settled(SETTLE_S) for session in self.sessions))
            members.settle = False
        for product in self.products:
            self.server.market.advance([product], product.room(self.count))
        answer = http.answer_json(self.report())
        for session in self.sessions:
            session.order(partial(self.fault.strike, session, None))
        await self.over()
        await connection.write(answer.encode(keep=False))

    async def over(self):
        """Waits until all have ended; not for clients that read nothing."""
        ends = (session.connection.ended.wait() for session in self.sessions)
        try:
            await asyncio.wait_for(asyncio.gather(*ends), CUT_S)
        except asyncio.TimeoutError:
            pass

    def report(self):
        shown, following = products(self.server), {}
        for session in self.sessions:
            for name, feed in session.feeds.items():
                following[name] = max(feed.next, following.get(name, 0))
        return {"cut": [{"connection": session.number,
                         "next": {name: feed.next for name, feed in session.feeds.items()}}
                        for session in self.sessions],
                "missed": {name: shown[name]["head"] + 1 - n for name, n in following.items()},
                "products": shown}


class Control:
    """What requests with a body do; each returns the state, or a cut."""

    def __init__(self, server):
        self.server = server

    def faults(self, request):
        body = json.loads(request.body or b"{}")
        if request.method == "DELETE":
            self.server.faults.clear(body.get("do"))
        else:
            for spec in body if isinstance(body, list) else [body]:
                self.server.faults.add(spec)
        return state(self.server)

    def head(self, request):
        body, market = json.loads(request.body), self.server.market
        product = self.server.products.get(body["product"])
        if hasattr(product, "advance"):
            product.advance(body["add"])
        else:
            market.advance(market.select(body["product"]), body["add"])
        return state(self.server)

    def cut(self, request):
        return Cut(self.server, json.loads(request.body or b"{}"))

    def status(self, request):
        system = json.loads(request.body)["system"]
        if system not in SYSTEMS:
            raise ValueError(f"unknown system {system!r}: known are {' '.join(SYSTEMS)}")
        self.server.system = system
        for session in self.server.sessions:
            if session.is_open():
                session.order(partial(session.send_status, system))
        return state(self.server)


def guarded(act, *methods):
    def answer(request):
        if request.method not in methods:
            return http.Answer(405)
        try:
            result = act(request)
        except (ValueError, KeyError, TypeError) as error:
            return http.answer_json({"error": str(error)}, 400)
        return http.Answer(deliver=result.deliver) if isinstance(result, Cut) \
            else http.answer_json(result)
    return answer


def routes(server):
    control = Control(server)
    yield PREFIX + "state", guarded(lambda _: state(server), "GET")
    yield PREFIX + "faults", guarded(control.faults, "POST", "DELETE")
    yield PREFIX + "head", guarded(control.head, "POST")
    yield PREFIX + "cut", guarded(control.cut, "POST")
    yield PREFIX + "status", guarded(control.status, "POST")
