#!/usr/bin/python3
"""Reads a load as StreamForge's "arango-trades" does: a consumer group of the queue's, from the
latest offset, each message a JSON document that replaces the one of the same key.

usage: arango_trades.py TOPIC FOLDER [SETTING=VALUE]...

QUEUE_ID names the group. Makes FOLDER/ready when nothing later can be missed; at SIGTERM writes the
documents to FOLDER/documents, and to FOLDER/messages how many came. Settings are those of
AIOKafkaConsumer."""

import asyncio
import json
import os
import sys
from pathlib import Path

import secure


class Collection:
    """As much of a database as that reader needs."""

    def __init__(self):
        self.documents, self.messages = {}, 0

    def insert(self, document):
        if "_key" not in document:
            document["_key"] = str(document["trade_id"])
        self.documents[document["_key"]] = document
        self.messages += 1

    def write(self, folder):
        (folder / "documents").write_text(
            "".join(json.dumps(each) + "\n" for each in self.documents.values()), "utf-8")
        (folder / "messages").write_text(f"{self.messages}\n", "utf-8")


async def read(topic, folder, settings, collection):
    group = f"arango-trades-consumer-{os.environ['QUEUE_ID']}"
    settings = {"group_id": group, "auto_offset_reset": "latest"} | settings
    async with secure.consumer(topic, **settings) as reader:
        await secure.stand(reader, folder / "ready")
        async for message in reader:
            collection.insert(json.loads(message.value.decode("utf-8")))
            (folder / "count").write_text(f"{len(collection.documents)}\n", "utf-8")


async def main(topic, folder, *settings):
    folder, collection = Path(folder), Collection()
    settings = dict(each.split("=", 1) for each in settings)
    folder.mkdir(exist_ok=True)
    await secure.until_sigterm(read(topic, folder, settings, collection))
    collection.write(folder)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
