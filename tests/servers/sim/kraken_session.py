"""One connection to Kraken's WebSocket v2: answers requests, and feeds what is subscribed."""

import asyncio
import json
from datetime import datetime, timezone

from . import websocket
from .http import dumps
from .market import NEVER

SNAPSHOT = 50
CONNECTION_ID = 1 << 63  # beyond a signed 64-bit integer, as the exchange's own are
CHUNK_FRAMES = 512  # frames joined for one write
REQUESTS_MAX = 64
REQUESTS_KEPT = 20  # shown by the state, for tests that ask what a client has sent
# Trades in the frame that begins with trade n, by n: mostly one, now and then a whole match.
PATTERN = ([1] * 6 + [2] + [1] * 5 + [3] + [1] * 9 + [2] + [1] * 8) * 3 + [17]


def now_text():
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"


class Frames:
    """The trade frames of one product, as they go over the wire."""

    def __init__(self, product, per_frame):
        self.product = product
        self._sizes = PATTERN if per_frame is None else [per_frame]
        self._ready = {}  # first id -> (frame, last id)

    def prepare(self):
        """Renders all that the tape holds, so that serving it costs next to nothing."""
        first = self.product.start
        while first <= self.product.end:
            ready = self.frame(first, self.product.end)
            self._ready[first] = ready
            first = ready[1] + 1

    def frame(self, first, stop):
        """The frame that begins with trade first, and the last id in it, not above stop."""
        ready = self._ready.get(first)
        if ready and ready[1] <= stop:
            return ready
        last = min(stop, first + self._sizes[first % len(self._sizes)] - 1)
        return self.render("update", range(first, last + 1)), last

    def render(self, kind, ids):
        """A frame of these trades."""
        data = ",".join(map(self.product.tape.native, ids))
        return websocket.encode(f'{{"channel":"trade","type":"{kind}","data":[{data}]}}'.encode())


class Feed:
    """One subscription of a connection: which trade comes next."""

    def __init__(self, product, frames, following, mute):
        self.product, self.frames, self.symbol = product, frames, product.name
        self.next = following
        self.mute = mute


class SymbolAnswer:
    """What a symbol of a subscribe request is going to get. Faults change it."""

    def __init__(self, symbol, snapshot, error):
        self.symbol, self.snapshot, self.error = symbol, snapshot, error
        self.snapshot_asked = snapshot
        self.silent = False  # never answered
        self.fed = True  # though it is never answered
        self.messages = lambda ids: [ids]  # the ids of each message that is a snapshot
        self.mute = False  # acknowledged, never fed
        self.delay = 0  # seconds until it is answered

    @property
    def accepted(self):
        return not self.error and (self.fed or not self.silent)


