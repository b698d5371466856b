"""Checks where records lie: murmur2.py PARTITIONS RECORDS FIELD FILE

FILE has a line "PARTITION KEY VALUE" for each record. The hash is that of Kafka's Java clients,
written down from its definition (org.apache.kafka.common.utils.Utils.murmur2).
"""

import json
import sys


def murmur2(data):
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    for i in range(0, len(data) - 3, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    tail = data[len(data) & ~3 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


# Values of Kafka's own test (UtilsTest.testMurmur2), as unsigned numbers.
for text, wanted in ((b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)):
    assert murmur2(text) == wanted & 0xFFFFFFFF, text

partitions, records, field = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with open(sys.argv[4], "rb") as file:
    lines = file.read().splitlines()
if len(lines) != records:
    sys.exit(f"{len(lines)} records instead of {records}")
used = set()
for line in lines:
    partition, key, value = line.split(b" ", 2)
    if key.decode() != json.loads(value)[field]:
        sys.exit(f"another key than its {field}: {line}")
    if int(partition) != (murmur2(key) & 0x7FFFFFFF) % partitions:
        sys.exit(f"in another partition than Java's: {line}")
    used.add(partition)
if len(used) < 2:
    sys.exit("all in one partition: this proves nothing")
