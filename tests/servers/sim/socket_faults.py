"""Connections that are refused, end or say nothing, and messages that should not be there. See
faults."""

import asyncio
import os

from . import http, websocket
from .faults import ON_SOCKET, Choice, Dropped, Refused, fault

SETTLE_S = 2


# Connections that end.

@fault("drop", "subscribed", how=Choice("fin", "rst", "eof", "close"), code=1012,
       reason="Service restart", gap=0, products=None, settle=True, torn=None)
async def drop(session, m, _):
    """Ends the connection; gap trades happen before the next. A reset waits until the client
    has read what was sent, so that the gap is all it misses; "settle": false cuts at once. With
    torn it ends within a frame: so many bytes of the first one of the gap, or of a heartbeat,
    are sent."""
    session.feeding = False
    if m.how == "rst" and m.settle:
        await session.ws.settled(SETTLE_S)
    happen(session, m)
    await cut(session, m)


async def cut(session, m):
    """Ends the connection as m.how says."""
    if m.torn is not None:
        await session.ws.write(torn_frame(session, m.product)[:m.torn])
        await session.connection.flush()
    await ENDS[m.how](session, m)
    raise Dropped(m.how)


def torn_frame(session, product):
    for name, feed in session.feeds.items():
        if product in (None, name) and feed.next <= feed.product.head:
            return feed.frames.render("update", [feed.next])
    return websocket.encode(b'{"channel":"heartbeat"}')


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
    for product in session.market.select(named):
        session.market.advance([product], product.room(m.gap))


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

@fault("mute", "subscribed", gap=0, products=None, seconds=None)
async def mute(session, m, _):
    """Nothing more comes, not even a pong, and the connection stays: half-open, as the client
    sees it. After so many seconds it goes on where it was; heartbeats of the while are lost."""
    session.feeding, session.ws.silent = False, True
    happen(session, m)
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, speak, session)


def speak(session):
    session.feeding, session.ws.silent = True, False
    session.wake()


@fault("no-heartbeat", "open", seconds=None)
async def no_heartbeat(session, m, _):
    """Heartbeats stop, trades go on; for so many seconds."""
    session.beating = False
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, setattr, session, "beating", True)


@fault("stall", "subscribed", seconds=None)
async def stall(session, m, _):
    """Stops reading what the client sends."""
    session.connection.pause_reading()
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, session.connection.resume_reading)


# The shape of what is sent.

@fault("fragment", "open", bytes=16, ping=True)
async def fragment(session, m, _):
    """Messages come in fragments of so many bytes, with pings between them."""
    session.ws.fragment, session.ws.ping_between = m.bytes, m.ping


@fault("split", "open", bytes=1, pause=0, seconds=None)
async def split(session, m, _):
    """Messages are written in pieces of so many bytes, with pauses between; for so many
    seconds."""
    session.ws.split, session.ws.pause = m.bytes, m.pause
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, setattr, session.ws, "split", 0)


# Messages that should not be there.

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
    """A status message, on this connection."""
    await session.send_status(m.system)


# Others.

@fault("switch-on", "subscribed", ON_SOCKET, faults=())
async def switch_on(session, m, _):
    """Switches these faults on; with "at", when a trade is sent."""
    for spec in m.faults:
        session.faults.add(spec)
