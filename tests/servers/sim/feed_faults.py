"""Subscriptions that are answered otherwise, fall silent or end, and trades that come otherwise
than they should, or not at all. See faults."""

import asyncio
from random import Random

from .faults import ON_FEED, Choice, fault
from .socket_faults import happen


# Subscriptions: the answer to a symbol is changed before it is sent.

@fault("no-ack", "subscribe", ("subscribe",), fed=False)
async def no_ack(_, m, answer):
    """The symbol is never answered; fed all the same, if fed says so."""
    answer.silent, answer.fed = True, m.fed


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


def shuffled(ids, _):
    return Random(len(ids)).sample(ids, len(ids))


# Of the ids of a snapshot and m.trades: those of each message that is sent.
SNAPSHOTS = {
    "repeated": lambda ids, _: [ids, ids],
    "doubled": lambda ids, _: [[n for n in ids for _ in range(2)]],
    "reversed": lambda ids, _: [ids[::-1]],
    "shuffled": lambda ids, n: [shuffled(ids, n)],
    "short": lambda ids, n: [ids[max(0, len(ids) - n):]],
    "stale": lambda ids, n: [ids[:max(0, len(ids) - n)]],
    "holed": lambda ids, n: [ids[:(len(ids) - n) // 2] + ids[(len(ids) + n) // 2:]],
    "empty": lambda _, __: [[]],
}


@fault("snapshot", "subscribe", ("subscribe",), how=Choice(*SNAPSHOTS), trades=10)
async def snapshot(_, m, answer):
    """The snapshot comes twice; with each trade twice; backwards; shuffled; with its last trades
    only (so many); without its last trades; without some in its middle; with none. The trades
    after it are as they should be."""
    answer.messages = lambda ids: SNAPSHOTS[m.how](ids, m.trades)


# Subscriptions that stand, or so it seems.

@fault("mute-symbol", "subscribe", ("subscribe", *ON_FEED), gap=0, products=None, snapshot=False,
       all=False, until=Choice("resubscribed", "reconnected"), seconds=None,
       then=Choice("now", "backlog"))
async def mute_symbol(session, m, subject):
    """Acknowledged (with its snapshot, if snapshot says so), but no trade comes, though they
    happen; heartbeats go on. Of all that is subscribed, if all says so. It ends with another
    subscription or only with the connection; or after so many seconds, when trades come that
    happen then, or all that have not come, too."""
    subject.mute, subject.snapshot = True, m.snapshot
    feeds = list(session.feeds.values()) if m.all else []
    names = {subject.symbol, *(feed.symbol for feed in feeds)}
    for feed in feeds:
        feed.mute = True
    if m.until == "reconnected":
        session.muted |= names
    happen(session, m)
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, unmute, session, names, m.then)


def unmute(session, names, then):
    session.muted -= names
    for feed in session.feeds.values():
        if feed.symbol in names and feed.mute:
            feed.mute = False
            if then == "now":
                feed.next = max(feed.next, feed.product.head + 1)
    session.wake()


@fault("unsubscribe", "trade", ON_FEED, gap=0, products=None, ack=True)
async def unsubscribe(session, m, feed):
    """The subscription ends, with the acknowledgement of a request that nobody made, or
    without."""
    session.feeds.pop(feed.symbol, None)
    happen(session, m)
    if m.ack:
        await session.send_unsubscribed(feed.symbol)


# Trades.

@fault("repeat", "trade", ON_FEED, trades=None)
async def repeat(session, m, feed):
    """The last frame once more, or so many of the latest trades in a frame."""
    if m.trades is None:
        await session.ws.send_frames([session.last_frame] if session.last_frame else [])
    else:
        ids = feed.product.ids(feed.next - m.trades, feed.next - 1, m.trades)
        await session.ws.send_frames([feed.frames.render("update", ids)])


@fault("skip", "trade", ON_FEED, ids=1)
async def skip(session, m, feed):
    """The next ids never exist, neither here nor in REST."""
    product = feed.product
    first = max(feed.next, product.head + 1)
    if count := product.room(m.ids):
        product.add_hole(first, first + count - 1)
        product.move_to(first + count - 1)
        session.wake()


@fault("lose", "trade", ON_FEED, trades=1)
async def lose(session, m, feed):
    """The next trades are left out, though the connection stands; REST has them."""
    session.take(feed, m.trades)


ORDERS = {
    "reversed": lambda ids, _: ids[::-1],
    "shuffled": shuffled,
    "doubled": lambda ids, _: [n for n in ids for _ in range(2)],
    "late": lambda ids, _: ids[1:] + ids[:1],
}


@fault("disorder", "trade", ON_FEED, trades=5, how=Choice(*ORDERS), frames=Choice("one", "each"))
async def disorder(session, m, feed):
    """The next trades come in one frame, or each in its own, backwards, shuffled, each twice, or
    the first one last."""
    ids = ORDERS[m.how](session.take(feed, m.trades), None)
    groups = [ids] if m.frames == "one" else [[n] for n in ids]
    await session.send_trades(feed, groups if ids else [])


@fault("mix", "open", frames=2, seconds=None)
async def mix(session, m, _):
    """So many frames in one: trades of several symbols, where there are several; for so many
    seconds."""
    session.mixed = m.frames
    if m.seconds is not None:
        asyncio.get_running_loop().call_later(m.seconds, setattr, session, "mixed", 1)
