#!/usr/bin/python3
"""Runs a program once on a whole input and once for every place at which the input can be cut into
two reads, and compares output, messages and exit code.

usage: split.py FILE STEP PROGRAM ARG...        an ARG of BAD is a file, compared too but for times

The second part is written when the first has been taken out of the pipe. Every STEP-th place is
tried. Exit 1 and the first few differences, if there are any."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios

AT_ONCE = 2
SHOWN = 3
PAUSE = 0.0002


def unread(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


class Run:
    """One process that reads a part now and the rest later."""

    def __init__(self, folder, command, head, tail):
        self.place, self.tail = len(head), tail
        self.bad = os.path.join(folder, "bad-%d" % self.place)
        command = [self.bad if word == "BAD" else word for word in command]
        self.out, self.err = (open(os.path.join(folder, "%s-%d" % (name, self.place)), "w+b")
                              for name in ("out", "err"))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=self.err, bufsize=0)
        self.process.stdin.write(head)

    def is_over(self):
        """Goes on where it can. A process that has ended takes no more."""
        if self.tail is not None:
            if self.process.poll() is None and unread(self.process.stdin):
                return False
            self.finish_input()
        return self.process.poll() is not None

    def finish_input(self):
        try:
            self.process.stdin.write(self.tail)
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.tail = None

    def result(self):
        texts = [self.process.wait()]
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read().replace(self.bad.encode(), b"BAD"))
            file.close()
            os.unlink(file.name)
        if os.path.exists(self.bad):
            with open(self.bad, "rb") as file:
                texts.append(re.sub(rb'"time":"[^"]*"', b'"time":""', file.read()))
            os.unlink(self.bad)
        return texts


def results(folder, command, data, places):
    running = []
    places = iter(places)
    while True:
        while len(running) < AT_ONCE:
            place = next(places, None)
            if place is None:
                break
            running.append(Run(folder, command, data[:place], data[place:]))
        if not running:
            return
        over = [run for run in running if run.is_over()]
        if not over:
            select.select([], [], [], PAUSE)
        for run in over:
            running.remove(run)
            yield run.place, run.result()


def main():
    name, step, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with open(name, "rb") as file:
        data = file.read()
    with tempfile.TemporaryDirectory() as folder:
        (_, whole), = results(folder, command, data, [len(data)])
        if whole[0] not in (0, 3) or not whole[1] + whole[2]:
            sys.exit("the whole input: exit %d: %s" % (whole[0], whole[2].decode()))
        wrong = [(place, result)
                 for place, result in results(folder, command, data, range(1, len(data), step))
                 if result != whole]
    for place, result in wrong[:SHOWN]:
        print("cut at %d: %r\nnot: %r" % (place, result, whole))
    print("places: %d, differences: %d" % (len(range(1, len(data), step)), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
