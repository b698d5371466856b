#!/usr/bin/python3
"""JSON documents over several lines as one line each, literals as they were written (jq 1.6 rounds
numbers). Reads standard input."""

import re
import sys

# Strings stay; blanks between tokens go.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')


def main():
    text = sys.stdin.buffer.read().decode("utf-8")
    sys.stdout.buffer.write("".join(TOKEN.findall(text)).encode() + b"\n")


if __name__ == "__main__":
    main()
