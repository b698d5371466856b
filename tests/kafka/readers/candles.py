#!/usr/bin/python3
"""Reads trades as the service "candles" does: quixstreams with its presets, JSON values, the
time of an event from its timestamp_ms, one candle a product and window. But it begins with the
earliest trade, so that nobody needs to wait until it has its place.

usage: candles.py BROKERS TOPIC OUTPUT-TOPIC SEEN

Candles go to the output topic, one as each trade changes it; to the file SEEN go the trades as they
came, one JSON line each. Goes on until SIGTERM."""

import json
import sys

from quixstreams import Application

WINDOW_MS = 60_000


def event_time(value, _headers, _timestamp, _timestamp_type):
    return value["timestamp_ms"]


def check(trade, key):
    """What a reader of trades relies on."""
    if key != trade["product_id"].encode():
        raise ValueError(f"the key {key!r} is not the product of {trade}")
    if not float(trade["price"]) > 0 or not float(trade["quantity"]) >= 0:
        raise ValueError(f"no price or no quantity: {trade}")
    if not isinstance(trade["timestamp_ms"], int):
        raise ValueError(f"the time is no integer: {trade}")


def first(trade):
    price = float(trade["price"])
    return {"pair": trade["product_id"], "open": price, "high": price, "low": price,
            "close": price, "volume": float(trade["quantity"])}


def further(candle, trade):
    price = float(trade["price"])
    return candle | {"high": max(candle["high"], price), "low": min(candle["low"], price),
                     "close": price, "volume": candle["volume"] + float(trade["quantity"])}


def main(brokers, topic, output, seen):
    app = Application(broker_address=brokers, consumer_group=f"candles-{topic}",
                      auto_offset_reset="earliest", state_dir=f"{topic}.state")
    trades = app.topic(topic, value_deserializer="json", timestamp_extractor=event_time)
    with open(seen, "w", encoding="utf-8", buffering=1) as lines:
        def note(trade, key, _timestamp, _headers):
            check(trade, key)
            lines.write(json.dumps(trade) + "\n")

        stream = app.dataframe(trades).update(note, metadata=True)
        stream = stream.tumbling_window(WINDOW_MS).reduce(reducer=further, initializer=first)
        stream = stream.current()
        stream = stream.apply(lambda window: window["value"] | {"start": window["start"]})
        stream.to_topic(app.topic(output, value_serializer="json"))
        app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
