#!/usr/bin/python3
"""Reads events of loads as who manages them does, and checks each against what is documented of it.

usage: queue_events.py TOPIC FOLDER

Makes FOLDER/ready when nothing later can be missed; adds each event as "QUEUE-ID STATUS RECORDS" to
FOLDER/events, or "fault: ..." with what is wrong with it. Goes on until SIGTERM."""

import asyncio
import json
import sys
from pathlib import Path

import secure

STATUSES = ("started", "loading", "interrupted", "error", "finished")
TEXT = (str,)
MAYBE_TEXT = (str, type(None))
MEMBERS = {
    "queue_id": TEXT, "symbol": TEXT, "type": TEXT, "producer": TEXT, "status": TEXT,
    "message": TEXT, "finished": (bool,), "records_written": (int,), "timestamp": (float,),
    "event": TEXT, "sent_at": (float,), "kafka": TEXT, "kafka_user": TEXT, "kafka_topic": TEXT,
    "arango_url": MAYBE_TEXT, "arango_db": MAYBE_TEXT, "collection_name": MAYBE_TEXT,
}


def faults(event):
    for name, types in MEMBERS.items():
        if name not in event:
            yield f"{name} is missing"
        elif type(event[name]) not in types:
            yield f"{name} is {event[name]!r}"
    status = event.get("status")
    if status not in STATUSES or status != event.get("event"):
        yield "no such status"
    if event.get("finished") is not (status in ("interrupted", "finished")):
        yield "finished is wrong"
    if ("error_message" in event) is not (status == "error"):
        yield "error_message is wrong"


def verdict(value):
    event = json.loads(value.decode("utf-8"))
    wrong = "; ".join(faults(event))
    if wrong:
        return f"fault: {wrong}: {event}"
    return f"{event['queue_id']} {event['status']} {event['records_written']}"


async def read(topic, folder):
    with open(folder / "events", "w", encoding="utf-8", buffering=1) as lines:
        async with secure.consumer(topic) as reader:
            await secure.stand(reader, folder / "ready")
            async for message in reader:
                lines.write(verdict(message.value) + "\n")


async def main(topic, folder):
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    await secure.until_sigterm(read(topic, folder))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
