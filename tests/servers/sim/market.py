"""What has happened so far: for each product the ids that exist, moved on by a clock, by the
connections that are served, or by a test."""

import asyncio
import time
from collections import deque

from .tape import tape

NEVER = 1 << 64
MOVES_MAX = 100_000
RESTLESS_S = 1
TICK_S = 0.001  # finer than this the event loop's own granularity shows


class Product:
    def __init__(self, name, first, history, trades):
        self.name, self.tape = name, tape(name)
        self.oldest = max(1, first - history)
        self.start = first  # the first trade that happens live
        self.head = first - 1  # the last trade that has happened
        self.end = NEVER if trades is None else first - 1 + trades
        self.calm = self.end  # faults make no trade beyond it happen
        self.holes = []  # (first, last) of ids that the exchange jumped over
        self.added = 0  # moved on by hand, beside the clock
        self._moves = None  # (when, head), where somebody asks for the past

    def move_to(self, head):
        self.head = max(self.head, min(head, self.end))
        if self._moves is not None:
            self._moves.append((time.monotonic(), self.head))

    def remember(self):
        """From now on head_before() knows."""
        if self._moves is None:
            self._moves = deque([(time.monotonic(), self.head)], MOVES_MAX)

    def head_before(self, seconds):
        """The head as it was so many seconds ago."""
        limit = time.monotonic() - seconds
        while len(self._moves) > 1 and self._moves[1][0] <= limit:
            self._moves.popleft()
        return self._moves[0][1]

    def room(self, count):
        """So many trades, or as many as faults may make happen."""
        return max(0, min(count, self.calm - self.head))

    def never(self):
        """The ids up to the head that never existed, as texts: 5 or 5-9."""
        spans = []
        for first, last in sorted((first, min(last, self.head)) for first, last in self.holes):
            if spans and first <= spans[-1][1] + 1:
                spans[-1][1] = max(last, spans[-1][1])
            elif first <= last:
                spans.append([first, last])
        return [str(first) if first == last else f"{first}-{last}" for first, last in spans]

    def add_hole(self, first, last):
        self.holes.append((first, last))

    def after_holes(self, n):
        """n, or the id after the hole that n lies in."""
        for first, last in sorted(self.holes):
            if first <= n <= last:
                n = last + 1
        return n

    def before_hole(self, n, stop):
        """The last id up to stop that follows n with no hole between."""
        return min([stop] + [first - 1 for first, _ in self.holes if first > n])

    def last_ids(self, count, head=None):
        """The newest ids that exist, ascending."""
        ids, n = [], self.head if head is None else head
        while len(ids) < count and n >= self.oldest:
            if self.after_holes(n) == n:
                ids.append(n)
            n -= 1
        return ids[::-1]

    def ids(self, low, high, count):
        """At most count ids that exist between low and high, ascending."""
        found, n = [], max(low, self.oldest)
        while len(found) < count and n <= min(high, self.head):
            if self.after_holes(n) == n:
                found.append(n)
            n += 1
        return found


class Market:
    """All products, and how time passes. The rate is trades a second of each product; 0 means
    that a trade happens when it is sent, None that only a test moves the heads."""

    def __init__(self, products, rate):
        self.products = {product.name: product for product in products}
        self.rate = rate
        self.began = None
        self.restless = False  # at rate 0 trades happen also while none can be sent
        self._listeners = set()

    def listen(self, event):
        self._listeners.add(event)

    def forget(self, event):
        self._listeners.discard(event)

    def limit(self, product):
        """The last id that may be sent now."""
        return product.end if self.rate == 0 else product.head

    def select(self, name):
        """The products that a request or a fault names; None and "all" mean every one."""
        return list(self.products.values()) if name in (None, "all") else [self.products[name]]

    def advance(self, products, count):
        for product in products:
            product.added += count
            product.move_to(product.head + count)
        self._wake()

    def begin(self):
        """Starts the clock, if there is one and it does not run yet."""
        if self.began is None:
            self.began = time.monotonic()

    async def run(self):
        """Moves the heads with the clock, for as long as it is awaited."""
        if self.rate == 0 and self.restless:
            await self._go_on()
        while self.rate:
            await asyncio.sleep(max(TICK_S, 1 / self.rate / 4))
            if self.began is not None:
                passed = int((time.monotonic() - self.began) * self.rate)
                before = [product.head for product in self.products.values()]
                for product in self.products.values():
                    product.move_to(product.start - 1 + product.added + passed)
                if before != [product.head for product in self.products.values()]:
                    self._wake()

    async def _go_on(self):
        """Where a trade happens when it is sent, now and then one happens all the same: else there
        might be nothing by which a client can tell that it is not sent any."""
        before = {}
        while True:
            await asyncio.sleep(RESTLESS_S)
            still = [product for product in self.products.values()
                     if before.get(product.name) == product.head and self.began is not None]
            self.advance(still, 1)
            before = {product.name: product.head for product in self.products.values()}

    def _wake(self):
        for event in self._listeners:
            event.set()
