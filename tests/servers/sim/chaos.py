"""Randomised runs: out of a seed, the faults that strike in a run, as specs, and when: each at a
trade. What a run meets is the same for the same seed, products and options, up to what the network
and the client decide: which trade was sent when a connection ended, and how often REST was asked.

It ends: no fault is due, or makes trades happen, within the last trades of each product; what is
switched on with REST is over after a few seconds or answers, what falls silent speaks again after
seconds, with another subscription, or with another connection. A fault whose trade has passed while
nobody was connected strikes at the next subscription. At rate 0 a product that stands still, since
its trades are not sent, moves on all the same, by a trade each second.

Ids are hidden in a share of the seeds only: those never come, neither over the socket nor in
REST."""

from random import Random

CALM = 200  # trades at the end without faults, or
CALM_SHARE = 5  # this part of all
GAPS = (0, 0, 1, 1, 2, 30, 49, 50, 51, 60, 200, 500, 5000)
GAP_SHARE = 4  # a gap is at most this part of the trades
HIDDEN_MAX = 5
REST = "/0/public/Trades"
TRADES = {"path": REST}


class Chaos:
    def __init__(self, seed, products, count, hide):
        self.seed, self.random = seed, Random(seed)
        self.names = [product.name for product in products]
        self.spans = {}
        for product in products:
            total = product.end + 1 - product.start
            product.calm = product.end - min(CALM, total // CALM_SHARE)
            self.spans[product.name] = (product.start, max(product.start, product.calm - 1))
        self.gap_max = min(last - first for first, last in self.spans.values()) // GAP_SHARE
        kinds = [act for act, weight in KINDS for _ in range(weight)]
        self.plan = []
        for _ in range(count):
            self.plan += self.random.choice(kinds)(self)
        if self.random.random() < hide:
            self.plan += [self.at("skip", ids=self.up_to(HIDDEN_MAX))
                          for _ in range(self.up_to(3))]

    def state(self, faults):
        """The share of the plan that has not struck yet."""
        specs = [id(spec) for spec in self.plan]
        left = sum(1 for each in faults.active if id(each.spec) in specs and each.left > 0)
        return {"seed": self.seed, "plan": self.plan, "left": left}

    # What is drawn.

    def up_to(self, most):
        return self.random.randint(1, most)

    def chance(self, share):
        return self.random.random() < share

    def seconds(self, least, most):
        return round(self.random.uniform(least, most), 2)

    def gap(self):
        return min(self.random.choice(GAPS), self.gap_max)

    def at(self, name, **members):
        product = self.random.choice(self.names)
        return {"do": name, **members,
                "at": {"product": product, "trade": self.random.randint(*self.spans[product])}}

    def with_rest(self, spec, share=0.6):
        """The fault, and often one of REST with it, which has to fill the hole."""
        return self.preceded(spec, [self.rest_trouble()] if self.chance(share) else [])

    def preceded(self, spec, others):
        """The fault, and others that are switched on just before it."""
        first = [{"do": "switch-on", "faults": others, "at": spec["at"]}] if others else []
        return [*first, spec]

    def rest_trouble(self):
        draw = self.random
        return draw.choice((
            {"do": "lag", "trades": draw.choice((1, 10, 100)), "for": 1.5},
            {"do": "lag", "seconds": self.seconds(0.1, 2), "for": self.seconds(0.5, 3)},
            {"do": "cached", "for": 3},
            {"do": "rest-switch-on", "faults": [self.drop(at={"event": "now"})], **TRADES},
            {"do": "rest-switch-on", "faults": [self.drop(at={"event": "now"})], **TRADES},
            {"do": "kraken-error", "error": "EGeneral:Too many requests", "times": self.up_to(2)},
            {"do": "kraken-error", "error": "EService:Busy", "times": self.up_to(2)},
            {"do": "kraken-error", "seconds": 1},
            {"do": "rest-answer", "status": draw.choice((502, 503, 504, 520)), **TRADES},
            {"do": "truncate", **TRADES}, {"do": "reset", "after": "body", **TRADES},
            {"do": "hang-up", **TRADES}, {"do": "delay", "seconds": self.seconds(0.1, 1), **TRADES},
            {"do": "drip", "bytes": 500, "pause": 0.002, **TRADES},
            {"do": "short-page", "rows": draw.randint(0, 40), "times": self.up_to(2), **TRADES},
            {"do": "empty", **TRADES}, {"do": "no-last"}, {"do": "repeat-page"}))

    def subscription_trouble(self):
        draw = self.random
        product = draw.choice((None, draw.choice(self.names)))
        where = {} if product is None else {"product": product}
        how = draw.choice(("repeated", "doubled", "reversed", "shuffled", "short", "stale",
                           "holed", "empty"))
        return draw.choice((
            {"do": "snapshot", "how": how, "trades": self.up_to(30), **where},
            {"do": "snapshot", "how": how, "trades": self.up_to(30), **where},
            {"do": "no-snapshot", **where},
            {"do": "late-ack", "seconds": self.seconds(0.05, 0.3), **where},
            {"do": "no-ack", "fed": self.chance(0.5), **where},
            {"do": "mute-symbol", "gap": self.gap(), "seconds": self.seconds(0.3, 1.5), **where},
            {"do": "refuse-handshake", "status": draw.choice((503, 502, 429)),
             "times": self.up_to(2)},
            self.drop(at={"event": draw.choice(("open", "subscribe", "acked", "subscribed"))})))

    # What strikes.

    def drop(self, **members):
        how = {"do": "drop", "how": self.random.choice(("rst", "fin", "eof", "close")),
               "gap": self.gap(), **members}
        if how["how"] != "close" and self.chance(0.2):
            how["torn"] = self.up_to(24)
        if self.chance(0.5):
            how["products"] = "all"
        return how

    def cut(self):
        others = [self.subscription_trouble()] if self.chance(0.5) else []
        others += [self.rest_trouble()] if self.chance(0.5) else []
        spec = self.at("drop")
        return self.preceded({**self.drop(), **spec}, others)

    def refuse(self):
        """A pair is refused when it is asked for again; or all are."""
        product = {"product": self.random.choice(self.names)} if self.chance(0.7) else {}
        times = self.up_to(3) * (1 if product else len(self.names))
        spec = self.at("drop")
        return self.preceded({**self.drop(), **spec}, [{"do": "refuse", "times": times, **product}])

    def fall_silent(self):
        seconds = self.seconds(0.2, 1)
        return self.with_rest(self.at("mute", gap=self.gap(),
                                      seconds=seconds if self.chance(0.5) else None))

    def fall_mute(self):
        until = self.random.choice(("resubscribed", "resubscribed", "reconnected"))
        ends = until == "reconnected" or self.chance(0.5)
        every = self.chance(0.3)
        return self.with_rest(self.at(
            "mute-symbol", gap=self.gap(), all=every, products="all" if every else None,
            until=until,
            seconds=self.seconds(0.3, 1.5) if ends else None,
            then=self.random.choice(("now", "backlog"))))

    def unsubscribe(self):
        return self.with_rest(self.at("unsubscribe", gap=self.gap(), ack=self.chance(0.8)))

    def lose(self):
        return self.with_rest(self.at("lose", trades=max(1, self.gap())))

    def disorder(self):
        return self.with_rest(self.at(
            "disorder", trades=self.random.randint(2, 30),
            frames=self.random.choice(("one", "each")),
            how=self.random.choice(("reversed", "shuffled", "doubled", "late"))))

    def repeat(self):
        return [self.at("repeat", trades=self.random.choice((None, 1, 10, 60)))]

    def mix(self):
        return [self.at("mix", frames=self.random.randint(2, 5), seconds=self.seconds(0.1, 2))]

    def split(self):
        return [self.at("split", bytes=self.random.choice((1, 2, 7, 100)),
                        pause=self.random.choice((0, 0, 0.001)), seconds=self.seconds(0.05, 0.5))]

    def fragment(self):
        return [self.at("fragment", bytes=self.random.choice((5, 16, 125)))]

    def tell(self):
        return [self.at("status", system=each) for each in ("maintenance", "online")]

    def stall(self):
        return [self.at("stall", seconds=self.seconds(0.1, 0.5))]


KINDS = (
    (Chaos.cut, 8), (Chaos.fall_mute, 3), (Chaos.fall_silent, 2), (Chaos.unsubscribe, 2),
    (Chaos.lose, 3), (Chaos.disorder, 3), (Chaos.repeat, 1), (Chaos.mix, 1), (Chaos.split, 1),
    (Chaos.fragment, 1), (Chaos.tell, 1), (Chaos.stall, 1), (Chaos.refuse, 2))
