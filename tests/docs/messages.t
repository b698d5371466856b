#!/usr/bin/python3
"""Each message in the DIAGNOSTICS of a manual is one that the source has: words in capitals stand
for what changes, the rest must be found in the literals of cmd/ and lib/."""

import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
CHANGES = re.compile(r"'?\b(?!JSON\b)[A-Z]+\b'?|\.\.\.|[,;]")
OTHERS_WORDS = {"No space left on device", "Broker: Message size too large"}
SHORTEST = 5  # letters worth looking for


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def literals():
    """All of them, those in pieces joined, conversions as a space."""
    for path in glob.glob(f"{ROOT}/cmd/*.c") + glob.glob(f"{ROOT}/lib/*/*.[ch]"):
        for found in LITERAL.findall(read(path)):
            text = re.sub(r'"\s*"', "", found)[1:-1]
            yield re.sub(r"'?%[.*0-9]*(?:ll|z)?[a-z]'?", "\0", text)


def messages(page):
    section = re.search(r"^\.Sh DIAGNOSTICS\n(.*?)^\.Sh", read(page), re.M | re.S)
    for item in re.findall(r"^\.It (.*)", section[1] if section else "", re.M):
        yield item.replace("\\(aq", "'").replace("\\-", "-").replace("\\&", "")


def unknown(message, known):
    for words in OTHERS_WORDS:
        message = message.replace(words, "...")
    parts = (part.strip(" :'") for part in CHANGES.split(message))
    return [part for part in parts if len(part) >= SHORTEST and part not in known]


def main():
    known, count = "\n".join(literals()), 0
    for page in sorted(glob.glob(f"{ROOT}/man/*.[17]")):
        for message in messages(page):
            count += 1
            missing = unknown(message, known)
            print(f"{'not ' if missing else ''}ok {count} - {os.path.basename(page)}: {message}")
            for part in missing:
                print(f"# no literal holds: {part}")
    print(f"1..{count}")


main()
