"""Requests counted as the exchanges count them, so that a client that exceeds its budget is refused
as by the real ones, and a test sees how much of it a client has used."""

import time
from collections import deque

PENALTY = 5  # requests by which refused ones can overdraw a counter
WINDOW_S = 1
MINUTES_KEPT = 1000


class Rate:
    """How often something happens: the highest rate within any second, and on the whole."""

    def __init__(self):
        self.count, self.most = 0, 0
        self.first = self.last = None
        self._recent = deque()

    def take(self, now):
        self.count += 1
        self.first = now if self.first is None else self.first
        self.last = now
        self._recent.append(now)
        while self._recent[0] <= now - WINDOW_S:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))

    def seconds(self):
        return self.last - self.first if self.count else 0


class Leaky:
    """Kraken's counter of one pair: each request adds one, refused ones too, and it falls by the
    rate each second. No rate: nothing is refused."""

    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.requests, self.refused = Rate(), 0
        self._level, self._at = 0.0, 0.0

    def take(self, now):
        """Whether a request is granted; now in seconds of any clock."""
        self.requests.take(now)
        if not self.rate:
            return True
        self._level = max(0.0, self._level - (now - self._at) * self.rate)
        self._at = now
        granted = self._level + 1 <= self.burst
        self._level = min(self._level + 1, self.burst + PENALTY)
        self.refused += not granted
        return granted

    def state(self):
        seconds = self.requests.seconds()
        permitted = self.rate * seconds
        return {"requests": self.requests.count, "refused": self.refused,
                "most_in_a_second": self.requests.most, "seconds": round(seconds, 4),
                "used": round((self.requests.count - self.refused - 1) / permitted, 4)
                if permitted else None}


class Minutes:
    """Binance's weight, by calendar minute (of minute_ms), refused requests included. Who goes on
    after so many refusals in a minute is banned for two."""

    def __init__(self, limit, minute_ms, patience):
        self.limit, self.minute_ms, self.patience = limit, minute_ms, patience
        self.weights = {}
        self.requests = Rate()
        self.refused = {429: 0, 418: 0}
        self.banned_until_ms = 0
        self._refused_now = 0  # in the minute of _minute
        self._minute = None

    def used(self):
        """The weight used in the minute of the last request."""
        return self.weights.get(self._minute, 0)

    def take(self, weight, now):
        """(status, ms to wait) of the refusal, (200, 0) where it is granted; now in ms since
        1970."""
        minute = now // self.minute_ms
        self.requests.take(now / 1000)
        if minute != self._minute:
            self._minute, self._refused_now = minute, 0
        if now < self.banned_until_ms:
            self.refused[418] += 1
            return 418, self.banned_until_ms - now
        used = self.weights[minute] = self.weights.get(minute, 0) + weight
        if len(self.weights) > MINUTES_KEPT:
            del self.weights[min(self.weights)]
        if used <= self.limit:
            return 200, 0
        self._refused_now += 1
        if self._refused_now > self.patience:
            self.banned_until_ms = now + 2 * self.minute_ms
            self.refused[418] += 1
            return 418, self.banned_until_ms - now
        self.refused[429] += 1
        return 429, (minute + 1) * self.minute_ms - now

    def state(self):
        """The share that was used counts the minutes between the first and the last one."""
        whole = sorted(self.weights)[1:-1]
        used = sum(min(self.weights[minute], self.limit) for minute in whole)
        minutes = whole[-1] - whole[0] + 1 if whole else 0
        return {"limit": self.limit, "minute_ms": self.minute_ms,
                "weights": {str(minute): self.weights[minute] for minute in sorted(self.weights)},
                "requests": self.requests.count, "most_in_a_second": self.requests.most,
                "refused": {str(status): count for status, count in self.refused.items()},
                "used": round(used / (minutes * self.limit), 4) if minutes else None}


def now_ms():
    return time.time_ns() // 1_000_000
