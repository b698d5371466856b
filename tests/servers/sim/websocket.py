"""RFC 6455 over asyncio streams, both ends, written out by hand because tests need to decide
about every byte: fragments, pings between them, small writes, raw bytes, silence."""

import asyncio
import base64
import hashlib
import os

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
SETTLED = b"settled?"  # tells its pong from those of other pings
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
MESSAGE_MAX = 1 << 20  # far above any request of a client; an answer beyond it is a test's own


class Closed(Exception):
    """The peer closed, with a close frame (its code), or without (None)."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed: {code} {reason}")
        self.code, self.reason = code, reason


class Violation(Exception):
    """The peer broke the protocol; code is what it is told."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code, self.reason = code, reason


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def encode(payload, opcode=TEXT, fin=True, mask=None):
    head, size = opcode | (FIN if fin else 0), len(payload)
    flag = 0 if mask is None else 0x80
    if size < 126:
        header = bytes((head, flag | size))
    elif size < 65536:
        header = bytes((head, flag | 126)) + size.to_bytes(2, "big")
    else:
        header = bytes((head, flag | 127)) + size.to_bytes(8, "big")
    if mask is None:
        return header + payload
    return header + mask + masked(payload, mask)


def payload_of(frame):
    """The payload of a whole unmasked frame as encode() made it."""
    size = frame[1] & 0x7F
    return frame[{126: 4, 127: 10}.get(size, 2):]


def masked(payload, mask):
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


class WebSocket:
    """One end of an open connection. Whole messages go out in the order of the calls, also
    from several tasks."""

    def __init__(self, reader, writer, client=False, message_max=MESSAGE_MAX):
        self.reader, self.writer, self.client = reader, writer, client
        self.message_max = message_max
        self.silent = False  # nothing is written any more, not even a pong
        self.fragment = 0  # cut text messages into pieces of so many bytes,
        self.ping_between = False  # with a ping after each piece
        self.split = 0  # write so many bytes at a time,
        self.pause = 0  # with so many seconds between
        self.closing = False
        self.pongs = 0
        self._pong = asyncio.Event()
        self._lock = asyncio.Lock()

    # Sending.

    async def send(self, payload, opcode=TEXT):
        if isinstance(payload, str):
            payload = payload.encode()
        await self.send_frames([encode(payload, opcode, mask=self._mask())])

    async def send_frames(self, frames):
        """Sends whole frames that encode() made: many at once cost one write."""
        if self.fragment:
            frames = [piece for frame in frames for piece in self._cut(frame)]
        await self.write(b"".join(frames))

    async def write(self, data):
        """Sends raw bytes; waits while the peer does not read."""
        await asyncio.sleep(0)  # else a peer that reads fast starves the other tasks
        async with self._lock:
            if self.silent or self.closing:
                return
            if self.writer.is_closing():
                raise ConnectionResetError("closed")
            while self.split and data:
                self.writer.write(data[:self.split])
                data = data[self.split:]
                await self.writer.drain()
                await asyncio.sleep(self.pause)
            self.writer.write(data)
            await self.writer.drain()

    def _cut(self, frame):
        opcode, payload = frame[0] & 0x0F, payload_of(frame)
        if opcode >= CLOSE:
            yield frame
            return
        for start in range(0, len(payload) or 1, self.fragment):
            last = start + self.fragment >= len(payload)
            yield encode(payload[start:start + self.fragment], CONT if start else opcode, last)
            if self.ping_between and not last:
                yield encode(b"between", PING)

    def _mask(self):
        return os.urandom(4) if self.client else None

    async def settled(self, timeout):
        """Waits until the peer has answered a ping, and so has read all that was sent."""
        self._pong.clear()
        await self.send(SETTLED, PING)
        try:
            await asyncio.wait_for(self._pong.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        return True

    async def close(self, code, reason=""):
        """Sends a close frame; what is sent after it is dropped."""
        payload = code.to_bytes(2, "big") + reason.encode() if code else b""
        await self.send(payload, CLOSE)
        self.closing = True

    # Receiving.

    async def receive(self):
        """The next data message as (opcode, payload). Answers pings and closes on the way."""
        parts, first = [], None
        while True:
            fin, opcode, payload = await self._read_frame()
            if opcode >= CLOSE:
                if not fin or len(payload) > 125:
                    raise Violation(1002, "fragmented or long control frame")
                await self._control(opcode, payload)
                continue
            if (opcode == CONT) != (first is not None):
                raise Violation(1002, "continuation out of place")
            first = opcode if first is None else first
            parts.append(payload)
            if sum(map(len, parts)) > self.message_max:
                raise Violation(1009, "message too big")
            if fin:
                return first, self._whole(first, b"".join(parts))

    @staticmethod
    def _whole(opcode, message):
        if opcode == TEXT:
            try:
                message.decode()
            except UnicodeDecodeError:
                raise Violation(1007, "text is not UTF-8") from None
        return message

    async def _control(self, opcode, payload):
        if opcode == PING:
            try:
                await self.send(payload, PONG)
            except ConnectionError:
                pass  # the peer has ended; what it sent before is still to be read
        elif opcode == PONG:
            self.pongs += 1
            if payload == SETTLED:
                self._pong.set()
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            if not self.closing:
                await self.close(code if code != 1005 else None)
            raise Closed(code, payload[2:].decode("utf-8", "replace"))
        else:
            raise Violation(1002, "unknown opcode")

    async def _read_frame(self):
        try:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            if first & 0x70:
                raise Violation(1002, "reserved bits set")
            if bool(second & 0x80) == self.client:
                raise Violation(1002, "frame masked" if self.client else "frame not masked")
            if size > self.message_max:
                raise Violation(1009, "frame too big")
            mask = b"" if self.client else await self.reader.readexactly(4)
            payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            raise Closed(None) from None
        opcode = first & 0x0F
        if opcode not in (CONT, TEXT, BINARY, CLOSE, PING, PONG):
            raise Violation(1002, "unknown opcode")
        return bool(first & FIN), opcode, masked(payload, mask) if mask else payload
