"""What the tests of the simulated exchange share: cases, and how they are run."""

import asyncio
import os
import subprocess
import sys
import traceback

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SERVERS = os.path.join(ROOT, "tests", "servers")
RECORDED = os.path.join(os.path.dirname(ROOT), "shared", "recorded")
sys.path.insert(0, SERVERS)

TIMEOUT_S = 5
CASES = []


class Skip(Exception):
    pass


def case(title):
    def register(act):
        CASES.append((title, act))
        return act
    return register


def same(got, expected):
    assert got == expected, f"got {got!r:.2000}, expected {expected!r:.2000}"


def shape(value):
    """A JSON value without what it says."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def recording(*path):
    """The path of a recording, where there are any."""
    path = os.path.join(RECORDED, *path)
    if not os.path.exists(path):
        raise Skip("no recordings here")
    return path


def run(*command, text=""):
    """Runs one of the servers' programs to its end."""
    return subprocess.run([os.path.join(SERVERS, command[0]), *command[1:]], input=text,
                          capture_output=True, text=True, check=False)


async def run_cases():
    """Runs those that the words on the command line are found in, or all; the exit status."""
    cases = [(title, act) for title, act in CASES
             if not sys.argv[1:] or any(word in title for word in sys.argv[1:])]
    print(f"1..{len(cases)}")
    failed = 0
    for number, (title, act) in enumerate(cases, 1):
        try:
            await asyncio.wait_for(act(), 4 * TIMEOUT_S)
            print(f"ok {number} - {title}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {title} # SKIP {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {title}")
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()),
                  end="", flush=True)
    return 1 if failed else 0
