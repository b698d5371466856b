"""How readers of the loader's topics reach Kafka: SASL_SSL with SCRAM-SHA-512 and the CA's file, as
KAFKA_BOOTSTRAP_SERVERS, KAFKA_USER, KAFKA_PASSWORD and CA_PATH say."""

import asyncio
import os
import signal
import ssl
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer


@asynccontextmanager
async def consumer(topic, **settings):
    """A consumer of the topic; leaves it before what follows."""
    reader = AIOKafkaConsumer(
        topic, bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=os.environ["KAFKA_USER"],
        sasl_plain_password=os.environ["KAFKA_PASSWORD"],
        ssl_context=ssl.create_default_context(cafile=os.environ["CA_PATH"]), **settings)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def stand(reader, ready):
    """Until the reader has its place in each partition, so that nothing later is missed; then makes
    the file."""
    while not reader.assignment():
        await asyncio.sleep(0.05)
    for partition in reader.assignment():
        await reader.position(partition)
    Path(ready).touch()


async def until_sigterm(work):
    """Runs a coroutine that has no end of its own."""
    task = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass
