"""A capture played back: what kraken-ws-tail --frames has written goes to clients verbatim."""

import asyncio
import json
import re
import time

from . import websocket
from .kraken_session import CHUNK_FRAMES, Session, SymbolAnswer

STAMPED = re.compile(rb'\{"received_at":([0-9]+),"frame":(.*)\}')
BEFORE = b'"channel":"status"'
REQUESTED = b'"method":'


class Capture:
    """A file of frames, read anew for each connection."""

    def __init__(self, path):
        self.path = path
        self.acknowledged = set()  # symbols that the file has an acknowledgement of
        self.greeting = 0  # frames before the first that is no status
        is_greeting = True
        for _, frame in self.frames():
            is_greeting = is_greeting and BEFORE in frame
            self.greeting += is_greeting
            if REQUESTED in frame:
                self._note(frame)

    def _note(self, frame):
        try:
            answer = json.loads(frame)
            if answer["method"] == "subscribe":
                self.acknowledged.add(answer.get("symbol") or answer["result"]["symbol"])
        except (ValueError, TypeError, KeyError):
            pass  # no frame is too odd to be played back

    def frames(self):
        """Times of receipt in ns, None where there is none, and frames."""
        with open(self.path, "rb") as lines:
            for line in lines:
                line = line.removesuffix(b"\n")
                stamped = STAMPED.fullmatch(line)
                yield (int(stamped[1]), stamped[2]) if stamped else (None, line)


class ReplaySession(Session):
    """A connection that gets the capture in place of the tape."""

    def __init__(self, server, capture, speed, *where):
        super().__init__(server, *where)
        self._capture, self._speed = capture, speed
        self._frames_left = capture.frames()
        self._started = asyncio.Event()

    async def _greet(self):
        for _ in range(self._capture.greeting):
            await self.ws.send(next(self._frames_left)[1])
        if not self._capture.greeting:
            await super()._greet()

    async def _subscribe(self, request, time_in):
        params = await self._params(request, time_in)
        if params is None:
            return
        known = self._capture.acknowledged
        made = [SymbolAnswer(symbol, params.get("snapshot", True),
                             known and f"Currency pair not supported {symbol}")
                for symbol in map(str, params["symbol"]) if symbol not in known]
        await self._acknowledge(request, time_in, made)
        await self.strike("acked")
        self._started.set()

    async def _feed(self):
        await self._started.wait()
        began, first, ready = time.monotonic(), None, []
        for received_ns, frame in self._frames_left:
            if received_ns is not None and self._speed:
                first = received_ns if first is None else first
                due = began + (received_ns - first) / 1e9 / self._speed
                if due > time.monotonic():
                    await self._send(ready)
                    await asyncio.sleep(due - time.monotonic())
            ready.append(websocket.encode(frame))
            if len(ready) == CHUNK_FRAMES:
                await self._send(ready)
        await self._send(ready)
        while True:
            await self.ws.send('{"channel":"heartbeat"}')
            await asyncio.sleep(self._heartbeat_s)

    async def _send(self, ready):
        await self.ws.send_frames(ready)
        self.sent["frames"] += len(ready)
        ready.clear()