class Session:
    def __init__(self, server, frames, heartbeat_s, number, connection):
        self.server = server
        self.market, self.faults, self.log = server.market, server.faults, server.log
        self.number, self.connection = number, connection
        self.ws = websocket.WebSocket(connection.reader, connection.writer)
        self.feeds = {}  # symbol -> Feed
        self.feeding = True
        self.beating = True  # heartbeats
        self.muted = set()  # symbols that no subscription brings back
        self.mixed = 1  # frames that are sent as one
        self.last_frame = None
        self.sent = {"frames": 0, "trades": 0}
        self.requests = []
        self.close_code = None
        self._frames, self._heartbeat_s = frames, heartbeat_s
        self._wake = asyncio.Event()
        self._late = []  # tasks of answers that wait
        self._inbox = asyncio.Queue(REQUESTS_MAX)
        self._orders = asyncio.Queue()
        self._methods = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe,
                         "ping": self._ping}

    def state(self):
        return {"connection": self.number, "open": self.is_open(),
                "next": {name: feed.next for name, feed in self.feeds.items()},
                "sent": self.sent, "requests": self.requests, "pongs": self.ws.pongs,
                "close_code": self.close_code}

    def is_open(self):
        return not self.connection.ended.is_set()

    def order(self, act):
        """Has this coroutine function of nobody run as soon as may be; it may end the session."""
        self._orders.put_nowait(act)

    async def _obey(self):
        while True:
            await (await self._orders.get())()

    def wake(self):
        """There may be more to send."""
        self._wake.set()

    async def strike(self, event, **about):
        await self.faults.strike(event, self, self.number, **about)

    async def run(self):
        """Serves the connection until either side ends it."""
        self.market.listen(self._wake)
        tasks = [asyncio.ensure_future(each) for each in (self._read(), self._serve())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.connection.ended.set()
            self.market.forget(self._wake)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self):
        """Apart from all else, so that pings are answered while a fault waits."""
        try:
            while True:
                _, text = await self.ws.receive()
                await self._inbox.put(text)
        except websocket.Closed as closed:
            self.close_code = closed.code
        except websocket.Violation as violation:
            self.close_code = violation.code
            await self.ws.close(violation.code, str(violation))
        self.connection.ended.set()

    async def _serve(self):
        await self.strike("open")
        await self._greet()
        tasks = [asyncio.ensure_future(each) for each in (
            self._answer(), self._feed(), self._heartbeat(), self._obey())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in [*tasks, *self._late]:
                task.cancel()
            await asyncio.gather(*self._late, return_exceptions=True)

    async def _greet(self):
        await self.send_status(self.server.system)

    async def send_status(self, system):
        await self.ws.send(dumps({"channel": "status", "type": "update", "data": [{
            "version": "2.0.10", "system": system, "api_version": "v2",
            "connection_id": CONNECTION_ID + self.number, "upcoming_maintenance": [],
            "emergency": []}]}))

    async def _heartbeat(self):
        while True:
            await asyncio.sleep(self._heartbeat_s)
            if self.feeds and self.beating:
                await self.ws.send('{"channel":"heartbeat"}')

    # Requests.

    async def _answer(self):
        while True:
            text = await self._inbox.get()
            time_in = now_text()
            self.requests = [*self.requests, text.decode("utf-8", "replace")][-REQUESTS_KEPT:]
            try:
                request = json.loads(text)
                act = self._methods[request["method"]]
            except (ValueError, TypeError):
                await self._reply({}, time_in, error="Malformed request", success=False)
            except KeyError:
                await self._reply(request, time_in, error="Event(s) not found", success=False)
            else:
                await act(request, time_in)

    def _reply_text(self, request, time_in, **members):
        """Every reply ends with the same members; req_id only if it was sent."""
        head = {"method": request["method"]} if "method" in request else {}
        tail = {"req_id": request["req_id"]} if "req_id" in request else {}
        return dumps({**head, **members, "time_in": time_in, "time_out": now_text(), **tail})

    async def _reply(self, request, time_in, **members):
        await self.ws.send(self._reply_text(request, time_in, **members))

    async def _ping(self, request, time_in):
        await self._reply({**request, "method": "pong"}, time_in)

    async def _params(self, request, time_in):
        """The parameters of a request for trades of symbols; None when it is another."""
        params = request.get("params")
        if not isinstance(params, dict):
            await self._reply(request, time_in, error="Malformed request", success=False)
        elif params.get("channel") != "trade":
            await self._reply(request, time_in, error="Subscription name invalid", success=False)
        elif not isinstance(params.get("symbol"), list):
            await self._reply(request, time_in, error="Malformed request", success=False)
        else:
            return params
        return None

    async def _subscribe(self, request, time_in):
        params = await self._params(request, time_in)
        if params is None:
            return
        answers, snapshot = [], params.get("snapshot", True)
        for symbol in map(str, params["symbol"]):
            again = symbol in self.feeds or any(symbol == each.symbol for each in answers)
            answer = SymbolAnswer(symbol, snapshot, self._refusal(symbol, again))
            await self.strike("subscribe", product=symbol, subject=answer)
            answers.append(answer)
            if answer.delay:
                self._late.append(asyncio.ensure_future(
                    self._subscribe_late(request, time_in, answer)))
        at_once = [answer for answer in answers if not answer.delay]
        await self._acknowledge(request, time_in, at_once)
        await self.strike("acked")
        feeds = [await self._begin(answer) for answer in at_once if answer.accepted]
        await self.strike("subscribed")
        self._run(feeds)

    async def _subscribe_late(self, request, time_in, answer):
        await asyncio.sleep(answer.delay)
        await self._acknowledge(request, time_in, [answer])
        if answer.accepted:
            self._run([await self._begin(answer)])

    def _refusal(self, symbol, again):
        if symbol not in self.market.products:
            return f"Currency pair not supported {symbol}"
        return "Already subscribed" if again else None

    async def _acknowledge(self, request, time_in, answers):
        texts = []
        for each in answers:
            if each.error:
                texts.append(self._reply_text(request, time_in, error=each.error, success=False,
                                              symbol=each.symbol))
            elif not each.silent:
                result = {"channel": "trade", "snapshot": each.snapshot_asked,
                          "symbol": each.symbol}
                texts.append(self._reply_text(request, time_in, result=result, success=True))
        await self.ws.send_frames([websocket.encode(text.encode()) for text in texts])

    async def _begin(self, answer):
        """Sends the snapshot of a symbol; returns the feed that follows it without a hole."""
        self.market.begin()
        product, frames = self.market.products[answer.symbol], self._frames[answer.symbol]
        feed = Feed(product, frames, product.head + 1,
                    answer.mute or answer.symbol in self.muted)
        if answer.snapshot:
            await self.ws.send_frames([frames.render("snapshot", ids) for ids in
                                       answer.messages(product.last_ids(SNAPSHOT))])
        return feed

    def _run(self, feeds):
        self.feeds.update((feed.product.name, feed) for feed in feeds)
        self._wake.set()

    async def _unsubscribe(self, request, time_in):
        params = await self._params(request, time_in)
        for symbol in map(str, params["symbol"] if params else ()):
            if self.feeds.pop(symbol, None):
                await self.send_unsubscribed(symbol, request, time_in)
            else:
                await self._reply(request, time_in, error="Subscription not found",
                                  success=False, symbol=symbol)

    async def send_unsubscribed(self, symbol, request=None, time_in=None):
        """The acknowledgement, also of a request that nobody made."""
        await self._reply(request or {"method": "unsubscribe"}, time_in or now_text(),
                          success=True, result={"channel": "trade", "symbol": symbol})

    # Trades.

    def take(self, feed, count):
        """The next ids of a feed, at most so many, which it will not send any more. Where they
        have not happened yet they do so now."""
        product, first = feed.product, feed.next
        last = min(product.end, product.calm, first + count - 1)
        if last > product.head:
            self.market.advance([product], last - product.head)
        feed.next = max(first, last + 1)
        return product.ids(first, last, count)

    async def send_trades(self, feed, groups):
        """A frame for each group of ids."""
        await self.ws.send_frames([feed.frames.render("update", ids) for ids in groups])
        self.sent["frames"] += len(groups)
        self.sent["trades"] += sum(map(len, groups))

    def _mix(self, frames):
        """Frames of trades joined, so many to one."""
        for start in range(0, len(frames), self.mixed):
            texts = [websocket.payload_of(frame) for frame in frames[start:start + self.mixed]]
            rest = b"".join(b"," + text[text.index(b"[") + 1:-2] for text in texts[1:])
            yield websocket.encode(texts[0][:-2] + rest + b"]}")

    async def _feed(self):
        while True:
            self._wake.clear()
            frames, struck = self._collect()
            if frames:
                if self.mixed > 1:
                    frames = list(self._mix(frames))
                self.last_frame = frames[-1]
                await self.ws.send_frames(frames)
                self.sent["frames"] += len(frames)
            for feed in struck:
                await self.strike("trade", product=feed.product.name, passed=feed.next - 1,
                                  subject=feed)
            if not frames and not struck:
                await self._wake.wait()

    def _collect(self):
        """Frames to send now, the symbols taking turns, and the feeds at which a fault is due
        once they are sent. They end at the trade at which a fault strikes."""
        turns = []  # (feed, last id to send now, the id at which a fault strikes)
        for feed in self.feeds.values() if self.feeding and not self.ws.closing else ():
            product = feed.product
            feed.next = product.after_holes(feed.next)
            point = self.faults.point(self.number, product.name) or NEVER
            if point < feed.next:
                return [], [feed]
            stop = 0 if feed.mute else min(self.market.limit(product), point)
            turns.append((feed, product.before_hole(feed.next, stop), point))
        frames, struck = [], []
        while turns and not struck and len(frames) < CHUNK_FRAMES:
            turns = [turn for turn in turns if turn[0].next <= turn[1]]
            for feed, stop, point in turns:
                frame, last = feed.frames.frame(feed.next, stop)
                frames.append(frame)
                self.sent["trades"] += last + 1 - feed.next
                feed.next = last + 1
                feed.product.move_to(last)
                if last == point:
                    struck = [feed]
                    break
        return frames, struck
